-- The tables of an exported database. What the columns mean: docs/queries.md.
-- Each place in double braces is filled for the stances that the scores have.

CREATE TABLE made_by (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE articles (
  id INTEGER PRIMARY KEY,
  article TEXT NOT NULL,
  summit TEXT,
  date TEXT,
  source TEXT
);

CREATE TABLE scores (
  id INTEGER PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES articles (id),
  sentence INTEGER NOT NULL,
  sentence_start INTEGER NOT NULL,
  sentence_end INTEGER NOT NULL,
  text TEXT NOT NULL,
  party TEXT NOT NULL,
  mention TEXT NOT NULL,
  mention_start INTEGER NOT NULL,
  mention_end INTEGER NOT NULL,
  {{definitions}}
  stance TEXT NOT NULL CHECK (stance IN ({{values}})),
  link TEXT NOT NULL
);

CREATE TABLE score_issues (
  score_id INTEGER NOT NULL REFERENCES scores (id),
  issue TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (score_id, position)
);

-- A row for each party in a sentence, as in the other formats: issues joined by ';'.
CREATE VIEW score_rows AS
SELECT
  a.article, a.summit, a.date, a.source,
  s.sentence, s.sentence_start, s.sentence_end, s.text,
  s.party, s.mention, s.mention_start, s.mention_end,
  {{columns}}, s.stance,
  COALESCE((
    SELECT group_concat(issue, ';')
    FROM (SELECT issue FROM score_issues WHERE score_id = s.id ORDER BY position)
  ), '') AS issues,
  s.link
FROM scores AS s
JOIN articles AS a ON a.id = s.article_id;
