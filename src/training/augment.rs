//! Label-preserving changes of annotated articles, so that the model learns attitudes and not
//! which country usually holds which: states swapped for others, persons renamed, officials put
//! in place of capitals (codebook rule 12), quotation marks of another style.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use crate::annotations::{AnnotatedArticle, AnnotatedSentence};

/// The words that stand for a state.
#[derive(Debug, Clone)]
pub struct State {
    pub name: String,
    pub capital: Option<String>,
    /// Adjective and noun: "Peruvian".
    pub demonym: Option<String>,
}

/// What names are swapped for.
pub struct Augmenter {
    states: Vec<State>,
    surnames: Vec<String>,
}

/// Shares of articles or mentions that are changed.
const SWAP_STATES: f64 = 0.5;
const RENAME_PERSONS: f64 = 0.5;
const OFFICIAL_FOR_SPEAKER: f64 = 0.15;
const CURLY_QUOTES: f64 = 0.3;

/// Verbs after which a party is a speaker that a named official can stand in for.
const SPEECH: [&str; 24] = [
    "said",
    "told",
    "insisted",
    "warned",
    "called",
    "demanded",
    "welcomed",
    "rejected",
    "urged",
    "declined",
    "refused",
    "pressed",
    "hailed",
    "expressed",
    "doubted",
    "repeated",
    "voiced",
    "ruled",
    "would",
    "hoped",
    "argued",
    "conceded",
    "cautioned",
    "described",
];

const OFFICES: [&str; 16] = [
    "Foreign Minister",
    "Finance Minister",
    "Prime Minister",
    "President",
    "Deputy Minister",
    "Ambassador",
    "Trade Minister",
    "Secretary",
    "Senator",
    "Chancellor",
    "Governor",
    "Gen.",
    "Mr",
    "Mrs",
    "Dr.",
    "chief negotiator",
];

impl Augmenter {
    /// Swap among these states, and among the surnames that the corpus itself uses: aliases of
    /// one capitalised word that name no state.
    pub fn new(states: Vec<State>, corpus: &[AnnotatedArticle]) -> Augmenter {
        let known = |word: &str| {
            states.iter().any(|s| {
                s.name == word
                    || s.capital.as_deref() == Some(word)
                    || s.demonym.as_deref() == Some(word)
            })
        };
        let mut surnames: Vec<String> = corpus
            .iter()
            .flat_map(|article| article.parties.values().flatten())
            .filter(|alias| is_surname(alias) && !known(alias))
            .cloned()
            .collect();
        surnames.sort();
        surnames.dedup();
        Augmenter { states, surnames }
    }

    /// A changed copy of an article.
    pub fn augment(&self, article: &AnnotatedArticle, rng: &mut ChaCha8Rng) -> AnnotatedArticle {
        let mut article = article.clone();
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        if rng.random_bool(SWAP_STATES) {
            self.swap_states(&article, &mut names, rng);
        }
        if rng.random_bool(RENAME_PERSONS) {
            for alias in article.parties.values().flatten() {
                if self.surnames.binary_search(alias).is_ok()
                    && let Some(other) = self.surnames.choose(rng)
                {
                    names.insert(alias.clone(), other.clone());
                }
            }
        }
        let curly = rng.random_bool(CURLY_QUOTES);
        if let Some(title) = &mut article.title {
            for edit in edits(title, &names).into_iter().rev() {
                title.replace_range(edit.0, &edit.1);
            }
        }
        for sentence in &mut article.sentences {
            let found = edits(&sentence.text, &names);
            apply(sentence, found);
            self.put_officials(sentence, rng);
            if curly {
                curl_quotes(sentence);
            }
        }
        article
    }

    fn swap_states(
        &self,
        article: &AnnotatedArticle,
        names: &mut BTreeMap<String, String>,
        rng: &mut ChaCha8Rng,
    ) {
        for state in &self.states {
            let forms = [
                Some(&state.name),
                state.capital.as_ref(),
                state.demonym.as_ref(),
            ];
            let occurs = |form: &String| {
                article
                    .sentences
                    .iter()
                    .any(|s| s.text.contains(form.as_str()))
            };
            if !forms.iter().flatten().any(|form| occurs(form)) {
                continue;
            }
            let Some(other) = self.states.choose(rng) else {
                continue;
            };
            let others = [
                Some(&other.name),
                other.capital.as_ref(),
                other.demonym.as_ref(),
            ];
            for (from, to) in forms.into_iter().zip(others) {
                if let (Some(from), Some(to)) = (from, to) {
                    names.insert(from.clone(), to.clone());
                    names.insert(format!("{from}s"), format!("{to}s"));
                }
            }
        }
    }

    /// "Kyiv said" → "Foreign Minister Tan said".
    fn put_officials(&self, sentence: &mut AnnotatedSentence, rng: &mut ChaCha8Rng) {
        let mut found = Vec::new();
        for party in &sentence.parties {
            let Some(bytes) = party.bytes(sentence) else {
                continue;
            };
            let shared = sentence
                .parties
                .iter()
                .filter(|p| p.start == party.start)
                .count()
                > 1;
            let next = sentence.text[bytes.end..].split_whitespace().next();
            let named = party.mention.chars().next().is_some_and(char::is_uppercase)
                && party.mention.split(' ').count() <= 3
                && !party.mention.ends_with('s');
            if shared
                || !named
                || !next.is_some_and(|w| SPEECH.contains(&w))
                || !rng.random_bool(OFFICIAL_FOR_SPEAKER)
            {
                continue;
            }
            let Some(surname) = self.surnames.choose(rng) else {
                return;
            };
            let words = match rng.random_range(0..10) {
                0..5 => surname.clone(),
                5..8 => match OFFICES.choose(rng) {
                    Some(office) => format!("{office} {surname}"),
                    None => surname.clone(),
                },
                _ if bytes.start == 0 => "He".to_owned(),
                _ => "he".to_owned(),
            };
            found.push((bytes, words));
        }
        found.sort_by_key(|(bytes, _)| bytes.start);
        apply(sentence, found);
    }
}

fn is_surname(alias: &str) -> bool {
    let letters = alias.chars().count();
    letters >= 3
        && alias.chars().all(char::is_alphabetic)
        && alias.chars().next().is_some_and(char::is_uppercase)
        && alias.chars().skip(1).all(char::is_lowercase)
}

/// Whole-word occurrences of `names` in a text and what to put there, longest name first where
/// they overlap; in order.
fn edits(text: &str, names: &BTreeMap<String, String>) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    let mut longest_first: Vec<_> = names.iter().collect();
    longest_first.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    for (from, to) in longest_first {
        for (start, _) in text.match_indices(from.as_str()) {
            let range = start..start + from.len();
            let alone = !text[..start].ends_with(char::is_alphanumeric)
                && !text[range.end..].starts_with(char::is_alphanumeric);
            let free = found
                .iter()
                .all(|(other, _)| other.end <= range.start || range.end <= other.start);
            if alone && free {
                found.push((range, to.clone()));
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// Make the edits, moving the mentions along. Edits that cut through a mention's edge are left
/// out.
fn apply(sentence: &mut AnnotatedSentence, edits: Vec<(Range<usize>, String)>) {
    let mentions: Vec<Range<usize>> = sentence
        .parties
        .iter()
        .map(|p| p.bytes(sentence).unwrap_or(0..0))
        .collect();
    let edits: Vec<_> = edits
        .into_iter()
        .filter(|(range, _)| {
            mentions.iter().all(|m| {
                let apart = range.end <= m.start || m.end <= range.start;
                let within = m.start <= range.start && range.end <= m.end;
                apart || within
            })
        })
        .collect();
    if edits.is_empty() {
        return;
    }
    let mut text = String::with_capacity(sentence.text.len() + 32);
    let mut copied = 0;
    for (range, words) in &edits {
        text.push_str(&sentence.text[copied..range.start]);
        text.push_str(words);
        copied = range.end;
    }
    text.push_str(&sentence.text[copied..]);
    // How far a byte position moves: by all edits that end before or at it.
    let moved = |at: usize, is_end: bool| {
        let shift: isize = edits
            .iter()
            .filter(|(range, _)| {
                range.end < at || (range.end == at && (is_end || range.start < at))
            })
            .map(|(range, words)| words.len() as isize - range.len() as isize)
            .sum();
        at.saturating_add_signed(shift)
    };
    for (party, bytes) in sentence.parties.iter_mut().zip(mentions) {
        let (start, end) = (moved(bytes.start, false), moved(bytes.end, true));
        if let Some(mention) = text.get(start..end) {
            party.mention = mention.to_owned();
            party.start = text[..start].chars().count() as u32;
        }
    }
    sentence.text = text;
}

/// Straight quotation marks to typographic ones; one code point for one, so offsets stay.
fn curl_quotes(sentence: &mut AnnotatedSentence) {
    let mut open = false;
    let curled: Vec<char> = sentence
        .text
        .chars()
        .map(|c| match c {
            '"' => {
                open = !open;
                if open { '\u{201c}' } else { '\u{201d}' }
            }
            '\'' => '\u{2019}',
            other => other,
        })
        .collect();
    sentence.text = curled.iter().collect();
    for party in &mut sentence.parties {
        let start = party.start as usize;
        let end = start + party.mention.chars().count();
        party.mention = curled[start..end].iter().collect();
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::annotations::AnnotatedParty;
    use crate::codebook::Stance;

    fn state(name: &str, capital: &str, demonym: &str) -> State {
        State {
            name: name.into(),
            capital: Some(capital.into()),
            demonym: Some(demonym.into()),
        }
    }

    fn article(text: &str, mentions: &[&str]) -> AnnotatedArticle {
        AnnotatedArticle {
            id: "x".into(),
            title: Some("Kyiv waits".into()),
            summit: None,
            date: None,
            genre: None,
            parties: BTreeMap::from([("Ukraine".to_owned(), vec!["Petrenko".to_owned()])]),
            sentences: vec![AnnotatedSentence {
                paragraph: 0,
                text: text.into(),
                issues: vec![],
                parties: mentions
                    .iter()
                    .map(|m| AnnotatedParty {
                        party: "p".into(),
                        mention: (*m).into(),
                        start: text[..text.find(m).unwrap()].chars().count() as u32,
                        stance: Stance::Cautious,
                        secondary: None,
                    })
                    .collect(),
                annotated: Default::default(),
            }],
        }
    }

    #[test]
    fn mentions_stand_where_they_say_after_every_change() {
        let text =
            "\"É Ukrainian officials said\" Kyiv's envoy met Petrenko, and Moscow told Ukraine no.";
        let mentions = [
            "Ukrainian officials",
            "Kyiv's envoy",
            "Petrenko",
            "Moscow",
            "Ukraine no",
        ];
        let article = article(text, &mentions);
        let states = vec![
            state("Ukraine", "Kyiv", "Ukrainian"),
            state("Russia", "Moscow", "Russian"),
            state("Papua New Guinea", "Port Moresby", "Papua New Guinean"),
        ];
        let augmenter = Augmenter::new(states, std::slice::from_ref(&article));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut changed = 0;
        for _ in 0..200 {
            let new = augmenter.augment(&article, &mut rng);
            let sentence = &new.sentences[0];
            for party in &sentence.parties {
                assert!(
                    party.bytes(sentence).is_some(),
                    "{party:?} in {:?}",
                    sentence.text
                );
            }
            changed += usize::from(sentence.text != text);
        }
        assert!(changed > 100, "only {changed} of 200 changed");
    }
}
