//! `summit_stance`: from news articles to party stances.
//!
//! The modules are the stages of the pipeline, in order. Each stage owns the types it makes and
//! imports only earlier ones:
//!
//! | stage | makes |
//! | --- | --- |
//! | [`articles`] | [`articles::Article`] from JSON Lines, CSV, Parquet and text files |
//! | [`sentences`] | [`sentences::Sentence`]s with exact offsets |
//! | [`issues`] | the [`issues::IssueList`] of a user with issues of their own |
//! | [`model`] | mentions, stances and issues of each sentence, read by a transformer |
//! | [`parties`] | the party each mention stands for |
//! | [`scores`] | [`scores::Row`]s, one per party and sentence, and their files |
//! | [`summary`] | [`summary::Cell`]s and [`summary::Change`]s, with their uncertainty |
//! | [`export`] | files of both for R, Python and SQL |
//! | [`report`] | one HTML page of both, with the sentences behind them |
//!
//! [`codebook`] says what is measured; [`annotations`] and [`evaluation`] hold the program to
//! what people annotated. [`lists`] and `words` serve the lists that users write. With the feature
//! `torch`, `training` makes models and `nli` scores stances that a user describes in words.

pub mod annotations;
pub mod articles;
pub mod codebook;
pub mod evaluation;
pub mod export;
pub mod issues;
#[cfg(feature = "torch")]
pub mod libtorch;
pub mod lists;
pub mod lock;
pub mod model;
#[cfg(feature = "torch")]
pub mod nli;
pub mod offsets;
pub mod ordered;
mod parquet_footer;
mod parquet_pages;
pub mod parties;
mod remembered;
pub mod report;
pub mod scores;
pub mod sentences;
pub mod summary;
#[cfg(feature = "torch")]
pub mod training;
mod words;

/// The examples of the README, tested with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
