//! `stance score` as a user meets it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

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
fn bad_records_are_listed_and_the_good_ones_scored() {
    let folder = tempfile::tempdir().unwrap();
    let input = path(folder.path(), "in.jsonl");
    let good = serde_json::json!({"id": "good", "text": NEWS}).to_string();
    fs::write(
        &input,
        format!("{{broken\n{good}\n{{\"id\": \"empty\", \"text\": \"\"}}\n"),
    )
    .unwrap();
    let out = path(folder.path(), "out");
    let output = stance(&["score", &input, "-o", &out]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("1 article,") && text(&output.stdout).contains("2 rejected")
    );
    let rejected: Vec<serde_json::Value> = fs::read_to_string(format!("{out}/rejected.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let lines: Vec<_> = rejected
        .iter()
        .map(|r| r["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [1, 3]);
    assert!(Path::new(&out).join("scores.parquet").exists());
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
