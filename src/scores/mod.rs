//! Stage 5: scores, one row for each party mentioned in a sentence, and the files they live in.
//!
//! `stance score` writes [`parquet`] (with the [`Provenance`] that says which model made the
//! rows) or [`jsonl`], and what it could not use as [`rejected`] records. What a run has done is
//! kept in parts while it is [`unfinished`]. Later stages read rows back through [`ScoreFiles`],
//! which takes any number of files and refuses to mix models.
//!
//! Which stances the rows tell apart, and what these are called, is a file's matter: the
//! [`StanceNames`] are the codebook's or a user's own, and later stages know no others.

mod antecedents;
mod error;
mod files;
mod issues;
pub mod jsonl;
mod output;
pub mod parquet;
mod provenance;
pub mod rejected;
mod repeats;
mod row;
mod scorer;
mod shard;
mod stance_names;
mod stances;
pub mod unfinished;

pub use antecedents::ModelAntecedents;
pub use error::ScoresError;
pub use files::{Rows, SCORES_FILE, ScoreFiles};
pub use issues::IssueFinder;
pub use output::Output;
pub use provenance::Provenance;
pub use row::{Link, Row, RowStance, link_name};
pub use scorer::{ScoredArticle, Scorer, assemble};
pub use shard::{Shard, WholeInput};
pub use stance_names::{MOST_OWN, NEUTRAL, StanceNames};
pub use stances::{StanceSource, Unit, restate};
