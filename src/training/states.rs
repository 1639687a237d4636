//! The gazetteer's states, in the forms that can be swapped for one another.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::augment::State;

#[derive(Deserialize)]
struct States {
    party: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    kind: String,
    #[serde(default)]
    seats: Vec<String>,
}

/// All states of the built-in gazetteer with their capital and demonym.
pub fn gazetteer_states() -> Result<Vec<State>, toml::de::Error> {
    let states: States = toml::from_str(include_str!("../../data/gazetteer/states.toml"))?;
    let demonyms: BTreeMap<String, Vec<String>> =
        toml::from_str(include_str!("../../data/gazetteer/demonyms.toml"))?;
    Ok(states
        .party
        .into_iter()
        .filter(|entry| entry.kind == "state")
        .map(|entry| State {
            demonym: demonyms.get(&entry.name).and_then(|d| d.first().cloned()),
            capital: entry.seats.first().cloned(),
            name: entry.name,
        })
        .collect())
}
