//! Rows to cells: what is kept of each cell is a few sums per article.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::clusters::{Clusters, LabelledCluster};
use super::{By, Dimension, Key, Labels, SummaryError, row_key};
use crate::scores::{Row, StanceNames};

/// A cell: its key and its articles.
#[derive(Debug, Clone, PartialEq)]
pub struct TalliedCell {
    pub key: Key,
    /// The cell's articles, in a fixed order whatever the order of the rows.
    pub articles: Clusters,
    /// The articles of the cell that have labelled rows, in the same order.
    pub labelled: Vec<LabelledCluster>,
}

/// A summit that the scores know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summit {
    pub name: String,
    /// The median date of its articles, if any has one; as text, ISO 8601.
    pub date: Option<String>,
    pub articles: usize,
}

/// How the labels met the scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelUse {
    /// Rows with a label in the file.
    pub labelled: usize,
    /// Labelled rows that are among the scores.
    pub matched: usize,
    /// How many rows the sample stands for, by its inclusion probabilities; `None` where the
    /// file gives none.
    pub stands_for: Option<f64>,
}

/// All cells of some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Tallied {
    pub by: By,
    /// The stances that the rows tell apart; all values by stance are in their order.
    pub stances: StanceNames,
    /// In the order of their keys.
    pub cells: Vec<TalliedCell>,
    /// The summits in order of date, those without a date last, by name.
    pub summits: Vec<Summit>,
    pub rows: u64,
    pub articles: usize,
    /// Articles that name no summit.
    pub without_summit: usize,
    pub labels: Option<LabelUse>,
}

/// A cell's values as numbers of names; 0 where there is no value.
type Ids = [u32; 4];

struct Cell {
    articles: Clusters,
    labelled: Vec<LabelledCluster>,
}

/// An article by its summit's number and its id: the same id under another summit is another
/// article.
type ArticleKey = (u32, Box<str>);

/// Takes rows one by one, in any order; memory grows with cells × articles, not with sentences.
pub struct Tally {
    by: By,
    stances: StanceNames,
    /// Of a row or of labels, where they are others.
    other_stances: Option<StanceNames>,
    names: [Names; 4],
    /// An article's number is its index.
    articles: IndexSet<ArticleKey>,
    /// The number of each article's date.
    article_dates: Vec<u32>,
    dates: Names,
    cells: HashMap<Ids, Cell>,
    rows: u64,
    labels: Option<Labels>,
    matched: usize,
}

impl Tally {
    /// Group rows with these stances by these columns.
    pub fn new(by: By, stances: &StanceNames) -> Tally {
        Tally {
            by,
            stances: stances.clone(),
            other_stances: None,
            names: Default::default(),
            articles: IndexSet::new(),
            article_dates: Vec::new(),
            dates: Names::default(),
            cells: HashMap::new(),
            rows: 0,
            labels: None,
            matched: 0,
        }
    }

    /// Look the rows up in these labels, to correct the summaries with them.
    pub fn with_labels(mut self, labels: Labels) -> Tally {
        self.expect(labels.stances());
        Tally {
            labels: Some(labels),
            ..self
        }
    }

    fn expect(&mut self, stances: &StanceNames) {
        if *stances != self.stances {
            self.other_stances.get_or_insert_with(|| stances.clone());
        }
    }

    /// Add one row. One with other stances is told of by [`Tally::finish`].
    pub fn add(&mut self, row: &Row) {
        self.expect(row.stance.names());
        self.rows += 1;
        let summit = self.names[Dimension::Summit.index()].number(row.summit.as_deref());
        let article = self.article(row, summit);
        let label = self
            .labels
            .as_ref()
            .and_then(|labels| labels.get(&row_key(row)));
        self.matched += usize::from(label.is_some());
        let [party_names, issue_names, _, source_names] = &mut self.names;
        let mut ids = Ids::default();
        let mut by_issue = false;
        for dimension in self.by.dimensions() {
            ids[dimension.index()] = match dimension {
                Dimension::Party => party_names.number(Some(&row.party)),
                Dimension::Summit => summit,
                Dimension::Source => source_names.number(row.source.as_deref()),
                Dimension::Issue => {
                    by_issue = true;
                    0
                }
            };
        }
        let stances = self.stances.len();
        let mut add = |ids: Ids| {
            let cell = self.cells.entry(ids).or_insert_with(|| Cell {
                articles: Clusters::new(stances),
                labelled: Vec::new(),
            });
            cell.add(article, row, label);
        };
        if !by_issue || row.issues.is_empty() {
            return add(ids);
        }
        for (index, issue) in row.issues.iter().enumerate() {
            // An issue named twice is still one issue.
            if !row
                .issues
                .iter()
                .take(index)
                .any(|earlier| earlier == issue)
            {
                ids[Dimension::Issue.index()] = issue_names.number(Some(issue));
                add(ids);
            }
        }
    }

    /// The number of the row's article.
    fn article(&mut self, row: &Row, summit: u32) -> u32 {
        if let Some((last_summit, last_id)) = self.articles.last()
            && *last_summit == summit
            && **last_id == *row.article
        {
            return self.articles.len() as u32 - 1;
        }
        let key = (summit, row.article.as_str().into());
        let (number, new) = self.articles.insert_full(key);
        if new {
            let date = self.dates.number(row.date.as_deref());
            self.article_dates.push(date);
        }
        number as u32
    }

    /// Close the tally.
    ///
    /// # Errors
    /// [`SummaryError::NoLabelMatches`] when there are labels but none of a row that was added, and
    /// [`SummaryError::OtherStances`] when rows or labels had other stances.
    pub fn finish(self) -> Result<Tallied, SummaryError> {
        if let Some(found) = self.other_stances {
            return Err(SummaryError::OtherStances {
                expected: self.stances,
                found,
            });
        }
        let labels = match &self.labels {
            None => None,
            Some(labels) if self.matched == 0 => {
                return Err(SummaryError::NoLabelMatches {
                    labelled: labels.labelled(),
                });
            }
            Some(labels) => Some(LabelUse {
                labelled: labels.labelled(),
                matched: self.matched,
                stands_for: labels.stands_for(),
            }),
        };
        let ranks = self.ranks();
        let summits = self.summits();
        let without_summit = self.articles.iter().filter(|a| a.0 == 0).count();
        let name = |dimension: Dimension, id: u32| self.names[dimension.index()].name(id);
        let mut cells: Vec<TalliedCell> = self
            .cells
            .into_iter()
            .map(|(ids, cell)| {
                let values = self.by.dimensions().iter();
                TalliedCell {
                    key: Key(values
                        .map(|d| name(*d, ids[d.index()]).map(str::to_owned))
                        .collect()),
                    articles: cell.articles.ranked(&ranks),
                    labelled: LabelledCluster::ranked(cell.labelled, &ranks),
                }
            })
            .collect();
        cells.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Tallied {
            by: self.by,
            stances: self.stances,
            cells,
            summits,
            rows: self.rows,
            articles: ranks.len(),
            without_summit,
            labels,
        })
    }

    /// Each article's place in the order of summits and ids.
    fn ranks(&self) -> Vec<u32> {
        let summits = &self.names[Dimension::Summit.index()];
        let mut order: Vec<(Option<&str>, &str, usize)> = self
            .articles
            .iter()
            .enumerate()
            .map(|(number, (summit, id))| (summits.name(*summit), id.as_ref(), number))
            .collect();
        order.sort_unstable();
        let mut ranks = vec![0; order.len()];
        for (rank, (_, _, number)) in order.into_iter().enumerate() {
            ranks[number] = rank as u32;
        }
        ranks
    }

    fn summits(&self) -> Vec<Summit> {
        let names = &self.names[Dimension::Summit.index()];
        let mut articles: HashMap<u32, (usize, Vec<&str>)> = HashMap::new();
        for ((summit, _), date) in self.articles.iter().zip(&self.article_dates) {
            let (count, dates) = articles.entry(*summit).or_default();
            *count += 1;
            dates.extend(self.dates.name(*date));
        }
        let mut summits: Vec<Summit> = articles
            .into_iter()
            .filter_map(|(id, (articles, mut dates))| {
                let name = names.name(id)?.to_owned();
                dates.sort_unstable();
                // The median, not the first: one preview of a later summit must not move it.
                let middle = dates.len().saturating_sub(1) / 2;
                let date = dates.get(middle).map(|date| (*date).to_owned());
                Some(Summit {
                    name,
                    date,
                    articles,
                })
            })
            .collect();
        summits.sort_by(|a, b| {
            (a.date.is_none(), &a.date, &a.name).cmp(&(b.date.is_none(), &b.date, &b.name))
        });
        summits
    }
}

impl Cell {
    /// Add a row, with its label's stance and weight.
    fn add(&mut self, article: u32, row: &Row, label: Option<(usize, f64)>) {
        let p = row.stance.probabilities();
        self.articles.add(article, p, row.stance.index());
        let Some((stance, weight)) = label else {
            return;
        };
        let part = LabelledCluster::of_row(article, p, stance, weight);
        match self.labelled.last_mut() {
            Some(last) if last.article == article => last.merge(&part),
            _ => self.labelled.push(part),
        }
    }
}

/// Names and their numbers; 0 is no name.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: Option<&str>) -> u32 {
        let Some(name) = name else { return 0 };
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.names.push(name.to_owned());
        let number = self.names.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn name(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        self.names.get(index).map(String::as_str)
    }
}
