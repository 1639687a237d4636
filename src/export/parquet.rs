//! Parquet: rows as `stance score` writes them, several files put together; cells as flat
//! columns.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::summary_table::{self, Kind, Value};
use super::{Export, ExportError, Summary, name};
use crate::scores::{Output, Provenance, Row, ScoresError, StanceNames, parquet as scores_parquet};

pub(super) struct Parquet {
    path: PathBuf,
    provenance: Provenance,
    written: Written,
}

/// What waits for its place.
enum Written {
    Nothing,
    Scores(Box<scores_parquet::Writer>),
    Summary(Output),
}

impl Parquet {
    pub fn create(path: &Path, provenance: Option<&Provenance>, stances: &StanceNames) -> Parquet {
        Parquet {
            path: path.to_owned(),
            provenance: Provenance {
                stances: stances.clone(),
                ..provenance.cloned().unwrap_or_default()
            },
            written: Written::Nothing,
        }
    }

    fn first_table(&self) -> Result<(), ExportError> {
        match self.written {
            Written::Nothing => Ok(()),
            _ => Err(ExportError::OneTable {
                file: name(&self.path),
            }),
        }
    }
}

impl Export for Parquet {
    fn scores(
        &mut self,
        rows: &mut dyn Iterator<Item = Result<Row, ScoresError>>,
    ) -> Result<u64, ExportError> {
        self.first_table()?;
        let mut writer = scores_parquet::Writer::create(&self.path, &self.provenance)?;
        for row in rows {
            writer.write(&row?)?;
        }
        let written = writer.rows();
        self.written = Written::Scores(Box::new(writer));
        Ok(written)
    }

    fn summary(&mut self, summary: Summary<'_>) -> Result<u64, ExportError> {
        self.first_table()?;
        let file = name(&self.path);
        let failed = |source| ExportError::Parquet {
            file: file.clone(),
            source,
        };
        let columns = summary_table::columns(summary.by, &self.provenance.stances);
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| match column.kind {
                Kind::Text => Field::new(&column.name, DataType::Utf8, true),
                Kind::Count => Field::new(&column.name, DataType::UInt64, true),
                Kind::Number => Field::new(&column.name, DataType::Float64, true),
            })
            .collect();
        let arrays: Vec<ArrayRef> = columns
            .iter()
            .map(|column| -> ArrayRef {
                let values = summary.cells.iter().map(|cell| column.value(cell));
                match column.kind {
                    Kind::Text => Arc::new(
                        values
                            .map(|v| {
                                if let Value::Text(v) = v {
                                    Some(v)
                                } else {
                                    None
                                }
                            })
                            .collect::<StringArray>(),
                    ),
                    Kind::Count => Arc::new(
                        values
                            .map(|v| {
                                if let Value::Count(v) = v {
                                    Some(v)
                                } else {
                                    None
                                }
                            })
                            .collect::<UInt64Array>(),
                    ),
                    Kind::Number => Arc::new(
                        values
                            .map(|v| {
                                if let Value::Number(v) = v {
                                    Some(v)
                                } else {
                                    None
                                }
                            })
                            .collect::<Float64Array>(),
                    ),
                }
            })
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)
            .map_err(|error| failed(ParquetError::from(error)))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let output = Output::create(&self.path)?;
        let mut writer = ArrowWriter::try_new(output, schema, Some(properties)).map_err(&failed)?;
        writer.write(&batch).map_err(&failed)?;
        self.written = Written::Summary(writer.into_inner().map_err(&failed)?);
        Ok(summary.cells.len() as u64)
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        match self.written {
            Written::Nothing => {}
            Written::Scores(writer) => drop(writer.finish()?),
            Written::Summary(output) => drop(output.persist()?),
        }
        Ok(())
    }
}
