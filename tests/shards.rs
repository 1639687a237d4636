//! One dataset scored in shards.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use summit_stance::scores::{ScoreFiles, jsonl};

fn stance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stance"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The rows as JSON, in no order.
fn rows(files: &[String]) -> BTreeSet<String> {
    let files = ScoreFiles::open(files).unwrap();
    let mut rows = BTreeSet::new();
    for row in files.rows() {
        let mut writer = jsonl::Writer::new(Vec::new(), "memory");
        writer.write(&row.unwrap()).unwrap();
        rows.insert(text(&writer.finish().unwrap()));
    }
    rows
}

fn scored(folder: &Path) -> (String, Vec<String>) {
    let out = |name: &str| folder.join(name).display().to_string();
    // Two articles of one id, and a bad record, which one of the shards must report.
    let input = folder.join("more.jsonl");
    let line = "{\"id\": \"same\", \"text\": \"Kyiv insisted on guarantees.\"}\n";
    fs::write(&input, format!("{line}{{bad\n{line}")).unwrap();
    let inputs = [
        "score",
        "data/summits/geneva-2026",
        "data/summits/ankara-2026",
        input.to_str().unwrap(),
    ];
    let whole = out("whole");
    let output = stance(&[&inputs[..], &["-o", &whole]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let mut codes = Vec::new();
    let shards: Vec<String> = (1..=4)
        .map(|number| {
            let (shard, target) = (format!("{number}/4"), out(&format!("shard{number}")));
            let output = stance(&[&inputs[..], &["-o", &target, "--shard", &shard]].concat());
            codes.push(output.status.code());
            target
        })
        .collect();
    codes.sort();
    assert_eq!(codes, [Some(0), Some(0), Some(0), Some(3)]);
    (whole, shards)
}

#[test]
fn four_shards_hold_the_rows_of_one_run_and_are_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, shards) = scored(folder.path());
    let all = rows(std::slice::from_ref(&whole));
    assert!(all.len() > 300);
    assert_eq!(rows(&shards), all);
    for shard in &shards {
        let share = rows(std::slice::from_ref(shard)).len() as f64 / all.len() as f64;
        assert!(
            (0.15..0.35).contains(&share),
            "{shard} has {share} of all rows"
        );
    }

    let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
    for command in ["summarize", "compare"] {
        let of_shards = stance(&[&[command], &shards[..]].concat());
        let of_one = stance(&[command, &whole]);
        assert!(of_one.status.success(), "{}", text(&of_one.stderr));
        assert_eq!(text(&of_shards.stdout), text(&of_one.stdout), "{command}");
        assert_eq!(text(&of_shards.stderr), text(&of_one.stderr), "{command}");
    }
    for (command, file) in [("report", "page.html"), ("export --to csv", "rows.csv")] {
        let write = |scores: &[&str]| {
            let target = folder.path().join(file).display().to_string();
            let command: Vec<&str> = command.split(' ').collect();
            let output = stance(&[&command[..], scores, &["-o", &target]].concat());
            assert!(output.status.success(), "{}", text(&output.stderr));
            let mut lines: Vec<String> = text(&fs::read(&target).unwrap())
                .lines()
                .map(str::to_owned)
                .collect();
            lines.sort();
            lines
        };
        assert!(write(&shards) == write(&[&whole]), "{command} differs");
    }

    let output = stance(&["summarize", shards[0], shards[1], shards[3]]);
    let note = text(&output.stderr);
    assert!(
        output.status.success() && note.contains("shard 3/4 is missing"),
        "{note}"
    );
    let output = stance(&["summarize", shards[0], &whole]);
    assert!(text(&output.stderr).contains("count twice"));
}

#[test]
fn shards_of_different_articles_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let archive = |place: &str| path(&format!("{place}/wire"));
    let shard = |place: &str, shard: &str| {
        let target = path(&format!("{place}-{}", &shard[..1]));
        let output = stance(&["score", &archive(place), "-o", &target, "--shard", shard]);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        target
    };
    // Elsewhere the same articles, and files that every shard reads past and one rejects.
    for (place, last) in [
        ("here", "Oslo hoped."),
        ("there", "Oslo hoped."),
        ("more", "Oslo fell silent."),
    ] {
        let articles = ["Kyiv insisted.", "", "Ankara waited.", last, ""];
        fs::create_dir_all(archive(place)).unwrap();
        for (number, article) in articles.iter().enumerate() {
            fs::write(format!("{}/{number}.txt", archive(place)), article).unwrap();
        }
    }
    let (first, second) = (shard("here", "1/2"), shard("there", "2/2"));
    let output = stance(&["summarize", &first, &second]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");

    let other = shard("more", "2/2");
    let output = stance(&["summarize", &first, &other]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    for part in [
        &*first,
        &*other,
        "shard 1/2 of 5 records",
        "shard 2/2 of 5 records",
        "same articles",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_shard_that_is_none_is_wrong_usage() {
    for shard in ["0/4", "5/4", "4", "a/b"] {
        let output = stance(&["score", "data/summits", "-o", "unused", "--shard", shard]);
        assert_eq!(output.status.code(), Some(2), "{shard}");
        assert!(text(&output.stderr).contains("1/4 to 4/4"));
    }
}
