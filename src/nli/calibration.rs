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

use crate::codebook::Stance;

/// Log odds of each stance's hypotheses, in the order of [`Stance::ALL`].
pub type Evidence = [f64; 4];

/// How log odds become probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The log odds are divided by it.
    pub temperature: f64,
    /// Added to each stance's then, in the order of [`Stance::ALL`]; that of neutral is 0.
    pub bias: [f64; 4],
}

impl Default for Calibration {
    /// The log odds as they are.
    fn default() -> Calibration {
        Calibration {
            temperature: 1.0,
            bias: [0.0; 4],
        }
    }
}

impl Calibration {
    /// The probabilities of the four stances; they sum to 1.
    pub fn probabilities(&self, evidence: &Evidence) -> [f64; 4] {
        let mut logits = self.bias;
        for (logit, evidence) in logits.iter_mut().zip(evidence) {
            *logit += evidence / self.temperature;
        }
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights = logits.map(|logit| (logit - top).exp());
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    }
}

impl std::fmt::Display for Calibration {
    /// `temperature 1.832; bias optimistic -0.210, cautious 0.100, insistent 0.330`, or `none`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Calibration::default() {
            return f.write_str("none");
        }
        write!(f, "temperature {:.3}; bias", self.temperature)?;
        for (index, stance) in FREE.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(
                f,
                "{comma} {} {:.3}",
                stance.name(),
                self.bias[stance as usize]
            )?;
        }
        Ok(())
    }
}

/// The stances with a bias; neutral's is their zero.
const FREE: [Stance; 3] = [Stance::Optimistic, Stance::Cautious, Stance::Insistent];

/// A unit whose stance is known.
#[derive(Debug, Clone, Copy)]
pub struct Labelled {
    pub evidence: Evidence,
    pub gold: Stance,
    /// Which article it is of.
    pub article: usize,
}

/// A calibration chosen on labelled units, and how likely their labels are. Lower is better, and
/// ln 4 = 1.386 is what four stances at 25% each have.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    /// Choose on these; there is at least one.
    pub fn of(items: &[Labelled]) -> Fit {
        let all: Vec<&Labelled> = items.iter().collect();
        Fit {
            calibration: rounded(choose(&all)),
            units: items.len(),
            before: loss(&Calibration::default(), &all),
            held_out: held_out(items),
        }
    }
}

fn held_out(items: &[Labelled]) -> Option<f64> {
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
        sum += loss(&choose(&others), &held) * held.len() as f64;
    }
    Some(sum / items.len() as f64)
}

/// Mean negative log-likelihood of the labels.
fn loss(calibration: &Calibration, items: &[&Labelled]) -> f64 {
    let sum: f64 = items
        .iter()
        .map(|item| {
            let p = calibration.probabilities(&item.evidence)[item.gold as usize];
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
        bias: calibration.bias.map(round),
    }
}

/// As many units of no preference keep a few labels from saying too much.
const PRIOR: f64 = 1.0;
const STEPS: usize = 5_000;

/// Temperature and biases of the highest likelihood, by descent along the gradient with steps that
/// halve until they lead down. The free values are the temperature's negative logarithm, by which
/// it stays positive, and the three biases.
fn choose(items: &[&Labelled]) -> Calibration {
    let count = items.len().max(1) as f64;
    let made_of = |values: &[f64; 4]| Calibration {
        temperature: (-values[0]).exp(),
        bias: [values[1], values[2], values[3], 0.0],
    };
    let cost = |values: &[f64; 4]| {
        let prior: f64 = values.iter().map(|value| value * value).sum();
        loss(&made_of(values), items) + PRIOR * prior / (2.0 * count)
    };
    let mut values = [0.0; 4];
    let mut now = cost(&values);
    let mut step = 1.0;
    for _ in 0..STEPS {
        let gradient = gradient(&made_of(&values), items);
        let slope: [f64; 4] = std::array::from_fn(|i| gradient[i] + PRIOR * values[i] / count);
        let steepness: f64 = slope.iter().map(|s| s * s).sum();
        if steepness.sqrt() < 1e-7 {
            break;
        }
        step *= 2.0;
        loop {
            let next: [f64; 4] = std::array::from_fn(|i| values[i] - step * slope[i]);
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

/// Of the mean negative log-likelihood, by the temperature's negative logarithm and the biases.
fn gradient(calibration: &Calibration, items: &[&Labelled]) -> [f64; 4] {
    let mut sum = [0.0; 4];
    for item in items {
        let p = calibration.probabilities(&item.evidence);
        for stance in Stance::ALL {
            let error = p[stance as usize] - f64::from(u8::from(stance == item.gold));
            sum[0] += error * item.evidence[stance as usize] / calibration.temperature;
            if stance != Stance::Neutral {
                sum[1 + stance as usize] += error;
            }
        }
    }
    sum.map(|value| value / items.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_sentence_that_entails_nothing_is_neutral() {
        let p = Calibration::default().probabilities(&[-6.0, -5.0, -7.0, 0.0]);
        assert!(p[3] > 0.98, "{p:?}");
        // Odds of 3, 1 and 1/2 against 1.
        let p = Calibration::default().probabilities(&[3f64.ln(), 0.0, 0.5f64.ln(), 0.0]);
        for (p, odds) in p.iter().zip([3.0, 1.0, 0.5, 1.0]) {
            assert!((p - odds / 5.5).abs() < 1e-12);
        }
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    /// Units whose labels are drawn from what a calibration says of random log odds.
    fn drawn(truth: &Calibration, count: usize) -> Vec<Labelled> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        (0..count)
            .map(|index| {
                let mut evidence = [0.0; 4];
                evidence[..3].fill_with(|| rng.random_range(-8.0..8.0));
                let mut left: f64 = rng.random();
                let p = truth.probabilities(&evidence);
                let gold = Stance::ALL.into_iter().find(|stance| {
                    left -= p[*stance as usize];
                    left < 0.0
                });
                Labelled {
                    evidence,
                    gold: gold.unwrap_or(Stance::Neutral),
                    article: index / 10,
                }
            })
            .collect()
    }

    #[test]
    fn the_calibration_that_labels_were_drawn_from_is_found() {
        let truth = Calibration {
            temperature: 2.5,
            bias: [0.5, -1.0, 1.5, 0.0],
        };
        let items = drawn(&truth, 20_000);
        let fit = Fit::of(&items);
        let found = fit.calibration;
        assert!((found.temperature - 2.5).abs() < 0.1, "{found}");
        for (found, truth) in found.bias.iter().zip(truth.bias) {
            assert!((found - truth).abs() < 0.1, "{found} {truth}");
        }
        let all: Vec<&Labelled> = items.iter().collect();
        let held_out = fit.held_out.unwrap();
        assert!(held_out < fit.before && (held_out - loss(&truth, &all)).abs() < 0.01);
    }

    #[test]
    fn few_labels_and_labels_of_one_kind_say_little() {
        let mut items = drawn(&Calibration::default(), 3);
        for item in &mut items {
            item.gold = Stance::Cautious;
        }
        let fit = Fit::of(&items);
        assert_eq!(fit.held_out, None);
        assert!(
            fit.calibration.bias.iter().all(|bias| bias.abs() < 3.0),
            "{fit:?}"
        );
        // Labels that run against the log odds make these count for less, not the other way.
        let mut against = drawn(&Calibration::default(), 200);
        for item in &mut against {
            item.evidence = item.evidence.map(|odds| -odds);
        }
        assert!(Fit::of(&against).calibration.temperature > 3.0);
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let items = drawn(&Calibration::default(), 50);
        let items: Vec<&Labelled> = items.iter().collect();
        let at = |log: f64, bias: [f64; 3]| Calibration {
            temperature: (-log).exp(),
            bias: [bias[0], bias[1], bias[2], 0.0],
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
