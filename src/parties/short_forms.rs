//! Short forms of the long names in an article: "the Fund" once the IMF is named, "the North" for
//! North Korea.

use std::collections::{HashMap, HashSet};

use super::gazetteer::Gazetteer;
use super::names::{Party, Role};
use crate::words::{Case, Word};

/// Words of long names that do not stand for them.
pub(super) const TOO_COMMON: [&str; 20] = [
    "united",
    "republic",
    "new",
    "saint",
    "st",
    "city",
    "states",
    "people's",
    "islamic",
    "arab",
    "democratic",
    "great",
    "international",
    "world",
    "el",
    "san",
    "and",
    "islands",
    "european",
    "african",
];

/// First and last words of the long names of the parties that the article names; `None` where
/// two parties share one.
pub(super) fn of_article(
    headline: &[Word],
    text: &[Word],
    gazetteer: &Gazetteer,
) -> HashMap<String, Option<Party>> {
    let lexicon = &gazetteer.lexicon;
    let mut seen: HashSet<Party> = HashSet::new();
    let mut forms: HashMap<String, Option<Party>> = HashMap::new();
    for words in [headline, text] {
        for at in 0..words.len() {
            let Some(hit) = gazetteer.names.at(words, at) else {
                continue;
            };
            if hit.role != Role::Name || !seen.insert(hit.party.clone()) {
                continue;
            }
            let mut of_party = HashSet::new();
            for spelling in gazetteer.spellings.get(&hit.party).into_iter().flatten() {
                let [first, .., last] = spelling.as_slice() else {
                    continue;
                };
                // "North" stands for North Korea, not for the North Atlantic Treaty Organization.
                let first = (spelling.len() == 2).then_some(first);
                for word in first.into_iter().chain([last]) {
                    if word.case == Case::Title
                        && !lexicon.portfolio(word)
                        && !lexicon.office(word)
                        && !lexicon.determiner(word)
                        && !TOO_COMMON.contains(&word.key.as_str())
                    {
                        of_party.insert(word.key.clone());
                    }
                }
            }
            for (full, derived) in [("north", "northern"), ("south", "southern")] {
                if of_party.contains(full) {
                    of_party.insert(derived.to_string());
                }
            }
            for form in of_party {
                forms
                    .entry(form)
                    .and_modify(|party| *party = None)
                    .or_insert_with(|| Some(hit.party.clone()));
            }
        }
    }
    forms
}
