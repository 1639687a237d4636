//! The report: one HTML page that works offline and holds the numbers and the sentences behind
//! them.
//!
//! [`page`] takes rows and gives the page's text. What the page shows comes from four places:
//! its names from `labels`, its numbers from `figures`, its sentences from `evidence` and its
//! explanations from `words`; `html` puts them into the template under a policy by which a
//! browser runs and loads nothing else.

mod evidence;
mod figures;
mod html;
mod labels;
#[cfg(test)]
mod testing;
mod words;

use serde::Serialize;

use crate::scores::{Provenance, Row, StanceNames};
use crate::summary;
use evidence::Evidence;
use figures::Figures;
use labels::Labels;

/// What a user can choose about the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The page's headline.
    pub title: Option<String>,
    /// The page's largest size in bytes; sentences are left out, then parties, until it fits.
    pub max_bytes: usize,
    /// Parties shown at most, those that most articles mention.
    pub max_parties: usize,
    /// How the numbers are computed.
    pub summary: summary::Options,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            title: None,
            max_bytes: 10_000_000,
            max_parties: 200,
            summary: summary::Options::default(),
        }
    }
}

/// A finished page.
#[derive(Debug)]
pub struct Page {
    /// The whole file.
    pub html: String,
    /// What did not fit.
    pub left_out: LeftOut,
}

/// What the page says that it does not show. The numbers rest on all rows all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Rows (a party in a sentence) whose sentences can not be read in the page.
    pub rows: usize,
    /// Where sentences had to go for want of room: how many are kept at least for each party,
    /// issue and summit that has as many.
    pub per_cell: Option<usize>,
    /// Parties without a line.
    pub parties: usize,
}

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(
        "the page cannot be kept under {max_bytes} bytes: without any sentence and with a single \
         party it takes {bytes}; allow a larger page"
    )]
    TooLarge { max_bytes: usize, bytes: usize },
    #[error(transparent)]
    Summary(#[from] summary::SummaryError),
    #[error("the page's data could not be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the page's data could not be compressed: {0}")]
    Compress(#[from] std::io::Error),
}

/// The page's first data block: all but the sentences.
#[derive(Serialize)]
struct Data<'r> {
    version: &'static str,
    counts: words::Counts,
    /// First and last date of the articles.
    dates: Option<(&'r str, &'r str)>,
    /// As the columns of the scores are called; neutral is the last.
    stances: &'r StanceNames,
    parties: &'r [&'r str],
    issues: &'r [&'r str],
    summits: &'r [Option<&'r str>],
    cells: &'r figures::Cells,
    min_articles: usize,
    corrected: bool,
    changes: &'r [figures::Change],
    left_out: LeftOut,
    methods: Vec<String>,
    notice: Option<String>,
}

/// Make the page of these rows, which tell these stances apart. With hand-given labels of a sample of them, its numbers are
/// corrected for the model's errors.
///
/// The same rows, provenance and options give the same page, byte for byte, in whatever order
/// the rows come.
///
/// # Errors
/// [`ReportError::TooLarge`] when not even the numbers of one party fit.
pub fn page(
    rows: &[Row],
    stances: &StanceNames,
    provenance: Option<&Provenance>,
    hand_labels: Option<&summary::Labels>,
    options: &Options,
) -> Result<Page, ReportError> {
    let mut max_parties = options.max_parties.max(1);
    loop {
        let labels = Labels::of(rows, stances, max_parties)?;
        let figures = Figures::of(rows, &labels, hand_labels, &options.summary)?;
        match fit(rows, provenance, options, &labels, &figures)? {
            Ok(page) => return Ok(page),
            Err(bytes) if labels.parties.len() <= 1 => {
                return Err(ReportError::TooLarge {
                    max_bytes: options.max_bytes,
                    bytes,
                });
            }
            Err(_) => max_parties = labels.parties.len() / 2,
        }
    }
}

/// The page with as many sentences as fit, or the bytes that it takes without any.
fn fit(
    rows: &[Row],
    provenance: Option<&Provenance>,
    options: &Options,
    labels: &Labels<'_>,
    figures: &Figures,
) -> Result<Result<Page, usize>, ReportError> {
    let title = options
        .title
        .clone()
        .unwrap_or_else(|| words::title(labels));
    let counts = words::Counts::of(rows);
    let ordered = evidence::in_order(rows, labels);
    let ranks = evidence::ranks(&ordered);

    let data = |left_out: LeftOut| {
        html::json(&Data {
            version: env!("CARGO_PKG_VERSION"),
            dates: words::dates(rows),
            stances: &labels.stances,
            parties: &labels.parties,
            issues: &labels.issues,
            summits: &labels.summits,
            cells: &figures.cells,
            min_articles: options.summary.min_articles,
            corrected: figures.corrected.is_some(),
            changes: &figures.changes,
            methods: words::methods(
                &labels.stances,
                provenance,
                &counts,
                figures,
                &left_out,
                &options.summary,
            ),
            notice: words::notice(&counts, figures, &left_out),
            counts,
            left_out,
        })
    };
    // Room for the words about what is left out, which depend on it.
    let fixed = html::frame_bytes() + data(LeftOut::default())?.len() + 6 * title.len() + 2_000;
    let room = options.max_bytes.saturating_sub(fixed);

    let pack = |per_cell: usize| -> Result<(Evidence, usize), ReportError> {
        let chosen: Vec<&Row> = ordered
            .iter()
            .zip(&ranks)
            .filter_map(|(row, rank)| (*rank <= per_cell).then_some(*row))
            .collect();
        Ok((evidence::pack(&chosen, labels)?, chosen.len()))
    };
    let most = ranks.iter().copied().max().unwrap_or_default();
    let mut best = (pack(0)?, 0);
    if best.0.0.bytes() > room {
        return Ok(Err(fixed + best.0.0.bytes()));
    }
    // The largest number of sentences per cell that fits; usually all do.
    let (mut fits, mut too_many, mut next) = (0, most + 1, most);
    while fits + 1 < too_many {
        let packed = pack(next)?;
        if packed.0.bytes() <= room {
            best = (packed, next);
            fits = next;
        } else {
            too_many = next;
        }
        next = fits.midpoint(too_many);
    }

    let ((evidence, kept), per_cell) = best;
    if per_cell == 0 && most > 0 && labels.parties.len() > 1 {
        // Fewer parties with sentences tell more than many without any.
        return Ok(Err(fixed));
    }
    let left_out = LeftOut {
        rows: rows.len() - kept,
        per_cell: (kept < ordered.len()).then_some(per_cell),
        parties: labels.parties_left_out,
    };
    let html = html::page(&title, &data(left_out)?, &html::json(&evidence)?);
    Ok(Ok(Page { html, left_out }))
}

#[cfg(test)]
mod tests {
    use super::testing::row;
    use super::*;

    fn rows(articles: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for article in 0..articles {
            for (sentence, party) in ["Russia", "Ukraine", "Turkey"].into_iter().enumerate() {
                let summit = ["Geneva", "Miami"][article % 2];
                let mut row = row(
                    &format!("a{article}"),
                    summit,
                    "2026-02-17",
                    party,
                    &["trade"],
                );
                row.sentence = sentence as u32;
                // Text that does not compress away.
                let lot = (article * 7_919 + sentence * 104_729) as u64;
                row.text = format!(
                    "{party} said {:x}.",
                    lot.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                );
                rows.push(row);
            }
        }
        rows
    }

    fn made(rows: &[Row], options: &Options) -> Result<Page, ReportError> {
        page(rows, &StanceNames::codebook(), None, None, options)
    }

    #[test]
    fn the_same_rows_give_the_same_page_in_any_order() {
        let one = rows(8);
        let mut other = one.clone();
        other.reverse();
        let options = Options::default();
        let page_of = |rows: &[Row]| made(rows, &options).unwrap().html;
        assert_eq!(page_of(&one), page_of(&other));
    }

    #[test]
    fn a_small_page_leaves_sentences_out_evenly_and_keeps_its_size() {
        let rows = rows(2_000);
        let options = Options {
            summary: summary::Options {
                draws: 50,
                permutations: 50,
                ..Default::default()
            },
            ..Options::default()
        };
        let whole = made(&rows, &options).unwrap();
        assert_eq!(whole.left_out, LeftOut::default());

        let max_bytes = html::frame_bytes() + 50_000;
        let options = Options {
            max_bytes,
            ..options
        };
        let small = made(&rows, &options).unwrap();
        assert!(small.html.len() <= max_bytes, "{} bytes", small.html.len());
        let per_cell = small.left_out.per_cell.unwrap();
        // Six cells: three parties at two summits.
        assert_eq!(rows.len() - small.left_out.rows, 6 * per_cell);
        assert!(
            per_cell > 50 && small.left_out.parties == 0,
            "{:?}",
            small.left_out
        );
        assert!(
            small
                .html
                .contains("readings. Its numbers rest on all of them.")
        );
        // As large as it may be.
        assert!(
            small.html.len() > max_bytes - 5_000,
            "{} bytes",
            small.html.len()
        );
    }

    #[test]
    fn parties_go_only_where_a_page_would_have_no_sentences_left() {
        let mut rows = rows(400);
        for (number, row) in rows.iter_mut().enumerate() {
            row.party = format!("Party {:03}", number % 300);
        }
        let options = Options {
            max_bytes: html::frame_bytes() + 30_000,
            summary: summary::Options {
                draws: 20,
                permutations: 20,
                ..Default::default()
            },
            ..Options::default()
        };
        let small = made(&rows, &options).unwrap();
        assert!(small.html.len() <= options.max_bytes);
        assert!(small.left_out.parties > 100 && small.left_out.parties < 300);
        assert!(small.left_out.rows < rows.len(), "{:?}", small.left_out);

        let tiny = Options {
            max_bytes: 100_000,
            ..options
        };
        let error = made(&rows, &tiny).unwrap_err().to_string();
        assert!(error.contains("under 100000 bytes"), "{error}");
    }

    #[test]
    fn no_rows_make_a_page_that_says_so() {
        let page = made(&[], &Options::default()).unwrap();
        assert!(page.html.contains("\"rows\":0") && page.left_out == LeftOut::default());
    }
}
