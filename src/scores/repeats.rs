//! Articles that were scored before: agency copy is reprinted, and scored once.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Row, ScoredArticle};
use crate::articles::Article;
use crate::parties::{Linked, LinkedMention};
use crate::remembered::{self, Key, Remembered};
use crate::sentences::Sentence;

/// What is kept in bytes, roughly: five hundred articles of 300 words, or some more short ones. A
/// reprint mostly comes soon after the first print, and more would be most of what grows in memory
/// with the number of articles.
const CAPACITY: usize = 4 << 20;

/// What the articles gave that came last, for those with the same title and text. What an article
/// gives does not depend on what is in here, only the time it takes.
pub(super) struct Repeats(Remembered<ScoredArticle>);

impl Repeats {
    pub fn new() -> Repeats {
        Repeats(Remembered::new(CAPACITY))
    }

    /// What an equal article gave, under this one's id, summit, date and source, if there was
    /// one; else what `score` gives. Two threads that meet a new article at the same time both
    /// score it.
    pub fn get_or_score<E>(
        &self,
        article: &Article,
        score: impl FnOnce() -> Result<ScoredArticle, E>,
    ) -> Result<ScoredArticle, E> {
        let key = key(article);
        if let Some(equal) = self.0.get(&key) {
            let mut scored = ScoredArticle::clone(&equal);
            for row in &mut scored.rows {
                row.article.clone_from(&article.id);
                row.summit.clone_from(&article.summit);
                row.date.clone_from(&article.date);
                row.source.clone_from(&article.source);
            }
            return Ok(scored);
        }
        let scored = score()?;
        self.0.keep(key, Arc::new(scored.clone()), bytes(&scored));
        Ok(scored)
    }
}

/// What an article takes in memory, with its entry.
fn bytes(article: &ScoredArticle) -> usize {
    const ENTRY: usize = 256;
    let text = |text: &String| size_of::<String>() + text.len();
    let given = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let row = |row: &Row| {
        let texts = [&row.article, &row.text, &row.party, &row.mention];
        let fields = [&row.summit, &row.date, &row.source];
        size_of::<Row>()
            + texts.iter().map(|text| text.len()).sum::<usize>()
            + fields.into_iter().map(given).sum::<usize>()
            + row.issues.iter().map(text).sum::<usize>()
    };
    let issues =
        |issues: &Vec<String>| size_of::<Vec<String>>() + issues.iter().map(text).sum::<usize>();
    let party = |party: &Linked| size_of::<Linked>() + party.party.len();
    let mention = |mention: &LinkedMention| {
        size_of::<LinkedMention>() + mention.parties.iter().map(party).sum::<usize>()
    };
    ENTRY
        + article.mentions.iter().map(mention).sum::<usize>()
        + article.rows.iter().map(row).sum::<usize>()
        + article.sentences.len() * size_of::<Sentence>()
        + article.issues.iter().map(issues).sum::<usize>()
}

fn key(article: &Article) -> Key {
    let mut hasher = Sha256::new();
    // The length first, so that no title runs into the text; and no title is not an empty one.
    let title = article.title.as_deref();
    let length = title.map_or(u64::MAX, |title| title.len() as u64);
    hasher.update(length.to_le_bytes());
    hasher.update(title.unwrap_or_default());
    hasher.update(&article.text);
    remembered::key(hasher)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(title: Option<&str>, text: &str) -> Article {
        Article {
            title: title.map(str::to_owned),
            text: text.to_owned(),
            ..Article::default()
        }
    }

    fn scored(sentences: usize) -> ScoredArticle {
        ScoredArticle {
            issues: vec![vec!["ceasefire".to_owned()]; sentences],
            ..ScoredArticle::default()
        }
    }

    #[test]
    fn articles_are_equal_only_in_title_and_text() {
        let keys = [
            key(&article(None, "ab")),
            key(&article(Some(""), "ab")),
            key(&article(Some("a"), "b")),
            key(&article(Some("ab"), "")),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "{index}");
        }
        let mut other = article(Some("a"), "b");
        (other.id, other.source) = ("7".into(), Some("Ledger".into()));
        assert_eq!(key(&other), keys[2]);
    }

    #[test]
    fn the_latest_thousand_are_kept() {
        let repeats = Repeats::new();
        let score = |name: &str, sentences: usize| {
            let mut new = false;
            let given = repeats.get_or_score(&article(None, name), || {
                new = true;
                Ok::<_, ()>(scored(sentences))
            });
            assert_eq!(given, Ok(scored(sentences)));
            new
        };
        for number in 0..20_000 {
            assert!(score(&number.to_string(), 50));
        }
        // The oldest has gone, the latest not, nor a thousand before it.
        assert!(!score("19999", 50) && !score("19000", 50));
        assert!(score("0", 50) && !score("0", 50));
        // One that alone is larger than all is scored all the same.
        assert!(score("large", 1_000_000));
    }
}
