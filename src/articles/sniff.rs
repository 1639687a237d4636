//! Formats, told by a file's name or by how its content begins.

use std::path::Path;

use super::Columns;
use super::fields::{Field, Fit};

/// The kinds of files that are read, for messages.
pub const SUPPORTED: &str =
    ".jsonl, .ndjson, .json, .csv, .tsv, .txt (each also with .gz or .zst) and .parquet";

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    JsonLines,
    /// JSON objects one after the other, or in one array, over any number of lines.
    JsonValues,
    /// Either of the two above.
    Json,
    Delimited {
        delimiter: u8,
    },
    Parquet,
    Plain,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// What the first bytes of a file say.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // A skippable frame, with which some tools begin a zstd file.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "plain",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

/// What a file's name says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub format: Option<Format>,
    pub compression: Compression,
    /// The file's name without the ending of the compression.
    pub name: String,
}

/// Read a file's name.
pub(super) fn by_name(path: &Path) -> Named {
    let mut name = super::rejected::shown(Path::new(path.file_name().unwrap_or_default()));
    let mut compression = Compression::None;
    for (ending, kind) in [
        (".gz", Compression::Gzip),
        (".gzip", Compression::Gzip),
        (".zst", Compression::Zstd),
        (".zstd", Compression::Zstd),
    ] {
        if let Some(stem) = without_ending(&name, ending) {
            (name, compression) = (stem.to_owned(), kind);
            break;
        }
    }
    let format = [
        (".jsonl", Format::JsonLines),
        (".ndjson", Format::JsonLines),
        (".json", Format::Json),
        (".csv", Format::Delimited { delimiter: b',' }),
        (".tsv", Format::Delimited { delimiter: b'\t' }),
        (".tab", Format::Delimited { delimiter: b'\t' }),
        (".parquet", Format::Parquet),
        (".txt", Format::Plain),
    ]
    .into_iter()
    .find(|(ending, _)| without_ending(&name, ending).is_some())
    .map(|(_, format)| format);
    Named {
        format,
        compression,
        name,
    }
}

/// The name without this ending, in capitals or not; a name that is all ending has none.
pub(super) fn without_ending<'n>(name: &'n str, ending: &str) -> Option<&'n str> {
    let at = name.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
    let (stem, end) = (name.get(..at)?, name.get(at..)?);
    end.eq_ignore_ascii_case(ending).then_some(stem)
}

/// What the content says, for streams: Parquet by its magic, JSON by its brackets, a table by
/// a first line that names the text column, else one plain text.
pub(super) fn by_content(head: &[u8], columns: &Columns) -> Format {
    if head.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    let start = head.trim_ascii_start();
    let inside = start.get(1..).unwrap_or_default().trim_ascii_start();
    match (start.first(), inside.first()) {
        (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{')) => json(head),
        _ => match header_delimiter(head, columns) {
            Some(delimiter) => Format::Delimited { delimiter },
            None => Format::Plain,
        },
    }
}

/// Whether JSON comes as one object a line, which lets reading go on behind a broken one, or over
/// several lines.
pub(super) fn json(head: &[u8]) -> Format {
    let start = head.trim_ascii_start();
    if start.first() != Some(&b'{') {
        return Format::JsonValues;
    }
    match memchr::memchr(b'\n', start).and_then(|end| start.get(..end)) {
        // A pretty-printed object breaks its first line early, inside the object.
        Some(line) if !line.trim_ascii_end().ends_with(b"}") && line.len() < 200 => {
            Format::JsonValues
        }
        _ => Format::JsonLines,
    }
}

/// The delimiter with which the first line names the text column, if one does.
pub(super) fn header_delimiter(head: &[u8], columns: &Columns) -> Option<u8> {
    let line = head.split(|byte| *byte == b'\n' || *byte == b'\r').next()?;
    let line = String::from_utf8_lossy(line);
    [b',', b'\t', b';'].into_iter().find(|delimiter| {
        let fits = |name: &str| {
            let name = name.trim().trim_matches('"');
            columns.fit(Field::Text, name) != Fit::None
        };
        // A column of its own is no table by itself: a text may begin with the word "text".
        line.contains(*delimiter as char) && line.split(*delimiter as char).any(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_format_and_compression() {
        let named = by_name(Path::new("/a/Talks.CSV.GZ"));
        assert_eq!(named.format, Some(Format::Delimited { delimiter: b',' }));
        assert_eq!(named.compression, Compression::Gzip);
        assert_eq!(named.name, "Talks.CSV");
        assert_eq!(by_name(Path::new("notes.md")).format, None);
        assert_eq!(by_name(Path::new(".txt")).format, None);
        assert_eq!(
            by_name(Path::new("a.txt.zst")).compression,
            Compression::Zstd
        );
    }

    #[test]
    fn content_says_the_format_of_a_stream() {
        let columns = Columns::default();
        let of = |head: &str| by_content(head.as_bytes(), &columns);
        assert_eq!(of("PAR1..."), Format::Parquet);
        assert_eq!(of("\n {\"text\": \"a\"}\n"), Format::JsonLines);
        assert_eq!(of("{\n  \"text\": \"a\"\n}\n"), Format::JsonValues);
        assert_eq!(of("[\n {\"text\": \"a\"}]"), Format::JsonValues);
        assert_eq!(
            of("id,\"Text\"\n1,a"),
            Format::Delimited { delimiter: b',' }
        );
        assert_eq!(of("id;text\n1;a"), Format::Delimited { delimiter: b';' });
        assert_eq!(of("id\ttext\r\n"), Format::Delimited { delimiter: b'\t' });
        assert_eq!(of("[Reuters] Kyiv, text in hand, left."), Format::Plain);
        assert_eq!(of("{sic} Kyiv left."), Format::Plain);
        assert_eq!(of("text"), Format::Plain);
        assert_eq!(of(""), Format::Plain);
    }
}
