//! The report as plain tables of at most 80 columns.

use std::fmt;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

use super::{Breakdown, Comparison, Figure, ROUGH_BELOW, Report, Scores, Share};
use crate::codebook::Stance;

const LINKING: &str = "\
Linking: the share of gold mentions that land on their party. With list: the
article's parties as annotated. No list: right are a party's mentions that
share its most frequent name, if the annotator or the built-in list has that
for it. The annotator's names alone lack some (\"United Kingdom\" for \"Britain\"),
so that not all can be right then; nor can all be end to end without a list.";

/// The widest names that are shown whole.
const ISSUE_WIDTH: usize = 22;
const GROUP_WIDTH: usize = 18;

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let units = self.stance.units;
        writeln!(
            out,
            "{}, {} (party × sentence) annotated",
            counted(self.articles as u64, "article"),
            counted(units, "unit")
        )?;
        writeln!(out, "\n{}", headline(self))?;
        if self.linking.with_list.all.mentions > 0 {
            writeln!(out, "\n{LINKING}")?;
        }
        writeln!(out, "\nStance at gold mentions\n{}", stances(self))?;
        writeln!(
            out,
            "\nGold stance (rows) read as (columns)\n{}",
            confusion(self)
        )?;
        if !self.issue.issues.is_empty() {
            writeln!(out, "\nIssue\n{}", issues(self))?;
        }
        write!(out, "\n{}", note(self))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let header = [
            "",
            "before",
            "after",
            "95% interval",
            "difference",
            "95% interval",
        ];
        let mut table = table(2, header);
        for line in &self.lines {
            table.add_row([
                line.metric.to_owned(),
                value(line.before.value),
                value(line.after.value),
                interval(line.after),
                signed(line.difference.value),
                match (line.difference.low, line.difference.high) {
                    (Some(low), Some(high)) => {
                        format!("{} to {}", signed(Some(low)), signed(Some(high)))
                    }
                    _ => "-".to_owned(),
                },
            ]);
        }
        write!(out, "{}", table.trim_fmt())
    }
}

impl fmt::Display for Breakdown {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let mut table = table(
            1,
            [
                &self.by,
                "articles",
                "units",
                "stance",
                "95% interval",
                "mention",
                "issue",
                "end",
                "ECE",
            ],
        );
        for group in &self.groups {
            let report = &group.report;
            table.add_row([
                short(group.name.as_deref().unwrap_or("(not given)"), GROUP_WIDTH),
                report.articles.to_string(),
                report.stance.units.to_string(),
                value(report.stance.macro_f1.value),
                interval(report.stance.macro_f1),
                value(report.mention.exact.f1.value),
                value(report.issue.micro.f1.value),
                value(report.end_to_end.f1.value),
                value(report.stance.calibration.error.value),
            ]);
        }
        writeln!(out, "{}", table.trim_fmt())?;
        write!(
            out,
            "\nStance: macro-F1, gold mentions given, with its interval. Mention: F1 of exact\n\
             spans. Issue: micro-F1. End: F1 end to end. ECE: calibration error. \"-\": nothing\n\
             to measure, or for an interval fewer than two articles to draw from. Intervals\n\
             of fewer than {ROUGH_BELOW} articles are rough, and likely too narrow."
        )
    }
}

fn headline(report: &Report) -> String {
    let mut table = table(
        2,
        [
            "metric",
            "value",
            "95% interval",
            "gold",
            "predicted",
            "right",
        ],
    );
    let stance = &report.stance;
    for (name, figure) in [
        ("stance macro-F1", stance.macro_f1),
        ("stance accuracy", stance.accuracy),
        ("  or secondary stance", stance.accuracy_either),
        ("calibration error", stance.calibration.error),
    ] {
        table.add_row([name.to_owned(), value(figure.value), interval(figure)]);
    }
    for (name, scores) in [
        ("mention F1, exact", &report.mention.exact),
        ("mention F1, overlapping", &report.mention.overlapping),
        ("issue micro-F1", &report.issue.micro),
    ] {
        add_scores(&mut table, name, scores);
    }
    let linking = &report.linking;
    for (name, line) in [
        ("linking, with list", &linking.with_list),
        ("linking, no list", &linking.without_list),
        ("  annotator's names only", &linking.without_list_literal),
    ] {
        add_share(&mut table, name, &line.all);
        // The literal reading is of interest as a whole only.
        if !name.starts_with(' ') {
            add_share(&mut table, "  names", &line.names);
            add_share(&mut table, "  pronouns, descriptions", &line.anaphors);
        }
    }
    for (name, scores) in [
        ("end-to-end F1, with list", &report.end_to_end),
        ("end-to-end F1, no list", &report.end_to_end_without_list),
    ] {
        add_scores(&mut table, name, scores);
    }
    table.trim_fmt()
}

fn add_scores(table: &mut Table, name: &str, scores: &Scores) {
    let counts = scores.counts;
    let sizes = [counts.gold, counts.predicted, counts.hits].map(|n| n.to_string());
    let f1 = scores.f1;
    let cells = [name.to_owned(), value(f1.value), interval(f1)];
    table.add_row(cells.into_iter().chain(sizes));
    for (part, figure) in [
        ("  precision", scores.precision),
        ("  recall", scores.recall),
    ] {
        table.add_row([part.to_owned(), value(figure.value), interval(figure)]);
    }
}

fn add_share(table: &mut Table, name: &str, share: &Share) {
    table.add_row([
        name.to_owned(),
        value(share.share.value),
        interval(share.share),
        share.mentions.to_string(),
        String::new(),
        share.right.to_string(),
    ]);
}

const SCORES: [&str; 6] = [
    "precision",
    "recall",
    "F1",
    "95% interval",
    "gold",
    "predicted",
];

fn score_cells(name: &str, scores: &Scores) -> [String; 7] {
    [
        short(name, ISSUE_WIDTH),
        value(scores.precision.value),
        value(scores.recall.value),
        value(scores.f1.value),
        interval(scores.f1),
        scores.counts.gold.to_string(),
        scores.counts.predicted.to_string(),
    ]
}

fn stances(report: &Report) -> String {
    let mut table = table(2, std::iter::once("stance").chain(SCORES));
    for line in &report.stance.stances {
        table.add_row(score_cells(line.stance.name(), &line.scores));
    }
    table.trim_fmt()
}

fn issues(report: &Report) -> String {
    let mut table = table(2, std::iter::once("issue").chain(SCORES));
    for line in &report.issue.issues {
        table.add_row(score_cells(&line.issue, &line.scores));
    }
    table.trim_fmt()
}

fn confusion(report: &Report) -> String {
    let mut table = table(2, std::iter::once("").chain(Stance::ALL.map(Stance::name)));
    for (stance, row) in Stance::ALL.iter().zip(&report.stance.confusion) {
        let cells = row.iter().map(|count| count.to_string());
        table.add_row(std::iter::once(stance.name().to_owned()).chain(cells));
    }
    table.trim_fmt()
}

fn note(report: &Report) -> String {
    let drawn = format!(
        "Intervals: bootstrap over articles, {} draws, seed {}.",
        report.draws, report.seed
    );
    let dash =
        "\"-\": nothing to measure, or for an interval fewer than two articles to draw\nfrom.";
    match report.articles {
        0 => "No articles: nothing to measure.".to_owned(),
        1 => "One article: no intervals, for it says nothing of how articles differ.".to_owned(),
        n if n < ROUGH_BELOW => {
            format!("{drawn}\nWith {n} articles they are rough, and likely too narrow.\n{dash}")
        }
        _ => {
            format!("{drawn}\nThose of an issue or stance found in few articles are rough.\n{dash}")
        }
    }
}

/// A table without rules, names on the left and figures on the right, `gap` spaces apart.
fn table<S: ToString>(gap: u16, header: impl IntoIterator<Item = S>) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(
            header
                .into_iter()
                .map(|h| h.to_string())
                .collect::<Vec<_>>(),
        );
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, gap));
        if index > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn value(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |v| format!("{v:.3}"))
}

/// With its sign, or without where it rounds to nothing.
fn signed(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "-".to_owned();
    };
    match format!("{:.3}", value.abs()) {
        zero if zero == "0.000" => zero,
        size if value < 0.0 => format!("−{size}"),
        size => format!("+{size}"),
    }
}

fn interval(figure: Figure) -> String {
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => format!("{low:.3}–{high:.3}"),
        _ => "-".to_owned(),
    }
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn short(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let head: String = name.chars().take(width - 1).collect();
    format!("{}…", head.trim_end())
}
