//! What cannot be read is named by file and line, while all else is read.

mod common;

use std::fs;
use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use common::*;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use summit_stance::articles::{ReadOptions, read_stream};

/// One bad record between two good ones, as each format has it.
#[test]
fn bad_records_are_named_and_good_ones_kept() {
    let lines = |bad: &[u8]| [b"{\"text\": \"One.\"}\n", bad, b"\n{\"text\": \"Two.\"}\n"].concat();
    let rows = |bad: &[u8]| [b"id,text\n1,One.\n", bad, b"\n3,Two.\n"].concat();
    let array = |bad: &[u8]| {
        [
            b"[{\"text\": \"One.\"},\n",
            bad,
            b",\n{\"text\": \"Two.\"}]",
        ]
        .concat()
    };
    let cases: Vec<(&str, Vec<u8>, u64, &str)> = vec![
        (
            "utf8.jsonl",
            lines(b"{\"text\": \"caf\xe9\"}"),
            2,
            "not UTF-8",
        ),
        (
            "json.jsonl",
            lines(b"{\"text\": \"One\""),
            2,
            "not whole JSON",
        ),
        ("json2.jsonl", lines(b"{text: 1}"), 2, "not valid JSON"),
        ("list.jsonl", lines(b"[1, 2]"), 2, "an object in braces"),
        (
            "two.jsonl",
            lines(b"{\"text\": \"a\"} {\"text\": \"b\"}"),
            2,
            "trailing",
        ),
        (
            "missing.jsonl",
            lines(b"{\"body\": \"One.\"}"),
            2,
            "has no field \"text\" (it has \"body\")",
        ),
        ("type.jsonl", lines(b"{\"text\": 12}"), 2, "is a number"),
        ("type2.jsonl", lines(b"{\"text\": [\"a\"]}"), 2, "is a list"),
        (
            "type3.jsonl",
            lines(b"{\"text\": true}"),
            2,
            "is true or false",
        ),
        ("null.jsonl", lines(b"{\"text\": null}"), 2, "is empty"),
        (
            "empty.jsonl",
            lines(b"{\"id\": \"e\", \"text\": \" \\n\"}"),
            2,
            "is empty",
        ),
        (
            "deep.jsonl",
            lines("[".repeat(100_000).as_bytes()),
            2,
            "not",
        ),
        (
            "deep2.jsonl",
            lines(format!("{{\"text\":{}", "[".repeat(100_000)).as_bytes()),
            2,
            "recursion",
        ),
        (
            "surrogate.jsonl",
            lines(b"{\"text\": \"\\ud800\"}"),
            2,
            "JSON",
        ),
        ("utf8.csv", rows(b"2,caf\xe9"), 3, "not UTF-8"),
        ("empty.csv", rows(b"2,"), 3, "is empty"),
        (
            "fields.csv",
            rows(b"2,Well, no."),
            3,
            "the row has 3 fields and the header 2",
        ),
        (
            "short.csv",
            rows(b"2"),
            3,
            "the row has 1 fields and the header 2",
        ),
        (
            "utf8.json",
            array(b"{\"text\": \"caf\xe9\"}"),
            2,
            "not UTF-8",
        ),
        ("json.json", array(b"{text: 1}"), 2, "not valid JSON"),
        ("number.json", array(b"12"), 2, "an object in braces"),
        ("missing.json", array(b"{}"), 2, "has no field \"text\""),
    ];
    for (name, content, line, reason) in cases {
        for (name, content) in [
            (name.to_string(), content.clone()),
            (format!("{name}.gz"), gzip(&content)),
        ] {
            let (good, bad) = one_file(&name, &content);
            let texts: Vec<_> = good.iter().map(|article| article.text.as_str()).collect();
            assert_eq!(texts, ["One.", "Two."], "{name}");
            let [bad] = bad.as_slice() else {
                panic!("{name}: {bad:?}")
            };
            assert!(bad.file.ends_with(&name));
            assert_eq!(bad.line, Some(line), "{name}");
            assert!(bad.reason.contains(reason), "{name}: {}", bad.reason);
            assert!(
                !bad.excerpt.is_empty() && bad.excerpt.chars().count() <= 201,
                "{name}"
            );
            assert_eq!(bad.record, name.contains(".csv").then_some(2), "{name}");
        }
    }
}

#[test]
fn bad_parquet_rows_are_named_and_good_ones_kept() {
    let table = parquet_of(vec![
        ("id", Arc::new(StringArray::from(vec!["a", "b", "c", "d"]))),
        (
            "text",
            Arc::new(StringArray::from(vec![
                Some("One."),
                None,
                Some(" "),
                Some("Two."),
            ])),
        ),
    ]);
    let (good, bad) = one_file("a.parquet", &table);
    assert_eq!(ids(&good), ["a", "d"]);
    let found: Vec<_> = bad
        .iter()
        .map(|bad| (bad.record, bad.id.as_deref()))
        .collect();
    assert_eq!(found, [(Some(2), Some("b")), (Some(3), Some("c"))]);
}

#[test]
fn a_table_without_text_says_which_columns_it_has() {
    let table = parquet_of(vec![("body", Arc::new(StringArray::from(vec!["One."])))]);
    let numbers = parquet_of(vec![("text", Arc::new(Int64Array::from(vec![1])))]);
    for (name, content, reason) in [
        ("a.csv", b"id,body\n1,One.\n".to_vec(), "\"id\", \"body\""),
        ("b.parquet", table, "\"body\""),
        ("c.parquet", numbers, "holds Int64"),
    ] {
        let (good, bad) = one_file(name, &content);
        assert!(good.is_empty());
        let [bad] = bad.as_slice() else {
            panic!("{name}: {bad:?}")
        };
        assert!(
            bad.reason.contains(reason) && bad.reason.contains("--text-column"),
            "{}",
            bad.reason
        );
    }
}

#[test]
fn damaged_files_are_read_as_far_as_they_go_and_others_in_full() {
    let many: Vec<u8> = (0..20_000)
        .flat_map(|n| {
            format!(
                "{{\"id\": {n}, \"text\": \"Said {}.\"}}\n",
                n * 7919 % 10_007
            )
            .into_bytes()
        })
        .collect();
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let other = b"{\"id\": \"other\", \"text\": \"Other.\"}";
    for (name, content, some) in [
        ("a.jsonl.gz", cut(gzip(&many)), true),
        ("a.jsonl.zst", cut(zst(&many)), true),
        ("a.jsonl.gz", b"no gzip at all".to_vec(), false),
        (
            "a.jsonl.zst",
            b"\x28\xb5\x2f\xfd\xff\xff\xff".to_vec(),
            false,
        ),
        ("a.jsonl.gz", b"\x1f\x8b\xff".to_vec(), false),
        ("a.jsonl.gz", Vec::new(), false),
        ("a.txt.gz", gzip(b"Talks went on.")[..20].to_vec(), false),
        ("a.parquet", cut(parquet()), false),
        ("a.parquet", b"PAR1 and no more".to_vec(), false),
        ("a.parquet", Vec::new(), false),
        ("a.parquet.gz", cut(gzip(&parquet())), false),
        ("a.parquet", gzip(b"PAR1 and no more"), false),
        ("a.csv", b"\xff\xfet\0e\0x\0t\0".to_vec(), false),
    ] {
        let folder = folder(&[(name, &content), ("b.jsonl", other)]);
        let (good, bad) = all(folder.path(), &ReadOptions::default());
        let [bad] = bad.as_slice() else {
            panic!("{name}: {bad:?}")
        };
        assert!(bad.file.ends_with(name), "{bad:?}");
        assert_eq!(
            good.last().map(|article| article.id.as_str()),
            Some("other"),
            "{name}"
        );
        assert_eq!(good.len() > 1, some, "{name}: {bad}");
        // No half article was made of what the damage cut off.
        assert!(good.iter().all(|article| article.text.ends_with('.')));
        if some {
            assert_eq!(bad.line, Some(good.len() as u64), "{name}");
        }
    }
}

#[test]
fn a_compressed_file_that_unpacks_to_nonsense_is_named_as_damaged() {
    let many = json_lines().repeat(5_000);
    for (name, content) in [("a.jsonl.gz", gzip(&many)), ("a.jsonl.zst", zst(&many))] {
        let mut content = content;
        let middle = content.len() / 2;
        content[middle..middle + 16].fill(0xff);
        let folder = folder(&[(name, &content), ("b.jsonl", &json_lines())]);
        let (good, bad) = all(folder.path(), &ReadOptions::default());
        let damage: Vec<_> = bad
            .iter()
            .filter(|bad| bad.reason.contains("damaged"))
            .collect();
        assert_eq!(damage.len(), 1, "{name}");
        assert_eq!(
            damage[0].file,
            bad.last().map(|bad| bad.file.clone()).unwrap_or_default()
        );
        assert_eq!(
            good[good.len() - 3..]
                .iter()
                .map(|article| &article.text)
                .collect::<Vec<_>>(),
            articles()
                .iter()
                .map(|article| &article.text)
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn damaged_parquet_never_stops_the_program() {
    let whole = parquet();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let (good, bad) = streamed(bytes);
        assert!(good.len() + bad.len() <= 4, "byte {at}");
    }
}

/// Lines far over the limit come out of a generator, so that not even the test holds them.
#[test]
fn a_line_of_50_megabytes_is_refused_without_being_held() {
    let line = || {
        io::Cursor::new(&b"{\"text\": \""[..])
            .chain(io::repeat(b'a').take(50 << 20))
            .chain(io::Cursor::new(&b"\"}\n"[..]))
    };
    let good = |text: &str| io::Cursor::new(format!("{{\"text\": \"{text}\"}}\n").into_bytes());
    let stream = good("One.").chain(line()).chain(good("Two."));
    let (read, bad) = sorted(read_stream(stream, &ReadOptions::default()));
    let texts: Vec<_> = read.iter().map(|article| article.text.as_str()).collect();
    assert_eq!(texts, ["One.", "Two."]);
    let [bad] = bad.as_slice() else {
        panic!("{bad:?}")
    };
    assert_eq!(bad.line, Some(2));
    assert!(bad.reason.contains("longer than 16 MiB"), "{}", bad.reason);
    assert!(bad.excerpt.starts_with("{\"text\": \"aaa"));
}

#[test]
fn long_records_are_refused_in_every_format() {
    let long = "word ".repeat(2_000);
    let options = ReadOptions {
        record_limit: 5_000,
        ..ReadOptions::default()
    };
    let lines =
        format!("{{\"text\": \"One.\"}}\n{{\"text\": \"{long}\"}}\n{{\"text\": \"Two.\"}}\n");
    let array =
        format!("[{{\"text\": \"One.\"}},\n{{\"text\": \"{long}\"}},\n{{\"text\": \"Two.\"}}]");
    let rows = format!("text\nOne.\n{long}\nTwo.\n");
    let quoted = format!("text\nOne.\n\"{long}\n,\"\nTwo.\n");
    let columns = format!("text\nOne.\n{}\nTwo.\n", ",".repeat(100_000));
    let table = parquet_of(vec![(
        "text",
        Arc::new(StringArray::from(vec!["One.", &long, "Two."])),
    )]);
    for (name, content) in [
        ("a.jsonl", lines.clone().into_bytes()),
        ("a.jsonl.gz", gzip(lines.as_bytes())),
        ("a.jsonl.zst", zst(lines.as_bytes())),
        ("a.json", array.into_bytes()),
        ("a.csv", rows.into_bytes()),
        ("b.csv", quoted.into_bytes()),
        ("c.csv", columns.into_bytes()),
        ("a.parquet", table),
    ] {
        let folder = folder(&[(name, &content)]);
        let (good, bad) = all(folder.path(), &options);
        let texts: Vec<_> = good.iter().map(|article| article.text.as_str()).collect();
        assert_eq!(texts, ["One.", "Two."], "{name}");
        let [bad] = bad.as_slice() else {
            panic!("{name}: {bad:?}")
        };
        assert!(
            bad.reason.contains("longer than 5000 bytes"),
            "{name}: {}",
            bad.reason
        );
    }
    let folder = folder(&[("a.txt", long.as_bytes()), ("b.txt", b"Two.")]);
    let (good, bad) = all(folder.path(), &options);
    assert_eq!((good.len(), bad.len()), (1, 1));
}

/// A small file that would unpack to far more than fits in memory, honestly declared.
#[test]
fn a_parquet_file_that_unpacks_to_too_much_is_left_out() {
    let text = "a".repeat(4 << 20);
    let column: ArrayRef = Arc::new(StringArray::from(vec![text.as_str(); 8]));
    let batch = RecordBatch::try_from_iter([("text", column)]).unwrap();
    let write = |dictionary: bool| {
        let properties = WriterProperties::builder()
            .set_compression(parquet::basic::Compression::ZSTD(Default::default()))
            .set_dictionary_enabled(dictionary)
            .set_dictionary_page_size_limit(8 << 20)
            .build();
        let mut bytes = Vec::new();
        let mut writer =
            ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        for _ in 0..10 {
            writer.write(&batch).unwrap();
        }
        writer.close().unwrap();
        bytes
    };
    let (good, bad) = streamed(write(false));
    assert_eq!(good, []);
    let [bad] = bad.as_slice() else {
        panic!("{bad:?}")
    };
    assert!(bad.reason.contains("unpack"), "{bad}");
    // Rows that share one text through a dictionary are no such thing.
    let mut articles = read_stream(io::Cursor::new(write(true)), &ReadOptions::default());
    assert_eq!(articles.by_ref().filter(Result::is_ok).count(), 80);
}

#[test]
fn a_quote_left_open_is_named_where_it_opens() {
    let (good, bad) = one_file("a.csv", b"text\nOne.\n\"Two\nThree.\nFour.\n");
    assert_eq!(good.len(), 1);
    let [bad] = bad.as_slice() else {
        panic!("{bad:?}")
    };
    assert_eq!((bad.line, bad.record), (Some(3), Some(2)));
    assert!(bad.reason.contains("never closed"));
    let (_, bad) = one_file("a.json", b"[{\"text\": \"One.\"},\n{\"text\": \"Two.}]");
    assert_eq!(bad[0].line, Some(2));
    assert!(bad[0].reason.contains("never closed"));
}

#[cfg(unix)]
#[test]
fn odd_file_names_are_read_and_shown_as_escapes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"new\nline-\xff.txt");
    fs::write(folder.path().join(name), "Kyiv said so.").unwrap();
    fs::write(folder.path().join("b\u{1b}[2J.jsonl"), "{").unwrap();
    let (good, bad) = all(folder.path(), &ReadOptions::default());
    assert_eq!(ids(&good), ["new\\nline-\\xff"]);
    assert!(
        bad[0].file.ends_with("b\\u{1b}[2J.jsonl"),
        "{}",
        bad[0].file
    );
    // Named directly as well.
    let (good, _) = all(&folder.path().join(name), &ReadOptions::default());
    assert_eq!(good.len(), 1);
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_are_not_followed() {
    let folder = folder(&[("a/b.txt", b"B.")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("a/dangling.txt")).unwrap();
    let (good, bad) = all(folder.path(), &ReadOptions::default());
    assert_eq!(ids(&good), ["a/b"]);
    let reasons: Vec<_> = bad.iter().map(|bad| bad.reason.as_str()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].contains("cannot be read"), "{reasons:?}");
    assert!(reasons[1].contains("leads back"), "{reasons:?}");
}

fn whole_files() -> Vec<Vec<u8>> {
    let text = b"Hopes rise\n\nKyiv said so.\n".to_vec();
    vec![
        json_lines(),
        serde_json::to_vec_pretty(&articles()).unwrap(),
        table(b','),
        table(b'\t'),
        text,
        parquet(),
        gzip(&json_lines()),
        zst(&table(b';')),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    /// Whatever happened to a file, reading it ends, and ends well.
    #[test]
    fn any_damage_to_any_format_is_survived(
        which in 0..8_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..12),
    ) {
        let mut bytes = whole_files().swap_remove(which);
        for (at, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => { bytes.remove(at); }
                _ => bytes.truncate(at + bytes.len() / 2),
            }
        }
        let (good, bad) = streamed(bytes);
        prop_assert!(good.len() + bad.len() < 100);
        for article in good {
            prop_assert!(!article.text.trim().is_empty() && !article.id.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (good, bad) = streamed(bytes);
        prop_assert!(good.len() + bad.len() <= 300);
    }
}
