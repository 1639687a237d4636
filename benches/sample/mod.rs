//! Articles for benchmarks.

use summit_stance::articles::{self, Article, ReadOptions};

/// The articles of the sample summits.
pub fn articles() -> Vec<Article> {
    articles::read(&["data/summits".into()], &ReadOptions::default())
        .expect("the sample data")
        .map(|article| article.expect("sample articles are fine"))
        .collect()
}

/// A copy that is no reprint: its title begins with a number of its own.
pub fn numbered(article: &Article, number: usize) -> Article {
    let title = article.title.as_deref().unwrap_or_default();
    let title = title.split_once(": ").map_or(title, |(_, title)| title);
    Article {
        id: format!("{}#{number}", article.id),
        title: Some(format!("No. {number:06}: {title}")),
        ..article.clone()
    }
}
