//! Stances that a user describes in words, scored by a model for natural-language inference
//! (feature `torch`).
//!
//! For each party in a sentence, hypotheses such as "Kyiv is optimistic about sanctions." are put
//! to a model that says how far they follow from the sentence (Yin, Hay and Roth 2019,
//! "Benchmarking Zero-shot Text Classification"). Mentions, parties and issues are found as ever;
//! only the stances of a row come from here, and they are the list's: the codebook's or others.
//!
//! [`Entailment`] is the model, from a folder or a model hub, [`StanceList`] the hypotheses,
//! [`Calibration`] what turns entailment into probabilities, [`LabelledUnits`] what to fit that on,
//! and [`ZeroShot`] all of them together.

mod calibration;
mod config;
mod entailment;
mod error;
mod folder;
mod hub;
mod labels;
mod networks;
mod stances;
mod template;
mod tokenizer;

use std::collections::HashMap;

pub use calibration::{Calibration, Fit};
pub use entailment::Entailment;
pub use error::NliError;
pub use labels::LabelledUnits;
pub use stances::StanceList;

use crate::model::ModelError;
use crate::model::folder::sha256;
use crate::scores::{Provenance, StanceNames, StanceSource, Unit};
use calibration::{Evidence, Labelled};

/// Scores stances by what follows from a sentence.
pub struct ZeroShot {
    model: Entailment,
    stances: StanceList,
    calibration: Calibration,
}

impl ZeroShot {
    /// Put the hypotheses of a list to a model.
    ///
    /// # Errors
    /// When a hypothesis is too long for the model even where the party is "it".
    pub fn new(model: Entailment, stances: StanceList) -> Result<ZeroShot, NliError> {
        let shortest = Unit {
            sentence: "",
            party: "it",
            mention: "it",
            issues: &[],
        };
        for hypothesis in stances.hypotheses(&shortest).concat() {
            let (length, longest) = model.length(&hypothesis)?;
            if length > longest {
                return Err(NliError::TooLong {
                    hypothesis,
                    length,
                    longest,
                });
            }
        }
        Ok(ZeroShot {
            calibration: Calibration::none(stances.names()),
            model,
            stances,
        })
    }

    pub fn model(&self) -> &Entailment {
        &self.model
    }

    /// Choose the calibration under which the stances of labelled articles are likeliest, and use
    /// it from here on. The articles' issues are taken as they were annotated. The labels are of
    /// this list's stances.
    ///
    /// # Errors
    /// When the model fails; `None` where no party is labelled.
    pub fn calibrate(&mut self, labels: &LabelledUnits) -> Result<Option<Fit>, ModelError> {
        let mut items = Vec::new();
        // Texts of one article, as a table may have them, are held out together.
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for article in labels.articles() {
            let next = numbers.len();
            let number = *numbers.entry(&article.id).or_insert(next);
            let sentences = article.sentences.iter();
            let labelled: Vec<_> = sentences
                .flat_map(|sentence| sentence.parties.iter().map(move |party| (sentence, party)))
                .collect();
            let units: Vec<Unit> = labelled
                .iter()
                .map(|(sentence, party)| Unit {
                    sentence: &sentence.text,
                    party: &party.party,
                    mention: &party.mention,
                    issues: &sentence.issues,
                })
                .collect();
            for (evidence, (_, party)) in self.evidence(&units)?.into_iter().zip(&labelled) {
                items.push(Labelled {
                    evidence,
                    gold: party.stance,
                    article: number,
                });
            }
        }
        if items.is_empty() {
            return Ok(None);
        }
        items.sort_by_key(|item| item.article);
        let fit = Fit::of(&items, self.stances.names());
        self.calibration = fit.calibration.clone();
        Ok(Some(fit))
    }

    /// For each unit and stance the mean log odds of its hypotheses.
    fn evidence(&self, units: &[Unit]) -> Result<Vec<Evidence>, ModelError> {
        // Sentences and hypotheses recur: two parties of the same name, several mentions.
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut known: HashMap<(String, String), usize> = HashMap::new();
        let asked: Vec<Vec<Vec<usize>>> = units
            .iter()
            .map(|unit| {
                let premise = template::one_line(unit.sentence);
                let mut ask = |hypothesis: String| {
                    let pair = (premise.clone(), hypothesis);
                    *known.entry(pair).or_insert_with_key(|pair| {
                        pairs.push(pair.clone());
                        pairs.len() - 1
                    })
                };
                let of_stance =
                    |hypotheses: Vec<String>| hypotheses.into_iter().map(&mut ask).collect();
                self.stances
                    .hypotheses(unit)
                    .into_iter()
                    .map(of_stance)
                    .collect()
            })
            .collect();
        let odds = self.model.log_odds(&pairs)?;
        Ok(asked
            .into_iter()
            .map(|by_stance| {
                // What has no hypothesis is that no other stance is entailed: even odds.
                let mean = |pairs: Vec<usize>| match pairs.len() {
                    0 => 0.0,
                    count => pairs.iter().map(|pair| odds[*pair]).sum::<f64>() / count as f64,
                };
                by_stance.into_iter().map(mean).collect()
            })
            .collect())
    }
}

impl StanceSource for ZeroShot {
    fn names(&self) -> &StanceNames {
        self.stances.names()
    }

    fn stances(&self, units: &[Unit]) -> Result<Vec<Vec<f32>>, ModelError> {
        let evidence = self.evidence(units)?;
        let probabilities = |evidence: &Evidence| {
            let p = self.calibration.probabilities(evidence);
            p.into_iter().map(|p| p as f32).collect()
        };
        Ok(evidence.iter().map(probabilities).collect())
    }

    /// Rows of another inference model, other hypotheses or another calibration mean something
    /// else: they all go into the checksum, by which rows that do not mix are told.
    fn note_in(&self, provenance: &mut Provenance) {
        let calibration = self.calibration.to_string();
        let parts = [
            provenance.model_checksum.as_str(),
            self.model.checksum(),
            self.stances.checksum(),
            &calibration,
        ];
        provenance.model_checksum = sha256(parts.join("\n").as_bytes());
        provenance.model = format!("{} + {}", provenance.model, self.model.name());
        provenance.stances = self.stances.names().clone();
        provenance.options.remove("stance temperature");
        for (name, value) in [
            ("nli", self.model.name()),
            ("nli checksum", self.model.checksum()),
            ("nli precision", self.model.precision().name()),
            ("nli calibration", &calibration),
            ("stances", self.stances.checksum()),
        ] {
            provenance.options.insert(name.to_owned(), value.to_owned());
        }
    }
}
