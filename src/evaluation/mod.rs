//! Metrics: what the program finds, held against what people annotated.
//!
//! Everything here works on plain data. Whoever makes predictions counts them article by article
//! with the functions below and asks for a [`Report`]:
//!
//! | what | counted by | figures |
//! | --- | --- | --- |
//! | stance, gold mentions given | [`StanceItem`], one per annotated party of a sentence | macro-F1, per-stance precision, recall and F1, confusion matrix, calibration error |
//! | mention | [`SpanCounts::of`], sentence by sentence | F1 of exact and of overlapping spans |
//! | issue | [`IssueCounts::add`], sentence by sentence | micro-F1, F1 of each issue |
//! | end to end | [`end_to_end`], article by article | F1 over (sentence, party, stance) |
//!
//! Every figure comes with a 95% interval from a bootstrap over articles ([`Bootstrap`]).
//!
//! ```
//! use summit_stance::codebook::Stance;
//! use summit_stance::evaluation::{ArticleResult, SpanCounts, StanceItem, report};
//!
//! let mut article = ArticleResult::default();
//! article.stances.push(StanceItem {
//!     gold: Stance::Cautious,
//!     secondary: None,
//!     probabilities: [0.1, 0.7, 0.1, 0.1],
//! });
//! article.mentions += SpanCounts::of(&[0..4, 10..17], &[0..4]);
//! article.issues.add(["ceasefire"], ["ceasefire", "process"]);
//! let report = report(&[article], 7);
//! assert_eq!(report.stance.macro_f1.value, Some(1.0));
//! assert_eq!(report.mention.exact.recall.value, Some(0.5));
//! println!("{report}");
//! ```

mod bootstrap;
mod counts;
mod issues;
mod judge;
mod linking;
mod matching;
mod report;
mod sentences;
mod spans;
mod stances;
mod table;
mod units;

use std::ops::AddAssign;

pub use bootstrap::{Bootstrap, DRAWS, Figure, ROUGH_BELOW};
pub use counts::Counts;
pub use issues::IssueCounts;
pub use judge::judge;
pub use linking::linking;
pub use report::{
    Breakdown, Calibration, CalibrationBin, Group, IssueLine, IssueReport, MentionReport, Report,
    Scores, StanceLine, StanceReport, by_genre, by_group, report,
};
pub use sentences::{gold_sentences, match_sentences};
pub use spans::SpanCounts;
pub use stances::{BINS, Bin, StanceCounts, StanceItem};
pub use units::{PredictedUnit, end_to_end};

/// What was annotated and predicted in one article: all that the metrics need.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArticleResult {
    /// The kind of text ("wire", "analysis"…), for a breakdown.
    pub genre: Option<String>,
    /// One for each annotated party of each sentence, read at its gold mention.
    pub stances: Vec<StanceItem>,
    /// The sum of [`SpanCounts::of`] over the sentences.
    pub mentions: SpanCounts,
    pub issues: IssueCounts,
    /// From [`end_to_end`].
    pub end_to_end: Counts,
}

/// The sufficient statistics of an article or of several: sums from which every figure follows.
#[derive(Debug, Clone, Default, PartialEq)]
struct Totals {
    stances: StanceCounts,
    mentions: SpanCounts,
    /// In the order of the report's list of issues.
    issues: Vec<Counts>,
    end_to_end: Counts,
}

impl Totals {
    fn of(article: &ArticleResult, issues: &[String]) -> Totals {
        Totals {
            stances: StanceCounts::of(&article.stances),
            mentions: article.mentions,
            issues: issues.iter().map(|i| article.issues.get(i)).collect(),
            end_to_end: article.end_to_end,
        }
    }

    /// All issues taken together.
    fn all_issues(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in &self.issues {
            sum += *counts;
        }
        sum
    }

    fn issue(&self, index: usize) -> Counts {
        self.issues.get(index).copied().unwrap_or_default()
    }
}

impl AddAssign<&Totals> for Totals {
    fn add_assign(&mut self, other: &Totals) {
        self.stances += &other.stances;
        self.mentions += other.mentions;
        if self.issues.len() < other.issues.len() {
            self.issues.resize(other.issues.len(), Counts::default());
        }
        for (sum, counts) in self.issues.iter_mut().zip(&other.issues) {
            *sum += *counts;
        }
        self.end_to_end += other.end_to_end;
    }
}
