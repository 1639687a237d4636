//! A text file that holds one table: what CSV and JSON Lines have in common.

use super::ExportError;
use super::target::{Target, TargetWriter};
use crate::scores::StanceNames;

pub(super) struct TextFile {
    pub target: TargetWriter,
    /// For messages.
    pub name: String,
    pub stances: StanceNames,
    holds_table: bool,
}

impl TextFile {
    pub fn create(target: &Target, stances: &StanceNames) -> Result<TextFile, ExportError> {
        Ok(TextFile {
            target: target.open()?,
            name: target.name(),
            stances: stances.clone(),
            holds_table: false,
        })
    }

    /// Called before a table is written: there is room for one only.
    pub fn begin_table(&mut self) -> Result<(), ExportError> {
        if std::mem::replace(&mut self.holds_table, true) {
            return Err(ExportError::OneTable {
                file: self.name.clone(),
            });
        }
        Ok(())
    }
}
