//! What the pipeline around the engine costs, and how much memory a run takes.
//!
//! `cargo bench --bench throughput [-- ARTICLES [short]]` repeats the sample summits to 3,600
//! articles (or as many as given), scores them with the program itself, and holds its word pieces
//! per second against those of the bare engine on windows of the same articles and as many threads,
//! measured before and after in the same process. Each copy has a number in its title, so that
//! none is taken for a reprint. With `short`, articles are their first two sentences: for the
//! memory of long runs. Figures go into `benches/README.md`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use summit_stance::articles::{self, Article, ReadOptions};
use summit_stance::model::engine::Engine;
use summit_stance::model::windows::Window;
use summit_stance::model::{Embedded, Model, ModelFolder, folder};
use summit_stance::sentences;

fn main() {
    // Cargo passes `--bench`; the only argument of our own is a number.
    let count = std::env::args()
        .find_map(|argument| argument.parse::<usize>().ok())
        .unwrap_or(3600);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let short = std::env::args().any(|argument| argument == "short");
    let samples: Vec<Article> = articles::read(&["data/summits".into()], &ReadOptions::default())
        .expect("the sample data")
        .map(|article| article.expect("sample articles are fine"))
        .map(|article| if short { shortened(article) } else { article })
        .map(|article| numbered(&article, 0))
        .collect();
    let windows = windows_of(&samples);
    let rounds = count.div_ceil(samples.len());
    let count = rounds * samples.len();
    let pieces: usize = rounds * windows.iter().map(|w| w.ids.len()).sum::<usize>();

    let before = bare(&windows, rounds.div_ceil(2), threads);
    let (elapsed, peak_kib) = program(&samples, count, threads);
    let after = bare(&windows, rounds.div_ceil(2), threads);
    let bare = (before + after) / 2.0;
    let whole = pieces as f64 / elapsed.as_secs_f64();
    println!("articles                 {count}");
    println!("threads                  {threads}");
    println!(
        "bare engine              {bare:.0} word pieces/s ({before:.0} before, {after:.0} after)"
    );
    println!("stance score             {whole:.0} word pieces/s");
    println!(
        "                         {:.1} articles/s",
        count as f64 / elapsed.as_secs_f64()
    );
    println!("program / engine         {:.3}", whole / bare);
    println!("peak memory              {} MB", peak_kib / 1024);
}

/// A copy that is no reprint: its title begins with a number of its own.
fn numbered(article: &Article, number: usize) -> Article {
    let title = article.title.as_deref().unwrap_or_default();
    let title = title.split_once(": ").map_or(title, |(_, title)| title);
    Article {
        id: format!("{}#{number}", article.id),
        title: Some(format!("No. {number:06}: {title}")),
        ..article.clone()
    }
}

fn shortened(article: Article) -> Article {
    let end = sentences::split(&article.text)
        .get(1)
        .map_or(article.text.len(), |second| second.bytes.end);
    Article {
        text: article.text[..end].to_owned(),
        ..article
    }
}

fn windows_of(samples: &[Article]) -> Vec<Window> {
    let model = Model::shipped().expect("the shipped model");
    samples
        .iter()
        .flat_map(|article| {
            model
                .windows(article, &sentences::split(&article.text))
                .expect("windows")
        })
        .collect()
}

/// Word pieces per second of the engine alone.
fn bare(windows: &[Window], rounds: usize, threads: usize) -> f64 {
    let open = ModelFolder::open("models/stance-minilm".as_ref()).expect("the model folder");
    let onnx = open.read(folder::ONNX).expect("the ONNX file");
    let engine = Embedded::new(onnx, &open.config.encoder).expect("the engine");
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= windows.len() * rounds {
                        return;
                    }
                    let window = &windows[index % windows.len()];
                    engine
                        .encode(std::slice::from_ref(window))
                        .expect("vectors");
                }
            });
        }
    });
    let pieces: usize = rounds * windows.iter().map(|w| w.ids.len()).sum::<usize>();
    pieces as f64 / began.elapsed().as_secs_f64()
}

/// The program's time on the repeated articles, and its peak memory in KiB where `/proc` tells.
fn program(samples: &[Article], count: usize, threads: usize) -> (Duration, u64) {
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
    let mut peak = 0;
    while child.try_wait().expect("the program's state").is_none() {
        peak = peak.max(peak_kib(&status));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().expect("the program").success());
    (began.elapsed(), peak)
}

fn peak_kib(status: &str) -> u64 {
    std::fs::read_to_string(status)
        .ok()
        .and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))
                .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        })
        .unwrap_or(0)
}
