//! The parties of a set of articles, gathered for a user who starts a list of their own.

mod entries;
mod file;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::anaphors::{self, Kind};
use super::gazetteer::Gazetteer;
use super::linker::{LinkedMention, starts_sentence};
use super::list::PartyList;
use super::{Link, own_names};
use crate::articles::Article;
use crate::lists::name_key;
use crate::sentences::Sentence;
use crate::words::{self, Case, Word};

/// So many sentences are kept of each party, from as many articles.
const SAMPLES: usize = 3;

/// Counts the parties that articles mention, and what they are called there.
#[derive(Debug, Default)]
pub struct FoundParties {
    articles: u64,
    sentences: u64,
    /// By name; sorted, so that the same articles give the same file.
    parties: BTreeMap<String, Tally>,
}

/// What was seen of one party.
#[derive(Debug, Default)]
struct Tally {
    /// Sentences and articles that mention it.
    sentences: u64,
    articles: u64,
    /// The user's list or the gazetteer has it.
    known: bool,
    /// Some mention of it holds a name; not so for "it" and "the delegation".
    named: bool,
    /// The words that named it and nobody else, by their key.
    forms: BTreeMap<String, Form>,
    samples: Vec<Sample>,
}

/// Words that named a party, in all their spellings.
#[derive(Debug, Default, Clone)]
struct Form {
    mentions: u64,
    /// How often each spelling occurs.
    spellings: BTreeMap<String, u64>,
    /// The words are a name and nothing more: "Kyiv", not "Kyiv's envoy".
    alone: bool,
    /// The name in them: "NRWU" of "NRWU members".
    name: String,
}

impl Form {
    /// The most frequent spelling.
    fn spelling(&self) -> &str {
        let most = self.spellings.iter().rev().max_by_key(|(_, count)| **count);
        most.map_or("", |(spelling, _)| spelling)
    }

    fn add(&mut self, other: &Form) {
        self.mentions += other.mentions;
        self.alone |= other.alone;
        if self.name.is_empty() {
            self.name.clone_from(&other.name);
        }
        for (spelling, count) in &other.spellings {
            *self.spellings.entry(spelling.clone()).or_default() += count;
        }
    }
}

/// A sentence with a mention.
#[derive(Debug)]
struct Sample {
    article: String,
    before: String,
    mention: String,
    after: String,
}

impl FoundParties {
    /// Count the mentions of an article.
    pub fn add(&mut self, article: &Article, sentences: &[Sentence], mentions: &[LinkedMention]) {
        self.articles += 1;
        self.sentences += sentences.len() as u64;
        let gazetteer = Gazetteer::built_in();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut sentence_of: HashMap<&str, usize> = HashMap::new();
        for mention in mentions {
            let text = article.text.get(mention.bytes.clone()).unwrap_or_default();
            let starts = starts_sentence(&article.text, mention.bytes.start);
            let form = form(text, starts);
            for linked in &mention.parties {
                let party = linked.party.as_str();
                let tally = self
                    .parties
                    .entry(linked.party.clone())
                    .or_insert_with(|| Tally {
                        known: gazetteer.known_as(party) == Some((party.to_string(), true)),
                        ..Tally::default()
                    });
                tally.known |= matches!(linked.link, Link::List | Link::Gazetteer);
                if seen.insert(party) {
                    tally.articles += 1;
                }
                // Mentions come in the order of the text.
                if sentence_of.insert(party, mention.sentence) != Some(mention.sentence) {
                    tally.sentences += 1;
                }
                if let Some((key, form)) = &form {
                    tally.named = true;
                    if mention.parties.len() == 1 {
                        tally.forms.entry(key.clone()).or_default().add(form);
                    }
                }
                let sampled = tally.samples.last().map(|sample| sample.article.as_str());
                let telling = form.is_some() || linked.link == Link::Name;
                if telling && tally.samples.len() < SAMPLES && sampled != Some(&article.id) {
                    let sentence = sentences.get(mention.sentence);
                    tally
                        .samples
                        .extend(sentence.and_then(|s| sample(article, s, mention)));
                }
            }
        }
    }

    /// The list as a file in the format of [`PartyList`], with counts and samples as comments,
    /// ready to be edited. `list` is the one that the parties were found with, if there was one:
    /// what it says stays.
    pub fn file(&self, list: Option<&PartyList>) -> String {
        file::write(self, &entries::entries(self, list), list)
    }

    /// Whether there is no party that a list could name.
    pub fn is_empty(&self) -> bool {
        !self
            .parties
            .values()
            .any(|tally| tally.known || tally.named)
    }
}

/// The words of a mention that could be a list's alias, with their key; none if they hold no
/// name.
fn form(mention: &str, starts_sentence: bool) -> Option<(String, Form)> {
    let words = words::split(mention);
    let kind = anaphors::of_words(&words, starts_sentence);
    if kind != Kind::Name {
        return None;
    }
    let article = matches!(words.first()?.key.as_str(), "the" | "a" | "an");
    let from = usize::from(article && words.len() > 1);
    let written = mention.get(words[from].bytes.start..words.last()?.bytes.end)?;
    let spelling = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let lexicon = &Gazetteer::built_in().lexicon;
    let name = own_names::own_name(mention, &words, kind, starts_sentence, lexicon);
    let written_as_name = |word: &Word| word.is_capital() || word.case == Case::None;
    let form = Form {
        mentions: 1,
        alone: name.keys.len() == words.len() - from
            && written_as_name(&words[from])
            && words.last().is_some_and(written_as_name),
        name: name.display,
        spellings: BTreeMap::from([(spelling.clone(), 1)]),
    };
    Some((name_key(&spelling), form))
}

/// Of a long sentence, so many characters before and after the mention are shown.
const CONTEXT: usize = 48;

fn sample(article: &Article, sentence: &Sentence, mention: &LinkedMention) -> Option<Sample> {
    let text = |from: usize, to: usize| Some(one_line(article.text.get(from..to)?));
    let before = text(sentence.bytes.start, mention.bytes.start)?;
    let after = text(mention.bytes.end, sentence.bytes.end)?;
    let cut = |text: String, from_end: bool| {
        let length = text.chars().count();
        if length <= CONTEXT {
            return text;
        }
        if from_end {
            let kept: String = text.chars().skip(length - CONTEXT).collect();
            // Whole words only, where there are spaces.
            let whole = kept.split_once(' ').map_or(kept.as_str(), |(_, rest)| rest);
            format!("…{whole}")
        } else {
            let kept: String = text.chars().take(CONTEXT).collect();
            let whole = kept
                .rsplit_once(' ')
                .map_or(kept.as_str(), |(rest, _)| rest);
            format!("{whole}…")
        }
    };
    Some(Sample {
        article: one_line(&article.id),
        before: cut(before, true),
        mention: text(mention.bytes.start, mention.bytes.end)?,
        after: cut(after, false),
    })
}

/// A text on one line, without characters that steer a terminal.
fn one_line(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            if !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !steers(c) {
            line.push(c);
        }
    }
    line
}
