//! Stances of a user's own names, from the articles to every file that is made of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use rusqlite::Connection;
use serde_json::Value;
use summit_stance::scores::{Row, ScoreFiles};

use super::{fixture, refusal, said, stance};

const INPUT: &str = "data/summits";
const NAMES: [&str; 5] = [
    "supportive",
    "opposed",
    "in_favour",
    "conciliatory",
    "neutral",
];

/// Four stances of a user's own, one of them with two hypotheses, and neutral with one.
const LIST: &str = r#"
[[stance]]
name = "supportive"
hypotheses = ["{party} supports {issue}.", "{party} welcomes what was said."]

[[stance]]
name = "neutral"
hypotheses = ["{party} met the others."]

[[stance]]
name = "opposed"
hypotheses = ["{party} opposes {issue}."]

[[stance]]
name = "in_favour"
hypotheses = ["{name} is in favour of talks."]

[[stance]]
name = "conciliatory"
hypotheses = ["{party} is ready to give way on {issue}."]
"#;

/// A folder with a list of stances and the scores that were made with it.
struct Scored {
    folder: tempfile::TempDir,
    /// What `stance score` printed.
    printed: String,
}

impl Scored {
    fn new(list: &str) -> Scored {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("stances.toml"), list).unwrap();
        let scored = Scored {
            folder,
            printed: String::new(),
        };
        let output = scored.score("out", &[]);
        let printed = String::from_utf8(output.stdout).unwrap();
        Scored { printed, ..scored }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn at(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn score(&self, name: &str, more: &[&str]) -> Output {
        let nli = fixture("bert");
        let mut arguments = vec!["score", INPUT, "--nli", nli.to_str().unwrap()];
        let (list, out) = (self.at("stances.toml"), self.at(name));
        arguments.extend(["--stances", &list, "-o", &out]);
        arguments.extend(more);
        done(&arguments)
    }

    fn rows(&self) -> Vec<Value> {
        let output = done(&["export", &self.at("out"), "--to", "jsonl", "-o", "-"]);
        let lines = String::from_utf8(output.stdout).unwrap();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn done(arguments: &[&str]) -> Output {
    let output = stance(arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    output
}

fn text(arguments: &[&str]) -> String {
    String::from_utf8(done(arguments).stdout).unwrap()
}

fn header(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().next().unwrap().to_owned()
}

fn mean(rows: &[Value], stance: &str) -> f64 {
    let sum: f64 = rows.iter().map(|row| row[stance].as_f64().unwrap()).sum();
    sum / rows.len() as f64
}

#[test]
fn rows_and_summaries_have_columns_of_those_names() {
    let scored = Scored::new(LIST);
    let rows = scored.rows();
    assert!(rows.len() > 300, "{}", rows.len());
    for row in &rows {
        let fields: Vec<&str> = row
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(fields[12..17], NAMES);
        let p = NAMES.map(|name| row[name].as_f64().unwrap());
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{p:?}");
        let top = (0..NAMES.len())
            .max_by(|a, b| p[*a].total_cmp(&p[*b]))
            .unwrap();
        assert_eq!(row["stance"], NAMES[top]);
    }

    let files = ScoreFiles::open(&[scored.path("out")]).unwrap();
    assert_eq!(files.stances().iter().collect::<Vec<_>>(), NAMES);
    let kept = &files.provenance().unwrap().stances;
    assert_eq!(kept, files.stances());

    let columns = header(&scored.path("out/summary.csv"));
    assert_eq!(
        columns,
        "party,issue,summit,sentences,articles,supportive,supportive_low,supportive_high,opposed,\
         opposed_low,opposed_high,in_favour,in_favour_low,in_favour_high,conciliatory,\
         conciliatory_low,conciliatory_high,neutral,neutral_low,neutral_high,share_supportive,\
         share_opposed,share_in_favour,share_conciliatory,share_neutral,note"
    );

    // Tables, too.
    let summarized = text(&["summarize", &scored.at("out"), "--by", "all"]);
    for table in [&scored.printed, &summarized] {
        for name in NAMES {
            assert!(table.contains(name), "{name} in {table}");
        }
        assert!(!table.contains("optimistic"), "{table}");
    }
    let csv = text(&["summarize", &scored.at("out"), "--by", "all", "-o", "-"]);
    let values: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    for (index, name) in NAMES.iter().enumerate() {
        let (value, expected) = (
            values[2 + 3 * index].parse::<f64>().unwrap(),
            mean(&rows, name),
        );
        assert!(
            (value - expected).abs() < 1e-5,
            "{name}: {value} {expected}"
        );
        let share = rows.iter().filter(|row| row["stance"] == *name).count() as f64;
        let told = values[2 + 3 * NAMES.len() + index].parse::<f64>().unwrap();
        assert!(
            (told - share / rows.len() as f64).abs() < 1e-5,
            "{name}: {told}"
        );
        let [low, high] = [1, 2].map(|end| values[2 + 3 * index + end].parse::<f64>().unwrap());
        assert!(
            low <= value && value <= high && low < high,
            "{low} {value} {high}"
        );
    }
}

#[test]
fn every_export_has_them_and_reads_back() {
    let scored = Scored::new(LIST);
    let rows = scored.rows();
    for to in ["csv", "jsonl", "parquet", "sqlite"] {
        let file = scored.at(&format!("rows.{to}"));
        done(&["export", &scored.at("out"), "--to", to, "-o", &file]);
    }
    let names = NAMES.join(",");
    let csv = header(&scored.path("rows.csv"));
    assert!(
        csv.contains(&format!(",mention_end,{names},stance,")),
        "{csv}"
    );
    let lines = fs::read_to_string(scored.path("rows.jsonl")).unwrap();
    for file in ["rows.jsonl", "rows.parquet"] {
        let files = ScoreFiles::open(&[scored.path(file)]).unwrap();
        assert_eq!(files.stances().to_string(), NAMES.join(", "), "{file}");
        let line = |row: Row| serde_json::to_string(&row).unwrap();
        let read: Vec<String> = files.rows().map(|row| line(row.unwrap())).collect();
        assert!(lines.lines().eq(&read), "{file}");
    }
    let summary = scored.at("summary.parquet");
    done(&[
        "export",
        &scored.at("out"),
        "--to",
        "parquet",
        "--table",
        "summary",
        "-o",
        &summary,
    ]);
    // Another program's JSON Lines with fields in the order of their names.
    let sorted: String = rows
        .iter()
        .map(|row| {
            let mut fields: Vec<_> = row.as_object().unwrap().iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let object: serde_json::Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            format!("{}\n", Value::Object(object))
        })
        .collect();
    fs::write(scored.path("sorted.jsonl"), sorted).unwrap();
    let files = ScoreFiles::open(&[scored.path("sorted.jsonl")]).unwrap();
    assert_eq!(
        files.stances().to_string(),
        "conciliatory, in_favour, opposed, supportive, neutral"
    );
    assert_eq!(files.rows().map(Result::unwrap).count(), rows.len());

    let database = Connection::open(scored.path("rows.sqlite")).unwrap();
    let number = |sql: &str| -> f64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    for name in NAMES {
        let average = number(&format!("SELECT avg({name}) FROM scores"));
        assert!((average - mean(&rows, name)).abs() < 1e-6, "{name}");
        let count = number(&format!(
            "SELECT CAST(count(*) AS REAL) FROM score_rows WHERE stance = '{name}'"
        ));
        assert_eq!(
            count as usize,
            rows.iter().filter(|row| row["stance"] == name).count()
        );
        assert!(number(&format!("SELECT max({name}_high) FROM summary")) <= 1.0);
    }
    let made_by: String = database
        .query_row(
            "SELECT value FROM made_by WHERE name = 'stance.stances'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(made_by, names);
    let wrong = database.execute("UPDATE scores SET stance = 'insistent'", []);
    assert!(wrong.is_err(), "a stance that is not of the list");
}

#[test]
fn comparisons_and_the_report_speak_of_them() {
    let scored = Scored::new(LIST);
    let out = scored.at("out");
    let changes = text(&[
        "compare",
        &out,
        "--within",
        "party",
        "-o",
        "-",
        "--permutations",
        "200",
    ]);
    let stances: Vec<&str> = changes
        .lines()
        .skip(1)
        .map(|l| l.split(',').nth(3).unwrap())
        .collect();
    for name in NAMES {
        assert!(stances.contains(&name), "{name} in {changes}");
    }
    assert!(
        stances.iter().all(|s| s.is_empty() || NAMES.contains(s)),
        "{changes}"
    );

    let page = scored.path("report.html");
    let permutations = ["--permutations", "200", "--draws", "200"];
    done(
        &[
            &["report", out.as_str(), "-o", page.to_str().unwrap()],
            &permutations[..],
        ]
        .concat(),
    );
    let html = fs::read_to_string(page).unwrap();
    let stances = serde_json::to_string(&NAMES).unwrap();
    assert!(html.contains(&format!("\"stances\":{stances}")));
    assert!(html.contains("<title>Who was supportive, opposed, in favour or conciliatory</title>"));
    assert!(html.contains("says in words of a party that is supportive, opposed, in favour or"));
    // Five values for each cell and for each row.
    let data = |id: &str| -> Value {
        let start = html.find(&format!("id=\"{id}\">")).unwrap() + id.len() + 6;
        let end = html[start..].find("</script>").unwrap();
        serde_json::from_str(&html[start..start + end]).unwrap()
    };
    let cells = data("data")["cells"].clone();
    let length = |name: &str| cells[name].as_array().unwrap().len();
    for column in ["mean", "low", "high"] {
        assert_eq!(length(column), NAMES.len() * length("party"), "{column}");
    }
}

#[test]
fn a_sample_is_labelled_with_them_and_corrects_the_averages() {
    let scored = Scored::new(LIST);
    let (out, sample) = (scored.at("out"), scored.at("sample.csv"));
    done(&[
        "sample",
        &out,
        "-n",
        "120",
        "--stratify",
        "stance",
        "-o",
        &sample,
    ]);
    // Everything is opposed, by its first letters, or conciliatory.
    let mut reader = csv::Reader::from_path(&sample).unwrap();
    let header = reader.headers().unwrap().clone();
    let label = header.iter().position(|name| name == "label").unwrap();
    let mut labelled = csv::Writer::from_path(scored.path("labelled.csv")).unwrap();
    labelled.write_record(&header).unwrap();
    for (index, record) in reader.records().enumerate() {
        let mut fields: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        fields[label] = ["Opp", "conciliatory"][usize::from(index % 4 == 0)].to_owned();
        labelled.write_record(&fields).unwrap();
    }
    drop(labelled);
    let labels = scored.at("labelled.csv");
    let csv = text(&[
        "summarize",
        &out,
        "--by",
        "all",
        "--labels",
        &labels,
        "-o",
        "-",
    ]);
    let columns: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let values: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    let value = |name: &str| -> f64 {
        let place = columns.iter().position(|column| *column == name).unwrap();
        values[place].parse().unwrap()
    };
    assert!(
        value("opposed") > 0.55 && value("opposed_high") > value("opposed_low"),
        "{csv}"
    );
    assert!(
        value("conciliatory") > 0.1 && value("supportive") < 0.1,
        "{csv}"
    );

    // Labels of the codebook are no labels of these scores.
    let wrong = scored.path("wrong.csv");
    let text = fs::read_to_string(&labels)
        .unwrap()
        .replacen(",Opp,", ",cautious,", 1);
    fs::write(&wrong, text).unwrap();
    let said = refusal(stance(&[
        "summarize",
        &out,
        "--labels",
        wrong.to_str().unwrap(),
    ]));
    assert!(
        said.contains("\"cautious\" is no stance; write supportive, opposed, in_favour,"),
        "{said}"
    );
}

#[test]
fn scores_with_other_stances_do_not_mix_with_them() {
    let scored = Scored::new(LIST);
    let out = scored.at("out");
    done(&["score", INPUT, "-o", &scored.at("plain")]);
    let message = "supportive, opposed, in_favour, conciliatory, neutral, but";
    let refused = |others: &str| {
        let said = refusal(stance(&["summarize", &out, &scored.at(others)]));
        assert!(said.contains(message), "{said}");
        said
    };
    assert!(refused("plain").contains("has optimistic, cautious, insistent, neutral;"));
    fs::write(
        scored.path("stances.toml"),
        LIST.replace("opposed", "hostile"),
    )
    .unwrap();
    scored.score("other", &[]);
    assert!(refused("other").contains("supportive, hostile, in_favour"));

    // Files that do not say what made them have their stances in their columns.
    for name in ["out", "other", "plain"] {
        let file = scored.at(&format!("{name}.jsonl"));
        done(&["export", &scored.at(name), "--to", "jsonl", "-o", &file]);
    }
    for name in ["other", "plain"] {
        let files = ["out", name].map(|name| scored.at(&format!("{name}.jsonl")));
        let said = refusal(stance(&["compare", &files[0], &files[1]]));
        assert!(said.contains(message), "{said}");
    }
    let mixed = ["out", "other"].map(|n| fs::read_to_string(scored.path(&format!("{n}.jsonl"))));
    let [own, other] = mixed.map(Result::unwrap);
    fs::write(scored.path("mixed.jsonl"), format!("{own}{other}")).unwrap();
    let said = refusal(stance(&["summarize", &scored.at("mixed.jsonl")]));
    let line = format!("mixed.jsonl, line {}: ", own.lines().count() + 1);
    assert!(
        said.contains(&line) && said.contains("missing field `opposed`"),
        "{said}"
    );

    // The job of an interrupted run is another one with another list.
    let said = refusal(stance(&[
        "eval",
        "data/corpus/dev.jsonl",
        "--nli",
        fixture("bert").to_str().unwrap(),
        "--stances",
        &scored.at("stances.toml"),
    ]));
    assert!(
        said.contains("the list has supportive, hostile, in_favour"),
        "{said}"
    );
    let labels = scored.path("gold.jsonl");
    fs::write(
        &labels,
        r#"{"id":"1","sentences":[{"text":"Kyiv waits.","parties":[{"party":"Ukraine","mention":"Kyiv","start":0,"stance":"hostile"}]}]}"#,
    )
    .unwrap();
    let said = refusal(stance(&["eval", labels.to_str().unwrap()]));
    assert!(
        said.contains("gold.jsonl, line 1: ") && said.contains("`hostile`"),
        "{said}"
    );
}

#[test]
fn one_stance_or_eight_can_be_told_apart() {
    let entry = |name: &str| {
        format!("[[stance]]\nname = {name:?}\nhypotheses = [\"{{party}} is {name}.\"]\n")
    };
    let one = Scored::new(&entry("hostile"));
    for row in one.rows() {
        let p = ["hostile", "neutral"].map(|name| row[name].as_f64().unwrap());
        assert!((p[0] + p[1] - 1.0).abs() < 1e-5, "{row}");
    }
    let names = ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];
    let eight = Scored::new(&names.map(entry).concat());
    let page = eight.at("page.html");
    done(&[
        "report",
        &eight.at("out"),
        "-o",
        &page,
        "--draws",
        "100",
        "--permutations",
        "100",
    ]);
    let longest = eight.printed.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(200), "{}", eight.printed);
    let ninth = format!("{}{}", names.map(entry).concat(), entry("s9"));
    fs::write(eight.path("stances.toml"), ninth).unwrap();
    let said = refusal(stance(&[
        "score",
        INPUT,
        "--nli",
        fixture("bert").to_str().unwrap(),
        "--stances",
        &eight.at("stances.toml"),
        "-o",
        &eight.at("nine"),
    ]));
    assert!(
        said.contains("stances.toml, line 26: \"s9\" is one too many"),
        "{said}"
    );
}

#[test]
fn a_list_of_our_own_stances_in_any_order_gives_our_columns() {
    let scored = Scored::new(
        "[[stance]]\nname = \"insistent\"\nhypotheses = [\"{party} is insistent about {issue}.\"]\n\
         [[stance]]\nname = \"cautious\"\nhypotheses = [\"{party} is cautious about {issue}.\"]\n\
         [[stance]]\nname = \"optimistic\"\nhypotheses = [\"{party} is optimistic about {issue}.\"]\n",
    );
    let files = ScoreFiles::open(&[scored.path("out")]).unwrap();
    assert!(files.stances().is_codebook());
}

#[test]
fn a_table_of_labels_calibrates_them() {
    let scored = Scored::new(LIST);
    let table = scored.path("labels.csv");
    // Mostly opposed, which a model of random weights cannot know.
    let rows = (0..60).map(|n| {
        let stance = ["opposed", "opposed", "opp", "supportive", "n"][n % 5];
        format!(
            "Kyiv spoke on point {n}.,Ukraine,Kyiv,{stance},{}\n",
            ["", "trade"][n % 2]
        )
    });
    let table_text = format!(
        "text,party,mention,stance,issues\n{}",
        rows.collect::<String>()
    );
    fs::write(&table, table_text).unwrap();
    let output = scored.score("calibrated", &["--calibrate", table.to_str().unwrap()]);
    let said = said(&output);
    assert!(
        said.contains("calibrated on 60 labelled parties: temperature")
            && said.contains("bias supportive ")
            && said.contains("(5 equal chances: 1.609)"),
        "{said}"
    );
    let number = |after: &str| -> f64 {
        let rest = said.split(after).nth(1).unwrap();
        rest.split_whitespace()
            .next()
            .unwrap()
            .trim_end_matches(',')
            .parse()
            .unwrap()
    };
    assert!(number("without, ") < number("log-likelihood "), "{said}");
    let shares = |name: &str| {
        let files = ScoreFiles::open(&[scored.path(name)]).unwrap();
        let opposed: Vec<f32> = files
            .rows()
            .map(|row| row.unwrap().stance.probability("opposed").unwrap())
            .collect();
        opposed.iter().sum::<f32>() / opposed.len() as f32
    };
    assert!(shares("calibrated") > shares("out") + 0.1);
    let kept = ScoreFiles::open(&[scored.path("calibrated")]).unwrap();
    let calibration = kept.provenance().unwrap().options["nli calibration"].clone();
    assert!(said.contains(&calibration), "{calibration} in {said}");
}

#[test]
fn explain_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("stances.toml");
    fs::write(&list, LIST).unwrap();
    let explained = text(&[
        "explain",
        "Kyiv insisted on binding guarantees.",
        "--nli",
        fixture("bert").to_str().unwrap(),
        "--stances",
        list.to_str().unwrap(),
    ]);
    for name in NAMES {
        assert!(explained.contains(&format!("{name} ")), "{explained}");
    }
    let named = NAMES
        .iter()
        .any(|name| explained.contains(&format!("Ukraine is {name} (")));
    assert!(named && !explained.contains("cautious"), "{explained}");
}
