//! `scores.parquet`: rows in a Parquet file, written and read in pieces of bounded size.

use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder, Float32Builder, ListBuilder, StringBuilder, UInt32Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::{Output, Provenance, Row, ScoresError, StanceNames, row};

pub use read::Reader;

mod read;

/// A row group is closed at this many rows or bytes, whichever comes first: large enough to
/// compress well, small enough to hold in memory.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 32 << 20;
/// Rows and bytes of text that are gathered before they are handed to the Parquet writer.
const BATCH_ROWS: usize = 2048;
const BATCH_BYTES: usize = 4 << 20;

/// The Arrow schema of `scores` with these stances: its columns in their order, their types and
/// which may be null.
pub fn schema(stances: &StanceNames) -> SchemaRef {
    let issues = DataType::List(Arc::new(Field::new("element", DataType::Utf8, false)));
    let mut fields = vec![
        Field::new("article", DataType::Utf8, false),
        Field::new("summit", DataType::Utf8, true),
        Field::new("date", DataType::Utf8, true),
        Field::new("source", DataType::Utf8, true),
        Field::new("sentence", DataType::UInt32, false),
        Field::new("sentence_start", DataType::UInt32, false),
        Field::new("sentence_end", DataType::UInt32, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("party", DataType::Utf8, false),
        Field::new("mention", DataType::Utf8, false),
        Field::new("mention_start", DataType::UInt32, false),
        Field::new("mention_end", DataType::UInt32, false),
    ];
    let stances = stances.iter();
    fields.extend(stances.map(|name| Field::new(name, DataType::Float32, false)));
    fields.extend([
        Field::new("stance", DataType::Utf8, false),
        Field::new("issues", issues, false),
        Field::new("link", DataType::Utf8, false),
    ]);
    Arc::new(Schema::new(fields))
}

/// Writes a scores file. The file appears whole on [`Writer::finish`], and not before.
pub struct Writer {
    arrow: ArrowWriter<Output>,
    columns: Columns,
    rows: u64,
    name: String,
}

impl Writer {
    /// Start the file at `path`, whose folder must exist. The rows to come have the provenance's
    /// stances. The same rows and provenance give the same bytes.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when no file can be made there.
    pub fn create(path: &Path, provenance: &Provenance) -> Result<Writer, ScoresError> {
        let name = path.display().to_string();
        let metadata = provenance
            .pairs()
            .into_iter()
            .map(|(k, v)| KeyValue::new(k, v))
            .collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_key_value_metadata(Some(metadata))
            .build();
        let options = ArrowWriterOptions::new().with_properties(properties);
        let schema = schema(&provenance.stances);
        let output = Output::create(path)?;
        let arrow = ArrowWriter::try_new_with_options(output, Arc::clone(&schema), options)
            .map_err(|source| write_error(&name, source))?;
        Ok(Writer {
            arrow,
            columns: Columns::new(schema, &provenance.stances),
            rows: 0,
            name,
        })
    }

    /// Add one row.
    ///
    /// # Errors
    /// [`ScoresError::Write`] or [`ScoresError::WriteParquet`] when the disk takes no more.
    pub fn write(&mut self, row: &Row) -> Result<(), ScoresError> {
        self.columns.push(row);
        self.rows += 1;
        if self.columns.sentence.len() >= BATCH_ROWS || self.columns.bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// How many rows were written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Keep a value in the file's metadata.
    pub(super) fn add_metadata(&mut self, key: &str, value: String) {
        let pair = KeyValue::new(key.to_owned(), value);
        self.arrow.append_key_value_metadata(pair);
    }

    /// Write the last rows and the file's footer, put the file in its place, and return how many
    /// rows it holds.
    ///
    /// # Errors
    /// As [`Writer::write`]; also when the file cannot be put in its place.
    pub fn finish(mut self) -> Result<u64, ScoresError> {
        self.flush()?;
        let output = self
            .arrow
            .into_inner()
            .map_err(|source| write_error(&self.name, source))?;
        output.persist()?;
        Ok(self.rows)
    }

    fn flush(&mut self) -> Result<(), ScoresError> {
        if self.columns.sentence.is_empty() {
            return Ok(());
        }
        let batch = self.columns.take().map_err(ParquetError::from);
        batch
            .and_then(|batch| self.arrow.write(&batch))
            .map_err(|source| write_error(&self.name, source))
    }
}

fn write_error(file: &str, source: ParquetError) -> ScoresError {
    let file = file.to_owned();
    match source {
        ParquetError::External(error) => match error.downcast::<std::io::Error>() {
            Ok(source) => ScoresError::Write {
                file,
                source: *source,
            },
            Err(error) => {
                let source = ParquetError::External(error);
                ScoresError::WriteParquet { file, source }
            }
        },
        source => ScoresError::WriteParquet { file, source },
    }
}

/// Rows on their way to the file, column by column.
struct Columns {
    schema: SchemaRef,
    article: StringBuilder,
    summit: StringBuilder,
    date: StringBuilder,
    source: StringBuilder,
    sentence: UInt32Builder,
    sentence_start: UInt32Builder,
    sentence_end: UInt32Builder,
    text: StringBuilder,
    party: StringBuilder,
    mention: StringBuilder,
    mention_start: UInt32Builder,
    mention_end: UInt32Builder,
    /// One for each stance.
    probabilities: Vec<Float32Builder>,
    stance: StringBuilder,
    issues: ListBuilder<StringBuilder>,
    link: StringBuilder,
    /// Bytes of text held, roughly.
    bytes: usize,
}

impl Columns {
    fn new(schema: SchemaRef, stances: &StanceNames) -> Columns {
        Columns {
            schema,
            article: StringBuilder::new(),
            summit: StringBuilder::new(),
            date: StringBuilder::new(),
            source: StringBuilder::new(),
            sentence: UInt32Builder::new(),
            sentence_start: UInt32Builder::new(),
            sentence_end: UInt32Builder::new(),
            text: StringBuilder::new(),
            party: StringBuilder::new(),
            mention: StringBuilder::new(),
            mention_start: UInt32Builder::new(),
            mention_end: UInt32Builder::new(),
            probabilities: stances.iter().map(|_| Float32Builder::new()).collect(),
            stance: StringBuilder::new(),
            issues: ListBuilder::new(StringBuilder::new()).with_field(Field::new(
                "element",
                DataType::Utf8,
                false,
            )),
            link: StringBuilder::new(),
            bytes: 0,
        }
    }

    fn push(&mut self, row: &Row) {
        self.article.append_value(&row.article);
        self.summit.append_option(row.summit.as_deref());
        self.date.append_option(row.date.as_deref());
        self.source.append_option(row.source.as_deref());
        self.sentence.append_value(row.sentence);
        self.sentence_start.append_value(row.sentence_start);
        self.sentence_end.append_value(row.sentence_end);
        self.text.append_value(&row.text);
        self.party.append_value(&row.party);
        self.mention.append_value(&row.mention);
        self.mention_start.append_value(row.mention_start);
        self.mention_end.append_value(row.mention_end);
        for (column, p) in self
            .probabilities
            .iter_mut()
            .zip(row.stance.probabilities())
        {
            column.append_value(*p);
        }
        self.stance.append_value(row.stance.name());
        for issue in &row.issues {
            self.issues.values().append_value(issue);
        }
        self.issues.append(true);
        self.link.append_value(row::link_name(row.link));
        self.bytes += row.article.len() + row.text.len() + row.party.len() + row.mention.len();
    }

    /// The rows gathered so far as one batch; the columns are empty afterwards.
    fn take(&mut self) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let mut builders: Vec<&mut dyn ArrayBuilder> = vec![
            &mut self.article,
            &mut self.summit,
            &mut self.date,
            &mut self.source,
            &mut self.sentence,
            &mut self.sentence_start,
            &mut self.sentence_end,
            &mut self.text,
            &mut self.party,
            &mut self.mention,
            &mut self.mention_start,
            &mut self.mention_end,
        ];
        for column in &mut self.probabilities {
            builders.push(column);
        }
        builders.extend([
            &mut self.stance as &mut dyn ArrayBuilder,
            &mut self.issues,
            &mut self.link,
        ]);
        let arrays: Vec<ArrayRef> = builders.into_iter().map(|b| b.finish()).collect();
        self.bytes = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}
