//! Parquet files whose pages are looked at before they are decoded.
//!
//! The decoder makes room for as many values as a page claims to hold before it finds that the
//! page holds fewer. A damaged file of some hundred bytes may so claim all memory, which ends the
//! program, as no error does. Claims that no real file makes are errors here.

use std::fs::File;
use std::sync::Arc;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, RowGroups};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

/// The most values of a page whose encoding says how many they are. Writers close a page at a
/// mebibyte or at some 100,000 values.
const PAGE_VALUES: u64 = 1 << 24;

/// Read the columns of the mask in batches of so many rows, as the arrow types that the metadata
/// were given.
///
/// # Errors
/// Where the columns cannot be read as those types. The reader gives what is wrong with a page,
/// its claims included, as an error, but may panic on some damage, as the library does.
pub(crate) fn read(
    file: File,
    metadata: &ArrowReaderMetadata,
    mask: ProjectionMask,
    rows: usize,
) -> Result<ParquetRecordBatchReader> {
    let fields = metadata.schema().fields();
    let levels = parquet_to_arrow_field_levels(metadata.parquet_schema(), mask, Some(fields))?;
    let file = CheckedFile {
        file: Arc::new(file),
        metadata: Arc::clone(metadata.metadata()),
    };
    ParquetRecordBatchReader::try_new_with_row_groups(&levels, &file, rows, None)
}

/// A file's row groups.
struct CheckedFile {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
}

impl RowGroups for CheckedFile {
    fn num_rows(&self) -> usize {
        let rows = self.row_groups().map(|group| group.num_rows());
        rows.map(|rows| usize::try_from(rows).unwrap_or(0))
            .fold(0, usize::saturating_add)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        Ok(Box::new(CheckedColumn {
            file: Arc::clone(&self.file),
            metadata: Arc::clone(&self.metadata),
            column,
            groups: 0..self.metadata.num_row_groups(),
        }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// A column's pages, row group by row group.
struct CheckedColumn {
    file: Arc<File>,
    metadata: Arc<ParquetMetaData>,
    column: usize,
    groups: std::ops::Range<usize>,
}

impl CheckedColumn {
    fn pages(&self, group: usize) -> Result<CheckedPages> {
        let group = self.metadata.row_group(group);
        let column = group.columns().get(self.column).ok_or_else(|| {
            ParquetError::General(format!("a row group has no column {}", self.column))
        })?;
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let description = column.column_descr();
        Ok(CheckedPages {
            levels: [description.max_rep_level(), description.max_def_level()],
            pages: SerializedPageReader::new(Arc::clone(&self.file), column, rows, None)?,
        })
    }
}

impl Iterator for CheckedColumn {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = self.groups.next()?;
        let pages = self.pages(group);
        Some(pages.map(|pages| Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for CheckedColumn {}

/// The pages of a column in a row group, each checked before it is given.
struct CheckedPages {
    pages: SerializedPageReader<File>,
    /// The highest repetition and definition levels.
    levels: [i16; 2],
}

impl CheckedPages {
    fn check(&self, page: Option<Page>) -> Result<Option<Page>> {
        if let Some(page) = &page {
            check(page, self.levels)?;
        }
        Ok(page)
    }
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        self.check(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn supports_deferred_dictionary(&self) -> bool {
        self.pages.supports_deferred_dictionary()
    }

    fn take_deferred_dictionary(&mut self) -> Result<Option<Page>> {
        let page = self.pages.take_deferred_dictionary()?;
        self.check(page)
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

/// Refuse a page that claims to hold more than it can.
fn check(page: &Page, levels: [i16; 2]) -> Result<()> {
    let values = match page {
        // Each value takes a byte at the least.
        Page::DictionaryPage {
            buf, num_values, ..
        } if *num_values as usize > buf.len() => {
            return Err(claims(u64::from(*num_values), "dictionary"));
        }
        Page::DictionaryPage { .. } => return Ok(()),
        Page::DataPage {
            buf,
            num_values,
            rep_level_encoding,
            def_level_encoding,
            ..
        } => {
            let encodings = [*rep_level_encoding, *def_level_encoding];
            behind_levels(buf, *num_values, levels, encodings)
        }
        Page::DataPageV2 {
            buf,
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } => {
            let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
            usize::try_from(levels).ok().and_then(|at| buf.get(at..))
        }
    };
    // Where the values are not even there, the decoder says so itself.
    let Some(values) = values else { return Ok(()) };
    match page.encoding() {
        Encoding::DELTA_LENGTH_BYTE_ARRAY => deltas(values).map(drop),
        Encoding::DELTA_BYTE_ARRAY => match deltas(values)? {
            Some(suffixes) => deltas(suffixes).map(drop),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn claims(values: u64, what: &str) -> ParquetError {
    ParquetError::General(format!("a {what} page claims to hold {values} values"))
}

/// The values of a page of the first version, which stand behind its levels.
fn behind_levels(
    page: &[u8],
    count: u32,
    levels: [i16; 2],
    encodings: [Encoding; 2],
) -> Option<&[u8]> {
    let mut rest = page;
    for (level, encoding) in levels.into_iter().zip(encodings) {
        if level <= 0 {
            continue;
        }
        let length = match encoding {
            Encoding::RLE => {
                let (length, behind) = rest.split_first_chunk::<4>()?;
                rest = behind;
                u64::from(u32::from_le_bytes(*length))
            }
            // Of old writers: as many bits each as the highest level needs.
            _ => (u64::from(count) * u64::from(16 - level.leading_zeros())).div_ceil(8),
        };
        rest = rest.get(usize::try_from(length).ok()?..)?;
    }
    Some(rest)
}

/// What stands behind a run of numbers in DELTA_BINARY_PACKED, whose count is checked; none if
/// the run ends too soon.
fn deltas(values: &[u8]) -> Result<Option<&[u8]>> {
    let mut rest = values;
    let mut header = || number(&mut rest);
    let (block, per_block, count) = (header(), header(), header());
    if let Some(count) = count.filter(|count| *count > PAGE_VALUES) {
        return Err(claims(count, "data"));
    }
    Ok(behind_deltas(rest, block, per_block, count))
}

fn behind_deltas(
    mut rest: &[u8],
    block: Option<u64>,
    per_block: Option<u64>,
    count: Option<u64>,
) -> Option<&[u8]> {
    let per_mini = block?.checked_div(per_block?)?;
    let minis = usize::try_from(per_block?).ok()?;
    let _first = number(&mut rest)?;
    let mut left = count?.saturating_sub(1);
    while left > 0 && per_mini > 0 {
        let _least = number(&mut rest)?;
        let (widths, mut behind) = rest.split_at_checked(minis)?;
        for width in widths {
            // Miniblocks without values have a width, but no bytes.
            if left == 0 {
                break;
            }
            let bytes = u64::from(*width).checked_mul(per_mini)? / 8;
            behind = behind.get(usize::try_from(bytes).ok()?..)?;
            left = left.saturating_sub(per_mini);
        }
        rest = behind;
    }
    Some(rest)
}

/// The next number of variable length, seven bits a byte, the low ones first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, behind) = rest.split_first()?;
        *rest = behind;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block of 128 values in 4 miniblocks, so many values, first value 0.
    fn header(count: &[u8]) -> Vec<u8> {
        [&[0x80, 0x01, 0x04][..], count, &[0x00]].concat()
    }

    #[test]
    fn deltas_end_where_the_decoder_ends_them() {
        // 34 values: one miniblock of width 2, of whose 32 deltas the 33rd is in the next.
        let mut run = header(&[34]);
        run.extend([0x00, 2, 1, 7, 7]);
        run.extend([0; 8 + 4]);
        run.extend(b"behind");
        assert_eq!(deltas(&run).unwrap(), Some(&b"behind"[..]));
        // One value needs no block.
        let run = [header(&[1]), b"behind".to_vec()].concat();
        assert_eq!(deltas(&run).unwrap(), Some(&b"behind"[..]));
        assert_eq!(deltas(&header(&[34])).unwrap(), None);
        assert_eq!(deltas(&[0x80]).unwrap(), None);
    }

    #[test]
    fn a_claim_of_a_billion_values_is_an_error() {
        let run = header(&[0x80, 0x94, 0xeb, 0xdc, 0x03]);
        let message = deltas(&run).unwrap_err().to_string();
        assert!(message.contains("1000000000 values"), "{message}");
    }

    #[test]
    fn values_stand_behind_both_kinds_of_levels() {
        let rle = [Encoding::RLE; 2];
        let page = [&[2, 0, 0, 0, 9, 9, 1, 0, 0, 0, 9][..], b"values"].concat();
        assert_eq!(behind_levels(&page, 3, [1, 1], rle), Some(&b"values"[..]));
        assert_eq!(
            behind_levels(b"values", 3, [0, 0], rle),
            Some(&b"values"[..])
        );
        assert_eq!(behind_levels(&[200, 0, 0, 0, 1], 3, [0, 1], rle), None);
        #[allow(deprecated)]
        let packed = [Encoding::BIT_PACKED; 2];
        // Nine values of two bits take three bytes.
        let page = b"___values";
        assert_eq!(behind_levels(page, 9, [0, 2], packed), Some(&b"values"[..]));
    }
}
