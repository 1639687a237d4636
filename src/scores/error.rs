//! What can go wrong with the files of scores.

use super::StanceNames;

/// Why a file of scores could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ScoresError {
    #[error("{file}: cannot be written: {source}")]
    Write {
        file: String,
        source: std::io::Error,
    },
    #[error("{file}: cannot be written as Parquet: {source}")]
    WriteParquet {
        file: String,
        source: ::parquet::errors::ParquetError,
    },
    #[error("{file}: cannot be read: {source}")]
    Read {
        file: String,
        source: std::io::Error,
    },
    #[error(
        "{folder}: holds no scores.parquet; give a folder that `stance score` wrote, or a file \
         of scores"
    )]
    NoScores { folder: String },
    #[error(
        "{folder}: scoring is not finished; if it does not run any more, give its `stance score` \
         command again to go on"
    )]
    Unfinished { folder: String },
    #[error("{file}: neither Parquet nor JSON Lines, so not a file of scores")]
    Format { file: String },
    #[error("{file}: damaged or cut short ({problem}); score the articles again")]
    Damaged { file: String, problem: String },
    #[error(
        "{file}: has no column {column:?}, so it is not a file of scores; its columns are {found}"
    )]
    MissingColumn {
        file: String,
        column: String,
        found: String,
    },
    #[error("{file}: column {column:?} is {found}, but must be {expected}")]
    ColumnType {
        file: String,
        column: String,
        expected: &'static str,
        found: String,
    },
    #[error("{file}, row {row}, column {column:?}: {problem}")]
    Value {
        file: String,
        /// From 1, as a spreadsheet without a header would count.
        row: u64,
        column: String,
        problem: String,
    },
    #[error("{file}, line {line}: not a row of scores: {problem}")]
    Line {
        file: String,
        line: u64,
        problem: String,
    },
    #[error("{files}: no rows; no party was found in the articles, or nothing was scored")]
    Empty { files: String },
    #[error("no file of scores was given")]
    NoFiles,
    #[error("{file}: given twice; its rows would count twice")]
    Twice { file: String },
    #[error(
        "{first} has the stances {first_stances}, but {second} has {second_stances}; different \
         stances do not compare: score all articles with one list of stances"
    )]
    OtherStances {
        first: String,
        first_stances: StanceNames,
        second: String,
        second_stances: StanceNames,
    },
    #[error(
        "{first} was made by {first_made_by}, but {second} by {second_made_by}; stances of \
         different models or versions do not compare: score all articles with one"
    )]
    Mixed {
        first: String,
        first_made_by: String,
        second: String,
        second_made_by: String,
    },
    #[error(
        "{first} is {first_shard}, but {second} is {second_shard}: their runs did not read the \
         same articles, so that some would be missing or count twice; score all shards from the \
         same articles, in the same order"
    )]
    ShardsOfDifferentInputs {
        first: String,
        /// `shard 1/4 of 1000 records, checksum …`
        first_shard: String,
        second: String,
        second_shard: String,
    },
    #[error(
        "article {article:?}, sentence {sentence}, party {party:?} is in both {first} and \
         {second}; it would count twice. Leave one of the files out, or, where these are \
         different articles, give them different ids and score them again"
    )]
    Overlap {
        article: String,
        sentence: u32,
        party: String,
        first: String,
        second: String,
    },
}
