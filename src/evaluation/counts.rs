//! Hits, predictions and gold units: all that precision, recall and F1 need.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How many units were annotated, how many predicted, and how many of both agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Predicted units that are right.
    pub hits: u64,
    pub predicted: u64,
    pub gold: u64,
}

impl Counts {
    /// Counts of two sets; what is listed twice in one of them counts once.
    pub fn of_sets<T: Ord>(
        gold: impl IntoIterator<Item = T>,
        predicted: impl IntoIterator<Item = T>,
    ) -> Counts {
        let gold: BTreeSet<T> = gold.into_iter().collect();
        let predicted: BTreeSet<T> = predicted.into_iter().collect();
        Counts {
            hits: gold.intersection(&predicted).count() as u64,
            predicted: predicted.len() as u64,
            gold: gold.len() as u64,
        }
    }

    /// The share of predicted units that are right; `None` when nothing was predicted.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.hits, self.predicted)
    }

    /// The share of gold units that were found; `None` when there is no gold unit.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.hits, self.gold)
    }

    /// The harmonic mean of precision and recall, 2·hits / (predicted + gold): 0 when only one
    /// of the two sides is empty, `None` when both are.
    pub fn f1(&self) -> Option<f64> {
        ratio(2 * self.hits, self.predicted + self.gold)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.hits += other.hits;
        self.predicted += other.predicted;
        self.gold += other.gold;
    }
}

pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_counted_once_per_member() {
        let counts = Counts::of_sets(["a", "b", "b", "c"], ["b", "c", "d", "d", "e"]);
        // gold {a b c}, predicted {b c d e}, both {b c}
        assert_eq!(
            counts,
            Counts {
                hits: 2,
                predicted: 4,
                gold: 3
            }
        );
        assert_eq!(counts.precision(), Some(0.5));
        assert_eq!(counts.recall(), Some(2.0 / 3.0));
        assert_eq!(counts.f1(), Some(4.0 / 7.0));
    }

    #[test]
    fn one_empty_side_is_zero_and_two_are_undefined() {
        let missed = Counts::of_sets(["a"], []);
        assert_eq!(
            (missed.precision(), missed.recall(), missed.f1()),
            (None, Some(0.0), Some(0.0))
        );
        let invented = Counts::of_sets([], ["a"]);
        assert_eq!((invented.precision(), invented.recall()), (Some(0.0), None));
        assert_eq!(invented.f1(), Some(0.0));
        assert_eq!(Counts::default().f1(), None);
    }
}
