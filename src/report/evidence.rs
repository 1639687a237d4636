//! The sentences behind the numbers, packed so that a page with tens of thousands of them stays
//! small and opens only the few that a reader asks for.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::ReportError;
use super::labels::Labels;
use crate::scores::Row;

/// Sentences in one compressed block: few enough to open at once, enough to compress well.
const TEXTS_PER_BLOCK: usize = 400;

/// What the page holds of the rows: compressed columns, and compressed blocks of sentences.
#[derive(Debug, Serialize)]
pub(super) struct Evidence {
    /// [`Table`] as JSON, deflated, in base64.
    rows: String,
    /// Blocks of [`TEXTS_PER_BLOCK`] sentences: a JSON list each, deflated, in base64.
    texts: Vec<String>,
    texts_per_block: usize,
}

/// The rows as columns. A row names its sentence, a sentence its article, by their places.
#[derive(Serialize, Default)]
struct Table<'r> {
    articles: Articles<'r>,
    sentences: Sentences,
    sentence: Vec<usize>,
    party: Vec<usize>,
    /// UTF-16 offsets in the sentence, as browsers count; -1 where the mention stands elsewhere.
    mention_start: Vec<i64>,
    mention_end: Vec<i64>,
    /// Place in `mentions` for those that stand elsewhere, else -1.
    mention: Vec<i64>,
    mentions: Vec<&'r str>,
    /// One for each row and stance, in thousandths.
    probabilities: Vec<u16>,
    stance: Vec<usize>,
    /// Place in `issue_sets`.
    issues: Vec<usize>,
    issue_sets: Vec<Vec<usize>>,
    link: Vec<usize>,
    links: Vec<String>,
}

#[derive(Serialize, Default)]
struct Articles<'r> {
    id: Vec<&'r str>,
    summit: Vec<usize>,
    date: Vec<Option<&'r str>>,
    source: Vec<Option<&'r str>>,
}

#[derive(Serialize, Default)]
struct Sentences {
    article: Vec<usize>,
    number: Vec<u32>,
}

/// The rows of an evidence in the order in which they are shown: summits, dates, articles,
/// sentences, and parties by their weight.
pub(super) fn in_order<'r>(rows: &'r [Row], labels: &Labels<'r>) -> Vec<&'r Row> {
    let mut kept: Vec<&Row> = rows
        .iter()
        .filter(|row| labels.party(&row.party).is_some())
        .collect();
    kept.sort_by_cached_key(|row| {
        (
            labels.summit(row.summit.as_deref()),
            row.date.is_none(),
            row.date.as_deref(),
            row.source.as_deref(),
            row.article.as_str(),
            row.sentence,
            labels.party(&row.party),
        )
    });
    kept
}

/// How many of `rows` a page can carry: for each, the smallest number of sentences per party,
/// issue and summit at which it is among those chosen. A sentence's rank in its cell comes from a
/// checksum of its article and number: the same every time, and blind to what the sentence says.
pub(super) fn ranks(rows: &[&Row]) -> Vec<usize> {
    type Cell<'r> = (&'r str, Option<&'r str>, Option<&'r str>);
    let mut cells: BTreeMap<Cell<'_>, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let mut put = |issue| {
            let cell = (row.party.as_str(), issue, row.summit.as_deref());
            cells.entry(cell).or_default().push(index);
        };
        if row.issues.is_empty() {
            put(None);
        }
        row.issues
            .iter()
            .for_each(|issue| put(Some(issue.as_str())));
    }
    let lots: Vec<[u8; 32]> = rows
        .iter()
        .map(|row| {
            let mut digest = Sha256::new();
            digest.update(row.summit.as_deref().unwrap_or_default());
            digest.update([0]);
            digest.update(&row.article);
            digest.update([0]);
            digest.update(row.sentence.to_le_bytes());
            digest.finalize().into()
        })
        .collect();
    let mut ranks = vec![usize::MAX; rows.len()];
    for mut members in cells.into_values() {
        members.sort_by_key(|index| (lots.get(*index), *index));
        for (rank, index) in members.into_iter().enumerate() {
            if let Some(best) = ranks.get_mut(index) {
                *best = (*best).min(rank + 1);
            }
        }
    }
    ranks
}

/// Pack the rows, which must be [`in_order`].
pub(super) fn pack<'r>(rows: &[&'r Row], labels: &Labels<'r>) -> Result<Evidence, ReportError> {
    let mut table = Table::default();
    let mut texts: Vec<&str> = Vec::new();
    let mut issue_sets: HashMap<Vec<usize>, usize> = HashMap::new();
    let mut last: Option<&Row> = None;
    for row in rows {
        let same_article = last.is_some_and(|last| {
            (&last.article, &last.summit, &last.date, &last.source)
                == (&row.article, &row.summit, &row.date, &row.source)
        });
        if !same_article {
            table.articles.id.push(&row.article);
            table
                .articles
                .summit
                .push(labels.summit(row.summit.as_deref()).unwrap_or_default());
            table.articles.date.push(row.date.as_deref());
            table.articles.source.push(row.source.as_deref());
        }
        let same_sentence = same_article
            && last.is_some_and(|last| (last.sentence, &last.text) == (row.sentence, &row.text));
        if !same_sentence {
            table.sentences.article.push(table.articles.id.len() - 1);
            table.sentences.number.push(row.sentence);
            texts.push(&row.text);
        }
        last = Some(row);

        table.sentence.push(texts.len() - 1);
        table
            .party
            .push(labels.party(&row.party).unwrap_or_default());
        match mention_in_utf16(row) {
            Some((start, end)) => {
                table.mention_start.push(start);
                table.mention_end.push(end);
                table.mention.push(-1);
            }
            None => {
                table.mention_start.push(-1);
                table.mention_end.push(-1);
                table.mention.push(table.mentions.len() as i64);
                table.mentions.push(&row.mention);
            }
        }
        let probabilities = row.stance.probabilities().iter();
        table.probabilities.extend(probabilities.map(thousandths));
        table.stance.push(row.stance.index());
        let set: Vec<usize> = row
            .issues
            .iter()
            .filter_map(|issue| labels.issue(issue))
            .collect();
        let next = issue_sets.len();
        table.issues.push(*issue_sets.entry(set).or_insert(next));
        let link = serde_json::to_value(row.link)?
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let place = table.links.iter().position(|known| *known == link);
        table.link.push(place.unwrap_or(table.links.len()));
        if place.is_none() {
            table.links.push(link);
        }
    }
    let mut sets: Vec<(Vec<usize>, usize)> = issue_sets.into_iter().collect();
    sets.sort_by_key(|(_, place)| *place);
    table.issue_sets = sets.into_iter().map(|(set, _)| set).collect();

    Ok(Evidence {
        rows: deflate(&serde_json::to_vec(&table)?)?,
        texts: texts
            .chunks(TEXTS_PER_BLOCK)
            .map(|block| deflate(&serde_json::to_vec(block)?))
            .collect::<Result<_, _>>()?,
        texts_per_block: TEXTS_PER_BLOCK,
    })
}

impl Evidence {
    /// Bytes that it takes in the page.
    pub fn bytes(&self) -> usize {
        64 + self.rows.len()
            + self
                .texts
                .iter()
                .map(|block| block.len() + 3)
                .sum::<usize>()
    }
}

/// The mention's UTF-16 offsets in the sentence, if the mention stands where the row says.
fn mention_in_utf16(row: &Row) -> Option<(i64, i64)> {
    let skip = row.mention_start.checked_sub(row.sentence_start)? as usize;
    let start = row
        .text
        .char_indices()
        .map(|(byte, _)| byte)
        .chain([row.text.len()])
        .nth(skip)?;
    let (before, rest) = row.text.split_at(start);
    if row.mention.is_empty() || !rest.starts_with(&row.mention) {
        return None;
    }
    let units = |text: &str| text.encode_utf16().count() as i64;
    Some((units(before), units(before) + units(&row.mention)))
}

fn thousandths(share: &f32) -> u16 {
    (share.clamp(0.0, 1.0) * 1000.0).round() as u16
}

fn deflate(bytes: &[u8]) -> Result<String, ReportError> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(BASE64_STANDARD.encode(encoder.finish()?))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use serde_json::Value;

    use super::super::testing::row;
    use super::*;
    use crate::scores::StanceNames;

    fn inflate(block: &str) -> Value {
        let bytes = BASE64_STANDARD.decode(block).unwrap();
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(bytes.as_slice())
            .read_to_string(&mut text)
            .unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_mention_is_found_in_the_units_of_browsers_or_kept_as_words() {
        let mut row = row("a", "S", "2026-01-01", "Élysée", &[]);
        row.text = "🙂 e\u{301} Élysée 🙂 waits.".to_owned();
        row.sentence_start = 100;
        row.mention_start = 105;
        assert_eq!(mention_in_utf16(&row), Some((6, 12)));
        for (start, mention) in [
            (104, "Élysée"),
            (99, "Élysée"),
            (u32::MAX, "Élysée"),
            (105, ""),
        ] {
            let row = Row {
                mention_start: start,
                mention: mention.to_owned(),
                ..row.clone()
            };
            assert_eq!(mention_in_utf16(&row), None);
        }
    }

    #[test]
    fn sentences_are_kept_once_and_rows_point_to_them() {
        let mut rows: Vec<Row> = (0..3)
            .map(|article| {
                row(
                    &format!("a{article}"),
                    "S",
                    "2026-01-01",
                    "Russia",
                    &["trade"],
                )
            })
            .collect();
        rows.push(Row {
            party: "Ukraine".into(),
            ..rows[1].clone()
        });
        let labels = Labels::of(&rows, &StanceNames::codebook(), 10).unwrap();
        let evidence = pack(&in_order(&rows, &labels), &labels).unwrap();
        let table = inflate(&evidence.rows);
        assert_eq!(table["sentence"], serde_json::json!([0, 1, 1, 2]));
        assert_eq!(
            table["articles"]["id"],
            serde_json::json!(["a0", "a1", "a2"])
        );
        assert_eq!(table["probabilities"][2], 600);
        assert_eq!(inflate(&evidence.texts[0]).as_array().unwrap().len(), 3);
    }

    #[test]
    fn a_row_is_kept_when_any_of_its_cells_has_room() {
        let mut rows: Vec<Row> = (0..20)
            .map(|article| {
                row(
                    &format!("a{article}"),
                    "S",
                    "2026-01-01",
                    "Russia",
                    &["trade"],
                )
            })
            .collect();
        rows[7].issues.push("health".to_owned());
        let labels = Labels::of(&rows, &StanceNames::codebook(), 10).unwrap();
        let ordered = in_order(&rows, &labels);
        let ranks = ranks(&ordered);
        let place = ordered
            .iter()
            .position(|row| row.issues.len() == 2)
            .unwrap();
        assert_eq!(ranks[place], 1, "alone in its cell");
        let mut sorted = ranks.clone();
        sorted.sort_unstable();
        assert!(
            sorted
                .windows(2)
                .all(|pair| pair[1] - pair[0] <= 1 || pair[0] == 1)
        );
        assert_eq!(sorted.last(), Some(&20));
    }
}
