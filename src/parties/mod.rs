//! Stage 4: mentions to parties.
//!
//! A [`Linker`] names the party of each mention, from the surest source to the weakest: the
//! user's [`PartyList`], the names that the article itself introduces ("Serbia's president, Ana
//! Kovac"), the built-in gazetteer (`data/gazetteer`), and for pronouns and descriptions the
//! [`Antecedents`] that the model proposes. What nothing knows becomes a party under its own
//! name. [`FoundParties`] makes a list of what articles mention, and [`measure`] holds the result to
//! annotated articles.
//!
//! How a mention that holds several names is read is said in `phrases.rs`.

use serde::{Deserialize, Serialize};

mod anaphors;
mod antecedents;
mod context;
mod found;
mod gazetteer;
mod introductions;
mod linker;
mod list;
mod listed;
pub mod measure;
mod names;
mod own_names;
mod phrases;
mod places;
mod short_forms;

pub use anaphors::{Kind, kind};
pub use antecedents::Antecedents;
pub use found::FoundParties;
pub use linker::{ArticleLinker, Linked, LinkedMention, Linker};
pub use list::{ListedParty, PartyList};

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
