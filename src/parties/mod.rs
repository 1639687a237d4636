//! Stage 4: mentions to parties.

use serde::{Deserialize, Serialize};

/// How a mention's party was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// By the user's party list.
    List,
    /// By the built-in gazetteer.
    Gazetteer,
    /// By a name that the article itself introduced.
    Article,
    /// By the mention that a pronoun or description refers to.
    Antecedent,
    /// By none of these: the mention's own words are the party's name.
    Name,
}
