//! Parquet: one article a row.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Field as ArrowField, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
};
use parquet::errors::ParquetError;

use super::fields::{Context, Field, Fields, Place, Value};
use super::json_lines::not_utf8;
use super::{Article, FileArticles, Rejected};
use crate::{parquet_footer, parquet_pages};

/// Rows that are decoded at a time: few, as each may be as long as a record can be.
const ROWS: usize = 16;

/// A column whose part in one row group unpacks to more than this must not be packed more densely
/// than [`DENSITY`] times: text never is, and what is would fill the memory.
const UNPACKED: i64 = 256 << 20;
const DENSITY: i64 = 200;

/// The articles of a Parquet file.
struct Parquet {
    rows: ParquetRecordBatchReader,
    /// Which column of the batches holds which field.
    columns: [Option<usize>; 6],
    context: Context,
    batch: Option<RecordBatch>,
    next_in_batch: usize,
    /// The number of the row read last, from 1.
    row: u64,
    bytes: u64,
    total_rows: u64,
    done: bool,
}

/// Read a Parquet file. What is wrong with it as a whole is the only item then. Reading it adds
/// `bytes` to those that were read: none where it comes from a stream that was counted.
pub(super) fn open(file: File, bytes: u64, context: Context) -> FileArticles {
    match guarded(|| begin(file, &context)) {
        Ok((rows, columns, total_rows)) => Box::new(Parquet {
            rows,
            columns,
            context,
            batch: None,
            next_in_batch: 0,
            row: 0,
            bytes,
            total_rows,
            done: false,
        }),
        Err(reason) => {
            let rejected = context.reject(Place::default(), reason, b"");
            Box::new(std::iter::once(Err(rejected)))
        }
    }
}

/// Run a step of the decoder. It is written to return errors, but as its input may come from
/// anywhere, a panic in it must not take the other files along.
fn guarded<T>(step: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(damaged("its parts contradict each other")))
}

fn damaged(cause: impl std::fmt::Display) -> String {
    format!("the file is damaged or no Parquet file ({cause}); get a whole copy of it")
}

type Begun = (ParquetRecordBatchReader, [Option<usize>; 6], u64);

fn begin(file: File, context: &Context) -> Result<Begun, String> {
    let broken = |error: ParquetError| damaged(error);
    // The types that the writer's program had matter less than those that Parquet knows.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = parquet_footer::load(&file, options.clone()).map_err(broken)?;
    let schema = metadata.schema();
    let names: Vec<String> = schema
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let found = context.options.columns.find(&names);
    let Some(text) = found[Field::Text as usize] else {
        let names: Vec<_> = names
            .iter()
            .take(12)
            .map(|name| format!("{name:?}"))
            .collect();
        return Err(format!(
            "the table has no column {:?} but {}; name the one that holds the text (--text-column)",
            context.options.columns.text,
            names.join(", ")
        ));
    };
    let text_type = schema.field(text).data_type();
    if !matches!(text_type, DataType::Utf8 | DataType::Binary) {
        return Err(format!(
            "the column {:?} holds {text_type} and should hold text; name the one that holds the text \
             (--text-column)",
            names.get(text).map_or("", String::as_str)
        ));
    }
    let mut wanted: Vec<usize> = found.iter().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    check_density(&metadata, &wanted)?;
    let options = options.with_schema(Arc::new(views(schema)));
    let metadata =
        ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).map_err(broken)?;
    let total_rows = u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let mask = ProjectionMask::roots(metadata.parquet_schema(), wanted.iter().copied());
    let rows = parquet_pages::read(file, &metadata, mask, ROWS).map_err(broken)?;
    let columns = found.map(|index| index.and_then(|index| wanted.binary_search(&index).ok()));
    Ok((rows, columns, total_rows))
}

/// The schema with texts as views: a text that many rows share through a dictionary is then
/// held once, not once a row.
fn views(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        ArrowField::clone(field).with_data_type(kind)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

fn check_density(metadata: &ArrowReaderMetadata, wanted: &[usize]) -> Result<(), String> {
    let schema = metadata.parquet_schema();
    for group in metadata.metadata().row_groups() {
        for (leaf, column) in group.columns().iter().enumerate() {
            let (packed, unpacked) = (column.compressed_size(), column.uncompressed_size());
            if leaf < schema.num_columns()
                && wanted.contains(&schema.get_column_root_idx(leaf))
                && unpacked > UNPACKED
                && unpacked / packed.max(1) > DENSITY
            {
                return Err(format!(
                    "the column {:?} claims to unpack from {packed} to {unpacked} bytes in one row group, \
                     which no text does; the file was left out",
                    column.column_path().string()
                ));
            }
        }
    }
    Ok(())
}

impl Parquet {
    /// Read the next rows; false at the end.
    fn next_batch(&mut self) -> Result<bool, String> {
        let rows = &mut self.rows;
        self.batch = guarded(|| rows.next().transpose().map_err(damaged))?;
        self.next_in_batch = 0;
        let Some(batch) = &self.batch else {
            return Ok(false);
        };
        // The decoder seeks to and fro, so progress goes by rows.
        let share = |row: u64| {
            let part =
                u128::from(self.bytes) * u128::from(row) / u128::from(self.total_rows.max(1));
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        let end = self.row.saturating_add(batch.num_rows() as u64);
        self.context
            .tally
            .add_bytes(share(end).saturating_sub(share(self.row)));
        Ok(true)
    }

    fn article(&self, batch: &RecordBatch, index: usize) -> Result<Article, Rejected> {
        let place = Place {
            line: None,
            record: Some(self.row),
        };
        let mut fields = Fields::default();
        let mut start = String::new();
        for (field, column) in Field::ALL.into_iter().zip(self.columns) {
            let Some(column) = column.and_then(|column| batch.columns().get(column)) else {
                continue;
            };
            let name = self.context.options.columns.name(field);
            match value(column, index, field, self.context.options.record_limit) {
                Ok(Value::Text(text)) => {
                    if !text.is_empty() {
                        let head: String = text.chars().take(100).collect();
                        start.push_str(&format!("{name}: {head}; "));
                    }
                    fields.set(field, Value::Text(text));
                }
                Ok(value) => fields.set(field, value),
                Err(Unusable::TooLong) => {
                    let reason = self.context.too_long(&format!("field {name:?}"));
                    return Err(self.context.reject(place, reason, start.as_bytes()));
                }
                Err(Unusable::NotUtf8(reason, raw)) => {
                    return Err(self.context.reject(place, reason, &raw));
                }
            }
        }
        self.context.article(place, fields, start.as_bytes())
    }
}

enum Unusable {
    TooLong,
    NotUtf8(String, Vec<u8>),
}

/// One cell of a column.
fn value(column: &dyn Array, index: usize, field: Field, limit: usize) -> Result<Value, Unusable> {
    if index >= column.len() {
        return Ok(Value::Absent);
    }
    if column.is_null(index) {
        return Ok(match field {
            // A text that is null is there, though empty.
            Field::Text => Value::Text(String::new()),
            _ => Value::Absent,
        });
    }
    let bytes = match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(index).as_bytes(),
        DataType::BinaryView => column.as_binary_view().value(index),
        DataType::List(_) | DataType::LargeList(_) | DataType::Map(_, _) => {
            return Ok(Value::Other("a list"));
        }
        DataType::Struct(_) => return Ok(Value::Other("an object")),
        DataType::Boolean => return Ok(Value::Other("true or false")),
        _ => {
            // Numbers and times: in ISO 8601, as Arrow writes them.
            let formatted = ArrayFormatter::try_new(column, &FormatOptions::default())
                .and_then(|formatter| formatter.value(index).try_to_string());
            return Ok(formatted.map_or(Value::Other("of an unknown type"), Value::Text));
        }
    };
    if bytes.len() > limit {
        return Err(Unusable::TooLong);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Value::Text(text.to_owned())),
        Err(error) => Err(Unusable::NotUtf8(
            not_utf8(error.valid_up_to()),
            bytes.get(..super::lines::KEPT).unwrap_or(bytes).to_vec(),
        )),
    }
}

impl Iterator for Parquet {
    type Item = Result<Article, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        while self
            .batch
            .as_ref()
            .is_none_or(|batch| self.next_in_batch >= batch.num_rows())
        {
            match self.next_batch() {
                Ok(true) => {}
                Ok(false) => {
                    self.done = true;
                    return None;
                }
                Err(reason) => {
                    self.done = true;
                    let place = Place {
                        line: None,
                        record: Some(self.row + 1),
                    };
                    let reason = format!("{reason}; this row and all after it were left out");
                    return Some(Err(self.context.reject(place, reason, b"")));
                }
            }
        }
        let index = self.next_in_batch;
        self.next_in_batch += 1;
        self.row += 1;
        let batch = self.batch.as_ref()?;
        Some(self.article(batch, index))
    }
}
