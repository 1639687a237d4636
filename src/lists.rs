//! Lists that users write (`parties.toml`, `issues.toml`), read with errors that name file and
//! line.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::words::{self, Case, Word};

/// Why a user's list could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error("{file}: cannot read the list: {source}")]
    Io {
        file: String,
        source: std::io::Error,
    },
    /// Not TOML, or not of the list's form.
    #[error("{file}, line {line}: {message}\n{form}")]
    Syntax {
        file: String,
        line: usize,
        message: String,
        /// What the list is to look like.
        form: &'static str,
    },
    /// Of the right form, but what it says cannot be.
    #[error("{file}, line {line}: {problem}")]
    Problem {
        file: String,
        line: usize,
        problem: String,
    },
}

/// The text of a list file.
pub(crate) fn read(path: &Path) -> Result<String, ListError> {
    std::fs::read_to_string(path).map_err(|source| ListError::Io {
        file: path.display().to_string(),
        source,
    })
}

/// A list's text as it is read; knows its lines.
#[derive(Debug)]
pub(crate) struct ListText<'t> {
    text: &'t str,
    file: &'t str,
    /// The byte at which each line starts.
    lines: Vec<usize>,
}

impl<'t> ListText<'t> {
    /// `file` is what messages call the list.
    pub fn new(text: &'t str, file: &'t str) -> ListText<'t> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        ListText {
            text,
            file,
            lines: std::iter::once(0).chain(after_breaks).collect(),
        }
    }

    /// Read the list; `form` says what it is to look like.
    pub fn parse<T: DeserializeOwned>(&self, form: &'static str) -> Result<T, ListError> {
        toml::from_str(self.text).map_err(|error| ListError::Syntax {
            file: self.file.to_string(),
            line: error.span().map_or(1, |span| self.line(&span)),
            message: error.message().trim_end().to_string(),
            form,
        })
    }

    /// The line at which a span starts, from 1.
    pub fn line(&self, span: &Range<usize>) -> usize {
        self.lines.partition_point(|start| *start <= span.start)
    }

    /// An error about what stands at a span.
    pub fn problem(&self, span: &Range<usize>, problem: impl Into<String>) -> ListError {
        ListError::Problem {
            file: self.file.to_string(),
            line: self.line(span),
            problem: problem.into(),
        }
    }
}

/// Which entry of a list has which name. A name can be one entry's only.
#[derive(Debug)]
pub(crate) struct Claims<'l> {
    key: fn(&str) -> String,
    owners: HashMap<String, (&'l str, Range<usize>)>,
}

impl<'l> Claims<'l> {
    /// No claims yet; names of one key are the same.
    pub fn new(key: fn(&str) -> String) -> Claims<'l> {
        Claims {
            key,
            owners: HashMap::new(),
        }
    }

    /// Give a name to an entry, which may have it already.
    ///
    /// # Errors
    /// When the name has no word in it, or is another entry's.
    pub fn claim(
        &mut self,
        list: &ListText<'_>,
        name: &Spanned<String>,
        owner: &'l str,
    ) -> Result<(), ListError> {
        let key = (self.key)(name.get_ref());
        if key.is_empty() {
            let problem = format!("an empty name in the entry {owner:?}; write it or take it out");
            return Err(list.problem(&name.span(), problem));
        }
        match self.owners.get(&key) {
            Some((first, _)) if *first == owner => Ok(()),
            Some(_) => Err(self.claimed(list, name, &format!("{owner:?}"))),
            None => {
                self.owners.insert(key, (owner, name.span()));
                Ok(())
            }
        }
    }

    /// The error of claiming a name for an entry of its own, or for `ignore`, if it has an owner.
    pub fn check_free(
        &self,
        list: &ListText<'_>,
        name: &Spanned<String>,
        claimant: &str,
    ) -> Result<(), ListError> {
        match self.owners.contains_key(&(self.key)(name.get_ref())) {
            true => Err(self.claimed(list, name, claimant)),
            false => Ok(()),
        }
    }

    fn claimed(&self, list: &ListText<'_>, name: &Spanned<String>, claimant: &str) -> ListError {
        let (owner, place) = match self.owners.get(&(self.key)(name.get_ref())) {
            Some((owner, span)) => (*owner, list.line(span)),
            None => ("", 1),
        };
        let problem = format!(
            "{:?} is claimed by {claimant}, but {owner:?} has it already (line {place}); it can \
             stand for one of them only",
            name.get_ref()
        );
        list.problem(&name.span(), problem)
    }
}

/// The key of a party's name: the same for names that differ in case, accents, "the" and
/// punctuation only; empty for one without a word in it.
pub(crate) fn name_key(name: &str) -> String {
    let words = words::split(name);
    let from = usize::from(words.len() > 1 && is_article(&words[0]));
    // "US" and "us" differ by case alone and are both usable.
    let keys: Vec<String> = words[from..]
        .iter()
        .map(|word| match word.case {
            Case::Upper => word.key.to_uppercase(),
            _ => word.key.clone(),
        })
        .collect();
    keys.join(" ")
}

/// The key of words that are found in any case.
pub(crate) fn words_key(words: &str) -> String {
    let keys: Vec<String> = words::split(words).into_iter().map(|w| w.key).collect();
    keys.join(" ")
}

fn is_article(word: &Word) -> bool {
    matches!(word.key.as_str(), "the" | "a" | "an")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_by_line() {
        let list = ListText::new("\u{feff}one\n\ntwo\r\nthree", "list.toml");
        for (byte, line) in [(0, 1), (3, 1), (4, 2), (5, 3), (10, 4), (99, 4)] {
            assert_eq!(list.line(&(byte..byte + 1)), line, "byte {byte}");
        }
    }

    #[test]
    fn names_have_one_key_whatever_their_case_and_article() {
        assert_eq!(name_key("the Élysée"), name_key("ELysee"));
        assert_ne!(name_key("US"), name_key("us"));
        assert_ne!(name_key("the North"), name_key("the South"));
        assert_eq!(name_key("the"), "the");
        assert_eq!(name_key("…"), "");
    }
}
