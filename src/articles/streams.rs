//! Opening a file or stream: counting, decompressing, and handing it to its format's reader.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;

use super::fields::{Context, Place};
use super::files::{Content, Source};
use super::rejected::Rejected;
use super::sniff::{self, Compression, Format};
use super::{FileArticles, ReadOptions, Tally};
use super::{delimited, json_lines, json_values, parquet, plain};

/// A decompressed stream, without byte-order mark.
pub(super) type Input = Box<dyn BufRead + Send>;

/// So much of the start decides what a stream is.
const HEAD: u64 = 64 << 10;

/// zstd windows of up to 128 MiB, which is what `zstd --ultra -22` makes; larger ones, which only
/// `--long` makes, would let a small file claim gigabytes.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Begin to read a file.
pub(super) fn open(
    source: Source,
    options: Arc<ReadOptions>,
    tally: Tally,
) -> Result<FileArticles, Rejected> {
    let context = Context {
        file: source.file,
        base: source.base,
        options,
        tally,
    };
    let refuse = |reason: String| context.reject(Place::default(), reason, b"");
    let cannot = |error: io::Error| refuse(format!("the file cannot be read: {error}"));

    let raw: Box<dyn Read + Send> = match source.content {
        Content::File(path) => {
            let file = File::open(path).map_err(cannot)?;
            if source.format == Some(Format::Parquet)
                && source.compression == Compression::None
                && Compression::of(&start_of(&file).map_err(cannot)?) == Compression::None
            {
                let bytes = file.metadata().map_or(0, |metadata| metadata.len());
                return Ok(parquet::open(file, bytes, context));
            }
            Box::new(file)
        }
        Content::Stdin => Box::new(io::stdin()),
        Content::Stream(stream) => stream,
    };
    let counted = Counted {
        inner: raw,
        tally: context.tally.clone(),
    };
    let (head, rest) = peek(counted, 4).map_err(cannot)?;
    let compression = Compression::of(&head);
    let raw = BufReader::with_capacity(HEAD as usize, Cursor::new(head).chain(rest));
    if source.compression != Compression::None && compression != source.compression {
        return Err(refuse(format!(
            "the file is damaged or no {} file, though its name says so",
            source.compression.name()
        )));
    }
    let stream: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(raw),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(raw)),
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(raw).map_err(cannot)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(cannot)?;
            Box::new(decoder)
        }
    };
    let damage = Damage(compression);
    let (mut head, rest) = peek(stream, HEAD).map_err(|error| refuse(damage.reason(&error)))?;
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(refuse(
            "the text is UTF-16; save it as UTF-8 (in Excel: \"CSV UTF-8\")".into(),
        ));
    }
    if head.starts_with("\u{feff}".as_bytes()) {
        head.drain(..3);
    }
    let columns = &context.options.columns;
    let format = match source.format {
        Some(Format::Json) => sniff::json(&head),
        Some(Format::Delimited { delimiter }) => Format::Delimited {
            delimiter: sniff::header_delimiter(&head, columns).unwrap_or(delimiter),
        },
        Some(format) => format,
        None => sniff::by_content(&head, columns),
    };
    let input: Input = Box::new(BufReader::with_capacity(
        HEAD as usize,
        Cursor::new(head).chain(rest),
    ));
    Ok(match format {
        Format::JsonLines => Box::new(json_lines::JsonLines::new(input, context, damage)),
        Format::JsonValues | Format::Json => {
            Box::new(json_values::JsonValues::new(input, context, damage))
        }
        Format::Delimited { delimiter } => {
            Box::new(delimited::Delimited::new(input, delimiter, context, damage))
        }
        Format::Plain => plain::read(input, source.summit, source.date, &context, damage),
        Format::Parquet => {
            let file = kept_whole(input, damage, UNPACKED_PARQUET).map_err(refuse)?;
            parquet::open(file, 0, context)
        }
    })
}

fn start_of(mut file: &File) -> io::Result<Vec<u8>> {
    use std::io::Seek;
    let mut head = Vec::new();
    file.take(4).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head)
}

/// A Parquet file that comes packed may unpack to so much; it is packed inside already, so that
/// there is little to gain, and more would be made to fill the disk.
const UNPACKED_PARQUET: u64 = 4 << 30;

/// Parquet has its table of contents at the end, so a stream of it is kept in a temporary file. A
/// packed one may unpack to `limit` bytes.
fn kept_whole(mut input: Input, damage: Damage, limit: u64) -> Result<File, String> {
    use std::io::{Seek, Write};
    let limit = match damage.0 {
        Compression::None => u64::MAX,
        _ => limit,
    };
    let cannot = |error: io::Error| {
        format!(
            "the Parquet file cannot be kept in the temporary folder: {error}; make room there, or \
             unpack it and name the result"
        )
    };
    let mut file = tempfile::tempfile().map_err(cannot)?;
    let mut kept = 0;
    loop {
        let part = input.fill_buf().map_err(|error| damage.reason(&error))?;
        if part.is_empty() {
            break;
        }
        kept += part.len() as u64;
        if kept > limit {
            return Err(format!(
                "the Parquet file unpacks to more than {limit} bytes; unpack it with gunzip or unzstd \
                 and name the result"
            ));
        }
        file.write_all(part).map_err(cannot)?;
        let length = part.len();
        input.consume(length);
    }
    file.rewind().map_err(cannot)?;
    Ok(file)
}

/// Read the first bytes of a stream; what comes behind them is read from the second value.
fn peek<R: Read>(mut stream: R, count: u64) -> io::Result<(Vec<u8>, Rest<R>)> {
    let mut head = Vec::new();
    let error = stream.by_ref().take(count).read_to_end(&mut head).err();
    match error {
        Some(error) if head.is_empty() => Err(error),
        // What could be read before an error is still good: the error comes again behind it.
        error => Ok((head, Rest { error, stream })),
    }
}

struct Rest<R> {
    error: Option<io::Error>,
    stream: R,
}

impl<R: Read> Read for Rest<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.stream.read(buffer),
        }
    }
}

/// Counts the bytes that are read, for progress.
struct Counted<R> {
    inner: R,
    tally: Tally,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.tally.add_bytes(count as u64);
        Ok(count)
    }
}

/// How an error in the middle of a stream is explained.
#[derive(Clone, Copy)]
pub(super) struct Damage(Compression);

impl Damage {
    pub fn reason(self, error: &io::Error) -> String {
        match self.0 {
            Compression::None => {
                format!("the file cannot be read on from here, and its rest was left out: {error}")
            }
            // A decoder may unpack nonsense for a while before it notices.
            compression => format!(
                "the {} data are damaged or cut short ({error}); the rest of the file was left out, \
                 and records shortly before may be wrong; get a whole copy of it",
                compression.name()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_parquet_file_that_unpacks_to_too_much_is_refused() {
        let kept = |bytes: u64, compression| {
            let input: Input = Box::new(BufReader::new(io::repeat(7).take(bytes)));
            kept_whole(input, Damage(compression), 100_000)
        };
        let whole = kept(100_000, Compression::Gzip).unwrap();
        assert_eq!(whole.metadata().unwrap().len(), 100_000);
        let refused = kept(100_001, Compression::Zstd).unwrap_err();
        assert!(refused.contains("more than 100000 bytes"), "{refused}");
        // What is not packed takes no more than it took before.
        assert!(kept(100_001, Compression::None).is_ok());
    }
}
