//! A summary as a table: the columns of the formats that know types. CSV has its own writer, with
//! the same names in the same order.

use std::borrow::Cow;

use crate::scores::StanceNames;
use crate::summary::{By, Cell};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Count,
    Number,
}

/// A cell's value in a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'c> {
    Text(Cow<'c, str>),
    Count(u64),
    Number(f64),
    Missing,
}

/// One column.
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
    get: Box<dyn for<'c> Fn(&'c Cell) -> Value<'c>>,
}

impl Column {
    fn new(
        name: impl Into<String>,
        kind: Kind,
        get: impl for<'c> Fn(&'c Cell) -> Value<'c> + 'static,
    ) -> Column {
        Column {
            name: name.into(),
            kind,
            get: Box::new(get),
        }
    }

    pub fn value<'c>(&self, cell: &'c Cell) -> Value<'c> {
        (self.get)(cell)
    }
}

/// The columns of a summary: what it is grouped by, `sentences`, `articles`, each stance's mean
/// and interval, the shares of sentences by their most probable stance, `labelled`, `lambda` and
/// `note`.
pub(super) fn columns(by: &By, stances: &StanceNames) -> Vec<Column> {
    let mut columns = Vec::new();
    for (place, dimension) in by.dimensions().iter().enumerate() {
        columns.push(Column::new(
            dimension.name(),
            Kind::Text,
            move |cell| match cell.key.0.get(place) {
                Some(Some(value)) => Value::Text(value.into()),
                _ => Value::Missing,
            },
        ));
    }
    columns.push(Column::new("sentences", Kind::Count, |cell| {
        Value::Count(cell.sentences)
    }));
    columns.push(Column::new("articles", Kind::Count, |cell| {
        Value::Count(cell.articles as u64)
    }));
    for (place, name) in stances.iter().enumerate() {
        columns.push(Column::new(name, Kind::Number, move |cell| {
            number(cell.means.get(place).map(|mean| mean.value))
        }));
        columns.push(Column::new(
            format!("{name}_low"),
            Kind::Number,
            move |cell| {
                number(
                    cell.means
                        .get(place)
                        .and_then(|mean| mean.interval)
                        .map(|i| i.low),
                )
            },
        ));
        columns.push(Column::new(
            format!("{name}_high"),
            Kind::Number,
            move |cell| {
                number(
                    cell.means
                        .get(place)
                        .and_then(|mean| mean.interval)
                        .map(|i| i.high),
                )
            },
        ));
    }
    for (place, name) in stances.iter().enumerate() {
        columns.push(Column::new(
            format!("share_{name}"),
            Kind::Number,
            move |cell| number(cell.shares.get(place).copied()),
        ));
    }
    columns.push(Column::new("labelled", Kind::Count, |cell| {
        Value::Count(cell.labelled)
    }));
    columns.push(Column::new("lambda", Kind::Number, |cell| {
        number(cell.correction)
    }));
    columns.push(Column::new("note", Kind::Text, |cell| match cell.note {
        Some(note) => Value::Text(note.to_string().into()),
        None => Value::Missing,
    }));
    columns
}

fn number(value: Option<f64>) -> Value<'static> {
    value.map_or(Value::Missing, Value::Number)
}
