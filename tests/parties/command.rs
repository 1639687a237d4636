//! `stance parties` as a user meets it.

use std::fs;
use std::process::{Command, Output};

use summit_stance::parties::PartyList;

fn stance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stance"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Each row's place and party, as `stance score` gives them.
fn rows(arguments: &[&str]) -> Vec<(String, u64, String)> {
    let output = stance(
        &[
            &["score", "data/summits/geneva-2026", "--format", "jsonl"],
            arguments,
        ]
        .concat(),
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let word = |name: &str| row[name].as_str().unwrap().to_owned();
            let place = (word("article"), row["mention_start"].as_u64().unwrap());
            (place, word("party"), word("link"))
        })
        // What pronouns refer to is weighed anew; a list decides about names.
        .filter(|(.., link)| link != "antecedent")
        .map(|((article, start), party, _)| (article, start, party))
        .collect()
}

#[test]
fn the_list_of_a_summit_can_be_given_back_and_changes_no_party() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("parties.toml").display().to_string();
    let output = stance(&["parties", "data/summits/geneva-2026", "-o", &list]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    let printed = stance(&["parties", "data/summits/geneva-2026", "--threads", "1"]);
    assert_eq!(text(&printed.stdout), fs::read_to_string(&list).unwrap());
    let before = rows(&[]);
    let after = rows(&["--parties", &list]);
    assert!(before.len() > 100);
    // A faint mention counts once a list names it, so there may be more rows.
    for row in &before {
        assert!(after.contains(row), "{row:?}");
    }
    // Edits are not lost by mistake, and a list can be made from a list.
    let again = stance(&["parties", "data/summits/geneva-2026", "-o", &list]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        text(&again.stderr).contains("--force"),
        "{}",
        text(&again.stderr)
    );
    let again = stance(&[
        "parties",
        "data/summits/geneva-2026",
        "-o",
        &list,
        "--force",
        "--parties",
        &list,
    ]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(PartyList::read(list.as_ref()).is_ok());
}

#[test]
fn rejected_records_are_told_by_exit_code_3_and_the_rest_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.jsonl").display().to_string();
    let good = serde_json::json!({"body": "Ukraine insisted on guarantees. Russia refused."});
    fs::write(&input, format!("{{broken\n{good}\n")).unwrap();
    let output = stance(&["parties", &input, "--text-column", "body"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("rejected: "),
        "{}",
        text(&output.stderr)
    );
    let list = PartyList::parse(&text(&output.stdout), "found.toml").unwrap();
    let names: Vec<_> = list
        .parties()
        .iter()
        .map(|party| party.name.as_str())
        .collect();
    assert_eq!(names, ["Russia", "Ukraine"]);
}
