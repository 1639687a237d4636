//! Models on the same articles: how far apart they are, with intervals.

use std::collections::BTreeSet;
use std::ops::AddAssign;

use serde::Serialize;

use super::counts::ratio;
use super::{ArticleResult, Bootstrap, Figure, Totals};

/// Figures of a model and of what came after it, on the same articles.
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
    /// The mean over the models that came after, if there are several.
    pub after: Figure,
    /// After less before. Its interval comes from drawing the same articles for both, so that
    /// what makes an article easy or hard for any model cancels out.
    pub difference: Figure,
}

#[derive(Debug, Clone, Default)]
struct Both {
    before: Totals,
    after: Vec<Totals>,
}

impl AddAssign<&Both> for Both {
    fn add_assign(&mut self, other: &Both) {
        self.before += &other.before;
        self.after.resize_with(other.after.len(), Totals::default);
        for (sum, totals) in self.after.iter_mut().zip(&other.after) {
            *sum += totals;
        }
    }
}

impl Both {
    /// The mean of a metric over the models that came after.
    fn after(&self, metric: fn(&Totals) -> Option<f64>) -> Option<f64> {
        let values: Option<Vec<f64>> = self.after.iter().map(metric).collect();
        let values = values?;
        Some(values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// Compare what a model and others after it, one or several of a kind, find in the same articles,
/// given in the same order. Metrics that nothing was annotated for are left out.
pub fn compare(before: &[ArticleResult], after: &[&[ArticleResult]], seed: u64) -> Comparison {
    let all = before.iter().chain(after.iter().copied().flatten());
    let issues: BTreeSet<&str> = all.flat_map(|a| a.issues.names()).collect();
    let issues: Vec<String> = issues.into_iter().map(str::to_owned).collect();
    let pairs = before
        .iter()
        .enumerate()
        .map(|(at, before)| Both {
            before: Totals::of(before, &issues),
            after: after
                .iter()
                .filter_map(|model| model.get(at))
                .map(|article| Totals::of(article, &issues))
                .collect(),
        })
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
            before: drawn.figure(|both| of(&both.before)),
            after: drawn.figure(|both| both.after(of)),
            difference: drawn.figure(|both| Some(both.after(of)? - of(&both.before)?)),
        })
        .filter(|line| line.difference.value.is_some())
        .collect();
    Comparison {
        articles: before.len(),
        units: drawn.total().before.stances.items(),
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
        let comparison = compare(before, &[after], 1);
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
    fn several_after_one_are_compared_by_their_mean() {
        let before: Vec<_> = (0..40).map(|i| article(i % 9, 10)).collect();
        let one: Vec<_> = (0..40).map(|i| article(i % 9 + 1, 10)).collect();
        let comparison = compare(&before, &[&one, &before], 1);
        let line = comparison
            .lines
            .iter()
            .find(|l| l.metric == "stance accuracy");
        let difference = line.unwrap().difference;
        assert!((difference.value.unwrap() - 0.05).abs() < 1e-9);
        assert!((difference.low.unwrap() - 0.05).abs() < 1e-9);
    }

    #[test]
    fn what_was_not_annotated_is_not_compared() {
        let comparison = compare(&[article(1, 2)], &[&[article(2, 2)]], 1);
        let names: Vec<_> = comparison.lines.iter().map(|l| l.metric).collect();
        assert_eq!(
            names,
            ["stance macro-F1", "stance accuracy", "calibration error"]
        );
        assert_eq!(comparison.lines[0].difference.low, None, "one article");
    }
}
