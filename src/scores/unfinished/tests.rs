use super::*;
use crate::parties::LinkedMention;
use crate::scores::{Link, Row, ScoredArticle, parquet};

const RESULTS: [&str; 2] = ["scores.parquet", "rejected.jsonl"];

fn job(summit: &str) -> Job {
    Job {
        settings: [("--summit".to_owned(), summit.to_owned())].into(),
        command: "stance score in -o out".to_owned(),
    }
}

fn open(target: &Path) -> Result<Unfinished, UnfinishedError> {
    Unfinished::open(target, job("Geneva"), &RESULTS)
}

fn article(number: usize) -> Result<Article, Rejected> {
    Ok(Article {
        id: number.to_string(),
        text: format!("Kyiv said {number}."),
        ..Article::default()
    })
}

fn rejected() -> Result<Article, Rejected> {
    Err(Rejected {
        file: "a.csv".into(),
        line: Some(3),
        record: None,
        id: None,
        reason: "is empty".into(),
        excerpt: "…".into(),
    })
}

fn row(number: usize) -> Row {
    // Numbers that have no short decimal form.
    let p = 1.0 / (number as f32 + 3.0);
    Row {
        article: number.to_string(),
        summit: None,
        date: Some(String::new()),
        source: None,
        sentence: 0,
        sentence_start: 0,
        sentence_end: 9,
        text: format!("Kyiv said {number}."),
        party: "Ukraine".into(),
        mention: "Kyiv".into(),
        mention_start: 0,
        mention_end: 4,
        stance: [p, 1.0 - p, 0.0, 0.0].into(),
        issues: vec!["ceasefire".into()],
        link: Link::Gazetteer,
    }
}

/// Commit a part of these records.
fn commit(run: &mut Unfinished, records: &[Result<Article, Rejected>]) {
    let mut part = run.begin_part(&Provenance::default()).unwrap();
    for record in records {
        let fingerprint = Fingerprint::of(record);
        match record {
            Ok(article) => {
                let rows = vec![row(article.id.parse().unwrap())];
                let mention = LinkedMention {
                    sentence: 0,
                    bytes: 0..4,
                    parties: Vec::new(),
                };
                let scored = ScoredArticle {
                    rows,
                    mentions: vec![mention; 2],
                    ..ScoredArticle::default()
                };
                part.article(fingerprint, &scored).unwrap();
            }
            Err(rejected) => part.rejected(fingerprint, rejected),
        }
    }
    run.commit(part).unwrap();
}

fn read_past(run: &Unfinished, records: Vec<Result<Article, Rejected>>) -> String {
    let mut records = records.into_iter();
    let outcome = run.read_past(&mut records, || false);
    outcome.map_or_else(|error| error.to_string(), |()| records.len().to_string())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_dropped_run_goes_on_with_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(folder.path()).unwrap();
    commit(&mut run, &[article(1), rejected(), article(2)]);
    commit(&mut run, &[article(3)]);
    // A part in hand is lost.
    let part = run.begin_part(&Provenance::default()).unwrap();
    drop((part, run));

    let run = open(folder.path()).unwrap();
    assert!(run.notes().is_empty());
    let counts = Counts {
        articles: 3,
        rejected: 1,
        rows: 3,
        mentions: 6,
        sentences: 0,
    };
    assert_eq!(*run.done(), counts);
    let rows: Vec<Row> = run
        .parts()
        .iter()
        .flat_map(|part| part.rows().unwrap().map(Result::unwrap))
        .collect();
    assert_eq!(rows, [row(1), row(2), row(3)]);
    let bad: Vec<Rejected> = run.parts()[0].rejected().unwrap();
    assert_eq!(bad, [rejected().unwrap_err()]);
    let input = vec![article(1), rejected(), article(2), article(3), article(4)];
    assert_eq!(read_past(&run, input), "1");
    // Two parts, the lock and the job: nothing of the part in hand.
    assert_eq!(names(&folder.path().join(UNFINISHED_FOLDER)).len(), 4);
}

#[test]
fn a_changed_input_is_refused_with_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(folder.path()).unwrap();
    commit(&mut run, &[article(1), article(2), rejected()]);
    let mut changed = article(2).unwrap();
    changed.summit = Some("Geneva".into());
    let error = read_past(&run, vec![article(1), Ok(changed), rejected()]);
    assert!(error.contains("article \"2\" is new, changed"), "{error}");
    assert!(error.contains("stance score in -o out"), "{error}");
    let error = read_past(&run, vec![article(1), rejected(), article(2)]);
    assert!(error.contains("a.csv, line 3"), "{error}");
    let error = read_past(&run, vec![article(1)]);
    assert!(error.contains("ends after 1"), "{error}");
}

#[test]
fn other_settings_are_refused_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(folder.path()).unwrap();
    commit(&mut run, &[article(1)]);
    drop(run);
    let before = names(&folder.path().join(UNFINISHED_FOLDER));
    let other = Unfinished::open(folder.path(), job("Miami"), &RESULTS);
    let error = other.unwrap_err().to_string();
    for part in ["1 record", "--summit: was Geneva, is now Miami", "remove"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(names(&folder.path().join(UNFINISHED_FOLDER)), before);
    // Before anything is committed there is nothing to lose.
    let empty = tempfile::tempdir().unwrap();
    drop(open(empty.path()).unwrap());
    Unfinished::open(empty.path(), job("Miami"), &RESULTS).unwrap();
}

#[test]
fn a_damaged_part_and_those_behind_it_are_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = open(folder.path()).unwrap();
    for number in 1..=4 {
        commit(&mut run, &[article(number)]);
    }
    let third = run.parts()[2].path().to_owned();
    drop(run);
    let mut bytes = fs::read(&third).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&third, bytes).unwrap();
    let mut run = open(folder.path()).unwrap();
    assert_eq!(run.done().articles, 2);
    assert!(run.notes()[0].contains("checksum"), "{:?}", run.notes());
    commit(&mut run, &[article(3)]);
    let second = run.parts()[1].path().to_owned();
    drop(run);
    fs::remove_file(second).unwrap();
    let run = open(folder.path()).unwrap();
    assert_eq!(run.done().articles, 1);
    assert!(run.notes()[0].contains("missing"), "{:?}", run.notes());
}

#[test]
fn results_appear_together_and_nothing_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rejected.jsonl"), "of an earlier run").unwrap();
    let mut run = open(folder.path()).unwrap();
    commit(&mut run, &[article(1)]);
    let scores = run.result("scores.parquet");
    let mut writer = parquet::Writer::create(&scores, &Provenance::default()).unwrap();
    writer.write(&row(1)).unwrap();
    writer.finish().unwrap();
    assert!(is_unfinished(folder.path()));
    assert!(!folder.path().join("scores.parquet").exists());
    run.publish().unwrap();
    assert_eq!(names(folder.path()), ["scores.parquet"]);
    assert!(!is_unfinished(folder.path()));
}

#[test]
fn a_folder_has_one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let run = open(folder.path()).unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("another `stance score`"), "{error}");
    drop(run);
    let run = open(folder.path()).unwrap();
    run.publish().unwrap();
    open(folder.path()).unwrap();
}

#[test]
fn what_cannot_be_a_folder_of_results_is_refused_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let message = |target: &Path| open(target).unwrap_err().to_string();
    assert!(message(&file).contains("is a file"));
    let below = message(&file.join("below"));
    assert!(
        below.contains("file/below") && below.contains("cannot be written"),
        "{below}"
    );
    fs::create_dir(folder.path().join("scores.parquet")).unwrap();
    let taken = message(folder.path());
    assert!(taken.contains("scores.parquet: is a folder"), "{taken}");
}
