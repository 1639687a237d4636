//! Many files of scores read as one.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Provenance, Row, ScoresError, StanceNames, jsonl, parquet, shard, unfinished};

/// Name of the scores file in the folder that `stance score` writes.
pub const SCORES_FILE: &str = "scores.parquet";

/// One or more files of scores, all made by the same version and model, that can be read again
/// and again.
#[derive(Debug)]
pub struct ScoreFiles {
    files: Vec<Source>,
    provenance: Option<Provenance>,
    stances: StanceNames,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Source {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Parquet(PathBuf),
    JsonLines(PathBuf),
    /// What came from standard input, kept so that it can be read again.
    Spooled(NamedTempFile),
}

impl ScoreFiles {
    /// Open files of scores: Parquet or JSON Lines (also `.gz` or `.zst`), a folder for the
    /// `scores.parquet` in it, and `-` for JSON Lines from standard input.
    ///
    /// # Errors
    /// Files that are missing, hold something else or are damaged; a file given twice; and
    /// [`ScoresError::OtherStances`] or [`ScoresError::Mixed`] when their stances, versions or
    /// models differ; [`ScoresError::ShardsOfDifferentInputs`]. A file that does not say what
    /// made it (JSON Lines, or written anew by another program) mixes only with its like; its
    /// stances are those of its columns.
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<ScoreFiles, ScoresError> {
        let mut files: Vec<Source> = Vec::new();
        let mut stances: Option<StanceNames> = None;
        let mut made_by: Vec<shard::Made> = Vec::new();
        let mut seen = Vec::new();
        for path in paths.iter().map(AsRef::as_ref) {
            let (source, provenance) = if path == Path::new("-") {
                (spool(io::stdin().lock())?, None)
            } else {
                open_one(path)?
            };
            let same = match &source.kind {
                Kind::Parquet(path) | Kind::JsonLines(path) => path.canonicalize().ok(),
                Kind::Spooled(_) => Some(PathBuf::from("-")),
            };
            if same.is_some() && seen.contains(&same) {
                return Err(ScoresError::Twice { file: source.name });
            }
            seen.push(same);
            let found = match &provenance {
                Some(provenance) => Some(provenance.stances.clone()),
                None => source.stances()?,
            };
            if let (Some(found), Some(first)) = (&found, &stances)
                && found != first
                && let Some(file) = files.first()
            {
                return Err(ScoresError::OtherStances {
                    first: file.name.clone(),
                    first_stances: first.clone(),
                    second: source.name,
                    second_stances: found.clone(),
                });
            }
            stances = stances.or(found);
            made_by.push((source.name.clone(), provenance));
            files.push(source);
        }
        let mut notes: Vec<String> = shard::gather(&mut made_by)?.into_iter().collect();
        notes.extend(unfinished_notes(paths));
        let Some(((first, provenance), others)) = made_by.split_first() else {
            return Err(ScoresError::NoFiles);
        };
        for (name, other) in others {
            let mixes = match (provenance, other) {
                (Some(one), Some(two)) => one.mixes_with(two),
                (one, two) => one.is_none() && two.is_none(),
            };
            if !mixes {
                return Err(ScoresError::Mixed {
                    first: first.clone(),
                    first_made_by: describe(provenance.as_ref()),
                    second: name.clone(),
                    second_made_by: describe(other.as_ref()),
                });
            }
            if let (Some(one), Some(two)) = (provenance, other) {
                let differing = one.differing_options(two);
                if !differing.is_empty() {
                    notes.push(format!(
                        "{first} and {name} were scored with different options: {}",
                        differing.join(", ")
                    ));
                }
            }
        }
        let provenance = provenance.clone();
        Ok(ScoreFiles {
            files,
            provenance,
            stances: stances.unwrap_or_default(),
            notes,
        })
    }

    /// What made the rows; `None` where the files do not say.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_ref()
    }

    /// The stances that the rows tell apart.
    pub fn stances(&self) -> &StanceNames {
        &self.stances
    }

    /// What a user should know about the files but what does not forbid their use, such as
    /// different options.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// All rows, file by file in the order given. Errors are items, after which nothing follows;
    /// [`ScoresError::Empty`] is the only item when there is no row at all.
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            files: &self.files,
            open: None,
            next: 0,
            any: false,
            done: false,
            seen: HashMap::new(),
        }
    }
}

/// Which of these folders hold the results of an earlier run than the one at work on them.
fn unfinished_notes<P: AsRef<Path>>(paths: &[P]) -> impl Iterator<Item = String> {
    paths
        .iter()
        .map(AsRef::as_ref)
        .filter(|path| unfinished::is_unfinished(path))
        .map(|path| {
            format!(
                "{}: holds the results of an earlier run; a later one is not finished",
                path.display()
            )
        })
}

fn describe(provenance: Option<&Provenance>) -> String {
    provenance.map_or(
        "a program that did not say its model".to_owned(),
        Provenance::to_string,
    )
}

/// The rows of [`ScoreFiles`]. After an error it gives nothing more.
pub struct Rows<'f> {
    files: &'f [Source],
    open: Option<Box<dyn Iterator<Item = Result<Row, ScoresError>> + Send + 'f>>,
    next: usize,
    any: bool,
    done: bool,
    /// With several files: which file each row (its hash) was met in.
    seen: HashMap<u64, usize>,
}

impl Rows<'_> {
    fn read_row(&mut self) -> Option<Result<Row, ScoresError>> {
        loop {
            if let Some(row) = self.open.as_mut().and_then(Iterator::next) {
                self.any = true;
                return Some(row.and_then(|row| self.check_overlap(row)));
            }
            let Some(source) = self.files.get(self.next) else {
                let names: Vec<&str> = self.files.iter().map(|f| f.name.as_str()).collect();
                let files = names.join(", ");
                return (!self.any).then_some(Err(ScoresError::Empty { files }));
            };
            self.next += 1;
            match source.rows() {
                Ok(rows) => self.open = Some(rows),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Refuse a row that another file had before.
    fn check_overlap(&mut self, row: Row) -> Result<Row, ScoresError> {
        if self.files.len() < 2 {
            return Ok(row);
        }
        let mut hasher = DefaultHasher::new();
        (&row.summit, &row.article, row.sentence, &row.party).hash(&mut hasher);
        let file = self.next - 1;
        let first = *self.seen.entry(hasher.finish()).or_insert(file);
        if first == file {
            return Ok(row);
        }
        let name = |index: usize| {
            self.files
                .get(index)
                .map_or("", |f| f.name.as_str())
                .to_owned()
        };
        Err(ScoresError::Overlap {
            first: name(first),
            second: name(file),
            article: row.article,
            sentence: row.sentence,
            party: row.party,
        })
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, ScoresError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let row = self.read_row();
        self.done = !matches!(row, Some(Ok(_)));
        row
    }
}

impl Source {
    /// The stances of the file's rows, by its columns. `None` where it has no row; what is wrong
    /// with a first row that cannot be read is told when the rows are.
    fn stances(&self) -> Result<Option<StanceNames>, ScoresError> {
        if let Kind::Parquet(path) = &self.kind {
            return Ok(Some(parquet::Reader::open(path)?.stances().clone()));
        }
        let first = self.rows()?.next().and_then(Result::ok);
        Ok(first.map(|row| row.stance.names().clone()))
    }

    fn rows(
        &self,
    ) -> Result<Box<dyn Iterator<Item = Result<Row, ScoresError>> + Send + '_>, ScoresError> {
        let read = |source| ScoresError::Read {
            file: self.name.clone(),
            source,
        };
        Ok(match &self.kind {
            Kind::Parquet(path) => Box::new(parquet::Reader::open(path)?),
            Kind::JsonLines(path) => {
                let file = File::open(path).map_err(read)?;
                Box::new(jsonl::Reader::new(
                    decompress(file).map_err(read)?,
                    &self.name,
                ))
            }
            Kind::Spooled(file) => {
                let file = file.reopen().map_err(read)?;
                Box::new(jsonl::Reader::new(
                    decompress(file).map_err(read)?,
                    &self.name,
                ))
            }
        })
    }
}

fn open_one(path: &Path) -> Result<(Source, Option<Provenance>), ScoresError> {
    let path = if path.is_dir() {
        let inside = path.join(SCORES_FILE);
        if !inside.is_file() {
            if unfinished::is_unfinished(path) {
                return Err(ScoresError::Unfinished {
                    folder: path.display().to_string(),
                });
            }
            return Err(ScoresError::NoScores {
                folder: path.display().to_string(),
            });
        }
        inside
    } else {
        path.to_owned()
    };
    let name = path.display().to_string();
    let read = |source| ScoresError::Read {
        file: name.clone(),
        source,
    };
    let mut start = Vec::new();
    let file = File::open(&path).map_err(read)?;
    file.take(4).read_to_end(&mut start).map_err(read)?;
    let says_parquet = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("parquet"));
    if start.is_empty() {
        return Err(if says_parquet {
            let problem = "the file is empty".to_owned();
            ScoresError::Damaged {
                file: name,
                problem,
            }
        } else {
            ScoresError::Empty { files: name }
        });
    }
    if says_parquet || start == *b"PAR1" {
        let provenance = parquet::Reader::open(&path)?.provenance().cloned();
        return Ok((
            Source {
                name,
                kind: Kind::Parquet(path),
            },
            provenance,
        ));
    }
    let file = File::open(&path).map_err(read)?;
    let mut text = decompress(file).map_err(read)?;
    let beginning = text.fill_buf().map_err(|error| ScoresError::Damaged {
        file: name.clone(),
        problem: error.to_string(),
    })?;
    let beginning = beginning
        .strip_prefix("\u{feff}".as_bytes())
        .unwrap_or(beginning);
    match beginning.trim_ascii_start().first() {
        Some(b'{') => Ok((
            Source {
                name,
                kind: Kind::JsonLines(path),
            },
            None,
        )),
        Some(_) => Err(ScoresError::Format { file: name }),
        None => Err(ScoresError::Empty { files: name }),
    }
}

/// Keep standard input in a temporary file.
fn spool(mut input: impl Read) -> Result<Source, ScoresError> {
    let name = "standard input".to_owned();
    let read = |source| ScoresError::Read {
        file: name.clone(),
        source,
    };
    let mut file = NamedTempFile::new().map_err(read)?;
    io::copy(&mut input, &mut file).map_err(read)?;
    Ok(Source {
        name,
        kind: Kind::Spooled(file),
    })
}

/// The file's content, decompressed where it begins as gzip and Zstandard files do.
fn decompress(mut file: File) -> io::Result<Box<dyn BufRead + Send>> {
    let mut start = Vec::new();
    (&mut file).take(4).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(match start.as_slice() {
        [0x1f, 0x8b, ..] => {
            let file = BufReader::new(file);
            Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file)))
        }
        [0x28, 0xb5, 0x2f, 0xfd] => Box::new(BufReader::new(zstd::Decoder::new(file)?)),
        _ => Box::new(BufReader::new(file)),
    })
}
