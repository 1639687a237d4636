//! What a user sees of reading: every format gives the same articles.

mod common;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use arrow_array::{Int64Array, StringArray};
use common::*;
use summit_stance::articles::{
    Article, Articles, Columns, InputError, ReadOptions, read, read_stream,
};

#[test]
fn every_format_and_compression_gives_the_same_articles() {
    let array = serde_json::to_vec(&articles()).unwrap();
    let pretty = serde_json::to_vec_pretty(&articles()).unwrap();
    let objects: String = articles()
        .iter()
        .map(|article| serde_json::to_string_pretty(article).unwrap() + "\n")
        .collect();
    let with_mark = [b"\xef\xbb\xbf", table(b',').as_slice()].concat();
    let lines_with_mark = [b"\xef\xbb\xbf", json_lines().as_slice()].concat();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a.jsonl", json_lines()),
        ("a.ndjson", lines_with_mark),
        ("lines.json", json_lines()),
        ("array.json", array),
        ("pretty.json", pretty),
        ("objects.json", objects.into_bytes()),
        ("a.csv", table(b',')),
        ("mark.csv", with_mark),
        ("semicolon.csv", table(b';')),
        ("a.tsv", table(b'\t')),
        ("a.parquet", parquet()),
    ];
    for (name, content) in files {
        let packed: [(&str, Vec<u8>); 3] = [
            ("", content.clone()),
            (".gz", gzip(&content)),
            (".zst", zst(&content)),
        ];
        for (ending, content) in packed {
            let (good, bad) = one_file(&format!("{name}{ending}"), &content);
            assert_eq!(bad, [], "{name}{ending}");
            assert_eq!(good, articles(), "{name}{ending}");
            let (good, bad) = streamed(content);
            assert_eq!(bad, [], "{name}{ending} as a stream");
            assert_eq!(good, articles(), "{name}{ending} as a stream");
        }
    }
}

#[test]
fn every_byte_of_a_file_is_counted_once() {
    for (name, content) in [
        ("a.jsonl", json_lines()),
        ("a.csv.gz", gzip(&table(b','))),
        ("a.parquet", parquet()),
        ("a.parquet.gz", gzip(&parquet())),
    ] {
        let folder = folder(&[(name, &content)]);
        let articles = read(&[folder.path().to_owned()], &ReadOptions::default()).unwrap();
        let tally = articles.tally();
        assert_eq!(sorted(articles).1, []);
        assert_eq!(tally.bytes(), content.len() as u64, "{name}");
        assert_eq!(tally.total_bytes(), Some(content.len() as u64), "{name}");
    }
}

#[test]
fn every_format_and_compression_is_scored_alike() {
    let rows = |name: &str, content: &[u8]| {
        let folder = folder(&[(name, content)]);
        let output = Command::new(env!("CARGO_BIN_EXE_stance"))
            .args(["score", "--format", "jsonl"])
            .arg(folder.path().join(name))
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let wanted = rows("a.jsonl", &json_lines());
    assert!(!wanted.is_empty());
    for (name, content) in [
        ("a.json", serde_json::to_vec(&articles()).unwrap()),
        ("a.csv", table(b',')),
        ("a.tsv.gz", gzip(&table(b'\t'))),
        ("a.jsonl.zst", zst(&json_lines())),
        ("a.parquet", parquet()),
        ("a.parquet.zst", zst(&parquet())),
    ] {
        assert_eq!(rows(name, &content), wanted, "{name}");
    }
}

#[test]
fn text_files_are_read_with_title_summit_and_date() {
    let text = "Hopes rise\r\n\r\nKyiv said so.\n\nMoscow did not.\n";
    for (ending, content) in [
        ("", text.as_bytes().to_vec()),
        (".gz", gzip(text.as_bytes())),
        (".zst", zst(text.as_bytes())),
    ] {
        let name = format!("geneva-2026/2026-02-17-meridian.txt{ending}");
        let folder = folder(&[
            (&name, &content),
            ("README.md", b"# About"),
            (".hidden.txt", b"x"),
        ]);
        let articles = read(&[folder.path().to_owned()], &ReadOptions::default()).unwrap();
        let tally = articles.tally();
        let (good, bad) = sorted(articles);
        assert_eq!(bad, []);
        let wanted = Article {
            id: "geneva-2026/2026-02-17-meridian".into(),
            title: Some("Hopes rise".into()),
            text: "Kyiv said so.\n\nMoscow did not.".into(),
            summit: Some("geneva-2026".into()),
            date: Some("2026-02-17".into()),
            source: None,
        };
        assert_eq!(good, [wanted]);
        assert_eq!(tally.skipped_files(), 1);
        assert_eq!(Some(tally.bytes()), tally.total_bytes());
        // Named directly, it is called after itself.
        let (good, _) = all(&folder.path().join(&name), &ReadOptions::default());
        assert_eq!(good[0].id, "2026-02-17-meridian");
        assert_eq!(good[0].summit.as_deref(), Some("geneva-2026"));
    }
    let (good, _) = streamed(text.into());
    assert_eq!(
        (good[0].id.as_str(), good[0].title.as_deref()),
        ("stdin", Some("Hopes rise"))
    );
}

#[test]
fn the_sample_data_are_36_articles_of_three_summits() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/summits");
    let (good, bad) = all(&path, &ReadOptions::default());
    assert_eq!(bad, []);
    assert_eq!(good.len(), 36);
    let mut summits: Vec<_> = good
        .iter()
        .flat_map(|article| article.summit.as_deref())
        .collect();
    summits.dedup();
    assert_eq!(summits, ["ankara-2026", "geneva-2026", "miami-2025"]);
    assert!(
        good.iter()
            .all(|article| article.title.is_some() && article.date.is_some())
    );
}

#[test]
fn columns_can_be_renamed_and_the_summit_set() {
    let options = ReadOptions {
        columns: Columns {
            text: "body".into(),
            id: "key".into(),
            title: "headline".into(),
            ..Columns::default()
        },
        summit: Some("Oslo".into()),
        ..ReadOptions::default()
    };
    let csv = b"key,headline,body,summit,text\n7,Head,Kyiv said so.,Geneva,other\n";
    let json = br#"{"key": 7, "headline": "Head", "body": "Kyiv said so.", "summit": "Geneva", "text": 1}"#;
    let table = parquet_of(vec![
        ("key", Arc::new(Int64Array::from(vec![7]))),
        ("headline", Arc::new(StringArray::from(vec!["Head"]))),
        ("body", Arc::new(StringArray::from(vec!["Kyiv said so."]))),
        ("text", Arc::new(Int64Array::from(vec![1]))),
    ]);
    for (name, content) in [
        ("a.csv", &csv[..]),
        ("a.jsonl", &json[..]),
        ("a.parquet", &table),
    ] {
        let folder = folder(&[(name, content)]);
        let (good, bad) = all(folder.path(), &options);
        assert_eq!(bad, [], "{name}");
        let [article] = good.as_slice() else {
            panic!("{name}: {good:?}")
        };
        assert_eq!(article.id, "7");
        assert_eq!(article.title.as_deref(), Some("Head"));
        assert_eq!(article.text, "Kyiv said so.");
        assert_eq!(article.summit.as_deref(), Some("Oslo"));
    }
}

#[test]
fn column_names_may_be_capitalised() {
    let (good, bad) = one_file("a.csv", b"ID, Title ,TEXT\n7,Head,Kyiv said so.\n");
    assert_eq!(bad, []);
    assert_eq!(
        (good[0].id.as_str(), good[0].title.as_deref()),
        ("7", Some("Head"))
    );
}

#[test]
fn articles_without_id_are_called_after_file_and_place() {
    let lines = b"{\"text\": \"One.\"}\n\n{\"text\": \"Two.\", \"id\": null}\n";
    let (good, _) = one_file("talks.jsonl.gz", &gzip(lines));
    assert_eq!(ids(&good), ["talks.jsonl:1", "talks.jsonl:3"]);
    let (good, _) = one_file("talks.csv", b"text,id\n\"One\nand on.\",\nTwo.,\n");
    assert_eq!(ids(&good), ["talks.csv:2", "talks.csv:4"]);
    let table = parquet_of(vec![(
        "text",
        Arc::new(StringArray::from(vec!["One.", "Two."])),
    )]);
    let (good, _) = one_file("talks.parquet", &table);
    assert_eq!(ids(&good), ["talks.parquet:1", "talks.parquet:2"]);
}

#[test]
fn an_id_that_comes_again_is_numbered() {
    let lines = b"{\"id\": \"x\", \"text\": \"One.\"}\n{\"id\": \"x\", \"text\": \"Two.\"}\n";
    let folder = folder(&[("a.jsonl", lines), ("b.jsonl", lines)]);
    let (good, _) = all(folder.path(), &ReadOptions::default());
    assert_eq!(ids(&good), ["x", "x#2", "x#3", "x#4"]);
}

#[test]
fn what_is_no_date_is_left_out_with_a_warning() {
    let folder = folder(&[(
        "a.jsonl",
        b"{\"text\": \"One.\", \"date\": \"12 May 2026\", \"title\": [1]}\n{\"text\": \"Two.\", \"date\": 2026}\n",
    )]);
    let articles = read(&[folder.path().to_owned()], &ReadOptions::default()).unwrap();
    let tally = articles.tally();
    let (good, bad) = sorted(articles);
    assert_eq!(bad, []);
    assert_eq!((&good[0].date, &good[0].title), (&None, &None));
    assert_eq!(good[1].date.as_deref(), Some("2026"));
    let (count, examples) = tally.warnings();
    assert_eq!(count, 2);
    assert!(
        examples[1].contains("a.jsonl, line 1") && examples[1].contains("12 May 2026"),
        "{examples:?}"
    );
}

#[test]
fn inputs_that_cannot_be_read_are_errors_at_once() {
    let folder = folder(&[("notes.md", b"# About"), ("sub/more.docx", b"x")]);
    let error = |inputs: &[PathBuf]| {
        read(inputs, &ReadOptions::default())
            .err()
            .expect("an error")
    };
    assert!(matches!(error(&[]), InputError::None));
    assert!(matches!(
        error(&[folder.path().join("no.csv")]),
        InputError::NotFound { .. }
    ));
    let unsupported = error(&[folder.path().join("notes.md")]);
    assert!(matches!(unsupported, InputError::Unsupported { .. }));
    assert!(unsupported.to_string().contains(".parquet"));
    assert!(matches!(
        error(&[folder.path().into()]),
        InputError::NothingToRead { .. }
    ));
    assert!(matches!(
        error(&["-".into(), "-".into()]),
        InputError::StdinTwice
    ));
}

#[test]
fn folders_are_read_in_the_order_of_names_without_what_is_excluded() {
    let folder = folder(&[
        ("b.txt", b"B."),
        ("a/z.txt", b"Z."),
        ("a/b/c.txt", b"C."),
        ("c.csv", b"text\nTable.\n"),
        ("out/summary.csv", b"text\nNo.\n"),
        (".git/x.txt", b"No."),
        ("README.txt", b"No."),
    ]);
    let options = ReadOptions {
        exclude: vec![folder.path().join("out"), folder.path().join("not-there")],
        ..ReadOptions::default()
    };
    let (good, bad) = all(folder.path(), &options);
    assert_eq!(bad, []);
    assert_eq!(ids(&good), ["a/b/c", "a/z", "b", "c.csv:2"]);
}

#[test]
fn empty_files_hold_no_articles() {
    for name in ["a.jsonl", "a.csv", "a.json"] {
        assert_eq!(one_file(name, b""), (vec![], vec![]), "{name}");
    }
    let (good, bad) = one_file("a.txt", b" \n");
    assert_eq!((good.len(), bad.len()), (0, 1));
}

#[test]
fn reading_can_happen_on_another_thread() {
    let articles = streamed_articles();
    let tally = articles.tally();
    let count = std::thread::spawn(move || articles.filter(Result::is_ok).count())
        .join()
        .unwrap();
    assert_eq!(count, articles_len());
    assert_eq!(tally.bytes(), json_lines().len() as u64);
    assert_eq!(tally.total_bytes(), None);
}

fn streamed_articles() -> Articles {
    read_stream(io::Cursor::new(json_lines()), &ReadOptions::default())
}

fn articles_len() -> usize {
    articles().len()
}
