//! Where an export goes.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::PathBuf;

use super::{ExportError, write_error};
use crate::scores::Output;

/// A file, or standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    File(PathBuf),
    Stdout,
}

impl Target {
    /// What messages call it.
    pub fn name(&self) -> String {
        match self {
            Target::File(path) => path.display().to_string(),
            Target::Stdout => "standard output".to_owned(),
        }
    }

    pub(super) fn open(&self) -> Result<TargetWriter, ExportError> {
        Ok(match self {
            Target::File(path) => TargetWriter::File(Output::create(path)?),
            Target::Stdout => TargetWriter::Stdout(BufWriter::new(io::stdout())),
        })
    }
}

/// A text format's way to its target.
pub(super) enum TargetWriter {
    File(Output),
    Stdout(BufWriter<Stdout>),
}

impl TargetWriter {
    /// Put the file in its place, or send the last of it.
    pub fn finish(self) -> Result<(), ExportError> {
        match self {
            TargetWriter::File(output) => drop(output.persist()?),
            TargetWriter::Stdout(mut out) => out.flush().map_err(write_error("standard output"))?,
        }
        Ok(())
    }
}

impl Write for TargetWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            TargetWriter::File(output) => output.write(bytes),
            TargetWriter::Stdout(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            TargetWriter::File(output) => output.flush(),
            TargetWriter::Stdout(out) => out.flush(),
        }
    }
}
