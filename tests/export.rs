//! What a user finds in the files of `stance export`.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;
use rusqlite::Connection;
use summit_stance::annotations;
use summit_stance::codebook::Stance;
use summit_stance::scores::{self, Link, Provenance, Row, StanceNames};
use summit_stance::summary::spreadsheet::unescape;

/// Rows of annotated articles, as a scorer that is rather sure of the annotators' stances would
/// make them, and one whose every text is awkward.
fn rows() -> Vec<Row> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/corpus/dev.jsonl");
    let mut rows = Vec::new();
    for (number, annotated) in annotations::read(&corpus)
        .unwrap()
        .iter()
        .take(12)
        .enumerate()
    {
        let (article, starts) = annotated.article();
        for (index, (sentence, start)) in annotated.sentences.iter().zip(starts).enumerate() {
            let sentence_start = article.text[..start].chars().count() as u32;
            for unit in &sentence.parties {
                let p = Stance::ALL.map(|stance| if stance == unit.stance { 0.7 } else { 0.1 });
                rows.push(Row {
                    article: article.id.clone(),
                    summit: (number % 3 > 0).then(|| format!("Summit {}", number % 3)),
                    date: article.date.clone(),
                    source: None,
                    sentence: index as u32,
                    sentence_start,
                    sentence_end: sentence_start + sentence.text.chars().count() as u32,
                    text: sentence.text.clone(),
                    party: unit.party.clone(),
                    mention: unit.mention.clone(),
                    mention_start: sentence_start + unit.start,
                    mention_end: sentence_start + unit.start + unit.mention.chars().count() as u32,
                    stance: p.into(),
                    issues: sentence.issues.clone(),
                    link: Link::Antecedent,
                });
            }
        }
    }
    let awkward = "=1+1,\"quoted\"; 'single'\n<b>\u{202e}\u{2028}🙂\t\\".to_owned();
    rows.push(Row {
        article: awkward.clone(),
        summit: Some(awkward.clone()),
        date: Some(awkward.clone()),
        source: Some(awkward.clone()),
        text: awkward.repeat(500),
        party: awkward.clone(),
        mention: awkward.clone(),
        ..rows[0].clone()
    });
    rows
}

struct Exported {
    folder: tempfile::TempDir,
    rows: Vec<Row>,
}

impl Exported {
    fn new() -> Exported {
        let folder = tempfile::tempdir().unwrap();
        let rows = rows();
        let provenance = Provenance {
            version: "1.2.3".into(),
            model: "a-model".into(),
            model_checksum: "abc".into(),
            stances: StanceNames::codebook(),
            options: [("parties".to_owned(), "mine.toml".to_owned())].into(),
        };
        let path = folder.path().join("scores.parquet");
        let mut writer = scores::parquet::Writer::create(&path, &provenance).unwrap();
        rows.iter().for_each(|row| writer.write(row).unwrap());
        writer.finish().unwrap();
        Exported { folder, rows }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn stance(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("stance").unwrap();
        command
            .current_dir(self.folder.path())
            .arg("export")
            .args(arguments);
        command
    }

    fn export(&self, arguments: &[&str]) {
        self.stance(arguments).assert().success();
    }
}

#[test]
fn csv_holds_every_row_with_issues_joined_and_formulas_disarmed() {
    let exported = Exported::new();
    exported.export(&["scores.parquet", "--to", "csv"]);
    let mut reader = csv::Reader::from_path(exported.path("scores.csv")).unwrap();
    assert_eq!(
        reader
            .headers()
            .unwrap()
            .iter()
            .collect::<Vec<_>>()
            .join(","),
        "article,summit,date,source,sentence,sentence_start,sentence_end,text,party,mention,\
         mention_start,mention_end,optimistic,cautious,insistent,neutral,stance,issues,link"
    );
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), exported.rows.len());
    for (record, row) in records.iter().zip(&exported.rows) {
        assert!(!record.iter().any(|field| field.starts_with('=')));
        assert_eq!(unescape(&record[0]), row.article);
        assert_eq!(
            unescape(&record[1]),
            row.summit.as_deref().unwrap_or_default()
        );
        assert_eq!(unescape(&record[7]), row.text);
        assert_eq!(unescape(&record[8]), row.party);
        assert_eq!(record[10].parse(), Ok(row.mention_start));
        assert_eq!(record[14].parse().ok(), row.stance.probability("insistent"));
        assert_eq!(&record[16], row.stance.name());
        assert_eq!(&record[17], row.issues.join(";"));
        assert_eq!(&record[18], "antecedent");
    }
    assert!(exported.rows.iter().any(|row| row.issues.len() > 1));
}

#[test]
fn json_lines_and_parquet_give_the_same_rows_back() {
    let exported = Exported::new();
    exported.export(&["scores.parquet", "--to", "jsonl", "-o", "rows.jsonl"]);
    exported.export(&["rows.jsonl", "--to", "parquet", "-o", "again.parquet"]);
    let read = |name: &str| -> Vec<Row> {
        let files = scores::ScoreFiles::open(&[exported.path(name)]).unwrap();
        files.rows().map(Result::unwrap).collect()
    };
    assert_eq!(read("rows.jsonl"), exported.rows);
    assert_eq!(read("again.parquet"), exported.rows);
    // Straight from Parquet to Parquet what made the rows is kept.
    exported.export(&["scores.parquet", "--to", "parquet", "-o", "copy.parquet"]);
    let files = scores::ScoreFiles::open(&[exported.path("copy.parquet")]).unwrap();
    assert_eq!(files.provenance().unwrap().model, "a-model");
}

#[test]
fn a_database_holds_rows_issues_summary_and_what_made_them() {
    let exported = Exported::new();
    exported.export(&["scores.parquet", "--to", "sqlite", "--by", "party,summit"]);
    let database = Connection::open(exported.path("scores.sqlite")).unwrap();
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        count("SELECT count(*) FROM scores"),
        exported.rows.len() as i64
    );
    assert_eq!(count("SELECT count(*) FROM articles"), 13);
    let issues: usize = exported.rows.iter().map(|row| row.issues.len()).sum();
    assert_eq!(count("SELECT count(*) FROM score_issues"), issues as i64);
    assert_eq!(
        count("SELECT count(*) FROM made_by WHERE value = 'a-model'"),
        1
    );
    assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0);

    let mut view = database.prepare("SELECT * FROM score_rows").unwrap();
    let names: Vec<String> = view.column_names().into_iter().map(str::to_owned).collect();
    assert_eq!(names[17], "issues");
    let mut found = view.query([]).unwrap();
    for row in &exported.rows {
        let record = found.next().unwrap().unwrap();
        assert_eq!(record.get::<_, String>("text").unwrap(), row.text);
        assert_eq!(
            record.get::<_, Option<String>>("summit").unwrap(),
            row.summit
        );
        assert_eq!(record.get::<_, String>("party").unwrap(), row.party);
        // The decimal that people see: 0.7, and not 0.699999988079071.
        assert_eq!(
            record.get::<_, f64>("insistent").unwrap().to_string(),
            row.stance.probability("insistent").unwrap().to_string()
        );
        assert_eq!(
            record.get::<_, String>("issues").unwrap(),
            row.issues.join(";")
        );
    }

    // Averages that SQL computes from the rows are those of the summary.
    assert!(count("SELECT count(*) FROM summary") > 20);
    let apart: f64 = database
        .query_row(
            "SELECT max(abs(m.insistent - s.insistent)) FROM summary AS s JOIN (
               SELECT party, summit, avg(insistent) AS insistent FROM score_rows GROUP BY party, summit
             ) AS m ON m.party = s.party AND m.summit IS s.summit",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(apart < 1e-6, "{apart}");
    assert_eq!(
        count("SELECT count(*) FROM summary WHERE note IS NULL AND insistent_low IS NULL"),
        0
    );
}

#[test]
fn a_summary_is_the_same_table_in_every_format() {
    let exported = Exported::new();
    for format in ["csv", "jsonl", "parquet"] {
        exported.export(&[
            "scores.parquet",
            "--to",
            format,
            "--table",
            "summary",
            "--by",
            "party",
        ]);
    }
    let mut reader = csv::Reader::from_path(exported.path("summary.csv")).unwrap();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let lines = std::fs::read_to_string(exported.path("summary.jsonl")).unwrap();
    let objects: Vec<serde_json::Value> = lines
        .split_terminator('\n')
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len(), objects.len());
    for (record, object) in records.iter().zip(&objects) {
        assert_eq!(unescape(&record[0]), object["party"]);
        assert_eq!(record[1].parse::<u64>().unwrap(), object["sentences"]);
        let optimistic = object["optimistic"].as_f64().unwrap();
        assert!((record[3].parse::<f64>().unwrap() - optimistic).abs() < 1e-6);
        assert_eq!(record[4].is_empty(), object["optimistic_low"].is_null());
    }
    let file = std::fs::File::open(exported.path("summary.parquet")).unwrap();
    let batches = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap();
    let rows: usize = batches.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, objects.len());
}

#[test]
fn dash_writes_to_standard_output_where_the_format_allows() {
    let exported = Exported::new();
    let lines = exported.rows.len();
    exported
        .stance(&["scores.parquet", "--to", "jsonl", "-o", "-"])
        .assert()
        .success()
        .stdout(predicate::function(move |out: &str| {
            out.matches('\n').count() == lines
        }))
        .stderr(predicate::str::contains("standard output"));
    exported
        .stance(&["scores.parquet", "--to", "sqlite", "-o", "-"])
        .assert()
        .failure()
        .stderr(predicate::str::contains("name a file with -o"));
}

#[test]
fn a_failed_export_leaves_nothing_and_an_input_is_never_replaced() {
    let exported = Exported::new();
    let before = std::fs::read(exported.path("scores.parquet")).unwrap();
    exported
        .stance(&["scores.parquet", "--to", "parquet"])
        .assert()
        .failure()
        .stderr(predicate::str::contains("would be replaced"));
    assert_eq!(
        std::fs::read(exported.path("scores.parquet")).unwrap(),
        before
    );

    let cut = "{\"article\":\"a\",";
    std::fs::write(exported.path("cut.jsonl"), cut).unwrap();
    for format in ["csv", "jsonl", "parquet", "sqlite"] {
        exported
            .stance(&["cut.jsonl", "--to", format, "-o", "new.out"])
            .assert()
            .failure()
            .stderr(predicate::str::contains("cut.jsonl, line 1"));
    }
    let mut left: Vec<String> = std::fs::read_dir(exported.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["cut.jsonl", "scores.parquet"]);
}

#[test]
fn scores_without_rows_make_tables_without_rows() {
    let exported = Exported::new();
    let path = exported.path("none.parquet");
    scores::parquet::Writer::create(&path, &Provenance::default())
        .unwrap()
        .finish()
        .unwrap();
    for format in ["csv", "jsonl", "parquet", "sqlite"] {
        exported.export(&[
            "none.parquet",
            "--to",
            format,
            "-o",
            &format!("out.{format}"),
        ]);
        exported.export(&[
            "none.parquet",
            "--to",
            format,
            "--table",
            "summary",
            "-o",
            &format!("sum.{format}"),
        ]);
    }
    let database = Connection::open(exported.path("out.sqlite")).unwrap();
    let rows: i64 = database
        .query_row("SELECT count(*) FROM score_rows", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
    assert!(
        std::fs::read_to_string(exported.path("out.csv"))
            .unwrap()
            .starts_with("article,summit")
    );
}
