//! `stance summarize`, `compare` and `sample`, as run from a shell.

#[allow(dead_code)]
mod made_rows;

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use summit_stance::scores::{Row, jsonl, parquet};

fn stance(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("stance").unwrap();
    command
        .current_dir(folder)
        .args(args)
        .env_remove("NO_COLOR");
    command
}

fn write_scores(path: &Path, rows: &[Row]) {
    let mut writer = parquet::Writer::create(path, &made_rows::provenance()).unwrap();
    rows.iter().for_each(|row| writer.write(row).unwrap());
    writer.finish().unwrap();
}

fn folder_of_scores() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_scores(
        &folder.path().join("scores.parquet"),
        &made_rows::rows(1, 45),
    );
    folder
}

fn stdout(command: &mut Command) -> String {
    let output = command.assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn tables_fit_100_columns_and_are_plain_when_piped() {
    let folder = folder_of_scores();
    let mut rows = made_rows::rows(2, 20);
    for row in &mut rows {
        row.party = match row.party.as_str() {
            "Ukraine" => "<script>alert(1)</script>\u{1b}[31m\u{202e}".to_owned(),
            "Russia" => "x".repeat(10_000),
            _ => "Federal Republic of Somewhere Rather Far Away ".repeat(3),
        };
        row.summit = row.summit.as_ref().map(|summit| summit.repeat(4));
        row.issues = vec!["a long description of an issue".to_owned()];
    }
    write_scores(&folder.path().join("awkward.parquet"), &rows);
    for file in [".", "awkward.parquet"] {
        for command in ["summarize", "compare"] {
            let text = stdout(&mut stance(folder.path(), &[command, file]));
            assert!(text.lines().count() > 10, "{text}");
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{line}");
                assert!(!line.contains(['\u{1b}', '\u{202e}']), "{line}");
            }
        }
    }
}

#[test]
fn a_summary_is_written_as_csv_to_a_file_or_to_stdout() {
    let folder = folder_of_scores();
    let args = ["summarize", ".", "--by", "party,summit", "-o"];
    let table = stdout(&mut stance(
        folder.path(),
        &[&args[..], &["summary.csv"]].concat(),
    ));
    assert!(table.contains("45 articles"), "{table}");
    let csv = stdout(&mut stance(folder.path(), &[&args[..], &["-"]].concat()));
    assert_eq!(
        csv,
        std::fs::read_to_string(folder.path().join("summary.csv")).unwrap()
    );
    assert_eq!(csv.lines().count(), 1 + 4 * 3);
    assert!(csv.contains("Türkiye,ankara-2026,"), "{csv}");
}

#[test]
fn rows_come_from_standard_input_too() {
    let rows = made_rows::rows(1, 45);
    let mut lines = jsonl::Writer::new(Vec::new(), "rows");
    rows.iter().for_each(|row| lines.write(row).unwrap());
    let folder = folder_of_scores();
    let mut from_stdin = stance(folder.path(), &["summarize", "-", "-o", "-"]);
    from_stdin.write_stdin(lines.finish().unwrap());
    let from_file = stdout(&mut stance(folder.path(), &["summarize", ".", "-o", "-"]));
    assert_eq!(stdout(&mut from_stdin), from_file);
    stance(folder.path(), &["summarize", "-"])
        .write_stdin("")
        .assert()
        .code(1)
        .stderr(contains("standard input: no rows"));
}

#[test]
fn two_summits_are_compared_by_name() {
    let folder = folder_of_scores();
    let run = |args: &[&str]| stance(folder.path(), &[&["compare", "."], args].concat());
    let text = stdout(&mut run(&["--by", "summit", "miami-2025", "ankara-2026"]));
    assert!(
        text.starts_with("From miami-2025 to ankara-2026\n"),
        "{text}"
    );
    let all = stdout(&mut run(&["--within", "party", "-o", "-"]));
    assert_eq!(
        all.lines()
            .filter(|l| l.contains("miami-2025,geneva-2026"))
            .count(),
        16
    );
    assert_eq!(
        all.lines()
            .filter(|l| l.contains("geneva-2026,ankara-2026"))
            .count(),
        16
    );
    run(&["--by", "summit", "miami", "geneva-2026"])
        .assert()
        .code(1)
        .stderr(contains(
            "no summit is called \"miami\"; did you mean \"miami-2025\"",
        ));
    run(&["--by", "summit", "miami-2025"])
        .assert()
        .code(1)
        .stderr(contains("two names"));
    run(&["--by", "source"])
        .assert()
        .code(1)
        .stderr(contains("name the two"));
    run(&["--within", "party,summit"]).assert().code(1);
    run(&["--within", "parti"])
        .assert()
        .code(2)
        .stderr(contains("did you mean \"party\""));
}

#[test]
fn a_sample_is_drawn_labelled_and_used() {
    let folder = folder_of_scores();
    let run = |args: &[&str]| stance(folder.path(), args);
    run(&[
        "sample",
        ".",
        "-n",
        "80",
        "-o",
        "sample.csv",
        "--stratify",
        "stance",
    ])
    .assert()
    .success()
    .stderr(contains("80 rows drawn from"));
    // A second draw must not destroy labels.
    run(&["sample", ".", "-o", "sample.csv"])
        .assert()
        .code(1)
        .stderr(contains("may hold labels"));
    run(&[
        "sample",
        ".",
        "-n",
        "80",
        "-o",
        "sample.csv",
        "--stratify",
        "stance",
        "--force",
    ])
    .assert()
    .success();

    let path = folder.path().join("sample.csv");
    run(&["summarize", ".", "--labels", "sample.csv"])
        .assert()
        .code(1)
        .stderr(contains("no row has a label"));
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let header = reader.headers().unwrap().clone();
    let column = header.iter().position(|name| name == "label").unwrap();
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for (index, record) in reader.records().enumerate() {
        let record = record.unwrap();
        let label = if index == 0 {
            ""
        } else {
            ["O", "cautious", "i/n", "Neutral"][index % 4]
        };
        let fields = record.iter().enumerate();
        writer
            .write_record(fields.map(|(i, f)| if i == column { label } else { f }))
            .unwrap();
    }
    std::fs::write(&path, writer.into_inner().unwrap()).unwrap();
    let assert = run(&["summarize", ".", "--by", "summit", "--labels", "sample.csv"]).assert();
    assert
        .success()
        .stdout(contains("corrected with 79 labelled rows"))
        .stderr(contains("1 row of the sample left out"));
    run(&["compare", ".", "--within", "all", "--labels", "sample.csv"])
        .assert()
        .success()
        .stdout(contains("corrected with the labels"));
    // Labels of one summit's rows cannot correct the others.
    let first: Vec<Row> = made_rows::rows(1, 45)
        .into_iter()
        .filter(|row| row.summit.as_deref() == Some("miami-2025"))
        .collect();
    write_scores(&folder.path().join("first.parquet"), &first);
    run(&[
        "summarize",
        "first.parquet",
        "--by",
        "all",
        "--labels",
        "sample.csv",
    ])
    .assert()
    .success()
    .stderr(contains("are not among these scores").and(contains("warning")));
}

#[test]
fn scores_that_cannot_be_used_are_refused_in_a_sentence() {
    let folder = folder_of_scores();
    let at = |name: &str| folder.path().join(name);
    let bytes = std::fs::read(at("scores.parquet")).unwrap();
    std::fs::write(at("cut.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    let mut other = made_rows::provenance();
    other.model = "another".to_owned();
    let mut writer = parquet::Writer::create(&at("other.parquet"), &other).unwrap();
    made_rows::rows(9, 3)
        .iter()
        .for_each(|row| writer.write(row).unwrap());
    writer.finish().unwrap();
    write_scores(&at("empty.parquet"), &[]);
    let refuse = |files: &[&str], says: &str| {
        for command in ["summarize", "compare", "sample"] {
            stance(folder.path(), &[&[command], files].concat())
                .assert()
                .code(1)
                .stderr(contains(says).and(contains("panicked").not()));
        }
    };
    refuse(&["cut.parquet"], "cut.parquet: damaged or cut short");
    refuse(&[".", "other.parquet"], "do not compare");
    refuse(&["empty.parquet"], "empty.parquet: no rows");
    refuse(&["none.parquet"], "none.parquet: cannot be read");
    stance(folder.path(), &["summarize"]).assert().code(2);
}
