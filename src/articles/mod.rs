//! Stage 1: articles, read from files of any of the supported formats.

use serde::{Deserialize, Serialize};

/// One article, as read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The article's own id, else one made from its file and row.
    pub id: String,
    pub title: Option<String>,
    /// The text that all offsets refer to, exactly as in the input.
    pub text: String,
    /// The summit the article is about; groups articles in summaries.
    pub summit: Option<String>,
    /// ISO 8601.
    pub date: Option<String>,
    /// The newspaper, agency or station.
    pub source: Option<String>,
}
