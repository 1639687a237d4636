//! SQLite: a database to query at once, with indexes on what people ask for.
//!
//! It is written under a temporary name in one transaction, without a journal: until it has its
//! name nobody can read it, and a failed one is thrown away.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params, params_from_iter};

use super::summary_table::{self, Kind, Value};
use super::{Export, ExportError, Summary, name};
use crate::scores::{Output, Provenance, Row, ScoresError, StanceNames, link_name};

/// Made after the rows are in, which is faster.
const INDEXES: &str = "
    CREATE INDEX articles_summit ON articles (summit, date);
    CREATE INDEX scores_article ON scores (article_id, sentence);
    CREATE INDEX scores_party ON scores (party, stance);
    CREATE INDEX score_issues_issue ON score_issues (issue, score_id);
";

/// Columns of the table `scores` that are not of a stance.
const FIXED: usize = 12;

pub(super) struct Database {
    connection: Connection,
    output: Output,
    name: String,
    stances: StanceNames,
    scores: bool,
    summary: bool,
}

impl Database {
    pub fn create(
        path: &Path,
        provenance: Option<&Provenance>,
        stances: &StanceNames,
    ) -> Result<Database, ExportError> {
        let name = name(path);
        let output = Output::create(path)?;
        let made = Connection::open(output.temporary_path()).and_then(|connection| {
            connection.pragma_update(None, "journal_mode", "off")?;
            connection.pragma_update(None, "synchronous", "off")?;
            connection.execute_batch("BEGIN")?;
            connection.execute_batch(&schema(stances))?;
            for (name, value) in provenance.iter().flat_map(|made_by| made_by.pairs()) {
                connection.execute("INSERT INTO made_by VALUES (?, ?)", params![name, value])?;
            }
            Ok(connection)
        });
        let connection = made.map_err(failed(&name))?;
        Ok(Database {
            connection,
            output,
            name,
            stances: stances.clone(),
            scores: false,
            summary: false,
        })
    }
}

/// The tables, with a column for each stance. Names of stances are those of columns (see
/// [`StanceNames::check`]), and need no quotes.
fn schema(stances: &StanceNames) -> String {
    let each = |each: &dyn Fn(&str) -> String, between: &str| -> String {
        stances.iter().map(each).collect::<Vec<_>>().join(between)
    };
    include_str!("schema.sql")
        .replace(
            "{{definitions}}",
            &each(&|name| format!("{name} REAL NOT NULL,"), "\n  "),
        )
        .replace("{{values}}", &each(&|name| format!("'{name}'"), ", "))
        .replace("{{columns}}", &each(&|name| format!("s.{name}"), ", "))
}

fn failed(file: &str) -> impl Fn(rusqlite::Error) -> ExportError + '_ {
    move |source| ExportError::Sqlite {
        file: file.to_owned(),
        source,
    }
}

/// A probability as the decimal number that people see, not with the digits that widening it
/// to a double would show.
fn decimal(share: &f32) -> f64 {
    share
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(*share))
}

impl Export for Database {
    fn scores(
        &mut self,
        rows: &mut dyn Iterator<Item = Result<Row, ScoresError>>,
    ) -> Result<u64, ExportError> {
        if std::mem::replace(&mut self.scores, true) {
            return Err(ExportError::OneTable {
                file: self.name.clone(),
            });
        }
        type Article = (String, Option<String>, Option<String>, Option<String>);
        let mut articles: HashMap<Article, i64> = HashMap::new();
        let mut written: i64 = 0;
        let failed = failed(&self.name);
        let prepare = |sql: &str| self.connection.prepare(sql).map_err(&failed);
        let mut insert_article = prepare("INSERT INTO articles VALUES (?, ?, ?, ?, ?)")?;
        let places = vec!["?"; FIXED + self.stances.len()].join(", ");
        let mut insert_score = prepare(&format!("INSERT INTO scores VALUES ({places})"))?;
        let mut insert_issue = prepare("INSERT INTO score_issues VALUES (?, ?, ?)")?;
        for row in rows {
            let row = row?;
            let key = (row.article, row.summit, row.date, row.source);
            let article = match articles.get(&key) {
                Some(id) => *id,
                None => {
                    let id = articles.len() as i64 + 1;
                    insert_article
                        .execute(params![id, key.0, key.1, key.2, key.3])
                        .map_err(&failed)?;
                    articles.insert(key, id);
                    id
                }
            };
            written += 1;
            let numbers = [row.sentence, row.sentence_start, row.sentence_end];
            let probabilities: Vec<f64> = row.stance.probabilities().iter().map(decimal).collect();
            let mut values: Vec<&dyn ToSql> = vec![&written, &article];
            values.extend(numbers.iter().map(|number| number as &dyn ToSql));
            values.extend([&row.text as &dyn ToSql, &row.party, &row.mention]);
            values.extend([&row.mention_start as &dyn ToSql, &row.mention_end]);
            values.extend(probabilities.iter().map(|p| p as &dyn ToSql));
            let (stance, link) = (row.stance.name(), link_name(row.link));
            values.extend([&stance as &dyn ToSql, &link]);
            insert_score.execute(values.as_slice()).map_err(&failed)?;
            for (position, issue) in row.issues.iter().enumerate() {
                insert_issue
                    .execute(params![written, issue, position as i64])
                    .map_err(&failed)?;
            }
        }
        Ok(written.unsigned_abs())
    }

    fn summary(&mut self, summary: Summary<'_>) -> Result<u64, ExportError> {
        if std::mem::replace(&mut self.summary, true) {
            return Err(ExportError::OneTable {
                file: self.name.clone(),
            });
        }
        let failed = failed(&self.name);
        let columns = summary_table::columns(summary.by, &self.stances);
        // The names are the program's own, or of stances, which are fit to be columns.
        let definitions: Vec<String> = columns
            .iter()
            .map(|column| {
                let kind = match column.kind {
                    Kind::Text => "TEXT",
                    Kind::Count => "INTEGER",
                    Kind::Number => "REAL",
                };
                format!("\"{}\" {kind}", column.name)
            })
            .collect();
        let create = format!("CREATE TABLE summary ({})", definitions.join(", "));
        self.connection.execute_batch(&create).map_err(&failed)?;
        let places = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT INTO summary VALUES ({places})");
        let mut insert = self.connection.prepare(&insert).map_err(&failed)?;
        for cell in summary.cells {
            insert
                .execute(params_from_iter(
                    columns.iter().map(|column| column.value(cell)),
                ))
                .map_err(&failed)?;
        }
        let keys: Vec<String> = summary
            .by
            .dimensions()
            .iter()
            .map(|key| format!("\"{key}\""))
            .collect();
        if !keys.is_empty() {
            let index = format!("CREATE INDEX summary_cell ON summary ({})", keys.join(", "));
            self.connection.execute_batch(&index).map_err(&failed)?;
        }
        Ok(summary.cells.len() as u64)
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        let Database {
            connection,
            output,
            name,
            ..
        } = *self;
        connection
            .execute_batch(INDEXES)
            .and_then(|()| connection.execute_batch("COMMIT; PRAGMA optimize;"))
            .and_then(|()| connection.close().map_err(|(_, error)| error))
            .map_err(failed(&name))?;
        output.persist()?;
        Ok(())
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Count(count) => i64::try_from(*count).unwrap_or(i64::MAX).into(),
            Value::Number(number) => (*number).into(),
            Value::Missing => ToSqlOutput::Borrowed(ValueRef::Null),
        })
    }
}
