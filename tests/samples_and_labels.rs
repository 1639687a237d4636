//! Samples drawn for people to label, and what their labels do to a summary.

#[allow(dead_code)]
mod made_rows;

use std::collections::HashMap;
use std::path::Path;

use made_rows::row;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use summit_stance::codebook::Stance;
use summit_stance::scores::{Row, StanceNames};
use summit_stance::summary::sample::{self, Allocation, Design, SampledRow, Stratum};
use summit_stance::summary::{
    By, Cell, Dimension, Labels, Note, Options, Tallied, Tally, compare, row_key, summarize,
};

const HOPE: [f32; 4] = [0.75, 0.125, 0.0, 0.125];
const DEMAND: [f32; 4] = [0.0, 0.25, 0.5, 0.25];

fn tally(rows: &[Row], by: &str) -> Tallied {
    let mut tally = Tally::new(by.parse().unwrap(), &StanceNames::codebook());
    rows.iter().for_each(|row| tally.add(row));
    tally.finish().unwrap()
}

fn labelled_tally(rows: &[Row], by: &str, labels: &str) -> Tallied {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labels.csv");
    std::fs::write(&path, labels).unwrap();
    let stances = StanceNames::codebook();
    let labels = Labels::read(&path, &stances).unwrap();
    let mut tally = Tally::new(by.parse().unwrap(), &stances).with_labels(labels);
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
            rare += usize::from(row.stance.name() == "insistent");
            row.stance.name() != "insistent" || rare <= 5
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
            let name = stance.name();
            assert!(sample.iter().any(|s| s.row.stance.name() == name), "{name}");
        }
        if allocation == Allocation::Equal {
            let insistent = sample.iter().filter(|s| s.row.stance.name() == "insistent");
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
            .iter()
            .find(|c| comparison.stances.name(c.stance) == "optimistic");
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
    let stances = StanceNames::codebook();
    let labels = Labels::read(&path, &stances).unwrap();
    let mut tally = Tally::new(By::default(), &stances).with_labels(labels);
    made_rows::rows(6, 3).iter().for_each(|row| tally.add(row));
    assert!(
        tally
            .finish()
            .unwrap_err()
            .to_string()
            .contains("none of the 1 labelled rows")
    );
    let missing = Labels::read(Path::new("/no/such/labels.csv"), &stances).unwrap_err();
    assert!(missing.to_string().contains("/no/such/labels.csv"));
}
