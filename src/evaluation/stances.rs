//! Stances at gold mentions: confusion matrix, macro-F1 and calibration.

use std::ops::AddAssign;

use super::Counts;
use super::counts::ratio;
use crate::codebook::Stance;

/// Bins of the calibration error: equal widths over the top probability, 0 to 1.
pub const BINS: usize = 10;

/// One annotated party of a sentence, and the stance read at its gold mention.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StanceItem {
    pub gold: Stance,
    /// The other attitude of codebook rule 7. Only `accuracy_either` counts it as right.
    pub secondary: Option<Stance>,
    /// In the order of [`Stance::ALL`].
    pub probabilities: [f32; 4],
}

/// The items whose top probability falls in one bin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    pub items: u64,
    pub hits: u64,
    /// The sum of the items' top probabilities.
    pub confidence: f64,
}

/// The sums from which every figure about stances follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StanceCounts {
    /// `confusion[gold][predicted]`, both in the order of [`Stance::ALL`].
    pub confusion: [[u64; 4]; 4],
    /// Items whose predicted stance is the gold or the secondary one.
    pub either: u64,
    /// Bin 0 holds top probabilities from 0 up to, not including, 0.1; the last holds 1 too.
    pub bins: [Bin; BINS],
}

impl StanceCounts {
    pub fn of(items: &[StanceItem]) -> StanceCounts {
        let mut counts = StanceCounts::default();
        for item in items {
            let predicted = Stance::top(&item.probabilities);
            let hit = predicted == item.gold;
            counts.confusion[item.gold as usize][predicted as usize] += 1;
            counts.either += u64::from(hit || item.secondary == Some(predicted));
            let top = item.probabilities[predicted as usize];
            // In single precision, where 0.7 × 10 is 7 and not a little less.
            let bin = &mut counts.bins[((top * BINS as f32) as usize).min(BINS - 1)];
            bin.items += 1;
            bin.hits += u64::from(hit);
            bin.confidence += f64::from(top);
        }
        counts
    }

    pub fn items(&self) -> u64 {
        self.confusion.iter().flatten().sum()
    }

    /// The counts of one stance, of gold and predicted items of that stance.
    pub fn stance(&self, stance: Stance) -> Counts {
        let label = stance as usize;
        Counts {
            hits: self.confusion[label][label],
            predicted: self.confusion.iter().map(|row| row[label]).sum(),
            gold: self.confusion[label].iter().sum(),
        }
    }

    /// The unweighted mean of the stances' F1, over the stances that occur in gold or prediction.
    ///
    /// A stance that occurs in neither has no F1 and is left out of the mean; one that is only
    /// predicted, or only annotated, counts with an F1 of 0. (scikit-learn's `f1_score` with
    /// `average="macro"` does the same.) `None` without items.
    pub fn macro_f1(&self) -> Option<f64> {
        let f1: Vec<f64> = Stance::ALL
            .into_iter()
            .filter_map(|stance| self.stance(stance).f1())
            .collect();
        (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64)
    }

    /// The share of items whose predicted stance is the gold one.
    pub fn accuracy(&self) -> Option<f64> {
        let hits = (0..4).map(|label| self.confusion[label][label]).sum();
        ratio(hits, self.items())
    }

    /// The share of items whose predicted stance is the gold or the secondary one.
    pub fn accuracy_either(&self) -> Option<f64> {
        ratio(self.either, self.items())
    }

    /// The expected calibration error: the mean over bins of the distance between accuracy and
    /// mean top probability, weighted by the bins' items (Guo et al. 2017, "On Calibration of
    /// Modern Neural Networks").
    pub fn calibration_error(&self) -> Option<f64> {
        let gaps: f64 = self
            .bins
            .iter()
            .map(|b| (b.hits as f64 - b.confidence).abs())
            .sum();
        let items = self.items();
        (items > 0).then(|| gaps / items as f64)
    }
}

impl AddAssign<&StanceCounts> for StanceCounts {
    fn add_assign(&mut self, other: &StanceCounts) {
        let cells = self.confusion.iter_mut().flatten();
        for (sum, count) in cells.zip(other.confusion.iter().flatten()) {
            *sum += count;
        }
        self.either += other.either;
        for (sum, bin) in self.bins.iter_mut().zip(&other.bins) {
            sum.items += bin.items;
            sum.hits += bin.hits;
            sum.confidence += bin.confidence;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Stance::{Cautious, Insistent, Neutral, Optimistic};

    fn item(gold: Stance, predicted: Stance, top: f32) -> StanceItem {
        let mut probabilities = [(1.0 - top) / 3.0; 4];
        probabilities[predicted as usize] = top;
        StanceItem {
            gold,
            secondary: None,
            probabilities,
        }
    }

    #[test]
    fn the_order_of_the_matrix_is_that_of_the_codebook() {
        for (index, stance) in Stance::ALL.into_iter().enumerate() {
            assert_eq!(stance as usize, index);
        }
    }

    #[test]
    fn macro_f1_leaves_out_only_stances_that_occur_nowhere() {
        // Neutral right once; one gold neutral called cautious, a stance absent from gold.
        let counts = StanceCounts::of(&[item(Neutral, Neutral, 0.5), item(Neutral, Cautious, 0.5)]);
        // neutral: 2·1 / (1 + 2) = 2/3; cautious: 0 of (1 + 0); optimistic, insistent: none.
        assert_eq!(counts.stance(Cautious).recall(), None);
        assert_eq!(counts.stance(Insistent).f1(), None);
        assert_eq!(counts.macro_f1(), Some((2.0 / 3.0 + 0.0) / 2.0));
        assert_eq!(StanceCounts::default().macro_f1(), None);
        assert_eq!(StanceCounts::default().calibration_error(), None);
    }

    #[test]
    fn the_secondary_stance_counts_only_for_the_lenient_accuracy() {
        let mut second = item(Optimistic, Cautious, 0.5);
        second.secondary = Some(Cautious);
        let counts = StanceCounts::of(&[second, item(Optimistic, Insistent, 0.5)]);
        assert_eq!(counts.accuracy(), Some(0.0));
        assert_eq!(counts.accuracy_either(), Some(0.5));
    }

    #[test]
    fn bins_are_closed_below_and_the_last_one_above() {
        for (tenth, top) in [0.3f32, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
            .into_iter()
            .enumerate()
        {
            let counts = StanceCounts::of(&[item(Neutral, Neutral, top)]);
            assert_eq!(counts.bins[tenth + 3].items, 1, "{top}");
        }
        let counts = StanceCounts::of(&[item(Neutral, Neutral, 1.0)]);
        assert_eq!(counts.bins[9].items, 1);
        let below = StanceCounts::of(&[item(Neutral, Neutral, 0.699)]);
        assert_eq!(below.bins[6].items, 1);
    }

    #[test]
    fn errors_of_one_bin_offset_each_other_and_those_of_two_do_not() {
        // One bin: accuracy 1/2, confidence 1/2.
        let same = [item(Neutral, Neutral, 0.5), item(Neutral, Cautious, 0.5)];
        assert_eq!(StanceCounts::of(&same).calibration_error(), Some(0.0));
        // Two bins: |1 - 0.5| / 2 + |0 - 0.75| / 2
        let two = [item(Neutral, Neutral, 0.5), item(Neutral, Cautious, 0.75)];
        assert_eq!(StanceCounts::of(&two).calibration_error(), Some(0.625));
    }
}
