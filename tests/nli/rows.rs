//! `stance score --nli`: the rows of ever, with stances of an inference model.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use summit_stance::scores::ScoreFiles;

use super::{fixture, open, refusal, said, stance};

const INPUT: &str = "data/summits/geneva-2026";
const STANCES: [&str; 4] = ["optimistic", "cautious", "insistent", "neutral"];

fn model(architecture: &str) -> String {
    fixture(architecture).to_str().unwrap().to_owned()
}

fn rows(arguments: &[&str]) -> Vec<Value> {
    let output = stance(&["score", INPUT, "--format", "jsonl"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let lines = output.stdout.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn probabilities(row: &Value) -> [f64; 4] {
    STANCES.map(|stance| row[stance].as_f64().unwrap())
}

/// Score into a folder of this name.
fn score(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    let target = folder.join(name);
    let output = stance(&["score", INPUT, "-o", target.to_str().unwrap()])
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    target
}

/// The built-in list with other words for insistent.
fn other_stances(folder: &Path) -> String {
    let list = fs::read_to_string("data/stances.toml").unwrap();
    let changed = list.replace("{party} is insistent about", "{name} presses for");
    assert_ne!(list, changed);
    let path = folder.join("stances.toml");
    fs::write(&path, changed).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn only_the_stances_differ_from_those_without_nli() {
    let plain = rows(&[]);
    for architecture in ["bert", "deberta-v3"] {
        let scored = rows(&["--nli", &model(architecture)]);
        assert_eq!(scored.len(), plain.len());
        let mut differ = 0;
        for (row, plain) in scored.iter().zip(&plain) {
            let p = probabilities(row);
            assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{p:?}");
            let top = (0..4).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap();
            assert_eq!(row["stance"], STANCES[top]);
            differ += usize::from(p != probabilities(plain));
            for (field, value) in plain.as_object().unwrap() {
                if field != "stance" && !STANCES.contains(&field.as_str()) {
                    assert_eq!(row[field], *value, "{field}");
                }
            }
        }
        assert!(differ * 10 > plain.len() * 9, "{differ} of {}", plain.len());
    }
}

#[test]
fn a_row_has_the_odds_of_its_hypotheses() {
    let model_folder = fixture("deberta-v3");
    let entailment = open(&model_folder);
    let scored = rows(&["--nli", model_folder.to_str().unwrap()]);
    // Words that stand for parties, and issues, as they are in the hypotheses.
    let simple: Vec<&Value> = scored
        .iter()
        .filter(|row| {
            let mention = row["mention"].as_str().unwrap();
            row["issues"] == serde_json::json!(["sanctions"])
                && mention.starts_with(char::is_uppercase)
        })
        .collect();
    assert!(simple.len() > 3, "{}", simple.len());
    for row in simple {
        let (text, mention) = (
            row["text"].as_str().unwrap(),
            row["mention"].as_str().unwrap(),
        );
        let odds = ["optimistic", "cautious", "insistent"].map(|stance| {
            let hypothesis = format!("{mention} is {stance} about sanctions.");
            entailment.log_odds(&[(text, hypothesis)]).unwrap()[0].exp()
        });
        let all = odds.iter().sum::<f64>() + 1.0;
        for (p, odds) in probabilities(row).iter().zip(odds.into_iter().chain([1.0])) {
            assert!((p - odds / all).abs() < 1e-5, "{text}: {p} {odds}");
        }
    }
}

#[test]
fn twice_the_same_gives_the_same_bytes_with_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let nli = model("deberta");
    let one = score(folder.path(), "one", &["--nli", &nli, "--threads", "1"]);
    let two = score(folder.path(), "two", &["--nli", &nli, "--threads", "2"]);
    for file in ["scores.parquet", "summary.csv"] {
        assert_eq!(
            fs::read(one.join(file)).unwrap(),
            fs::read(two.join(file)).unwrap(),
            "{file}"
        );
    }
}

#[test]
fn bf16_gives_nearly_the_same() {
    for architecture in ["bert", "roberta", "deberta", "deberta-v3"] {
        let exact = rows(&["--nli", &model(architecture)]);
        let rough = rows(&["--nli", &model(architecture), "--precision", "bf16"]);
        let mut largest = 0.0f64;
        for (one, other) in exact.iter().zip(&rough) {
            for (p, q) in probabilities(one).iter().zip(probabilities(other)) {
                largest = largest.max((p - q).abs());
            }
        }
        println!("{architecture}: {largest:.4}");
        assert!(largest > 0.0 && largest < 0.05, "{architecture}: {largest}");
    }
}

#[test]
fn scores_say_what_made_them_and_do_not_mix_with_others() {
    let folder = tempfile::tempdir().unwrap();
    let stances = other_stances(folder.path());
    let nli = model("bert");
    let plain = score(folder.path(), "plain", &[]);
    let zero = score(folder.path(), "zero", &["--nli", &nli]);
    let other = score(
        folder.path(),
        "other",
        &["--nli", &nli, "--stances", &stances],
    );

    let files = ScoreFiles::open(&[&zero]).unwrap();
    let provenance = files.provenance().unwrap();
    assert_eq!(provenance.model, "stance-minilm + bert");
    assert_eq!(provenance.options["nli"], "bert");
    assert_eq!(provenance.options["nli calibration"], "none");
    assert_eq!(provenance.options["nli precision"], "f32");
    assert_eq!(provenance.options["nli checksum"].len(), 64);
    assert_eq!(provenance.options["stances"].len(), 64);

    for (one, two) in [(&plain, &zero), (&zero, &other)] {
        let [one, two] = [one, two].map(|path| path.to_str().unwrap());
        let said = refusal(stance(&["summarize", one, two]));
        assert!(said.contains("stance-minilm + bert"), "{said}");
    }
}

#[test]
fn an_interrupted_run_does_not_go_on_with_other_stances_or_another_model() {
    let folder = tempfile::tempdir().unwrap();
    let stances = other_stances(folder.path());
    let input = folder.path().join("in.jsonl");
    let lines = (0..3000).map(|n| format!("{{\"text\": \"Kyiv insisted on point {n}.\"}}\n"));
    fs::write(&input, lines.collect::<String>()).unwrap();
    let out = folder.path().join("out");
    let run = |more: &[&str]| {
        let mut command = stance(&[
            "score",
            input.to_str().unwrap(),
            "--part-records",
            "5",
            "-o",
        ]);
        command.arg(&out).args(more);
        command
    };
    let nli = model("bert");
    let mut child = run(&["--nli", &nli]).stderr(Stdio::null()).spawn().unwrap();
    let parts = || fs::read_dir(out.join(".unfinished")).map_or(0, Iterator::count);
    while parts() < 6 {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended too soon");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for more in [
        &[] as &[&str],
        &["--nli", &model("roberta")],
        &["--nli", &nli, "--stances", &stances],
        &["--nli", &nli, "--precision", "bf16"],
    ] {
        let output = run(more).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("was"), "{}", said(&output));
    }
}

#[test]
fn calibration_says_what_it_gains_and_is_kept_with_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let labelled = folder.path().join("labelled.jsonl");
    let corpus = fs::read_to_string("data/corpus/dev.jsonl").unwrap();
    let lines: Vec<&str> = corpus.lines().take(12).collect();
    fs::write(&labelled, lines.join("\n")).unwrap();
    let nli = model("bert");
    let target = folder.path().join("out");
    let output = stance(&["score", INPUT, "--nli", &nli, "--calibrate"])
        .arg(&labelled)
        .arg("-o")
        .arg(&target)
        .output()
        .unwrap();
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let after = |words: &str| -> f64 {
        let rest = said.split(words).nth(1).unwrap_or_else(|| panic!("{said}"));
        rest.split_whitespace()
            .next()
            .unwrap()
            .trim_end_matches(',')
            .parse()
            .unwrap()
    };
    // These weights know nothing, but some stances are more frequent than others.
    let without = after("mean negative log-likelihood ");
    let with = after("without, ");
    assert!(with < without && with < 1.386, "{said}");

    let files = ScoreFiles::open(&[&target]).unwrap();
    let kept = files.provenance().unwrap().options["nli calibration"].clone();
    assert!(
        kept.starts_with("temperature ") && said.contains(&kept),
        "{kept}"
    );
    let calibrated: Vec<_> = files.rows().map(|row| row.unwrap()).collect();
    let plain = rows(&["--nli", &nli]);
    let share =
        |p: &dyn Fn(usize) -> f64| (0..plain.len()).map(p).sum::<f64>() / plain.len() as f64;
    // Most parties of the corpus are neutral or insistent.
    let neutral = share(&|i| f64::from(calibrated[i].stance.probability("neutral").unwrap()));
    let before = share(&|i| probabilities(&plain[i])[3]);
    assert!((neutral - before).abs() > 0.01, "{neutral} {before}");
}

#[test]
fn eval_measures_the_stances_of_the_inference_model() {
    let folder = tempfile::tempdir().unwrap();
    let gold = folder.path().join("gold.jsonl");
    let corpus = fs::read_to_string("data/corpus/dev.jsonl").unwrap();
    let lines: Vec<&str> = corpus.lines().take(6).collect();
    fs::write(&gold, lines.join("\n")).unwrap();
    let figures = |more: &[&str]| -> Value {
        let output = stance(&["eval", gold.to_str().unwrap(), "--json"])
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (plain, zero) = (figures(&[]), figures(&["--nli", &model("deberta-v3")]));
    for same in ["mention", "issue", "linking"] {
        assert_eq!(plain[same], zero[same], "{same}");
    }
    let f1 = |report: &Value| report["stance"]["macro_f1"]["value"].as_f64().unwrap();
    // Random weights know nothing of stances.
    assert!(
        f1(&plain) > 0.6 && f1(&zero) < 0.4,
        "{} {}",
        f1(&plain),
        f1(&zero)
    );
    assert_ne!(plain["end_to_end"], zero["end_to_end"]);
}

#[test]
fn explain_shows_them_too() {
    let text = "Kyiv insisted on binding guarantees.";
    let run = |more: &[&str]| {
        let output = stance(&["explain", text]).args(more).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let (plain, zero) = (run(&[]), run(&["--nli", &model("bert")]));
    assert!(zero.contains("Ukraine is "), "{zero}");
    assert_ne!(plain, zero);
}
