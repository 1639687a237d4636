//! What shapes the rows of a run, kept beside its parts.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::{Output, ScoresError};

/// All that shapes the rows of a run but its input, whose records are held to their
/// [`super::Fingerprint`]s one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Program version, model, options, by names that users know.
    pub settings: BTreeMap<String, String>,
    /// The command as it was given, to be given again.
    pub command: String,
}

impl Job {
    /// The settings whose values differ, in words.
    pub(super) fn differences(&self, now: &Job) -> Vec<String> {
        let mut names: Vec<&String> = self.settings.keys().chain(now.settings.keys()).collect();
        names.sort();
        names.dedup();
        let value = |job: &Job, name| {
            let value = job.settings.get(name);
            value.map_or("not set", String::as_str).to_owned()
        };
        names
            .into_iter()
            .map(|name| (name, value(self, name), value(now, name)))
            .filter(|(_, was, is)| was != is)
            .map(|(name, was, is)| format!("{name}: was {was}, is now {is}"))
            .collect()
    }

    pub(super) fn read(path: &Path) -> io::Result<Job> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), ScoresError> {
        let mut output = Output::create(path)?;
        serde_json::to_writer_pretty(&mut output, self)
            .map_err(io::Error::from)
            .and_then(|()| output.write_all(b"\n"))
            .map_err(|source| ScoresError::Write {
                file: path.display().to_string(),
                source,
            })?;
        output.persist()?;
        Ok(())
    }
}
