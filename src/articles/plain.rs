//! Plain text: one article a file.

use std::io::Read;

use super::FileArticles;
use super::fields::{Context, Field, Fields, Place, Value};
use super::json_lines::not_utf8;
use super::lines::KEPT;
use super::streams::{Damage, Input};

/// A first line longer than this, in code points, is a paragraph, not a title.
const TITLE_LIMIT: usize = 250;

/// The article of a text file.
pub(super) fn read(
    input: Input,
    summit: Option<String>,
    date: Option<String>,
    context: &Context,
    damage: Damage,
) -> FileArticles {
    let article = content(input, context, damage).and_then(|content| {
        let (title, text) = title_and_text(&content);
        let mut fields = Fields::default();
        let given = |value: Option<String>| value.map_or(Value::Absent, Value::Text);
        fields.set(Field::Title, given(title.map(String::from)));
        fields.set(Field::Text, Value::Text(text.to_owned()));
        fields.set(Field::Summit, given(summit));
        fields.set(Field::Date, given(date));
        if text.is_empty() {
            let reason = "the file holds no text; remove it or fill it";
            return Err(context.reject(Place::default(), reason, content.as_bytes()));
        }
        context.article(Place::default(), fields, content.as_bytes())
    });
    Box::new(std::iter::once(article))
}

fn content(input: Input, context: &Context, damage: Damage) -> Result<String, super::Rejected> {
    let limit = context.options.record_limit;
    let mut raw = Vec::new();
    let reject = |reason: String, raw: &[u8]| {
        let start = raw.get(..KEPT).unwrap_or(raw);
        context.reject(Place::default(), reason, start)
    };
    if let Err(error) = input.take(limit as u64 + 1).read_to_end(&mut raw) {
        return Err(reject(damage.reason(&error), &raw));
    }
    if raw.len() > limit {
        return Err(reject(context.too_long("text"), &raw));
    }
    String::from_utf8(raw).map_err(|error| {
        let reason = not_utf8(error.utf8_error().valid_up_to());
        reject(reason, error.as_bytes())
    })
}

/// Part a text file's content into title, if it has one, and text.
fn title_and_text(content: &str) -> (Option<&str>, &str) {
    let content = without_blank_lines(content.trim_end());
    if let Some((first, rest)) = content.split_once('\n') {
        let second = rest.split('\n').next().unwrap_or_default();
        if second.trim().is_empty() && first.chars().count() <= TITLE_LIMIT {
            return (Some(first.trim()), without_blank_lines(rest));
        }
    }
    (None, content)
}

/// The text from its first line that is not blank.
fn without_blank_lines(mut text: &str) -> &str {
    while let Some((line, rest)) = text.split_once('\n') {
        if !line.trim().is_empty() {
            break;
        }
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_before_a_blank_one_is_the_title() {
        let cases = [
            ("Title\n\nText.\n", Some("Title"), "Text."),
            (
                "\n Title \r\n\r\n \r\nText.\r\n\r\nMore.\r\n",
                Some("Title"),
                "Text.\r\n\r\nMore.",
            ),
            (
                "Text one.\nText two.\n\nText three.",
                None,
                "Text one.\nText two.\n\nText three.",
            ),
            ("Only a line\n\n\n", None, "Only a line"),
            (
                "Title\n\n  Indented text.",
                Some("Title"),
                "  Indented text.",
            ),
            (" \n ", None, ""),
            ("", None, ""),
        ];
        for (content, title, text) in cases {
            assert_eq!(title_and_text(content), (title, text), "{content:?}");
        }
    }

    #[test]
    fn a_paragraph_is_no_title() {
        let content = format!("{}\n\nMore.", "A word ".repeat(50));
        assert_eq!(title_and_text(&content), (None, content.as_str()));
    }
}
