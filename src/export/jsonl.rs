//! JSON Lines: an object for each row or cell. Missing values are `null`.

use std::io::Write;

use serde_json::{Map, Value as Json};

use super::summary_table::{self, Value};
use super::target::{Target, TargetWriter};
use super::{Export, ExportError, Summary, write_error};
use crate::scores::{Row, ScoresError, StanceNames, jsonl};

pub(super) struct JsonLines {
    target: TargetWriter,
    name: String,
    stances: StanceNames,
    used: bool,
}

impl JsonLines {
    pub fn create(target: &Target, stances: &StanceNames) -> Result<JsonLines, ExportError> {
        Ok(JsonLines {
            stances: stances.clone(),
            target: target.open()?,
            name: target.name(),
            used: false,
        })
    }

    fn first_table(&mut self) -> Result<(), ExportError> {
        if std::mem::replace(&mut self.used, true) {
            return Err(ExportError::OneTable {
                file: self.name.clone(),
            });
        }
        Ok(())
    }
}

impl Export for JsonLines {
    fn scores(
        &mut self,
        rows: &mut dyn Iterator<Item = Result<Row, ScoresError>>,
    ) -> Result<u64, ExportError> {
        self.first_table()?;
        let mut writer = jsonl::Writer::new(&mut self.target, &self.name);
        let mut written = 0;
        for row in rows {
            writer.write(&row?)?;
            written += 1;
        }
        Ok(written)
    }

    fn summary(&mut self, summary: Summary<'_>) -> Result<u64, ExportError> {
        self.first_table()?;
        let columns = summary_table::columns(summary.by, &self.stances);
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
            writeln!(self.target, "{}", Json::Object(object)).map_err(write_error(&self.name))?;
        }
        Ok(summary.cells.len() as u64)
    }

    fn finish(self: Box<Self>) -> Result<(), ExportError> {
        self.target.finish()
    }
}
