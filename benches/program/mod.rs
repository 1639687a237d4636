//! The program, run on articles for benchmarks.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use summit_stance::articles::Article;

use crate::sample::numbered;

/// Score `count` copies of the articles with the program itself. Returns how long it took;
/// `watch` gets the memory that the program holds, in KiB, every 20 ms (0 where `/proc` does not
/// tell).
pub fn score(
    samples: &[Article],
    count: usize,
    threads: usize,
    mut watch: impl FnMut(u64),
) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = folder.path().join("articles.jsonl");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&input).expect("a file"));
    for (number, article) in samples.iter().cycle().take(count).enumerate() {
        serde_json::to_writer(&mut file, &numbered(article, number)).expect("an article");
        file.write_all(b"\n").expect("a line");
    }
    file.flush().expect("the file");
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stance"))
        .arg("score")
        .arg(&input)
        .arg("-o")
        .arg(folder.path().join("out"))
        .args(["--threads", &threads.to_string()])
        .stdout(Stdio::null())
        .spawn()
        .expect("the program");
    let status = format!("/proc/{}/status", child.id());
    while child.try_wait().expect("the program's state").is_none() {
        watch(resident_kib(&status));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().expect("the program").success());
    began.elapsed()
}

fn resident_kib(status: &str) -> u64 {
    std::fs::read_to_string(status)
        .ok()
        .and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("VmRSS:"))
                .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        })
        .unwrap_or(0)
}
