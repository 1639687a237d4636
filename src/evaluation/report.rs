//! The report: every figure of `stance eval`, for all articles or by group.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::counts::ratio;
use super::{ArticleResult, BINS, Bootstrap, Counts, DRAWS, Figure, Totals};
use crate::codebook::Stance;
use crate::parties::measure::{Linking, Tally};

/// All figures of an evaluation. Serialises to JSON; prints as tables of at most 80 columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Articles evaluated.
    pub articles: usize,
    /// Of the bootstrap behind the intervals.
    pub draws: usize,
    pub seed: u64,
    pub stance: StanceReport,
    pub mention: MentionReport,
    pub issue: IssueReport,
    pub linking: LinkingReport,
    /// Over (sentence, party, stance), from raw text, with a list of parties.
    pub end_to_end: Scores,
    /// The same without a list: only names that the annotator listed for a party are right, and
    /// not the built-in list's name for it where that is another ("United Kingdom" for "Britain"),
    /// so that it cannot reach 1.
    pub end_to_end_without_list: Scores,
}

/// Precision, recall and F1, with the counts they are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    pub precision: Figure,
    pub recall: Figure,
    pub f1: Figure,
    #[serde(flatten)]
    pub counts: Counts,
}

/// Stances, gold mentions given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StanceReport {
    /// Annotated units: parties in sentences.
    pub units: u64,
    /// Mean F1 over the stances that occur in gold or prediction.
    pub macro_f1: Figure,
    pub accuracy: Figure,
    /// The share of units read as their gold stance or their secondary one.
    pub accuracy_either: Figure,
    pub calibration: Calibration,
    /// In the order of [`Stance::ALL`].
    pub stances: Vec<StanceLine>,
    /// `confusion[gold][predicted]`, in the order of [`Stance::ALL`].
    pub confusion: [[u64; 4]; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StanceLine {
    pub stance: Stance,
    #[serde(flatten)]
    pub scores: Scores,
}

/// How far the top probability is from the share of units that it gets right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Expected calibration error over 10 bins. Sampling noise only ever adds to it, so it is a
    /// little too high for small samples, and more so in the draws: the figure may lie near the
    /// lower end of its interval, or below it.
    pub error: Figure,
    pub bins: Vec<CalibrationBin>,
}

/// The units whose top probability lies in one bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// From this probability, inclusive,
    pub from: f64,
    /// to this, exclusive but for the last bin.
    pub to: f64,
    pub units: u64,
    pub accuracy: Option<f64>,
    /// The mean top probability.
    pub confidence: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MentionReport {
    /// A found span is right if start and end are.
    pub exact: Scores,
    /// A found span is right if it overlaps a gold span of its own.
    pub overlapping: Scores,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssueReport {
    /// Over sentence × issue.
    pub micro: Scores,
    /// Every issue annotated or predicted anywhere, the most annotated first.
    pub issues: Vec<IssueLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssueLine {
    pub issue: String,
    #[serde(flatten)]
    pub scores: Scores,
}

/// Linking: which party each gold mention stands for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkingReport {
    /// With each article's own parties as the list. Right is the gold party.
    pub with_list: LinkingLine,
    /// Without a list. The mentions of a gold party are right that share its most frequent name
    /// among those that are the party's or an alias; a name counts as an alias also where the
    /// gazetteer has both for one party ("United Kingdom" for "Britain").
    pub without_list: LinkingLine,
    /// Without a list, and only the names that the annotator gave the party are right. That is
    /// what a program which knows no list cannot always guess: even with every mention on one
    /// name the figure stays below 1.
    pub without_list_literal: LinkingLine,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LinkingLine {
    pub all: Share,
    /// Mentions that hold a name.
    pub names: Share,
    /// Pronouns and descriptions: "it", "the delegation", "both sides".
    pub anaphors: Share,
}

/// The share of mentions that are right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub share: Figure,
    pub right: u64,
    pub mentions: u64,
}

/// Reports of groups of articles: by genre, say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// What the articles are grouped by, for the table's header.
    pub by: String,
    /// The group with most articles first.
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `None` holds the articles that do not say what group they belong to.
    pub name: Option<String>,
    pub report: Report,
}

/// Every figure over these articles, with intervals. The seed fixes the draws of the bootstrap.
pub fn report(articles: &[ArticleResult], seed: u64) -> Report {
    report_of(&articles.iter().collect::<Vec<_>>(), seed)
}

/// A report for each genre.
pub fn by_genre(articles: &[ArticleResult], seed: u64) -> Breakdown {
    by_group(articles, "genre", |article| article.genre.as_deref(), seed)
}

/// A report for each group of articles; `group` says which one an article belongs to, and `by`
/// what the groups are.
pub fn by_group(
    articles: &[ArticleResult],
    by: &str,
    group: impl Fn(&ArticleResult) -> Option<&str>,
    seed: u64,
) -> Breakdown {
    let mut members: BTreeMap<Option<&str>, Vec<&ArticleResult>> = BTreeMap::new();
    for article in articles {
        members.entry(group(article)).or_default().push(article);
    }
    let mut groups: Vec<Group> = members
        .into_iter()
        .map(|(name, members)| Group {
            name: name.map(str::to_owned),
            report: report_of(&members, seed),
        })
        .collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.report.articles));
    Breakdown {
        by: by.to_owned(),
        groups,
    }
}

fn report_of(articles: &[&ArticleResult], seed: u64) -> Report {
    let issues: BTreeSet<&str> = articles.iter().flat_map(|a| a.issues.names()).collect();
    let issues: Vec<String> = issues.into_iter().map(str::to_owned).collect();
    let sums = articles.iter().map(|a| Totals::of(a, &issues)).collect();
    let bootstrap = Bootstrap::new(sums, seed);
    Report {
        articles: articles.len(),
        draws: DRAWS,
        seed,
        stance: stance(&bootstrap),
        mention: MentionReport {
            exact: scores(&bootstrap, |t| t.mentions.exact),
            overlapping: scores(&bootstrap, |t| t.mentions.overlapping),
        },
        issue: issue(&bootstrap, issues),
        linking: LinkingReport {
            with_list: linking(&bootstrap, |t| t.linking.with_list),
            without_list: linking(&bootstrap, |t| t.linking.without_list),
            without_list_literal: linking(&bootstrap, |t| t.linking.without_list_literal),
        },
        end_to_end: scores(&bootstrap, |t| t.end_to_end),
        end_to_end_without_list: scores(&bootstrap, |t| t.end_to_end_without_list),
    }
}

fn linking(bootstrap: &Bootstrap<Totals>, of: impl Fn(&Totals) -> Linking) -> LinkingLine {
    let share = |of: &dyn Fn(&Totals) -> Tally| {
        let total = of(bootstrap.total());
        Share {
            share: bootstrap.figure(|t| ratio(of(t).right.into(), of(t).all.into())),
            right: total.right.into(),
            mentions: total.all.into(),
        }
    };
    LinkingLine {
        all: share(&|t| of(t).total()),
        names: share(&|t| of(t).names),
        anaphors: share(&|t| of(t).anaphors),
    }
}

fn scores(bootstrap: &Bootstrap<Totals>, counts: impl Fn(&Totals) -> Counts) -> Scores {
    Scores {
        precision: bootstrap.figure(|t| counts(t).precision()),
        recall: bootstrap.figure(|t| counts(t).recall()),
        f1: bootstrap.figure(|t| counts(t).f1()),
        counts: counts(bootstrap.total()),
    }
}

fn stance(bootstrap: &Bootstrap<Totals>) -> StanceReport {
    let counts = &bootstrap.total().stances;
    let bins = counts
        .bins
        .iter()
        .enumerate()
        .map(|(index, bin)| CalibrationBin {
            from: index as f64 / BINS as f64,
            to: (index + 1) as f64 / BINS as f64,
            units: bin.items,
            accuracy: ratio(bin.hits, bin.items),
            confidence: (bin.items > 0).then(|| bin.confidence / bin.items as f64),
        });
    StanceReport {
        units: counts.items(),
        macro_f1: bootstrap.figure(|t| t.stances.macro_f1()),
        accuracy: bootstrap.figure(|t| t.stances.accuracy()),
        accuracy_either: bootstrap.figure(|t| t.stances.accuracy_either()),
        calibration: Calibration {
            error: bootstrap.figure(|t| t.stances.calibration_error()),
            bins: bins.collect(),
        },
        stances: Stance::ALL
            .into_iter()
            .map(|stance| StanceLine {
                stance,
                scores: scores(bootstrap, |t| t.stances.stance(stance)),
            })
            .collect(),
        confusion: counts.confusion,
    }
}

fn issue(bootstrap: &Bootstrap<Totals>, names: Vec<String>) -> IssueReport {
    let mut issues: Vec<IssueLine> = names
        .into_iter()
        .enumerate()
        .map(|(index, issue)| IssueLine {
            issue,
            scores: scores(bootstrap, |t| t.issue(index)),
        })
        .collect();
    issues.sort_by_key(|line| std::cmp::Reverse(line.scores.counts.gold));
    IssueReport {
        micro: scores(bootstrap, Totals::all_issues),
        issues,
    }
}
