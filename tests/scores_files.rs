//! Files of scores: what is written comes back, and what is no good is refused with the reason.

#[allow(dead_code)]
mod made_rows;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, NullArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use made_rows::provenance;
use summit_stance::scores::{Provenance, Row, ScoreFiles, ScoresError, jsonl, parquet};

fn write_parquet(path: &Path, rows: &[Row], provenance: &Provenance) {
    let mut writer = parquet::Writer::create(path, provenance).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), rows.len() as u64);
}

fn write_jsonl(path: &Path, rows: &[Row]) {
    let mut writer = jsonl::Writer::new(std::fs::File::create(path).unwrap(), "rows");
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap();
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Row>, ScoresError> {
    ScoreFiles::open(paths)?.rows().collect()
}

fn refusal(paths: &[PathBuf]) -> String {
    read_all(paths).unwrap_err().to_string()
}

/// The rows with everything in them that a file format may trip over.
fn awkward_rows() -> Vec<Row> {
    let mut rows = made_rows::rows(1, 12);
    rows[0].text = "«\u{202e}Ça ira», 🙂 e\u{301}té\r\nשלום \"x\";\tend\0".to_owned();
    rows[0].party = "=HYPERLINK(\"x\")".to_owned();
    rows[1].text = "x".repeat(10_000);
    rows[1].summit = None;
    rows[1].date = None;
    rows[2].issues = vec!["a;b".to_owned(), String::new()];
    rows[3].issues.clear();
    rows[3].sentence_end = u32::MAX;
    rows[4].article = String::new();
    rows
}

#[test]
fn rows_come_back_as_they_were_from_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let rows = awkward_rows();
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("scores.parquet"), &rows, &provenance());
    write_jsonl(&at("rows.jsonl"), &rows);
    let plain = std::fs::read(at("rows.jsonl")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(
        std::fs::File::create(at("rows.jsonl.gz")).unwrap(),
        flate2::Compression::fast(),
    );
    gz.write_all(&plain).unwrap();
    gz.finish().unwrap();
    std::fs::write(
        at("rows.jsonl.zst"),
        zstd::encode_all(&plain[..], 1).unwrap(),
    )
    .unwrap();
    for name in [
        "scores.parquet",
        "",
        "rows.jsonl",
        "rows.jsonl.gz",
        "rows.jsonl.zst",
    ] {
        assert_eq!(read_all(&[at(name)]).unwrap(), rows, "{name}");
    }
    let files = ScoreFiles::open(&[at("")]).unwrap();
    assert_eq!(files.provenance(), Some(&provenance()));
    assert_eq!(files.rows().count(), files.rows().count());
}

#[test]
fn the_columns_are_those_of_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.parquet");
    write_parquet(&path, &awkward_rows(), &provenance());
    let file = std::fs::File::open(path).unwrap();
    let builder =
        ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let columns: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|f| {
            let optional = if f.is_nullable() { "?" } else { "" };
            format!("{}{optional} {}", f.name(), f.data_type())
        })
        .collect();
    assert_eq!(
        columns.join(", "),
        "article Utf8, summit? Utf8, date? Utf8, source? Utf8, sentence UInt32, \
         sentence_start UInt32, sentence_end UInt32, text Utf8, party Utf8, mention Utf8, \
         mention_start UInt32, mention_end UInt32, optimistic Float32, cautious Float32, \
         insistent Float32, neutral Float32, stance Utf8, \
         issues List(non-null Utf8, field: 'element'), link Utf8"
    );
}

#[test]
fn the_same_rows_make_the_same_bytes_and_row_groups_stay_small() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = made_rows::rows(2, 400);
    while rows.len() < 70_000 {
        rows.extend_from_within(..rows.len().min(70_000 - rows.len()));
    }
    let at = |name: &str| folder.path().join(name);
    write_parquet(&at("one.parquet"), &rows, &provenance());
    write_parquet(&at("two.parquet"), &rows, &provenance());
    assert!(std::fs::read(at("one.parquet")).unwrap() == std::fs::read(at("two.parquet")).unwrap());
    let file = std::fs::File::open(at("one.parquet")).unwrap();
    let builder =
        ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let groups = builder.metadata().row_groups();
    assert!(groups.len() >= 2);
    assert!(groups.iter().all(|group| group.num_rows() <= 65_536));
    assert_eq!(
        parquet::Reader::open(&at("one.parquet")).unwrap().rows(),
        70_000
    );
    assert_eq!(
        parquet::Reader::open(&at("one.parquet")).unwrap().count(),
        70_000
    );
}

#[test]
fn a_run_that_stops_early_leaves_no_scores_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        parquet::Writer::create(&folder.path().join("scores.parquet"), &provenance()).unwrap();
    writer.write(&made_rows::rows(3, 1)[0]).unwrap();
    drop(writer);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_cut_or_damaged_file_is_an_error_and_never_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.parquet");
    let rows = made_rows::rows(4, 60);
    write_parquet(&path, &rows, &provenance());
    let bytes = std::fs::read(&path).unwrap();
    for length in [
        0,
        3,
        4,
        12,
        bytes.len() / 2,
        bytes.len() - 9,
        bytes.len() - 1,
    ] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let message = refusal(std::slice::from_ref(&path));
        assert!(
            message.contains("scores.parquet: damaged or cut short"),
            "{message}"
        );
    }
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for position in (0..bytes.len()).step_by(bytes.len() / 300) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0xff;
        std::fs::write(&path, &damaged).unwrap();
        // A flipped byte may pass unseen in a text, but must not crash or hang the program.
        if let Ok(read) = read_all(std::slice::from_ref(&path)) {
            assert!(read.len() <= rows.len());
        }
    }
    std::panic::set_hook(hook);
}

fn batch_of(rows: &[Row], change: impl Fn(&str, ArrayRef) -> Option<ArrayRef>) -> RecordBatch {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.parquet");
    write_parquet(&path, rows, &provenance());
    let file = std::fs::File::open(path).unwrap();
    let mut reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap();
    let batch = reader.next().unwrap().unwrap();
    let columns: Vec<(String, ArrayRef)> = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .filter_map(|(f, c)| change(f.name(), c.clone()).map(|c| (f.name().clone(), c)))
        .collect();
    let fields: Vec<Field> = columns
        .iter()
        .map(|(n, c)| Field::new(n, c.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, c)| c).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn write_batch(path: &Path, batch: &RecordBatch) {
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn files_that_other_programs_wrote_anew_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("filtered.parquet");
    let mut rows = made_rows::rows(5, 3);
    for row in &mut rows {
        row.source = None;
        row.issues = vec!["process".to_owned()];
    }
    let batch = batch_of(&rows, |name, column| {
        let wanted = match (name, column.data_type()) {
            ("source", _) => return Some(Arc::new(NullArray::new(column.len()))),
            ("stance", _) => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            (_, DataType::Utf8) => DataType::LargeUtf8,
            (_, DataType::UInt32) => DataType::Int64,
            (_, DataType::Float32) => DataType::Float64,
            _ => DataType::LargeList(Arc::new(Field::new("item", DataType::LargeUtf8, true))),
        };
        Some(arrow_cast::cast(&column, &wanted).unwrap())
    });
    write_batch(&path, &batch);
    assert_eq!(read_all(std::slice::from_ref(&path)).unwrap(), rows);
    assert_eq!(ScoreFiles::open(&[path]).unwrap().provenance(), None);
}

#[test]
fn a_wrong_table_is_refused_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.parquet");
    let rows = made_rows::rows(6, 2);
    let check = |change: &dyn Fn(&str, ArrayRef) -> Option<ArrayRef>, says: &str| {
        write_batch(&path, &batch_of(&rows, change));
        let message = refusal(std::slice::from_ref(&path));
        assert!(message.contains(says), "{message}");
        assert!(message.contains("other.parquet"), "{message}");
    };
    check(
        &|n, c| (n != "party").then_some(c),
        "has no column \"party\"",
    );
    check(
        &|n, c| {
            let text = || Arc::new(StringArray::from(vec!["much"; c.len()])) as ArrayRef;
            Some(if n == "cautious" { text() } else { c })
        },
        "column \"cautious\" is Utf8, but must be fractional numbers",
    );
    check(
        &|n, c| {
            let text = || Arc::new(StringArray::from(vec!["a;b"; c.len()])) as ArrayRef;
            Some(if n == "issues" { text() } else { c })
        },
        "column \"issues\" is Utf8, but must be lists of text",
    );
    check(
        &|n, c| {
            let gap = (0..c.len()).map(|i| (i != 2).then_some("Oslo"));
            let gap = || Arc::new(StringArray::from_iter(gap)) as ArrayRef;
            Some(if n == "party" { gap() } else { c })
        },
        "row 3, column \"party\": the value is missing",
    );
    check(
        &|n, c| {
            let below = || Arc::new(Int64Array::from(vec![-1; c.len()])) as ArrayRef;
            Some(if n == "sentence" { below() } else { c })
        },
        "column \"sentence\"",
    );
    check(
        &|n, c| {
            let much = || Arc::new(Float64Array::from(vec![1.5; c.len()])) as ArrayRef;
            Some(if n == "neutral" { much() } else { c })
        },
        "row 1, column \"neutral\": 1.5 is no probability",
    );
    check(
        &|n, c| {
            let word = || Arc::new(StringArray::from(vec!["angry"; c.len()])) as ArrayRef;
            Some(if n == "stance" { word() } else { c })
        },
        "row 1, column \"stance\": \"angry\" is no stance",
    );
}

#[test]
fn a_broken_line_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.jsonl");
    let rows = made_rows::rows(7, 2);
    write_jsonl(&path, &rows);
    let good = std::fs::read_to_string(&path).unwrap();
    let cases = [
        (good[..good.len() - 20].to_owned(), "the line is cut short"),
        (
            good.replacen("\"stance\":\"", "\"stance\":\"un", 1),
            "line 1: not a row of scores",
        ),
        (
            good.replacen("\n", "\n{}\n", 1),
            "line 2: not a row of scores: missing field `article`",
        ),
        (good.replacen("\n", "\n\n[1]\n", 1), "line 3"),
    ];
    for (text, says) in cases {
        std::fs::write(&path, text).unwrap();
        let message = refusal(std::slice::from_ref(&path));
        assert!(message.contains(says), "{message}");
    }
    std::fs::write(&path, format!("\u{feff}\r\n{}", good.replace('\n', "\r\n"))).unwrap();
    assert_eq!(read_all(&[path]).unwrap(), rows);
}

#[test]
fn several_files_are_read_as_one_unless_they_do_not_belong_together() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rows = made_rows::rows(8, 6);
    let half = rows.iter().position(|r| r.article == "article-3").unwrap();
    write_parquet(&at("one.parquet"), &rows[..half], &provenance());
    write_parquet(&at("two.parquet"), &rows[half..], &provenance());
    assert_eq!(
        read_all(&[at("one.parquet"), at("two.parquet")]).unwrap(),
        rows
    );

    let twice = refusal(&[at("one.parquet"), at("./one.parquet")]);
    assert!(twice.contains("given twice"), "{twice}");

    write_parquet(&at("all.parquet"), &rows, &provenance());
    let overlap = refusal(&[at("one.parquet"), at("all.parquet")]);
    assert!(overlap.contains("article \"article-0\"") && overlap.contains("would count twice"));

    let mut newer = provenance();
    newer.version = "0.2.0".to_owned();
    write_parquet(&at("newer.parquet"), &rows[half..], &newer);
    let mixed = refusal(&[at("one.parquet"), at("newer.parquet")]);
    assert!(
        mixed.contains("stance 0.1.0") && mixed.contains("stance 0.2.0"),
        "{mixed}"
    );

    let mut other = provenance();
    other.model_checksum = "ff".to_owned();
    write_parquet(&at("other.parquet"), &rows[half..], &other);
    assert!(refusal(&[at("one.parquet"), at("other.parquet")]).contains("do not compare"));

    write_jsonl(&at("rows.jsonl"), &rows[half..]);
    let unsaid = refusal(&[at("one.parquet"), at("rows.jsonl")]);
    assert!(unsaid.contains("did not say its model"), "{unsaid}");

    let mut options = provenance();
    options
        .options
        .insert("parties".to_owned(), "a1".to_owned());
    write_parquet(&at("options.parquet"), &rows[half..], &options);
    let files = ScoreFiles::open(&[at("one.parquet"), at("options.parquet")]).unwrap();
    assert_eq!(files.notes().len(), 1);
    assert!(
        files.notes()[0].contains("parties (none; a1)"),
        "{}",
        files.notes()[0]
    );
}

#[test]
fn what_is_not_there_or_no_scores_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(refusal(&[at("none.parquet")]).contains("none.parquet: cannot be read"));
    assert!(refusal(&[at("")]).contains("holds no scores.parquet"));
    assert!(refusal(&[]).contains("no file of scores was given"));
    std::fs::write(at("notes.txt"), "Dear all,").unwrap();
    assert!(refusal(&[at("notes.txt")]).contains("neither Parquet nor JSON Lines"));
    std::fs::write(at("empty.jsonl"), " \n").unwrap();
    assert!(refusal(&[at("empty.jsonl")]).contains("no rows"));
    write_parquet(&at("scores.parquet"), &[], &provenance());
    assert!(refusal(&[at("")]).contains("no rows"));
}
