//! One dataset spread over several runs, each on its own machine if need be.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::Provenance;

/// The name of the option in a [`Provenance`].
const OPTION: &str = "shard";

/// The share of a run that scores every `of`-th record of its input, from the `number`-th on.
/// All runs read the whole input, so ids are the same as in one run over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    number: u32,
    of: u32,
}

impl Shard {
    /// Whether the shard has the record of this index, from 0.
    pub fn has(&self, index: u64) -> bool {
        index % u64::from(self.of) == u64::from(self.number) - 1
    }

    /// Say in the provenance of a file of scores that it holds a shard only.
    pub fn note_in(&self, provenance: &mut Provenance) {
        provenance
            .options
            .insert(OPTION.to_owned(), self.to_string());
    }
}

impl FromStr for Shard {
    type Err = String;

    /// `I/N`, where I is 1 to N.
    fn from_str(text: &str) -> Result<Shard, String> {
        let parsed = text.split_once('/').and_then(|(number, of)| {
            let number: NonZeroU32 = number.trim().parse().ok()?;
            let of: NonZeroU32 = of.trim().parse().ok()?;
            (number <= of).then_some(Shard {
                number: number.get(),
                of: of.get(),
            })
        });
        parsed.ok_or_else(|| "give I/N with I from 1 to N, as in 1/4 to 4/4".to_owned())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// Take the shards that some files hold out of their provenances, which are of one run but for
/// that. What is left of it: the shard, if all hold the same, and what a user should know if the
/// files are not all shards of their run.
pub(super) fn gather(provenances: &mut [&mut Provenance]) -> Option<String> {
    let mut found: Vec<Shard> = Vec::new();
    let mut whole = false;
    for provenance in provenances.iter() {
        match provenance.options.get(OPTION).map(|text| text.parse()) {
            Some(Ok(shard)) => found.push(shard),
            _ => whole = true,
        }
    }
    let of = found.first()?.of;
    if whole || found.iter().any(|shard| shard.of != of) {
        // Not shards of one run; they differ as other options do.
        return None;
    }
    let missing: Vec<String> = (1..=of)
        .filter(|number| found.iter().all(|shard| shard.number != *number))
        .take(10)
        .map(|number| Shard { number, of }.to_string())
        .collect();
    if missing.is_empty() {
        for provenance in provenances {
            provenance.options.remove(OPTION);
        }
        return None;
    }
    found.sort_by_key(|shard| shard.number);
    found.dedup();
    let held: Vec<String> = found.iter().map(Shard::to_string).collect();
    for provenance in provenances {
        provenance
            .options
            .insert(OPTION.to_owned(), held.join(", "));
    }
    Some(format!(
        "these scores are of a part of their articles only: shard {} is missing",
        missing.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(shards: &[&str]) -> Vec<Provenance> {
        let option = |shard: &&str| [(OPTION.to_owned(), (*shard).to_owned())].into();
        shards
            .iter()
            .map(|shard| Provenance {
                options: option(shard),
                ..Provenance::default()
            })
            .collect()
    }

    fn gathered(shards: &[&str]) -> (Option<String>, Vec<Option<String>>) {
        let mut made = made(shards);
        let note = gather(&mut made.iter_mut().collect::<Vec<_>>());
        let left = made.iter().map(|p| p.options.get(OPTION).cloned());
        (note, left.collect())
    }

    #[test]
    fn every_record_is_in_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|n| format!("{n}/3").parse().unwrap()).collect();
        for index in 0..20 {
            assert_eq!(shards.iter().filter(|shard| shard.has(index)).count(), 1);
        }
        for wrong in ["0/4", "5/4", "1", "1/0", "a/b", "-1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_missing_shard_is_told_and_a_whole_set_is_no_option() {
        assert_eq!(gathered(&["2/2", "1/2"]), (None, vec![None, None]));
        let (note, left) = gathered(&["3/3", "1/3"]);
        assert!(note.unwrap().ends_with("shard 2/3 is missing"));
        assert_eq!(left, vec![Some("1/3, 3/3".to_owned()); 2]);
        assert_eq!(gathered(&["1/1"]).0, None);
    }
}
