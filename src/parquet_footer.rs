//! Parquet footers that are looked at before they are decoded, for the same reason as
//! [pages](crate::parquet_pages): the decoder makes room for as many columns as a group of the
//! schema claims to have, before it finds that the footer names fewer.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::{ParquetError, Result};

use crate::parquet_pages::number;

/// What stands at the end of a file: the footer's length, and the format's name.
const END: usize = 8;
/// Lists and structures in each other: footers have four.
const DEPTH: usize = 16;

/// Read a file's metadata.
///
/// # Errors
/// Where they cannot be read or followed, or the schema claims more columns than it names.
pub(crate) fn load(file: &File, options: ArrowReaderOptions) -> Result<ArrowReaderMetadata> {
    if let Some(footer) = footer(file)? {
        check(&footer)?;
    }
    ArrowReaderMetadata::load(file, options)
}

/// The footer's bytes; none where they are not there, as the library then says itself.
fn footer(mut file: &File) -> Result<Option<Vec<u8>>> {
    let length = file.seek(SeekFrom::End(0))?;
    let Some(end) = length.checked_sub(END as u64) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(end))?;
    let mut last = [0; END];
    file.read_exact(&mut last)?;
    let [a, b, c, d, name @ ..] = last;
    if name != *b"PAR1" {
        return Ok(None);
    }
    let size = u64::from(u32::from_le_bytes([a, b, c, d]));
    let Some(start) = end.checked_sub(size) else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(size).read_to_end(&mut footer)?;
    Ok(Some(footer))
}

/// Refuse a schema in which a group has more children than there are elements.
fn check(footer: &[u8]) -> Result<()> {
    let problem = match most_children(footer) {
        Some((children, elements)) if children <= elements => return Ok(()),
        Some((children, elements)) => {
            format!("the schema names {elements} columns, but a group claims {children}")
        }
        // The library might go on where this does not.
        None => "the schema cannot be followed".to_owned(),
    };
    Err(ParquetError::General(problem))
}

// Types of Thrift's compact protocol.
const STOP: u8 = 0;
const I32: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;
/// The list of schema elements among the fields of a footer.
const SCHEMA: i64 = 2;
/// The number of children among the fields of a schema element.
const CHILDREN: i64 = 5;

/// The largest number of children of a schema element, and how many elements there are.
fn most_children(footer: &[u8]) -> Option<(u64, u64)> {
    let mut rest = footer;
    let mut id = 0;
    loop {
        let kind = field(&mut rest, &mut id)?;
        match (kind, id) {
            (LIST, SCHEMA) => break,
            (STOP, _) => return None,
            _ => {}
        }
        skip(&mut rest, kind, DEPTH)?;
    }
    let (kind, elements) = list(&mut rest)?;
    if kind != STRUCT {
        return None;
    }
    let mut most = 0;
    for _ in 0..elements {
        let mut id = 0;
        loop {
            match (field(&mut rest, &mut id)?, id) {
                (STOP, _) => break,
                (I32, CHILDREN) => most = most.max(unzigzag(number(&mut rest)?).max(0) as u64),
                (kind, _) => skip(&mut rest, kind, DEPTH)?,
            }
        }
    }
    Some((most, elements))
}

/// The type of a structure's next field, whose number follows from the one before; STOP behind
/// the last.
fn field(rest: &mut &[u8], id: &mut i64) -> Option<u8> {
    let header = byte(rest)?;
    let kind = header & 0x0f;
    if kind != STOP {
        *id = match header >> 4 {
            0 => unzigzag(number(rest)?),
            step => id.checked_add(i64::from(step))?,
        };
    }
    Some(kind)
}

/// The type and number of a list's elements.
fn list(rest: &mut &[u8]) -> Option<(u8, u64)> {
    let header = byte(rest)?;
    let count = match header >> 4 {
        15 => number(rest)?,
        count => u64::from(count),
    };
    Some((header & 0x0f, count))
}

/// Pass over a value of a field.
fn skip(rest: &mut &[u8], kind: u8, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match kind {
        // True and false are types of their own.
        1 | 2 => {}
        3 => pass(rest, 1)?,
        4..=6 => drop(number(rest)?),
        7 => pass(rest, 8)?,
        8 => {
            let length = number(rest)?;
            pass(rest, length)?;
        }
        LIST | 10 => {
            let (kind, count) = list(rest)?;
            for _ in 0..count {
                match kind {
                    1 | 2 => pass(rest, 1)?,
                    kind => skip(rest, kind, depth)?,
                }
            }
        }
        STRUCT => {
            let mut id = 0;
            loop {
                match field(rest, &mut id)? {
                    STOP => break,
                    kind => skip(rest, kind, depth)?,
                }
            }
        }
        // Maps and what comes later: no footer has them.
        _ => return None,
    }
    Some(())
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (byte, behind) = rest.split_first()?;
    *rest = behind;
    Some(*byte)
}

fn pass(rest: &mut &[u8], bytes: u64) -> Option<()> {
    *rest = rest.get(usize::try_from(bytes).ok()?..)?;
    Some(())
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A footer of version 1 with two schema elements: the root with so many children (as a
    /// number of variable length), and an optional "text".
    fn footer(children: &[u8]) -> Vec<u8> {
        let root = [&[0x48, 1, b'r', 0x15][..], children, &[0]].concat();
        let text = [0x15, 12, 0x25, 2, 0x18, 4, b't', b'e', b'x', b't', 0];
        [&[0x15, 2, 0x19, 0x2c][..], &root, &text, &[0]].concat()
    }

    #[test]
    fn a_schema_with_its_columns_is_taken() {
        assert_eq!(most_children(&footer(&[2])), Some((1, 2)));
        assert!(check(&footer(&[2])).is_ok());
    }

    #[test]
    fn a_schema_that_claims_a_billion_columns_is_refused() {
        let message = check(&footer(&[0x80, 0xa8, 0xd6, 0xb9, 0x07])).unwrap_err();
        assert!(
            message.to_string().contains("claims 1000000000"),
            "{message}"
        );
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        let whole = footer(&[2]);
        for end in 0..whole.len() - 1 {
            assert!(check(&whole[..end]).is_err(), "{end} bytes");
        }
        assert!(check(&[0x19; 100]).is_err());
    }
}
