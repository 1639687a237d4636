//! Articles, and files of every format that hold them.

// Each test file uses its own part of these.
#![allow(dead_code)]

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use serde_json::json;
use summit_stance::articles::{Article, Articles, ReadOptions, Rejected, read, read_stream};
use tempfile::TempDir;

/// Articles with everything that formats trip over.
pub fn articles() -> Vec<Article> {
    let some = |text: &str| Some(text.to_string());
    vec![
        Article {
            id: "a-1".into(),
            title: some("Hopes rise, \"slowly\""),
            text: "Kyiv said: \"No, thanks.\"\r\n\r\nMoscow; waited.\t🙂 e\u{301}".into(),
            summit: some("Geneva 2026"),
            date: some("2026-02-17"),
            source: some("Meridian"),
        },
        Article {
            id: "a-2".into(),
            title: None,
            text: "  Un texte à Élysée, {\"not\": \"json\"} [1]\n\n".into(),
            summit: None,
            date: some("2026-02-18T08:30:00Z"),
            source: None,
        },
        Article {
            id: "3".into(),
            title: some("42"),
            text: "שלום, said Israel.".into(),
            summit: some("Geneva 2026"),
            date: None,
            source: some("Ledger"),
        },
    ]
}

pub fn fields(article: &Article) -> [(&'static str, Option<&str>); 6] {
    [
        ("id", Some(&article.id)),
        ("title", article.title.as_deref()),
        ("text", Some(&article.text)),
        ("summit", article.summit.as_deref()),
        ("date", article.date.as_deref()),
        ("source", article.source.as_deref()),
    ]
}

pub fn json_lines() -> Vec<u8> {
    let lines = articles()
        .into_iter()
        .map(|article| format!("{}\n", json!(article)));
    lines.collect::<String>().into_bytes()
}

pub fn table(delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    let articles = articles();
    writer
        .write_record(fields(&articles[0]).map(|(name, _)| name))
        .unwrap();
    for article in &articles {
        writer
            .write_record(fields(article).map(|(_, value)| value.unwrap_or_default()))
            .unwrap();
    }
    writer.into_inner().unwrap()
}

pub fn parquet_of(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

pub fn parquet() -> Vec<u8> {
    let articles = articles();
    let columns = fields(&articles[0])
        .into_iter()
        .enumerate()
        .map(|(index, (name, _))| {
            let values = articles.iter().map(|article| fields(article)[index].1);
            let column: ArrayRef = Arc::new(values.collect::<StringArray>());
            (name, column)
        });
    parquet_of(columns.collect())
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// A folder with these files.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

pub type Outcome = (Vec<Article>, Vec<Rejected>);

pub fn sorted(articles: Articles) -> Outcome {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for article in articles {
        match article {
            Ok(article) => good.push(article),
            Err(rejected) => bad.push(rejected),
        }
    }
    (good, bad)
}

pub fn all(path: &Path, options: &ReadOptions) -> Outcome {
    sorted(read(&[path.to_owned()], options).unwrap())
}

pub fn one_file(name: &str, content: &[u8]) -> Outcome {
    let folder = folder(&[(name, content)]);
    all(&folder.path().join(name), &ReadOptions::default())
}

pub fn streamed(content: Vec<u8>) -> Outcome {
    sorted(read_stream(
        io::Cursor::new(content),
        &ReadOptions::default(),
    ))
}

pub fn ids(articles: &[Article]) -> Vec<&str> {
    articles.iter().map(|article| article.id.as_str()).collect()
}
