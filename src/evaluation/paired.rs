//! Two models on the same articles: how far apart they are, with intervals.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::Serialize;

use super::counts::ratio;
use super::{ArticleResult, Bootstrap, Figure, Totals};

/// Figures of two models on the same articles.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub articles: usize,
    /// Annotated units: parties in sentences.
    pub units: u64,
    pub lines: Vec<Compared>,
}

/// One metric of both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub metric: &'static str,
    pub before: Figure,
    pub after: Figure,
    /// After less before. Its interval comes from drawing the same articles for both, so that
    /// what makes an article easy or hard for any model cancels out.
    pub difference: Figure,
}

#[derive(Debug, Clone, Default)]
struct Pair(Totals, Totals);

impl AddAssign<&Pair> for Pair {
    fn add_assign(&mut self, other: &Pair) {
        self.0 += &other.0;
        self.1 += &other.1;
    }
}

/// Compare what two models find in the same articles, given in the same order. Metrics that
/// nothing was annotated for are left out.
pub fn compare(before: &[ArticleResult], after: &[ArticleResult], seed: u64) -> Comparison {
    let both = before.iter().chain(after);
    let issues: BTreeSet<&str> = both.flat_map(|a| a.issues.names()).collect();
    let issues: Vec<String> = issues.into_iter().map(str::to_owned).collect();
    let pairs = before
        .iter()
        .zip(after)
        .map(|(before, after)| Pair(Totals::of(before, &issues), Totals::of(after, &issues)))
        .collect();
    let drawn = Bootstrap::new(pairs, seed);
    type Metric = fn(&Totals) -> Option<f64>;
    let metrics: [(&'static str, Metric); 7] = [
        ("stance macro-F1", |t| t.stances.macro_f1()),
        ("stance accuracy", |t| t.stances.accuracy()),
        ("calibration error", |t| t.stances.calibration_error()),
        ("issue micro-F1", |t| t.all_issues().f1()),
        ("mention F1, exact", |t| t.mentions.exact.f1()),
        ("linking, with list", |t| {
            let all = t.linking.with_list.total();
            ratio(all.right.into(), all.all.into())
        }),
        ("end-to-end F1, with list", |t| t.end_to_end.f1()),
    ];
    let lines = metrics
        .into_iter()
        .map(|(metric, of)| Compared {
            metric,
            before: drawn.figure(|pair| of(&pair.0)),
            after: drawn.figure(|pair| of(&pair.1)),
            difference: drawn.figure(|pair| Some(of(&pair.1)? - of(&pair.0)?)),
        })
        .filter(|line| line.difference.value.is_some())
        .collect();
    Comparison {
        articles: before.len(),
        units: drawn.total().0.stances.items(),
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::Stance;
    use crate::evaluation::StanceItem;

    fn article(right: usize, of: usize) -> ArticleResult {
        let item = |hit: bool| StanceItem {
            gold: Stance::Cautious,
            secondary: None,
            probabilities: if hit {
                [0.0, 1.0, 0.0, 0.0]
            } else {
                [1.0, 0.0, 0.0, 0.0]
            },
        };
        ArticleResult {
            stances: (0..of).map(|i| item(i < right)).collect(),
            ..ArticleResult::default()
        }
    }

    fn accuracy(before: &[ArticleResult], after: &[ArticleResult]) -> Compared {
        let comparison = compare(before, after, 1);
        let found = comparison
            .lines
            .iter()
            .find(|l| l.metric == "stance accuracy");
        found.cloned().unwrap()
    }

    #[test]
    fn a_steady_gain_is_certain_however_much_articles_differ() {
        // Articles range from 0 to 9 right of 10; each has one more right afterwards.
        let before: Vec<_> = (0..40).map(|i| article(i % 10, 10)).collect();
        let after: Vec<_> = (0..40).map(|i| article(i % 10 + 1, 10)).collect();
        let line = accuracy(&before, &after);
        let near = |figure: Option<f64>, value: f64| (figure.unwrap() - value).abs() < 1e-9;
        assert!(near(line.difference.value, 0.1) && near(line.difference.low, 0.1));
        assert!(near(line.difference.high, 0.1));
        assert!(line.before.high.unwrap() - line.before.low.unwrap() > 0.1);
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let results: Vec<_> = (0..9).map(|i| article(i, 10)).collect();
        let line = accuracy(&results, &results);
        assert_eq!(line.before, line.after);
        assert_eq!(line.difference.low, Some(0.0));
        assert_eq!(line.difference.high, Some(0.0));
    }

    #[test]
    fn what_was_not_annotated_is_not_compared() {
        let comparison = compare(&[article(1, 2)], &[article(2, 2)], 1);
        let names: Vec<_> = comparison.lines.iter().map(|l| l.metric).collect();
        assert_eq!(
            names,
            ["stance macro-F1", "stance accuracy", "calibration error"]
        );
        assert_eq!(comparison.lines[0].difference.low, None, "one article");
    }
}
