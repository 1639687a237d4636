//! Keywords of issues, found in sentences as whole words.

use std::collections::HashMap;

use crate::words::{self, Gap, Word};

/// The keywords of all issues of a list, by their first word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Keywords {
    by_first: HashMap<String, Vec<Keyword>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Keyword {
    first_possessive: bool,
    /// The words after the first.
    rest: Vec<Word>,
    /// Index of the issue in the list.
    issue: usize,
}

impl Keywords {
    /// Add a keyword of an issue; one without a word in it is found nowhere.
    pub fn add(&mut self, keyword: &str, issue: usize) {
        let mut words = words::split(keyword).into_iter();
        let Some(first) = words.next() else {
            return;
        };
        self.by_first.entry(first.key).or_default().push(Keyword {
            first_possessive: first.possessive,
            rest: words.collect(),
            issue,
        });
    }

    /// The issues that have a keyword in these words, in ascending order.
    pub fn issues_in(&self, sentence: &str) -> Vec<usize> {
        if self.by_first.is_empty() {
            return Vec::new();
        }
        let words = words::split(sentence);
        let mut issues: Vec<usize> = words
            .iter()
            .enumerate()
            .flat_map(|(at, first)| {
                let here = self.by_first.get(&first.key).into_iter().flatten();
                let rest = &words[at + 1..];
                here.filter(move |keyword| {
                    (first.possessive || !keyword.first_possessive)
                        && rest.len() >= keyword.rest.len()
                        && rest
                            .iter()
                            .zip(&keyword.rest)
                            .all(|(word, in_keyword)| agrees(word, in_keyword))
                })
            })
            .map(|keyword| keyword.issue)
            .collect();
        issues.sort_unstable();
        issues.dedup();
        issues
    }
}

/// Whether a word of a sentence is that of a keyword: whatever its case, with a space or hyphen
/// before it or what the keyword has there.
fn agrees(word: &Word, in_keyword: &Word) -> bool {
    word.key == in_keyword.key
        && (word.possessive || !in_keyword.possessive)
        && (matches!(word.gap, Gap::Space | Gap::Hyphen) || word.gap == in_keyword.gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(keywords: &[&str], sentence: &str) -> Vec<usize> {
        let mut index = Keywords::default();
        for (issue, keyword) in keywords.iter().enumerate() {
            index.add(keyword, issue);
        }
        index.issues_in(sentence)
    }

    #[test]
    fn keywords_are_whole_words_in_any_case_and_script() {
        for (keyword, sentence, expected) in [
            ("tariff", "No Tariff was named.", true),
            ("tariff", "TARIFF, then.", true),
            ("tariff", "Tariffs rose.", false),
            ("hostage", "The hostage's family waited.", true),
            ("family's", "The family waited.", false),
            ("U.S. steel", "They taxed US steel.", true),
            ("café", "In the cafe, nothing.", true),
            ("пленных", "Обмен ПЛЕННЫХ начался.", true),
            ("пленных", "Обмен пленными начался.", false),
            ("الأسرى", "تبادل الأسرى اليوم", true),
            ("战俘", "双方交换了战俘。", true),
            ("…", "Nothing … at all", false),
            ("tariff", "", false),
        ] {
            let expected: &[usize] = if expected { &[0] } else { &[] };
            assert_eq!(
                found(&[keyword], sentence),
                expected,
                "{keyword}: {sentence}"
            );
        }
    }

    #[test]
    fn phrases_hold_together() {
        for (sentence, expected) in [
            ("A prisoner swap was near.", true),
            ("A Prisoner-Swap was near.", true),
            ("A prisoner\nswap was near.", true),
            ("The prisoner, swap or no swap, stayed.", false),
            ("A prisoner. Swap him.", false),
            ("A prisoner", false),
        ] {
            let expected: &[usize] = if expected { &[0] } else { &[] };
            assert_eq!(found(&["prisoner swap"], sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn a_sentence_has_every_issue_whose_keyword_it_holds_once() {
        let keywords = ["swap", "prisoner swap", "grain", "prisoner"];
        assert_eq!(
            found(&keywords, "A prisoner swap, a prisoner swap!"),
            [0, 1, 3]
        );
    }
}
