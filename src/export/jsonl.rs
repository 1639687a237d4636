//! JSON Lines: an object for each row or cell. Missing values are `null`.

use std::io::Write;

use serde_json::{Map, Value as Json};

use super::summary_table::{self, Value};
use super::text_file::TextFile;
use super::{Export, ExportError, Summary, write_error};
use crate::scores::{Row, ScoresError, jsonl};

pub(super) struct JsonLines(pub TextFile);

impl Export for JsonLines {
    fn scores(
        &mut self,
        rows: &mut dyn Iterator<Item = Result<Row, ScoresError>>,
    ) -> Result<u64, ExportError> {
        self.0.begin_table()?;
        let mut writer = jsonl::Writer::new(&mut self.0.target, &self.0.name);
        let mut written = 0;
        for row in rows {
            writer.write(&row?)?;
            written += 1;
        }
        Ok(written)
    }

    fn summary(&mut self, summary: Summary<'_>) -> Result<u64, ExportError> {
        self.0.begin_table()?;
        let columns = summary_table::columns(summary.by, &self.0.stances);
        for cell in summary.cells {
            let object: Map<String, Json> = columns
                .iter()
                .map(|column| {
                    let value = match column.value(cell) {
                        Value::Text(text) => Json::from(text.into_owned()),
                        Value::Count(count) => Json::from(count),
                        Value::Number(number) => Json::from(number),
                        Value::Missing => Json::Null,
                    };
                    (column.name.clone(), value)
                })
                .collect();
            writeln!(self.0.target, "{}", Json::Object(object))
                .map_err(write_error(&self.0.name))?;
        }
        Ok(summary.cells.len() as u64)
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        self.0.target.finish()
    }
}
