//! From what was seen of the parties to the entries of a list: each name in one of them only.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Form, FoundParties, Tally};
use crate::lists::name_key;
use crate::parties::linker::Linker;
use crate::parties::list::{ListedParty, PartyList};

/// One entry of the list to be written.
#[derive(Debug)]
pub(super) struct Entry<'f> {
    pub party: ListedParty,
    /// What was seen of it; nothing of a party of the user's list that no article mentions.
    pub seen: Vec<(&'f str, &'f Tally)>,
    /// The user's list or the gazetteer has it.
    pub known: bool,
    /// Words that also named another party, which has them as its alias: (words, that party).
    pub lost: Vec<(String, String)>,
    /// The words that named it, by their key.
    forms: BTreeMap<String, Form>,
}

impl Entry<'_> {
    pub fn sentences(&self) -> u64 {
        self.seen.iter().map(|(_, tally)| tally.sentences).sum()
    }
}

/// The entries, known parties first, each kind in the order of how often it is mentioned.
pub(super) fn entries<'f>(found: &'f FoundParties, list: Option<&PartyList>) -> Vec<Entry<'f>> {
    let mut entries = one_for_each_name(found, list);
    entries.sort_by_key(|entry| (!entry.known, std::cmp::Reverse(entry.sentences())));
    give_aliases(&mut entries, list);
    add_phrases(&mut entries, list);
    entries
}

/// An entry for each party. A name that nothing knows joins the party that it stands for more
/// often in other articles ("Kovac", which another article introduces as Serbia's president).
fn one_for_each_name<'f>(found: &'f FoundParties, list: Option<&PartyList>) -> Vec<Entry<'f>> {
    let listed = list.map(PartyList::parties).unwrap_or_default();
    let mut entries: Vec<Entry> = listed
        .iter()
        .map(|party| Entry {
            party: party.clone(),
            seen: Vec::new(),
            known: true,
            lost: Vec::new(),
            forms: BTreeMap::new(),
        })
        .collect();
    // How often each form stands for each party, and which entry has each name.
    let mut uses: HashMap<&str, Vec<(u64, &str)>> = HashMap::new();
    for (name, tally) in &found.parties {
        for (key, form) in &tally.forms {
            uses.entry(key).or_default().push((form.mentions, name));
        }
    }
    let mut named: HashMap<String, usize> = entries
        .iter()
        .enumerate()
        .map(|(at, entry)| (name_key(&entry.party.name), at))
        .collect();
    let mut parties: Vec<(&str, &Tally)> = found
        .parties
        .iter()
        .filter(|(name, tally)| (tally.known || tally.named) && !name_key(name).is_empty())
        .map(|(name, tally)| (name.as_str(), tally))
        .collect();
    parties.sort_by_key(|(_, tally)| (!tally.known, std::cmp::Reverse(tally.sentences)));
    let mut waiting = Vec::new();
    for (name, tally) in parties {
        let key = name_key(name);
        let rival = uses.get(key.as_str()).and_then(|uses| {
            let own = uses.iter().find(|(_, party)| *party == name);
            let own = own.map_or(0, |(mentions, _)| *mentions);
            let most = uses.iter().max_by_key(|(mentions, _)| *mentions)?;
            (most.0 > own).then_some(most.1)
        });
        match (tally.known, rival) {
            (false, Some(rival)) => waiting.push((name, tally, rival)),
            _ => enter(&mut entries, &mut named, name, tally),
        }
    }
    for (name, tally, rival) in waiting {
        // A rival that has itself joined another party no longer has an entry.
        match named.get(&name_key(rival)) {
            Some(&at) => entries[at].add(name, tally),
            None => enter(&mut entries, &mut named, name, tally),
        }
    }
    entries
}

fn enter<'f>(
    entries: &mut Vec<Entry<'f>>,
    named: &mut HashMap<String, usize>,
    name: &'f str,
    tally: &'f Tally,
) {
    let at = *named.entry(name_key(name)).or_insert_with(|| {
        entries.push(Entry {
            party: ListedParty {
                name: name.to_string(),
                ..ListedParty::default()
            },
            seen: Vec::new(),
            known: false,
            lost: Vec::new(),
            forms: BTreeMap::new(),
        });
        entries.len() - 1
    });
    entries[at].add(name, tally);
}

impl<'f> Entry<'f> {
    fn add(&mut self, name: &'f str, tally: &'f Tally) {
        self.known |= tally.known;
        self.seen.push((name, tally));
        for (key, form) in &tally.forms {
            self.forms.entry(key.clone()).or_default().add(form);
        }
    }

    /// Keys and forms, the most frequent first.
    fn by_frequency(&self) -> Vec<(&String, &Form)> {
        let mut forms: Vec<_> = self.forms.iter().collect();
        forms.sort_by_key(|(_, form)| std::cmp::Reverse(form.mentions));
        forms
    }
}

/// Make the names by which each party was called its aliases. A name of several goes to the one
/// that has it on the user's list or is called so, else to the one it names most often.
fn give_aliases(entries: &mut [Entry], list: Option<&PartyList>) {
    const IGNORED: usize = usize::MAX;
    let mut owners: HashMap<String, usize> = HashMap::new();
    for name in list.map(PartyList::ignored).unwrap_or_default() {
        owners.insert(name_key(name), IGNORED);
    }
    for (at, entry) in entries.iter().enumerate() {
        for name in std::iter::once(&entry.party.name).chain(&entry.party.aliases) {
            owners.entry(name_key(name)).or_insert(at);
        }
    }
    let mut uses: Vec<(u64, usize, &String)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        uses.extend(
            entry
                .forms
                .iter()
                .map(|(key, form)| (form.mentions, at, key)),
        );
    }
    uses.sort_by_key(|(mentions, at, _)| (std::cmp::Reverse(*mentions), *at));
    for (_, at, key) in uses {
        owners.entry(key.clone()).or_insert(at);
    }
    let names: Vec<String> = entries
        .iter()
        .map(|entry| entry.party.name.clone())
        .collect();
    for (at, entry) in entries.iter_mut().enumerate() {
        let mut aliases = Vec::new();
        let mut lost = Vec::new();
        for (key, form) in entry.by_frequency() {
            match owners.get(key) {
                Some(&owner) if owner == at && !form.alone => {}
                Some(&owner) if owner == at => aliases.push(form.spelling().to_string()),
                Some(&owner) => {
                    if let Some(name) = names.get(owner) {
                        lost.push((form.spelling().to_string(), name.clone()));
                    }
                }
                None => {}
            }
        }
        let mut known: Vec<String> = std::iter::once(&entry.party.name)
            .chain(&entry.party.aliases)
            .map(|name| name_key(name))
            .collect();
        for alias in aliases {
            let key = name_key(&alias);
            if !known.contains(&key) {
                known.push(key);
                entry.party.aliases.push(alias);
            }
        }
        entry
            .forms
            .retain(|key, _| owners.get(key).is_some_and(|&owner| owner == at));
        entry.lost = lost;
    }
}

/// Add what the list lacks to give phrases ("NRWU members") to their party: the name in them, or
/// if that is not enough the whole.
fn add_phrases(entries: &mut [Entry], list: Option<&PartyList>) {
    let mut taken: HashSet<String> = list
        .map(PartyList::ignored)
        .unwrap_or_default()
        .iter()
        .map(|name| name_key(name))
        .collect();
    for entry in &*entries {
        let names = std::iter::once(&entry.party.name).chain(&entry.party.aliases);
        taken.extend(names.map(|name| name_key(name)));
        taken.extend(entry.forms.keys().cloned());
    }
    let without = linker(entries, list);
    for entry in &mut *entries {
        let missing = entry.missing(&without);
        for (_, name) in missing {
            if taken.insert(name_key(&name)) && !name_key(&name).is_empty() {
                entry.party.aliases.push(name);
            }
        }
    }
    let with_names = linker(entries, list);
    for entry in entries {
        let missing = entry.missing(&with_names);
        let phrases = missing.into_iter().map(|(phrase, _)| phrase);
        entry.party.aliases.extend(phrases);
    }
}

fn linker(entries: &[Entry], list: Option<&PartyList>) -> Linker {
    let ignored = list.map(PartyList::ignored).unwrap_or_default().to_vec();
    let parties = entries.iter().map(|entry| entry.party.clone()).collect();
    Linker::new(Some(&PartyList::new(parties, ignored)))
}

impl Entry<'_> {
    /// The words that named the party and that the linker does not give to it, each with the name
    /// in it.
    fn missing(&self, linker: &Linker) -> Vec<(String, String)> {
        let lands = |phrase: &str| {
            // Inside a sentence, so that capitals are the words' own.
            let text = format!("for {phrase}");
            let span = 4..text.len();
            let links = linker.article(None, &text);
            let linked = links.link(std::slice::from_ref(&span), None);
            matches!(linked[0].as_slice(), [link] if link.party == self.party.name)
        };
        self.by_frequency()
            .into_iter()
            .map(|(_, form)| (form.spelling(), &form.name))
            .filter(|(phrase, _)| !self.party.aliases.iter().any(|alias| alias == phrase))
            .filter(|(phrase, _)| !lands(phrase))
            .map(|(phrase, name)| (phrase.to_string(), name.clone()))
            .collect()
    }
}
