//! An index of names: which party do these words stand for?

use std::collections::HashMap;
use std::sync::Arc;

use crate::words::{self, Case, Gap, Word};

/// What kind of word a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The party's own name, or another name or seat of it.
    Name,
    /// An adjective or people: "Ukrainian", "the French".
    People,
}

/// A party's canonical name.
pub(super) type Party = Arc<str>;

#[derive(Debug, Clone)]
struct Entry {
    /// The words after the first.
    rest: Vec<(String, Case, Gap)>,
    first: Case,
    party: Party,
    role: Role,
}

/// Names of parties, found in text by their words.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// By first word; the longest name first, then the one added first.
    entries: HashMap<String, Vec<Entry>>,
}

/// A name found in a row of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub words: usize,
    pub party: Party,
    pub role: Role,
}

impl Names {
    /// Add a name. False if the words were there already, for this party or another.
    pub fn add(&mut self, name: &str, party: &Party, role: Role) -> bool {
        let mut words = words::split(name).into_iter();
        let Some(mut first) = words.next() else {
            return false;
        };
        // "The Hague" is also "the Hague".
        if first.key == "the" {
            first.case = Case::Lower;
        }
        let rest: Vec<_> = words.map(|word| (word.key, word.case, word.gap)).collect();
        let entries = self.entries.entry(first.key).or_default();
        let same = |entry: &Entry| {
            (entry.first == Case::Upper) == (first.case == Case::Upper)
                && entry.rest.len() == rest.len()
                && entry
                    .rest
                    .iter()
                    .zip(&rest)
                    .all(|(one, other)| one.0 == other.0)
        };
        if let Some(known) = entries.iter_mut().find(|entry| same(entry)) {
            // Of "Global South" and "global South" the second admits both.
            if known.party == *party {
                let relax = |known: &mut Case, new: Case| {
                    if new == Case::Lower {
                        *known = new;
                    }
                };
                relax(&mut known.first, first.case);
                for (known, new) in known.rest.iter_mut().zip(&rest) {
                    relax(&mut known.1, new.1);
                }
            }
            return false;
        }
        let at = entries.partition_point(|entry| entry.rest.len() >= rest.len());
        entries.insert(
            at,
            Entry {
                rest,
                first: first.case,
                party: party.clone(),
                role,
            },
        );
        true
    }

    /// The longest name that starts at word `at`.
    pub fn at(&self, words: &[Word], at: usize) -> Option<Hit> {
        let first = words.get(at)?;
        self.entries
            .get(&first.key)?
            .iter()
            .find(|entry| matches(entry, words, at))
            .map(|entry| Hit {
                words: 1 + entry.rest.len(),
                party: entry.party.clone(),
                role: entry.role,
            })
    }

    /// The name that is exactly these words.
    pub fn exactly(&self, words: &[Word]) -> Option<Hit> {
        self.at(words, 0).filter(|hit| hit.words == words.len())
    }
}

fn matches(entry: &Entry, words: &[Word], at: usize) -> bool {
    let Some(span) = words.get(at..=at + entry.rest.len()) else {
        return false;
    };
    case_agrees(entry.first, span[0].case)
        && span
            .windows(2)
            .zip(&entry.rest)
            .all(|(pair, (key, case, gap))| {
                (matches!(pair[1].gap, Gap::Space | Gap::Hyphen) || pair[1].gap == *gap)
                    && pair[1].key == *key
                    && case_agrees(*case, pair[1].case)
            })
}

/// Acronyms must be written as such ("US", not "us"), names with a capital ("Turkey").
fn case_agrees(name: Case, text: Case) -> bool {
    match name {
        Case::Lower | Case::None => true,
        Case::Title => text != Case::Lower,
        Case::Upper => text == Case::Upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(&str, &str)]) -> Names {
        let mut names = Names::default();
        for (name, party) in list {
            names.add(name, &Party::from(*party), Role::Name);
        }
        names
    }

    #[test]
    fn the_longest_name_wins_whatever_the_order() {
        for order in [["DR", "DR Congo"], ["DR Congo", "DR"]] {
            let names = names(&[(order[0], order[0]), (order[1], order[1])]);
            let hit = names.at(&words::split("DR Congo's army"), 0).unwrap();
            assert_eq!((&*hit.party, hit.words), ("DR Congo", 2));
        }
    }

    #[test]
    fn acronyms_and_capitals_tell_words_apart() {
        let names = names(&[
            ("US", "United States"),
            ("WHO", "World Health Organization"),
            ("Turkey", "Turkey"),
        ]);
        assert!(names.at(&words::split("us"), 0).is_none());
        assert!(names.at(&words::split("Who"), 0).is_none());
        assert!(names.at(&words::split("U.S."), 0).is_some());
        assert!(names.at(&words::split("turkey"), 0).is_none());
        assert!(names.at(&words::split("TURKEY"), 0).is_some());
    }

    #[test]
    fn names_do_not_reach_over_commas() {
        let names = names(&[("South Sudan", "South Sudan")]);
        assert!(names.at(&words::split("South, Sudan"), 0).is_none());
        assert!(names.at(&words::split("South-Sudan"), 0).is_some());
    }
}
