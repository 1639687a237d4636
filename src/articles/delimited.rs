//! CSV, TSV and their like: one article a row, the first row names the columns.
//!
//! The rows are parsed by `csv-core`, the parser inside the `csv` crate, because `csv` itself has
//! no limit on the length of a row: one quotation mark that is never closed would make it read
//! the whole rest of a file into memory.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::fields::{Context, Field, Fields, Place, Value};
use super::json_lines::not_utf8;
use super::lines::KEPT;
use super::streams::{Damage, Input};
use super::{Article, Rejected};

/// The most columns of a row.
const COLUMN_LIMIT: usize = 1 << 16;

/// The articles of a table.
pub(super) struct Delimited {
    rows: Rows,
    context: Context,
    damage: Damage,
    /// None until the first row was read.
    header: Option<Header>,
    done: bool,
}

struct Header {
    /// Where the fields are, in the order of [`Field::ALL`].
    columns: [Option<usize>; 6],
    count: usize,
}

impl Delimited {
    pub fn new(input: Input, delimiter: u8, context: Context, damage: Damage) -> Self {
        Delimited {
            rows: Rows::new(input, delimiter, context.options.record_limit),
            context,
            damage,
            header: None,
            done: false,
        }
    }

    fn next_row(&mut self) -> Option<Result<Article, Rejected>> {
        loop {
            let row = self.rows.next();
            let place = Place {
                line: Some(self.rows.line),
                record: self
                    .header
                    .as_ref()
                    .map(|_| self.rows.number.saturating_sub(1)),
            };
            let reject =
                |reason: String| Some(Err(self.context.reject(place, reason, &self.rows.start)));
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    self.done = true;
                    let reason = self.damage.reason(&error);
                    // The row that broke off was not counted.
                    let place = Place {
                        record: place.record.map(|record| record + 1),
                        ..place
                    };
                    return Some(Err(self.context.reject(place, reason, b"")));
                }
            };
            match (row, &self.header) {
                (Row::None, _) => {
                    self.done = true;
                    return None;
                }
                (Row::Unclosed, _) => {
                    self.done = true;
                    return reject(
                        "a quotation mark in the row that begins here is never closed, so the rest of \
                         the file could not be read; close it, or double it inside quotes"
                            .into(),
                    );
                }
                (Row::TooLong, header) => {
                    self.done = header.is_none();
                    let reason = self.context.too_long("row");
                    return reject(format!(
                        "{reason}, or close a quotation mark that was left open"
                    ));
                }
                (Row::Whole, None) => match self.header() {
                    Ok(header) => self.header = Some(header),
                    Err(reason) => {
                        self.done = true;
                        return reject(reason);
                    }
                },
                (Row::Whole, Some(header)) => {
                    return Some(match self.fields(header) {
                        Ok(fields) => self.context.article(place, fields, &self.rows.start),
                        Err(reason) => return reject(reason),
                    });
                }
            }
        }
    }

    fn header(&self) -> Result<Header, String> {
        let mut names = Vec::new();
        for cell in self.rows.cells() {
            let name = std::str::from_utf8(cell).map_err(|error| not_utf8(error.valid_up_to()))?;
            names.push(name.to_owned());
        }
        let columns = self.context.options.columns.find(&names);
        if columns[Field::Text as usize].is_none() {
            let found: Vec<_> = names
                .iter()
                .take(12)
                .map(|name| format!("{name:?}"))
                .collect();
            return Err(format!(
                "the table has no column {:?} but {}; name the one that holds the text (--text-column)",
                self.context.options.columns.text,
                found.join(", ")
            ));
        }
        Ok(Header {
            columns,
            count: names.len(),
        })
    }

    fn fields(&self, header: &Header) -> Result<Fields, String> {
        let cells = || self.rows.cells();
        let count = cells().count();
        let extra = cells().skip(header.count).any(|cell| !cell.is_empty());
        if count < header.count || extra {
            return Err(format!(
                "the row has {count} fields and the header {}; put quotes around fields that hold \
                 delimiters or line ends",
                header.count
            ));
        }
        let mut fields = Fields::default();
        for field in Field::ALL {
            let Some(cell) = header.columns[field as usize].and_then(|index| self.rows.cell(index))
            else {
                continue;
            };
            let text = std::str::from_utf8(cell).map_err(|error| not_utf8(error.valid_up_to()))?;
            fields.set(field, Value::Text(text.to_owned()));
        }
        Ok(fields)
    }
}

impl Iterator for Delimited {
    type Item = Result<Article, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        self.next_row()
    }
}

/// Reads rows without holding more than the limit of any of them.
struct Rows {
    input: Input,
    parser: csv_core::Reader,
    limit: usize,
    /// The row's cells, one behind the other, and where each ends.
    cells: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
    /// The row as it begins in the file.
    start: Vec<u8>,
    /// Where the row begins, from 1.
    line: u64,
    /// The line that is being read, from 1.
    at: u64,
    /// The number of the row read last, from 1.
    number: u64,
}

enum Row {
    Whole,
    TooLong,
    /// The file ended inside quotes.
    Unclosed,
    None,
}

impl Rows {
    fn new(input: Input, delimiter: u8, limit: usize) -> Self {
        Rows {
            input,
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            limit,
            cells: vec![0; 4096],
            ends: vec![0; 32],
            count: 0,
            start: Vec::new(),
            line: 1,
            at: 1,
            number: 0,
        }
    }

    fn cell(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(..self.count)?.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.cells.get(start..end)
    }

    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.count).map_while(|index| self.cell(index))
    }

    fn next(&mut self) -> io::Result<Row> {
        self.start.clear();
        if self.cells.len() > 1 << 20 {
            self.cells = vec![0; 4096];
        }
        let (mut filled, mut ended) = (0, 0);
        let (mut quotes, mut kind) = (0_usize, Row::Whole);
        self.count = 0;
        self.line = self.at;
        let mut begun = false;
        loop {
            let input = match self.input.fill_buf() {
                Ok(input) => input,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if !begun && matches!(input.first(), Some(b'\n' | b'\r')) {
                // Blank lines before a row, and the second half of a line end.
                if input.first() == Some(&b'\n') {
                    self.at += 1;
                    self.line = self.at;
                }
                self.parser.set_line(self.at);
                self.input.consume(1);
                continue;
            }
            begun = true;
            let at_end = input.is_empty();
            let (result, read, wrote, wrote_ends) = self.parser.read_record(
                input,
                self.cells.get_mut(filled..).unwrap_or_default(),
                self.ends.get_mut(ended..).unwrap_or_default(),
            );
            let raw = input.get(..read).unwrap_or_default();
            let room = KEPT.saturating_sub(self.start.len()).min(raw.len());
            self.start
                .extend_from_slice(raw.get(..room).unwrap_or_default());
            quotes += memchr::memchr_iter(b'"', raw).count();
            self.at += memchr::memchr_iter(b'\n', raw).count() as u64;
            self.input.consume(read);
            filled += wrote;
            ended += wrote_ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    if filled >= self.limit || matches!(kind, Row::TooLong) {
                        // From here on the row is only passed over.
                        (kind, filled, ended) = (Row::TooLong, 0, 0);
                    } else {
                        let longer = (self.cells.len() * 2).min(self.limit.max(4096) + 1);
                        self.cells.resize(longer.max(filled + 1), 0);
                    }
                }
                ReadRecordResult::OutputEndsFull => {
                    if self.ends.len() >= COLUMN_LIMIT || matches!(kind, Row::TooLong) {
                        (kind, filled, ended) = (Row::TooLong, 0, 0);
                    } else {
                        self.ends.resize(self.ends.len() * 2, 0);
                    }
                }
                ReadRecordResult::Record => {
                    self.number += 1;
                    self.count = ended;
                    let open = at_end && quotes % 2 == 1 && self.at > self.line;
                    return Ok(match kind {
                        Row::Whole if open => Row::Unclosed,
                        Row::Whole if filled > self.limit => Row::TooLong,
                        kind => kind,
                    });
                }
                ReadRecordResult::End => return Ok(Row::None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(input: &'static str, limit: usize) -> Vec<(u64, String)> {
        let input: Input = Box::new(io::BufReader::with_capacity(2, input.as_bytes()));
        let mut rows = Rows::new(input, b',', limit);
        let mut found = Vec::new();
        loop {
            let what = match rows.next().unwrap() {
                Row::Whole => rows
                    .cells()
                    .map(|cell| String::from_utf8_lossy(cell).into_owned())
                    .collect::<Vec<_>>()
                    .join("|"),
                Row::TooLong => "too long".into(),
                Row::Unclosed => "unclosed".into(),
                Row::None => return found,
            };
            found.push((rows.line, what));
        }
    }

    fn row(line: u64, cells: &str) -> (u64, String) {
        (line, cells.into())
    }

    #[test]
    fn rows_know_the_line_where_they_begin() {
        let found = rows("a,b\r\n\r\n1,\"x\ny\"\r\n\n2,\"\"\"z\"\n", 100);
        assert_eq!(found, [row(1, "a|b"), row(3, "1|x\ny"), row(6, "2|\"z")]);
    }

    #[test]
    fn a_quote_left_open_is_noticed_at_the_end() {
        assert_eq!(rows("a\n\"b\nc\nd", 100), [row(1, "a"), row(2, "unclosed")]);
    }

    #[test]
    fn a_row_over_the_limit_does_not_stop_the_next() {
        let long: &'static str =
            Box::leak(format!("a\n{}\nb\n", "x".repeat(20_000)).into_boxed_str());
        assert_eq!(
            rows(long, 5000),
            [row(1, "a"), row(2, "too long"), row(3, "b")]
        );
        assert_eq!(
            rows("a\n123456\n12345\n", 5)[1..],
            [row(2, "too long"), row(3, "12345")]
        );
    }
}
