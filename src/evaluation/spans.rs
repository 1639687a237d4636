//! Mentions: spans annotated against spans found.

use std::ops::{AddAssign, Range};

use serde::{Deserialize, Serialize};

use super::{Counts, matching};

/// Spans annotated and found, agreeing exactly or by overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanCounts {
    /// A hit is a predicted span with the start and end of a gold span.
    pub exact: Counts,
    /// A hit is a predicted span that shares at least one position with a gold span, each span
    /// being matched at most once. The matching is the largest possible one, so a predicted span
    /// that covers two gold spans is one hit and not two.
    pub overlapping: Counts,
}

impl SpanCounts {
    /// Counts of one sentence. The offsets may be bytes, code points or tokens, of the sentence
    /// or of the article, so long as both lists use the same.
    ///
    /// Spans listed twice count once: two parties may share one mention ("both sides").
    pub fn of<T: Ord + Copy>(gold: &[Range<T>], predicted: &[Range<T>]) -> SpanCounts {
        let (gold, predicted) = (distinct(gold), distinct(predicted));
        let overlaps: Vec<Vec<usize>> = gold
            .iter()
            .map(|&(start, end)| {
                let touches = |other: &(T, T)| start < other.1 && other.0 < end;
                (0..predicted.len())
                    .filter(|&i| touches(&predicted[i]))
                    .collect()
            })
            .collect();
        let exact = Counts::of_sets(gold.iter().copied(), predicted.iter().copied());
        let hits = matching::largest(&overlaps, predicted.len());
        SpanCounts {
            exact,
            overlapping: Counts { hits, ..exact },
        }
    }
}

fn distinct<T: Ord + Copy>(spans: &[Range<T>]) -> Vec<(T, T)> {
    let mut pairs: Vec<(T, T)> = spans.iter().map(|s| (s.start, s.end)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

impl AddAssign for SpanCounts {
    fn add_assign(&mut self, other: SpanCounts) {
        self.exact += other.exact;
        self.overlapping += other.overlapping;
    }
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "lists of one span are meant"
)]
mod tests {
    use super::*;

    fn hits(gold: &[Range<u32>], predicted: &[Range<u32>]) -> (u64, u64) {
        let counts = SpanCounts::of(gold, predicted);
        (counts.exact.hits, counts.overlapping.hits)
    }

    #[test]
    fn a_mention_shared_by_two_parties_is_one_span() {
        let counts = SpanCounts::of(&[0..10, 0..10, 20..25], &[0..10]);
        assert_eq!(
            counts.exact,
            Counts {
                hits: 1,
                predicted: 1,
                gold: 2
            }
        );
    }

    #[test]
    fn overlap_needs_a_shared_position_and_matches_one_to_one() {
        assert_eq!(hits(&[4..9], &[9..12]), (0, 0));
        assert_eq!(hits(&[4..9], &[8..12]), (0, 1));
        assert_eq!(hits(&[0..5, 6..11], &[0..11]), (0, 1));
        assert_eq!(hits(&[0..11], &[0..5, 6..11]), (0, 1));
        // The nested gold span is left to the first prediction, the wide one takes the second.
        assert_eq!(hits(&[0..20, 0..5], &[2..6, 10..12]), (0, 2));
    }

    #[test]
    fn nothing_annotated_or_nothing_found() {
        assert_eq!(SpanCounts::of::<u32>(&[], &[]), SpanCounts::default());
        let missed = SpanCounts::of(&[1..2], &[]);
        assert_eq!(
            missed.overlapping,
            Counts {
                hits: 0,
                predicted: 0,
                gold: 1
            }
        );
        let invented = SpanCounts::of(&[], &[1..2]);
        assert_eq!(
            invented.exact,
            Counts {
                hits: 0,
                predicted: 1,
                gold: 0
            }
        );
    }
}
