//! What the page says in sentences: its headline, how its figures were made, what it leaves out.

use std::collections::BTreeSet;

use serde::Serialize;

use super::LeftOut;
use super::figures::Figures;
use super::labels::Labels;
use crate::scores::{NEUTRAL, Provenance, Row, StanceNames};
use crate::summary;

/// How much the page rests on.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Counts {
    pub rows: usize,
    pub sentences: usize,
    pub articles: usize,
    pub parties: usize,
    pub summits: usize,
    pub sources: usize,
    /// Rows whose sentence is about none of the issues.
    pub without_issue: usize,
}

impl Counts {
    pub fn of(rows: &[Row]) -> Counts {
        fn distinct<'r, T: Ord>(values: impl Iterator<Item = T> + 'r) -> usize {
            values.collect::<BTreeSet<T>>().len()
        }
        let article =
            |row: &Row| -> (Option<String>, String) { (row.summit.clone(), row.article.clone()) };
        Counts {
            rows: rows.len(),
            sentences: distinct(rows.iter().map(|row| (article(row), row.sentence))),
            articles: distinct(rows.iter().map(article)),
            parties: distinct(rows.iter().map(|row| &row.party)),
            summits: distinct(rows.iter().map(|row| &row.summit)),
            sources: distinct(rows.iter().filter_map(|row| row.source.as_ref())),
            without_issue: rows.iter().filter(|row| row.issues.is_empty()).count(),
        }
    }
}

/// A headline names no more stances than this.
const FIT_A_HEADLINE: usize = 4;

/// The headline where the user gives none.
pub(super) fn title(labels: &Labels<'_>) -> String {
    let attitudes: Vec<String> = labels.stances.attitudes().map(plain).collect();
    let title = match labels.stances.is_codebook() {
        true => "Who pressed, who hedged, who saw progress".to_owned(),
        false if attitudes.len() <= FIT_A_HEADLINE => {
            format!("Who was {}", listed(&attitudes, "or"))
        }
        false => "Who took which stance".to_owned(),
    };
    match labels.summits.as_slice() {
        [Some(only)] => format!("{title}: {only}"),
        _ => title,
    }
}

/// A stance's name as words.
fn plain(name: &str) -> String {
    name.replace('_', " ")
}

/// `a`, `a or b`, `a, b or c`.
fn listed(items: &[String], word: &str) -> String {
    match items.split_last() {
        None => String::new(),
        Some((one, [])) => one.clone(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
    }
}

/// The first and the last date of the articles, of those that are dates.
pub(super) fn dates(rows: &[Row]) -> Option<(&str, &str)> {
    let dates = || {
        let given = rows.iter().filter_map(|row| row.date.as_deref());
        given.filter(|date| {
            date.get(..10)
                .is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok())
        })
    };
    dates().min().zip(dates().max())
}

/// How the figures were made, a paragraph each.
pub(super) fn methods(
    stances: &StanceNames,
    provenance: Option<&Provenance>,
    counts: &Counts,
    figures: &Figures,
    left_out: &LeftOut,
    options: &summary::Options,
) -> Vec<String> {
    let mut paragraphs = Vec::new();
    paragraphs.push(format!(
        "What is counted. The unit is a party in a sentence: {}, from {} of {}. {}",
        many(counts.rows, "reading"),
        many(counts.sentences, "sentence"),
        many(counts.articles, "article"),
        what_counts(stances),
    ));
    paragraphs.push(match provenance {
        Some(made_by) => {
            let options: Vec<String> = made_by
                .options
                .iter()
                .map(|(name, value)| format!("{name} = {value}"))
                .collect();
            let options = match options.as_slice() {
                [] => "with its standard options and thresholds".to_owned(),
                options => format!("with these options: {}", options.join(", ")),
            };
            format!("What read it. The readings were made by {made_by}, {options}.")
        }
        None => "What read it. The scores file does not name the program version and the model \
                 that made it."
            .to_owned(),
    });
    paragraphs.push(format!(
        "What the numbers are. A number is the average probability of a stance over the readings \
         in question. Its 95% interval comes from {} bootstrap draws of whole articles (seed {}), \
         because the sentences of one article hang together; under {} no interval is given. A \
         sentence about two issues counts under both, and {} about none of the listed issues \
         only under all issues. Changes are from each summit to the next in order of date, tested \
         by permuting articles; those shown have a false discovery rate (Benjamini-Hochberg q) of \
         at most 5% among {}.",
        number(options.draws),
        options.seed,
        many(options.min_articles, "article"),
        many(counts.without_issue, "reading"),
        many(figures.compared, "comparison"),
    ));
    if let Some(labels) = figures.corrected {
        paragraphs.push(format!(
            "What corrects them. {} were labelled by hand, drawn at random, and the averages are \
             corrected with them by prediction-powered inference, so that they are right on \
             average whatever the model's errors; numbers with labels in fewer than {} stay as \
             the model gives them, without interval.",
            many(labels.matched, "reading"),
            many(options.min_labelled, "article"),
        ));
    }
    paragraphs.push(
        "What to be careful about. The model errs, and the intervals do not contain its errors; \
         a hand-labelled sample can correct for them (stance sample, stance summarize --labels). \
         The numbers describe coverage: what these articles report, with the choices of their \
         editors, which need not be what a party holds. A party is found by name, description or \
         pronoun, and some are taken for another. Differences between cells whose intervals \
         overlap widely mean little, and among many cells some differ by chance."
            .to_owned(),
    );
    if left_out.rows > 0 || left_out.parties > 0 {
        let mut text = String::from("What is left out.");
        if left_out.parties > 0 {
            text.push_str(&format!(
                " {} that fewer articles mention have no line of their own, but count where all \
                 parties are put together.",
                many_parties(left_out.parties),
            ));
        }
        text.push_str(&format!(
            " The page carries the sentences of {} of its {}: ",
            number(counts.rows - left_out.rows),
            many(counts.rows, "reading"),
        ));
        text.push_str(&match left_out.per_cell {
            None => "all of the parties shown.".to_owned(),
            Some(0) => "there was no room for any.".to_owned(),
            Some(most) => format!(
                "all where a party has at most {most} on an issue at a summit, else at least \
                 {most}, drawn by a checksum of article and sentence that knows nothing of what \
                 they say."
            ),
        });
        text.push_str(" The numbers rest on all readings.");
        paragraphs.push(text);
    }
    if figures.count > 0 {
        paragraphs.push(format!(
            "{} of the {} averages on this page rest on too few articles{} and stand without \
             interval.",
            number(figures.without_interval),
            number(figures.count),
            if figures.corrected.is_some() {
                " or labels"
            } else {
                ""
            },
        ));
    }
    paragraphs
}

/// What a reading says of a party.
fn what_counts(stances: &StanceNames) -> String {
    if stances.is_codebook() {
        return "For each, a language model that has read the article gives the probabilities that \
                the sentence reports the party as optimistic (sees or expects progress), cautious \
                (hesitates, doubts, hedges), insistent (presses, demands, refuses) or neutral \
                (none of these: it hosts, meets, signs, is addressed). What counts is the attitude \
                of the party itself, not what others want of it, and not who is right."
            .to_owned();
    }
    let attitudes: Vec<String> = stances.attitudes().map(plain).collect();
    format!(
        "For each, a language model for inference gives the probabilities that what a list says in \
         words of a party that is {} follows from the sentence; a party of which nothing of that \
         follows is {NEUTRAL}. The stances and their words were chosen by whoever scored the \
         articles: see what they are before you read the numbers.",
        listed(&attitudes, "or")
    )
}

/// A line under the headline where a reader must know something first.
pub(super) fn notice(counts: &Counts, figures: &Figures, left_out: &LeftOut) -> Option<String> {
    if counts.rows > 0 && figures.without_interval == figures.count {
        return Some(format!(
            "There are too few articles{} here for intervals: read the sentences rather than the \
             numbers.",
            if figures.corrected.is_some() {
                " or labels"
            } else {
                ""
            },
        ));
    }
    (left_out.per_cell.is_some()).then(|| {
        format!(
            "To stay small enough to send, this page carries the sentences of {} of {}. Its \
             numbers rest on all of them.",
            number(counts.rows - left_out.rows),
            many(counts.rows, "reading"),
        )
    })
}

/// `1 article`, `12,345 articles`.
fn many(n: usize, what: &str) -> String {
    format!("{} {what}{}", number(n), if n == 1 { "" } else { "s" })
}

fn many_parties(n: usize) -> String {
    format!("{} {}", number(n), if n == 1 { "party" } else { "parties" })
}

/// With thousands apart: `12,345`.
fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(number),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [many(1, "article"), many(2, "article")],
            ["1 article", "2 articles"]
        );
    }

    #[test]
    fn only_dates_make_the_span_of_the_coverage() {
        let mut rows = vec![
            row("a", "S", "2026-02-30", "Russia", &[]),
            row("b", "S", "2026-05-03", "Russia", &[]),
            row("c", "S", "2026-01-02T10:00:00Z", "Russia", &[]),
            row("d", "S", "<b>", "Russia", &[]),
        ];
        assert_eq!(dates(&rows), Some(("2026-01-02T10:00:00Z", "2026-05-03")));
        rows.truncate(1);
        assert_eq!(dates(&rows), None);
    }

    #[test]
    fn counts_are_of_distinct_articles_sentences_and_parties() {
        let rows = [
            row("a", "S", "2026-01-01", "Russia", &["trade"]),
            row("a", "S", "2026-01-01", "Ukraine", &["trade"]),
            row("a", "T", "2026-01-01", "Ukraine", &[]),
        ];
        let counts = Counts::of(&rows);
        assert_eq!((counts.rows, counts.sentences, counts.articles), (3, 2, 2));
        assert_eq!((counts.parties, counts.summits, counts.sources), (2, 2, 1));
        assert_eq!(counts.without_issue, 1);
    }
}
