//! What tells whether a record is still the same.

use sha2::{Digest, Sha256};

use crate::articles::{Article, Rejected};

/// The first eight bytes of a record's SHA-256: of all fields of an article, or of how a record
/// was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    pub fn of(record: &Result<Article, Rejected>) -> Fingerprint {
        // Strings and numbers always have a JSON form. Its field names tell the two kinds apart.
        let json = match record {
            Ok(article) => serde_json::to_vec(article),
            Err(rejected) => serde_json::to_vec(rejected),
        };
        let digest = Sha256::digest(json.unwrap_or_default());
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Fingerprint(u64::from_be_bytes(first))
    }

    /// Sixteen hexadecimal digits.
    pub(in crate::scores) fn hex(self) -> String {
        format!("{:016x}", self.0)
    }

    /// Read back [`Fingerprint::hex`].
    pub(super) fn from_hex(digits: &str) -> Option<Fingerprint> {
        u64::from_str_radix(digits, 16).ok().map(Fingerprint)
    }
}
