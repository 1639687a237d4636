//! Statistics held against SciPy, statsmodels and ppi-python: `tests/fixtures/statistics.json`
//! is made by `scripts/make_statistics_fixtures.py`.

#[allow(dead_code)]
mod made_rows;

use serde_json::Value;
use summit_stance::codebook::Stance;
use summit_stance::scores::{Row, StanceNames};
use summit_stance::summary::prediction_powered::{Corrected, differences, estimate};
use summit_stance::summary::{
    Dimension, Labels, Options, Tallied, Tally, benjamini_hochberg, compare, quantile, row_key,
    summarize,
};

fn fixtures() -> Value {
    serde_json::from_str(include_str!("fixtures/statistics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_f64().unwrap())
        .collect()
}

fn four(value: &Value) -> [f64; 4] {
    numbers(value).try_into().unwrap()
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let array = value.as_array().unwrap();
    assert!(!array.is_empty());
    array.iter()
}

#[track_caller]
fn assert_close(ours: f64, theirs: f64, tolerance: f64) {
    assert!(
        (ours - theirs).abs() <= tolerance,
        "{ours} is not {theirs} within {tolerance}"
    );
}

#[test]
fn quantiles_are_numpys() {
    for case in each(&fixtures()["quantiles"]) {
        let values = numbers(&case["values"]);
        for (q, expected) in numbers(&case["q"])
            .into_iter()
            .zip(numbers(&case["expected"]))
        {
            assert_close(quantile(&values, q), expected, 1e-12);
        }
    }
}

#[test]
fn q_values_are_those_of_statsmodels_and_scipy() {
    for case in each(&fixtures()["false_discovery_rates"]) {
        let q = benjamini_hochberg(&numbers(&case["p"]));
        let expected = numbers(&case["q"]);
        assert_eq!(q.len(), expected.len());
        q.into_iter()
            .zip(expected)
            .for_each(|(q, expected)| assert_close(q, expected, 1e-12));
    }
}

/// Rows of a summit's articles, from lists of probabilities.
fn rows_of(summit: &str, articles: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, article) in each(articles).enumerate() {
        for (sentence, p) in each(article).enumerate() {
            let p = four(p).map(|p| p as f32);
            let id = format!("a{number:03}");
            rows.push(made_rows::row(summit, &id, sentence as u32, "Norway", p));
        }
    }
    rows
}

#[test]
fn means_intervals_and_p_values_are_scipys() {
    for case in each(&fixtures()["comparisons"]) {
        let mut tally = Tally::new("summit".parse().unwrap(), &StanceNames::codebook());
        rows_of("after", &case["after"])
            .iter()
            .for_each(|row| tally.add(row));
        rows_of("before", &case["before"])
            .iter()
            .for_each(|row| tally.add(row));
        let tallied = tally.finish().unwrap();
        let options = Options {
            draws: 60_000,
            permutations: 20_000,
            ..Options::default()
        };
        let cells = summarize(&tallied, &options);
        let names = Some(("before", "after"));
        let comparison = compare(&tallied, Dimension::Summit, names, &options).unwrap();
        for (s, expected) in each(&case["stances"]).enumerate() {
            let expect = |name: &str| expected[name].as_f64().unwrap();
            // Few articles have few distinct resamples, so percentiles of draws may jump.
            let check = |interval: summit_stance::summary::Interval, name: &str| {
                let ends = numbers(&expected[name]);
                assert_close(interval.low, ends[0], 0.004);
                assert_close(interval.high, ends[1], 0.004);
            };
            for (cell, name) in cells.iter().zip(["after", "before"]) {
                assert_eq!(cell.key.to_string(), name);
                assert_close(cell.means[s].value, expect(name), 1e-12);
                check(cell.means[s].interval.unwrap(), &format!("{name}_interval"));
            }
            let change = comparison.changes.iter().find(|c| c.stance == s).unwrap();
            assert_close(change.difference, expect("difference"), 1e-12);
            check(change.interval, "difference_interval");
            let p = expect("p");
            let exact = case["exact"].as_bool().unwrap();
            // Four standard errors of 20,000 random permutations, where not all were tried.
            let error = if exact {
                1e-12
            } else {
                4.0 * (p * (1.0 - p) / 20_000.0).sqrt() + 2e-4
            };
            assert_close(change.p, p, error);
        }
    }
}

/// Tally rows of predictions, some with labels, through the files a user would give.
fn labelled<'v>(rows: impl Iterator<Item = (u64, &'v Value, Option<u64>, Option<f64>)>) -> Tallied {
    let mut lines = String::new();
    let mut all = Vec::new();
    for (index, (article, predicted, label, probability)) in rows.enumerate() {
        let p = four(predicted).map(|p| p as f32);
        let row = made_rows::row("oslo", &format!("a{article:05}"), index as u32, "Norway", p);
        if let (Some(label), Some(probability)) = (label, probability) {
            let label = Stance::ALL[label as usize].name();
            let key = row_key(&row);
            lines += &format!(
                "{{\"key\":\"{key}\",\"label\":\"{label}\",\
                 \"inclusion_probability\":{probability}}}\n"
            );
        }
        all.push(row);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    let stances = StanceNames::codebook();
    let labels = Labels::read(file.path(), &stances).unwrap();
    let mut tally = Tally::new("all".parse().unwrap(), &stances).with_labels(labels);
    all.iter().for_each(|row| tally.add(row));
    tally.finish().unwrap()
}

#[test]
fn corrected_means_are_those_of_a_cluster_robust_regression() {
    for case in each(&fixtures()["prediction_powered"]) {
        let tallied = labelled(each(&case["rows"]).map(|row| {
            let article = row["article"].as_u64().unwrap();
            let probability = row["inclusion_probability"].as_f64();
            (
                article,
                &row["predicted"],
                row["label"].as_u64(),
                probability,
            )
        }));
        let cell = &tallied.cells[0];
        for expected in each(&case["weights"]) {
            let lambda = expected["lambda"].as_f64().unwrap();
            let corrected = estimate(&cell.articles, &cell.labelled, Some(lambda)).unwrap();
            for s in 0..4 {
                assert_close(corrected.means[s], four(&expected["means"])[s], 1e-10);
                assert_close(
                    corrected.variances[s],
                    four(&expected["variances"])[s],
                    1e-12,
                );
            }
            assert_close(corrected.freedom, case["freedom"].as_f64().unwrap(), 1e-9);
        }
        let best = estimate(&cell.articles, &cell.labelled, None).unwrap();
        assert_close(best.lambda, case["best"].as_f64().unwrap(), 1e-4);
        let t = case["t"].as_f64().unwrap();
        let summary = summarize(&tallied, &Options::default());
        for (s, mean) in summary[0].means.iter().enumerate() {
            let interval = mean.interval.unwrap();
            assert_close(mean.value, best.means[s], 1e-12);
            assert_close(
                interval.high - mean.value,
                t * best.variances[s].sqrt(),
                1e-9,
            );
            assert_close(
                mean.value - interval.low,
                t * best.variances[s].sqrt(),
                1e-9,
            );
        }
    }
}

#[test]
fn in_the_papers_case_the_estimates_are_those_of_ppi_python() {
    let fixtures = fixtures();
    let case = &fixtures["ppi_py"];
    let probability = case["inclusion_probability"].as_f64();
    let tallied = labelled(
        each(&case["rows"])
            .enumerate()
            .map(|(article, row)| (article as u64, &row[0], row[1].as_u64(), probability)),
    );
    let cell = &tallied.cells[0];
    for expected in each(&case["stances"]) {
        let lambda = expected["lambda"].as_f64().unwrap();
        let s = expected["stance"].as_u64().unwrap() as usize;
        let corrected = estimate(&cell.articles, &cell.labelled, Some(lambda)).unwrap();
        assert_close(
            corrected.means[s],
            expected["mean"].as_f64().unwrap(),
            1e-10,
        );
        let interval = corrected.estimates()[s].interval.unwrap();
        let width = expected["high"].as_f64().unwrap() - expected["low"].as_f64().unwrap();
        // We use t and m / (m - 1), and count the covariance of sample and rows exactly.
        assert_close((interval.high - interval.low) / width, 1.0, 0.02);
    }
}

fn corrected(means: f64, variance: f64, freedom: f64) -> Corrected {
    Corrected::new(vec![means; 4], vec![variance; 4], 1.0, freedom)
}

#[test]
fn differences_of_corrected_means_are_welchs() {
    for case in each(&fixtures()["welch"]) {
        let of = |name: &str| numbers(&case[name]);
        let (means, variances, freedom) = (of("means"), of("variances"), of("freedom"));
        let before = corrected(means[0], variances[0], freedom[0]);
        let after = corrected(means[1], variances[1], freedom[1]);
        for difference in differences(&before, &after) {
            assert_close(difference.p, case["p"].as_f64().unwrap(), 1e-9);
            assert_close(difference.interval.low, case["low"].as_f64().unwrap(), 1e-9);
            assert_close(
                difference.interval.high,
                case["high"].as_f64().unwrap(),
                1e-9,
            );
        }
    }
}

/// `count` of `n` articles of one row each, all labelled, are optimistic and the others neutral,
/// as the classifier says of none of them; so only the guard for rare stances speaks.
fn rare(count: usize, n: usize) -> Corrected {
    let neutral: Value = serde_json::from_str("[0, 0, 0, 1]").unwrap();
    let tallied = labelled((0..n).map(|article| {
        (
            article as u64,
            &neutral,
            Some(if article < count { 0 } else { 3 }),
            Some(0.5),
        )
    }));
    let cell = &tallied.cells[0];
    estimate(&cell.articles, &cell.labelled, None).unwrap()
}

#[test]
fn rare_stances_get_wilsons_and_newcombes_intervals() {
    let fixtures = fixtures();
    for case in each(&fixtures["rare"]["wilson"]) {
        let of = |name: &str| case[name].as_f64().unwrap();
        let interval = rare(of("count") as usize, of("n") as usize).estimates()[0]
            .interval
            .unwrap();
        // The wider of Wilson's and t's ends.
        assert!(interval.low <= of("low") + 1e-9 && interval.high >= of("high") - 1e-9);
        if of("count") == 0.0 || of("count") == of("n") {
            assert_close(interval.low, of("low"), 1e-9);
            assert_close(interval.high, of("high"), 1e-9);
        }
    }
    let case = &fixtures["rare"]["newcombe"];
    let side = |name: &str| {
        let [count, n] = numbers(&case[name])[..] else {
            panic!()
        };
        rare(count as usize, n as usize)
    };
    let interval = differences(&side("before"), &side("after"))[0].interval;
    assert_close(interval.low, case["low"].as_f64().unwrap(), 1e-9);
    assert_close(interval.high, case["high"].as_f64().unwrap(), 1e-9);
}
