//! `stance score` as a user meets it.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::{folder, gzip, json_lines, parquet};
use summit_stance::scores::ScoreFiles;

fn stance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stance"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

const NEWS: &str =
    "Ukraine insisted on binding security guarantees. Russia refused to discuss them.";

#[test]
fn the_sample_summits_give_the_same_files_every_time_and_with_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (path(folder.path(), "one"), path(folder.path(), "two"));
    let first = stance(&["score", "data/summits", "-o", &one, "--threads", "1"]);
    let second = stance(&["score", "data/summits", "-o", &two, "--threads", "2"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(second.status.success(), "{}", text(&second.stderr));
    for file in ["scores.parquet", "summary.csv", "rejected.jsonl"] {
        let (a, b) = (format!("{one}/{file}"), format!("{two}/{file}"));
        assert_eq!(fs::read(&a).ok(), fs::read(&b).ok(), "{file} differs");
    }
    let output = text(&first.stdout);
    assert!(output.contains("36 articles"), "{output}");
    for party in ["Ukraine", "Russia", "United States", "European Union"] {
        assert!(output.contains(party), "no {party} in\n{output}");
    }
    assert!(
        output.lines().all(|line| line.chars().count() <= 100),
        "{output}"
    );
    // Nothing was left behind beside the results.
    let mut files: Vec<String> = fs::read_dir(&one)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert!(
        files
            .iter()
            .all(|f| !f.starts_with('.') && !f.contains("tmp")),
        "{files:?}"
    );
}

#[test]
fn rows_stream_as_json_lines_with_offsets_into_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let body = format!("É 🙂 news. {NEWS}");
    let input = path(folder.path(), "in.jsonl");
    let line = serde_json::json!({"id": "a", "text": body, "summit": "S", "date": "2026-01-02"});
    fs::write(&input, line.to_string()).unwrap();
    let output = stance(&["score", &input, "--format", "jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let points: Vec<char> = body.chars().collect();
    let cut = |from: u64, to: u64| {
        points[from as usize..to as usize]
            .iter()
            .collect::<String>()
    };
    let mut parties = Vec::new();
    for line in text(&output.stdout).lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let number = |name: &str| row[name].as_u64().unwrap();
        assert_eq!(
            cut(number("sentence_start"), number("sentence_end")),
            row["text"]
        );
        assert_eq!(
            cut(number("mention_start"), number("mention_end")),
            row["mention"]
        );
        let sum: f64 = ["optimistic", "cautious", "insistent", "neutral"]
            .iter()
            .map(|stance| row[stance].as_f64().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
        assert_eq!(
            (&row["summit"], &row["date"]),
            (&"S".into(), &"2026-01-02".into())
        );
        parties.push(row["party"].as_str().unwrap().to_owned());
    }
    assert!(
        parties.contains(&"Ukraine".to_owned()) && parties.contains(&"Russia".to_owned()),
        "{parties:?}"
    );
}

#[test]
fn every_kind_of_bad_record_is_listed_and_the_good_ones_scored() {
    let lines = [
        b"{\"id\": \"good\", \"text\": \"Kyiv insisted on guarantees.\"}".as_slice(),
        b"{\"text\": \"caf\xe9\"}",
        b"{broken",
        b"{\"body\": \"One.\"}",
        b"{\"text\": 12}",
        b"{\"text\": \"\"}",
        // A line of 50 MB.
        &[b"{\"text\": \"", vec![b'a'; 50 << 20].as_slice(), b"\"}"].concat(),
        b"{\"id\": \"last\", \"text\": \"Moscow was cautious.\"}",
    ]
    .join(&b'\n');
    let mut cut = gzip(&json_lines());
    cut.truncate(cut.len() / 2);
    let folder = folder(&[
        ("in/a.jsonl", &lines),
        ("in/b.jsonl.gz", &cut),
        ("in/c.parquet", &parquet()[..100]),
        ("in/d.txt", b"Ankara saw progress."),
    ]);
    let out = path(folder.path(), "out");
    let output = stance(&["score", &path(folder.path(), "in"), "-o", &out]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(
        said.contains("3 articles,") && said.contains("8 rejected"),
        "{said}"
    );
    let rejected = fs::read_to_string(format!("{out}/rejected.jsonl")).unwrap();
    let mut places: Vec<_> = rejected
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| {
            let file = record["file"].as_str().unwrap();
            (
                file.rsplit('/').next().unwrap().to_owned(),
                record["line"].as_u64(),
            )
        })
        .collect();
    places.sort();
    let lines: Vec<_> = places[..6].iter().map(|(_, line)| line.unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7], "{rejected}");
    let files: Vec<_> = places[5..].iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, ["a.jsonl", "b.jsonl.gz", "c.parquet"], "{rejected}");
    let scores = ScoreFiles::open(&[out]).unwrap();
    let scored: Vec<String> = scores.rows().map(|row| row.unwrap().article).collect();
    for id in ["good", "last", "d"] {
        assert!(
            scored.iter().any(|article| article == id),
            "{id}: {scored:?}"
        );
    }
}

#[test]
fn a_party_list_decides_what_parties_are_called() {
    let folder = tempfile::tempdir().unwrap();
    let list = path(folder.path(), "parties.toml");
    fs::write(
        &list,
        "[[party]]\nname = \"Team U\"\naliases = [\"Ukraine\", \"Kyiv\"]\n",
    )
    .unwrap();
    let input = path(folder.path(), "in.txt");
    fs::write(&input, NEWS).unwrap();
    let output = stance(&["score", &input, "--format", "jsonl", "--parties", &list]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rows = text(&output.stdout);
    assert!(
        rows.contains("\"Team U\"") && rows.contains("\"link\":\"list\""),
        "{rows}"
    );
}

#[test]
fn wrong_usage_and_missing_files_say_so() {
    let usage = stance(&["score", "data/summits"]);
    assert_eq!(usage.status.code(), Some(2));
    let missing = stance(&["score", "no-such-folder", "-o", "unused"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(
        text(&missing.stderr).contains("no-such-folder"),
        "{}",
        text(&missing.stderr)
    );
    assert!(!Path::new("unused").exists());
}

#[test]
fn explain_marks_the_mentions_of_a_text_from_standard_input() {
    use std::io::Write;
    use std::process::Stdio;
    let mut child = Command::new(env!("CARGO_BIN_EXE_stance"))
        .arg("explain")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(NEWS.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = text(&output.stdout);
    assert!(output.status.success());
    assert!(
        shown.contains("[Ukraine] insisted") && shown.contains("[Russia] refused"),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "colour in a pipe");
}
