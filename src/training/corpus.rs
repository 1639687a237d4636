//! What is learnt from and what is chosen on, checked before anything is trained.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::save;
use crate::annotations::table::{self, Known, NumberedArticle};
use crate::annotations::{self, AnnotatedArticle, CorpusError, Findings, Place};
use crate::codebook::Stance;
use crate::lists;
use crate::scores::StanceNames;

/// Where the user gives no dev split, each run holds out one of so many parts of the articles.
pub const FOLDS: usize = 5;
/// Fewer articles or texts than this are not split.
const FEWEST_TO_SPLIT: usize = 10;
const SPLIT_SEED: u64 = 1;
/// A sentence of fewer words may well be in two articles.
const TELLING_WORDS: usize = 8;
/// A stance with fewer labels than this is warned of.
const FEW_LABELS: usize = 10;

/// Annotated articles, or texts with labelled mentions, from one file.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The file's path as it was given.
    pub file: String,
    pub sha256: String,
    pub articles: Vec<AnnotatedArticle>,
    /// The line where each begins, from 1.
    lines: Vec<usize>,
    /// Annotated articles; else a table, in which only what has a label is known.
    pub complete: bool,
}

/// The labels of a training.
#[derive(Debug, Clone)]
pub struct Corpora {
    pub train: Corpus,
    pub dev: Dev,
}

/// What is chosen on.
#[derive(Debug, Clone)]
pub enum Dev {
    /// The user's split, by every run.
    Given(Corpus),
    /// Parts of the train file, of which each run holds out one: the part of each article's id.
    /// So every label is learnt from by most runs, and judged by one that has not seen it
    /// (cross-fitting).
    Parts(BTreeMap<String, usize>),
}

impl Corpora {
    /// Read and check. `issues` are those that the model knows. What is wrong goes to
    /// `findings`; the corpora are to be used only if it has no errors.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn open(
        train: &Path,
        dev: Option<&Path>,
        issues: &[String],
        findings: &mut Findings,
    ) -> anyhow::Result<Corpora> {
        let mut train = Corpus::read(train, issues, findings)?;
        let dev = match dev {
            Some(dev) => {
                let dev = Corpus::read(dev, issues, findings)?;
                train.leave_out(&dev, findings);
                Dev::Given(dev)
            }
            None => Dev::Parts(train.parts(findings)),
        };
        train.check_balance("learn from", findings);
        if let Dev::Given(dev) = &dev {
            dev.check_balance("choose on", findings);
        }
        Ok(Corpora { train, dev })
    }

    /// What the run of a seed learns from, and what it chooses on.
    pub fn of_run(&self, seed: u64) -> (Corpus, Corpus) {
        let mut train = self.train.clone();
        let dev = match &self.dev {
            Dev::Given(dev) => dev.clone(),
            Dev::Parts(parts) => {
                let held_out = part_of_run(seed);
                train.split_off(|article| parts.get(&article.id) == Some(&held_out))
            }
        };
        (train, dev)
    }

    /// SHA-256 of the file that the dev split is from.
    pub fn dev_sha256(&self) -> &str {
        match &self.dev {
            Dev::Given(dev) => &dev.sha256,
            Dev::Parts(_) => &self.train.sha256,
        }
    }

    /// Whether all is annotated in what is chosen on.
    pub fn dev_complete(&self) -> bool {
        match &self.dev {
            Dev::Given(dev) => dev.complete,
            Dev::Parts(_) => self.train.complete,
        }
    }
}

/// The part that the run of a seed holds out; the default seeds hold out one each.
pub(super) fn part_of_run(seed: u64) -> usize {
    (seed % FOLDS as u64) as usize
}

impl Corpus {
    fn read(path: &Path, issues: &[String], findings: &mut Findings) -> anyhow::Result<Corpus> {
        let file = path.display().to_string();
        let cannot = || format!("cannot read {file}");
        let complete = annotations::is_json(path).with_context(cannot)?;
        let known = Known {
            names: &StanceNames::codebook(),
            stances: &Stance::ALL,
            issues: Some(issues),
        };
        let numbered = match complete {
            true => annotated(path, issues, findings)?,
            false => table::read(path, known, findings).with_context(cannot)?,
        };
        let mut corpus = Corpus {
            sha256: save::file_sha256(path)?,
            file,
            articles: Vec::new(),
            lines: Vec::new(),
            complete,
        };
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (line, article) in numbered {
            let key = key(&article.article().0.text);
            if let Some(first) = seen.get(&key) {
                let message = format!("the same text as on line {first}; it counts once");
                findings.warning(Place::line(&corpus.file, line), message);
                continue;
            }
            seen.insert(key, line);
            corpus.lines.push(line);
            corpus.articles.push(article);
        }
        Ok(corpus)
    }

    /// How many labels each stance has, in the order of [`Stance::ALL`].
    pub fn balance(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for party in self.sentences().flat_map(|s| &s.parties) {
            counts[party.stance as usize] += 1;
        }
        counts
    }

    fn sentences(&self) -> impl Iterator<Item = &annotations::AnnotatedSentence> {
        self.articles.iter().flat_map(|a| &a.sentences)
    }

    /// Whether any sentence's mentions are all known.
    pub fn teaches_mentions(&self) -> bool {
        self.sentences().any(|s| s.annotated.mentions)
    }

    /// Whether any sentence's issues are known.
    pub fn teaches_issues(&self) -> bool {
        self.sentences().any(|s| s.annotated.issues)
    }

    /// In words: how many labels there are, and of what.
    pub fn describe(&self) -> String {
        let counts = self.balance();
        let stances: Vec<String> = Stance::ALL
            .iter()
            .zip(counts)
            .map(|(stance, count)| format!("{} {count}", stance.name()))
            .collect();
        let what = match self.complete {
            true => "articles",
            false => "texts",
        };
        let mut words = format!(
            "{} labels in {} {what}: {}",
            counts.iter().sum::<usize>(),
            self.articles.len(),
            stances.join(", "),
        );
        if !self.complete {
            let known = self.sentences().filter(|s| s.annotated.issues).count();
            words += &format!("; issues given for {known} sentences");
        }
        words
    }

    /// Divide the articles into parts of one size, the same each time. Texts of one article stay
    /// together.
    fn parts(&self, findings: &mut Findings) -> BTreeMap<String, usize> {
        let mut ids: Vec<String> = self.articles.iter().map(|a| a.id.clone()).collect();
        ids.sort();
        ids.dedup();
        if ids.len() < FEWEST_TO_SPLIT && findings.errors() == 0 {
            let message = format!(
                "{} articles or texts are too few to hold some out; label more, or give a dev \
                 split with --dev",
                ids.len()
            );
            findings.error(Place::file(&self.file), message);
        }
        ids.shuffle(&mut ChaCha8Rng::seed_from_u64(SPLIT_SEED));
        let parts = ids.into_iter().enumerate();
        parts.map(|(at, id)| (id, at % FOLDS)).collect()
    }

    fn split_off(&mut self, goes: impl Fn(&AnnotatedArticle) -> bool) -> Corpus {
        let mut other = Corpus {
            articles: Vec::new(),
            lines: Vec::new(),
            ..self.clone()
        };
        let all = std::mem::take(&mut self.articles);
        for (article, line) in all.into_iter().zip(std::mem::take(&mut self.lines)) {
            let to = if goes(&article) {
                &mut other
            } else {
                &mut *self
            };
            to.articles.push(article);
            to.lines.push(line);
        }
        other
    }

    /// Leave out what the dev split holds too: figures on what was learnt by heart are worth
    /// nothing.
    fn leave_out(&mut self, dev: &Corpus, findings: &mut Findings) {
        let telling = |text: &str| {
            let key = key(text);
            (key.split(' ').count() >= TELLING_WORDS).then_some(key)
        };
        let mut known: BTreeSet<String> = dev
            .articles
            .iter()
            .map(|a| key(&a.article().0.text))
            .collect();
        known.extend(dev.sentences().filter_map(|s| telling(&s.text)));
        let shared = |article: &AnnotatedArticle| {
            known.contains(&key(&article.article().0.text))
                || article
                    .sentences
                    .iter()
                    .filter_map(|s| telling(&s.text))
                    .any(|key| known.contains(&key))
        };
        let left_out = self.split_off(shared);
        for line in left_out.lines {
            let message = format!("the text is in {} too; it is left out here", dev.file);
            findings.warning(Place::line(&self.file, line), message);
        }
    }

    fn check_balance(&self, use_of_it: &str, findings: &mut Findings) {
        // Labels that could not be read are not missing.
        if findings.errors() > 0 {
            return;
        }
        let counts = self.balance();
        let place = Place::file(&self.file);
        if counts.iter().sum::<usize>() == 0 {
            findings.error(place, format!("holds no label to {use_of_it}"));
            return;
        }
        let few: Vec<String> = Stance::ALL
            .iter()
            .zip(counts)
            .filter(|(_, count)| *count < FEW_LABELS)
            .map(|(stance, count)| format!("{count} {}", stance.name()))
            .collect();
        if !few.is_empty() {
            let message = format!("there are only {} to {use_of_it}", few.join(", "));
            findings.warning(place, message);
        }
    }
}

/// Texts that differ only in case, accents and punctuation have one key.
fn key(text: &str) -> String {
    lists::words_key(text)
}

/// Annotated articles with their lines.
fn annotated(
    path: &Path,
    issues: &[String],
    findings: &mut Findings,
) -> Result<Vec<NumberedArticle>, CorpusError> {
    let file = path.display().to_string();
    let mut articles = Vec::new();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for (line, article) in annotations::read_all(path)? {
        match article {
            Err(error) => findings.error(Place::line(&file, line), error),
            Ok(article) => {
                for (index, sentence) in article.sentences.iter().enumerate() {
                    if sentence.text.trim().is_empty() {
                        let message = format!(
                            "sentence {index} of article {:?} has no text; write it or remove it",
                            article.id
                        );
                        findings.error(Place::line(&file, line), message);
                    }
                    for issue in sentence.issues.iter().filter(|i| !issues.contains(i)) {
                        *unknown.entry(issue.clone()).or_default() += 1;
                    }
                }
                articles.push((line, article));
            }
        }
    }
    for (issue, sentences) in unknown {
        let message = format!(
            "{sentences} sentences have the issue {issue:?}, which the model does not know; it \
             is not learnt"
        );
        findings.warning(Place::file(&file), message);
    }
    Ok(articles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues() -> Vec<String> {
        vec!["trade".to_owned()]
    }

    fn write(folder: &Path, name: &str, rows: &[String]) -> std::path::PathBuf {
        let path = folder.join(name);
        let table = format!("text,party,mention,stance\n{}\n", rows.join("\n"));
        std::fs::write(&path, table).unwrap();
        path
    }

    fn row(number: usize, stance: &str) -> String {
        format!("Kyiv had this to say on matter number {number} today.,Ukraine,Kyiv,{stance}")
    }

    #[test]
    fn each_run_holds_out_another_fifth() {
        let folder = tempfile::tempdir().unwrap();
        let rows: Vec<String> = (0..40).map(|n| row(n, "neutral")).collect();
        let path = write(folder.path(), "l.csv", &rows);
        let open = || {
            let mut findings = Findings::default();
            let corpora = Corpora::open(&path, None, &issues(), &mut findings).unwrap();
            assert_eq!(findings.errors(), 0, "{findings}");
            corpora
        };
        let (one, two) = (open(), open());
        let text = |a: &AnnotatedArticle| a.sentences[0].text.clone();
        let mut held_out = BTreeSet::new();
        for seed in 1..=FOLDS as u64 {
            let (train, dev) = one.of_run(seed);
            assert_eq!((train.articles.len(), dev.articles.len()), (32, 8));
            assert_eq!(dev.articles, two.of_run(seed).1.articles);
            let dev: BTreeSet<String> = dev.articles.iter().map(text).collect();
            assert!(train.articles.iter().all(|a| !dev.contains(&text(a))));
            held_out.extend(dev);
        }
        assert_eq!(held_out.len(), 40);
    }

    #[test]
    fn what_dev_holds_is_not_learnt() {
        let folder = tempfile::tempdir().unwrap();
        let train = write(
            folder.path(),
            "train.csv",
            &[row(1, "cautious"), row(2, "cautious"), row(3, "cautious")],
        );
        let dev = write(
            folder.path(),
            "dev.csv",
            &[row(2, "cautious")
                .to_uppercase()
                .replace("KYIV,CAU", "KYIV,cau")],
        );
        let mut findings = Findings::default();
        let corpora = Corpora::open(&train, Some(&dev), &issues(), &mut findings).unwrap();
        assert_eq!(corpora.train.articles.len(), 2);
        let told = findings.to_string();
        assert!(told.contains("train.csv, line 3: the text is in"), "{told}");
        assert!(
            told.contains("only 0 optimistic, 2 cautious, 0 insistent, 0 neutral to learn from"),
            "{told}"
        );
    }

    #[test]
    fn too_few_texts_are_not_split() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "l.csv", &[row(1, "c"), row(2, "i")]);
        let mut findings = Findings::default();
        Corpora::open(&path, None, &issues(), &mut findings).unwrap();
        assert!(findings.to_string().contains("too few to hold some out"));
    }

    #[test]
    fn every_bad_article_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let lines = [
            r#"{"id":"1","sentences":[{"text":"Kyiv waits.","parties":[{"party":"U","mention":"Kyiv","start":0,"stance":"angry"}]}]}"#,
            r#"{"id":"2","sentences":[{"text":"Kyiv waits.","parties":[{"party":"U","mention":"Kyiv","start":3,"stance":"cautious"}]}]}"#,
            r#"{"id":"3","sentences":[{"text":" ","issues":["fishing"]}]}"#,
        ];
        std::fs::write(&path, lines.join("\n")).unwrap();
        let mut findings = Findings::default();
        Corpora::open(&path, None, &issues(), &mut findings).unwrap();
        let told = findings.to_string();
        assert_eq!(findings.errors(), 3, "{told}");
        for expected in [
            "line 1: not an annotated",
            "angry",
            "does not stand at code point 3",
            "sentence 0 of article \"3\" has no text",
            "\"fishing\", which the model does not know",
        ] {
            assert!(told.contains(expected), "{expected} in {told}");
        }
    }
}
