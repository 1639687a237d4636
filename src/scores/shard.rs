//! One dataset spread over several runs, each on its own machine if need be.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::unfinished::Fingerprint;
use super::{Provenance, ScoresError};
use crate::articles::{Article, Rejected};

/// The names of the options in a [`Provenance`].
const OPTION: &str = "shard";
const INPUT: &str = "shard of";

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

/// The input of a shard's run as a whole, the other shards' records with it: what tells whether
/// two shards are of the same input. A handle that can be cloned and used from any thread.
#[derive(Debug, Clone, Default)]
pub struct WholeInput(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    records: u64,
    digest: Sha256,
}

impl WholeInput {
    /// Take note of the next record. Where the files lie makes no difference, as every machine
    /// may have them elsewhere.
    pub fn see(&self, record: &Result<Article, Rejected>) {
        let fingerprint = match record {
            Ok(_) => Fingerprint::of(record),
            Err(rejected) => Fingerprint::of(&Err(Rejected {
                file: String::new(),
                ..rejected.clone()
            })),
        };
        let mut seen = self.lock();
        seen.records += 1;
        seen.digest.update(fingerprint.hex());
    }

    /// Say in the provenance of a file of scores which input its shard is of, once all of it was
    /// seen.
    pub fn note_in(&self, provenance: &mut Provenance) {
        let seen = self.lock();
        let digest = seen.digest.clone().finalize();
        let digest: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
        let input = format!("{} records, checksum {digest}", seen.records);
        provenance.options.insert(INPUT.to_owned(), input);
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file of scores, and what made it.
pub(super) type Made = (String, Option<Provenance>);

/// Take the shards that some files hold out of their provenances, which are of one run but for
/// that. What is left of it: the shards that there are, if some are missing, and what a user
/// should know then.
///
/// # Errors
/// [`ScoresError::ShardsOfDifferentInputs`] where shards that would make up for each other were
/// not scored from the same articles.
pub(super) fn gather(files: &mut [Made]) -> Result<Option<String>, ScoresError> {
    let mut runs: Vec<Run> = Vec::new();
    let mut whole = false;
    for (name, made_by) in files.iter_mut() {
        let Some(made_by) = made_by else { continue };
        let input = made_by.options.remove(INPUT);
        let shard = made_by.options.get(OPTION).map(|text| text.parse());
        let Some(Ok(shard)) = shard else {
            whole = true;
            continue;
        };
        match runs.iter_mut().find(|run| run.input == input) {
            Some(run) => run.shards.push((shard, name.clone())),
            None => runs.push(Run {
                input,
                shards: vec![(shard, name.clone())],
            }),
        }
    }
    let mut held: Vec<Shard> = runs.iter().flat_map(Run::held).collect();
    let Some(of) = held.first().map(|shard| shard.of) else {
        return Ok(None);
    };
    if whole || held.iter().any(|shard| shard.of != of) {
        // Not shards of one run; they differ as other options do.
        return Ok(None);
    }
    runs.retain(|run| !run.missing(of).is_empty());
    for (at, one) in runs.iter().enumerate() {
        if let Some(other) = runs[at + 1..].iter().find(|other| one.fits(other)) {
            return Err(one.is_not(other));
        }
    }
    let shards = files.iter_mut().filter_map(|(_, made_by)| made_by.as_mut());
    let Some(run) = runs.first() else {
        for made_by in shards {
            made_by.options.remove(OPTION);
        }
        return Ok(None);
    };
    held.sort_by_key(|shard| shard.number);
    held.dedup();
    let held = join(&held);
    for made_by in shards {
        made_by.options.insert(OPTION.to_owned(), held.clone());
    }
    Ok(Some(format!(
        "these scores are of a part of their articles only: shard {} is missing",
        join(&run.missing(of))
    )))
}

fn join(shards: &[Shard]) -> String {
    let shards: Vec<String> = shards.iter().map(Shard::to_string).collect();
    shards.join(", ")
}

/// The shards of one input that there are.
struct Run {
    /// As [`WholeInput::note_in`] says it.
    input: Option<String>,
    shards: Vec<(Shard, String)>,
}

impl Run {
    fn held(&self) -> impl Iterator<Item = Shard> {
        self.shards.iter().map(|(shard, _)| *shard)
    }

    /// The first of the shards that are not there.
    fn missing(&self, of: u32) -> Vec<Shard> {
        (1..=of)
            .map(|number| Shard { number, of })
            .filter(|shard| self.held().all(|held| held != *shard))
            .take(10)
            .collect()
    }

    /// Whether the shards of both look like shards of one run: none is there twice. Shards of one
    /// number are samples of several inputs.
    fn fits(&self, other: &Run) -> bool {
        self.held().all(|one| other.held().all(|two| one != two))
    }

    fn is_not(&self, other: &Run) -> ScoresError {
        let described = |run: &Run| {
            let input = run
                .input
                .as_deref()
                .unwrap_or("an unknown number of records");
            match run.shards.first() {
                Some((shard, file)) => (file.clone(), format!("shard {shard} of {input}")),
                None => (String::new(), input.to_owned()),
            }
        };
        let (first, first_shard) = described(self);
        let (second, second_shard) = described(other);
        ScoresError::ShardsOfDifferentInputs {
            first,
            first_shard,
            second,
            second_shard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of these shards, each with the input it is of.
    fn made(shards: &[(&str, &str)]) -> Vec<Made> {
        let files = shards.iter().enumerate().map(|(at, (shard, input))| {
            let options = [(OPTION, *shard), (INPUT, *input)];
            let made_by = Provenance {
                options: options.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
                ..Provenance::default()
            };
            (format!("{at}.parquet"), Some(made_by))
        });
        files.collect()
    }

    fn gathered(shards: &[(&str, &str)]) -> Result<(Option<String>, Vec<String>), String> {
        let mut files = made(shards);
        let note = gather(&mut files).map_err(|error| error.to_string())?;
        let options = files
            .into_iter()
            .flat_map(|(_, made_by)| made_by.unwrap().options);
        Ok((
            note,
            options
                .map(|(name, value)| format!("{name}: {value}"))
                .collect(),
        ))
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
        assert_eq!(gathered(&[("2/2", "x"), ("1/2", "x")]), Ok((None, vec![])));
        let (note, left) = gathered(&[("3/3", "x"), ("1/3", "x")]).unwrap();
        assert!(note.unwrap().ends_with("shard 2/3 is missing"));
        assert_eq!(left, ["shard: 1/3, 3/3"; 2]);
        assert_eq!(gathered(&[("1/1", "x")]).unwrap().0, None);
    }

    #[test]
    fn shards_of_different_inputs_do_not_make_up_for_each_other() {
        let message = gathered(&[("1/2", "5 records"), ("2/2", "6 records")]).unwrap_err();
        for part in [
            "0.parquet",
            "shard 1/2 of 5 records",
            "1.parquet",
            "shard 2/2 of 6 records",
        ] {
            assert!(message.contains(part), "{message}");
        }
        // Two whole sets, and samples of two archives, may be read together.
        let sets = [("1/2", "x"), ("1/2", "y"), ("2/2", "y"), ("2/2", "x")];
        assert_eq!(gathered(&sets), Ok((None, vec![])));
        let (note, _) = gathered(&[("1/9", "x"), ("1/9", "y")]).unwrap();
        assert!(note.unwrap().contains("2/9"));
    }

    #[test]
    fn an_input_is_told_by_its_records_and_not_by_where_they_lie() {
        let article = |text: &str| {
            Ok(Article {
                id: "a".into(),
                text: text.into(),
                ..Article::default()
            })
        };
        let rejected = |file: &str| {
            Err(Rejected {
                file: file.into(),
                line: Some(1),
                record: None,
                id: None,
                reason: "broken".into(),
                excerpt: "".into(),
            })
        };
        let note = |records: &[Result<Article, Rejected>]| {
            let input = WholeInput::default();
            records.iter().for_each(|record| input.see(record));
            let mut provenance = Provenance::default();
            input.note_in(&mut provenance);
            provenance.options.remove(INPUT).unwrap()
        };
        let here = note(&[article("x"), rejected("here/a.csv")]);
        assert!(here.starts_with("2 records, checksum "), "{here}");
        assert_eq!(here, note(&[article("x"), rejected("there/a.csv")]));
        assert_ne!(here, note(&[article("y"), rejected("here/a.csv")]));
        assert_ne!(here, note(&[rejected("here/a.csv"), article("x")]));
    }
}
