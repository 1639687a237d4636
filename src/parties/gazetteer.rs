//! The built-in gazetteer: the files of `data/gazetteer`, compiled in and read once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::names::{Names, Party, Role};
use crate::words::{self, Word};

/// Names of states, seats, bodies and movements, and the words by which phrases are read.
#[derive(Debug)]
pub(super) struct Gazetteer {
    pub names: Names,
    /// By folded word or words joined by spaces.
    pub ambiguous: HashMap<String, Arc<Ambiguous>>,
    /// Every name of each party, for short forms of long names.
    pub spellings: HashMap<Party, Vec<Vec<Word>>>,
    /// The bodies that an organ speaks for: of the European Commission the European Union. Where
    /// an article names one of them too, the organ is it (codebook: a government, its capital
    /// and its officials are one party).
    pub organs: HashMap<String, Vec<Party>>,
    /// The parties whose leaders have a surname, by its folded word.
    pub leaders: HashMap<String, HashSet<Party>>,
    /// The parties that are states, or were.
    pub states: HashSet<String>,
    /// Capitals, by their folded words joined by spaces.
    pub seats: HashSet<String>,
    /// Places that are no party's name, likewise.
    pub places: HashSet<String>,
    pub lexicon: Lexicon,
}

/// A name that context decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ambiguous {
    words: Vec<String>,
    #[serde(default)]
    pub surname: bool,
    #[serde(default)]
    pub given_name: bool,
    #[serde(default, rename = "reading")]
    pub readings: Vec<Reading>,
}

/// One meaning of an ambiguous name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    /// Empty if the name stands for no party in this meaning.
    pub party: String,
    cues: Vec<String>,
    /// The words of each cue.
    #[serde(skip)]
    pub cue_words: Vec<Vec<Word>>,
}

/// The word lists of `offices.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lexicon {
    offices: HashSet<String>,
    institutions: HashSet<String>,
    relations: HashSet<String>,
    sent_to: HashSet<String>,
    titles: HashSet<String>,
    modifiers: HashSet<String>,
    private: HashSet<String>,
    led_by: HashSet<String>,
    against: HashSet<String>,
    stops: HashSet<String>,
    portfolios: HashSet<String>,
    determiners: HashSet<String>,
    pronouns: HashSet<String>,
    owners: HashSet<String>,
    kinds: HashSet<String>,
}

impl Lexicon {
    pub fn office(&self, word: &Word) -> bool {
        known(&self.offices, &word.key)
    }
    pub fn institution(&self, word: &Word) -> bool {
        known(&self.institutions, &word.key)
    }
    pub fn relation(&self, word: &Word) -> bool {
        known(&self.relations, &word.key)
    }
    /// "producers", "rebels": placed by a state's adjective, not of it.
    pub fn private(&self, word: &Word) -> bool {
        known(&self.private, &word.key)
    }
    pub fn sent_to(&self, word: &Word) -> bool {
        known(&self.sent_to, &word.key)
    }
    pub fn title(&self, word: &Word) -> bool {
        self.titles.contains(&word.key)
    }
    pub fn modifier(&self, word: &Word) -> bool {
        self.modifiers.contains(&word.key)
    }
    pub fn led_by(&self, word: &Word) -> bool {
        self.led_by.contains(&word.key)
    }
    pub fn against(&self, word: &Word) -> bool {
        self.against.contains(&word.key)
    }
    pub fn stop(&self, word: &Word) -> bool {
        self.stops.contains(&word.key)
    }
    /// "foreign", "prime", "deputy": words that go with an office.
    pub fn portfolio(&self, word: &Word) -> bool {
        self.portfolios.contains(&word.key)
    }
    /// Articles, demonstratives, numbers and quantities.
    pub fn determiner(&self, word: &Word) -> bool {
        self.determiners.contains(&word.key)
    }
    /// Pronouns that stand alone.
    pub fn pronoun(&self, word: &Word) -> bool {
        self.pronouns.contains(&word.key)
    }
    /// "regional", "donor": what kind of officials somebody's are.
    pub fn of_kind(&self, word: &Word) -> bool {
        self.kinds.contains(&word.key)
    }
    /// "its", "their", "his".
    pub fn owner(&self, word: &Word) -> bool {
        self.owners.contains(&word.key)
    }
}

/// Whether a list holds a word or its singular.
fn known(list: &HashSet<String>, word: &str) -> bool {
    let singular = |ending: &str, by: &str| {
        word.strip_suffix(ending)
            .is_some_and(|stem| list.contains(&format!("{stem}{by}")))
    };
    list.contains(word) || singular("s", "") || singular("ies", "y") || singular("men", "man")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parties {
    party: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    #[allow(dead_code)] // For people who read the file.
    code: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    seats: Vec<String>,
    #[serde(default)]
    adjectives: Vec<String>,
    #[serde(default)]
    organ_of: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decisions {
    name: Vec<Ambiguous>,
}

const STATES: &str = include_str!("../../data/gazetteer/states.toml");
const DEMONYMS: &str = include_str!("../../data/gazetteer/demonyms.toml");
const SEATS: &str = include_str!("../../data/gazetteer/seats.toml");
const BODIES: &str = include_str!("../../data/gazetteer/bodies.toml");
const MOVEMENTS: &str = include_str!("../../data/gazetteer/movements.toml");
const GROUPS: &str = include_str!("../../data/gazetteer/groups.toml");
const LEADERS: &str = include_str!("../../data/gazetteer/leaders.toml");
const HISTORICAL: &str = include_str!("../../data/gazetteer/historical.toml");
const AMBIGUOUS: &str = include_str!("../../data/gazetteer/ambiguous.toml");
const PLACES: &str = include_str!("../../data/gazetteer/places.toml");
const OFFICES: &str = include_str!("../../data/gazetteer/offices.toml");

static BUILT_IN: LazyLock<Gazetteer> = LazyLock::new(|| {
    // The files are part of the program; a test reads them, so this cannot fail for a user.
    Gazetteer::read().unwrap_or_else(|error| panic!("built-in gazetteer: {error}"))
});

impl Gazetteer {
    pub fn built_in() -> &'static Gazetteer {
        &BUILT_IN
    }

    /// The party that a name by itself stands for; true if the name is exactly that party's, false
    /// if it is the party with an office ("Ukrainian officials").
    pub fn known_as(&self, name: &str) -> Option<(String, bool)> {
        let lexicon = &self.lexicon;
        let words = words::split(name);
        if let Some(hit) = self.names.exactly(&words) {
            return Some((hit.party.to_string(), true));
        }
        let from = usize::from(words.first().is_some_and(|word| word.key == "the"));
        let at = (from..words.len()).find(|&at| self.names.at(&words, at).is_some())?;
        let hit = self.names.at(&words, at)?;
        let others = words[from..at].iter().chain(&words[at + hit.words..]);
        let mut count = 0;
        for word in others {
            if !lexicon.office(word) && !lexicon.portfolio(word) && !lexicon.determiner(word) {
                return None;
            }
            count += 1;
        }
        Some((hit.party.to_string(), count == 0))
    }

    fn read() -> Result<Gazetteer, toml::de::Error> {
        let mut names = Names::default();
        let mut spellings: HashMap<Party, Vec<Vec<Word>>> = HashMap::new();
        let mut parties: HashMap<String, Party> = HashMap::new();
        let mut add = |name: &str, party: &Party, role: Role| {
            names.add(name, party, role);
            if role == Role::Name {
                spellings
                    .entry(party.clone())
                    .or_default()
                    .push(words::split(name));
            }
        };
        // Names come before seats and peoples, which give way to them.
        let files = [STATES, HISTORICAL, MOVEMENTS, BODIES, GROUPS];
        let entries = files
            .into_iter()
            .map(|file| toml::from_str::<Parties>(file).map(|file| file.party))
            .collect::<Result<Vec<_>, _>>()?;
        let entries: Vec<Entry> = entries.into_iter().flatten().collect();
        for entry in &entries {
            let party = Party::from(entry.name.as_str());
            add(&entry.name, &party, Role::Name);
            parties.insert(entry.name.clone(), party);
        }
        for entry in &entries {
            let party = &parties[&entry.name];
            for name in entry.aliases.iter().chain(&entry.seats) {
                add(name, party, Role::Name);
            }
            for word in &entry.adjectives {
                add(word, party, Role::People);
                add(&format!("{word}s"), party, Role::People);
            }
        }
        let bodies = |names: &[String]| -> Vec<Party> {
            names
                .iter()
                .map(|name| Party::from(name.as_str()))
                .collect()
        };
        let organs = entries
            .iter()
            .filter(|entry| !entry.organ_of.is_empty())
            .map(|entry| (entry.name.clone(), bodies(&entry.organ_of)))
            .collect();
        let mut leaders: HashMap<String, HashSet<Party>> = HashMap::new();
        for (file, role) in [
            (SEATS, Role::Name),
            (LEADERS, Role::Name),
            (DEMONYMS, Role::People),
        ] {
            for (name, words) in toml::from_str::<BTreeMap<String, Vec<String>>>(file)? {
                let party = parties
                    .entry(name.clone())
                    .or_insert_with(|| Party::from(name.as_str()));
                for word in words {
                    add(&word, party, role);
                    if file == LEADERS
                        && let Some(surname) = words::split(&word).pop()
                    {
                        leaders
                            .entry(surname.key)
                            .or_default()
                            .insert(party.clone());
                    }
                    if role == Role::People {
                        add(&format!("{word}s"), party, role);
                    }
                }
            }
        }
        let keys = |names: &[String]| -> Vec<String> {
            names.iter().map(|name| key(&words::split(name))).collect()
        };
        let states = entries.iter().filter(|entry| entry.kind == "state");
        let states = states.map(|entry| entry.name.clone()).collect();
        let seats = entries.iter().flat_map(|entry| keys(&entry.seats));
        let seats = seats.collect();
        let places = toml::from_str::<BTreeMap<String, Vec<String>>>(PLACES)?;
        let places = places.values().flat_map(|names| keys(names)).collect();
        let mut ambiguous = HashMap::new();
        for mut name in toml::from_str::<Decisions>(AMBIGUOUS)?.name {
            for reading in &mut name.readings {
                reading.cue_words = reading.cues.iter().map(|cue| words::split(cue)).collect();
            }
            // A name that the other files lack is found as its first party, then decided.
            if let Some(reading) = name.readings.iter().find(|r| !r.party.is_empty()) {
                let party = parties
                    .entry(reading.party.clone())
                    .or_insert_with(|| Party::from(reading.party.as_str()));
                for word in &name.words {
                    add(word, party, Role::Name);
                }
            }
            let name = Arc::new(name);
            for word in &name.words {
                ambiguous.insert(key(&words::split(word)), name.clone());
            }
        }
        Ok(Gazetteer {
            names,
            ambiguous,
            spellings,
            organs,
            leaders,
            states,
            seats,
            places,
            lexicon: toml::from_str(OFFICES)?,
        })
    }
}

/// The key of a name in [`Gazetteer::ambiguous`].
pub(super) fn key(words: &[Word]) -> String {
    let keys: Vec<&str> = words.iter().map(|word| word.key.as_str()).collect();
    keys.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party_of(name: &str) -> Option<String> {
        let words = words::split(name);
        let hit = Gazetteer::built_in().names.exactly(&words)?;
        Some(hit.party.to_string())
    }

    #[test]
    fn the_files_can_be_read() {
        let gazetteer = Gazetteer::read().unwrap();
        assert!(
            gazetteer.spellings.len() > 450,
            "{}",
            gazetteer.spellings.len()
        );
    }

    #[test]
    fn seats_leaders_and_peoples_belong_to_parties_that_exist() {
        let known: HashSet<String> = [STATES, HISTORICAL, MOVEMENTS, BODIES, GROUPS]
            .iter()
            .flat_map(|file| toml::from_str::<Parties>(file).unwrap().party)
            .map(|entry| entry.name)
            .collect();
        for file in [SEATS, LEADERS, DEMONYMS] {
            for name in toml::from_str::<BTreeMap<String, Vec<String>>>(file)
                .unwrap()
                .keys()
            {
                assert!(known.contains(name), "{name} is in no other file");
            }
        }
    }

    #[test]
    fn organs_are_of_bodies_that_exist() {
        let gazetteer = Gazetteer::built_in();
        assert!(!gazetteer.organs.is_empty());
        for body in gazetteer.organs.values().flatten() {
            assert!(gazetteer.spellings.contains_key(body), "{body}");
        }
    }

    #[test]
    fn no_place_is_a_partys_name() {
        let gazetteer = Gazetteer::built_in();
        for place in &gazetteer.places {
            let words = words::split(&place.to_uppercase());
            assert!(gazetteer.names.exactly(&words).is_none(), "{place}");
        }
    }

    #[test]
    fn no_name_is_given_to_two_parties_but_the_ambiguous_ones() {
        let gazetteer = Gazetteer::built_in();
        for (party, spellings) in &gazetteer.spellings {
            for spelling in spellings {
                let Some(hit) = gazetteer.names.exactly(spelling) else {
                    panic!("{spelling:?} of {party} cannot be found");
                };
                let key = key(spelling);
                assert!(
                    hit.party == *party || gazetteer.ambiguous.contains_key(&key),
                    "{key:?} is claimed by {party} and {}",
                    hit.party
                );
            }
        }
    }

    #[test]
    fn names_of_every_kind_are_found() {
        for (name, party) in [
            ("Kyiv", "Ukraine"),
            ("Kiev", "Ukraine"),
            ("the Kremlin", "Russia"),
            ("Whitehall", "United Kingdom"),
            ("the Élysée", "France"),
            ("the Elysee", "France"),
            ("Foggy Bottom", "United States"),
            ("Greenlandic", "Greenland"),
            ("Nato", "NATO"),
            ("Hizbollah", "Hezbollah"),
            ("DR Congo", "Democratic Republic of Congo"),
            ("USSR", "Soviet Union"),
            ("Côte d’Ivoire", "Ivory Coast"),
        ] {
            let words = words::split(name);
            let found = (0..words.len()).find_map(|at| Gazetteer::built_in().names.at(&words, at));
            assert_eq!(
                found.map(|hit| hit.party.to_string()).as_deref(),
                Some(party),
                "{name}"
            );
        }
        assert_eq!(party_of("turkey"), None);
    }
}
