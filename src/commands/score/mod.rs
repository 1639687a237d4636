mod interrupt;
mod job;
mod results;

use std::io::{self, StdoutLock, Write};
use std::num::NonZeroU64;
use std::path::PathBuf;

use anyhow::Context;
use summit_stance::articles::{self, Article, ReadOptions, Rejected};
use summit_stance::ordered;
use summit_stance::scores::unfinished::{Counts, Fingerprint, PartWriter, Unfinished};
use summit_stance::scores::{
    Provenance, Row, ScoredArticle, Scorer, ScoresError, Shard, WholeInput, jsonl,
};

pub use interrupt::EXIT_CODE as INTERRUPTED;
use interrupt::Interrupt;
use results::Results;

use super::Outcome;
use super::input::{self, ColumnArgs, Rejections};
use super::model::{IssueArgs, ModelArgs};
#[cfg(feature = "torch")]
use super::nli::NliArgs;
use super::progress::Progress;
use super::table;

/// Score articles: who is optimistic, cautious or insistent in each sentence, and on what.
///
/// Reads articles, finds the parties mentioned in each sentence, and gives each party's stance
/// as four probabilities that sum to 1 (optimistic, cautious, insistent, neutral). Writes one row
/// per party and sentence to DIR/scores.parquet, means with intervals per party, issue and summit
/// to DIR/summary.csv, and prints the parties that are mentioned most. Records that cannot be
/// read are listed in DIR/rejected.jsonl; the exit code is then 3.
///
/// Work is kept in DIR/.unfinished as it is done. Killed, or interrupted with Ctrl-C, the same
/// command on the same folder goes on from there, and the results are the same.
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

    /// Score only every N-th article, from the I-th on, as in 1/4 to 4/4 on four machines; the
    /// other commands take the folders of all shards
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// Records committed at a time
    #[arg(long, value_name = "N", default_value = "1000", hide = true)]
    part_records: NonZeroU64,

    #[command(flatten)]
    reading: ModelArgs,

    #[command(flatten)]
    issues: IssueArgs,

    #[cfg(feature = "torch")]
    #[command(flatten)]
    nli: NliArgs,

    #[command(flatten)]
    columns: ColumnArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StreamFormat {
    /// JSON Lines, one row a line
    Jsonl,
}

pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let articles = articles::read(&args.inputs, &read_options(args))?;
    let model = args.reading.load_model()?;
    let issues = args.issues.load_issues(&model)?;
    let scorer = Scorer::new(model, args.reading.load_linker()?).with_issues(issues);
    #[cfg(feature = "torch")]
    let scorer = scorer.with_stances(args.nli.load(&args.reading)?);
    let provenance = job::provenance(args, &scorer)?;
    let (run, interrupt) = match &args.output {
        Some(folder) => {
            let interrupt = Interrupt::watch()?;
            let job = job::job(args, &scorer, &provenance);
            let run = Unfinished::open(folder, job, &results::RESULTS)?;
            (Some(run), interrupt)
        }
        // Rows on standard output alone cannot go on later: there Ctrl-C just ends the program.
        None => (None, Interrupt::default()),
    };
    let mut progress = Progress::new(articles.tally());
    let mut sinks = Sinks {
        run,
        part: None,
        part_records: args.part_records.get(),
        provenance,
        stream: args
            .format
            .map(|_| jsonl::Writer::new(io::stdout().lock(), "standard output")),
        new: Counts::default(),
        rejections: Rejections::default(),
    };
    let input = WholeInput::default();
    let mut records = in_shard(articles, args.shard, &input);
    sinks.go_on(&mut records, &progress, &interrupt)?;
    progress.begin();
    let scored = ordered::for_each(
        records.take_while(|_| !interrupt.asked()),
        args.reading.threads(),
        |record| score_one(&scorer, record),
        |scored| sinks.add(scored?, &mut progress, &interrupt),
    );
    progress.clear();
    // Summing up takes memory too, and no model.
    drop(scorer);
    let committed = sinks.commit();
    let new = sinks.new;
    let rejections = std::mem::take(&mut sinks.rejections);
    let kept = sinks.kept();
    let results = match scored.and(committed) {
        // An input that ends because Ctrl-C ended what wrote it has not come to its end.
        Ok(()) if interrupt.asked() => Ok(None),
        Ok(()) => {
            if args.shard.is_some() {
                input.note_in(&mut sinks.provenance);
            }
            sinks.finish(&interrupt)
        }
        Err(error) => Err(error),
    };
    if let Some(kept) = kept {
        match &results {
            Ok(Some(_)) => {}
            Ok(None) => eprintln!("interrupted: {kept}"),
            Err(_) => eprintln!("note: {kept}"),
        }
    }
    let Some(results) = results? else {
        return Ok(Outcome::Interrupted);
    };
    tell(args, &results, &new, &rejections, &progress)?;
    Ok(match results.counts.rejected {
        0 => Outcome::Done,
        _ => Outcome::SomeRejected,
    })
}

fn read_options(args: &Args) -> ReadOptions {
    ReadOptions {
        columns: args.columns.columns(),
        summit: args.summit.clone(),
        exclude: args.output.clone().into_iter().collect(),
        ..ReadOptions::default()
    }
}

type Record = Result<Article, Rejected>;

/// The records of the shard; all where there is none. Those of the others are only read past, and
/// all are noted as the shard's whole input.
fn in_shard(
    records: impl Iterator<Item = Record> + Send,
    shard: Option<Shard>,
    input: &WholeInput,
) -> impl Iterator<Item = Record> + Send {
    let input = input.clone();
    let note = move |record: &Record| {
        if shard.is_some() {
            input.see(record);
        }
    };
    (0..)
        .zip(records.inspect(note))
        .filter(move |(index, _)| shard.is_none_or(|shard| shard.has(*index)))
        .map(|(_, record)| record)
}

type Scored = (Fingerprint, Result<ScoredArticle, Rejected>);

fn score_one(scorer: &Scorer, record: Record) -> anyhow::Result<Scored> {
    let fingerprint = Fingerprint::of(&record);
    let scored = match record {
        Ok(article) => Ok(scorer
            .score(&article)
            .with_context(|| format!("article {}", article.id))?),
        Err(rejected) => Err(rejected),
    };
    Ok((fingerprint, scored))
}

/// Where rows and rejected records go.
struct Sinks {
    run: Option<Unfinished>,
    /// The part in hand. A part that could not be written is not in hand any more.
    part: Option<PartWriter>,
    part_records: u64,
    provenance: Provenance,
    stream: Option<jsonl::Writer<StdoutLock<'static>>>,
    /// What this run scored, without what an interrupted one did before.
    new: Counts,
    rejections: Rejections,
}

impl Sinks {
    /// Take up an interrupted run where it was.
    fn go_on(
        &mut self,
        records: &mut impl Iterator<Item = Record>,
        progress: &Progress,
        interrupt: &Interrupt,
    ) -> anyhow::Result<()> {
        let Some(run) = &self.run else { return Ok(()) };
        for note in run.notes() {
            progress.say(&format!("note: {note}"));
        }
        let done = run.done().records();
        if done == 0 {
            return Ok(());
        }
        let done = table::count(done, "record");
        progress.say(&format!(
            "going on where a run was interrupted, after {done}"
        ));
        run.read_past(records, || {
            progress.reading_past();
            interrupt.asked()
        })?;
        let parts = run.parts().to_vec();
        for part in parts {
            if self.stream.is_none() || interrupt.asked() {
                break;
            }
            for row in part.rows()? {
                self.stream(&row?)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        (fingerprint, scored): Scored,
        progress: &mut Progress,
        interrupt: &Interrupt,
    ) -> anyhow::Result<()> {
        if let Some(run) = &self.run {
            let mut part = match self.part.take() {
                Some(part) => part,
                None => run.begin_part(&self.provenance)?,
            };
            match &scored {
                Ok(scored) => part.article(fingerprint, scored)?,
                Err(rejected) => part.rejected(fingerprint, rejected),
            }
            self.part = Some(part);
        }
        match scored {
            Ok(scored) => {
                self.new.add_article(&scored);
                for row in &scored.rows {
                    self.stream(row)?;
                }
                progress.article();
            }
            Err(rejected) => {
                self.new.rejected += 1;
                self.rejections.add(&rejected, |line| progress.say(line));
            }
        }
        let full = |part: &PartWriter| part.is_full(self.part_records);
        if self.part.as_ref().is_some_and(full) && !interrupt.asked() {
            self.commit()?;
        }
        Ok(())
    }

    /// Write a row to standard output. When nobody reads there any more, the work ends; but not
    /// if its results also go to a folder.
    fn stream(&mut self, row: &Row) -> Result<(), ScoresError> {
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        match stream.write(row) {
            Err(ScoresError::Write { source, .. })
                if source.kind() == io::ErrorKind::BrokenPipe && self.run.is_some() =>
            {
                self.stream = None;
                Ok(())
            }
            written => written,
        }
    }

    /// Commit the part in hand, if there is one.
    fn commit(&mut self) -> anyhow::Result<()> {
        if let (Some(run), Some(part)) = (&mut self.run, self.part.take()) {
            run.commit(part)?;
        }
        Ok(())
    }

    /// What a run that ends early leaves to go on from.
    fn kept(&self) -> Option<String> {
        let records = self.run.as_ref()?.done().records();
        Some(match records {
            0 => "nothing is done yet".to_owned(),
            _ => format!(
                "{} done and kept; the same command goes on from there",
                table::count(records, "record")
            ),
        })
    }

    /// Close the outputs; `None` if that was interrupted.
    fn finish(mut self, interrupt: &Interrupt) -> anyhow::Result<Option<Results>> {
        if let Some(stream) = self.stream.take() {
            drop(stream.finish()?);
        }
        let Some(run) = self.run.take() else {
            return Ok(Some(Results {
                counts: self.new,
                parties: Vec::new(),
                stances: self.provenance.stances,
            }));
        };
        results::finish(run, &self.provenance, interrupt)
    }
}

/// What the run found, for the user.
fn tell(
    args: &Args,
    results: &Results,
    new: &Counts,
    rejections: &Rejections,
    progress: &Progress,
) -> anyhow::Result<()> {
    rejections.finish();
    input::tell_warnings(progress.tally());
    let counts = &results.counts;
    let seconds = progress.elapsed().as_secs_f64();
    let rate = new.articles as f64 / seconds.max(1e-9);
    let mut text = format!(
        "{}, {}, {}, {}, {}",
        table::count(counts.articles, "article"),
        table::count(counts.sentences, "sentence"),
        table::count(counts.mentions, "mention"),
        table::count(counts.rows, "row"),
        table::count(counts.rejected, "rejected record"),
    );
    if new.records() < counts.records() {
        let articles = table::count(new.articles, "article");
        text.push_str(&format!(", of which {articles} now"));
    }
    text.push_str(&format!(" in {seconds:.1} s ({rate:.1} articles/s)\n"));
    if let Some(folder) = &args.output {
        text.push_str(&results::written(folder, counts));
    }
    // With rows on standard output, everything else goes beside it.
    if args.format.is_some() {
        eprint!("{text}");
        return Ok(());
    }
    table::print(results::party_table(&results.parties, &results.stances))?;
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
