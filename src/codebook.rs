//! The stances and issues of the codebook (`data/codebook.md`): what the labels are called.

use serde::{Deserialize, Serialize};

/// A party's stance in one sentence, as the codebook defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    /// Sees or expects progress, is satisfied, confident, hopeful, welcomes a result.
    Optimistic,
    /// Hesitates, doubts, hedges, worries, commits to less than it could.
    Cautious,
    /// Presses, demands, sets a condition or red line, refuses to yield.
    Insistent,
    /// Does none of these: it hosts, meets, signs, is described or addressed.
    Neutral,
}

impl Stance {
    /// All stances, in the order of the columns of a score file and of every array of four
    /// stance values in this crate.
    pub const ALL: [Stance; 4] = [
        Stance::Optimistic,
        Stance::Cautious,
        Stance::Insistent,
        Stance::Neutral,
    ];

    /// The name used in files and tables.
    pub fn name(self) -> &'static str {
        match self {
            Stance::Optimistic => "optimistic",
            Stance::Cautious => "cautious",
            Stance::Insistent => "insistent",
            Stance::Neutral => "neutral",
        }
    }

    /// The stance of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Stance> {
        Stance::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The stance with the largest of four probabilities; the earlier in [`Stance::ALL`] on a tie.
    pub fn top(probabilities: &[f32; 4]) -> Stance {
        let mut best = 0;
        for (index, p) in probabilities.iter().enumerate() {
            if *p > probabilities[best] {
                best = index;
            }
        }
        Stance::ALL[best]
    }
}

/// The issues of the codebook, in its order. A model names the issues it knows in its own
/// `config.json`; this is the list the shipped one was trained on.
pub const ISSUES: [&str; 18] = [
    "security",
    "territory",
    "ceasefire",
    "humanitarian",
    "prisoners",
    "migration",
    "arms-control",
    "sanctions",
    "governance",
    "justice",
    "finance",
    "trade",
    "climate",
    "resources",
    "health",
    "technology",
    "labour",
    "process",
];
