//! What a cell keeps of its articles: a few sums for each.

use std::cmp::Ordering;

/// The articles of a cell, each with its sums. Where there are many articles these are most of
/// what is in memory, so the values stand in three lists side by side, with nothing between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// How many sums an article has.
    stances: usize,
    articles: Vec<u32>,
    /// One for each article and stance.
    sums: Vec<f64>,
    tops: Vec<u32>,
}

/// One article's part of a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster<'c> {
    /// Number of the article, in the order of summit and id.
    pub(super) article: u32,
    /// Sums of each stance's probabilities over the article's sentences.
    pub sums: &'c [f64],
    /// Sentences by their most probable stance.
    pub tops: &'c [u32],
}

impl Cluster<'_> {
    /// How many of the article's sentences the cell has.
    pub fn sentences(&self) -> u32 {
        self.tops.iter().sum()
    }
}

impl Clusters {
    /// No article yet, with sums of so many stances.
    pub fn new(stances: usize) -> Clusters {
        Clusters {
            stances: stances.max(1),
            articles: Vec::new(),
            sums: Vec::new(),
            tops: Vec::new(),
        }
    }

    /// How many stances are told apart.
    pub fn stances(&self) -> usize {
        self.stances
    }

    /// How many articles there are.
    pub fn len(&self) -> usize {
        self.articles.len()
    }

    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }

    /// The articles in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cluster<'_>> {
        let sums = self.sums.chunks_exact(self.stances);
        let tops = self.tops.chunks_exact(self.stances);
        let each = self.articles.iter().zip(sums.zip(tops));
        each.map(|(article, (sums, tops))| Cluster {
            article: *article,
            sums,
            tops,
        })
    }

    /// How many sentences the cell has.
    pub fn sentences(&self) -> u64 {
        self.tops.iter().copied().map(u64::from).sum()
    }

    /// The mean probability of each stance among the cell's sentences; NaN without any.
    pub fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.stances];
        for cluster in self.iter() {
            add(&mut sums, cluster.sums);
        }
        let sentences = self.sentences() as f64;
        sums.iter().map(|sum| sum / sentences).collect()
    }

    /// How many sentences have each stance as their most probable.
    pub fn tops(&self) -> Vec<u64> {
        let mut tops = vec![0; self.stances];
        for cluster in self.iter() {
            let each = tops.iter_mut().zip(cluster.tops);
            each.for_each(|(sum, n)| *sum += u64::from(*n));
        }
        tops
    }

    /// Add a sentence of an article. Sentences of one article that come together are put together.
    pub fn add(&mut self, article: u32, probabilities: &[f32], top: usize) {
        if self.articles.last() != Some(&article) {
            self.articles.push(article);
            self.sums.resize(self.articles.len() * self.stances, 0.0);
            self.tops.resize(self.articles.len() * self.stances, 0);
        }
        let from = (self.articles.len() - 1) * self.stances;
        let sums = self.sums.get_mut(from..).unwrap_or_default();
        for (sum, p) in sums.iter_mut().zip(probabilities) {
            *sum += f64::from(*p);
        }
        if let Some(count) = self.tops.get_mut(from + top) {
            *count += 1;
        }
    }

    /// The articles in the order of their ranks, the parts of one article put together; `ranks`
    /// become their numbers.
    pub(super) fn ranked(self, ranks: &[u32]) -> Clusters {
        let rank = |article: u32| ranks.get(article as usize).copied().unwrap_or(u32::MAX);
        let articles: Vec<u32> = self.articles.iter().map(|a| rank(*a)).collect();
        if articles.is_sorted_by(|one, two| one.cmp(two) == Ordering::Less) {
            return Clusters { articles, ..self };
        }
        let mut order: Vec<usize> = (0..articles.len()).collect();
        order.sort_by_key(|index| articles[*index]);
        let mut ranked = Clusters::new(self.stances);
        for index in order {
            let at = index * self.stances..(index + 1) * self.stances;
            let (sums, tops) = (&self.sums[at.clone()], &self.tops[at]);
            if ranked.articles.last() == Some(&articles[index]) {
                let from = (ranked.len() - 1) * self.stances;
                add(&mut ranked.sums[from..], sums);
                let each = ranked.tops[from..].iter_mut().zip(tops);
                each.for_each(|(sum, n)| *sum += n);
            } else {
                ranked.articles.push(articles[index]);
                ranked.sums.extend_from_slice(sums);
                ranked.tops.extend_from_slice(tops);
            }
        }
        ranked
    }
}

/// One article's labelled rows in a cell, weighted by the inverse of the probability with which
/// each was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledCluster {
    pub(super) article: u32,
    pub rows: u32,
    /// Sum of weights, and of their squares.
    pub weight: f64,
    pub squared_weight: f64,
    /// Weighted sums of the predicted probabilities of the stances.
    pub predicted: Vec<f64>,
    /// Weighted sums of the labels: 1 for the labelled stance, 0 for the others.
    pub labelled: Vec<f64>,
}

impl LabelledCluster {
    /// One labelled row of an article.
    pub(super) fn of_row(
        article: u32,
        probabilities: &[f32],
        stance: usize,
        weight: f64,
    ) -> LabelledCluster {
        let one_hot = |index| if index == stance { weight } else { 0.0 };
        LabelledCluster {
            article,
            rows: 1,
            weight,
            squared_weight: weight * weight,
            predicted: probabilities
                .iter()
                .map(|p| f64::from(*p) * weight)
                .collect(),
            labelled: (0..probabilities.len()).map(one_hot).collect(),
        }
    }

    pub(super) fn merge(&mut self, other: &LabelledCluster) {
        self.rows += other.rows;
        self.weight += other.weight;
        self.squared_weight += other.squared_weight;
        add(&mut self.predicted, &other.predicted);
        add(&mut self.labelled, &other.labelled);
    }

    /// As [`Clusters::ranked`].
    pub(super) fn ranked(mut parts: Vec<LabelledCluster>, ranks: &[u32]) -> Vec<LabelledCluster> {
        for part in &mut parts {
            part.article = ranks
                .get(part.article as usize)
                .copied()
                .unwrap_or(u32::MAX);
        }
        parts.sort_by_key(|part| part.article);
        parts.dedup_by(|later, earlier| {
            let same = later.article == earlier.article;
            if same {
                earlier.merge(later);
            }
            same
        });
        parts
    }
}

fn add(sums: &mut [f64], values: &[f64]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_article_are_put_together_in_the_order_of_ranks() {
        let mut clusters = Clusters::new(3);
        for (article, top) in [(0, 0), (0, 2), (1, 1), (0, 1), (2, 2)] {
            let mut p = [0.25; 3];
            p[top] = 0.5;
            clusters.add(article, &p, top);
        }
        assert_eq!((clusters.len(), clusters.sentences()), (4, 5));
        assert_eq!(clusters.means(), [0.3, 0.35, 0.35]);
        assert_eq!(clusters.tops(), [1, 2, 2]);
        let means = clusters.means();
        let ranked = clusters.ranked(&[1, 0, 2]);
        let found: Vec<_> = ranked.iter().map(|c| (c.article, c.sums, c.tops)).collect();
        assert_eq!(
            found,
            [
                (0, [0.25, 0.5, 0.25].as_slice(), [0, 1, 0].as_slice()),
                (1, &[1.0, 1.0, 1.0], &[1, 1, 1]),
                (2, &[0.25, 0.25, 0.5], &[0, 0, 1]),
            ]
        );
        assert_eq!(ranked.means(), means);
    }

    #[test]
    fn an_article_takes_little_memory() {
        // The four stances of the codebook: a number, four sums and four counts.
        let mut clusters = Clusters::new(4);
        for article in 0..10_000 {
            clusters.add(article, &[0.25; 4], 0);
        }
        let bytes = 4 * clusters.articles.len() + 8 * clusters.sums.len() + 4 * clusters.tops.len();
        assert_eq!(bytes, 52 * 10_000);
    }
}
