//! A part: the rows of some records in a Parquet file that also knows the rest about them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::{Provenance, Row, ScoredArticle, ScoresError, parquet};
use super::{Fingerprint, UnfinishedError};
use crate::articles::Rejected;

/// A part is full after this time. It is what a kill can cost.
const FULL_AFTER: Duration = Duration::from_secs(30);

/// Where a part's [`Contents`] are in its file's metadata.
const CONTENTS: &str = "stance.part";

/// What was read and found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub articles: u64,
    pub sentences: u64,
    pub mentions: u64,
    pub rows: u64,
    pub rejected: u64,
}

impl Counts {
    /// Articles and rejected records.
    pub fn records(&self) -> u64 {
        self.articles + self.rejected
    }

    /// Count what an article gave.
    pub fn add_article(&mut self, scored: &ScoredArticle) {
        self.articles += 1;
        self.sentences += scored.sentences.len() as u64;
        self.mentions += scored.mentions.len() as u64;
        self.rows += scored.rows.len() as u64;
    }

    pub fn add(&mut self, other: &Counts) {
        self.articles += other.articles;
        self.sentences += other.sentences;
        self.mentions += other.mentions;
        self.rows += other.rows;
        self.rejected += other.rejected;
    }
}

/// All about a part's records but the rows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    counts: Counts,
    /// Of each record in the order of the input, sixteen hexadecimal digits each.
    fingerprints: String,
    rejected: Vec<Rejected>,
}

/// A part being written.
pub struct PartWriter {
    rows: parquet::Writer,
    contents: Contents,
    current: PathBuf,
    begun: Instant,
}

impl PartWriter {
    pub(super) fn create(
        current: &Path,
        provenance: &Provenance,
    ) -> Result<PartWriter, UnfinishedError> {
        Ok(PartWriter {
            rows: parquet::Writer::create(current, provenance)?,
            contents: Contents::default(),
            current: current.to_owned(),
            begun: Instant::now(),
        })
    }

    /// Add an article's rows.
    ///
    /// # Errors
    /// When the disk takes no more.
    pub fn article(
        &mut self,
        fingerprint: Fingerprint,
        scored: &ScoredArticle,
    ) -> Result<(), UnfinishedError> {
        self.contents.fingerprints.push_str(&fingerprint.hex());
        self.contents.counts.add_article(scored);
        for row in &scored.rows {
            self.rows.write(row)?;
        }
        Ok(())
    }

    /// Add a record that was rejected.
    pub fn rejected(&mut self, fingerprint: Fingerprint, rejected: &Rejected) {
        self.contents.fingerprints.push_str(&fingerprint.hex());
        self.contents.counts.rejected += 1;
        self.contents.rejected.push(rejected.clone());
    }

    /// Whether it is time to commit the part: after so many records, or some time.
    pub fn is_full(&self, records: u64) -> bool {
        self.contents.counts.records() >= records || self.begun.elapsed() >= FULL_AFTER
    }

    /// Give the part its place and name. Only then it is one.
    pub(super) fn finish(mut self, folder: &Path, index: usize) -> Result<Part, UnfinishedError> {
        let contents = serde_json::to_string(&self.contents).map_err(io::Error::from);
        let contents = contents.map_err(|source| self.failed(source))?;
        self.rows.add_metadata(CONTENTS, contents);
        let failed = |source| ScoresError::Write {
            file: self.current.display().to_string(),
            source,
        };
        self.rows.finish()?;
        let checksum = checksum(&self.current).map_err(failed)?;
        let path = folder.join(format!("{:08}-{checksum}.parquet", index + 1));
        fs::rename(&self.current, &path).map_err(failed)?;
        Ok(Part {
            path,
            counts: self.contents.counts,
        })
    }

    fn failed(&self, source: io::Error) -> ScoresError {
        ScoresError::Write {
            file: self.current.display().to_string(),
            source,
        }
    }
}

/// A committed part.
#[derive(Debug, Clone)]
pub struct Part {
    path: PathBuf,
    counts: Counts,
}

impl Part {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Its rows, exactly as they were scored.
    ///
    /// # Errors
    /// When the file cannot be read; also as items.
    pub fn rows(
        &self,
    ) -> Result<impl Iterator<Item = Result<Row, ScoresError>> + use<>, ScoresError> {
        parquet::Reader::open(&self.path)
    }

    /// The records among those of the part that were rejected.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rejected(&self) -> Result<Vec<Rejected>, ScoresError> {
        Ok(self.contents()?.rejected)
    }

    /// The fingerprints of its records.
    pub(super) fn fingerprints(&self) -> Result<Vec<Fingerprint>, ScoresError> {
        let digits = self.contents()?.fingerprints;
        let fingerprints: Option<Vec<_>> = (0..digits.len())
            .step_by(16)
            .map(|start| Fingerprint::from_hex(digits.get(start..start + 16)?))
            .collect();
        fingerprints.ok_or_else(|| self.damaged("its fingerprints are none".to_owned()))
    }

    fn contents(&self) -> Result<Contents, ScoresError> {
        let reader = parquet::Reader::open(&self.path)?;
        let contents = reader
            .metadata(CONTENTS)
            .ok_or_else(|| self.damaged("it is no part".to_owned()))?;
        serde_json::from_str(contents).map_err(|error| self.damaged(error.to_string()))
    }

    fn damaged(&self, problem: String) -> ScoresError {
        ScoresError::Damaged {
            file: self.path.display().to_string(),
            problem,
        }
    }
}

/// The parts in a folder, from the first to the last before a gap or a damaged one, and what was
/// wrong with that.
pub(super) fn whole_parts(folder: &Path) -> Result<(Vec<Part>, Option<String>), UnfinishedError> {
    let mut found = BTreeMap::new();
    let entries = fs::read_dir(folder).map_err(|source| UnfinishedError::Folder {
        folder: folder.display().to_string(),
        source,
    })?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let named = name.to_str().and_then(|name| {
            let (number, checksum) = name.strip_suffix(".parquet")?.split_once('-')?;
            Some((number.parse::<usize>().ok()?, checksum.to_owned()))
        });
        if let Some((number, checksum)) = named {
            found.insert(number, (entry.path(), checksum));
        }
    }
    let mut parts = Vec::new();
    for (index, (number, (path, expected))) in found.into_iter().enumerate() {
        if number != index + 1 {
            let problem = format!("{}: part {} is missing", folder.display(), index + 1);
            return Ok((parts, Some(problem)));
        }
        let mut part = Part {
            path,
            counts: Counts::default(),
        };
        let whole = match checksum(&part.path) {
            Ok(checksum) if checksum == expected => part.contents().map_err(|e| e.to_string()),
            Ok(_) => Err(format!(
                "{}: damaged (its checksum differs)",
                part.path.display()
            )),
            Err(error) => Err(format!("{}: cannot be read: {error}", part.path.display())),
        };
        match whole {
            Ok(contents) => {
                part.counts = contents.counts;
                parts.push(part);
            }
            Err(problem) => return Ok((parts, Some(problem))),
        }
    }
    Ok((parts, None))
}

/// The first 32 hexadecimal digits of a file's SHA-256.
fn checksum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let digest = hasher.finalize();
    Ok(digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
