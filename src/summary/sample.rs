//! A random sample of rows for people to label.
//!
//! Each row gets a number between 0 and 1 that only its identity and the seed decide, and the
//! rows with the smallest numbers are the sample: a simple random sample without replacement, in
//! one pass, whatever the order of the rows. A larger sample with the same seed holds the smaller
//! one, so that labels can be added later. Stratified, each stratum is sampled in that way.
//!
//! The sample does not show what the classifier thought of a row: people who see a label before
//! they choose one agree with it too often. The rows come in random order, so that whoever stops
//! halfway has still labelled a random sample.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::io::Write;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::names::nearest;
use super::spreadsheet::escape;
use super::{NONE, SummaryError, row_key};
use crate::scores::{Row, ScoresError};

/// A column to stratify by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stratum {
    /// The classifier's most probable stance.
    Stance,
    Party,
    Summit,
    Source,
}

impl Stratum {
    const ALL: [(Stratum, &'static str); 4] = [
        (Stratum::Stance, "stance"),
        (Stratum::Party, "party"),
        (Stratum::Summit, "summit"),
        (Stratum::Source, "source"),
    ];

    fn of(self, row: &Row) -> &str {
        match self {
            Stratum::Stance => row.stance.name(),
            Stratum::Party => &row.party,
            Stratum::Summit => row.summit.as_deref().unwrap_or(NONE),
            Stratum::Source => row.source.as_deref().unwrap_or(NONE),
        }
    }
}

impl FromStr for Stratum {
    type Err = SummaryError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.trim();
        let found = Stratum::ALL
            .into_iter()
            .find(|(_, n)| n.eq_ignore_ascii_case(name));
        found
            .map(|(stratum, _)| stratum)
            .ok_or_else(|| SummaryError::UnknownName {
                what: "column to stratify by",
                given: name.to_owned(),
                hint: nearest(name, &Stratum::ALL.map(|(_, name)| name)),
            })
    }
}

/// How many rows each stratum gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Allocation {
    /// As many from each, so that rare strata are well seen; those with fewer rows give all.
    #[default]
    Equal,
    /// In proportion to their rows, but at least one.
    Proportional,
}

/// What to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Design {
    /// How many rows, in all.
    pub rows: usize,
    /// Strata are the combinations of these columns' values; none make a simple random sample.
    pub strata: Vec<Stratum>,
    pub allocation: Allocation,
    pub seed: u64,
}

/// A row that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRow {
    pub row: Row,
    /// The text of the sentence before, where that is among the scores too.
    pub before: Option<String>,
    /// The probability with which the row was drawn: rows drawn of its stratum over rows in it.
    pub inclusion_probability: f64,
}

/// Draw a sample. All rows, if there are no more than asked for.
///
/// # Errors
/// [`SummaryError::EmptySample`] for a sample of none, and what reading the rows gives.
pub fn draw(
    rows: impl Iterator<Item = Result<Row, ScoresError>>,
    design: &Design,
) -> Result<Vec<SampledRow>, SummaryError> {
    if design.rows == 0 {
        return Err(SummaryError::EmptySample);
    }
    let mut pools: BTreeMap<Vec<String>, Pool> = BTreeMap::new();
    let mut neighbours = Neighbours::default();
    for row in rows {
        let row = row?;
        let before = neighbours.before(&row);
        let stratum = design
            .strata
            .iter()
            .map(|s| s.of(&row).to_owned())
            .collect();
        let pool = pools.entry(stratum).or_default();
        pool.rows += 1;
        let number = number(design.seed, &row_key(&row));
        if pool.kept.len() >= design.rows {
            if pool
                .kept
                .peek()
                .is_some_and(|largest| largest.number <= number)
            {
                continue;
            }
            pool.kept.pop();
        }
        pool.kept.push(Kept {
            number,
            row,
            before: before.map(str::to_owned),
        });
    }
    let sizes: Vec<usize> = pools.values().map(|pool| pool.rows).collect();
    let mut drawn: Vec<(u64, SampledRow)> = Vec::new();
    for (pool, share) in pools.into_values().zip(allocate(&sizes, design)) {
        let inclusion_probability = share as f64 / pool.rows as f64;
        let kept = pool.kept.into_sorted_vec().into_iter().take(share);
        drawn.extend(kept.map(
            |Kept {
                 number,
                 row,
                 before,
             }| {
                (
                    number,
                    SampledRow {
                        row,
                        before,
                        inclusion_probability,
                    },
                )
            },
        ));
    }
    drawn.sort_by_key(|(number, _)| *number);
    Ok(drawn.into_iter().map(|(_, row)| row).collect())
}

/// A uniform number that only the row and the seed decide.
fn number(seed: u64, key: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(key.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The rows of a stratum with the smallest numbers.
#[derive(Default)]
struct Pool {
    rows: usize,
    kept: BinaryHeap<Kept>,
}

struct Kept {
    number: u64,
    row: Row,
    before: Option<String>,
}

impl Ord for Kept {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl PartialOrd for Kept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Kept {}

/// Remembers the last two sentences, as rows come article by article.
#[derive(Default)]
struct Neighbours {
    article: Option<(Option<String>, String)>,
    current: Option<(u32, String)>,
    previous: Option<(u32, String)>,
}

impl Neighbours {
    /// The text of the sentence right before the row's, if it was among the rows.
    fn before(&mut self, row: &Row) -> Option<&str> {
        let same = self
            .article
            .as_ref()
            .is_some_and(|(summit, article)| *summit == row.summit && *article == row.article);
        if !same {
            self.article = Some((row.summit.clone(), row.article.clone()));
            (self.current, self.previous) = (None, None);
        }
        if self
            .current
            .as_ref()
            .is_none_or(|(sentence, _)| *sentence != row.sentence)
        {
            self.previous = self.current.replace((row.sentence, row.text.clone()));
        }
        let (sentence, text) = self.previous.as_ref()?;
        (sentence.checked_add(1) == Some(row.sentence)).then_some(text)
    }
}

/// How many rows to draw from strata of these sizes; never more than they have.
fn allocate(sizes: &[usize], design: &Design) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let wanted = design.rows.min(total);
    match design.allocation {
        Allocation::Equal => {
            let mut order: Vec<usize> = (0..sizes.len()).collect();
            order.sort_by_key(|index| sizes[*index]);
            let mut shares = vec![0; sizes.len()];
            let mut left = wanted;
            for (done, index) in order.into_iter().enumerate() {
                // From the smallest stratum up: what it cannot give, the larger ones share.
                shares[index] = sizes[index].min(left / (sizes.len() - done));
                left -= shares[index];
            }
            shares
        }
        Allocation::Proportional => {
            let exact = |index: usize| sizes[index] as f64 * wanted as f64 / total.max(1) as f64;
            let mut shares: Vec<usize> = (0..sizes.len())
                .map(|index| exact(index).floor() as usize)
                .collect();
            let mut order: Vec<usize> = (0..sizes.len()).collect();
            order.sort_by(|a, b| exact(*b).fract().total_cmp(&exact(*a).fract()));
            let missing = wanted.saturating_sub(shares.iter().sum());
            order.retain(|index| shares[*index] < sizes[*index]);
            for index in order.into_iter().take(missing) {
                shares[index] += 1;
            }
            // Nobody is left out as long as the largest can spare a row.
            for index in 0..sizes.len() {
                let largest = (0..sizes.len()).max_by_key(|i| shares[*i]).unwrap_or(index);
                if shares[index] == 0 && shares[largest] > 1 {
                    shares[index] = 1;
                    shares[largest] -= 1;
                }
            }
            shares
        }
    }
}

/// The columns of a sample. People fill in `label`, and `comment` as they like.
pub const COLUMNS: [&str; 14] = [
    "party",
    "mention",
    "text",
    "label",
    "comment",
    "before",
    "summit",
    "date",
    "source",
    "article",
    "sentence",
    "stratum",
    "inclusion_probability",
    "key",
];

/// Write the sample as CSV for a spreadsheet: UTF-8 with a byte order mark, by which Excel knows
/// the encoding, and with cells that are never taken for formulas (see
/// [`spreadsheet`](super::spreadsheet)).
///
/// # Errors
/// When `out` does not take it.
pub fn write_csv(out: impl Write, sample: &[SampledRow], design: &Design) -> std::io::Result<()> {
    let mut out = out;
    out.write_all("\u{feff}".as_bytes())?;
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for SampledRow {
        row,
        before,
        inclusion_probability,
    } in sample
    {
        let stratum: Vec<&str> = design.strata.iter().map(|s| s.of(row)).collect();
        let stratum = stratum.join(" / ");
        let optional = |value: &Option<String>| value.clone().unwrap_or_default();
        let cells: [&str; 14] = [
            &row.party,
            &row.mention,
            &row.text,
            "",
            "",
            &optional(before),
            &optional(&row.summit),
            &optional(&row.date),
            &optional(&row.source),
            &row.article,
            &row.sentence.to_string(),
            &stratum,
            &inclusion_probability.to_string(),
            &row_key(row),
        ];
        csv.write_record(cells.map(|cell| escape(cell).into_owned()))?;
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(rows: usize, allocation: Allocation) -> Design {
        Design {
            rows,
            strata: vec![Stratum::Stance],
            allocation,
            seed: 1,
        }
    }

    #[test]
    fn equal_allocation_gives_small_strata_whole() {
        let equal = |sizes: &[usize], n| allocate(sizes, &design(n, Allocation::Equal));
        assert_eq!(equal(&[100, 3, 50], 30), [14, 3, 13]);
        assert_eq!(equal(&[5, 5], 30), [5, 5]);
        assert_eq!(equal(&[5, 5, 5], 2).iter().sum::<usize>(), 2);
    }

    #[test]
    fn proportional_allocation_leaves_no_stratum_out() {
        let share = |sizes: &[usize], n| allocate(sizes, &design(n, Allocation::Proportional));
        assert_eq!(share(&[900, 90, 10], 100), [90, 9, 1]);
        assert_eq!(share(&[1, 1, 1, 1000], 10), [1, 1, 1, 7]);
        assert_eq!(share(&[2, 2], 10), [2, 2]);
        assert_eq!(share(&[10, 10, 10], 2).iter().sum::<usize>(), 2);
    }
}
