//! A run on its way: work committed in parts, so that a killed run loses at most the last of them.
//!
//! While `stance score … -o DIR` runs, `DIR/.unfinished` holds
//!
//! | file | what |
//! | --- | --- |
//! | `lock` | locked by the run, so that a second one on the same folder is refused |
//! | `run.json` | the [`Job`]: all that shapes the rows |
//! | `00000001-<checksum>.parquet` | a [`Part`]: the rows of up to so many records, what was rejected among them, and a fingerprint of each record |
//! | `scores.parquet`, … | the results while they are put together |
//!
//! A part gets its name when it is whole, and the name holds its checksum. Results are always
//! made from all parts in order, so it makes no difference where one part ends and the next
//! begins, nor how often a run was interrupted: the bytes are the same. They take their places
//! in `DIR` when all of them are whole; then `.unfinished` goes away.

mod error;
mod fingerprint;
mod job;
mod part;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub use error::UnfinishedError;
pub use fingerprint::Fingerprint;
pub use job::Job;
pub use part::{Counts, Part, PartWriter};

use super::Provenance;
use crate::articles::{Article, Rejected};
use crate::lock::{Lock, LockError};

/// Name of the folder in the results' folder.
pub const UNFINISHED_FOLDER: &str = ".unfinished";

const JOB_FILE: &str = "run.json";
/// The part that is being written, until its checksum is known.
const CURRENT_FILE: &str = "current.parquet";

/// A run on a folder that is not finished yet, whether it just began or goes on.
#[derive(Debug)]
pub struct Unfinished {
    /// Where the results go.
    target: PathBuf,
    /// `.unfinished` in it.
    folder: PathBuf,
    lock: Lock,
    job: Job,
    /// Names of the result files.
    results: Vec<&'static str>,
    parts: Vec<Part>,
    done: Counts,
    notes: Vec<String>,
}

impl Unfinished {
    /// Begin a run whose results, files of these names, go to the folder `target`, which is made
    /// if need be; or go on with an interrupted one.
    ///
    /// # Errors
    /// [`UnfinishedError::Busy`] when another run has the folder, [`UnfinishedError::OtherJob`]
    /// when it holds parts of a run with another model or other options (nothing is touched
    /// then), and those of the file system.
    pub fn open(
        target: &Path,
        job: Job,
        results: &[&'static str],
    ) -> Result<Unfinished, UnfinishedError> {
        let cannot = |source| UnfinishedError::Folder {
            folder: target.display().to_string(),
            source,
        };
        if fs::metadata(target).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(UnfinishedError::NotAFolder {
                path: target.display().to_string(),
            });
        }
        fs::create_dir_all(target).map_err(cannot)?;
        // Better now than after a night of scoring.
        for name in results {
            let path = target.join(name);
            if path.is_dir() {
                return Err(UnfinishedError::ResultIsFolder {
                    path: path.display().to_string(),
                });
            }
        }
        let folder = target.join(UNFINISHED_FOLDER);
        let lock = Lock::take(&folder).map_err(|error| match error {
            LockError::Busy => UnfinishedError::Busy {
                folder: target.display().to_string(),
            },
            LockError::Io(source) => cannot(source),
        })?;
        let mut run = Unfinished {
            target: target.to_owned(),
            notes: lock
                .note()
                .map(|note| format!("{}: {note}", target.display()))
                .into_iter()
                .collect(),
            folder,
            lock,
            job,
            results: results.to_vec(),
            parts: Vec::new(),
            done: Counts::default(),
        };
        run.find_parts()?;
        Ok(run)
    }

    /// Take over the good parts of an interrupted run and remove all else that it left.
    fn find_parts(&mut self) -> Result<(), UnfinishedError> {
        let job_file = self.folder.join(JOB_FILE);
        let earlier = match Job::read(&job_file) {
            Ok(job) => Some(job),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                self.notes.push(format!(
                    "{}: {error}; scoring begins anew",
                    job_file.display()
                ));
                None
            }
        };
        if let Some(earlier) = &earlier {
            let (parts, damaged) = part::whole_parts(&self.folder)?;
            if let Some(damaged) = damaged {
                self.notes.push(format!(
                    "{damaged}; it and the parts behind it are scored again"
                ));
            }
            for part in &parts {
                self.done.add(part.counts());
            }
            if !parts.is_empty() {
                let differences = earlier.differences(&self.job);
                if !differences.is_empty() {
                    return Err(UnfinishedError::OtherJob {
                        folder: self.target.display().to_string(),
                        unfinished: self.folder.display().to_string(),
                        records: self.done.records(),
                        differences,
                        command: earlier.command.clone(),
                    });
                }
            }
            self.parts = parts;
        }
        self.remove_all_but_parts()?;
        // The job of an earlier run is kept with its parts: it says how to go on.
        match earlier {
            Some(earlier) if !self.parts.is_empty() => self.job = earlier,
            _ => self.job.write(&job_file)?,
        }
        // Parts last no longer than the folders that they are in.
        sync_folder(&self.target);
        if let Ok(above) = self.target.join("..").canonicalize() {
            sync_folder(&above);
        }
        Ok(())
    }

    fn remove_all_but_parts(&self) -> Result<(), UnfinishedError> {
        for path in self.files()? {
            let is = |name: &str| path.file_name() == Some(OsStr::new(name));
            let keep = Lock::is_file(&path)
                || self.parts.iter().any(|part| part.path() == path)
                || (is(JOB_FILE) && !self.parts.is_empty());
            if !keep {
                remove(&path)?;
            }
        }
        Ok(())
    }

    fn files(&self) -> Result<Vec<PathBuf>, UnfinishedError> {
        let entries = fs::read_dir(&self.folder)
            .and_then(|entries| entries.collect::<Result<Vec<_>, _>>())
            .map_err(|source| UnfinishedError::Folder {
                folder: self.folder.display().to_string(),
                source,
            })?;
        Ok(entries.into_iter().map(|entry| entry.path()).collect())
    }

    /// What the user should know: damaged parts, a file system that knows no locks.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What all committed parts hold.
    pub fn done(&self) -> &Counts {
        &self.done
    }

    /// The committed parts, in the order of the input.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Read past the records that the parts hold, and check that they are what they were when
    /// they were scored. Ends early, without an error, when `stop` says so.
    ///
    /// # Errors
    /// [`UnfinishedError::InputChanged`] and [`UnfinishedError::InputEnds`].
    pub fn read_past(
        &self,
        records: &mut impl Iterator<Item = Result<Article, Rejected>>,
        mut stop: impl FnMut() -> bool,
    ) -> Result<(), UnfinishedError> {
        let mut read = 0;
        for part in &self.parts {
            for expected in part.fingerprints()? {
                if stop() {
                    return Ok(());
                }
                let Some(record) = records.next() else {
                    return Err(UnfinishedError::InputEnds {
                        folder: self.target.display().to_string(),
                        unfinished: self.folder.display().to_string(),
                        records: self.done.records(),
                        read,
                    });
                };
                read += 1;
                if Fingerprint::of(&record) != expected {
                    return Err(UnfinishedError::InputChanged {
                        folder: self.target.display().to_string(),
                        unfinished: self.folder.display().to_string(),
                        records: self.done.records(),
                        record: match record {
                            Ok(article) => format!("article {:?}", article.id),
                            Err(rejected) => format!("the record rejected as \"{rejected}\""),
                        },
                        command: self.job.command.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Begin the next part.
    ///
    /// # Errors
    /// When no file can be made.
    pub fn begin_part(&self, provenance: &Provenance) -> Result<PartWriter, UnfinishedError> {
        PartWriter::create(&self.folder.join(CURRENT_FILE), provenance)
    }

    /// Close a part; from here on neither a kill nor a power cut loses it.
    ///
    /// # Errors
    /// When the disk takes no more; the part is lost then, the others are not.
    pub fn commit(&mut self, part: PartWriter) -> Result<(), UnfinishedError> {
        let part = part.finish(&self.folder, self.parts.len())?;
        // The part's bytes were made to last before it got its name; now its name is.
        sync_folder(&self.folder);
        self.done.add(part.counts());
        self.parts.push(part);
        Ok(())
    }

    /// Where to write the result of this name; it goes to its place with [`Unfinished::publish`].
    pub fn result(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Put the results in their places, in one go, and remove the parts. A result that was not
    /// written is removed where an earlier run left one.
    ///
    /// # Errors
    /// When a file cannot be moved; the parts stay then.
    pub fn publish(self) -> Result<(), UnfinishedError> {
        for name in &self.results {
            let (from, to) = (self.folder.join(name), self.target.join(name));
            match fs::rename(&from, &to) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => remove(&to)?,
                Err(source) => {
                    return Err(UnfinishedError::File {
                        path: to.display().to_string(),
                        doing: "put in its place",
                        source,
                    });
                }
                Ok(()) => {}
            }
        }
        sync_folder(&self.target);
        // First what makes the rest a run that can go on: what a kill leaves behind from here on
        // is swept up by the next run.
        remove(&self.folder.join(JOB_FILE))?;
        for path in self.files()? {
            if !Lock::is_file(&path) {
                remove(&path)?;
            }
        }
        self.lock.remove();
        Ok(())
    }
}

/// Whether an interrupted run left parts in this folder of results.
pub fn is_unfinished(target: &Path) -> bool {
    target.join(UNFINISHED_FOLDER).join(JOB_FILE).is_file()
}

/// Remove what is there, if it is.
fn remove(path: &Path) -> Result<(), UnfinishedError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(UnfinishedError::File {
                path: path.display().to_string(),
                doing: "removed",
                source,
            })
        }
        _ => Ok(()),
    }
}

/// Make renames last through a power cut, where the system can. Without it they only come later.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests;
