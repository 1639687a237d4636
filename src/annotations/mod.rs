//! Labelled sentences: annotated articles, the corpus format that `stance eval`, `stance train` and
//! `--calibrate` read, and plain tables ([`table`]). What is wrong with them are [`Findings`].
//!
//! A label is a stance of the codebook unless the type says otherwise (`AnnotatedArticle<S>`).

mod findings;
pub mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use findings::{Findings, Place};

use crate::articles::Article;
use crate::codebook::Stance;

/// One annotated article: a line of a corpus file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotatedArticle<S = Stance> {
    pub id: String,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub summit: Option<String>,
    #[serde(default)]
    pub date: Option<String>,
    #[serde(default)]
    pub genre: Option<String>,
    /// The article's parties: canonical name to aliases, as an annotator would list them.
    #[serde(default)]
    pub parties: BTreeMap<String, Vec<String>>,
    pub sentences: Vec<AnnotatedSentence<S>>,
}

/// One sentence with the issues it is about and the parties it mentions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotatedSentence<S = Stance> {
    /// Sentences of one number share a paragraph.
    #[serde(default)]
    pub paragraph: u32,
    pub text: String,
    #[serde(default)]
    pub issues: Vec<String>,
    #[serde(default = "Vec::new")]
    pub parties: Vec<AnnotatedParty<S>>,
    /// What was looked for in the sentence; everything, in annotated articles.
    #[serde(skip)]
    pub annotated: Annotated,
}

/// What an annotator looked for in a sentence. What was not looked for is unknown, not absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Annotated {
    /// Every mention is listed.
    pub mentions: bool,
    /// Every issue is listed.
    pub issues: bool,
}

impl Default for Annotated {
    fn default() -> Self {
        Annotated {
            mentions: true,
            issues: true,
        }
    }
}

/// One unit of annotation: a party in a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotatedParty<S = Stance> {
    pub party: String,
    /// The exact words that stand for the party.
    pub mention: String,
    /// Where the mention starts in the sentence, in code points.
    pub start: u32,
    pub stance: S,
    /// The other attitude of codebook rule 7.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary: Option<S>,
}

/// Why a corpus file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("{file}: {source}")]
    Io {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}, line {line}: not an annotated article: {source}")]
    Json {
        file: String,
        line: usize,
        source: serde_json::Error,
    },
    #[error(
        "{file}, line {line}, article {article:?}, sentence {sentence}: the mention {mention:?} \
         does not stand at code point {start} of the sentence"
    )]
    Mention {
        file: String,
        line: usize,
        article: String,
        sentence: usize,
        mention: String,
        start: u32,
    },
    #[error("{file}: holds no annotated article")]
    Empty { file: String },
}

/// Read a corpus file and check that every mention stands where it says.
///
/// # Errors
/// The first of what [`read_all`] gives.
pub fn read(path: &Path) -> Result<Vec<AnnotatedArticle>, CorpusError> {
    read_all(path)?
        .into_iter()
        .map(|(_, article)| article)
        .collect()
}

/// A line of a corpus file, by its number from 1: an article, or what is wrong with it.
pub type Line<S = Stance> = (usize, Result<AnnotatedArticle<S>, CorpusError>);

/// Whether a file holds annotated articles, which are JSON objects; all else is taken for a table.
///
/// # Errors
/// When it cannot be read.
pub fn is_json(path: &Path) -> std::io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut start)?;
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    Ok(start.trim_ascii_start().starts_with(b"{"))
}

/// Each line of a corpus file that is not blank.
///
/// # Errors
/// [`CorpusError::Io`], and [`CorpusError::Empty`] for a file without lines.
pub fn read_all<S: DeserializeOwned>(path: &Path) -> Result<Vec<Line<S>>, CorpusError> {
    let file = path.display().to_string();
    let io = |source| CorpusError::Io {
        file: file.clone(),
        source,
    };
    let mut articles = Vec::new();
    for (index, line) in BufReader::new(File::open(path).map_err(io)?)
        .lines()
        .enumerate()
    {
        let line = line.map_err(io)?;
        if !line.trim().is_empty() {
            articles.push((index + 1, parse(&line, &file, index + 1)));
        }
    }
    if articles.is_empty() {
        return Err(CorpusError::Empty { file });
    }
    Ok(articles)
}

fn parse<S: DeserializeOwned>(
    json: &str,
    file: &str,
    line: usize,
) -> Result<AnnotatedArticle<S>, CorpusError> {
    let article: AnnotatedArticle<S> =
        serde_json::from_str(json).map_err(|source| CorpusError::Json {
            file: file.to_owned(),
            line,
            source,
        })?;
    for (sentence, annotated) in article.sentences.iter().enumerate() {
        let mut parties = annotated.parties.iter();
        if let Some(bad) = parties.find(|p| p.bytes(annotated).is_none()) {
            return Err(CorpusError::Mention {
                file: file.to_owned(),
                line,
                article: article.id.clone(),
                sentence,
                mention: bad.mention.clone(),
                start: bad.start,
            });
        }
    }
    Ok(article)
}

impl<S> AnnotatedParty<S> {
    /// The mention's byte range in its sentence, if the mention stands at `start`.
    pub fn bytes(&self, sentence: &AnnotatedSentence<S>) -> Option<std::ops::Range<usize>> {
        let from = sentence
            .text
            .char_indices()
            .map(|(byte, _)| byte)
            .nth(self.start as usize)?;
        (!self.mention.is_empty() && sentence.text[from..].starts_with(&self.mention))
            .then(|| from..from + self.mention.len())
    }
}

impl<S> AnnotatedArticle<S> {
    /// The article as a reader would meet it: sentences joined by a space, paragraphs by a blank
    /// line. Also each sentence's byte offset in that text.
    pub fn article(&self) -> (Article, Vec<usize>) {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(self.sentences.len());
        let mut paragraph = None;
        for sentence in &self.sentences {
            if let Some(last) = paragraph {
                text.push_str(if last == sentence.paragraph {
                    " "
                } else {
                    "\n\n"
                });
            }
            paragraph = Some(sentence.paragraph);
            starts.push(text.len());
            text.push_str(&sentence.text);
        }
        let article = Article {
            id: self.id.clone(),
            title: self.title.clone(),
            text,
            summit: self.summit.clone(),
            date: self.date.clone(),
            source: None,
        };
        (article, starts)
    }
}
