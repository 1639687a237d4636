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
//! | linking, gold mentions given | [`crate::parties::measure`], article by article | share of mentions that land on their party |
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
mod matching;
mod paired;
mod report;
mod sentences;
mod spans;
mod stances;
mod table;
mod units;

use std::ops::AddAssign;

use crate::parties::measure::Linking;

pub use bootstrap::{Bootstrap, DRAWS, Figure, ROUGH_BELOW};
pub use counts::Counts;
pub use issues::IssueCounts;
pub use judge::{judge, judge_with};
pub use paired::{Compared, Comparison, compare};
pub use report::{
    Breakdown, Calibration, CalibrationBin, Group, IssueLine, IssueReport, LinkingLine,
    LinkingReport, MentionReport, Report, Scores, Share, StanceLine, StanceReport, by_genre,
    by_group, report,
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
    pub linking: Links,
    /// From [`end_to_end`], with a list of parties.
    pub end_to_end: Counts,
    /// As `end_to_end`, without a list.
    pub end_to_end_without_list: Counts,
}

/// Texts of one article, read apart, count as one article.
impl AddAssign for ArticleResult {
    fn add_assign(&mut self, other: ArticleResult) {
        self.stances.extend(other.stances);
        self.mentions += other.mentions;
        self.issues += other.issues;
        self.linking += other.linking;
        self.end_to_end += other.end_to_end;
        self.end_to_end_without_list += other.end_to_end_without_list;
    }
}

/// How many of the gold mentions land on their party, in each
/// [`Setting`](crate::parties::measure::Setting).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Links {
    /// With the article's own parties as the list.
    pub with_list: Linking,
    /// Without a list, where a party's name is right that the annotator or the gazetteer has for
    /// it.
    pub without_list: Linking,
    /// Without a list, where only the annotator's names are right.
    pub without_list_literal: Linking,
}

impl AddAssign for Links {
    fn add_assign(&mut self, other: Links) {
        self.with_list += other.with_list;
        self.without_list += other.without_list;
        self.without_list_literal += other.without_list_literal;
    }
}

/// The sufficient statistics of an article or of several: sums from which every figure follows.
#[derive(Debug, Clone, Default, PartialEq)]
struct Totals {
    stances: StanceCounts,
    mentions: SpanCounts,
    /// In the order of the report's list of issues.
    issues: Vec<Counts>,
    linking: Links,
    end_to_end: Counts,
    end_to_end_without_list: Counts,
}

impl Totals {
    fn of(article: &ArticleResult, issues: &[String]) -> Totals {
        Totals {
            stances: StanceCounts::of(&article.stances),
            mentions: article.mentions,
            issues: issues.iter().map(|i| article.issues.get(i)).collect(),
            linking: article.linking,
            end_to_end: article.end_to_end,
            end_to_end_without_list: article.end_to_end_without_list,
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
        self.linking += other.linking;
        self.end_to_end += other.end_to_end;
        self.end_to_end_without_list += other.end_to_end_without_list;
    }
}
