//! Issues: the set annotated for a sentence against the set predicted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use super::Counts;

/// Counts of each issue, summed over sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssueCounts {
    issues: BTreeMap<String, Counts>,
}

impl IssueCounts {
    /// Add one sentence: the issues annotated and the issues predicted, each as a set.
    pub fn add<G: AsRef<str>, P: AsRef<str>>(
        &mut self,
        gold: impl IntoIterator<Item = G>,
        predicted: impl IntoIterator<Item = P>,
    ) {
        let gold: BTreeSet<String> = gold.into_iter().map(|i| i.as_ref().to_owned()).collect();
        let predicted: BTreeSet<String> = predicted
            .into_iter()
            .map(|i| i.as_ref().to_owned())
            .collect();
        for issue in gold.union(&predicted) {
            let counts = self.issues.entry(issue.clone()).or_default();
            let (annotated, found) = (gold.contains(issue), predicted.contains(issue));
            counts.gold += u64::from(annotated);
            counts.predicted += u64::from(found);
            counts.hits += u64::from(annotated && found);
        }
    }

    /// The counts of one issue; zeros if it was neither annotated nor predicted.
    pub fn get(&self, issue: &str) -> Counts {
        self.issues.get(issue).copied().unwrap_or_default()
    }

    /// The issues annotated or predicted anywhere, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.issues.keys().map(String::as_str)
    }
}

impl AddAssign for IssueCounts {
    fn add_assign(&mut self, other: IssueCounts) {
        for (issue, counts) in other.issues {
            *self.issues.entry(issue).or_default() += counts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_add_up_issue_by_issue() {
        let mut counts = IssueCounts::default();
        counts.add(["trade", "process"], ["trade", "trade"]);
        counts.add(["trade"], ["health"]);
        counts.add([""; 0], [""; 0]);
        assert_eq!(
            counts.names().collect::<Vec<_>>(),
            ["health", "process", "trade"]
        );
        assert_eq!(
            counts.get("trade"),
            Counts {
                hits: 1,
                predicted: 1,
                gold: 2
            }
        );
        assert_eq!(
            counts.get("health"),
            Counts {
                hits: 0,
                predicted: 1,
                gold: 0
            }
        );
        assert_eq!(counts.get("climate"), Counts::default());
    }
}
