//! Labels that people gave to sampled rows.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::SummaryError;
use super::spreadsheet::unescape;
use crate::scores::{Row, StanceNames};

/// A row's identity in a sample: an `r` and 16 hexadecimal digits, made from summit, article,
/// sentence and party. The letter keeps spreadsheets from taking it for a number.
pub fn row_key(row: &Row) -> String {
    key(
        row.summit.as_deref(),
        &row.article,
        row.sentence,
        &row.party,
    )
}

fn key(summit: Option<&str>, article: &str, sentence: u32, party: &str) -> String {
    let mut hash = Sha256::new();
    for part in [summit.unwrap_or_default(), article, party] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(sentence.to_le_bytes());
    let digest = hash.finalize();
    let digits: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("r{digits}")
}

/// Hand-given labels of a random sample of rows, with the probability with which each was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    stances: StanceNames,
    rows: HashMap<String, Label>,
    has_probabilities: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Label {
    /// `None` for a sampled row that nobody labelled.
    stance: Option<usize>,
    probability: f64,
}

impl Labels {
    /// Read the labels from what `stance sample` wrote and a person filled in: CSV (with commas,
    /// semicolons or tabs, as spreadsheets of different countries save it) or JSON Lines.
    ///
    /// The column `label` holds one of these stances: its name, the first letters of it, or two with a
    /// slash between them, of which the first counts (codebook rule 7); rows whose label is
    /// empty are left out. Rows are known by the column `key`, or else by `article`, `summit`,
    /// `sentence` and `party`. Without a column `inclusion_probability` all rows weigh the same.
    ///
    /// # Errors
    /// [`SummaryError::ReadLabels`], and [`SummaryError::Label`] or [`SummaryError::Labels`]
    /// for what is no such file, with the line.
    pub fn read(path: &Path, stances: &StanceNames) -> Result<Labels, SummaryError> {
        let file = path.display().to_string();
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|mut f| f.read_to_end(&mut bytes))
            .map_err(|source| SummaryError::ReadLabels {
                file: file.clone(),
                source,
            })?;
        let text = String::from_utf8(bytes).map_err(|error| SummaryError::Labels {
            problem: format!(
                "not UTF-8 at byte {}; save the spreadsheet as \"CSV UTF-8\"",
                error.utf8_error().valid_up_to()
            ),
            file: file.clone(),
        })?;
        Labels::parse(&text, &file, stances)
    }

    fn parse(text: &str, file: &str, stances: &StanceNames) -> Result<Labels, SummaryError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let records = if text.trim_start().starts_with('{') {
            json_records(text, file)?
        } else {
            csv_records(text, file)?
        };
        let mut rows: HashMap<String, Label> = HashMap::new();
        let mut with_probability = 0;
        for record in &records {
            let (key, label) = record.label(file, stances)?;
            with_probability += usize::from(record.get("inclusion_probability").is_some());
            match rows.insert(key, label) {
                Some(earlier) if earlier != label => {
                    return Err(record.error(file, "this row was labelled before, differently"));
                }
                _ => {}
            }
        }
        let problem = |problem: &str| {
            Err(SummaryError::Labels {
                file: file.to_owned(),
                problem: problem.to_owned(),
            })
        };
        if rows.values().all(|label| label.stance.is_none()) {
            return problem("no row has a label; fill in the column \"label\"");
        }
        if with_probability > 0 && with_probability < records.len() {
            return problem(
                "some rows have an inclusion probability and some have none; the rows without it \
                 cannot be weighted",
            );
        }
        Ok(Labels {
            stances: stances.clone(),
            rows,
            has_probabilities: with_probability > 0,
        })
    }

    /// The stances that the labels may name.
    pub fn stances(&self) -> &StanceNames {
        &self.stances
    }

    /// How many rows have a label.
    pub fn labelled(&self) -> usize {
        self.rows
            .values()
            .filter(|label| label.stance.is_some())
            .count()
    }

    /// How many sampled rows were left without a label.
    pub fn unlabelled(&self) -> usize {
        self.rows.len() - self.labelled()
    }

    /// How many rows the sample was drawn from, by the inclusion probabilities; `None` where the
    /// file has none.
    pub fn stands_for(&self) -> Option<f64> {
        self.has_probabilities
            .then(|| self.rows.values().map(|l| 1.0 / l.probability).sum())
    }

    /// The label of the row with this key, by its place among the stances, and its weight: 1 over
    /// its inclusion probability.
    pub(super) fn get(&self, key: &str) -> Option<(usize, f64)> {
        let label = self.rows.get(key)?;
        Some((label.stance?, 1.0 / label.probability))
    }
}

/// One record of a labels file, by column.
struct Record {
    line: u64,
    fields: HashMap<String, String>,
}

impl Record {
    /// The field's value, if it is there and not empty.
    fn get(&self, column: &str) -> Option<&str> {
        self.fields
            .get(column)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn error(&self, file: &str, problem: impl Into<String>) -> SummaryError {
        SummaryError::Label {
            file: file.to_owned(),
            line: self.line,
            problem: problem.into(),
        }
    }

    fn label(&self, file: &str, stances: &StanceNames) -> Result<(String, Label), SummaryError> {
        let error = |problem: String| self.error(file, problem);
        if !self.fields.contains_key("label") {
            return Err(error("there is no column \"label\"".to_owned()));
        }
        let stance = match self.get("label") {
            None => None,
            // Of two stances the first (codebook rule 7).
            Some(label) => Some(
                stances
                    .of_label(label.split('/').next().unwrap_or_default())
                    .ok_or_else(|| {
                        error(format!(
                            "{label:?} is no stance; write {}, or leave it empty",
                            stances.choice()
                        ))
                    })?,
            ),
        };
        let probability = match self.get("inclusion_probability") {
            None => 1.0,
            // Spreadsheets of some countries write a comma.
            Some(text) => text
                .replace(',', ".")
                .parse::<f64>()
                .ok()
                .filter(|p| *p > 0.0 && *p <= 1.0)
                .ok_or_else(|| {
                    error(format!(
                        "{text:?} is no inclusion probability (above 0, at most 1)"
                    ))
                })?,
        };
        Ok((
            self.key().map_err(error)?,
            Label {
                stance,
                probability,
            },
        ))
    }

    fn key(&self) -> Result<String, String> {
        if let Some(key) = self.get("key") {
            return Ok(key.to_owned());
        }
        // Not trimmed: ids and names may begin with a space.
        let field = |column: &str| {
            self.fields.get(column).ok_or_else(|| {
                format!("the row has neither a \"key\" nor \"article\", \"sentence\" and \"party\": {column:?} is missing")
            })
        };
        let sentence = field("sentence")?;
        let sentence = sentence
            .trim()
            .parse()
            .map_err(|_| format!("the sentence {sentence:?} is no whole number"))?;
        let summit = self.fields.get("summit").map(String::as_str);
        Ok(key(summit, field("article")?, sentence, field("party")?))
    }
}

fn json_records(text: &str, file: &str) -> Result<Vec<Record>, SummaryError> {
    let mut records = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let line_number = index as u64 + 1;
        let object: serde_json::Map<String, Value> =
            serde_json::from_str(line).map_err(|error| SummaryError::Label {
                file: file.to_owned(),
                line: line_number,
                problem: error.to_string(),
            })?;
        let fields = object
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => (name, text),
                Value::Null => (name, String::new()),
                other => (name, other.to_string()),
            })
            .collect();
        records.push(Record {
            line: line_number,
            fields,
        });
    }
    Ok(records)
}

fn csv_records(text: &str, file: &str) -> Result<Vec<Record>, SummaryError> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| header.bytes().filter(|byte| byte == d).count())
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text.as_bytes());
    let error = |error: csv::Error| SummaryError::Label {
        file: file.to_owned(),
        line: error.position().map_or(1, csv::Position::line),
        problem: error.to_string(),
    };
    let names: Vec<String> = reader
        .headers()
        .map_err(error)?
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    if !names.iter().any(|name| name == "label") {
        return Err(SummaryError::Labels {
            file: file.to_owned(),
            problem: "the first line must name the columns, and \"label\" must be one of them"
                .to_owned(),
        });
    }
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(error)?;
        // Spreadsheets leave lines of nothing but delimiters below a table.
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let values = record.iter().map(|value| unescape(value).to_owned());
        records.push(Record {
            line,
            fields: names.iter().cloned().zip(values).collect(),
        });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Labels, String> {
        let stances = StanceNames::codebook();
        Labels::parse(text, "labels.csv", &stances).map_err(|error| error.to_string())
    }

    #[test]
    fn labels_are_of_the_stances_of_the_scores() {
        let stances = StanceNames::new(["supportive", "opposed"]).unwrap();
        let parse = |text| Labels::parse(text, "labels.csv", &stances);
        let labels = parse("key,label\nr1,Opposed\nr2,n\n").unwrap();
        assert_eq!(labels.get("r1"), Some((1, 1.0)));
        assert_eq!(labels.get("r2"), Some((2, 1.0)));
        let said = parse("key,label\nr1,cautious\n").unwrap_err().to_string();
        assert!(
            said.contains("write supportive, opposed or neutral, or leave"),
            "{said}"
        );
    }

    #[test]
    fn spreadsheets_of_any_country_are_read() {
        let plain = parse("key,label,inclusion_probability\nr1,insistent,0.25\nr2,,0.5\n").unwrap();
        assert_eq!(plain.get("r1"), Some((2, 4.0)));
        assert_eq!(plain.get("r2"), None);
        assert_eq!((plain.labelled(), plain.unlabelled()), (1, 1));
        assert_eq!(plain.stands_for(), Some(6.0));
        let german =
            "\u{feff}Key;Label;Inclusion_Probability\r\nr1;Insistent;0,25\r\nr2;;0,5\r\n;;\r\n";
        assert_eq!(parse(german).unwrap(), plain);
        let json = "{\"key\":\"r1\",\"label\":\"i\",\"inclusion_probability\":0.25}\n\
                    {\"key\":\"r2\",\"label\":null,\"inclusion_probability\":0.5}\n";
        assert_eq!(parse(json).unwrap(), plain);
    }

    #[test]
    fn rows_are_also_known_by_their_columns() {
        let labels =
            parse("article,summit,sentence,party,label\na1,,3,'=x,cautious/insistent\n").unwrap();
        assert_eq!(labels.get(&key(None, "a1", 3, "=x")), Some((1, 1.0)));
        assert_eq!(labels.stands_for(), None);
        assert_ne!(key(Some("a"), "b", 1, "c"), key(Some("ab"), "", 1, "c"));
    }

    #[test]
    fn what_cannot_be_a_label_is_named_with_its_line() {
        let refusal = |text: &str| parse(text).unwrap_err();
        assert!(refusal("key,label\nr1,cautious\nr2,angry\n").contains("line 3: \"angry\""));
        assert!(refusal("key,stance\nr1,cautious\n").contains("\"label\" must be one"));
        assert!(refusal("key,label\nr1,\n").contains("no row has a label"));
        assert!(
            refusal("key,label\nr1,c\nr1,n\n").contains("line 3: this row was labelled before")
        );
        assert!(refusal("article,label\na,c\n").contains("\"sentence\" is missing"));
        assert!(
            refusal("key,label,inclusion_probability\nr1,c,0\n")
                .contains("no inclusion probability")
        );
        assert!(refusal("key,label,inclusion_probability\nr1,c,1\nr2,c,\n").contains("some rows"));
        assert!(refusal("{\"key\":1,").contains("line 1"));
        assert!(refusal("").contains("\"label\" must be one"));
    }
}
