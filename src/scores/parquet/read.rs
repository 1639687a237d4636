//! Reading `scores.parquet` back, also where pandas, polars, R or DuckDB wrote it anew.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, UInt32Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_cast::{CastOptions, can_cast_types, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader};
use parquet::file::metadata::KeyValue;

use super::schema;
use crate::scores::row::{self, Probabilities};
use crate::scores::{Provenance, Row, RowStance, ScoresError, StanceNames};
use crate::{parquet_footer, parquet_pages};

const BATCH_ROWS: usize = 1024;

/// Reads the rows of a scores file one by one, holding a small batch of them. Other columns that
/// the file may have are passed over. After an error it gives nothing more.
pub struct Reader {
    batches: ParquetRecordBatchReader,
    batch: Option<Batch>,
    /// Rows given so far.
    given: u64,
    rows: u64,
    provenance: Option<Provenance>,
    stances: StanceNames,
    schema: SchemaRef,
    metadata: Option<Vec<KeyValue>>,
    name: String,
    done: bool,
}

impl Reader {
    /// Open the file at `path` and check its columns.
    ///
    /// # Errors
    /// [`ScoresError::Read`], [`ScoresError::Damaged`] for what is no whole Parquet file, and
    /// [`ScoresError::MissingColumn`] or [`ScoresError::ColumnType`] for one that holds
    /// something else.
    pub fn open(path: &Path) -> Result<Reader, ScoresError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| {
            let file = name.clone();
            ScoresError::Read { file, source }
        })?;
        let options = ArrowReaderOptions::new();
        let read = guarded(&name, || parquet_footer::load(&file, options))?
            .map_err(|error| damaged(&name, error.to_string()))?;
        let file_metadata = read.metadata().file_metadata();
        let rows = u64::try_from(file_metadata.num_rows()).unwrap_or(0);
        let metadata = file_metadata.key_value_metadata().cloned();
        let provenance = Provenance::from_pairs(
            metadata
                .iter()
                .flatten()
                .map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap_or_default())),
        )
        .map_err(|problem| damaged(&name, problem))?;
        let stances = match &provenance {
            Some(provenance) => provenance.stances.clone(),
            None => stances_of(read.schema()),
        };
        let schema = schema(&stances);
        check(&name, &schema, read.schema().fields())?;
        let wanted = schema.fields().iter().map(|field| field.name().as_str());
        let mask = ProjectionMask::columns(read.parquet_schema(), wanted);
        let batches = guarded(&name, || parquet_pages::read(file, &read, mask, BATCH_ROWS))?
            .map_err(|error| damaged(&name, error.to_string()))?;
        Ok(Reader {
            batches,
            batch: None,
            given: 0,
            rows,
            provenance,
            stances,
            schema,
            metadata,
            name,
            done: false,
        })
    }

    /// How many rows the file says it holds.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// What made the file; `None` where another program wrote it anew.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_ref()
    }

    /// The stances that the rows tell apart.
    pub fn stances(&self) -> &StanceNames {
        &self.stances
    }

    /// The value that the file's metadata hold for this key.
    pub(in crate::scores) fn metadata(&self, key: &str) -> Option<&str> {
        let pairs = self.metadata.iter().flatten();
        pairs
            .into_iter()
            .find(|pair| pair.key == key)
            .and_then(|pair| pair.value.as_deref())
    }

    fn read_row(&mut self) -> Option<Result<Row, ScoresError>> {
        loop {
            if let Some(batch) = &mut self.batch
                && batch.next < batch.rows
            {
                let index = batch.next;
                batch.next += 1;
                self.given += 1;
                return Some(
                    batch
                        .row(index, &self.stances)
                        .map_err(|(column, problem)| ScoresError::Value {
                            file: self.name.clone(),
                            row: self.given,
                            column,
                            problem,
                        }),
                );
            }
            let next = match guarded(&self.name, || self.batches.next()) {
                Ok(next) => next?,
                Err(error) => return Some(Err(error)),
            };
            let columns = next.and_then(|batch| Batch::new(&batch, &self.schema, &self.stances));
            match columns {
                Ok(batch) => self.batch = Some(batch),
                Err(error) => return Some(Err(damaged(&self.name, error.to_string()))),
            }
        }
    }
}

impl Iterator for Reader {
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

fn damaged(file: &str, problem: String) -> ScoresError {
    let file = file.to_owned();
    ScoresError::Damaged { file, problem }
}

/// Run a step of the Parquet library on a file that may be damaged. The library reports nearly
/// all damage as errors, but not all: some pages make it panic, which must not end the program.
fn guarded<T>(file: &str, step: impl FnOnce() -> T) -> Result<T, ScoresError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(step))
        .map_err(|_| damaged(file, "its pages cannot be decoded".to_owned()))
}

/// The stances of a file that does not name them; the codebook's where its columns are of none.
fn stances_of(schema: &Schema) -> StanceNames {
    let columns: Vec<(&str, bool)> = schema
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), field.data_type().is_floating()))
        .collect();
    StanceNames::of_columns(&columns).unwrap_or_default()
}

/// Check that all columns are there, with types that turn into ours without loss.
fn check(file: &str, ours: &Schema, found: &[std::sync::Arc<Field>]) -> Result<(), ScoresError> {
    for ours in ours.fields() {
        let column = ours.name();
        let Some(theirs) = found.iter().find(|field| field.name() == column) else {
            let mut names: Vec<&str> = found.iter().map(|f| f.name().as_str()).take(30).collect();
            if names.len() < found.len() {
                names.push("…");
            }
            return Err(ScoresError::MissingColumn {
                file: file.to_owned(),
                column: column.clone(),
                found: names.join(", "),
            });
        };
        let (from, to) = (theirs.data_type(), ours.data_type());
        let (fits, expected) = match to {
            DataType::Utf8 => {
                // A column without any value has no type for some writers; some turn ISO dates
                // into dates of their own.
                let empty = *from == DataType::Null && ours.is_nullable();
                let date = *from == DataType::Date32 && column == "date";
                (is_text(from) || empty || date, "text")
            }
            DataType::UInt32 => (from.is_integer(), "whole numbers"),
            DataType::Float32 => (from.is_floating(), "fractional numbers"),
            _ => (list_item(from).is_some_and(is_text), "lists of text"),
        };
        if !fits || !can_cast_types(from, to) {
            return Err(ScoresError::ColumnType {
                file: file.to_owned(),
                column: column.clone(),
                expected,
                found: from.to_string(),
            });
        }
    }
    Ok(())
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn list_item(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item.data_type()),
        _ => None,
    }
}

/// A batch of rows with every column in its own type.
struct Batch {
    article: StringArray,
    summit: StringArray,
    date: StringArray,
    source: StringArray,
    sentence: PrimitiveArray<UInt32Type>,
    sentence_start: PrimitiveArray<UInt32Type>,
    sentence_end: PrimitiveArray<UInt32Type>,
    text: StringArray,
    party: StringArray,
    mention: StringArray,
    mention_start: PrimitiveArray<UInt32Type>,
    mention_end: PrimitiveArray<UInt32Type>,
    /// One for each stance.
    probabilities: Vec<PrimitiveArray<Float32Type>>,
    stance: StringArray,
    issues: arrow_array::ListArray,
    link: StringArray,
    rows: usize,
    next: usize,
}

type Bad = (String, String);

impl Batch {
    fn new(
        batch: &arrow_array::RecordBatch,
        schema: &Schema,
        stances: &StanceNames,
    ) -> Result<Batch, ArrowError> {
        let column = |name: &str| -> Result<ArrayRef, ArrowError> {
            let wanted = schema.field_with_name(name)?.data_type();
            let array = batch
                .column_by_name(name)
                .ok_or_else(|| ArrowError::SchemaError(format!("column {name:?} is gone")))?;
            // Not `safe`: a number that does not fit is an error, never a null.
            let options = CastOptions {
                safe: false,
                ..CastOptions::default()
            };
            cast_with_options(array, wanted, &options)
                .map_err(|error| ArrowError::CastError(format!("column {name:?}: {error}")))
        };
        let text = |name| Ok::<_, ArrowError>(column(name)?.as_string::<i32>().clone());
        let number = |name| Ok::<_, ArrowError>(column(name)?.as_primitive::<UInt32Type>().clone());
        let p = |name| Ok::<_, ArrowError>(column(name)?.as_primitive::<Float32Type>().clone());
        Ok(Batch {
            article: text("article")?,
            summit: text("summit")?,
            date: text("date")?,
            source: text("source")?,
            sentence: number("sentence")?,
            sentence_start: number("sentence_start")?,
            sentence_end: number("sentence_end")?,
            text: text("text")?,
            party: text("party")?,
            mention: text("mention")?,
            mention_start: number("mention_start")?,
            mention_end: number("mention_end")?,
            probabilities: stances.iter().map(p).collect::<Result<_, _>>()?,
            stance: text("stance")?,
            issues: column("issues")?.as_list::<i32>().clone(),
            link: text("link")?,
            rows: batch.num_rows(),
            next: 0,
        })
    }

    fn row(&self, index: usize, stances: &StanceNames) -> Result<Row, Bad> {
        let optional =
            |array: &StringArray| (!array.is_null(index)).then(|| array.value(index).to_owned());
        let text =
            |column: &str, array: &StringArray| optional(array).ok_or_else(|| missing(column));
        let number = |column: &str, array: &PrimitiveArray<UInt32Type>| {
            if array.is_null(index) {
                Err(missing(column))
            } else {
                Ok(array.value(index))
            }
        };
        let p = |(column, array): (&str, &PrimitiveArray<Float32Type>)| {
            if array.is_null(index) {
                Err(missing(column))
            } else {
                Ok(array.value(index))
            }
        };
        let stance = text("stance", &self.stance)?;
        let top = stances
            .index(&stance)
            .ok_or_else(|| ("stance".to_owned(), row::no_stance(&stance, stances)))?;
        let probabilities = stances.iter().zip(&self.probabilities);
        let probabilities = probabilities
            .map(p)
            .collect::<Result<Probabilities, Bad>>()?;
        let link = text("link", &self.link)?;
        let row = Row {
            article: text("article", &self.article)?,
            summit: optional(&self.summit),
            date: optional(&self.date),
            source: optional(&self.source),
            sentence: number("sentence", &self.sentence)?,
            sentence_start: number("sentence_start", &self.sentence_start)?,
            sentence_end: number("sentence_end", &self.sentence_end)?,
            text: text("text", &self.text)?,
            party: text("party", &self.party)?,
            mention: text("mention", &self.mention)?,
            mention_start: number("mention_start", &self.mention_start)?,
            mention_end: number("mention_end", &self.mention_end)?,
            stance: RowStance::with_top(stances, probabilities, top),
            issues: self.issues(index)?,
            link: row::link_from_name(&link).ok_or_else(|| {
                (
                    "link".to_owned(),
                    format!("{link:?} is no way to find a party"),
                )
            })?,
        };
        match row.problem() {
            Some(bad) => Err(bad),
            None => Ok(row),
        }
    }

    fn issues(&self, index: usize) -> Result<Vec<String>, Bad> {
        if self.issues.is_null(index) {
            // Writers that know no empty list leave it out.
            return Ok(Vec::new());
        }
        let items = self.issues.value(index);
        let items = items.as_string::<i32>();
        items
            .iter()
            .map(|item| item.map(str::to_owned).ok_or_else(|| missing("issues")))
            .collect()
    }
}

fn missing(column: &str) -> Bad {
    (column.to_owned(), "the value is missing".to_owned())
}
