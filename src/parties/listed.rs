//! The user's list made ready for look-ups, and joined to what the gazetteer knows.

use std::collections::HashMap;

use super::Link;
use super::gazetteer::Gazetteer;
use super::list::PartyList;
use super::names::{Names, Party, Role};
use super::phrases::Target;
use super::short_forms::TOO_COMMON;
use crate::words::{self, Case, Gap, Word};

/// A party list as the linker uses it.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// The list's names with a capital (or of a script without), found anywhere in a mention.
    pub names: Names,
    /// Its names in small letters ("the hosts"), which count where the mention names nobody.
    pub described: Names,
    /// The list's party for each of the gazetteer's.
    pub bridge: HashMap<String, Party>,
}

/// Stands for the ignore list among the list's parties; no party's name is empty.
const IGNORED: &str = "";

/// What a party of the list is to the linker.
pub(super) fn target(party: Party) -> Target {
    if &*party == IGNORED {
        Target::Ignored
    } else {
        Target::Party(party, Link::List)
    }
}

impl Listed {
    pub fn new(list: Option<&PartyList>, gazetteer: &Gazetteer) -> Listed {
        let mut listed = Listed::default();
        if let Some(list) = list {
            listed.add_list(list, gazetteer);
        }
        listed
    }

    fn add_list(&mut self, list: &PartyList, gazetteer: &Gazetteer) {
        let ignored = Party::from(IGNORED);
        for name in &list.ignore {
            self.add_listed(name, &ignored);
        }
        let parties: Vec<Party> = list
            .parties
            .iter()
            .map(|party| Party::from(party.name.as_str()))
            .collect();
        // All canonical names, then all aliases: where a list made in code has the same name
        // twice, the party called so keeps it.
        for (party, name) in list.parties.iter().zip(&parties) {
            self.add_listed(&party.name, name);
        }
        for (party, name) in list.parties.iter().zip(&parties) {
            for alias in &party.aliases {
                self.add_listed(alias, name);
            }
        }
        self.add_parts_of_names(list, gazetteer);
        // How surely a listed party is one of the gazetteer's: by its own name, by an alias, by
        // being its government ("British government").
        let mut claims: HashMap<String, Vec<(u8, Party)>> = HashMap::new();
        for (party, name) in list.parties.iter().zip(&parties) {
            let mut best: HashMap<String, u8> = HashMap::new();
            let own = std::iter::once((&party.name, 3));
            for (alias, weight) in own.chain(party.aliases.iter().map(|alias| (alias, 2))) {
                let (known, exact) = match gazetteer.known_as(alias) {
                    Some(known) => known,
                    None => continue,
                };
                let weight = if exact { weight } else { 1 };
                let entry = best.entry(known).or_default();
                *entry = weight.max(*entry);
            }
            for (known, weight) in best {
                claims
                    .entry(known)
                    .or_default()
                    .push((weight, name.clone()));
            }
        }
        for (party, name) in list.parties.iter().zip(&parties) {
            for member in &party.members {
                self.add_listed(member, name);
                if let Some((known, _)) = gazetteer.known_as(member) {
                    claims.entry(known).or_default().push((0, name.clone()));
                }
            }
        }
        for (known, mut claims) in claims {
            claims.sort_by_key(|claim| std::cmp::Reverse(claim.0));
            let rivals = claims.get(1).is_some_and(|second| {
                claims
                    .first()
                    .is_some_and(|first| first.0 == second.0 && first.1 != second.1)
            });
            if let (false, Some((_, party))) = (rivals, claims.first()) {
                self.bridge.insert(known, party.clone());
            }
        }
        for name in &list.ignore {
            if let Some((known, true)) = gazetteer.known_as(name) {
                self.bridge.entry(known).or_insert_with(|| ignored.clone());
            }
        }
    }

    /// "Paschal Donohoe" brings "Donohoe" along, and "Liu He" "Liu", if no other listed name has
    /// the word in that place.
    fn add_parts_of_names(&mut self, list: &PartyList, gazetteer: &Gazetteer) {
        let lexicon = &gazetteer.lexicon;
        let plain = |word: &Word| {
            word.case == Case::Title
                && !lexicon.office(word)
                && !lexicon.portfolio(word)
                && !lexicon.title(word)
                && !lexicon.institution(word)
                && !TOO_COMMON.contains(&word.key.as_str())
                && gazetteer
                    .names
                    .exactly(std::slice::from_ref(word))
                    .is_none()
        };
        // The last names go first: they are the surer ones.
        for last in [true, false] {
            let mut owners: HashMap<String, Option<(String, &str)>> = HashMap::new();
            for party in &list.parties {
                for name in std::iter::once(&party.name).chain(&party.aliases) {
                    let words = words::split(name);
                    let long = matches!(words.len(), 2 | 3)
                        && words.iter().all(plain)
                        && words[1..].iter().all(|word| word.gap == Gap::Space)
                        && gazetteer.known_as(name).is_none();
                    let part = if last { words.last() } else { words.first() };
                    let Some(part) = part.filter(|_| long) else {
                        continue;
                    };
                    let written = name.get(part.bytes.clone()).unwrap_or_default();
                    owners
                        .entry(part.key.clone())
                        .and_modify(|owner| {
                            if owner
                                .as_ref()
                                .is_some_and(|(_, other)| *other != party.name)
                            {
                                *owner = None;
                            }
                        })
                        .or_insert_with(|| Some((written.to_string(), party.name.as_str())));
                }
            }
            for (part, party) in owners.into_values().flatten() {
                self.names.add(&part, &Party::from(party), Role::Name);
            }
        }
    }

    fn add_listed(&mut self, name: &str, party: &Party) {
        let words = words::split(name);
        let article = words
            .first()
            .is_some_and(|word| matches!(word.key.as_str(), "the" | "a" | "an"));
        let from = usize::from(article && words.len() > 1);
        let Some(bare) = words
            .get(from)
            .and_then(|word| name.get(word.bytes.start..))
        else {
            return;
        };
        let named = words[from..].iter().any(|word| word.case != Case::Lower);
        let names = if named {
            &mut self.names
        } else {
            &mut self.described
        };
        names.add(bare, party, Role::Name);
    }
}
