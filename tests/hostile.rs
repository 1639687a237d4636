//! Inputs that once broke something, or reach code that others do not: `fuzz/corpus` keeps them,
//! in a folder for each fuzz target.

use std::fs;
use std::path::{Path, PathBuf};

mod checks;

/// Check each of the inputs kept for a fuzz target.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut paths: Vec<PathBuf> = fs::read_dir(corpus.join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "nothing is kept for {target}");
    for path in paths {
        // Shown where one fails.
        println!("{}", path.display());
        check(&fs::read(path).unwrap());
    }
}

#[test]
fn json_of_any_kind_is_read_or_refused() {
    replay("json", checks::articles::json);
}

#[test]
fn tables_of_any_kind_are_read_or_refused() {
    replay("delimited", checks::articles::delimited);
}

#[test]
fn texts_of_any_kind_are_read_or_refused() {
    replay("plain", checks::articles::plain);
}

#[test]
fn parquet_of_any_kind_is_read_or_refused() {
    replay("parquet", checks::articles::parquet);
}

#[test]
fn streams_of_any_kind_are_unpacked_or_refused() {
    replay("streams", checks::articles::streams);
}

#[test]
fn scores_of_any_kind_are_read_or_refused() {
    replay("scores", checks::scores::scores);
}

#[test]
fn texts_of_any_kind_are_split_where_they_say() {
    replay("sentences", checks::sentences::sentences);
}

#[test]
fn mentions_of_any_kind_are_linked() {
    replay("linker", checks::linker::linker);
}

#[test]
fn lists_of_any_kind_are_read_or_refused() {
    replay("lists", checks::lists::lists);
}
