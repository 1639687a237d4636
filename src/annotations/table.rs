//! Labelled mentions in a table: CSV or TSV, one row for each label, as people keep them in a
//! spreadsheet.
//!
//! | column | what |
//! | --- | --- |
//! | `text` | the sentence; or a few, where only context makes the stance clear |
//! | `party` | whom the mention stands for |
//! | `mention` | the words that stand for it, as they are in the text |
//! | `stance` (or `label`) | the stance's name, or its first letters; `cautious/optimistic` for two (codebook rule 7) |
//! | `issues` | optional: all issues of the mention's sentence with `;` between them, `none` if it has none; empty where nobody looked |
//! | `before` | optional: the sentence before |
//! | `article` | optional: texts of one article are drawn together |
//!
//! So what `stance sample` writes can be used as it is, once the labels are filled in. Rows
//! without a label are left out. A mention that occurs several times is its first whole-word
//! occurrence (codebook).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Annotated, AnnotatedArticle, AnnotatedParty, AnnotatedSentence, Findings, Place};
use crate::codebook::Stance;
use crate::scores::StanceNames;
use crate::sentences;
use crate::summary::spreadsheet::unescape;

/// The columns without which a table cannot be used.
const REQUIRED: [&str; 4] = ["text", "party", "mention", "stance"];

/// A text's annotations, under the number of its first line.
pub type NumberedArticle<S = Stance> = (usize, AnnotatedArticle<S>);

/// What the cells of a table may hold.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k, S> {
    /// The stances, as labels name them,
    pub names: &'k StanceNames,
    /// and as they are wanted, in the same order.
    pub stances: &'k [S],
    /// The issues; any, where it is `None`.
    pub issues: Option<&'k [String]>,
}

/// Read a table. What is wrong with its rows goes to `findings`.
///
/// # Errors
/// When the file cannot be read at all.
pub fn read<S: Copy + PartialEq>(
    path: &Path,
    known: Known<S>,
    findings: &mut Findings,
) -> std::io::Result<Vec<NumberedArticle<S>>> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path)?;
    let Ok(text) = String::from_utf8(bytes) else {
        findings.error(
            Place::file(&file),
            "is not UTF-8; save the spreadsheet as \"CSV UTF-8\"",
        );
        return Ok(Vec::new());
    };
    Ok(parse(&text, &file, known, findings))
}

/// Where each column is.
struct Columns(BTreeMap<String, usize>);

impl Columns {
    fn get<'r>(&self, record: &'r csv::StringRecord, name: &str) -> &'r str {
        let cell = self.0.get(name).and_then(|index| record.get(*index));
        unescape(cell.unwrap_or_default()).trim()
    }
}

/// The rows of one text.
struct Text<'r, S> {
    line: usize,
    article: &'r str,
    before: &'r str,
    rows: Vec<Row<'r, S>>,
}

struct Row<'r, S> {
    line: usize,
    party: &'r str,
    mention: &'r str,
    stance: S,
    secondary: Option<S>,
    issues: Option<Vec<String>>,
}

fn parse<S: Copy + PartialEq>(
    text: &str,
    file: &str,
    known: Known<S>,
    findings: &mut Findings,
) -> Vec<NumberedArticle<S>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some((columns, records)) = records(text, file, findings) else {
        return Vec::new();
    };
    let mut order: Vec<&str> = Vec::new();
    let mut texts: BTreeMap<&str, Text<S>> = BTreeMap::new();
    for (line, record) in &records {
        let line = *line;
        let place = Place::line(file, line);
        let get = |name| columns.get(record, name);
        if get("stance").is_empty() {
            findings.skipped += 1;
            continue;
        }
        if get("text").is_empty() {
            findings.error(
                place,
                "the text is empty; write the sentence or remove the row",
            );
            continue;
        }
        let Some((stance, secondary)) = stances(get("stance"), &known) else {
            let message = format!(
                "{:?} is no stance; write {}",
                get("stance"),
                known.names.choice()
            );
            findings.error(place, message);
            continue;
        };
        if get("party").is_empty() || get("mention").is_empty() {
            findings.error(place, "the party or the mention is empty");
            continue;
        }
        let issues = known_issues(get("issues"), known.issues, &place, findings);
        let entry = texts.entry(get("text")).or_insert_with(|| {
            order.push(get("text"));
            Text {
                line,
                article: get("article"),
                before: get("before"),
                rows: Vec::new(),
            }
        });
        entry.rows.push(Row {
            line,
            party: get("party"),
            mention: get("mention"),
            stance,
            secondary,
            issues,
        });
    }
    order
        .into_iter()
        .filter_map(|text| annotate(text, texts.get(text)?, file, &known, findings))
        .collect()
}

/// The columns by name, and the rows with their lines.
fn records(
    text: &str,
    file: &str,
    findings: &mut Findings,
) -> Option<(Columns, Vec<(usize, csv::StringRecord)>)> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| header.bytes().filter(|byte| byte == d).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let names = reader.headers().cloned().unwrap_or_default();
    let mut columns: BTreeMap<String, usize> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        columns.insert(name.trim().to_lowercase(), index);
    }
    // A filled-in sample has its stance in the column "label".
    if let Some(label) = columns.get("label") {
        columns.insert("stance".into(), *label);
    }
    let missing: Vec<String> = REQUIRED
        .iter()
        .filter(|name| !columns.contains_key(**name))
        .map(|name| format!("{name:?}"))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "the first line must name the columns text, party, mention and stance; missing: {}",
            missing.join(", ")
        );
        findings.error(Place::line(file, 1), message);
        return None;
    }
    let mut records = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line) as usize;
                records.push((line, record));
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line) as usize;
                let message = match error.kind() {
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => format!(
                        "the row has {len} fields and the first line {expected_len}; put quotes \
                         around texts that hold delimiters"
                    ),
                    _ => error.to_string(),
                };
                findings.error(Place::line(file, line), message);
            }
        }
    }
    Some((Columns(columns), records))
}

/// A stance and the secondary one after a slash, each by name or first letters.
fn stances<S: Copy + PartialEq>(cell: &str, known: &Known<S>) -> Option<(S, Option<S>)> {
    let one = |label: &str| known.stances.get(known.names.of_label(label)?).copied();
    match cell.split_once('/') {
        None => Some((one(cell)?, None)),
        Some((first, second)) => {
            let (first, second) = (one(first)?, one(second)?);
            Some((first, (second != first).then_some(second)))
        }
    }
}

/// The issues of a cell; `None` where nobody looked for them.
fn known_issues(
    cell: &str,
    issues: Option<&[String]>,
    place: &Place,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    if cell.is_empty() {
        return None;
    }
    if cell.eq_ignore_ascii_case("none") {
        return Some(Vec::new());
    }
    let mut known = Vec::new();
    for name in cell.split(';').map(str::trim).filter(|n| !n.is_empty()) {
        let Some(issues) = issues else {
            known.push(name.to_owned());
            continue;
        };
        let same = |issue: &&String| {
            let plain = |name: &str| name.to_lowercase().replace(['_', ' '], "-");
            plain(issue) == plain(name)
        };
        match issues.iter().find(same) {
            Some(issue) => known.push(issue.clone()),
            None => {
                let message = format!(
                    "{name:?} is no issue of the model; it knows {} (`none` for a sentence with \
                     none of them, an empty cell where nobody looked)",
                    issues.join(", ")
                );
                findings.error(place.clone(), message);
                return None;
            }
        }
    }
    Some(known)
}

/// A text's rows as annotated sentences.
fn annotate<S: Copy + PartialEq>(
    text: &str,
    rows: &Text<S>,
    file: &str,
    known: &Known<S>,
    findings: &mut Findings,
) -> Option<NumberedArticle<S>> {
    let unknown = Annotated {
        mentions: false,
        issues: false,
    };
    let sentence = |text: &str| AnnotatedSentence {
        paragraph: 0,
        text: text.to_owned(),
        issues: Vec::new(),
        parties: Vec::new(),
        annotated: unknown,
    };
    let before = (!rows.before.is_empty()).then(|| sentence(rows.before));
    let first = usize::from(before.is_some());
    let spans = sentences::split(text);
    let name = |stance: &S| {
        let place = known.stances.iter().position(|known| known == stance);
        place.map_or("", |place| known.names.name(place))
    };
    let mut annotated: Vec<AnnotatedSentence<S>> = before
        .into_iter()
        .chain(spans.iter().map(|s| sentence(&text[s.bytes.clone()])))
        .collect();
    let mut seen: BTreeMap<(&str, &str), (usize, S)> = BTreeMap::new();
    for row in &rows.rows {
        let place = Place::line(file, row.line);
        match seen.get(&(row.party, row.mention)) {
            Some((_, stance)) if *stance == row.stance => {
                findings.warning(place, "the row is there twice; it counts once");
                continue;
            }
            Some((line, stance)) => {
                let message = format!(
                    "the same mention of {:?} is {} here and {} on line {line}; keep one",
                    row.party,
                    name(&row.stance),
                    name(stance)
                );
                findings.error(place, message);
                continue;
            }
            None => drop(seen.insert((row.party, row.mention), (row.line, row.stance))),
        }
        let Some(at) = find(text, row.mention) else {
            let message = format!(
                "the mention {:?} is not in the text {:?}; write it as it stands there",
                row.mention,
                shortened(text)
            );
            findings.error(place, message);
            continue;
        };
        let holds =
            |s: &sentences::Sentence| s.bytes.start <= at && at + row.mention.len() <= s.bytes.end;
        let Some(index) = spans.iter().position(holds) else {
            let message = format!(
                "the mention {:?} reaches over the end of a sentence; a mention lies within one",
                row.mention
            );
            findings.error(place, message);
            continue;
        };
        let from = spans[index].bytes.start;
        let sentence = &mut annotated[first + index];
        sentence.parties.push(AnnotatedParty {
            party: row.party.to_owned(),
            mention: row.mention.to_owned(),
            start: text[from..at].chars().count() as u32,
            stance: row.stance,
            secondary: row.secondary,
        });
        if let Some(issues) = &row.issues {
            if sentence.annotated.issues && differ(&sentence.issues, issues) {
                let message = "the rows of one sentence have different issues; give them alike";
                findings.error(place, message);
            }
            sentence.annotated.issues = true;
            sentence.issues.clone_from(issues);
        }
    }
    // No aliases: mentions are no names ("they"), and nobody has said which are.
    let party = |p: &AnnotatedParty<S>| (p.party.clone(), Vec::new());
    let id = match rows.article {
        "" => format!("{file}:{}", rows.line),
        article => article.to_owned(),
    };
    let article = AnnotatedArticle {
        id,
        title: None,
        summit: None,
        date: None,
        genre: None,
        parties: annotated
            .iter()
            .flat_map(|s| &s.parties)
            .map(party)
            .collect(),
        sentences: annotated,
    };
    let labelled = article.sentences.iter().any(|s| !s.parties.is_empty());
    labelled.then_some((rows.line, article))
}

fn differ(one: &[String], other: &[String]) -> bool {
    let set = |issues: &[String]| issues.iter().cloned().collect::<BTreeSet<_>>();
    set(one) != set(other)
}

/// Where a mention's first whole-word occurrence starts; else its first one within words.
fn find(text: &str, mention: &str) -> Option<usize> {
    let whole = |at: &usize| {
        !text[..*at].ends_with(char::is_alphanumeric)
            && !text[*at + mention.len()..].starts_with(char::is_alphanumeric)
    };
    let starts = || text.match_indices(mention).map(|(at, _)| at);
    starts().find(whole).or_else(|| starts().next())
}

fn shortened(text: &str) -> String {
    const LENGTH: usize = 60;
    match text.char_indices().nth(LENGTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues() -> Vec<String> {
        ["trade", "arms-control"].map(str::to_owned).to_vec()
    }

    fn read(table: &str) -> (Vec<NumberedArticle>, Findings) {
        let mut findings = Findings::default();
        let known = Known {
            names: &StanceNames::codebook(),
            stances: &Stance::ALL,
            issues: Some(&issues()),
        };
        let articles = parse(table, "l.csv", known, &mut findings);
        (articles, findings)
    }

    #[test]
    fn rows_of_one_text_are_one_sentence() {
        let (articles, findings) = read(
            "text,party,mention,stance,issues\n\
             Kyiv hoped; Moscow's Kyiv envoy balked.,Ukraine,Kyiv,optimistic,trade;Arms Control\n\
             Kyiv hoped; Moscow's Kyiv envoy balked.,Russia,Moscow's Kyiv envoy,c/n,\n\
             They met.,both,They,,\n",
        );
        assert_eq!(findings.errors(), 0, "{findings}");
        assert_eq!(findings.skipped, 1);
        let (line, article) = &articles[0];
        assert_eq!((articles.len(), *line), (1, 2));
        let sentence = &article.sentences[0];
        assert!(sentence.annotated.issues && !sentence.annotated.mentions);
        assert_eq!(sentence.issues, ["trade", "arms-control"]);
        assert_eq!(sentence.parties[0].start, 0);
        assert_eq!(sentence.parties[1].start, 12);
        assert_eq!(sentence.parties[1].stance, Stance::Cautious);
        assert_eq!(sentence.parties[1].secondary, Some(Stance::Neutral));
    }

    #[test]
    fn mentions_lie_in_their_sentence_and_what_nobody_looked_for_is_unknown() {
        let (articles, findings) = read(
            "label;text;before;mention;party;article;issues\n\
             insistent;The envoys met. Kyiv will not sign.;It was Monday.;Kyiv;Ukraine;a7;none\n",
        );
        assert_eq!(findings.errors(), 0, "{findings}");
        let article = &articles[0].1;
        assert_eq!(article.id, "a7");
        let texts: Vec<&str> = article.sentences.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(
            texts,
            ["It was Monday.", "The envoys met.", "Kyiv will not sign."]
        );
        let known: Vec<bool> = article
            .sentences
            .iter()
            .map(|s| s.annotated.issues)
            .collect();
        assert_eq!(known, [false, false, true]);
        assert_eq!(article.sentences[2].parties[0].start, 0);
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        let (articles, findings) = read(
            "text,party,mention,stance,issues\n\
             Kyiv waits.,Ukraine,Kyiv,angry,\n\
             ,Ukraine,Kyiv,cautious,\n\
             Kyiv waits.,Ukraine,Minsk,cautious,\n\
             Kyiv waits.,Ukraine,Kyiv,cautious,\n\
             Kyiv waits.,Ukraine,Kyiv,cautious,\n\
             Kyiv waits.,Ukraine,Kyiv,neutral,\n\
             Kyiv waits.,Ukraine,Kyiv\n\
             Kyiv is back.,,Kyiv,neutral,\n\
             Kyiv is home.,Ukraine,Kyiv,neutral,fishing\n",
        );
        let told = findings.to_string();
        for expected in [
            "l.csv, line 2: \"angry\" is no stance",
            "l.csv, line 3: the text is empty",
            "l.csv, line 4: the mention \"Minsk\" is not in the text \"Kyiv waits.\"",
            "l.csv, line 6: the row is there twice",
            "l.csv, line 7: the same mention of \"Ukraine\" is neutral here and cautious on line 5",
            "l.csv, line 8: the row has 3 fields and the first line 5",
            "l.csv, line 9: the party or the mention is empty",
            "l.csv, line 10: \"fishing\" is no issue of the model; it knows trade, arms-control",
        ] {
            assert!(told.contains(expected), "{expected} in\n{told}");
        }
        assert_eq!(findings.errors(), 7);
        assert_eq!(articles.len(), 2);
    }

    #[test]
    fn stances_and_issues_of_a_users_own_are_read_by_their_names() {
        let table = "text,party,mention,stance,issues\n\
                     Kyiv hoped.,Ukraine,Kyiv,Supp,grain corridor\n\
                     Kyiv balked.,Ukraine,Kyiv,opposed/n,\n\
                     Kyiv waited.,Ukraine,Kyiv,cautious,\n";
        let names = StanceNames::new(["supportive", "opposed"]).unwrap();
        let known = Known {
            names: &names,
            stances: &[0usize, 1, 2],
            issues: None,
        };
        let mut findings = Findings::default();
        let articles = parse(table, "l.csv", known, &mut findings);
        let sentence = |article: usize| &articles[article].1.sentences[0];
        assert_eq!(sentence(0).parties[0].stance, 0);
        assert_eq!(sentence(0).issues, ["grain corridor"]);
        assert_eq!(sentence(1).parties[0].stance, 1);
        assert_eq!(sentence(1).parties[0].secondary, Some(2));
        let expected =
            "l.csv, line 4: \"cautious\" is no stance; write supportive, opposed or neutral";
        assert!(findings.to_string().contains(expected), "{findings}");
        assert_eq!((findings.errors(), articles.len()), (1, 2));
    }

    #[test]
    fn a_table_without_its_columns_is_refused() {
        let (_, findings) = read("text,who,stance\na,b,c\n");
        let told = findings.to_string();
        assert!(
            told.contains("l.csv, line 1: the first line must name"),
            "{told}"
        );
        assert!(told.contains("missing: \"party\", \"mention\""), "{told}");
    }

    #[test]
    fn whole_words_come_first() {
        assert_eq!(find("Iranian and Iran", "Iran"), Some(12));
        assert_eq!(find("Iranian", "Iran"), Some(0));
        assert_eq!(find("Oman", "Iran"), None);
    }
}
