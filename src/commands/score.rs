use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use summit_stance::articles::{self, Article, ReadOptions, Rejected};
use summit_stance::codebook::Stance;
use summit_stance::ordered;
use summit_stance::scores::{
    Provenance, Row, SCORES_FILE, ScoredArticle, Scorer, jsonl, parquet, rejected,
};
use summit_stance::summary::{self, Cell, Tally, csv};

use super::Outcome;
use super::input::{self, ColumnArgs, Rejections};
use super::model::{IssueArgs, ModelArgs};
use super::table::{self, Column};

/// Score articles: who is optimistic, cautious or insistent in each sentence, and on what.
///
/// Reads articles, finds the parties mentioned in each sentence, and gives each party's stance
/// as four probabilities that sum to 1 (optimistic, cautious, insistent, neutral). Writes one row
/// per party and sentence to DIR/scores.parquet, means with intervals per party, issue and summit
/// to DIR/summary.csv, and prints the parties that are mentioned most. Records that cannot be
/// read are listed in DIR/rejected.jsonl; the exit code is then 3.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders of articles: JSON Lines, CSV, TSV, Parquet or plain text, also .gz or
    /// .zst; - is standard input
    #[arg(required = true)]
    inputs: Vec<PathBuf>,

    /// Folder for the results
    #[arg(short, long, value_name = "DIR", required_unless_present = "format")]
    output: Option<PathBuf>,

    /// Write rows to standard output as they are done, in place of the table
    #[arg(long, value_name = "FORMAT")]
    format: Option<StreamFormat>,

    /// The summit of all articles, whatever the input says
    #[arg(long, value_name = "NAME")]
    summit: Option<String>,

    #[command(flatten)]
    reading: ModelArgs,

    #[command(flatten)]
    issues: IssueArgs,

    #[command(flatten)]
    columns: ColumnArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StreamFormat {
    /// JSON Lines, one row a line
    Jsonl,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let options = ReadOptions {
        columns: args.columns.columns(),
        summit: args.summit.clone(),
        exclude: args.output.clone().into_iter().collect(),
        ..ReadOptions::default()
    };
    let articles = articles::read(&args.inputs, &options)?;
    let model = args.reading.load_model()?;
    let issues = args.issues.load_issues(&model)?;
    let scorer = Scorer::new(model, args.reading.load_linker()?).with_issues(issues);
    let mut sinks = Sinks::open(args, &scorer)?;

    let tally = articles.tally();
    let progress = progress_bar(tally.total_bytes());
    let began = Instant::now();
    let mut counts = Counts::default();
    let mut rejections = Rejections::default();
    ordered::for_each(
        articles,
        args.reading.threads(),
        |article| score_one(&scorer, article),
        |outcome| -> anyhow::Result<()> {
            match outcome? {
                Ok(scored) => {
                    counts.articles += 1;
                    counts.sentences += scored.sentences.len();
                    counts.mentions += scored.mentions.len();
                    counts.rows += scored.rows.len();
                    sinks.rows(&scored.rows)?;
                }
                Err(rejected) => {
                    counts.rejected += 1;
                    rejections.add(&rejected, |line| {
                        progress.suspend(|| eprintln!("{line}"));
                    });
                    sinks.rejected(&rejected)?;
                }
            }
            progress.set_position(tally.bytes());
            let seconds = began.elapsed().as_secs_f64().max(1e-9);
            progress.set_message(format!(
                "{:.0} articles/s",
                counts.articles as f64 / seconds
            ));
            Ok(())
        },
    )?;
    progress.finish_and_clear();
    sinks.finish(args)?;

    rejections.finish();
    input::tell_warnings(&tally);
    // With rows on standard output, everything else goes beside it.
    let text = counts.text(began.elapsed(), args);
    match args.format {
        Some(_) => eprint!("{text}"),
        None => io::stdout().write_all(text.as_bytes())?,
    }
    Ok(match counts.rejected {
        0 => Outcome::Done,
        _ => Outcome::SomeRejected,
    })
}

type Scored = anyhow::Result<Result<ScoredArticle, Rejected>>;

fn score_one(scorer: &Scorer, article: Result<Article, Rejected>) -> Scored {
    match article {
        Ok(article) => Ok(Ok(scorer
            .score(&article)
            .with_context(|| format!("article {}", article.id))?)),
        Err(rejected) => Ok(Err(rejected)),
    }
}

/// Where rows and rejected records go.
struct Sinks {
    parquet: Option<parquet::Writer>,
    rejected: Option<rejected::Writer>,
    stream: Option<jsonl::Writer<io::StdoutLock<'static>>>,
    cells: Tally,
    parties: Tally,
}

impl Sinks {
    fn open(args: &Args, scorer: &Scorer) -> anyhow::Result<Sinks> {
        let (mut parquet, mut rejected) = (None, None);
        if let Some(folder) = &args.output {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
            let provenance = provenance(args, scorer)?;
            parquet = Some(parquet::Writer::create(
                &folder.join(SCORES_FILE),
                &provenance,
            )?);
            rejected = Some(rejected::Writer::create(
                &folder.join(rejected::REJECTED_FILE),
            )?);
        }
        Ok(Sinks {
            parquet,
            rejected,
            stream: args
                .format
                .map(|_| jsonl::Writer::new(io::stdout().lock(), "standard output")),
            cells: Tally::new(summary::By::default()),
            parties: Tally::new("party".parse()?),
        })
    }

    fn rows(&mut self, rows: &[Row]) -> anyhow::Result<()> {
        for row in rows {
            if let Some(parquet) = &mut self.parquet {
                parquet.write(row)?;
                self.cells.add(row);
                self.parties.add(row);
            }
            if let Some(stream) = &mut self.stream {
                stream.write(row)?;
            }
        }
        Ok(())
    }

    fn rejected(&mut self, record: &Rejected) -> anyhow::Result<()> {
        if let Some(rejected) = &mut self.rejected {
            rejected.write(record)?;
        }
        Ok(())
    }

    fn finish(self, args: &Args) -> anyhow::Result<()> {
        if let Some(stream) = self.stream {
            drop(stream.finish()?);
        }
        if let Some(rejected) = self.rejected {
            rejected.finish()?;
        }
        if let Some(parquet) = self.parquet {
            parquet.finish()?;
        }
        let Some(folder) = &args.output else {
            return Ok(());
        };
        let options = summary::Options::default();
        let tallied = self.cells.finish()?;
        let cells = summary::summarize(&tallied, &options);
        csv::write_file(&folder.join(csv::SUMMARY_FILE), |out| {
            csv::write_summary(out, &tallied.by, &cells, false)
        })?;
        if args.format.is_none() {
            let parties = summary::summarize(&self.parties.finish()?, &options);
            table::print(party_table(parties))?;
        }
        Ok(())
    }
}

fn provenance(args: &Args, scorer: &Scorer) -> anyhow::Result<Provenance> {
    let config = scorer.model().config();
    let calibration = &config.calibration;
    let mut provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").into(),
        model: config.name.clone(),
        model_checksum: config.checksum(),
        options: BTreeMap::from([
            (
                "issue threshold".into(),
                calibration.issue_threshold.to_string(),
            ),
            (
                "stance temperature".into(),
                calibration.stance_temperature.to_string(),
            ),
        ]),
    };
    let lists = [
        ("parties", &args.reading.parties),
        ("issues", &args.issues.issues),
    ];
    for (name, list) in lists {
        if let Some(list) = list {
            let bytes = std::fs::read(list)?;
            let checksum = summit_stance::model::folder::sha256(&bytes);
            provenance.options.insert(name.into(), checksum);
        }
    }
    Ok(provenance)
}

/// The parties with the most sentences.
fn party_table(mut parties: Vec<Cell>) -> String {
    const ROWS: usize = 20;
    let all = parties.len();
    parties.sort_by_key(|cell| std::cmp::Reverse(cell.sentences));
    let mut columns = vec![
        Column::Text("party"),
        Column::Number("sentences"),
        Column::Number("articles"),
    ];
    columns.extend(Stance::ALL.map(|stance| Column::Number(stance.name())));
    let mut table = table::new(&columns);
    for cell in parties.iter().take(ROWS) {
        let mut row = vec![
            table::text(&cell.key.to_string()),
            table::text(&cell.sentences.to_string()),
            table::text(&cell.articles.to_string()),
        ];
        row.extend(
            cell.means
                .iter()
                .map(|mean| table::text(&table::percent(mean))),
        );
        table.add_row(row);
    }
    let mut text = table::lines(&table);
    if all > ROWS {
        text.push_str(&format!("\n… and {} more parties", all - ROWS));
    }
    text.push_str(
        "\nmean probability in percent, with 95% intervals from a bootstrap over articles\n",
    );
    text
}

/// Shown on a terminal only, on standard error.
pub fn progress_bar(total_bytes: Option<u64>) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match total_bytes {
        Some(total) => (
            ProgressBar::new(total),
            "{wide_bar} {percent:>3}% · {msg} · {eta} left",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} read · {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[derive(Default)]
struct Counts {
    articles: usize,
    sentences: usize,
    mentions: usize,
    rows: usize,
    rejected: usize,
}

impl Counts {
    fn text(&self, elapsed: Duration, args: &Args) -> String {
        let seconds = elapsed.as_secs_f64();
        let count = |n: usize, noun: &str| table::count(n as u64, noun);
        let mut text = format!(
            "{}, {}, {}, {}, {} in {seconds:.1} s ({:.1} articles/s)\n",
            count(self.articles, "article"),
            count(self.sentences, "sentence"),
            count(self.mentions, "mention"),
            count(self.rows, "row"),
            count(self.rejected, "rejected record"),
            self.articles as f64 / seconds.max(1e-9)
        );
        if let Some(folder) = &args.output {
            text.push_str(&format!(
                "wrote {} and {}\n",
                folder.join(SCORES_FILE).display(),
                folder.join(csv::SUMMARY_FILE).display()
            ));
            if self.rejected > 0 {
                text.push_str(&format!(
                    "the rejected records are in {}\n",
                    folder.join(rejected::REJECTED_FILE).display()
                ));
            }
        }
        text
    }
}
