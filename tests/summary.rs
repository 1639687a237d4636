//! Summaries, comparisons and samples, as users and statisticians see them.

#[allow(dead_code)]
mod made_rows;

use made_rows::row;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use summit_stance::scores::{Row, StanceNames};
use summit_stance::summary::{Dimension, Note, Options, Tallied, Tally, compare, csv, summarize};

fn tally(rows: &[Row], by: &str) -> Tallied {
    let mut tally = Tally::new(by.parse().unwrap(), &StanceNames::codebook());
    rows.iter().for_each(|row| tally.add(row));
    tally.finish().unwrap()
}

fn summary_csv(rows: &[Row]) -> String {
    let tallied = tally(rows, "party,issue,summit");
    let cells = summarize(&tallied, &Options::default());
    let mut text = Vec::new();
    csv::write_summary(&mut text, &tallied.by, &tallied.stances, &cells, false).unwrap();
    String::from_utf8(text).unwrap()
}

const HOPE: [f32; 4] = [0.75, 0.125, 0.0, 0.125];
const DEMAND: [f32; 4] = [0.0, 0.25, 0.5, 0.25];

#[test]
fn a_cell_counts_sentences_articles_and_shares() {
    let mut rows = vec![
        row("oslo", "a1", 0, "Norway", HOPE),
        row("oslo", "a1", 1, "Norway", HOPE),
        row("oslo", "a2", 0, "Norway", DEMAND),
        row("oslo", "a2", 0, "Sweden", DEMAND),
        // The same id at another summit is another article.
        row("bergen", "a1", 0, "Norway", DEMAND),
    ];
    rows[0].issues = vec!["trade".to_owned(), "climate".to_owned(), "trade".to_owned()];
    rows[1].issues = vec!["trade".to_owned()];
    rows[4].summit = None;
    let options = Options::default();

    let cells = summarize(&tally(&rows, "party,summit"), &options);
    let keys: Vec<String> = cells.iter().map(|cell| cell.key.to_string()).collect();
    assert_eq!(keys, ["Norway / oslo", "Norway / (none)", "Sweden / oslo"]);
    let norway = &cells[0];
    assert_eq!((norway.sentences, norway.articles), (3, 2));
    let means: Vec<f64> = norway.means.iter().map(|mean| mean.value).collect();
    assert_eq!(means, [0.5, 0.5 / 3.0, 0.5 / 3.0, 0.5 / 3.0]);
    assert_eq!(norway.shares, [2.0 / 3.0, 0.0, 1.0 / 3.0, 0.0]);
    assert_eq!(norway.note, Some(Note::FewArticles));
    assert!(norway.means.iter().all(|mean| mean.interval.is_none()));

    let issues = summarize(&tally(&rows, "issue"), &options);
    let counts: Vec<(String, u64)> = issues
        .iter()
        .map(|cell| (cell.key.to_string(), cell.sentences))
        .collect();
    let expected = [("climate", 1), ("trade", 2), ("(none)", 3)];
    assert_eq!(counts, expected.map(|(name, n)| (name.to_owned(), n)));

    let all = summarize(&tally(&rows, "all"), &options);
    assert_eq!((all.len(), all[0].sentences, all[0].articles), (1, 5, 3));
    assert!(all[0].note.is_none());
    assert!(all[0].means.iter().all(|mean| {
        let interval = mean.interval.unwrap();
        interval.low <= mean.value && mean.value <= interval.high
    }));
}

#[test]
fn numbers_depend_on_neither_threads_nor_the_order_of_articles() {
    let rows = made_rows::rows(1, 90);
    let mut articles: Vec<Vec<Row>> = rows
        .chunk_by(|a, b| a.article == b.article)
        .map(<[Row]>::to_vec)
        .collect();
    articles.shuffle(&mut ChaCha8Rng::seed_from_u64(5));
    let shuffled: Vec<Row> = articles.concat();
    assert_ne!(rows, shuffled);
    let with_threads = |n: usize, rows: &[Row]| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap();
        pool.install(|| {
            let comparison = compare(
                &tally(rows, "party,issue,summit"),
                Dimension::Summit,
                None,
                &Options {
                    permutations: 200,
                    ..Options::default()
                },
            );
            (summary_csv(rows), comparison.unwrap())
        })
    };
    let one = with_threads(1, &rows);
    assert_eq!(one, with_threads(5, &rows));
    let other = with_threads(3, &shuffled);
    assert_eq!(one.0, other.0);
    assert_eq!(one.1, other.1);
    // Rows of one article that lie apart are still one article.
    let mut scattered = rows.clone();
    scattered.sort_by(|a, b| a.party.cmp(&b.party));
    let articles = |rows: &[Row]| {
        summarize(&tally(rows, "all"), &Options::default())
            .iter()
            .map(|c| c.articles)
            .sum::<usize>()
    };
    assert_eq!(articles(&scattered), articles(&rows));
    // Another seed gives other draws of the same means.
    let seeded = |seed| {
        summarize(
            &tally(&rows, "party"),
            &Options {
                seed,
                ..Options::default()
            },
        )
        .remove(0)
    };
    assert_eq!(seeded(1).means[0].value, seeded(2).means[0].value);
    assert_ne!(seeded(1).means[0].interval, seeded(2).means[0].interval);
}

#[test]
fn the_summary_file_has_its_columns_and_runs_no_formula() {
    let mut rows = made_rows::rows(2, 10);
    rows.iter_mut()
        .for_each(|row| row.party = "=cmd|' /C calc'!A0".to_owned());
    let text = summary_csv(&rows);
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        header.join(","),
        "party,issue,summit,sentences,articles,optimistic,optimistic_low,optimistic_high,\
         cautious,cautious_low,cautious_high,insistent,insistent_low,insistent_high,neutral,\
         neutral_low,neutral_high,share_optimistic,share_cautious,share_insistent,share_neutral,\
         note"
    );
    let records: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let (all, mut with_interval) = (records.len(), 0);
    for record in records {
        assert_eq!(&record[0], "'=cmd|' /C calc'!A0");
        let number = |index: usize| record[index].parse::<f64>().unwrap();
        assert!((number(5) + number(8) + number(11) + number(14) - 1.0).abs() < 1e-5);
        assert!((number(17) + number(18) + number(19) + number(20) - 1.0).abs() < 1e-5);
        if record[21].is_empty() {
            assert!(number(6) <= number(5) && number(5) <= number(7));
            with_interval += 1;
        } else {
            assert_eq!(&record[21], "too few articles for an interval");
            assert!(record[4].parse::<u32>().unwrap() < 3);
            assert_eq!((&record[6], &record[7]), ("", ""));
        }
    }
    assert!(
        0 < with_interval && with_interval < all,
        "{with_interval} of {all}"
    );
}

/// Six articles at each of four summits; at the third, Norway demands, and Sweden is silent.
fn four_summits() -> Vec<Row> {
    let mut rows = Vec::new();
    for (summit, date) in [
        ("delta", "2024-09-01"),
        ("alpha", "2023-01-10"),
        ("gamma", "2024-02-01"),
        ("undated", ""),
    ] {
        for article in 0..6 {
            for sentence in 0..3 {
                let p = if summit == "gamma" { DEMAND } else { HOPE };
                rows.push(row(
                    summit,
                    &format!("{summit}-{article}"),
                    sentence,
                    "Norway",
                    p,
                ));
                if summit != "gamma" && (summit != "delta" || article < 2) {
                    rows.push(row(
                        summit,
                        &format!("{summit}-{article}"),
                        sentence,
                        "Sweden",
                        p,
                    ));
                }
            }
        }
        for row in rows
            .iter_mut()
            .filter(|row| row.summit.as_deref() == Some(summit))
        {
            row.date = (!date.is_empty()).then(|| date.to_owned());
        }
    }
    // An early preview does not move a summit in time.
    rows[0].date = Some("2020-01-01".to_owned());
    rows
}

#[test]
fn summits_are_compared_in_order_of_date_and_what_cannot_be_is_listed() {
    let tallied = tally(&four_summits(), "party,summit");
    let comparison = compare(&tallied, Dimension::Summit, None, &Options::default()).unwrap();
    let pairs: Vec<(&str, &str)> = comparison
        .pairs
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [("alpha", "gamma"), ("gamma", "delta"), ("delta", "undated")]
    );

    let left_out: Vec<String> = comparison
        .left_out
        .iter()
        .map(|out| format!("{} {} {}: {}", out.key, out.from, out.to, out.reason))
        .collect();
    assert_eq!(
        left_out,
        [
            "Sweden alpha gamma: not mentioned at gamma",
            "Sweden gamma delta: not mentioned at gamma",
            "Sweden delta undated: 2 of at least 3 articles at delta",
        ]
    );
    assert_eq!(comparison.changes.len(), 12);
    let sizes: Vec<f64> = comparison
        .changes
        .iter()
        .map(|c| c.difference.abs())
        .collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b));
    let first = &comparison.changes[0];
    assert_eq!(
        (comparison.stances.name(first.stance), first.from.as_str()),
        ("optimistic", "alpha")
    );
    assert_eq!(
        (first.difference, first.before.mean, first.after.mean),
        (-0.75, 0.75, 0.0)
    );
    assert_eq!((first.before.sentences, first.before.articles), (18, 6));
    // All 924 deals tried, and only the observed one and its mirror differ as much.
    assert!((first.p - 2.0 / 924.0).abs() < 1e-12);
    assert!((first.interval.low, first.interval.high) == (-0.75, -0.75));
    assert!((first.q - 12.0 / 8.0 * first.p).abs() < 1e-12);
    let same = comparison
        .changes
        .iter()
        .find(|c| c.to == "undated")
        .unwrap();
    assert_eq!((same.difference, same.p, same.q), (0.0, 1.0, 1.0));
}

#[test]
fn two_summits_are_named_and_misspelt_ones_refused_with_the_nearest() {
    let tallied = tally(&four_summits(), "party,summit");
    let run = |names| compare(&tallied, Dimension::Summit, names, &Options::default());
    let comparison = run(Some(("undated", "gamma"))).unwrap();
    assert_eq!(
        comparison.pairs,
        [("undated".to_owned(), "gamma".to_owned())]
    );
    let refusal = |names| run(Some(names)).unwrap_err().to_string();
    let misspelt = refusal(("gama", "delta"));
    assert!(
        misspelt.contains("no summit is called \"gama\"; did you mean \"gamma\""),
        "{misspelt}"
    );
    assert!(refusal(("delta", "delta")).contains("itself"));

    let one: Vec<Row> = four_summits()
        .into_iter()
        .filter(|row| row.summit.as_deref() == Some("gamma"))
        .collect();
    let alone = compare(
        &tally(&one, "summit"),
        Dimension::Summit,
        None,
        &Options::default(),
    );
    assert!(
        alone
            .unwrap_err()
            .to_string()
            .contains("only one summit, \"gamma\"")
    );
    let over = compare(
        &tally(&one, "party"),
        Dimension::Summit,
        None,
        &Options::default(),
    );
    assert!(over.is_err());
}
