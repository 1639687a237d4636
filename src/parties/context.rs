//! Ambiguous names decided by the rest of the article.

use std::collections::HashMap;

use super::gazetteer::{Ambiguous, Gazetteer, key};
use super::names::Hit;
use super::phrases::all_capitals;
use crate::words::{Case, Gap, Word};

/// What an ambiguous name stands for in one article: a party, or `None` for nobody.
pub(super) type Decision = Option<String>;

/// The words of an article by where they stand.
#[derive(Debug)]
struct Places<'a> {
    words: &'a [Word],
    by_key: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Places<'a> {
    fn of(words: &'a [Word]) -> Places<'a> {
        let mut by_key: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, word) in words.iter().enumerate() {
            by_key.entry(&word.key).or_default().push(at);
        }
        Places { words, by_key }
    }

    fn have(&self, cue: &[Word]) -> bool {
        let Some(first) = cue.first() else {
            return false;
        };
        let starts = self
            .by_key
            .get(first.key.as_str())
            .map_or(&[][..], Vec::as_slice);
        starts.iter().any(|&start| {
            self.words
                .get(start..start + cue.len())
                .is_some_and(|window| {
                    window.iter().zip(cue).all(|(word, cue)| {
                        word.key == cue.key && (cue.case != Case::Upper || word.case == Case::Upper)
                    })
                })
        })
    }
}

/// Decide every ambiguous name of an article by counting the different cues for each reading.
/// A tie, as of an article without any cue, goes to the reading that the file lists first.
pub(super) fn decide(words: &[Word], gazetteer: &Gazetteer) -> HashMap<String, Decision> {
    let places = Places::of(words);
    let mut decisions = HashMap::new();
    let mut at = 0;
    while at < words.len() {
        let Some(hit) = gazetteer.names.at(words, at) else {
            at += 1;
            continue;
        };
        let key = key(&words[at..at + hit.words]);
        if let Some(name) = gazetteer.ambiguous.get(&key)
            && !decisions.contains_key(&key)
            && let Some(decision) = decision(name, &places)
        {
            decisions.insert(key, decision);
        }
        at += hit.words;
    }
    decisions
}

/// The reading of an ambiguous name in these words, unless it has no readings.
pub(super) fn reading(name: &Ambiguous, words: &[Word]) -> Option<Decision> {
    decision(name, &Places::of(words))
}

fn decision(name: &Ambiguous, places: &Places<'_>) -> Option<Decision> {
    let mut best: Option<(usize, &str)> = None;
    for reading in &name.readings {
        let cues = reading
            .cue_words
            .iter()
            .filter(|cue| places.have(cue))
            .count();
        if best.is_none_or(|(most, _)| cues > most) {
            best = Some((cues, &reading.party));
        }
    }
    best.map(|(_, party)| (!party.is_empty()).then(|| party.to_string()))
}

/// Whether an ambiguous name is part of a person's: "Michael Jordan", "Chad Pergram".
pub(super) fn is_person(
    name: &Ambiguous,
    words: &[Word],
    at: usize,
    hit: &Hit,
    gazetteer: &Gazetteer,
) -> bool {
    let lexicon = &gazetteer.lexicon;
    if all_capitals(words) {
        return false;
    }
    let plain_name = |word: &Word| {
        word.case == Case::Title
            && !lexicon.office(word)
            && !lexicon.portfolio(word)
            && !lexicon.determiner(word)
            && !lexicon.pronoun(word)
            && !lexicon.stop(word)
            && !lexicon.institution(word)
            && !lexicon.modifier(word)
    };
    let end = at + hit.words;
    let given = name.given_name
        && !words[end - 1].possessive
        && words.get(end).is_some_and(|word| {
            word.gap == Gap::Space
                && plain_name(word)
                && !lexicon.title(word)
                && gazetteer.names.at(words, end).is_none()
        });
    let before = at.checked_sub(1).and_then(|at| words.get(at));
    let surname = name.surname
        && words[at].gap == Gap::Space
        && before.is_some_and(|word| {
            let personal = matches!(word.key.as_str(), "mr" | "mrs" | "ms" | "dr" | "sir");
            let first_name = plain_name(word)
                && !word.possessive
                && !lexicon.title(word)
                && (0..at).all(|start| {
                    gazetteer
                        .names
                        .at(words, start)
                        .is_none_or(|hit| start + hit.words != at)
                });
            personal || first_name
        });
    given || surname
}
