//! Many tests at once.

/// Benjamini-Hochberg q-values (1995), in the order of the p-values given: the smallest false
/// discovery rate at which each would count as a discovery. Among the changes with q below 0.05,
/// about one in twenty is expected to be chance.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut q = vec![1.0; p.len()];
    let mut smallest = 1.0f64;
    for (passed, (index, p_value)) in order.into_iter().enumerate() {
        // `p.len() - passed` is the rank of this p-value from the smallest.
        smallest = smallest.min(p_value * p.len() as f64 / (p.len() - passed) as f64);
        if let Some(slot) = q.get_mut(index) {
            *slot = smallest;
        }
    }
    q
}
