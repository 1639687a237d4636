//! Rows as JSON Lines: one object a line, its fields the columns of `scores`.

use std::io::{BufRead, Read, Write};

use super::{Row, ScoresError};

/// The longest line that is read. A row holds one sentence; what is longer is no row, and would
/// only fill the memory.
const LONGEST_LINE: u64 = 64 << 20;

/// Writes rows as they come.
pub struct Writer<W: Write> {
    inner: W,
    name: String,
}

impl<W: Write> Writer<W> {
    /// Write to `inner`, which messages call `name`. Give it a buffer of its own if calls to it
    /// are slow.
    pub fn new(inner: W, name: impl Into<String>) -> Writer<W> {
        let name = name.into();
        Writer { inner, name }
    }

    /// Write one row.
    ///
    /// # Errors
    /// [`ScoresError::Write`]; its source is `BrokenPipe` when the reader at the other end has
    /// seen enough.
    pub fn write(&mut self, row: &Row) -> Result<(), ScoresError> {
        serde_json::to_writer(&mut self.inner, row)
            .map_err(std::io::Error::from)
            .and_then(|()| self.inner.write_all(b"\n"))
            .map_err(|source| self.error(source))
    }

    /// Flush and give back the inner writer.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when the last rows could not be written.
    pub fn finish(mut self) -> Result<W, ScoresError> {
        match self.inner.flush() {
            Ok(()) => Ok(self.inner),
            Err(source) => Err(self.error(source)),
        }
    }

    fn error(&self, source: std::io::Error) -> ScoresError {
        let file = self.name.clone();
        ScoresError::Write { file, source }
    }
}

/// Reads rows one by one. After an error it gives nothing more.
pub struct Reader<R: BufRead> {
    inner: R,
    name: String,
    line: u64,
    buffer: Vec<u8>,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Read from `inner`, which messages call `name`.
    pub fn new(inner: R, name: impl Into<String>) -> Reader<R> {
        Reader {
            inner,
            name: name.into(),
            line: 0,
            buffer: Vec::new(),
            done: false,
        }
    }

    fn read_row(&mut self) -> Option<Result<Row, ScoresError>> {
        loop {
            self.buffer.clear();
            let limited = &mut (&mut self.inner).take(LONGEST_LINE);
            match limited.read_until(b'\n', &mut self.buffer) {
                Ok(0) => return None,
                Ok(_) => self.line += 1,
                Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                    // A compressed file that ends in the middle.
                    let problem = source.to_string();
                    return Some(Err(ScoresError::Damaged {
                        file: self.name.clone(),
                        problem,
                    }));
                }
                Err(source) => {
                    return Some(Err(ScoresError::Read {
                        file: self.name.clone(),
                        source,
                    }));
                }
            }
            if self.buffer.len() as u64 == LONGEST_LINE {
                return Some(Err(self.bad("the line is longer than 64 MiB".to_owned())));
            }
            // A byte order mark before the first row is what some editors leave.
            let bytes = self
                .buffer
                .strip_prefix("\u{feff}".as_bytes())
                .unwrap_or(&self.buffer);
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Some(match serde_json::from_slice::<Row>(bytes) {
                Err(error) if error.is_eof() && !bytes.ends_with(b"\n") => {
                    Err(self.bad("the line is cut short".to_owned()))
                }
                Err(error) => Err(self.bad(error.to_string())),
                Ok(row) => match row.problem() {
                    Some((column, problem)) => Err(self.bad(format!("{column:?}: {problem}"))),
                    None => Ok(row),
                },
            });
        }
    }

    fn bad(&self, problem: String) -> ScoresError {
        ScoresError::Line {
            file: self.name.clone(),
            line: self.line,
            problem,
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Row, ScoresError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let row = self.read_row();
        self.done = !matches!(row, Some(Ok(_)));
        row
    }
}
