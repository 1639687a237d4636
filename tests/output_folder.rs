//! Folders that results cannot go to, and disks that take no more.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn score(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stance"));
    command.arg("score").args(arguments).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    text(&output.stderr)
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

#[test]
fn two_runs_on_one_folder_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(folder.path(), "out");
    let article = "{\"text\": \"Kyiv insisted.\"}\n";
    // This one waits for its input.
    let mut first = score(&["-", "-o", &out])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while !folder.path().join("out/.unfinished/run.json").exists() {
        assert_eq!(first.try_wait().unwrap(), None, "the first run ended");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let input = path(folder.path(), "in.jsonl");
    fs::write(&input, article).unwrap();
    let error = failed(&score(&[&input, "-o", &out]).output().unwrap());
    assert!(
        error.contains(&out) && error.contains("another `stance score` is at work"),
        "{error}"
    );
    use std::io::Write;
    first
        .stdin
        .take()
        .unwrap()
        .write_all(article.as_bytes())
        .unwrap();
    assert!(first.wait_with_output().unwrap().status.success());
    assert!(
        score(&[&input, "-o", &out])
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn an_output_folder_that_is_none_is_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path(), "file");
    fs::write(&file, "mine").unwrap();
    let error = failed(&score(&["data/summits", "-o", &file]).output().unwrap());
    assert!(error.contains(&format!("{file}: is a file")), "{error}");
    let below = path(folder.path(), "file/below");
    let error = failed(&score(&["data/summits", "-o", &below]).output().unwrap());
    assert!(error.contains(&below), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    fs::create_dir_all(folder.path().join("out/summary.csv")).unwrap();
    let out = path(folder.path(), "out");
    let error = failed(&score(&["data/summits", "-o", &out]).output().unwrap());
    assert!(error.contains("out/summary.csv: is a folder"), "{error}");
}

/// A limit on the size of files stands in for a full disk: it can be set without rights.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_no_half_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(folder.path(), "out");
    fs::create_dir(&out).unwrap();
    fs::write(
        folder.path().join("out/scores.parquet"),
        "of an earlier run",
    )
    .unwrap();
    let limited = |blocks: u32| {
        Command::new("sh")
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
            .args(["sh", env!("CARGO_BIN_EXE_stance"), "score", "data/summits"])
            .args(["-o", &out, "--part-records", "6"])
            .output()
            .unwrap()
    };
    // Of 512 bytes or 1024, as the shell has it: too few for a part; enough for parts, but not
    // for the results.
    for blocks in [2, 40] {
        let error = failed(&limited(blocks));
        assert!(
            error.contains(&out) && error.contains("cannot be written"),
            "{error}"
        );
        let scores = fs::read_to_string(folder.path().join("out/scores.parquet"));
        assert_eq!(scores.unwrap(), "of an earlier run");
    }
    let error = failed(&limited(40));
    assert!(error.contains("done and kept"), "{error}");
    // With room again, the run goes on and ends as one that was never short of it.
    let output = score(&["data/summits", "-o", &out]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("of which 0 articles now"));
    let whole = path(folder.path(), "whole");
    score(&["data/summits", "-o", &whole]).output().unwrap();
    for name in ["scores.parquet", "summary.csv"] {
        let read = |out: &str| fs::read(format!("{out}/{name}")).unwrap();
        assert!(read(&out) == read(&whole), "{name} differs");
    }
}

/// A user's folder without the right to write in it. Where the tests run as root, for whom there
/// is no such folder, the program runs as another user.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_without_write_permission_is_refused_before_the_work() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    allow(folder.path(), 0o755);
    let program = folder.path().join("stance");
    fs::copy(env!("CARGO_BIN_EXE_stance"), &program).unwrap();
    let input = folder.path().join("in.jsonl");
    fs::write(&input, "{\"text\": \"Kyiv insisted.\"}\n").unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("scores.parquet"), "of an earlier run").unwrap();
    allow(&out, 0o555);
    let below = out.join("below");
    for target in [&out, &below] {
        let mut command = Command::new(&program);
        command.arg("score").arg(&input).arg("-o").arg(target);
        if fs::metadata(&out).unwrap().uid() == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        let error = failed(&command.output().unwrap());
        let named = target.display().to_string();
        assert!(
            error.contains(&named) && error.contains("cannot be written to this folder"),
            "{error}"
        );
    }
    allow(&out, 0o755);
    let left: Vec<_> = fs::read_dir(&out).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let scores = fs::read_to_string(out.join("scores.parquet")).unwrap();
    assert_eq!(scores, "of an earlier run");
}

/// Names that no terminal shows as they are, and that are no UTF-8.
#[cfg(target_os = "linux")]
#[test]
fn folders_of_any_name_are_read_and_written() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let odd = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
    let (input, out) = (odd(b"in\n\xff"), odd(b"out\x1b[2J\n\xfe"));
    fs::create_dir(&input).unwrap();
    let article = input.join(OsStr::from_bytes(b"talks\n\xff.txt"));
    fs::write(article, "Kyiv insisted on guarantees.").unwrap();
    let output = score(&[]).arg(&input).arg("-o").arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut summarize = Command::new(env!("CARGO_BIN_EXE_stance"));
    let output = summarize.arg("summarize").arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Ukraine"));
    let rows = summit_stance::scores::ScoreFiles::open(&[&out]).unwrap();
    let row = rows.rows().next().unwrap().unwrap();
    assert_eq!(row.article, "talks\\n\\xff");
    assert_eq!(row.summit.as_deref(), Some("in\\n\\xff"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = score(&["data/summits/geneva-2026", "--format", "jsonl"])
        .stdout(full)
        .output()
        .unwrap();
    let error = failed(&output);
    assert!(
        error.contains("standard output: cannot be written"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn results_in_a_folder_are_made_though_nobody_reads_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(folder.path(), "out");
    let command = format!(
        "\"$0\" score data/summits/geneva-2026 -o '{out}' --format jsonl | head -n 1; test -f '{out}/scores.parquet'"
    );
    let status = Command::new("sh")
        .args(["-c", &command, env!("CARGO_BIN_EXE_stance")])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_file_that_vanishes_is_counted_among_the_rejected() {
    use summit_stance::articles::{ReadOptions, read};
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.txt", "b.txt", "c.txt"] {
        fs::write(folder.path().join(name), "Kyiv insisted.").unwrap();
    }
    let inputs = ["a.txt", "b.txt", "c.txt"].map(|name| folder.path().join(name));
    let mut articles = read(&inputs, &ReadOptions::default()).unwrap();
    fs::remove_file(&inputs[1]).unwrap();
    assert!(articles.next().unwrap().is_ok());
    let rejected = articles.next().unwrap().unwrap_err();
    assert!(
        rejected.file.ends_with("b.txt") && rejected.reason.contains("cannot be read"),
        "{rejected}"
    );
    assert!(articles.next().unwrap().is_ok());
    assert!(articles.next().is_none());
}
