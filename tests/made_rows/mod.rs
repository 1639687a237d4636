//! Rows made up for tests, the same for the same seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use summit_stance::scores::{Link, Provenance, Row, StanceNames};

pub const PARTIES: [&str; 4] = ["Ukraine", "Russia", "European Union", "Türkiye"];
pub const ISSUES: [&str; 3] = ["ceasefire", "prisoners", "process"];
pub const SUMMITS: [(&str, &str); 3] = [
    ("miami-2025", "2025-12-0"),
    ("geneva-2026", "2026-02-1"),
    ("ankara-2026", "2026-05-1"),
];

/// A row with the given stance probabilities, whose other columns are plain.
pub fn row(summit: &str, article: &str, sentence: u32, party: &str, p: [f32; 4]) -> Row {
    Row {
        article: article.to_owned(),
        summit: Some(summit.to_owned()),
        date: None,
        source: None,
        sentence,
        sentence_start: sentence * 40,
        sentence_end: sentence * 40 + 30,
        text: format!("{party} spoke for the {sentence}th time."),
        party: party.to_owned(),
        mention: party.to_owned(),
        mention_start: sentence * 40,
        mention_end: sentence * 40 + party.chars().count() as u32,
        stance: p.into(),
        issues: Vec::new(),
        link: Link::Gazetteer,
    }
}

/// `articles` articles, in turn of each summit, with 2 to 8 sentences and 1 to 4 parties each.
pub fn rows(seed: u64, articles: usize) -> Vec<Row> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut rows = Vec::new();
    for article in 0..articles {
        let (summit, date) = SUMMITS[article % SUMMITS.len()];
        let mood: f32 = rng.random_range(0.5..2.0);
        for sentence in 0..rng.random_range(2..9) {
            for (index, party) in PARTIES.iter().enumerate() {
                if rng.random_bool(0.5) {
                    continue;
                }
                let mut weights: [f32; 4] = rng.random();
                weights[index] += mood;
                let sum: f32 = weights.iter().sum();
                let p = weights.map(|w| w / sum);
                let mut row = row(summit, &format!("article-{article}"), sentence, party, p);
                row.date = Some(format!("{date}{}", article % 9 + 1));
                row.source = (article % 5 > 0).then(|| format!("Paper {}", article % 5));
                row.issues = ISSUES
                    .iter()
                    .filter(|_| rng.random_bool(0.4))
                    .map(|issue| (*issue).to_owned())
                    .collect();
                rows.push(row);
            }
        }
    }
    rows
}

pub fn provenance() -> Provenance {
    Provenance {
        version: "0.1.0".to_owned(),
        model: "stance-minilm".to_owned(),
        model_checksum: "00c0ffee00c0ffee".to_owned(),
        stances: StanceNames::codebook(),
        options: [("parties".to_owned(), "none".to_owned())].into(),
    }
}
