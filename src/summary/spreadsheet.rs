//! Cells that a spreadsheet shows and never runs.
//!
//! Spreadsheet programs take a cell that begins with `=`, `+`, `-` or `@` for a formula, also in
//! a CSV file, and a formula can send data away or start a program. Article texts come from
//! anywhere, so such a cell is written with an apostrophe before it, the sign by which
//! spreadsheets know text. The apostrophe is taken off again when the file is read back.

use std::borrow::Cow;

/// Whether a spreadsheet may take the text for a formula: leading tabs and line breaks are
/// skipped by some programs, so they count as well.
fn is_dangerous(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// The text as it is safe in a spreadsheet's cell.
pub fn escape(text: &str) -> Cow<'_, str> {
    // Text that already has such an apostrophe gets another, so that reading back is exact.
    if is_dangerous(text.trim_start_matches('\'')) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`escape`] was given.
pub fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_dangerous(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_become_text() {
        assert_eq!(escape("=1+1"), "'=1+1");
        assert_eq!(escape("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(escape("-2"), "'-2");
        assert_eq!(escape("\t=1"), "'\t=1");
        assert_eq!(escape("'=1"), "''=1");
        assert_eq!(escape("'Tis said"), "'Tis said");
        assert_eq!(escape("Ukraine"), "Ukraine");
        assert_eq!(escape(""), "");
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back(text in "['=+\\-@\t\r a]{0,6}|\\PC*") {
            let cell = escape(&text);
            prop_assert_eq!(unescape(&cell), text.as_str());
            prop_assert!(!is_dangerous(&cell));
        }
    }
}
