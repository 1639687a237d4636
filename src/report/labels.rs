//! The names on the page: stances, parties, issues and summits, each in the order in which it is
//! shown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::ReportError;
use crate::codebook::ISSUES;
use crate::scores::{Row, StanceNames};
use crate::summary::{By, Tally};

/// The page's names. Everything else on the page refers to them by their place in these lists.
#[derive(Debug)]
pub(super) struct Labels<'r> {
    /// The stances that the rows tell apart.
    pub stances: StanceNames,
    /// Parties by how many articles, then rows, mention them; the most written about first.
    pub parties: Vec<&'r str>,
    /// Parties that were left out because the list is full.
    pub parties_left_out: usize,
    /// Issues that occur: the codebook's in its order, then others by name.
    pub issues: Vec<&'r str>,
    /// Summits in the order of their dates; the undated last, `None` for no summit.
    pub summits: Vec<Option<&'r str>>,
    party_index: HashMap<&'r str, usize>,
    issue_index: HashMap<&'r str, usize>,
    summit_index: HashMap<Option<&'r str>, usize>,
}

impl<'r> Labels<'r> {
    /// Put the names of these rows in order; `max_parties` of the parties are kept.
    ///
    /// # Errors
    /// When the rows cannot be tallied.
    pub fn of(
        rows: &'r [Row],
        stances: &StanceNames,
        max_parties: usize,
    ) -> Result<Labels<'r>, ReportError> {
        /// An article is known by its summit and id.
        type Articles<'r> = BTreeSet<(Option<&'r str>, &'r str)>;
        let mut mentions: BTreeMap<&str, (Articles<'_>, usize)> = BTreeMap::new();
        let mut issues: BTreeSet<&str> = BTreeSet::new();
        let mut summits: BTreeSet<Option<&str>> = BTreeSet::new();
        let mut tally = Tally::new(By::new([])?, stances);
        for row in rows {
            let (articles, rows) = mentions.entry(&row.party).or_default();
            articles.insert((row.summit.as_deref(), &row.article));
            *rows += 1;
            issues.extend(row.issues.iter().map(String::as_str));
            summits.insert(row.summit.as_deref());
            tally.add(row);
        }

        let mut parties: Vec<(&str, usize, usize)> = mentions
            .iter()
            .map(|(party, (articles, rows))| (*party, articles.len(), *rows))
            .collect();
        parties.sort_by_key(|(_, articles, rows)| std::cmp::Reverse((*articles, *rows)));
        let parties_left_out = parties.len().saturating_sub(max_parties);
        let parties: Vec<&str> = parties
            .iter()
            .map(|(party, ..)| *party)
            .take(max_parties)
            .collect();

        let mut issues: Vec<&str> = issues.into_iter().collect();
        let place = |issue: &str| ISSUES.iter().position(|known| *known == issue);
        issues.sort_by_key(|issue| place(issue).unwrap_or(ISSUES.len()));

        // In the order in which summits are compared.
        let dated: HashMap<String, usize> = tally
            .finish()?
            .summits
            .into_iter()
            .enumerate()
            .map(|(n, summit)| (summit.name, n))
            .collect();
        let mut summits: Vec<Option<&str>> = summits.into_iter().collect();
        summits.sort_by_key(|name| {
            name.map_or(usize::MAX, |name| {
                dated.get(name).copied().unwrap_or_default()
            })
        });

        Ok(Labels {
            stances: stances.clone(),
            party_index: parties
                .iter()
                .enumerate()
                .map(|(n, name)| (*name, n))
                .collect(),
            issue_index: issues
                .iter()
                .enumerate()
                .map(|(n, name)| (*name, n))
                .collect(),
            summit_index: summits
                .iter()
                .enumerate()
                .map(|(n, name)| (*name, n))
                .collect(),
            parties,
            parties_left_out,
            issues,
            summits,
        })
    }

    /// The party's place; `None` if it is left out.
    pub fn party(&self, name: &str) -> Option<usize> {
        self.party_index.get(name).copied()
    }

    pub fn issue(&self, name: &str) -> Option<usize> {
        self.issue_index.get(name).copied()
    }

    pub fn summit(&self, name: Option<&str>) -> Option<usize> {
        self.summit_index.get(&name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_weight_codebook_and_date() {
        let mut rows = vec![
            row("a1", "Later", "2026-05-01", "Russia", &["trade", "zebra"]),
            row("a2", "Later", "2026-05-02", "Ukraine", &["security"]),
            row("a3", "Early", "2025-01-01", "Ukraine", &["aardvark"]),
        ];
        rows.push(Row {
            summit: None,
            date: None,
            ..rows[0].clone()
        });
        rows.push(Row {
            summit: Some("Undated".into()),
            date: None,
            ..rows[0].clone()
        });
        let labels = Labels::of(&rows, &StanceNames::codebook(), 10).unwrap();
        assert_eq!(labels.parties, ["Russia", "Ukraine"]);
        assert_eq!(labels.issues, ["security", "trade", "aardvark", "zebra"]);
        assert_eq!(
            labels.summits,
            [Some("Early"), Some("Later"), Some("Undated"), None]
        );
        assert_eq!(labels.summit(None), Some(3));

        let labels = Labels::of(&rows[..3], &StanceNames::codebook(), 1).unwrap();
        assert_eq!(
            (labels.parties.as_slice(), labels.parties_left_out),
            (["Ukraine"].as_slice(), 1)
        );
        assert_eq!(labels.party("Russia"), None);
    }
}
