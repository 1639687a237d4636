//! Why a run could not begin, go on or end.

use super::super::ScoresError;

/// Why a run could not begin, go on or end.
#[derive(Debug, thiserror::Error)]
pub enum UnfinishedError {
    #[error(transparent)]
    Scores(#[from] ScoresError),
    #[error("{path}: is a file, but results go to a folder; give another with -o")]
    NotAFolder { path: String },
    #[error(
        "{path}: is a folder, but a result file of that name is to be written; move it away or \
         give another folder with -o"
    )]
    ResultIsFolder { path: String },
    #[error("{folder}: results cannot be written to this folder: {source}")]
    Folder {
        folder: String,
        source: std::io::Error,
    },
    #[error("{path}: cannot be {doing}: {source}")]
    File {
        path: String,
        doing: &'static str,
        source: std::io::Error,
    },
    #[error(
        "{folder}: another `stance score` is at work on this folder; wait until it is done, or \
         give another folder with -o"
    )]
    Busy { folder: String },
    #[error(
        "{folder}: an interrupted run scored {records} here, but with other settings:\n{}\n\
         To go on, give its command again: {command}\n\
         To begin anew, remove {unfinished}",
        list(.differences),
        records = records_of(*.records)
    )]
    OtherJob {
        folder: String,
        unfinished: String,
        records: u64,
        /// `model: was …, is now …`
        differences: Vec<String>,
        /// The interrupted run's command.
        command: String,
    },
    #[error(
        "{folder}: the input is not what it was when an interrupted run scored {records} of it: \
         {record} is new, changed or in another place\n\
         To go on, give the same input again; that run's command was: {command}\n\
         To begin anew with the input as it is now, remove {unfinished}",
        records = records_of(*.records)
    )]
    InputChanged {
        folder: String,
        unfinished: String,
        records: u64,
        /// The first record that differs, as it is now.
        record: String,
        command: String,
    },
    #[error(
        "{folder}: the input is not what it was: an interrupted run scored {records} of it, and \
         now it ends after {read}\n\
         To go on, give the same input again. To begin anew with the input as it is now, remove \
         {unfinished}",
        records = records_of(*.records)
    )]
    InputEnds {
        folder: String,
        unfinished: String,
        records: u64,
        read: u64,
    },
}

fn list(differences: &[String]) -> String {
    let lines: Vec<String> = differences.iter().map(|d| format!("  {d}")).collect();
    lines.join("\n")
}

fn records_of(count: u64) -> String {
    match count {
        1 => "1 record".to_owned(),
        _ => format!("{count} records"),
    }
}
