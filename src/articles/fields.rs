//! The fields of a record, whatever its format, and how they make an article.

use std::sync::Arc;

use jiff::fmt::temporal::Pieces;

use super::rejected::excerpt;
use super::{Article, ReadOptions, Rejected, Tally};

/// What the fields of an article are called in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    pub text: String,
    pub id: String,
    pub title: String,
    pub date: String,
    pub summit: String,
    pub source: String,
}

impl Default for Columns {
    fn default() -> Self {
        Columns {
            text: "text".into(),
            id: "id".into(),
            title: "title".into(),
            date: "date".into(),
            summit: "summit".into(),
            source: "source".into(),
        }
    }
}

/// A field of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text,
    Id,
    Title,
    Date,
    Summit,
    Source,
}

impl Field {
    pub const ALL: [Field; 6] = [
        Field::Text,
        Field::Id,
        Field::Title,
        Field::Date,
        Field::Summit,
        Field::Source,
    ];
}

/// How well a name in the input fits a column's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    None,
    /// But for capitals and white space around it.
    Loose,
    Exact,
}

impl Columns {
    /// What a field is called.
    pub(super) fn name(&self, field: Field) -> &str {
        match field {
            Field::Text => &self.text,
            Field::Id => &self.id,
            Field::Title => &self.title,
            Field::Date => &self.date,
            Field::Summit => &self.summit,
            Field::Source => &self.source,
        }
    }

    /// How well a name in the input fits a field's.
    pub(super) fn fit(&self, field: Field, name: &str) -> Fit {
        let wanted = self.name(field);
        if name == wanted {
            Fit::Exact
        } else if name.trim().eq_ignore_ascii_case(wanted) {
            Fit::Loose
        } else {
            Fit::None
        }
    }

    /// For each field, the index of the first of the names that fits it best.
    pub(super) fn find(&self, names: &[String]) -> [Option<usize>; 6] {
        Field::ALL.map(|field| {
            let mut best = (Fit::None, None);
            for (index, name) in names.iter().enumerate() {
                let fit = self.fit(field, name);
                if fit > best.0 {
                    best = (fit, Some(index));
                }
            }
            best.1
        })
    }
}

/// A field's value as the input has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Value {
    #[default]
    Absent,
    Text(String),
    /// A number in the input's own notation.
    Number(String),
    /// Something that no field can be; what it is, in words.
    Other(&'static str),
}

/// The fields of one record, in the order of [`Field::ALL`].
#[derive(Debug, Clone, Default)]
pub(super) struct Fields([Value; 6]);

impl Fields {
    pub fn set(&mut self, field: Field, value: Value) {
        self.0[field as usize] = value;
    }

    pub fn get(&self, field: Field) -> &Value {
        &self.0[field as usize]
    }

    fn take(&mut self, field: Field) -> Value {
        std::mem::take(&mut self.0[field as usize])
    }
}

/// Where a record stands in its file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub line: Option<u64>,
    pub record: Option<u64>,
}

/// What every reader of a file needs to know.
#[derive(Clone)]
pub(super) struct Context {
    /// The file's name for people.
    pub file: String,
    /// What ids made from the file begin with.
    pub base: String,
    pub options: Arc<ReadOptions>,
    pub tally: Tally,
}

impl Context {
    /// A rejection of the record at this place.
    pub fn reject(&self, place: Place, reason: impl Into<String>, raw: &[u8]) -> Rejected {
        Rejected {
            file: self.file.clone(),
            line: place.line,
            record: place.record,
            id: None,
            reason: reason.into(),
            excerpt: excerpt(raw).into(),
        }
    }

    /// Why a record over the limit is rejected.
    pub fn too_long(&self, what: &str) -> String {
        let limit = self.options.record_limit;
        let limit = if limit >= 1 << 20 {
            format!("{} MiB", limit >> 20)
        } else {
            format!("{limit} bytes")
        };
        format!("the {what} is longer than {limit} and was skipped; split it into single articles")
    }

    /// The article that a record's fields make. `raw` is the record as it stands in the file.
    pub fn article(
        &self,
        place: Place,
        mut fields: Fields,
        raw: &[u8],
    ) -> Result<Article, Rejected> {
        let columns = &self.options.columns;
        let id = self.optional(place, &mut fields, Field::Id);
        let reject = |reason: String| Rejected {
            id: id.clone(),
            ..self.reject(place, reason, raw)
        };
        let text = match fields.take(Field::Text) {
            Value::Text(text) if !text.trim().is_empty() => text,
            Value::Text(_) => {
                return Err(reject(format!(
                    "the field {:?} is empty, so there is nothing to score; remove the record or add its text",
                    columns.text
                )));
            }
            Value::Absent => {
                return Err(reject(format!(
                    "the record has no field {:?}; add it, or name the field that holds the text (--text-column)",
                    columns.text
                )));
            }
            Value::Number(_) => {
                return Err(reject(format!(
                    "the field {:?} is a number and should be a text in quotes",
                    columns.text
                )));
            }
            Value::Other(kind) => {
                return Err(reject(format!(
                    "the field {:?} is {kind} and should be a text",
                    columns.text
                )));
            }
        };
        let title = self.optional(place, &mut fields, Field::Title);
        let date = self.optional(place, &mut fields, Field::Date);
        let date = date.and_then(|date| self.checked_date(place, date));
        let given = self.optional(place, &mut fields, Field::Summit);
        let source = self.optional(place, &mut fields, Field::Source);
        Ok(Article {
            id: id.unwrap_or_else(|| self.made_id(place)),
            title,
            text,
            summit: self.options.summit.clone().or(given),
            date,
            source,
        })
    }

    fn made_id(&self, place: Place) -> String {
        match place.line.or(place.record) {
            Some(number) => format!("{}:{number}", self.base),
            None => self.base.clone(),
        }
    }

    fn optional(&self, place: Place, fields: &mut Fields, field: Field) -> Option<String> {
        match fields.take(field) {
            Value::Text(text) if text.trim().is_empty() => None,
            Value::Text(text) | Value::Number(text) => Some(text),
            Value::Absent => None,
            Value::Other(kind) => {
                self.warn(place, || {
                    let name = self.options.columns.name(field);
                    format!("the field {name:?} is {kind} and was left out")
                });
                None
            }
        }
    }

    fn checked_date(&self, place: Place, date: String) -> Option<String> {
        let date = date.trim();
        if is_iso_date(date) {
            return Some(date.to_owned());
        }
        self.warn(place, || {
            let shown = excerpt(date.as_bytes());
            format!("{shown:?} is not a date in ISO 8601 (2026-05-12) and was left out")
        });
        None
    }

    fn warn(&self, place: Place, what: impl FnOnce() -> String) {
        self.tally.warn(|| match (place.line, place.record) {
            (Some(line), _) => format!("{}, line {line}: {}", self.file, what()),
            (None, Some(record)) => format!("{}, row {record}: {}", self.file, what()),
            (None, None) => format!("{}: {}", self.file, what()),
        });
    }
}

/// Whether this is an ISO 8601 date or date and time; a year or a year and month is one too.
pub(super) fn is_iso_date(date: &str) -> bool {
    if let [year @ .., b'-', tens, ones] = date.as_bytes()
        && year.len() == 4
        && year.iter().all(u8::is_ascii_digit)
    {
        return matches!((tens, ones), (b'0', b'1'..=b'9') | (b'1', b'0'..=b'2'));
    }
    (date.len() == 4 && date.bytes().all(|byte| byte.is_ascii_digit()))
        || Pieces::parse(date).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_dates_are_told_from_others() {
        for good in [
            "2026-05-12",
            "20260512",
            "2026",
            "2026-05",
            "2026-05-12T18:30:00Z",
            "2026-05-12T18:30:00.123+03:00",
            "2026-05-12 18:30:00",
            "2026-05-12 18:30:00+00:00",
            "2026-05-12T18:30",
        ] {
            assert!(is_iso_date(good), "{good}");
        }
        for bad in [
            "12 May 2026",
            "2026-13-01",
            "2026-02-30",
            "05/12/2026",
            "2026-00",
            "",
            "NaT",
        ] {
            assert!(!is_iso_date(bad), "{bad}");
        }
    }

    #[test]
    fn an_exact_column_name_wins_over_one_in_capitals() {
        let names = ["TEXT", "text", " Title"].map(String::from);
        let found = Columns::default().find(&names);
        assert_eq!(found[Field::Text as usize], Some(1));
        assert_eq!(found[Field::Title as usize], Some(2));
        assert_eq!(found[Field::Id as usize], None);
    }
}
