//! Scores made from annotated articles, to try `export` and `report` on without scoring anything:
//! the annotators' stances with made-up probabilities, as JSON Lines on standard output.
//!
//! ```text
//! cargo run --example synthetic_scores -- data/corpus/dev.jsonl > scores.jsonl
//! cargo run --example synthetic_scores -- data/corpus/train.jsonl --rows 50000 --parties 200 > many.jsonl
//! cargo run --example synthetic_scores -- data/corpus/dev.jsonl --hostile > hostile.jsonl
//! cargo run --example synthetic_scores -- data/corpus/dev.jsonl --own-stances 8 > own.jsonl
//! ```

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Parser;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use summit_stance::annotations;
use summit_stance::codebook::{ISSUES, Stance};
use summit_stance::scores::{Link, Row, RowStance, StanceNames};

#[derive(Parser)]
struct Args {
    /// Annotated articles (JSON Lines).
    corpus: PathBuf,
    /// Repeat the articles under new ids until there are this many rows; fewer cuts them short.
    #[arg(long)]
    rows: Option<usize>,
    /// Spread the articles over this many made-up summits instead of their own.
    #[arg(long, default_value_t = 3)]
    summits: usize,
    /// Call the parties by this many made-up names instead of their own.
    #[arg(long)]
    parties: Option<usize>,
    /// Put markup, quotes, bidi marks and very long words into every field.
    #[arg(long)]
    hostile: bool,
    /// Tell this many stances of other names apart, and neutral, in place of the annotators'.
    #[arg(long, value_parser = 1..=OWN_STANCES.len() as i64)]
    own_stances: Option<i64>,
}

const OWN_STANCES: [&str; 8] = [
    "supportive",
    "opposed",
    "in_favour",
    "hostile",
    "impatient",
    "indifferent",
    "map",
    "not_yet_decided_upon",
];

const SUMMITS: [&str; 6] = [
    "Geneva 2023",
    "Doha 2024",
    "Nairobi 2024",
    "Vienna 2025",
    "Jakarta 2026",
    "Oslo 2026",
];
const SOURCES: [&str; 5] = [
    "The Herald",
    "Meridian Wire",
    "Radio 9",
    "The Ledger",
    "Bay Courier",
];

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let articles = annotations::read(&args.corpus)?;
    let own = args.own_stances.map(|count| {
        let names = OWN_STANCES.into_iter().take(count.unsigned_abs() as usize);
        StanceNames::new(names).map_err(anyhow::Error::msg)
    });
    let own = own.transpose()?;
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut written = 0;
    for round in 0.. {
        for (number, annotated) in articles.iter().enumerate() {
            let (article, starts) = annotated.article();
            let group = (number + round) % args.summits.max(1);
            let day = 1 + (number / args.summits.max(1)) % 5;
            for (index, (sentence, start)) in annotated.sentences.iter().zip(&starts).enumerate() {
                let sentence_start = article.text[..*start].chars().count() as u32;
                for unit in &sentence.parties {
                    let stance = match &own {
                        Some(names) => any(names, &mut random),
                        None => made_up(unit.stance, group, &mut random).into(),
                    };
                    let mut row = Row {
                        article: if round == 0 {
                            article.id.clone()
                        } else {
                            format!("{}-{round}", article.id)
                        },
                        summit: Some(match SUMMITS.get(group) {
                            Some(name) => (*name).to_owned(),
                            None => format!("Summit {group}"),
                        }),
                        date: Some(format!(
                            "{}-{:02}-{day:02}",
                            2023 + group / 12,
                            1 + group % 12
                        )),
                        source: SOURCES.get(number % 6).map(|name| (*name).to_owned()),
                        sentence: index as u32,
                        sentence_start,
                        sentence_end: sentence_start + sentence.text.chars().count() as u32,
                        text: sentence.text.clone(),
                        party: match args.parties {
                            Some(many) => format!("Party {:03}", random.random_range(0..many)),
                            None => unit.party.clone(),
                        },
                        mention: unit.mention.clone(),
                        mention_start: sentence_start + unit.start,
                        mention_end: sentence_start
                            + unit.start
                            + unit.mention.chars().count() as u32,
                        stance,
                        issues: match args.parties {
                            Some(_) => {
                                vec![ISSUES[random.random_range(0..ISSUES.len())].to_owned()]
                            }
                            None => sentence.issues.clone(),
                        },
                        link: Link::Gazetteer,
                    };
                    if args.hostile {
                        make_hostile(&mut row, written);
                    }
                    serde_json::to_writer(&mut out, &row)?;
                    out.write_all(b"\n")?;
                    written += 1;
                    if Some(written) == args.rows {
                        return Ok(out.flush()?);
                    }
                }
            }
        }
        if args.rows.is_none_or(|rows| written >= rows) {
            break;
        }
    }
    Ok(out.flush()?)
}

/// Four probabilities that sum to 1 and mostly favour the annotators' stance. Later summits are
/// a little more hopeful, so that there is something to see.
fn made_up(stance: Stance, group: usize, random: &mut impl Rng) -> [f32; 4] {
    let mut weights: [f32; 4] = std::array::from_fn(|_| random.random_range(0.02..0.3_f32));
    for (weight, each) in weights.iter_mut().zip(Stance::ALL) {
        if each == stance {
            *weight += random.random_range(0.2..2.5);
        }
        if each == Stance::Optimistic {
            *weight += 0.15 * group.min(3) as f32;
        }
    }
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// Probabilities of these stances, of which one or another stands out.
fn any(names: &StanceNames, random: &mut impl Rng) -> RowStance {
    let mut weights: Vec<f32> = names
        .iter()
        .map(|_| random.random_range(0.02..0.3))
        .collect();
    weights[random.random_range(0..names.len())] += random.random_range(0.2..2.5);
    let sum: f32 = weights.iter().sum();
    let probabilities: Vec<f32> = weights.into_iter().map(|weight| weight / sum).collect();
    RowStance::new(names, &probabilities)
}

/// What must stay text wherever it is shown.
fn make_hostile(row: &mut Row, number: usize) {
    let nasty = [
        "<script>document.title='run'</script>",
        "<img src=x onerror=\"document.title='run'\">",
        "</script><script>document.title='run'</script>",
        "\"quoted\" 'single' `tick` & &amp; &lt;b&gt;",
        "\u{202e}turned\u{2066} \u{200f}around",
        "{{title}} ${7*7} \\u003cb\\u003e",
        "a,b;c\td\u{2028}e",
        "=HYPERLINK(\"x\")",
    ];
    let long = "x".repeat(10_000);
    let pick = |offset: usize| match (number + offset) % 9 {
        8 => long.clone(),
        other => nasty[other].to_owned(),
    };
    let before = format!("{} \u{1f642}e\u{301} ", pick(0));
    row.mention = pick(1);
    row.text = format!("{before}{} {}", row.mention, pick(2));
    row.mention_start = row.sentence_start + before.chars().count() as u32;
    row.mention_end = row.mention_start + row.mention.chars().count() as u32;
    row.sentence_end = row.sentence_start + row.text.chars().count() as u32;
    row.party = pick(number / 9);
    row.summit = Some(pick(number / 40));
    row.source = Some(pick(3));
    row.date = Some(pick(4));
    row.article = format!("{} {}", pick(5), row.article);
    row.issues = vec![pick(number / 5), pick(number / 5 + 1)];
}
