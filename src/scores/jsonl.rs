//! Rows as JSON Lines: one object a line, its fields the columns of `scores`.

use std::fmt;
use std::io::{BufRead, Read, Write};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::row::{Probabilities, no_stance};
use super::{Link, Row, RowStance, ScoresError, StanceNames};

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

/// Reads rows one by one. After an error it gives nothing more. The first row says by its fields
/// which stances the rows have.
pub struct Reader<R: BufRead> {
    inner: R,
    name: String,
    stances: Option<StanceNames>,
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
            stances: None,
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
            let stances = self.stances.get_or_insert_with(|| stances_of(bytes));
            return Some(match parse(bytes, stances) {
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

/// The stances of the row in a line; the codebook's where it has none.
fn stances_of(line: &[u8]) -> StanceNames {
    let fields: Map<String, Value> = serde_json::from_slice(line).unwrap_or_default();
    let columns: Vec<(&str, bool)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.is_number()))
        .collect();
    StanceNames::of_columns(&columns).unwrap_or_default()
}

/// The fields of a row but for the probabilities.
#[derive(Deserialize)]
struct Plain {
    article: String,
    summit: Option<String>,
    date: Option<String>,
    source: Option<String>,
    sentence: u32,
    sentence_start: u32,
    sentence_end: u32,
    text: String,
    party: String,
    mention: String,
    mention_start: u32,
    mention_end: u32,
    stance: String,
    issues: Vec<String>,
    link: Link,
}

fn parse(line: &[u8], stances: &StanceNames) -> Result<Row, serde_json::Error> {
    let row: Plain = serde_json::from_slice(line)?;
    let mut json = serde_json::Deserializer::from_slice(line);
    let probabilities = OfStances(stances).deserialize(&mut json)?;
    let top = stances
        .index(&row.stance)
        .ok_or_else(|| serde_json::Error::custom(no_stance(&row.stance, stances)))?;
    Ok(Row {
        article: row.article,
        summit: row.summit,
        date: row.date,
        source: row.source,
        sentence: row.sentence,
        sentence_start: row.sentence_start,
        sentence_end: row.sentence_end,
        text: row.text,
        party: row.party,
        mention: row.mention,
        mention_start: row.mention_start,
        mention_end: row.mention_end,
        stance: RowStance::with_top(stances, probabilities, top),
        issues: row.issues,
        link: row.link,
    })
}

/// Reads the fields of these names, and passes over the others.
struct OfStances<'n>(&'n StanceNames);

impl<'de> DeserializeSeed<'de> for OfStances<'_> {
    type Value = Probabilities;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Probabilities, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OfStances<'_> {
    type Value = Probabilities;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a row of scores")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Probabilities, A::Error> {
        let mut found: [Option<f32>; super::MOST_OWN + 1] = Default::default();
        while let Some(index) = fields.next_key_seed(Place(self.0))? {
            match index.and_then(|index| found.get_mut(index)) {
                Some(place) => *place = Some(fields.next_value()?),
                None => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        let missing = |name| A::Error::custom(format!("missing field `{name}`"));
        let each = self.0.iter().zip(found);
        each.map(|(name, p)| p.ok_or_else(|| missing(name)))
            .collect()
    }
}

/// The place of a field's name among these.
struct Place<'n>(&'n StanceNames);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.index(name))
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
