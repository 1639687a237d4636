//! Rows for the tests of this stage.

use crate::scores::{Link, Row};

/// A row of a sentence that mentions the party at its start.
pub(super) fn row(article: &str, summit: &str, date: &str, party: &str, issues: &[&str]) -> Row {
    let text = format!("{party} said so.");
    Row {
        article: article.to_owned(),
        summit: Some(summit.to_owned()),
        date: Some(date.to_owned()),
        source: Some("The Herald".to_owned()),
        sentence: 0,
        sentence_start: 0,
        sentence_end: text.chars().count() as u32,
        mention: party.to_owned(),
        mention_start: 0,
        mention_end: party.chars().count() as u32,
        text,
        party: party.to_owned(),
        stance: [0.1, 0.2, 0.6, 0.1].into(),
        issues: issues.iter().map(|issue| (*issue).to_owned()).collect(),
        link: Link::Gazetteer,
    }
}
