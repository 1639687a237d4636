//! Which files there are to read: folders walked in the order of their names.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use super::fields::is_iso_date;
use super::rejected::{InputError, Rejected, shown};
use super::sniff::{self, Compression, Format};
use super::{ReadOptions, Tally};

/// A file or stream to read.
pub(super) struct Source {
    pub content: Content,
    /// For people.
    pub file: String,
    /// What the ids made from it begin with.
    pub base: String,
    /// None where the content has to say.
    pub format: Option<Format>,
    /// As the name says.
    pub compression: Compression,
    /// What the name and folder of a text file say about it.
    pub summit: Option<String>,
    pub date: Option<String>,
}

/// Where the bytes come from.
pub(super) enum Content {
    File(PathBuf),
    Stdin,
    Stream(Box<dyn Read + Send>),
}

impl Source {
    /// A stream that nothing is known about.
    pub fn stream(stream: Box<dyn Read + Send>) -> Self {
        Source::unnamed(Content::Stream(stream), "stdin".into())
    }

    fn unnamed(content: Content, file: String) -> Self {
        Source {
            content,
            base: file.clone(),
            file,
            format: None,
            compression: Compression::None,
            summit: None,
            date: None,
        }
    }

    /// A file of a kind that its name says, met in the folder `root` if it was not named itself.
    fn file(path: PathBuf, root: Option<&Path>) -> Option<Self> {
        let named = sniff::by_name(&path);
        let format = named.format?;
        let stem = match format {
            Format::Plain => sniff::without_ending(&named.name, ".txt")?.to_owned(),
            _ => named.name,
        };
        let below = root
            .and_then(|root| path.parent()?.strip_prefix(root).ok())
            .into_iter()
            .flatten()
            .map(|part| shown(Path::new(part)));
        let base = below.chain([stem.clone()]).collect::<Vec<_>>().join("/");
        let date = stem.get(..10).filter(|date| {
            let next = stem.as_bytes().get(10);
            is_iso_date(date) && !next.is_some_and(u8::is_ascii_digit)
        });
        Some(Source {
            file: shown(&path),
            base,
            format: Some(format),
            compression: named.compression,
            summit: (format == Format::Plain)
                .then(|| folder_name(&path))
                .flatten(),
            date: date.map(String::from),
            content: Content::File(path),
        })
    }
}

/// The name of the folder that a file lies in.
fn folder_name(path: &Path) -> Option<String> {
    let folder = match path.parent() {
        Some(folder) if folder.file_name().is_some() => folder.to_owned(),
        // "talks.txt" and "../talks.txt" do not name their folder.
        _ => fs::canonicalize(path).ok()?.parent()?.to_owned(),
    };
    folder.file_name().map(|name| shown(Path::new(name)))
}

/// An input that was found to exist.
pub(super) enum Input {
    Stdin,
    File(PathBuf),
    /// A pipe or another file that can be read only once, from the start.
    Pipe(PathBuf),
    Folder(PathBuf),
}

/// Find the inputs, and count the bytes in them where they can be counted.
pub(super) fn find(
    inputs: &[PathBuf],
    options: &ReadOptions,
) -> Result<(Vec<Input>, Option<u64>), InputError> {
    if inputs.is_empty() {
        return Err(InputError::None);
    }
    let mut found = Vec::with_capacity(inputs.len());
    let mut total = Some(0);
    let mut stdin = false;
    for path in inputs {
        if path.as_os_str() == "-" {
            if std::mem::replace(&mut stdin, true) {
                return Err(InputError::StdinTwice);
            }
            found.push(Input::Stdin);
            total = None;
            continue;
        }
        let unreadable = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => InputError::NotFound { path: path.clone() },
            _ => InputError::Unreadable {
                path: path.clone(),
                source,
            },
        };
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            fs::read_dir(path).map_err(unreadable)?;
            let bytes = bytes_below(path, options)
                .ok_or_else(|| InputError::NothingToRead { path: path.clone() })?;
            total = total.map(|total: u64| total.saturating_add(bytes));
            found.push(Input::Folder(path.clone()));
        } else if metadata.is_file() {
            if sniff::by_name(path).format.is_none() {
                return Err(InputError::Unsupported { path: path.clone() });
            }
            File::open(path).map_err(unreadable)?;
            total = total.map(|total| total.saturating_add(metadata.len()));
            found.push(Input::File(path.clone()));
        } else {
            found.push(Input::Pipe(path.clone()));
            total = None;
        }
    }
    Ok((found, total))
}

/// The size of all supported files below a folder; none if there is no such file.
fn bytes_below(folder: &Path, options: &ReadOptions) -> Option<u64> {
    let excluded = canonical(&options.exclude);
    walk(folder, &excluded)
        .filter_map(Result::ok)
        .filter(is_article_file)
        .map(|entry| entry.metadata().map_or(0, |metadata| metadata.len()))
        .reduce(u64::saturating_add)
}

fn canonical(paths: &[PathBuf]) -> Vec<PathBuf> {
    // What does not exist cannot be met either.
    paths
        .iter()
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect()
}

type Entry = Result<DirEntry, walkdir::Error>;

fn walk(folder: &Path, excluded: &[PathBuf]) -> Box<dyn Iterator<Item = Entry> + Send> {
    let excluded = excluded.to_vec();
    let entries = WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| {
            entry.depth() == 0
                || (!is_hidden(entry)
                    && (excluded.is_empty()
                        || fs::canonicalize(entry.path())
                            .map_or(true, |path| !excluded.contains(&path))))
        });
    Box::new(entries)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Whether a file in a folder holds articles: not if it is about the folder.
fn is_article_file(entry: &DirEntry) -> bool {
    let named = sniff::by_name(entry.path());
    let about = ["readme.txt", "license.txt", "licence.txt"];
    entry.file_type().is_file()
        && named.format.is_some()
        && !about
            .iter()
            .any(|name| named.name.eq_ignore_ascii_case(name))
}

/// The files of all inputs, found one at a time.
pub(super) struct Files {
    inputs: std::vec::IntoIter<Input>,
    one: Option<Source>,
    walk: Option<(PathBuf, Box<dyn Iterator<Item = Entry> + Send>)>,
    excluded: Vec<PathBuf>,
    tally: Tally,
}

impl Files {
    pub fn new(inputs: Vec<Input>, options: Arc<ReadOptions>, tally: Tally) -> Self {
        Files {
            inputs: inputs.into_iter(),
            one: None,
            walk: None,
            excluded: canonical(&options.exclude),
            tally,
        }
    }

    pub fn one(source: Source, options: Arc<ReadOptions>, tally: Tally) -> Self {
        Files {
            one: Some(source),
            ..Files::new(Vec::new(), options, tally)
        }
    }

    fn walked(&mut self) -> Option<Result<Source, Rejected>> {
        let (root, entries) = self.walk.as_mut()?;
        loop {
            match entries.next()? {
                Ok(entry) if is_article_file(&entry) => {
                    let path = entry.into_path();
                    if let Some(source) = Source::file(path, Some(root)) {
                        return Some(Ok(source));
                    }
                }
                Ok(entry) => {
                    if !entry.file_type().is_dir() {
                        self.tally.skip_file();
                    }
                }
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let reason = if error.loop_ancestor().is_some() {
                        "the link leads back to a folder above it and was not followed".into()
                    } else {
                        let cause = error
                            .io_error()
                            .map_or_else(|| error.to_string(), ToString::to_string);
                        format!("cannot be read: {cause}")
                    };
                    return Some(Err(unreadable(&path, reason)));
                }
            }
        }
    }
}

/// A rejection of a whole file or folder.
fn unreadable(path: &Path, reason: String) -> Rejected {
    Rejected {
        file: shown(path),
        line: None,
        record: None,
        id: None,
        reason,
        excerpt: Box::default(),
    }
}

impl Iterator for Files {
    type Item = Result<Source, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(source) = self.one.take() {
            return Some(Ok(source));
        }
        loop {
            if let Some(source) = self.walked() {
                return Some(source);
            }
            self.walk = match self.inputs.next()? {
                Input::Stdin => return Some(Ok(Source::unnamed(Content::Stdin, "stdin".into()))),
                Input::Pipe(path) => {
                    let file = shown(&path);
                    return Some(Ok(Source::unnamed(Content::File(path), file)));
                }
                Input::File(path) => match Source::file(path, None) {
                    Some(source) => return Some(Ok(source)),
                    None => None,
                },
                Input::Folder(path) => {
                    let entries = walk(&path, &self.excluded);
                    Some((path, entries))
                }
            };
        }
    }
}
