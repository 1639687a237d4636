//! Articles that were scored before: agency copy is reprinted, and scored once.

use std::sync::{Arc, Mutex, PoisonError};

use hashlink::LruCache;
use sha2::{Digest, Sha256};

use super::{Row, ScoredArticle};
use crate::articles::Article;
use crate::parties::{Linked, LinkedMention};
use crate::sentences::Sentence;

/// What is kept in bytes, roughly: some thousand articles. A reprint mostly comes within days of
/// the first print, and more would be most of what grows in memory with the number of articles.
const CAPACITY: usize = 8 << 20;

/// All that rows are made from: the SHA-256 of title and text, cut in half.
type Key = [u8; 16];

/// What the articles gave that came last, for those with the same title and text. What an article
/// gives does not depend on what is in here, only the time it takes.
pub(super) struct Repeats(Mutex<Kept>);

struct Kept {
    articles: LruCache<Key, Arc<ScoredArticle>>,
    /// What they take together.
    bytes: usize,
}

impl Repeats {
    pub fn new() -> Repeats {
        Repeats(Mutex::new(Kept {
            articles: LruCache::new_unbounded(),
            bytes: 0,
        }))
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
        // A thread that died while it held the lock cannot have left half an entry.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let equal = lock().articles.get(&key).map(Arc::clone);
        if let Some(equal) = equal {
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
        let copy = Arc::new(scored.clone());
        lock().keep(key, copy);
        Ok(scored)
    }
}

impl Kept {
    fn keep(&mut self, key: Key, article: Arc<ScoredArticle>) {
        self.bytes += bytes(&article);
        if let Some(replaced) = self.articles.insert(key, article) {
            self.bytes -= bytes(&replaced);
        }
        while self.bytes > CAPACITY {
            let Some((_, oldest)) = self.articles.remove_lru() else {
                return;
            };
            self.bytes -= bytes(&oldest);
        }
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
    let mut key = Key::default();
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
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
    fn what_is_kept_is_bounded_in_bytes() {
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
        let kept = || {
            let kept = repeats.0.lock().unwrap();
            let sum: usize = kept.articles.iter().map(|(_, a)| bytes(a)).sum();
            assert_eq!(kept.bytes, sum);
            assert!(sum <= CAPACITY, "{sum}");
            kept.articles.len()
        };
        for number in 0..20_000 {
            assert!(score(&number.to_string(), 50));
        }
        assert!((1_000..20_000).contains(&kept()), "{}", kept());
        // The oldest has gone, the latest not.
        assert!(!score("19999", 50) && score("0", 50) && !score("0", 50));
        // One that alone is larger than all is scored all the same.
        assert!(score("large", 1_000_000));
        kept();
    }
}
