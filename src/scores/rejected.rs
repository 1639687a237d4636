//! `rejected.jsonl`: the records that could not be scored, one JSON object a line.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::{Output, ScoresError};

/// Name of the file in the folder that `stance score` writes.
pub const REJECTED_FILE: &str = "rejected.jsonl";

/// Writes rejected records, of whatever type says what was wrong with them. The file appears on
/// [`Writer::finish`], and only if there is something in it.
pub struct Writer {
    output: Output,
    records: u64,
}

impl Writer {
    /// Start the file at `path`, whose folder must exist.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when no file can be made there.
    pub fn create(path: &Path) -> Result<Writer, ScoresError> {
        Ok(Writer {
            output: Output::create(path)?,
            records: 0,
        })
    }

    /// Add one record.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when the disk takes no more, or the record has no JSON form.
    pub fn write<T: Serialize + ?Sized>(&mut self, record: &T) -> Result<(), ScoresError> {
        let result = serde_json::to_writer(&mut self.output, record)
            .map_err(std::io::Error::from)
            .and_then(|()| self.output.write_all(b"\n"));
        result.map_err(|source| ScoresError::Write {
            file: self.output.target().display().to_string(),
            source,
        })?;
        self.records += 1;
        Ok(())
    }

    /// How many records were written so far.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Put the file in its place and return how many records it holds. Without records no file
    /// is left, not even one of an earlier run, whose records would mislead.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when the file cannot be put in its place, or the old one not removed.
    pub fn finish(self) -> Result<u64, ScoresError> {
        if self.records > 0 {
            self.output.persist()?;
        } else {
            let target = self.output.target();
            match std::fs::remove_file(target) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    let file = target.display().to_string();
                    return Err(ScoresError::Write { file, source });
                }
                _ => {}
            }
        }
        Ok(self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Bad<'t> {
        file: &'t str,
        line: u32,
    }

    #[test]
    fn records_are_lines_and_a_clean_run_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(REJECTED_FILE);
        let mut writer = Writer::create(&path).unwrap();
        writer
            .write(&Bad {
                file: "a\n.csv",
                line: 3,
            })
            .unwrap();
        writer.write(&Bad { file: "b", line: 4 }).unwrap();
        assert_eq!(writer.finish().unwrap(), 2);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"file\":\"a\\n.csv\",\"line\":3}\n{\"file\":\"b\",\"line\":4}\n"
        );
        assert_eq!(Writer::create(&path).unwrap().finish().unwrap(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
