//! JSON objects one after the other or in an array, each over any number of lines.

use std::io::{self, BufRead};

use super::fields::{Context, Place};
use super::lines::KEPT;
use super::streams::{Damage, Input};
use super::{Article, Rejected, json_lines};

/// The articles of a JSON file. Objects are told apart by counting brackets outside strings, so
/// none is held but the one in hand.
pub(super) struct JsonValues {
    input: Input,
    context: Context,
    damage: Damage,
    raw: Vec<u8>,
    /// The line that is being read, from 1.
    line: u64,
    done: bool,
}

/// What was found between two commas.
enum Found {
    Value { line: u64, end: End },
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    TooLong,
    /// The file ended first.
    Open,
}

/// Where in a value the scan stands.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Whether this byte, of the value, is its last.
    fn closes(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return self.depth == 0 && !self.in_string;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

impl JsonValues {
    pub fn new(input: Input, context: Context, damage: Damage) -> Self {
        JsonValues {
            input,
            context,
            damage,
            raw: Vec::new(),
            line: 1,
            done: false,
        }
    }

    /// Read the next value into `raw`. The brackets of the array around the objects, commas and
    /// white space between them are passed over, so a missing or doubled comma costs nothing.
    fn value(&mut self) -> io::Result<Found> {
        self.raw.clear();
        self.raw.shrink_to(1 << 20);
        let limit = self.context.options.record_limit;
        let mut begun: Option<(u64, Scan)> = None;
        let mut end = End::Whole;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok(match begun {
                    // A bare word or number ends with the file.
                    Some((line, scan)) => Found::Value {
                        line,
                        end: match end {
                            End::Whole if scan.depth > 0 || scan.in_string => End::Open,
                            end => end,
                        },
                    },
                    None => Found::Nothing,
                });
            }
            let mut used = 0;
            let mut closed = false;
            for byte in available {
                let bare = begun
                    .as_ref()
                    .is_some_and(|(_, scan)| scan.depth == 0 && !scan.in_string);
                if bare && matches!(byte, b',' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
                    closed = true;
                    break;
                }
                used += 1;
                if *byte == b'\n' {
                    self.line += 1;
                }
                if begun.is_none() {
                    let between = byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']');
                    if between {
                        continue;
                    }
                    begun = Some((self.line, Scan::default()));
                }
                if end == End::Whole {
                    self.raw.push(*byte);
                    if self.raw.len() > limit {
                        end = End::TooLong;
                        self.raw.truncate(KEPT);
                    }
                }
                if begun.as_mut().is_some_and(|(_, scan)| scan.closes(*byte)) {
                    closed = true;
                    break;
                }
            }
            self.input.consume(used);
            if closed && let Some((line, _)) = begun {
                return Ok(Found::Value { line, end });
            }
        }
    }
}

impl Iterator for JsonValues {
    type Item = Result<Article, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let found = self.value();
        let place = |line| Place {
            line: Some(line),
            record: None,
        };
        Some(match found {
            Ok(Found::Nothing) => {
                self.done = true;
                return None;
            }
            Ok(Found::Value {
                line,
                end: End::Whole,
            }) => json_lines::article(&self.context, place(line), &self.raw),
            Ok(Found::Value {
                line,
                end: End::TooLong,
            }) => {
                let reason = self.context.too_long("record");
                Err(self.context.reject(place(line), reason, &self.raw))
            }
            Ok(Found::Value {
                line,
                end: End::Open,
            }) => {
                self.done = true;
                let reason = "the record that begins here is never closed, so the rest of the file \
                              could not be read; close its quotes and brackets";
                Err(self.context.reject(place(line), reason, &self.raw))
            }
            Err(error) => {
                self.done = true;
                let reason = self.damage.reason(&error);
                Err(self.context.reject(place(self.line), reason, b""))
            }
        })
    }
}
