//! JSON Lines: one object a line. Also what makes an article of a JSON object.

use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};

use super::fields::{Columns, Context, Field, Fields, Fit, Place, Value};
use super::lines::{Line, Lines};
use super::streams::{Damage, Input};
use super::{Article, Rejected};

/// The articles of a JSON Lines file.
pub(super) struct JsonLines {
    lines: Lines<Input>,
    line: Vec<u8>,
    context: Context,
    damage: Damage,
    done: bool,
}

impl JsonLines {
    pub fn new(input: Input, context: Context, damage: Damage) -> Self {
        JsonLines {
            lines: Lines::new(input, context.options.record_limit),
            line: Vec::new(),
            context,
            damage,
            done: false,
        }
    }
}

impl Iterator for JsonLines {
    type Item = Result<Article, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            let read = self.lines.next(&mut self.line);
            let place = Place {
                line: Some(self.lines.number),
                record: None,
            };
            match read {
                Ok(None) => self.done = true,
                Ok(Some(Line::Whole)) if self.line.trim_ascii().is_empty() => {}
                Ok(Some(Line::Whole)) => {
                    return Some(article(&self.context, place, &self.line));
                }
                Ok(Some(Line::TooLong)) => {
                    let reason = self.context.too_long("line");
                    return Some(Err(self.context.reject(place, reason, &self.line)));
                }
                Err(error) => {
                    self.done = true;
                    let reason = self.damage.reason(&error);
                    return Some(Err(self.context.reject(place, reason, b"")));
                }
            }
        }
        None
    }
}

/// The article that a JSON object makes.
pub(super) fn article(context: &Context, place: Place, raw: &[u8]) -> Result<Article, Rejected> {
    let reject = |reason: String| context.reject(place, reason, raw);
    let text = std::str::from_utf8(raw).map_err(|error| reject(not_utf8(error.valid_up_to())))?;
    let columns = &context.options.columns;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = Object(columns)
        .deserialize(&mut deserializer)
        .and_then(|fields| deserializer.end().map(|()| fields))
        .map_err(|error| reject(broken(&error)))?;
    if *fields.get(Field::Text) == Value::Absent {
        return Err(reject(format!(
            "the record has no field {:?}{}; add it, or name the field that holds the text (--text-column)",
            columns.text,
            names(text)
        )));
    }
    context.article(place, fields, raw)
}

/// Why bytes that are not UTF-8 are rejected.
pub(super) fn not_utf8(byte: usize) -> String {
    format!(
        "the record is not UTF-8 (from its byte {}); save the file as UTF-8",
        byte + 1
    )
}

fn broken(error: &serde_json::Error) -> String {
    let message = error.to_string();
    // The place that the message gives counts from the start of the record.
    let what = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what);
    if error.is_eof() {
        format!("the record is not whole JSON ({what}); it was cut off or broken over lines")
    } else {
        format!(
            "the record is not valid JSON: {what}, at column {}",
            error.column()
        )
    }
}

fn keys(text: &str) -> Vec<String> {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
        .map(|object| object.into_iter().map(|(key, _)| key).collect())
        .unwrap_or_default()
}

/// What a record's fields are called, for messages.
fn names(text: &str) -> String {
    let keys = keys(text);
    if keys.is_empty() {
        return String::new();
    }
    let shown: Vec<_> = keys.iter().take(8).map(|key| format!("{key:?}")).collect();
    let more = if keys.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    format!(" (it has {}{more})", shown.join(", "))
}

/// Takes an article's fields out of an object and passes over all others.
struct Object<'c>(&'c Columns);

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object in braces")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        let mut best = [Fit::None; 6];
        while let Some(key) = map.next_key::<String>()? {
            let fits = Field::ALL.map(|field| self.0.fit(field, &key));
            if fits.iter().all(|fit| *fit == Fit::None) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<serde_json::Value>()?;
            for (field, (fit, best)) in Field::ALL.into_iter().zip(fits.into_iter().zip(&mut best))
            {
                if fit != Fit::None && fit >= *best {
                    *best = fit;
                    fields.set(field, plain(field, &value));
                }
            }
        }
        Ok(fields)
    }
}

fn plain(field: Field, value: &serde_json::Value) -> Value {
    match value {
        // A text that is null is there, though empty.
        serde_json::Value::Null if field == Field::Text => Value::Text(String::new()),
        serde_json::Value::Null => Value::Absent,
        serde_json::Value::Bool(_) => Value::Other("true or false"),
        serde_json::Value::Number(number) => Value::Number(number.to_string()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(_) => Value::Other("a list"),
        serde_json::Value::Object(_) => Value::Other("an object"),
    }
}
