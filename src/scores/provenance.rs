//! Which program and model made a scores file, and with which options.

use std::collections::BTreeMap;

use super::StanceNames;

const VERSION: &str = "stance.version";
const MODEL: &str = "stance.model";
const CHECKSUM: &str = "stance.model_checksum";
/// Left out for the codebook's stances.
const STANCES: &str = "stance.stances";
const OPTION: &str = "stance.option.";

/// What made the rows of a scores file; kept in the file's metadata. It holds no time and no
/// path, so that the same input gives the same file, byte for byte.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Version of this program.
    pub version: String,
    /// Name of the model.
    pub model: String,
    /// Checksum of the model's files.
    pub model_checksum: String,
    /// The stances that the rows tell apart.
    pub stances: StanceNames,
    /// The options that shape the rows, by their names on the command line.
    pub options: BTreeMap<String, String>,
}

impl Provenance {
    /// The metadata pairs of a file, in a fixed order.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = vec![
            (VERSION.to_owned(), self.version.clone()),
            (MODEL.to_owned(), self.model.clone()),
            (CHECKSUM.to_owned(), self.model_checksum.clone()),
        ];
        if !self.stances.is_codebook() {
            pairs.push((STANCES.to_owned(), self.stances.stored()));
        }
        let options = self.options.iter();
        pairs.extend(options.map(|(name, value)| (format!("{OPTION}{name}"), value.clone())));
        pairs
    }

    /// Read back what [`Provenance::pairs`] wrote; `None` where no pair is ours.
    ///
    /// # Errors
    /// What is wrong with the pairs, in words.
    pub(super) fn from_pairs<'p>(
        pairs: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Result<Option<Provenance>, String> {
        let mut found = false;
        let mut provenance = Provenance::default();
        for (key, value) in pairs {
            let value = value.to_owned();
            match key {
                VERSION => provenance.version = value,
                MODEL => provenance.model = value,
                CHECKSUM => provenance.model_checksum = value,
                STANCES => {
                    provenance.stances = StanceNames::from_stored(&value)
                        .ok_or_else(|| format!("its metadata name the stances {value:?}"))?;
                }
                _ => match key.strip_prefix(OPTION) {
                    Some(option) => drop(provenance.options.insert(option.to_owned(), value)),
                    None => continue,
                },
            }
            found = true;
        }
        Ok(found.then_some(provenance))
    }

    /// Whether rows of both may be analysed together: same program version, model and stances.
    pub fn mixes_with(&self, other: &Provenance) -> bool {
        (&self.version, &self.model, &self.model_checksum)
            == (&other.version, &other.model, &other.model_checksum)
            && self.stances == other.stances
    }

    /// The options whose values differ, as `name (one value; the other)`.
    pub(super) fn differing_options(&self, other: &Provenance) -> Vec<String> {
        let absent = "not set".to_owned();
        let mut names: Vec<&String> = self.options.keys().chain(other.options.keys()).collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .map(|name| {
                let value = |p: &Provenance| p.options.get(name).unwrap_or(&absent).clone();
                (name, value(self), value(other))
            })
            .filter(|(_, one, two)| one != two)
            .map(|(name, one, two)| format!("{name} ({one}; {two})"))
            .collect()
    }
}

impl std::fmt::Display for Provenance {
    /// For messages: `stance 0.1.0 with model stance-minilm (1f2e3d4c5b6a)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let checksum: String = self.model_checksum.chars().take(12).collect();
        write!(
            f,
            "stance {} with model {} ({checksum})",
            self.version, self.model
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provenance() -> Provenance {
        Provenance {
            version: "0.1.0".into(),
            model: "stance-minilm".into(),
            model_checksum: "0123456789abcdef".into(),
            stances: StanceNames::codebook(),
            options: [("parties".to_owned(), "a1b2".to_owned())].into(),
        }
    }

    #[test]
    fn pairs_read_back_and_foreign_pairs_are_left_out() {
        let own = StanceNames::new(["supportive", "opposed"]).unwrap();
        for stances in [StanceNames::codebook(), own] {
            let provenance = Provenance {
                stances,
                ..provenance()
            };
            let mut pairs = provenance.pairs();
            pairs.push(("ARROW:schema".into(), "…".into()));
            let read = Provenance::from_pairs(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
            assert_eq!(read, Ok(Some(provenance)));
        }
        let foreign = Provenance::from_pairs([("pandas", "{}")].into_iter());
        assert_eq!(foreign, Ok(None));
        let wrong = Provenance::from_pairs([(STANCES, "a b")].into_iter());
        assert!(wrong.unwrap_err().contains("\"a b\""));
    }

    #[test]
    fn options_differ_by_name_but_do_not_forbid_mixing() {
        let mut other = provenance();
        other.options = [("issues".to_owned(), "c3".to_owned())].into();
        assert!(provenance().mixes_with(&other));
        assert_eq!(
            provenance().differing_options(&other),
            ["issues (not set; c3)", "parties (a1b2; not set)"]
        );
        other.model_checksum = "ff".into();
        assert!(!provenance().mixes_with(&other));
        assert_eq!(
            provenance().to_string(),
            "stance 0.1.0 with model stance-minilm (0123456789ab)"
        );
    }
}
