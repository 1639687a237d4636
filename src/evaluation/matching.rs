//! One-to-one matching of gold and predicted units.

use std::collections::VecDeque;

/// The size of the largest one-to-one matching: `edges[l]` lists the right-hand nodes, below
/// `rights`, that left-hand node `l` may be matched with.
///
/// Augmenting paths by breadth-first search, so the result does not depend on the order in which
/// units are listed, and no input can overflow the stack.
pub(super) fn largest(edges: &[Vec<usize>], rights: usize) -> u64 {
    let mut left_of: Vec<Option<usize>> = vec![None; rights];
    let mut right_of: Vec<Option<usize>> = vec![None; edges.len()];
    let mut size = 0;
    for start in 0..edges.len() {
        let mut reached_from: Vec<Option<usize>> = vec![None; rights];
        let mut queue = VecDeque::from([start]);
        'search: while let Some(left) = queue.pop_front() {
            for &right in &edges[left] {
                if reached_from[right].is_some() {
                    continue;
                }
                reached_from[right] = Some(left);
                if let Some(next) = left_of[right] {
                    queue.push_back(next);
                    continue;
                }
                // A free node: shift every match along the path that led to it.
                let mut free = Some(right);
                while let Some(right) = free {
                    let Some(left) = reached_from[right] else {
                        break;
                    };
                    free = right_of[left].replace(right);
                    left_of[right] = Some(left);
                }
                size += 1;
                break 'search;
            }
        }
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_choice_is_taken_back_where_that_matches_more() {
        assert_eq!(largest(&[vec![0, 1], vec![0]], 2), 2);
        assert_eq!(largest(&[vec![0, 1], vec![0, 2], vec![0], vec![1]], 3), 3);
        assert_eq!(largest(&[vec![0], vec![0], vec![]], 1), 1);
        assert_eq!(largest(&[], 0), 0);
    }

    #[test]
    fn a_long_chain_is_matched_whole() {
        // Left l may take l or l + 1, and is offered the wrong one first; the last has only one.
        let n = 3_000;
        let mut edges: Vec<Vec<usize>> = (0..n).map(|l| vec![l + 1, l]).collect();
        edges.push(vec![n]);
        assert_eq!(largest(&edges, n + 1), n as u64 + 1);
    }
}
