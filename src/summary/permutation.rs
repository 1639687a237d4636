//! Permutation test over articles.
//!
//! If the summits did not differ, it would not matter which article belongs to which. The test
//! deals the articles out anew, as many to each summit as it had, and counts how often the means
//! then differ at least as much as they did (Good 2005, chapter 3; the count includes the
//! observed deal, so p is never 0: Phipson and Smyth 2010). It is two-sided.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::bootstrap::{FOUR, MOST, Sums};
use super::clusters::Clusters;

/// Two-sided p-values of the differences of means between two groups of articles, stance by
/// stance. Where there are no more than `permutations` deals, all are tried and p is exact.
pub(super) fn p_values(
    before: &Clusters,
    after: &Clusters,
    permutations: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<f64> {
    let mut p = match before.stances() {
        FOUR => p_values_of::<FOUR>(before, after, permutations, rng).to_vec(),
        _ => p_values_of::<MOST>(before, after, permutations, rng).to_vec(),
    };
    p.truncate(before.stances());
    p
}

fn p_values_of<const N: usize>(
    before: &Clusters,
    after: &Clusters,
    permutations: usize,
    rng: &mut ChaCha8Rng,
) -> [f64; N] {
    // Dealing out the smaller group settles the larger.
    let (small, large) = if before.len() <= after.len() {
        (before, after)
    } else {
        (after, before)
    };
    let mut deck: Vec<Sums<N>> = small.iter().chain(large.iter()).map(Sums::from).collect();
    let mut total = Sums::of(small);
    total.add(&Sums::of(large));
    let observed = distance(&Sums::of(small), &total);
    // Deals that differ exactly as much must count, whatever the order of their additions.
    let limits = observed.map(|d| d - 1e-9 * d.max(1e-3));
    let mut count = [0usize; N];
    let mut tally = |sums: &Sums<N>| {
        for (count, (d, limit)) in count
            .iter_mut()
            .zip(distance(sums, &total).iter().zip(limits))
        {
            *count += usize::from(*d >= limit);
        }
    };
    match combinations(deck.len(), small.len(), permutations) {
        Some(all) => {
            each_combination(&deck, small.len(), &mut tally);
            count.map(|c| c as f64 / all as f64)
        }
        None => {
            for _ in 0..permutations {
                let mut sums = Sums::default();
                for index in 0..small.len() {
                    let other = rng.random_range(index..deck.len());
                    deck.swap(index, other);
                    if let Some(article) = deck.get(index) {
                        sums.add(article);
                    }
                }
                tally(&sums);
            }
            count.map(|c| (c + 1) as f64 / (permutations + 1) as f64)
        }
    }
}

/// How far the means of a group lie from those of all others.
fn distance<const N: usize>(group: &Sums<N>, total: &Sums<N>) -> [f64; N] {
    let rest: Sums<N> = Sums {
        probabilities: std::array::from_fn(|s| total.probabilities[s] - group.probabilities[s]),
        sentences: total.sentences - group.sentences,
    };
    let (one, two) = (group.means(), rest.means());
    std::array::from_fn(|s| (one[s] - two[s]).abs())
}

/// The number of ways to choose `k` of `n`, if it is at most `limit`.
fn combinations(n: usize, k: usize, limit: usize) -> Option<usize> {
    let k = k.min(n - k);
    let mut ways = 1usize;
    for i in 0..k {
        ways = ways.checked_mul(n - i)? / (i + 1);
        if ways > limit {
            return None;
        }
    }
    Some(ways)
}

/// Visit the sums of every group of `k` of the articles.
fn each_combination<const N: usize>(deck: &[Sums<N>], k: usize, visit: &mut impl FnMut(&Sums<N>)) {
    fn go<const N: usize>(
        deck: &[Sums<N>],
        k: usize,
        sums: Sums<N>,
        visit: &mut impl FnMut(&Sums<N>),
    ) {
        if k == 0 {
            return visit(&sums);
        }
        for (index, article) in deck.iter().enumerate().take(deck.len() + 1 - k) {
            let mut with = sums;
            with.add(article);
            go(
                deck.get(index + 1..).unwrap_or_default(),
                k - 1,
                with,
                visit,
            );
        }
    }
    go(deck, k, Sums::default(), visit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_counted_up_to_the_limit() {
        assert_eq!(combinations(6, 3, 100), Some(20));
        assert_eq!(combinations(16, 8, 9999), None);
        assert_eq!(combinations(15, 5, 9999), Some(3003));
        assert_eq!(combinations(5, 0, 10), Some(1));
        assert_eq!(combinations(100_000, 50_000, 9999), None);
    }
}
