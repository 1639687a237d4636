//! The issues that a user asks about, in place of the [codebook](crate::codebook)'s: an
//! [`IssueList`], read from `issues.toml`.
//!
//! An issue of the list is found in a sentence by what the model says of it (by its name, where
//! it is one that the model was trained on, or by its description), and for certain by its
//! keywords.

mod keywords;
mod list;

pub use list::{Issue, IssueList};
