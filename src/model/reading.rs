//! What the model reads in an article.

use std::ops::Range;
use std::sync::Arc;

use super::antecedents::{AntecedentHead, MentionVectors};
use super::engine::{Engine, TokenVectors};
use super::folder::{self, ModelConfig, ModelFiles, ModelFolder};
use super::heads::{self, Heads, Span};
use super::repeats::{PartReading, Repeats, SpanReading, WindowReading};
use super::tokens::{Word, WordPieces};
use super::windows::{self, Scored, Window};
use super::{Embedded, ModelError, described};
use crate::articles::Article;
use crate::sentences::Sentence;

/// A party mention and its stance.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MentionReading {
    /// Byte range in the article's text.
    pub bytes: Range<usize>,
    /// How sure the mention head is that a mention begins here: the logit of its first word's
    /// begin tag over that of outside.
    pub certainty: f32,
    /// Calibrated probabilities in the order of `Stance::ALL`; they sum to 1.
    pub stance: [f32; 4],
    /// What [`Model::antecedents`] compares.
    pub vectors: MentionVectors,
}

/// What the model reads in one sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SentenceReading {
    /// In the order of the text; they do not overlap.
    pub mentions: Vec<MentionReading>,
    /// The probability of each issue, in the order of [`ModelConfig::issues`]; empty for a
    /// sentence without words.
    pub issues: Vec<f32>,
    /// What [`Model::described`] compares; empty for a sentence without words.
    pub topic: Vec<f32>,
}

/// A description of an issue, as [`Model::described`] compares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Description(Vec<f32>);

/// What the model reads at mentions that were given; none for one that touches no word.
pub type GivenMentions = Vec<Option<MentionReading>>;

/// A loaded model: tokenizer, an engine, heads.
pub struct Model {
    pieces: WordPieces,
    engine: Box<dyn Engine>,
    heads: Heads,
    config: ModelConfig,
    repeats: Repeats,
}

impl Model {
    /// The model that is compiled into the program, on the embedded engine.
    pub fn shipped() -> Result<Model, ModelError> {
        const CONFIG: &[u8] = include_bytes!("../../models/stance-minilm/config.json");
        const TOKENIZER: &[u8] = include_bytes!("../../models/stance-minilm/tokenizer.json");
        const HEADS: &[u8] = include_bytes!("../../models/stance-minilm/heads.safetensors");
        const INT8: &[u8] = include_bytes!("../../models/stance-minilm/model-int8.safetensors");
        let config = folder::parse_config(CONFIG, "the shipped config.json")?;
        let engine = Embedded::from_static(INT8, &config.encoder)?;
        let files = ModelFiles {
            config,
            tokenizer: TOKENIZER.to_vec(),
            heads: HEADS.to_vec(),
        };
        Model::new(files, Box::new(engine))
    }

    /// A model folder, on the embedded engine.
    pub fn open(folder: &ModelFolder) -> Result<Model, ModelError> {
        let engine = Embedded::new(&folder.read(folder::INT8)?, &folder.config.encoder)?;
        Model::new(folder.files()?, Box::new(engine))
    }

    /// A model of these files on this engine.
    pub fn new(files: ModelFiles, engine: Box<dyn Engine>) -> Result<Model, ModelError> {
        let pieces = WordPieces::new(&files.tokenizer)?;
        let (count, known) = (pieces.count(), files.config.encoder.vocab_size);
        if count > known {
            let reason = format!("{count} word pieces, of which the encoder knows {known}");
            return Err(ModelError::Tokenizer(reason));
        }
        Ok(Model {
            pieces,
            heads: Heads::load(
                &files.heads,
                files.config.encoder.hidden_size,
                files.config.issues.len(),
            )?,
            engine,
            config: files.config,
            repeats: Repeats::new(),
        })
    }

    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Change the values chosen after training, as `stance train` does when it chooses them.
    pub fn set_calibration(&mut self, calibration: folder::Calibration) {
        self.config.calibration = calibration;
        // What was read before was read with another one.
        self.repeats = Repeats::new();
    }

    /// The engine's name.
    pub fn engine(&self) -> &'static str {
        self.engine.name()
    }

    /// The issues that pass the model's threshold, by name.
    pub fn issues(&self, reading: &SentenceReading) -> Vec<String> {
        let threshold = self.config.calibration.issue_threshold;
        self.config
            .issues
            .iter()
            .zip(&reading.issues)
            .filter(|(_, probability)| **probability >= threshold)
            .map(|(issue, _)| issue.clone())
            .collect()
    }

    /// Read the description of an issue, to find sentences that are about it: one text or
    /// several that describe it in different words and count alike. A long text counts as far as
    /// one window holds it.
    pub fn describe(&self, texts: &[impl AsRef<str>]) -> Result<Description, ModelError> {
        let head = &self.heads.described;
        let mut mean = Vec::new();
        let texts = texts.iter().map(AsRef::as_ref);
        let texts: Vec<&str> = texts.filter(|text| says_something(text)).collect();
        for text in &texts {
            let parts = described::parts(text)
                .filter_map(|part| self.projected(part).transpose())
                .collect::<Result<Vec<_>, ModelError>>()?;
            let Some(whole) = self.projected(text)? else {
                continue;
            };
            let one = head.description(&whole, &parts);
            mean.resize(one.len(), 0.0);
            for (sum, value) in mean.iter_mut().zip(one) {
                *sum += value / texts.len() as f32;
            }
        }
        Ok(Description(mean))
    }

    /// The described head's projection of a text that stands alone; none if it has no words.
    fn projected(&self, text: &str) -> Result<Option<Vec<f32>>, ModelError> {
        let words = [self.pieces.words(text)?];
        let windows = windows::pack(&[], &words, self.config.windows, &self.pieces);
        let Some(window) = windows.first() else {
            return Ok(None);
        };
        let vectors = self.encode(window)?;
        let tokens = window.scored.first().map_or(0..0, Scored::tokens);
        let mean = heads::mean(&vectors, tokens);
        Ok(Some(self.heads.described.project(&mean)))
    }

    /// The probability that a sentence is about the issue of a description; 0 for a sentence or
    /// a description without words.
    pub fn described(&self, reading: &SentenceReading, description: &Description) -> f32 {
        if reading.topic.is_empty() || description.0.is_empty() {
            return 0.0;
        }
        let logit = self.heads.described.logit(&reading.topic, &description.0);
        1.0 / (1.0 + (-logit).exp())
    }

    fn encode(&self, window: &Window) -> Result<TokenVectors, ModelError> {
        let mut vectors = self.engine.encode(std::slice::from_ref(window))?;
        vectors.pop().ok_or_else(|| ModelError::Engine {
            engine: self.engine.name(),
            reason: "gave no vectors for a window".into(),
        })
    }

    /// Read an article: one reading per sentence, with the mentions that the model finds.
    /// Uses one core; score several articles at a time to use more.
    pub fn read(
        &self,
        article: &Article,
        sentences: &[Sentence],
    ) -> Result<Vec<SentenceReading>, ModelError> {
        Ok(self.read_with(article, sentences, &[])?.0)
    }

    /// The head that compares mentions.
    pub fn antecedents(&self) -> &AntecedentHead {
        &self.heads.antecedent
    }

    /// Read an article, and also what it says at mentions that are known: `mentions` are byte
    /// ranges in its text.
    pub fn read_with(
        &self,
        article: &Article,
        sentences: &[Sentence],
        mentions: &[Range<usize>],
    ) -> Result<(Vec<SentenceReading>, GivenMentions), ModelError> {
        let windows = self.windows(article, sentences)?;
        let mut readings = vec![SentenceReading::default(); sentences.len()];
        let mut words_read = vec![0usize; sentences.len()];
        let mut given = vec![None; mentions.len()];
        for window in &windows {
            let read = match mentions {
                [] => self
                    .repeats
                    .get_or_read(window, || self.read_window(window))?,
                _ => {
                    let vectors = self.encode(window)?;
                    self.read_given(&vectors, window, mentions, &mut given);
                    Arc::new(self.read_vectors(&vectors, window))
                }
            };
            for (scored, part) in window.scored.iter().zip(&read.parts) {
                let reading = &mut readings[scored.sentence];
                let found = part.mentions.iter().map(|m| m.in_article(scored));
                let named = |m: &MentionReading| says_something(&article.text[m.bytes.clone()]);
                reading.mentions.extend(found.filter(named));
                let before = words_read[scored.sentence];
                words_read[scored.sentence] += scored.words.len();
                add_part(reading, part, before, scored.words.len());
            }
        }
        let projected = readings.iter_mut().map(|r| std::mem::take(&mut r.topic));
        let topics = self.heads.described.topics(projected.collect());
        for (reading, topic) in readings.iter_mut().zip(topics) {
            reading.topic = topic;
            for logit in &mut reading.issues {
                *logit = 1.0 / (1.0 + (-*logit).exp());
            }
        }
        Ok((readings, given))
    }

    /// The windows of an article, as the engine gets them.
    pub fn windows(
        &self,
        article: &Article,
        sentences: &[Sentence],
    ) -> Result<Vec<Window>, ModelError> {
        let title = match &article.title {
            Some(title) => self.pieces.words(title)?,
            None => Vec::new(),
        };
        let words = sentences
            .iter()
            .map(|sentence| {
                let mut words = self.pieces.words(&article.text[sentence.bytes.clone()])?;
                for word in &mut words {
                    word.bytes = word.bytes.start + sentence.bytes.start
                        ..word.bytes.end + sentence.bytes.start;
                }
                Ok(words)
            })
            .collect::<Result<Vec<Vec<Word>>, ModelError>>()?;
        Ok(windows::pack(
            &title,
            &words,
            self.config.windows,
            &self.pieces,
        ))
    }

    fn read_window(&self, window: &Window) -> Result<WindowReading, ModelError> {
        Ok(self.read_vectors(&self.encode(window)?, window))
    }

    fn read_vectors(&self, vectors: &TokenVectors, window: &Window) -> WindowReading {
        let part = |scored: &Scored| {
            let tags = self.heads.tag_logits(vectors, scored);
            let spans = heads::spans(&tags, self.config.calibration.mention_bias);
            let mean = heads::mean(vectors, scored.tokens());
            PartReading {
                mentions: spans
                    .into_iter()
                    .map(|span| self.mention(vectors, scored, &tags, span))
                    .collect(),
                issues: self.heads.issue_logits(vectors, scored),
                topic: self.heads.described.project(&mean),
            }
        };
        WindowReading {
            parts: window.scored.iter().map(part).collect(),
        }
    }

    /// Read the mentions that were given and that the window holds.
    fn read_given(
        &self,
        vectors: &TokenVectors,
        window: &Window,
        mentions: &[Range<usize>],
        given: &mut GivenMentions,
    ) {
        for scored in &window.scored {
            for (mention, known) in mentions.iter().zip(given.iter_mut()) {
                if known.is_none()
                    && let Some(words) = span_of_words(scored, mention)
                {
                    let tags = self.heads.tag_logits(vectors, scored);
                    let read = self.mention(vectors, scored, &tags, Span { words });
                    *known = Some(read.in_article(scored));
                }
            }
        }
    }

    fn mention(
        &self,
        vectors: &TokenVectors,
        scored: &Scored,
        tags: &[[f32; 3]],
        span: Span,
    ) -> SpanReading {
        let first = tags[span.words.start];
        SpanReading {
            certainty: first[heads::BEGIN] - first[heads::OUTSIDE],
            stance: self.stance(vectors, scored, &span),
            vectors: self.heads.mention_vectors(vectors, scored, &span),
            words: span.words,
        }
    }

    fn stance(&self, vectors: &TokenVectors, scored: &Scored, span: &Span) -> [f32; 4] {
        let temperature = self.config.calibration.stance_temperature;
        let logits = self.heads.stance_logits(vectors, scored, span);
        let p = heads::softmax(&logits.map(|l| l / temperature));
        [p[0], p[1], p[2], p[3]]
    }
}

/// Add a scored part's issue logits and projection to its sentence's: those of an over-long
/// sentence are the mean over its parts, weighted by their words.
fn add_part(reading: &mut SentenceReading, part: &PartReading, before: usize, now: usize) {
    if reading.issues.is_empty() {
        (reading.issues, reading.topic) = (part.issues.clone(), part.topic.clone());
        return;
    }
    let (before, now) = (before as f32, now as f32);
    let values = part.issues.iter().chain(&part.topic);
    let means = reading.issues.iter_mut().chain(&mut reading.topic);
    for (mean, value) in means.zip(values) {
        *mean = (*mean * before + value * now) / (before + now);
    }
}

/// Whether words can stand for a party: an article alone or punctuation cannot.
fn says_something(mention: &str) -> bool {
    mention.chars().any(char::is_alphabetic)
        && !["the", "a", "an"]
            .iter()
            .any(|article| mention.eq_ignore_ascii_case(article))
}

/// The words of a scored sentence that a byte range touches, as a range of indices.
pub(crate) fn span_of_words(scored: &Scored, bytes: &Range<usize>) -> Option<Range<usize>> {
    let touches = |w: &windows::WindowWord| w.bytes.start < bytes.end && bytes.start < w.bytes.end;
    let start = scored.words.iter().position(touches)?;
    let length = scored.words[start..]
        .iter()
        .take_while(|w| touches(w))
        .count();
    Some(start..start + length)
}
