//! Lines of bounded length.

use std::io::{self, BufRead};

/// So much of an overlong record is kept, to show where it is.
pub(super) const KEPT: usize = 1024;

/// Reads lines without holding more than the limit of any of them.
pub(super) struct Lines<R> {
    input: R,
    limit: usize,
    /// The number of the line read last, from 1.
    pub number: u64,
}

/// What a line was like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Whole,
    /// Only its start is there.
    TooLong,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R, limit: usize) -> Self {
        Lines {
            input,
            limit,
            number: 0,
        }
    }

    /// Read the next line into `line`, without its line end; none at the end of the input. After
    /// an error, the line that it broke off is not there.
    pub fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Line>> {
        line.clear();
        // One long line should not be paid for to the end.
        line.shrink_to(1 << 20);
        let mut kind = Line::Whole;
        let mut begun = false;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.number += 1;
                    return Err(error);
                }
            };
            if available.is_empty() {
                if !begun {
                    return Ok(None);
                }
                break;
            }
            begun = true;
            let end = memchr::memchr(b'\n', available);
            let piece = available
                .get(..end.unwrap_or(available.len()))
                .unwrap_or_default();
            if kind == Line::Whole {
                if line.len() + piece.len() > self.limit {
                    kind = Line::TooLong;
                    let room = KEPT.saturating_sub(line.len()).min(piece.len());
                    line.extend_from_slice(piece.get(..room).unwrap_or_default());
                    line.truncate(KEPT);
                } else {
                    line.extend_from_slice(piece);
                }
            }
            let used = piece.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        if kind == Line::Whole && line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    fn all(input: &[u8], limit: usize) -> Vec<(u64, Line, String)> {
        // A small buffer, so that lines cross its edges.
        let mut lines = Lines::new(BufReader::with_capacity(3, input), limit);
        let mut line = Vec::new();
        let mut found = Vec::new();
        while let Some(kind) = lines.next(&mut line).unwrap() {
            let text = String::from_utf8(line.clone()).unwrap();
            found.push((lines.number, kind, text));
        }
        found
    }

    #[test]
    fn lines_end_at_either_line_end_or_the_last_byte() {
        let found = all(b"one\r\n\ntwo two\nend", 100);
        let texts: Vec<_> = found.iter().map(|(_, _, text)| text.as_str()).collect();
        assert_eq!(texts, ["one", "", "two two", "end"]);
        assert_eq!(found.last().unwrap().0, 4);
        assert_eq!(all(b"one\n", 100).len(), 1);
        assert_eq!(all(b"", 100).len(), 0);
    }

    #[test]
    fn only_the_line_over_the_limit_is_too_long() {
        let found = all(b"12345\n123456\n12345", 5);
        let kinds: Vec<_> = found.iter().map(|(_, kind, _)| *kind).collect();
        assert_eq!(kinds, [Line::Whole, Line::TooLong, Line::Whole]);
    }

    #[test]
    fn an_overlong_line_is_not_held() {
        let input = io::repeat(b'a').take(5 << 20).chain(&b"\nnext"[..]);
        let mut lines = Lines::new(BufReader::new(input), 1 << 20);
        let mut line = Vec::new();
        assert_eq!(lines.next(&mut line).unwrap(), Some(Line::TooLong));
        assert_eq!(line.len(), KEPT);
        assert_eq!(lines.next(&mut line).unwrap(), Some(Line::Whole));
        assert_eq!(line, b"next");
        assert!(line.capacity() <= 1 << 20);
    }
}
