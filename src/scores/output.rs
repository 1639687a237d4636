//! Output files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::ScoresError;

/// A file being written under a temporary name in its target's folder. It takes the target's
/// place on [`Output::persist`]; dropped before that, it leaves the target as it was.
#[derive(Debug)]
pub struct Output {
    writer: BufWriter<NamedTempFile>,
    target: PathBuf,
}

impl Output {
    /// Start writing the file `target`, whose folder must exist.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when no file can be made in the folder.
    pub fn create(target: &Path) -> Result<Output, ScoresError> {
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".part");
        // Temporary files are private by default; a result file is meant to be shared, as far
        // as the user's umask allows.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .tempfile_in(folder)
            .map_err(|source| ScoresError::Write {
                file: target.display().to_string(),
                source,
            })?;
        Ok(Output {
            writer: BufWriter::with_capacity(1 << 16, file),
            target: target.to_owned(),
        })
    }

    /// Where the file will be.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where the file is while it is written, for a library that writes to a path itself.
    pub fn temporary_path(&self) -> &Path {
        self.writer.get_ref().path()
    }

    /// Put the file in its place, replacing what was there.
    ///
    /// # Errors
    /// [`ScoresError::Write`] when the last bytes could not be written or the file not moved.
    pub fn persist(self) -> Result<File, ScoresError> {
        let file = self.target.display().to_string();
        let write = |source| ScoresError::Write { file, source };
        let inner = match self.writer.into_inner() {
            Ok(inner) => inner,
            Err(error) => return Err(write(error.into_error())),
        };
        if let Err(source) = inner.as_file().sync_all() {
            return Err(write(source));
        }
        inner
            .persist(&self.target)
            .map_err(|error| write(error.error))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_output_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("summary.csv");
        std::fs::write(&target, "old").unwrap();
        let mut output = Output::create(&target).unwrap();
        output.write_all(b"half a").unwrap();
        drop(output);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

        let mut output = Output::create(&target).unwrap();
        output.write_all(b"new").unwrap();
        output.persist().unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = Output::create(&folder.path().join("no/such/file")).unwrap_err();
        assert!(error.to_string().contains("no/such/file"), "{error}");
    }
}
