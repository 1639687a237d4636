//! Agency copy is reprinted: equal articles are scored once, and give the rows they would give.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use summit_stance::articles::Article;
use summit_stance::model::engine::{Engine, TokenVectors};
use summit_stance::model::windows::Window;
use summit_stance::model::{Embedded, Model, ModelError, ModelFolder, folder};
use summit_stance::parties::Linker;
use summit_stance::scores::{Row, Scorer};

/// Counts the windows that the encoder reads.
struct Counting(Embedded, Arc<AtomicUsize>);

impl Engine for Counting {
    fn encode(&self, windows: &[Window]) -> Result<Vec<TokenVectors>, ModelError> {
        self.1.fetch_add(windows.len(), Ordering::Relaxed);
        self.0.encode(windows)
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }
}

fn scorer() -> (Scorer, Arc<AtomicUsize>) {
    let open = ModelFolder::open("models/stance-minilm".as_ref()).unwrap();
    let engine = Embedded::new(&open.read(folder::INT8).unwrap(), &open.config.encoder).unwrap();
    let windows = Arc::new(AtomicUsize::new(0));
    let engine = Counting(engine, Arc::clone(&windows));
    let model = Model::new(open.files().unwrap(), Box::new(engine)).unwrap();
    (Scorer::new(model, Linker::new(None)), windows)
}

fn article(id: &str, source: &str, title: &str) -> Article {
    Article {
        id: id.into(),
        title: Some(title.into()),
        text: "Ukraine insisted on guarantees. Russia refused. Norway was hopeful.".into(),
        source: Some(source.into()),
        ..Article::default()
    }
}

#[test]
fn a_reprint_is_not_read_again_and_has_its_own_rows() {
    let (scorer, windows) = scorer();
    let first = scorer.score(&article("1", "Agency", "Talks")).unwrap();
    let read = windows.load(Ordering::Relaxed);
    assert!(read > 0 && first.rows.len() >= 3);

    let reprint = scorer.score(&article("2", "Ledger", "Talks")).unwrap();
    assert_eq!(windows.load(Ordering::Relaxed), read);
    let expected: Vec<Row> = first
        .rows
        .iter()
        .map(|row| Row {
            article: "2".into(),
            source: Some("Ledger".into()),
            ..row.clone()
        })
        .collect();
    assert_eq!(reprint.rows, expected);
    assert_eq!(reprint.mentions, first.mentions);

    // The headline is read with every window, so under another one it is another article.
    scorer.score(&article("3", "Agency", "Talks fail")).unwrap();
    assert!(windows.load(Ordering::Relaxed) > read);
}

#[test]
fn a_reprint_cut_short_is_read_only_where_it_differs() {
    let text = |sentences: u32| {
        let sentence = |n| format!("Ukraine insisted on guarantee {n}, which Russia refused. ");
        (0..sentences).map(sentence).collect::<String>()
    };
    let long = Article {
        id: "1".into(),
        title: Some("Talks".into()),
        text: text(60),
        ..Article::default()
    };
    let cut = Article {
        id: "2".into(),
        text: text(45),
        ..long.clone()
    };
    let (alone, _) = scorer();
    let expected = alone.score(&cut).unwrap();
    let (scorer, windows) = scorer();
    scorer.score(&long).unwrap();
    let whole = windows.load(Ordering::Relaxed);
    assert_eq!(scorer.score(&cut).unwrap(), expected);
    let again = windows.load(Ordering::Relaxed) - whole;
    assert!(again <= 1 && whole > 2, "{again} windows of {whole} again");
}
