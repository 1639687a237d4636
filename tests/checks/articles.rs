//! The readers of articles.

use std::collections::HashSet;
use std::fs;
use std::io::{Cursor, Write};

use serde_json::{Map, Value};
use summit_stance::articles::{Article, ReadOptions, Rejected, read, read_stream};

type Items = Vec<Result<Article, Rejected>>;

/// Short, so that small inputs reach it.
const LIMIT: usize = 1024;

/// JSON Lines, and JSON over several lines.
pub fn json(data: &[u8]) {
    let lines = file("wire.jsonl", data);
    let values = file("wire.json", data);
    let Some(plain) = uncompressed(data) else {
        return;
    };
    each_good_line_is_an_article(plain, &lines);
    if let Ok(objects) = serde_json::from_slice::<Vec<Map<String, Value>>>(plain)
        && plain.len() <= LIMIT
    {
        assert_eq!(objects.len(), values.len(), "objects of the array");
        for (object, item) in objects.iter().zip(&values) {
            agrees(object, item);
        }
    }
}

fn each_good_line_is_an_article(plain: &[u8], items: &Items) {
    let lines: Vec<&[u8]> = plain
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
        .collect();
    assert_eq!(lines.len(), items.len(), "lines that are not blank");
    for (line, item) in lines.into_iter().zip(items) {
        if line.len() > LIMIT {
            assert!(item.is_err(), "a line over the limit was read");
        } else if let Ok(object) = serde_json::from_slice(line) {
            agrees(&object, item);
        }
    }
}

/// An object with a text is an article with that text.
fn agrees(object: &Map<String, Value>, item: &Result<Article, Rejected>) {
    match object.get("text") {
        Some(Value::String(text)) if !text.trim().is_empty() => {
            let article = item.as_ref().expect("an object with a text");
            assert_eq!(article.text, *text);
            if let Some(Value::String(title)) = object.get("title") {
                let given = (!title.trim().is_empty()).then_some(title);
                assert_eq!(article.title.as_ref(), given);
            }
        }
        Some(_) => assert!(item.is_err(), "a text that is none was read"),
        None => {}
    }
}

/// CSV and TSV.
pub fn delimited(data: &[u8]) {
    let tables = [file("wire.csv", data), file("wire.tsv", data)];
    let Some(plain) = uncompressed(data) else {
        return;
    };
    for items in &tables {
        let mut texts = items.iter().flatten().map(|article| article.text.as_str());
        let Some(first) = texts.next() else { continue };
        let texts: Vec<&str> = std::iter::once(first).chain(texts).collect();
        // What was read is what the `csv` crate reads with one of the delimiters, in that order.
        let found = [b',', b'\t', b';'].into_iter().any(|delimiter| {
            let mut cells = cells(plain, delimiter).into_iter();
            texts
                .iter()
                .all(|text| cells.any(|cell| cell == text.as_bytes()))
        });
        assert!(found, "texts that are no cells of the table: {texts:?}");
    }
}

fn cells(plain: &[u8], delimiter: u8) -> Vec<Vec<u8>> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(plain)
        .byte_records()
        .map_while(Result::ok)
        .flat_map(|row| row.iter().map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect()
}

/// Text files.
pub fn plain(data: &[u8]) {
    let items = file("2026-03-01-talks.txt", data);
    assert_eq!(items.len(), 1, "a text file is one article, good or bad");
    let plain = uncompressed(data).and_then(|plain| std::str::from_utf8(plain).ok());
    let Some(plain) = plain.filter(|plain| plain.len() <= LIMIT && !plain.trim().is_empty()) else {
        return;
    };
    let article = items[0].as_ref().expect("a text file with text");
    assert_eq!(article.date.as_deref(), Some("2026-03-01"));
    assert_eq!(article.id, "2026-03-01-talks");
    assert!(plain.contains(&article.text));
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let title = article.title.as_deref().unwrap_or_default();
    assert_eq!(words(title) + &words(&article.text), words(plain));
}

/// Parquet.
pub fn parquet(data: &[u8]) {
    file("wire.parquet", data);
}

/// Streams of any format, compressed or not: packed in gzip or Zstandard they hold the same, and
/// that the end of one is missing does not go unnoticed.
pub fn streams(data: &[u8]) {
    let items = stream(data);
    if uncompressed(data).is_none() || data.starts_with(b"PAR1") {
        return;
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(data).expect("a vector takes all");
    let gzip = gzip.finish().expect("a vector takes all");
    let zstd = zstd::encode_all(data, 1).expect("a vector takes all");
    for packed in [gzip, zstd] {
        assert_eq!(stream(&packed), items, "packed and not");
        let cut = &packed[..packed.len() / 2];
        assert!(
            stream(cut).iter().any(Result::is_err),
            "a stream that was cut passed for whole"
        );
    }
}

/// Read a file of this name that holds these bytes.
fn file(name: &str, data: &[u8]) -> Items {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    fs::write(&path, data).expect("a temporary file");
    let articles = read(&[path], &options()).expect("a file of a supported kind");
    let tally = articles.tally();
    let items: Items = articles.collect();
    let (read, total) = (tally.bytes(), tally.total_bytes());
    assert!(
        read <= total.expect("the size of a file"),
        "{read} of {total:?} bytes"
    );
    check(&items, name);
    items
}

fn stream(data: &[u8]) -> Items {
    let items: Items = read_stream(Cursor::new(data.to_vec()), &options()).collect();
    check(&items, "stdin");
    items
}

fn options() -> ReadOptions {
    ReadOptions {
        record_limit: LIMIT,
        ..ReadOptions::default()
    }
}

/// The bytes without their byte-order mark; none if they are packed, or no UTF-8.
fn uncompressed(data: &[u8]) -> Option<&[u8]> {
    match data {
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => None,
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => None,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => None,
        [0xef, 0xbb, 0xbf, rest @ ..] => Some(rest),
        _ => Some(data),
    }
}

/// What holds of all that any reader gives.
fn check(items: &Items, file: &str) {
    let mut ids = HashSet::new();
    let (mut line, mut record) = (0, 0);
    for item in items {
        match item {
            Ok(article) => {
                assert!(!article.id.trim().is_empty(), "{article:?}");
                assert!(ids.insert(article.id.as_str()), "twice: {}", article.id);
                assert!(!article.text.trim().is_empty(), "{article:?}");
                assert!(article.text.len() <= LIMIT, "a text over the limit");
                if let Some(date) = &article.date {
                    let year: Option<u16> = date.get(..4).and_then(|year| year.parse().ok());
                    assert!(year.is_some(), "{date:?} is no date");
                }
            }
            Err(rejected) => {
                assert!(rejected.file.ends_with(file), "{rejected:?}");
                assert!(!rejected.reason.trim().is_empty(), "{rejected:?}");
                assert!(rejected.excerpt.len() <= 200 * 10 + 3, "{rejected:?}");
                let shown = format!("{rejected}{}", rejected.excerpt);
                assert!(!shown.chars().any(char::is_control), "{shown:?}");
                // In the order of the file.
                assert!(rejected.line.is_none_or(|at| at >= line), "{rejected:?}");
                assert!(rejected.record.is_none_or(|at| at > record), "{rejected:?}");
                line = rejected.line.unwrap_or(line);
                record = rejected.record.unwrap_or(record);
            }
        }
    }
}
