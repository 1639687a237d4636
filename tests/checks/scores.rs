//! The readers of scores files.

use std::fs;
use std::path::Path;

use summit_stance::scores::{Provenance, Row, ScoreFiles, ScoresError, jsonl, parquet};

/// A scores file, Parquet or JSON Lines, packed or not: each row that is read can be analysed,
/// and is the same when it is written and read again.
pub fn scores(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("wire");
    fs::write(&path, data).expect("a temporary file");
    let rows = read(&path);
    let Some(first) = rows.first() else {
        return;
    };
    let made_by = Provenance {
        stances: first.stance.names().clone(),
        ..Provenance::default()
    };
    for row in &rows {
        let sum: f32 = row.stance.probabilities().iter().sum();
        assert!((sum - 1.0).abs() < 0.02, "{row:?}");
    }
    let packed = folder.path().join("again.parquet");
    let mut writer = parquet::Writer::create(&packed, &made_by).expect("a file");
    for row in &rows {
        writer.write(row).expect("a row");
    }
    writer.finish().expect("a file");
    assert_eq!(read(&packed), rows, "through Parquet");

    let lines = folder.path().join("again.jsonl");
    let mut writer = jsonl::Writer::new(Vec::new(), "memory");
    for row in &rows {
        writer.write(row).expect("a row");
    }
    fs::write(&lines, writer.finish().expect("a vector takes all")).expect("a file");
    assert_eq!(read(&lines), rows, "through JSON Lines");
}

/// The rows up to the first that is wrong.
fn read(path: &Path) -> Vec<Row> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name of ours");
    let told = |error: ScoresError| {
        let message = error.to_string();
        assert!(message.contains(name), "does not name the file: {message}");
    };
    let files = match ScoreFiles::open(&[path]) {
        Ok(files) => files,
        Err(error) => {
            told(error);
            return Vec::new();
        }
    };
    let mut rows = files.rows();
    let mut good = Vec::new();
    while let Some(row) = rows.next() {
        match row {
            Ok(row) => good.push(row),
            Err(error) => {
                told(error);
                assert!(rows.next().is_none(), "rows behind an error");
            }
        }
    }
    good
}
