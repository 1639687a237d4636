//! Memory does not grow with the number of articles.
#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::process::{Command, Stdio};

/// The most memory that scoring so many short articles takes, in KiB.
fn peak_kib(articles: usize) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("articles.jsonl");
    let mut lines = String::new();
    for number in 0..articles {
        let summit = number % 3;
        writeln!(
            lines,
            "{{\"id\": \"{number}\", \"summit\": \"S{summit}\", \"text\": \"Ukraine insisted on \
             guarantee {number}. Russia was cautious.\"}}"
        )
        .unwrap();
    }
    std::fs::write(&input, lines).unwrap();
    // Parts of one size, so that both runs fill and write them; one thread, for the same work.
    let mut child = Command::new(env!("CARGO_BIN_EXE_stance"))
        .arg("score")
        .arg(&input)
        .arg("-o")
        .arg(folder.path().join("out"))
        .args(["--threads", "1", "--part-records", "100"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let held = std::fs::read_to_string(&status).unwrap_or_default();
        let most = held.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let most = most.and_then(|kib| kib.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(most.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(child.wait().unwrap().success());
    peak
}

#[test]
fn eight_times_the_articles_take_no_more_memory() {
    let (few, many) = (peak_kib(250), peak_kib(2000));
    // What is remembered of reprints may fill up on the way (5 MB at most).
    assert!(many < few + 10 * 1024, "{few} KiB, then {many} KiB");
}
