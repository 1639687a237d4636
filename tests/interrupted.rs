//! A run of `stance score` that is killed or interrupted goes on where it was.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const FILES: [&str; 3] = ["scores.parquet", "summary.csv", "rejected.jsonl"];

/// Short articles, of few texts so that they are scored fast, and a bad record among every hundred.
fn articles(folder: &Path, count: usize) -> PathBuf {
    let parties = ["Ukraine", "Norway", "Turkey", "The European Union", "Kyiv"];
    let lines = (0..count).map(|n| match n % 100 {
        50 => format!("{{broken {n}\n"),
        _ => format!(
            "{{\"text\": \"{} insisted on point {}.\", \"summit\": \"S{}\"}}\n",
            parties[n % parties.len()],
            n % 20,
            n % 3
        ),
    });
    let path = folder.join("in.jsonl");
    fs::write(&path, lines.collect::<String>()).unwrap();
    path
}

/// `stance score INPUT -o FOLDER`, with parts so small that there are many.
fn score(input: &Path, output: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stance"));
    command
        .arg("score")
        .arg(input)
        .arg("-o")
        .arg(output)
        .args(["--part-records", "7"])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn files(folder: &Path) -> Vec<Option<Vec<u8>>> {
    FILES.map(|name| fs::read(folder.join(name)).ok()).into()
}

fn parts(folder: &Path) -> usize {
    let entries = fs::read_dir(folder.join(".unfinished"))
        .into_iter()
        .flatten();
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().contains('-'))
        .count()
}

fn wait_for_parts(child: &mut Child, folder: &Path, count: usize) {
    while parts(folder) < count {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended too soon");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A run that was killed after some parts.
fn killed(input: &Path, output: &Path, more: &[&str]) {
    let mut child = score(input, output, more).spawn().unwrap();
    wait_for_parts(&mut child, output, 3);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "the run ended before it was killed");
}

fn refused(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    text(&output.stderr)
}

#[test]
fn a_run_killed_at_random_moments_gives_the_same_bytes() {
    const KILLS: usize = 50;
    let folder = tempfile::tempdir().unwrap();
    let input = articles(folder.path(), 400);
    let whole = folder.path().join("whole");
    let began = Instant::now();
    let output = score(&input, &whole, &[]).output().unwrap();
    let duration = began.elapsed();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let whole = files(&whole);
    assert!(whole.iter().all(Option::is_some));

    let mut random = ChaCha8Rng::seed_from_u64(5);
    let (mut kills, mut runs, mut went_on) = (0, 0, 0);
    while kills < KILLS {
        runs += 1;
        let target = folder.path().join(format!("run{runs}"));
        loop {
            let before = parts(&target);
            let mut child = score(&input, &target, &[]).spawn().unwrap();
            if kills < KILLS {
                std::thread::sleep(duration.mul_f64(random.random_range(0.0..1.1)));
                child.kill().unwrap();
            }
            let output = child.wait_with_output().unwrap();
            if output.status.code().is_some() {
                assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
                break;
            }
            kills += 1;
            went_on += usize::from(before > 0);
            // What has its final name is whole.
            for (file, expected) in files(&target).into_iter().zip(&whole) {
                assert!(file.is_none() || file == *expected);
            }
        }
        assert!(files(&target) == whole, "run {runs} differs");
        let left = fs::read_dir(&target).unwrap().count();
        assert_eq!(left, FILES.len(), "something was left behind");
    }
    assert!(
        went_on > KILLS / 5,
        "only {went_on} kills hit a run that went on"
    );
}

#[test]
fn a_shard_that_was_killed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let input = articles(folder.path(), 400);
    let (whole, target) = (folder.path().join("whole"), folder.path().join("out"));
    let shard = ["--shard", "1/2"];
    score(&input, &whole, &shard).output().unwrap();
    killed(&input, &target, &shard);
    let output = score(&input, &target, &shard).output().unwrap();
    assert!(
        text(&output.stderr).contains("going on"),
        "{}",
        text(&output.stderr)
    );
    assert!(files(&target) == files(&whole));
}

fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn ctrl_c_keeps_what_is_done_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let input = articles(folder.path(), 1000);
    let (whole, target) = (folder.path().join("whole"), folder.path().join("out"));
    score(&input, &whole, &[]).output().unwrap();

    let mut child = score(&input, &target, &["--threads", "1"]).spawn().unwrap();
    wait_for_parts(&mut child, &target, 2);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let message = text(&output.stderr);
    assert!(
        message.contains("the same command goes on from there"),
        "{message}"
    );
    assert!(!target.join("scores.parquet").exists());

    let output = score(&input, &target, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let message = text(&output.stderr);
    assert!(
        message.contains("going on where a run was interrupted, after"),
        "{message}"
    );
    let summary = text(&output.stdout);
    assert!(
        summary.contains("990 articles") && summary.contains("of which"),
        "{summary}"
    );
    assert!(files(&target) == files(&whole));
}

#[test]
fn a_second_ctrl_c_ends_a_run_that_waits_for_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let mut child = score(Path::new("-"), &target, &[])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !target.join(".unfinished/run.json").exists() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    // One press may come as two signals; it must not cost the work in hand.
    interrupt(&child);
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().unwrap().is_none());
    let code = loop {
        std::thread::sleep(Duration::from_millis(200));
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        assert!(began.elapsed() < Duration::from_secs(60));
        interrupt(&child);
    };
    assert_eq!(code, Some(130));
}

#[test]
fn rows_on_standard_output_are_whole_though_the_run_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let input = articles(folder.path(), 300);
    let stream = ["--format", "jsonl"];
    let whole = score(&input, &folder.path().join("whole"), &stream)
        .output()
        .unwrap();
    let target = folder.path().join("out");
    killed(&input, &target, &[]);
    let summarize = Command::new(env!("CARGO_BIN_EXE_stance"))
        .arg("summarize")
        .arg(&target)
        .output()
        .unwrap();
    let error = refused(summarize);
    assert!(error.contains("scoring is not finished"), "{error}");
    let output = score(&input, &target, &stream).output().unwrap();
    assert!(output.stdout == whole.stdout, "{}", text(&output.stderr));
}

#[test]
fn standard_input_goes_on_when_it_is_given_again_and_is_refused_when_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let input = articles(folder.path(), 300);
    let (whole, target) = (folder.path().join("whole"), folder.path().join("out"));
    let from = |target: &Path| {
        let mut command = score(Path::new("-"), target, &[]);
        command.stdin(fs::File::open(&input).unwrap());
        command
    };
    from(&whole).output().unwrap();
    let mut child = from(&target).spawn().unwrap();
    wait_for_parts(&mut child, &target, 3);
    child.kill().unwrap();
    child.wait().unwrap();
    let error = refused(score(Path::new("-"), &target, &[]).output().unwrap());
    assert!(error.contains("the input is not what it was"), "{error}");
    assert_eq!(from(&target).output().unwrap().status.code(), Some(3));
    assert!(files(&target) == files(&whole));
}

#[test]
fn a_changed_input_model_list_or_option_is_refused_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let input = articles(folder.path(), 400);
    let list = folder.path().join("parties.toml");
    fs::write(&list, "[[party]]\nname = \"Kyiv\"\n").unwrap();
    let model = folder.path().join("model");
    fs::create_dir(&model).unwrap();
    for file in [
        "config.json",
        "tokenizer.json",
        "heads.safetensors",
        "model-int8.safetensors",
    ] {
        fs::copy(format!("models/stance-minilm/{file}"), model.join(file)).unwrap();
    }
    let config = fs::read_to_string(model.join("config.json")).unwrap();
    fs::write(
        model.join("config.json"),
        config.replace("\"name\": \"", "\"name\": \"my-"),
    )
    .unwrap();
    let target = folder.path().join("out");
    killed(&input, &target, &["--parties", list.to_str().unwrap()]);
    let again = |more: &[&str]| {
        let with_list = [&["--parties", list.to_str().unwrap()], more].concat();
        score(&input, &target, &with_list).output().unwrap()
    };

    for (more, expected) in [
        (
            vec!["--summit", "Miami"],
            "--summit: was not set, is now Miami",
        ),
        (vec!["--id-column", "n"], "--id-column: was id, is now n"),
        (vec!["--shard", "1/2"], "shard: was not set, is now 1/2"),
        (vec!["--model", model.to_str().unwrap()], "is now my-"),
    ] {
        let error = refused(again(&more));
        let how = error.contains("to begin anew") || error.contains("To begin anew");
        assert!(error.contains(expected) && how, "{error}");
        assert!(
            error.contains("--parties"),
            "the command is not told: {error}"
        );
    }
    let error = refused(score(&input, &target, &[]).output().unwrap());
    assert!(error.contains("parties: was"), "{error}");
    fs::write(&list, "[[party]]\nname = \"Kiev\"\n").unwrap();
    let error = refused(again(&[]));
    assert!(error.contains("parties: was"), "{error}");
    fs::write(&list, "[[party]]\nname = \"Kyiv\"\n").unwrap();

    let job = target.join(".unfinished/run.json");
    let json = fs::read_to_string(&job).unwrap();
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(&job, json.replace(&version, "\"0.0.9\"")).unwrap();
    let error = refused(again(&[]));
    assert!(error.contains("version of stance: was 0.0.9"), "{error}");
    fs::write(&job, json).unwrap();

    let lines = fs::read_to_string(&input).unwrap();
    fs::write(&input, lines.replacen("point 2.", "point two.", 1)).unwrap();
    let error = refused(again(&[]));
    assert!(
        error.contains("article \"in.jsonl:3\" is new, changed"),
        "{error}"
    );
    fs::write(&input, lines.lines().next().unwrap()).unwrap();
    let error = refused(again(&[]));
    assert!(error.contains("now it ends after 1"), "{error}");

    // Nothing of all this was lost; what is behind the last part may change.
    fs::write(&input, format!("{lines}{{\"text\": \"Oslo hoped.\"}}\n")).unwrap();
    let output = again(&[]);
    assert!(
        text(&output.stdout).contains("397 articles"),
        "{}",
        text(&output.stderr)
    );
}
