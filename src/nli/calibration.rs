//! From entailment to probabilities of stances.
//!
//! The log odds of the stances' hypotheses become probabilities by a softmax in which neutral has
//! the log odds 0. That is what follows where the entailments are independent and a party takes
//! one stance at most: each stance then is as likely as its odds, against 1 for none of them.
//! Neutral so needs no hypothesis of its own, which would have to deny the others; inference models
//! judge denials badly (Hossain et al. 2020, "An Analysis of Natural Language Inference Benchmarks
//! through the Lens of Negation"). The log odds can be divided by a temperature and moved by a bias for each stance, both chosen on labelled
//! sentences (bias-corrected temperature scaling; Alexandari, Kundaje and Shrikumar 2020, "Maximum
//! Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation").

use crate::scores::StanceNames;

/// Log odds of each stance's hypotheses, in the order of the stances' names; neutral's are last.
pub type Evidence = Vec<f64>;

/// How log odds become probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    pub stances: StanceNames,
    /// The log odds are divided by it.
    pub temperature: f64,
    /// Added to each stance's then, in the order of the names; that of neutral is 0.
    pub bias: Vec<f64>,
}

impl Calibration {
    /// The log odds as they are.
    pub fn none(stances: &StanceNames) -> Calibration {
        Calibration {
            stances: stances.clone(),
            temperature: 1.0,
            bias: vec![0.0; stances.len()],
        }
    }

    /// The probabilities of the stances; they sum to 1.
    pub fn probabilities(&self, evidence: &[f64]) -> Vec<f64> {
        let mut logits = self.bias.clone();
        for (logit, evidence) in logits.iter_mut().zip(evidence) {
            *logit += evidence / self.temperature;
        }
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for logit in &mut logits {
            *logit = (*logit - top).exp();
        }
        let sum: f64 = logits.iter().sum();
        logits.into_iter().map(|weight| weight / sum).collect()
    }
}

impl std::fmt::Display for Calibration {
    /// `temperature 1.832; bias optimistic -0.210, cautious 0.100, insistent 0.330`, or `none`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Calibration::none(&self.stances) {
            return f.write_str("none");
        }
        write!(f, "temperature {:.3}; bias", self.temperature)?;
        // Neutral's is the zero of the others.
        for (index, (name, bias)) in self.stances.attitudes().zip(&self.bias).enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma} {name} {bias:.3}")?;
        }
        Ok(())
    }
}

/// A unit whose stance is known.
#[derive(Debug, Clone)]
pub struct Labelled {
    pub evidence: Evidence,
    /// The place of its stance among the names.
    pub gold: usize,
    /// Which article it is of.
    pub article: usize,
}

/// A calibration chosen on labelled units, and how likely their labels are. Lower is better, and
/// ln n is what n stances of equal chances have (1.386 for four).
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub calibration: Calibration,
    pub units: usize,
    /// Mean negative log-likelihood of the labels without calibration,
    pub before: f64,
    /// and with one that was chosen on other articles, in five parts; `None` for fewer than five.
    pub held_out: Option<f64>,
}

/// Parts in which articles are held out in turn.
const PARTS: usize = 5;

impl Fit {
    /// Choose on these, labelled with these stances; there is at least one.
    pub fn of(items: &[Labelled], stances: &StanceNames) -> Fit {
        let all: Vec<&Labelled> = items.iter().collect();
        Fit {
            calibration: rounded(choose(&all, stances)),
            units: items.len(),
            before: loss(&Calibration::none(stances), &all),
            held_out: held_out(items, stances),
        }
    }
}

fn held_out(items: &[Labelled], stances: &StanceNames) -> Option<f64> {
    let mut articles: Vec<usize> = items.iter().map(|item| item.article).collect();
    articles.dedup();
    if articles.len() < PARTS {
        return None;
    }
    let part_of = |item: &Labelled| articles.partition_point(|a| *a < item.article) % PARTS;
    let mut sum = 0.0;
    for part in 0..PARTS {
        let (held, others): (Vec<&Labelled>, Vec<&Labelled>) =
            items.iter().partition(|item| part_of(item) == part);
        sum += loss(&choose(&others, stances), &held) * held.len() as f64;
    }
    Some(sum / items.len() as f64)
}

/// Mean negative log-likelihood of the labels.
fn loss(calibration: &Calibration, items: &[&Labelled]) -> f64 {
    let sum: f64 = items
        .iter()
        .map(|item| {
            let p = calibration.probabilities(&item.evidence);
            let p = p.get(item.gold).copied().unwrap_or_default();
            -p.max(f64::MIN_POSITIVE).ln()
        })
        .sum();
    sum / items.len().max(1) as f64
}

/// What is written into files is what is used.
fn rounded(calibration: Calibration) -> Calibration {
    let round = |value: f64| (value * 1e3).round() / 1e3;
    Calibration {
        temperature: round(calibration.temperature).max(1e-3),
        bias: calibration.bias.into_iter().map(round).collect(),
        stances: calibration.stances,
    }
}

/// As many units of no preference keep a few labels from saying too much.
const PRIOR: f64 = 1.0;
const STEPS: usize = 5_000;

/// Temperature and biases of the highest likelihood, by descent along the gradient with steps that
/// halve until they lead down. The free values are the temperature's negative logarithm, by which
/// it stays positive, and the biases but for neutral's.
fn choose(items: &[&Labelled], stances: &StanceNames) -> Calibration {
    let count = items.len().max(1) as f64;
    let made_of = |values: &[f64]| -> Calibration {
        let (log, biases) = values.split_first().unwrap_or((&0.0, &[]));
        Calibration {
            stances: stances.clone(),
            temperature: (-log).exp(),
            bias: biases.iter().copied().chain([0.0]).collect(),
        }
    };
    let cost = |values: &[f64]| {
        let prior: f64 = values.iter().map(|value| value * value).sum();
        loss(&made_of(values), items) + PRIOR * prior / (2.0 * count)
    };
    // As many as stances: one temperature, and a bias for all but neutral.
    let mut values = vec![0.0; stances.len()];
    let mut now = cost(&values);
    let mut step = 1.0;
    for _ in 0..STEPS {
        let gradient = gradient(&made_of(&values), items);
        let slope: Vec<f64> = gradient
            .iter()
            .zip(&values)
            .map(|(gradient, value)| gradient + PRIOR * value / count)
            .collect();
        let steepness: f64 = slope.iter().map(|s| s * s).sum();
        if steepness.sqrt() < 1e-7 {
            break;
        }
        step *= 2.0;
        loop {
            let next: Vec<f64> = values
                .iter()
                .zip(&slope)
                .map(|(value, slope)| value - step * slope)
                .collect();
            let cost = cost(&next);
            // Armijo's condition.
            if cost <= now - 0.3 * step * steepness {
                (values, now) = (next, cost);
                break;
            }
            step /= 2.0;
            if step < 1e-12 {
                return made_of(&values);
            }
        }
    }
    made_of(&values)
}

/// Of the mean negative log-likelihood, by the temperature's negative logarithm and the biases but
/// for neutral's.
fn gradient(calibration: &Calibration, items: &[&Labelled]) -> Vec<f64> {
    let neutral = calibration.stances.neutral();
    let mut sum = vec![0.0; calibration.stances.len()];
    for item in items {
        let p = calibration.probabilities(&item.evidence);
        for (stance, (p, evidence)) in p.iter().zip(&item.evidence).enumerate() {
            let error = p - f64::from(u8::from(stance == item.gold));
            sum[0] += error * evidence / calibration.temperature;
            if stance != neutral {
                sum[1 + stance] += error;
            }
        }
    }
    sum.into_iter()
        .map(|value| value / items.len().max(1) as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_sentence_that_entails_nothing_is_neutral() {
        let none = none();
        let p = none.probabilities(&[-6.0, -5.0, -7.0, 0.0]);
        assert!(p[3] > 0.98, "{p:?}");
        // Odds of 3, 1 and 1/2 against 1.
        let p = none.probabilities(&[3f64.ln(), 0.0, 0.5f64.ln(), 0.0]);
        for (p, odds) in p.iter().zip([3.0, 1.0, 0.5, 1.0]) {
            assert!((p - odds / 5.5).abs() < 1e-12);
        }
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    fn none() -> Calibration {
        Calibration::none(&StanceNames::codebook())
    }

    /// Units whose labels are drawn from what a calibration says of random log odds.
    fn drawn(truth: &Calibration, count: usize) -> Vec<Labelled> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        (0..count)
            .map(|index| {
                let neutral = truth.stances.neutral();
                let mut evidence = vec![0.0; neutral + 1];
                evidence[..neutral].fill_with(|| rng.random_range(-8.0..8.0));
                let mut left: f64 = rng.random();
                let p = truth.probabilities(&evidence);
                let gold = (0..neutral).find(|stance| {
                    left -= p[*stance];
                    left < 0.0
                });
                Labelled {
                    evidence,
                    gold: gold.unwrap_or(neutral),
                    article: index / 10,
                }
            })
            .collect()
    }

    #[test]
    fn the_calibration_that_labels_were_drawn_from_is_found() {
        let own = |names: &[&str]| StanceNames::new(names.iter().copied()).unwrap();
        for (stances, bias) in [
            (StanceNames::codebook(), vec![0.5, -1.0, 1.5, 0.0]),
            (own(&["supportive"]), vec![-0.7, 0.0]),
            (
                own(&["s1", "s2", "s3", "s4", "s5"]),
                vec![0.5, -1.0, 1.5, 0.0, -0.5, 0.0],
            ),
        ] {
            let truth = Calibration {
                stances,
                temperature: 2.5,
                bias,
            };
            let items = drawn(&truth, 4_000);
            let fit = Fit::of(&items, &truth.stances);
            let found = fit.calibration;
            assert!((found.temperature - 2.5).abs() < 0.15, "{found}");
            for (found, truth) in found.bias.iter().zip(&truth.bias) {
                assert!((found - truth).abs() < 0.15, "{found} {truth}");
            }
            let all: Vec<&Labelled> = items.iter().collect();
            let held_out = fit.held_out.unwrap();
            assert!(held_out < fit.before && (held_out - loss(&truth, &all)).abs() < 0.01);
        }
    }

    #[test]
    fn few_labels_and_labels_of_one_kind_say_little() {
        let mut items = drawn(&none(), 3);
        for item in &mut items {
            item.gold = 1;
        }
        let stances = StanceNames::codebook();
        let fit = Fit::of(&items, &stances);
        assert_eq!(fit.held_out, None);
        assert!(
            fit.calibration.bias.iter().all(|bias| bias.abs() < 3.0),
            "{fit:?}"
        );
        // Labels that run against the log odds make these count for less, not the other way.
        let mut against = drawn(&none(), 200);
        for item in &mut against {
            item.evidence.iter_mut().for_each(|odds| *odds = -*odds);
        }
        assert!(Fit::of(&against, &stances).calibration.temperature > 3.0);
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let items = drawn(&none(), 50);
        let items: Vec<&Labelled> = items.iter().collect();
        let at = |log: f64, bias: [f64; 3]| Calibration {
            temperature: (-log).exp(),
            bias: vec![bias[0], bias[1], bias[2], 0.0],
            ..none()
        };
        let gradient = gradient(&at(0.3, [0.1, -0.2, 0.4]), &items);
        let small = 1e-6;
        for index in 0..4 {
            let moved = |by: f64| {
                let mut values = [0.3, 0.1, -0.2, 0.4];
                values[index] += by;
                loss(&at(values[0], [values[1], values[2], values[3]]), &items)
            };
            let slope = (moved(small) - moved(-small)) / (2.0 * small);
            assert!((slope - gradient[index]).abs() < 1e-6, "{index}: {slope}");
        }
    }
}
