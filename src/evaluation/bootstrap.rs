//! Figures with intervals, from a bootstrap over articles.

use std::ops::AddAssign;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// How often the articles are drawn anew.
pub const DRAWS: usize = 1_000;

/// With fewer articles than this a report says that its intervals are rough: the percentile
/// bootstrap is then known to give intervals that are too narrow.
pub const ROUGH_BELOW: usize = 10;

/// A measured figure with its 95% interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// `None` (`null` in JSON) where there is nothing to measure: no gold unit and no prediction.
    pub value: Option<f64>,
    /// The 2.5th percentile of the draws; `None` where fewer than two articles have anything to
    /// measure, since one article says nothing of how articles differ.
    pub low: Option<f64>,
    /// The 97.5th percentile of the draws; `None` as `low` is.
    pub high: Option<f64>,
}

/// Sums over [`DRAWS`] samples of the articles, each of as many articles as there are, drawn with
/// replacement. Sentences of one article are not independent, so articles are what is drawn.
///
/// The draws are made once and serve every figure. The same articles in the same order with the
/// same seed give the same draws.
pub struct Bootstrap<T> {
    articles: Vec<T>,
    total: T,
    draws: Vec<T>,
}

impl<T: Clone + Default + for<'a> AddAssign<&'a T>> Bootstrap<T> {
    /// Draw from articles, each given by its sums.
    pub fn new(articles: Vec<T>, seed: u64) -> Self {
        let sum = |of: &mut dyn Iterator<Item = &T>| {
            let mut sum = T::default();
            of.for_each(|article| sum += article);
            sum
        };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let draws = if articles.len() < 2 {
            Vec::new()
        } else {
            let mut draw = || {
                let picks = 0..articles.len();
                sum(&mut picks.map(|_| &articles[random.random_range(0..articles.len())]))
            };
            (0..DRAWS).map(|_| draw()).collect()
        };
        Bootstrap {
            total: sum(&mut articles.iter()),
            articles,
            draws,
        }
    }

    /// The sums over all articles.
    pub fn total(&self) -> &T {
        &self.total
    }

    /// A figure and its interval by the percentile method; quantiles are interpolated linearly
    /// (R's type 7, numpy's default). Draws in which the figure is undefined are left out.
    pub fn figure(&self, of: impl Fn(&T) -> Option<f64>) -> Figure {
        let of = |sums: &T| of(sums).filter(|value| value.is_finite());
        let value = of(&self.total);
        let with_any = self
            .articles
            .iter()
            .filter(|a| of(a).is_some())
            .take(2)
            .count();
        if value.is_none() || with_any < 2 {
            return Figure {
                value,
                low: None,
                high: None,
            };
        }
        let mut values: Vec<f64> = self.draws.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        Figure {
            value,
            low: quantile(&values, 0.025),
            high: quantile(&values, 0.975),
        }
    }
}

fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(position.floor() as usize)?;
    let above = *sorted.get(position.ceil() as usize)?;
    Some(below + (above - below) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::Counts;

    #[derive(Clone, Default)]
    struct Sum(Counts);
    impl AddAssign<&Sum> for Sum {
        fn add_assign(&mut self, other: &Sum) {
            self.0 += other.0;
        }
    }
    fn articles(hits: &[u64]) -> Vec<Sum> {
        let of = |&hits| {
            Sum(Counts {
                hits,
                predicted: 10,
                gold: 10,
            })
        };
        hits.iter().map(of).collect()
    }
    fn f1(sum: &Sum) -> Option<f64> {
        sum.0.f1()
    }

    #[test]
    fn quantiles_are_interpolated() {
        let values: Vec<f64> = (0..=4).map(f64::from).collect();
        assert_eq!(quantile(&values, 0.5), Some(2.0));
        assert_eq!(quantile(&values, 0.125), Some(0.5));
        assert_eq!(quantile(&values, 1.0), Some(4.0));
        assert_eq!(quantile(&[3.0], 0.975), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn two_articles_span_the_interval_from_one_to_the_other() {
        // A quarter of the draws is twice the first, a quarter twice the second: the outer 2.5%
        // on each side are exactly these.
        let figure = Bootstrap::new(articles(&[2, 9]), 1).figure(f1);
        assert_eq!(figure.value, Some(0.55));
        assert_eq!((figure.low, figure.high), (Some(0.2), Some(0.9)));
    }

    #[test]
    fn the_interval_agrees_with_the_normal_one_for_many_articles() {
        let hits: Vec<u64> = (0..400).map(|i| i % 11).collect();
        let figure = Bootstrap::new(articles(&hits), 3).figure(f1);
        let mean = hits.iter().sum::<u64>() as f64 / 400.0;
        let spread = hits.iter().map(|&h| (h as f64 - mean).powi(2)).sum::<f64>() / 400.0;
        let half = 1.96 * spread.sqrt() / 20.0 / 10.0;
        assert!((figure.value.unwrap() - mean / 10.0).abs() < 1e-12);
        // Quantiles of 1,000 draws are off by about a tenth of the half width.
        assert!((figure.low.unwrap() - (mean / 10.0 - half)).abs() < 0.25 * half);
        assert!((figure.high.unwrap() - (mean / 10.0 + half)).abs() < 0.25 * half);
    }

    #[test]
    fn a_seed_fixes_the_draws() {
        let of = |seed| Bootstrap::new(articles(&[1, 4, 5, 9, 7, 3, 2]), seed).figure(f1);
        assert_eq!(of(5), of(5));
        assert_ne!((of(5).low, of(5).high), (of(6).low, of(6).high));
    }

    #[test]
    fn one_article_with_anything_to_measure_gives_no_interval() {
        let one = Bootstrap::new(articles(&[5]), 1).figure(f1);
        assert_eq!(
            one,
            Figure {
                value: Some(0.5),
                low: None,
                high: None
            }
        );
        let mut padded = articles(&[5]);
        padded.resize(4, Sum::default());
        assert_eq!(Bootstrap::new(padded, 1).figure(f1), one);
        assert_eq!(
            Bootstrap::<Sum>::new(Vec::new(), 1).figure(f1),
            Figure::default()
        );
    }
}
