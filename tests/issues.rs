//! Issues of a user's own, as a user of `--issues` meets them.

use std::fs;
use std::process::{Command, Output};

use summit_stance::codebook::ISSUES;
use summit_stance::issues::IssueList;

fn stance(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stance"))
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file with this content in a folder that lasts as long as the first value.
fn file(name: &str, content: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

const NEWS: &str = "Ukraine insisted that the grain corridor stay open. \
                    Russia said sanctions on its banks had to go first. It rained.";

#[test]
fn the_example_file_is_a_list_that_the_program_takes() {
    let list = IssueList::read("data/issues.toml".as_ref()).unwrap();
    let own = ISSUES.map(str::to_owned);
    list.check(&own).unwrap();
    let found = list.keyword_matches("A Prisoner-exchange was agreed, but no embargo.");
    let ids: Vec<_> = found
        .iter()
        .map(|&at| list.issues()[at].id.as_str())
        .collect();
    assert_eq!(ids, ["sanctions", "detainees"]);
    // It shows every kind of entry.
    assert!(
        list.issues()
            .iter()
            .any(|issue| issue.descriptions.is_empty())
    );
    assert!(
        list.issues()
            .iter()
            .any(|issue| !issue.descriptions.is_empty())
    );
}

#[test]
fn a_list_takes_the_place_of_the_built_in_issues() {
    let (_kept, list) = file(
        "issues.toml",
        "[[issue]]\nid = \"grain\"\nkeywords = [\"Grain Corridor\"]\n[[issue]]\nid = \"sanctions\"\n",
    );
    let (_kept, input) = file("in.txt", NEWS);
    let issues = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let output = stance(&[&["score", &input, "--format", "jsonl"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let rows = text(&output.stdout);
        rows.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["issues"].take())
            .collect()
    };
    let built_in = issues(&[]);
    assert!(
        built_in
            .iter()
            .any(|issues| issues.to_string().contains("sanctions"))
    );
    assert!(
        !built_in
            .iter()
            .any(|issues| issues.to_string().contains("grain"))
    );
    let own = issues(&["--issues", &list]);
    assert_eq!(own.len(), 2);
    assert_eq!(own[0][0], "grain", "the keyword settles it");
    assert_eq!(own[1], serde_json::json!(["sanctions"]));
    let listed = |issue: &serde_json::Value| issue == "grain" || issue == "sanctions";
    assert!(
        own.iter()
            .all(|issues| issues.as_array().unwrap().iter().all(listed))
    );
    let shown = stance(&["explain", NEWS, "--issues", &list]);
    assert!(
        text(&shown.stdout).contains("issues: grain"),
        "{}",
        text(&shown.stdout)
    );
}

#[test]
fn an_issue_that_the_model_never_learnt_is_found_by_its_descriptions() {
    let (_kept, list) = file(
        "issues.toml",
        "[[issue]]\nid = \"fisheries\"\ndescription = [\"fishing quotas, trawlers, cod and herring\", \
         \"access of fishing boats to waters\"]\n\
         [[issue]]\nid = \"airports\"\ndescription = \"flights, airlines, airports and pilots\"\n",
    );
    let (_kept, input) = file(
        "in.jsonl",
        "{\"text\": \"Norway insisted that its trawlers keep their cod quotas.\"}\n\
         {\"text\": \"Kenya doubted that the airline would fly from the new airport.\"}\n",
    );
    let output = stance(&["score", &input, "--issues", &list, "--format", "jsonl"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rows: Vec<serde_json::Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |party: &str| {
        let row = rows.iter().find(|row| row["party"] == party);
        row.unwrap_or_else(|| panic!("{rows:?}"))["issues"].clone()
    };
    assert_eq!(of("Norway"), serde_json::json!(["fisheries"]));
    assert_eq!(of("Kenya"), serde_json::json!(["airports"]));
}

#[test]
fn the_scores_remember_which_list_they_were_made_with() {
    let (_kept, list) = file("issues.toml", "[[issue]]\nid = \"health\"\n");
    let (_kept, input) = file("in.txt", NEWS);
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name).display().to_string();
    assert!(
        stance(&["score", &input, "-o", &out("one")])
            .status
            .success()
    );
    assert!(
        stance(&["score", &input, "-o", &out("two"), "--issues", &list])
            .status
            .success()
    );
    let both = stance(&["summarize", &out("one"), &out("two")]);
    assert!(
        text(&both.stderr).contains("issues (not set; "),
        "{}",
        text(&both.stderr)
    );
}

#[test]
fn a_list_with_a_mistake_names_file_and_line_and_nothing_is_written() {
    let (_kept, input) = file("in.txt", NEWS);
    for (content, line, about) in [
        ("", 1, "no issue"),
        ("[[issue]]\nid = \"a\"\nkeyword = [\"b\"]\n", 3, "keyword"),
        (
            "[[issue]]\nid = \"health\"\n\n[[issue]]\nid = \"grain\"\n",
            5,
            "nothing by which to find",
        ),
        ("[[issue]]\nid = \"grain;food\"\n", 2, "semicolon"),
    ] {
        let (kept, list) = file("issues.toml", content);
        let out = kept.path().join("out").display().to_string();
        let output = stance(&["score", &input, "-o", &out, "--issues", &list]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("{list}, line {line}: ")), "{said}");
        assert!(said.contains(about), "{said}");
        assert!(!kept.path().join("out").exists());
    }
}
