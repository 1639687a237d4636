//! Coverage by simulation: how often a 95% interval holds the truth, which is known here.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::summary::bootstrap::mean_intervals;

/// A world of articles of three kinds, equally frequent. An article's kind decides how likely
/// each stance is in its sentences, so sentences of one article resemble each other.
const KINDS: [[f64; 4]; 3] = [
    [0.50, 0.10, 0.10, 0.30],
    [0.10, 0.40, 0.20, 0.30],
    [0.10, 0.10, 0.60, 0.20],
];

/// The true share of each stance. Every kind has the same sizes of articles, so the share among
/// sentences is the mean over kinds.
fn truth() -> [f64; 4] {
    std::array::from_fn(|s| KINDS.iter().map(|kind| kind[s]).sum::<f64>() / 3.0)
}

/// How the world is sampled.
struct World {
    articles: usize,
    labels: usize,
    /// Weight of a sentence's true stance in the classifier's logits.
    skill: f64,
    /// Added to the logits: what the classifier wrongly prefers.
    bias: [f64; 4],
    /// Rows that the classifier calls insistent are labelled this many times as often.
    oversampled: f64,
}

const BIASED: World = World {
    articles: 120,
    labels: 200,
    skill: 2.0,
    bias: [0.0, 0.0, 1.5, 0.0],
    oversampled: 1.0,
};

impl World {
    /// Articles of 1 to 12 sentences, all scored and some labelled.
    fn draw(&self, rng: &mut ChaCha8Rng) -> (Clusters, Vec<LabelledCluster>) {
        let mut rows: Vec<(u32, usize, [f32; 4])> = Vec::new();
        for article in 0..self.articles as u32 {
            let kind = KINDS[rng.random_range(0..3)];
            // What the classifier thinks of an article's style is wrong in all its sentences.
            let style: [f64; 4] = std::array::from_fn(|_| rng.random_range(-0.5..0.5));
            for _ in 0..rng.random_range(1..13) {
                let stance = choose(&kind, rng);
                let logits: [f64; 4] = std::array::from_fn(|s| {
                    let right = if s == stance { self.skill } else { 0.0 };
                    right + self.bias[s] + style[s] + rng.random_range(-1.5..1.5)
                });
                let exps = logits.map(f64::exp);
                let sum: f64 = exps.iter().sum();
                rows.push((article, stance, exps.map(|e| (e / sum) as f32)));
            }
        }
        let weights = self.label(&rows, rng);
        let mut articles = Clusters::new(4);
        let mut labelled: Vec<LabelledCluster> = Vec::new();
        for ((article, stance, p), weight) in rows.into_iter().zip(weights) {
            articles.add(article, &p, top(&p));
            let Some(w) = weight else { continue };
            let part = LabelledCluster::of_row(article, &p, stance, w);
            match labelled.last_mut() {
                Some(last) if last.article == article => last.merge(&part),
                _ => labelled.push(part),
            }
        }
        (articles, labelled)
    }

    /// The weight of each row that is labelled: a stratified random sample of rows.
    fn label(&self, rows: &[(u32, usize, [f32; 4])], rng: &mut ChaCha8Rng) -> Vec<Option<f64>> {
        let mut weights = vec![None; rows.len()];
        let is_often = |row: &(u32, usize, [f32; 4])| top(&row.2) == 2;
        let often: Vec<usize> = (0..rows.len()).filter(|i| is_often(&rows[*i])).collect();
        let seldom: Vec<usize> = (0..rows.len()).filter(|i| !is_often(&rows[*i])).collect();
        let share = self.oversampled * often.len() as f64;
        let n = (self.labels as f64 * share / (share + seldom.len() as f64)).round() as usize;
        for (stratum, n) in [(often, n), (seldom, self.labels - n)] {
            let n = n.min(stratum.len());
            for index in rand::seq::index::sample(rng, stratum.len(), n) {
                weights[stratum[index]] = Some(stratum.len() as f64 / n as f64);
            }
        }
        weights
    }
}

fn choose(p: &[f64; 4], rng: &mut impl Rng) -> usize {
    let mut u: f64 = rng.random();
    for (s, p) in p.iter().enumerate() {
        u -= p;
        if u < 0.0 {
            return s;
        }
    }
    3
}

fn top(p: &[f32; 4]) -> usize {
    (0..4).fold(0, |best, s| if p[s] > p[best] { s } else { best })
}

/// The share of `runs` whose interval of each stance holds the truth.
fn coverage(
    runs: usize,
    truth: [f64; 4],
    mut interval: impl FnMut(&mut ChaCha8Rng) -> Vec<Interval>,
) -> [f64; 4] {
    let mut held = [0usize; 4];
    for run in 0..runs {
        let mut rng = ChaCha8Rng::seed_from_u64(run as u64);
        for (s, i) in interval(&mut rng).into_iter().enumerate() {
            held[s] += usize::from(i.low <= truth[s] && truth[s] <= i.high);
        }
    }
    held.map(|n| n as f64 / runs as f64)
}

fn corrected(world: &World, rng: &mut ChaCha8Rng) -> Corrected {
    let (articles, labelled) = world.draw(rng);
    estimate(&articles, &labelled, None).unwrap()
}

fn intervals(corrected: &Corrected) -> Vec<Interval> {
    let estimates = corrected.estimates().into_iter();
    estimates.map(|e| e.interval.unwrap()).collect()
}

fn assert_nominal(coverage: [f64; 4], what: &str) {
    println!("{what}: {coverage:.3?}");
    assert!(
        coverage.iter().all(|c| (0.93..=0.97).contains(c)),
        "{what}: {coverage:?}"
    );
}

#[test]
fn a_biased_classifier_misleads_alone_and_not_with_labels() {
    let naive = coverage(300, truth(), |rng| {
        let (articles, _) = BIASED.draw(rng);
        mean_intervals(&articles, 200, rng)
    });
    println!("naive: {naive:.3?}");
    // Of the stance that it prefers, and of those it robs.
    assert!(naive.iter().all(|c| *c < 0.5), "naive: {naive:?}");
    assert!(naive[2] < 0.05, "naive: {naive:?}");
    let both = coverage(2000, truth(), |rng| intervals(&corrected(&BIASED, rng)));
    assert_nominal(both, "corrected");
}

#[test]
fn a_stratified_sample_and_a_small_one_cover_as_well() {
    let stratified = World {
        oversampled: 3.0,
        ..BIASED
    };
    let held = coverage(4000, truth(), |rng| intervals(&corrected(&stratified, rng)));
    assert_nominal(held, "stratified");
    let small = World {
        articles: 60,
        labels: 50,
        ..BIASED
    };
    let held = coverage(2000, truth(), |rng| intervals(&corrected(&small, rng)));
    assert_nominal(held, "small");
}

#[test]
fn differences_cover_and_their_p_values_are_right_as_often_as_they_say() {
    let other = World {
        bias: [0.8, 0.0, 0.0, 0.8],
        ..BIASED
    };
    let mut rejected = [0usize; 4];
    let held = coverage(2000, [0.0; 4], |rng| {
        // The worlds are alike; only the classifier's errors differ, as with another press.
        let (one, two) = (corrected(&BIASED, rng), corrected(&other, rng));
        let differences = differences(&one, &two);
        for (count, d) in rejected.iter_mut().zip(&differences) {
            *count += usize::from(d.p < 0.05);
        }
        differences.into_iter().map(|d| d.interval).collect()
    });
    assert_nominal(held, "differences");
    let false_alarms = rejected.map(|n| 1.0 - n as f64 / 2000.0);
    assert_nominal(false_alarms, "1 - false alarms");
}

#[test]
fn a_stance_that_no_label_shows_is_not_declared_absent() {
    // Six labelled articles of ten rows, one row labelled in each, none of them optimistic.
    let mut articles = Clusters::new(4);
    for article in 0..60 {
        for top in [1, 1, 1, 1, 2, 2, 2, 3, 3, 3] {
            articles.add(article, &[0.05, 0.35, 0.3, 0.3], top);
        }
    }
    let labelled: Vec<LabelledCluster> = (0..12)
        .map(|article| LabelledCluster {
            article,
            rows: 1,
            weight: 50.0,
            squared_weight: 2500.0,
            predicted: vec![2.5, 17.5, 15.0, 15.0],
            labelled: if article % 2 == 0 {
                vec![0., 50., 0., 0.]
            } else {
                vec![0., 0., 50., 0.]
            },
        })
        .collect();
    let corrected = estimate(&articles, &labelled, None).unwrap();
    let optimistic = corrected.estimates()[0];
    assert_eq!(optimistic.value, 0.0);
    let interval = optimistic.interval.unwrap();
    assert_eq!(interval.low, 0.0);
    // Wilson: z² / (n + z²) with n = 12.
    assert!(
        (interval.high - 3.841_459 / 15.841_459).abs() < 1e-6,
        "{interval:?}"
    );
    let difference = differences(&corrected, &corrected)[0];
    assert!(difference.interval.low < -0.2 && difference.interval.high > 0.2);
}
