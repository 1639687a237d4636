//! One writer at a time on a folder.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use same_file::Handle;

const LOCK_FILE: &str = "lock";

/// Far more than runs can end while one begins.
const TRIES: usize = 100;

/// A folder's lock. The system lets go of it when the program ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    /// Open, and so locked, for as long as this lives.
    _file: File,
    folder: PathBuf,
    note: Option<String>,
}

/// Why a folder was not locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another program is at work on this folder")]
    Busy,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Lock {
    /// Make `folder`, whose parent must exist, if need be and lock it by a file in it.
    pub fn take(folder: &Path) -> Result<Lock, LockError> {
        // A run that ends meanwhile takes its lock file and the folder away; then try again.
        for _ in 0..TRIES {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(error.into());
                }
                _ => {}
            }
            let path = folder.join(LOCK_FILE);
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path);
            let file = match opened {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            let note = match file.try_lock() {
                Ok(()) => None,
                Err(TryLockError::WouldBlock) => return Err(LockError::Busy),
                // Some network file systems know no locks, and must not be useless for that.
                Err(TryLockError::Error(error)) => Some(format!(
                    "the file system cannot lock files ({error}); see that no other run writes to \
                     this folder"
                )),
            };
            let ours = file.try_clone().and_then(Handle::from_file)?;
            if Handle::from_path(&path).is_ok_and(|named| named == ours) {
                return Ok(Lock {
                    _file: file,
                    folder: folder.to_owned(),
                    note,
                });
            }
        }
        Err(LockError::Busy)
    }

    /// Whether this is the lock's file.
    pub fn is_file(path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == LOCK_FILE)
    }

    /// Why the lock does not hold, if it does not.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Remove the lock file and its folder, if nothing else is in it.
    pub fn remove(self) {
        // Where this fails, the next run takes over what is left.
        let _ = fs::remove_file(self.folder.join(LOCK_FILE));
        let _ = fs::remove_dir(&self.folder);
    }
}
