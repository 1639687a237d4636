//! Stances from elsewhere than the model's own stance head.

use super::{Provenance, Row, RowStance, StanceNames};
use crate::model::ModelError;

/// One party in one sentence: what a stance is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit<'u> {
    pub sentence: &'u str,
    /// The party's name.
    pub party: &'u str,
    /// The words of the sentence that stand for it.
    pub mention: &'u str,
    /// What the sentence is about.
    pub issues: &'u [String],
}

/// Says which stance the party of each unit takes.
pub trait StanceSource: Send + Sync {
    /// The stances that it tells apart.
    fn names(&self) -> &StanceNames;

    /// For each unit a probability of each stance, in the order of the names; they sum to 1. A
    /// unit's do not depend on the other units, up to rounding.
    fn stances(&self, units: &[Unit]) -> Result<Vec<Vec<f32>>, ModelError>;

    /// Put into the provenance of rows what made their stances.
    fn note_in(&self, provenance: &mut Provenance);
}

/// Give rows the stances of another source than the one they were made with.
pub fn restate(rows: &mut [Row], source: &dyn StanceSource) -> Result<(), ModelError> {
    let units: Vec<Unit> = rows
        .iter()
        .map(|row| Unit {
            sentence: &row.text,
            party: &row.party,
            mention: &row.mention,
            issues: &row.issues,
        })
        .collect();
    let stances = source.stances(&units)?;
    for (row, probabilities) in rows.iter_mut().zip(stances) {
        row.stance = RowStance::new(source.names(), &probabilities);
    }
    Ok(())
}
