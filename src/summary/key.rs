//! What cells are made of: the columns to group by, and a cell's values in them.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::SummaryError;
use super::names::nearest;

/// What stands in tables and files where a row has no value: no issue passed the threshold, the
/// article names no summit or source.
pub const NONE: &str = "(none)";

/// A column of `scores` that rows can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dimension {
    Party,
    /// A row with two issues counts in both.
    Issue,
    Summit,
    Source,
}

impl Dimension {
    pub const ALL: [Dimension; 4] = [
        Dimension::Party,
        Dimension::Issue,
        Dimension::Summit,
        Dimension::Source,
    ];

    /// The name used on the command line and as a column of files.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Party => "party",
            Dimension::Issue => "issue",
            Dimension::Summit => "summit",
            Dimension::Source => "source",
        }
    }

    /// Its place in [`Dimension::ALL`].
    pub(super) fn index(self) -> usize {
        match self {
            Dimension::Party => 0,
            Dimension::Issue => 1,
            Dimension::Summit => 2,
            Dimension::Source => 3,
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dimension {
    type Err = SummaryError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.trim();
        Dimension::ALL
            .into_iter()
            .find(|d| d.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| {
                let known: Vec<&str> = Dimension::ALL.map(Dimension::name).to_vec();
                SummaryError::UnknownName {
                    what: "column to group by",
                    given: name.to_owned(),
                    hint: nearest(name, &known),
                }
            })
    }
}

/// The columns that make a cell, each once, in the order of a table's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct By(Vec<Dimension>);

impl By {
    /// Group by these columns; none make one cell of all rows.
    ///
    /// # Errors
    /// [`SummaryError::RepeatedColumn`] when one is named twice.
    pub fn new(dimensions: impl Into<Vec<Dimension>>) -> Result<By, SummaryError> {
        let dimensions = dimensions.into();
        for (index, dimension) in dimensions.iter().enumerate() {
            if dimensions.iter().take(index).any(|d| d == dimension) {
                return Err(SummaryError::RepeatedColumn {
                    column: dimension.name(),
                });
            }
        }
        Ok(By(dimensions))
    }

    pub fn dimensions(&self) -> &[Dimension] {
        &self.0
    }
}

impl Default for By {
    /// Party, issue, summit.
    fn default() -> Self {
        By(vec![Dimension::Party, Dimension::Issue, Dimension::Summit])
    }
}

impl FromStr for By {
    type Err = SummaryError;

    /// Names with commas between them, such as `party,summit`; `all` makes one cell of all rows.
    fn from_str(names: &str) -> Result<Self, Self::Err> {
        if names.trim().eq_ignore_ascii_case("all") {
            return By::new([]);
        }
        let dimensions: Result<Vec<Dimension>, _> = names.split(',').map(str::parse).collect();
        By::new(dimensions?)
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|d| d.name()).collect();
        f.write_str(if names.is_empty() { "all" } else { "" })?;
        f.write_str(&names.join(","))
    }
}

/// A cell's values, one for each column grouped by; `None` where the rows have no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(pub Vec<Option<String>>);

impl Key {
    /// The values as tables and files show them, [`NONE`] for what is missing.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|value| value.as_deref().unwrap_or(NONE))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    /// By the values from left to right; what is missing comes last.
    fn cmp(&self, other: &Self) -> Ordering {
        fn order(key: &Key) -> impl Iterator<Item = (bool, Option<&str>)> {
            key.0
                .iter()
                .map(|value| (value.is_none(), value.as_deref()))
        }
        order(self).cmp(order(other))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.labels().collect();
        f.write_str(&labels.join(" / "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_in_any_order_but_once() {
        let by: By = "summit, Party".parse().unwrap();
        assert_eq!(by.dimensions(), [Dimension::Summit, Dimension::Party]);
        assert_eq!(by.to_string(), "summit,party");
        assert_eq!("all".parse::<By>().unwrap().dimensions(), []);
        let twice = "party,party".parse::<By>().unwrap_err().to_string();
        assert!(twice.contains("party"), "{twice}");
        let unknown = "party,sumit".parse::<By>().unwrap_err().to_string();
        assert!(
            unknown.contains("\"sumit\"") && unknown.contains("\"summit\""),
            "{unknown}"
        );
        assert!("".parse::<By>().is_err());
    }

    #[test]
    fn missing_values_come_last() {
        let key = |value: Option<&str>| Key(vec![value.map(str::to_owned)]);
        let mut keys = [key(None), key(Some("b")), key(Some("a"))];
        keys.sort();
        assert_eq!(keys, [key(Some("a")), key(Some("b")), key(None)]);
        assert_eq!(key(None).to_string(), "(none)");
    }
}
