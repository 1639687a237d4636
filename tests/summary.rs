//! Summaries, comparisons and samples, as users and statisticians see them.

#[allow(dead_code)]
mod made_rows;

use std::collections::HashMap;
use std::path::Path;

use made_rows::row;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use summit_stance::codebook::Stance;
use summit_stance::scores::Row;
use summit_stance::summary::sample::{self, Allocation, Design, SampledRow, Stratum};
use summit_stance::summary::{
    By, Cell, Dimension, Labels, Note, Options, Tallied, Tally, compare, csv, row_key, summarize,
};

fn tally(rows: &[Row], by: &str) -> Tallied {
    let mut tally = Tally::new(by.parse().unwrap());
    rows.iter().for_each(|row| tally.add(row));
    tally.finish().unwrap()
}

fn labelled_tally(rows: &[Row], by: &str, labels: &str) -> Tallied {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.csv");
    std::fs::write(&path, labels).unwrap();
    let mut tally = Tally::new(by.parse().unwrap()).with_labels(Labels::read(&path).unwrap());
    rows.iter().for_each(|row| tally.add(row));
    tally.finish().unwrap()
}

fn cell<'c>(cells: &'c [Cell], key: &str) -> &'c Cell {
    cells
        .iter()
        .find(|cell| cell.key.to_string() == key)
        .unwrap_or_else(|| {
            panic!(
                "no cell {key:?} among {:?}",
                cells.iter().map(|c| c.key.to_string()).collect::<Vec<_>>()
            )
        })
}

fn summary_csv(rows: &[Row]) -> String {
    let tallied = tally(rows, "party,issue,summit");
    let cells = summarize(&tallied, &Options::default());
    let mut text = Vec::new();
    csv::write_summary(&mut text, &tallied.by, &cells, false).unwrap();
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
        (first.stance, first.from.as_str()),
        (Stance::Optimistic, "alpha")
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

// ---------------------------------------------------------------------------------- samples

fn draw(rows: &[Row], design: &Design) -> Vec<SampledRow> {
    sample::draw(rows.iter().cloned().map(Ok), design).unwrap()
}

fn simple(n: usize, seed: u64) -> Design {
    Design {
        rows: n,
        strata: Vec::new(),
        allocation: Allocation::Equal,
        seed,
    }
}

fn keys(sample: &[SampledRow]) -> Vec<String> {
    sample.iter().map(|sampled| row_key(&sampled.row)).collect()
}

#[test]
fn a_sample_is_random_repeatable_and_can_be_extended() {
    let rows = made_rows::rows(3, 30);
    let small = draw(&rows, &simple(20, 7));
    assert_eq!(small.len(), 20);
    assert_eq!(small, draw(&rows, &simple(20, 7)));
    assert_eq!(keys(&small), keys(&draw(&rows, &simple(50, 7)))[..20]);
    let mut reversed = rows.clone();
    reversed.reverse();
    assert_eq!(keys(&small), keys(&draw(&reversed, &simple(20, 7))));
    assert_ne!(keys(&small), keys(&draw(&rows, &simple(20, 8))));
    assert!(
        small
            .iter()
            .all(|s| s.inclusion_probability == 20.0 / rows.len() as f64)
    );
    assert_eq!(draw(&rows, &simple(100_000, 7)).len(), rows.len());
    assert!(sample::draw(rows.iter().cloned().map(Ok), &simple(0, 1)).is_err());

    // Every row is as likely as any other: a χ² of the counts over 1,000 seeds.
    let few = &rows[..40];
    let mut counts = vec![0f64; few.len()];
    for seed in 0..1000 {
        for key in keys(&draw(few, &simple(10, seed))) {
            counts[few.iter().position(|row| row_key(row) == key).unwrap()] += 1.0;
        }
    }
    let chi2: f64 = counts
        .iter()
        .map(|n| (n - 250.0).powi(2) / (250.0 * 0.75))
        .sum();
    // 40 counts that vary by 0.25 × 0.75 each; the 99.9% quantile of χ² with 39 degrees is 72.
    assert!(chi2 < 72.0 && chi2 > 16.0, "{chi2}");
}

#[test]
fn a_stratified_sample_sees_rare_strata_and_says_how_likely_each_row_was() {
    let rows = made_rows::rows(4, 60);
    let mut rare = 0;
    let rows: Vec<Row> = rows
        .into_iter()
        .filter(|row| {
            rare += usize::from(row.stance == Stance::Insistent);
            row.stance != Stance::Insistent || rare <= 5
        })
        .collect();
    for allocation in [Allocation::Equal, Allocation::Proportional] {
        let design = Design {
            rows: 60,
            strata: vec![Stratum::Stance, Stratum::Summit],
            allocation,
            seed: 1,
        };
        let sample = draw(&rows, &design);
        assert_eq!(sample.len(), 60);
        let estimated: f64 = sample.iter().map(|s| 1.0 / s.inclusion_probability).sum();
        assert!((estimated - rows.len() as f64).abs() < 1e-6);
        for stance in Stance::ALL {
            assert!(sample.iter().any(|s| s.row.stance == stance), "{stance:?}");
        }
        if allocation == Allocation::Equal {
            let insistent = sample.iter().filter(|s| s.row.stance == Stance::Insistent);
            assert!(insistent.clone().all(|s| s.inclusion_probability == 1.0));
            assert_eq!(insistent.count(), 5);
        }
    }
}

/// The sample's CSV with the label column filled in by `label`, as a spreadsheet would save it
/// with this delimiter.
fn filled(
    sample: &[SampledRow],
    design: &Design,
    delimiter: u8,
    label: impl Fn(usize) -> String,
) -> String {
    let mut text = Vec::new();
    sample::write_csv(&mut text, sample, design).unwrap();
    assert_eq!(&text[..3], "\u{feff}".as_bytes());
    let mut reader = ::csv::Reader::from_reader(&text[3..]);
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().collect::<Vec<_>>(), sample::COLUMNS);
    let column = header.iter().position(|name| name == "label").unwrap();
    let mut writer = ::csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for (index, record) in reader.records().enumerate() {
        let record = record.unwrap();
        assert!(
            record
                .iter()
                .all(|cell| !cell.starts_with(['=', '+', '-', '@'])),
            "{record:?}"
        );
        assert_eq!(&record[column], "");
        let given = label(index);
        writer
            .write_record(
                record
                    .iter()
                    .enumerate()
                    .map(|(i, cell)| if i == column { &given } else { cell }),
            )
            .unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn a_sample_goes_through_a_spreadsheet_and_comes_back_as_labels() {
    let mut rows = made_rows::rows(5, 40);
    for row in &mut rows {
        row.text = format!("=HYPERLINK(\"http://x\";\"{}\")\n\"—\" 🙂", row.text);
        row.party = format!("@{}", row.party);
        row.article = format!("00{};1", row.article);
    }
    let design = simple(60, 1);
    let sample = draw(&rows, &design);
    for delimiter in [b',', b';', b'\t'] {
        let text = filled(&sample, &design, delimiter, |index| {
            if index % 3 == 0 {
                String::new()
            } else {
                Stance::ALL[index % 4].name().to_owned()
            }
        });
        let tallied = labelled_tally(&rows, "all", &text);
        let used = tallied.labels.unwrap();
        assert_eq!((used.labelled, used.matched), (40, 40));
        assert!((used.stands_for.unwrap() - rows.len() as f64).abs() < 1e-6);
        assert_eq!(summarize(&tallied, &Options::default())[0].labelled, 40);
    }
}

#[test]
fn a_sampled_row_shows_the_sentence_before_but_not_the_score() {
    let rows = [
        row("oslo", "a1", 0, "Norway", HOPE),
        row("oslo", "a1", 1, "Norway", DEMAND),
        row("oslo", "a1", 1, "Sweden", DEMAND),
        row("oslo", "a1", 3, "Norway", HOPE),
        row("oslo", "a2", 4, "Norway", HOPE),
    ];
    let mut before: Vec<(u32, String, Option<String>)> = draw(&rows, &simple(10, 1))
        .into_iter()
        .map(|s| (s.row.sentence, s.row.party, s.before))
        .collect();
    before.sort();
    let first = Some(rows[0].text.clone());
    let expected = [
        (0, "Norway", None),
        (1, "Norway", first.clone()),
        (1, "Sweden", first),
        (3, "Norway", None),
        (4, "Norway", None),
    ];
    assert_eq!(
        before,
        expected.map(|(i, party, text)| (i, party.to_owned(), text))
    );
    assert!(
        !sample::COLUMNS
            .iter()
            .any(|name| Stance::from_name(name).is_some())
    );
    assert!(!sample::COLUMNS.contains(&"stance"));
}

// ----------------------------------------------------------------------------------- labels

/// Rows of a classifier that takes half of the hopeful sentences for demands, and their true
/// stances. At the second summit there is less hope.
fn misread(seed: u64, articles: usize) -> (Vec<Row>, Vec<Stance>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut rows, mut truth) = (Vec::new(), Vec::new());
    for article in 0..articles {
        let (summit, hope) = if article % 2 == 0 {
            ("first", 0.7)
        } else {
            ("second", 0.3)
        };
        for sentence in 0..6 {
            let hopeful = rng.random_bool(hope);
            let read_as_hope = hopeful && rng.random_bool(0.5);
            let p = if read_as_hope { HOPE } else { DEMAND };
            rows.push(row(summit, &format!("a{article}"), sentence, "Norway", p));
            truth.push(if hopeful {
                Stance::Optimistic
            } else {
                Stance::Insistent
            });
        }
    }
    (rows, truth)
}

fn label_truly(rows: &[Row], truth: &[Stance], n: usize) -> String {
    let design = simple(n, rows.len() as u64);
    let sample = draw(rows, &design);
    let truth: HashMap<String, Stance> = rows
        .iter()
        .map(row_key)
        .zip(truth.iter().copied())
        .collect();
    filled(&sample, &design, b',', |index| {
        truth[&row_key(&sample[index].row)].name().to_owned()
    })
}

#[test]
fn labels_correct_what_the_classifier_misreads() {
    const RUNS: u64 = 60;
    let optimistic = |tallied: &Tallied| {
        let names = Some(("first", "second"));
        let options = Options {
            draws: 200,
            permutations: 200,
            ..Options::default()
        };
        let comparison = compare(tallied, Dimension::Summit, names, &options).unwrap();
        let change = comparison
            .changes
            .into_iter()
            .find(|c| c.stance == Stance::Optimistic);
        let cells = summarize(tallied, &options);
        let of = |summit: &str| cell(&cells, summit).means[0].interval.unwrap();
        [of("first"), of("second"), change.unwrap().interval]
    };
    let (mut naive, mut corrected) = ([0; 3], [0; 3]);
    for seed in 0..RUNS {
        let (rows, truth) = misread(seed, 100);
        let labels = label_truly(&rows, &truth, 150);
        let count = |held: &mut [u64; 3], tallied: &Tallied| {
            let intervals = optimistic(tallied).into_iter().zip([0.7, 0.3, -0.4]);
            for (held, (interval, share)) in held.iter_mut().zip(intervals) {
                *held += u64::from(interval.low <= share && share <= interval.high);
            }
        };
        count(&mut naive, &tally(&rows, "summit"));
        let with_labels = labelled_tally(&rows, "summit", &labels);
        count(&mut corrected, &with_labels);
        for cell in summarize(&with_labels, &Options::default()) {
            assert!(
                cell.correction
                    .is_some_and(|lambda| lambda > 0.0 && lambda <= 1.0)
            );
            let sum: f64 = cell.means.iter().map(|mean| mean.value).sum();
            // More than 1 only where an estimate below 0 counts as 0.
            assert!(sum > 0.999_999 && sum < 1.1, "{sum}");
        }
    }
    assert!(naive.iter().all(|held| *held < RUNS / 10), "{naive:?}");
    // Of 60 intervals that hold the truth with 95%, at most 8 fail but once in 200 times.
    assert!(
        corrected.iter().all(|held| *held >= RUNS - 8),
        "{corrected:?}"
    );
}

#[test]
fn cells_with_too_few_labels_are_left_as_they_are_and_say_so() {
    let (rows, truth) = misread(2, 60);
    let labels = label_truly(&rows, &truth, 12);
    let tallied = labelled_tally(&rows, "summit", &labels);
    let cells = summarize(&tallied, &Options::default());
    let naive = summarize(&tally(&rows, "summit"), &Options::default());
    for (cell, naive) in cells.iter().zip(&naive) {
        assert_eq!(cell.note, Some(Note::FewLabels));
        assert_eq!(cell.means[0].value, naive.means[0].value);
        assert_eq!((cell.means[0].interval, cell.correction), (None, None));
    }
    let comparison = compare(&tallied, Dimension::Summit, None, &Options::default());
    // Without dates the order is that of the names.
    let comparison = comparison.unwrap();
    assert!(comparison.changes.is_empty());
    assert!(
        comparison.left_out[0].reason.starts_with("labels in "),
        "{comparison:?}"
    );
}

#[test]
fn labels_of_other_rows_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.jsonl");
    std::fs::write(
        &path,
        "{\"article\":\"x\",\"sentence\":0,\"party\":\"y\",\"label\":\"n\"}\n",
    )
    .unwrap();
    let labels = Labels::read(&path).unwrap();
    let mut tally = Tally::new(By::default()).with_labels(labels);
    made_rows::rows(6, 3).iter().for_each(|row| tally.add(row));
    assert!(
        tally
            .finish()
            .unwrap_err()
            .to_string()
            .contains("none of the 1 labelled rows")
    );
    let missing = Labels::read(Path::new("/no/such/labels.csv")).unwrap_err();
    assert!(missing.to_string().contains("/no/such/labels.csv"));
}
