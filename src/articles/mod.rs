//! Stage 1: articles, read from files of any of the supported formats.
//!
//! [`read`] takes files, folders and `-` (standard input) and gives one iterator of articles.
//! Files are read one after the other and record by record, so memory does not grow with the
//! dataset; a record that cannot be used comes out as a [`Rejected`] with its file and line, and
//! reading goes on behind it.
//!
//! | name ends in | one article is | `line` and `record` of a rejection |
//! | --- | --- | --- |
//! | `.jsonl`, `.ndjson` | a line, holding a JSON object | line |
//! | `.json` | a line, or an object of a top-level array | line where the object begins |
//! | `.csv`, `.tsv` | a row; the first row names the columns | line where the row begins, and row from 1 |
//! | `.parquet` | a row | row from 1 |
//! | `.txt` | the file, see [below](#text-files) | none |
//!
//! Each may also end in `.gz` or `.zst`; Parquet that does is unpacked into a temporary file first.
//! Standard input and pipes have no name, so their first bytes decide.
//!
//! # Fields
//! `text` is required and kept exactly as in the input, because all offsets count its code
//! points; a byte-order mark is no part of it. `id`, `title`, `date`, `summit` and `source` are
//! optional: a missing, null or empty one is absent, a number is taken as its digits. Columns are
//! found by the names in [`Columns`], in any case if not in that exact one. A `date` that is not
//! ISO 8601 is dropped, and a field of another type too; both are counted as warnings in the
//! [`Tally`], as the article itself can still be scored.
//!
//! # Ids
//! An article without an id is called after its file and the place in it: `talks.csv:12` for
//! line 12 (row 12 in Parquet). An id that was met before gets `#2`, `#3`, … so that the rows of
//! two articles are not mixed up; the same input always gives the same ids.
//!
//! # Text files
//! The first line is the title when a blank line follows it, other text follows that, and it is
//! no longer than 250 characters. `text` is what comes after the blank lines, without the
//! white space at the file's end. The folder's name is the summit, an ISO date at the start of the
//! file's name the date, and the path below the folder that was given, without `.txt`, the id.
//!
//! # Folders
//! Folders are read recursively in the order of the names. Files of other kinds, hidden ones,
//! and `README.txt` or `LICENSE.txt` are passed over and counted.

mod delimited;
mod fields;
mod files;
mod ids;
mod json_lines;
mod json_values;
mod lines;
mod parquet;
mod plain;
mod rejected;
mod sniff;
mod streams;
mod tally;

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use fields::Columns;
pub use rejected::{InputError, Rejected};
pub use sniff::SUPPORTED;
pub use tally::Tally;

/// One article, as read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// The article's own id, else one made from its file and row.
    pub id: String,
    pub title: Option<String>,
    /// The text that all offsets refer to, exactly as in the input.
    pub text: String,
    /// The summit the article is about; groups articles in summaries.
    pub summit: Option<String>,
    /// ISO 8601.
    pub date: Option<String>,
    /// The newspaper, agency or station.
    pub source: Option<String>,
}

/// The longest record that is read, in bytes after decompression: a line, a row, a text file.
/// The longest novels have a third of this; what is longer is no article, and is skipped without
/// being held in memory.
pub const RECORD_LIMIT: usize = 16 << 20;

/// How articles are read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// What the fields are called in the input.
    pub columns: Columns,
    /// The summit of every article, whatever the input says.
    pub summit: Option<String>,
    /// Files and folders to pass over when they are met inside a folder, such as the folder that
    /// the results are written to.
    pub exclude: Vec<PathBuf>,
    /// The longest record in bytes; see [`RECORD_LIMIT`].
    pub record_limit: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            columns: Columns::default(),
            summit: None,
            exclude: Vec::new(),
            record_limit: RECORD_LIMIT,
        }
    }
}

/// Read articles from files, folders and `-`, which is standard input.
///
/// # Errors
/// An input that does not exist, cannot be opened, is named directly but of no supported kind,
/// or is a folder in which nothing can be read, is an error before any article is read. What
/// goes wrong later concerns one file or record and comes out of the iterator.
///
/// ```no_run
/// use summit_stance::articles::{ReadOptions, read};
/// for article in read(&["data/summits".into()], &ReadOptions::default())? {
///     match article {
///         Ok(article) => println!("{}: {} bytes", article.id, article.text.len()),
///         Err(rejected) => eprintln!("{rejected}"),
///     }
/// }
/// # Ok::<(), summit_stance::articles::InputError>(())
/// ```
pub fn read(inputs: &[PathBuf], options: &ReadOptions) -> Result<Articles, InputError> {
    let options = Arc::new(options.clone());
    let (files, total) = files::find(inputs, &options)?;
    let tally = Tally::new(total);
    Ok(Articles {
        files: files::Files::new(files, Arc::clone(&options), tally.clone()),
        options,
        tally,
        file: None,
        ids: ids::Ids::default(),
    })
}

/// Read articles from a stream as from standard input: the first bytes say which format it has
/// and whether it is compressed.
pub fn read_stream(stream: impl Read + Send + 'static, options: &ReadOptions) -> Articles {
    let options = Arc::new(options.clone());
    let tally = Tally::new(None);
    let source = files::Source::stream(Box::new(stream));
    Articles {
        files: files::Files::one(source, Arc::clone(&options), tally.clone()),
        options,
        tally,
        file: None,
        ids: ids::Ids::default(),
    }
}

/// The articles of one file.
type FileArticles = Box<dyn Iterator<Item = Result<Article, Rejected>> + Send>;

/// The iterator that [`read`] gives: every article of every input, and every record that could
/// not be used, in the order of the input.
pub struct Articles {
    files: files::Files,
    options: Arc<ReadOptions>,
    tally: Tally,
    file: Option<FileArticles>,
    ids: ids::Ids,
}

impl Articles {
    /// What has been read so far; stays up to date while the iterator is used elsewhere.
    pub fn tally(&self) -> Tally {
        self.tally.clone()
    }
}

impl Iterator for Articles {
    type Item = Result<Article, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(file) = &mut self.file {
                match file.next() {
                    Some(Ok(mut article)) => {
                        article.id = self.ids.distinct(article.id);
                        return Some(Ok(article));
                    }
                    Some(Err(rejected)) => return Some(Err(rejected)),
                    None => self.file = None,
                }
            }
            match self.files.next()?.and_then(|source| {
                streams::open(source, Arc::clone(&self.options), self.tally.clone())
            }) {
                Ok(articles) => self.file = Some(articles),
                Err(rejected) => return Some(Err(rejected)),
            }
        }
    }
}
