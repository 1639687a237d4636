//! Why scores could not be summarised.

/// Why scores could not be summarised, compared or sampled.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    #[error(transparent)]
    Scores(#[from] crate::scores::ScoresError),
    #[error("no {what} is called {given:?}; {hint}")]
    UnknownName {
        what: &'static str,
        given: String,
        hint: String,
    },
    #[error("the column {column:?} is named twice")]
    RepeatedColumn { column: &'static str },
    #[error("{given:?} cannot be compared with itself; name two")]
    SameName { given: String },
    #[error("the scores know only one {what}, {known}; a comparison needs two")]
    OnlyOne { what: &'static str, known: String },
    #[error("name the two values of {what} to compare; only summits have an order of their own")]
    NameTwo { what: &'static str },
    #[error("a {what} to compare cannot also be what the comparison is made within")]
    WithinOver { what: &'static str },
    #[error("{file}: cannot be read: {source}")]
    ReadLabels {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}, line {line}: {problem}")]
    Label {
        file: String,
        line: u64,
        problem: String,
    },
    #[error("{file}: {problem}")]
    Labels { file: String, problem: String },
    #[error(
        "none of the {labelled} labelled rows is among these scores; were the labels drawn from \
         other articles, or have the articles other ids now?"
    )]
    NoLabelMatches { labelled: usize },
    #[error(
        "there are rows or labels with the stances {found} among those with {expected}; different \
         stances do not compare"
    )]
    OtherStances {
        expected: crate::scores::StanceNames,
        found: crate::scores::StanceNames,
    },
    #[error("a sample of no rows was asked for; give a number of at least 1")]
    EmptySample,
    #[error("{file}: cannot be written: {source}")]
    Write {
        file: String,
        source: std::io::Error,
    },
}
