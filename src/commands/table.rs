//! Tables for the terminal: at most 100 columns wide, in colour only on a terminal whose user
//! has not set `NO_COLOR`, and plain when piped.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, Width,
};
use summit_stance::summary::{Estimate, Interval};

/// The widest a table may be.
const WIDTH: u16 = 100;
/// The width that a column of text keeps in a table that is too wide.
const WORD: u16 = 12;
/// Texts are cut to this many characters in a cell; files hold them whole.
const LONGEST: usize = 60;

/// A column's heading and kind.
pub enum Column<'n> {
    /// Wrapped where the table would grow too wide.
    Text(&'n str),
    /// Right-aligned and never wrapped.
    Number(&'n str),
}

/// An empty table with these columns.
pub fn new(columns: &[Column]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_content_arrangement(ContentArrangement::Dynamic);
    // By the NO_COLOR convention an empty value counts as unset.
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        let width = table.width();
        table.force_no_tty();
        width.map(|width| table.set_width(width));
    }
    table.set_width(table.width().unwrap_or(WIDTH).min(WIDTH));
    table.set_header(columns.iter().map(|column| {
        let (Column::Text(name) | Column::Number(name)) = column;
        Cell::new(name).add_attribute(Attribute::Bold)
    }));
    for (column, kind) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 0));
        match kind {
            Column::Number(_) => {
                column.set_cell_alignment(CellAlignment::Right);
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            // Wide enough for most words, so that only phrases are wrapped.
            Column::Text(_) => {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(WORD)));
            }
        }
    }
    table
}

/// A cell with text from the data: cut where it is very long, and without the control and
/// direction characters by which a text could disturb the terminal.
pub fn text(text: &str) -> Cell {
    Cell::new(clean(text))
}

/// See [`text`].
pub fn clean(text: &str) -> String {
    let is_direction = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut kept = text.chars().filter(|c| !is_direction(*c));
    let mut clean: String = kept
        .by_ref()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if kept.next().is_some() {
        clean.pop();
        clean.push('…');
    }
    clean
}

/// A share as a percentage with its interval: `31 (22–41)`.
pub fn percent(estimate: &Estimate) -> String {
    let value = 100.0 * estimate.value;
    match estimate.interval {
        None => format!("{value:.0}"),
        Some(Interval { low, high }) => {
            format!("{value:.0} ({:.0}–{:.0})", 100.0 * low, 100.0 * high)
        }
    }
}

/// A difference of shares in percentage points: `+12 (−3 to +27)`.
pub fn points(value: f64, interval: Interval) -> String {
    let sign = |value: f64| {
        let rounded = (100.0 * value).round();
        match rounded {
            r if r > 0.0 => format!("+{r}"),
            r if r < 0.0 => format!("−{}", -r),
            _ => "0".to_owned(),
        }
    };
    format!(
        "{} ({} to {})",
        sign(value),
        sign(interval.low),
        sign(interval.high)
    )
}

/// A p- or q-value.
pub fn probability(p: f64) -> String {
    if p < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

/// `1 article`, `2 articles`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Print to standard output. A reader that has seen enough (`stance … | head`) is no error.
pub fn print(text: impl std::fmt::Display) -> anyhow::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The table's lines without the blanks at their ends.
pub fn lines(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_disturb_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\r\n"), "a [31mbc  ");
        assert_eq!(clean(&"é".repeat(10_000)).chars().count(), LONGEST);
        assert_eq!(clean(&"é".repeat(LONGEST)).chars().last(), Some('é'));
    }

    #[test]
    fn numbers_are_short() {
        let interval = Interval {
            low: -0.034,
            high: 0.266,
        };
        assert_eq!(points(0.12, interval), "+12 (−3 to +27)");
        assert_eq!(
            points(
                -0.001,
                Interval {
                    low: -0.5,
                    high: 0.0
                }
            ),
            "0 (−50 to 0)"
        );
        let estimate = Estimate {
            value: 0.314,
            interval: None,
        };
        assert_eq!(percent(&estimate), "31");
        assert_eq!(probability(0.0004), "<0.001");
        assert_eq!(count(1, "row"), "1 row");
    }

    #[test]
    fn wide_content_is_wrapped_to_the_width() {
        let mut table = new(&[Column::Text("party"), Column::Number("optimistic")]);
        table.add_row([
            text("A rather long name of a party ".repeat(3).as_str()),
            text("31 (22–41)"),
        ]);
        table.add_row([text(&"x".repeat(500)), text("5")]);
        assert!(
            lines(&table)
                .lines()
                .all(|line| line.chars().count() <= 100)
        );
    }
}
