//! `config.json` of an inference model, as the transformers library writes it.

use std::collections::BTreeMap;

use rust_bert::Activation;
use serde::{Deserialize, Deserializer};

use super::NliError;

/// The architectures that can be run, by their `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    Bert,
    /// Also XLM-R, which is a RoBERTa with another vocabulary.
    Roberta,
    Deberta,
    /// Versions 2 and 3.
    DebertaV2,
}

/// The shape of a network and its labels.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    model_type: String,
    pub hidden_size: i64,
    pub intermediate_size: i64,
    pub num_attention_heads: i64,
    pub num_hidden_layers: i64,
    pub max_position_embeddings: i64,
    pub vocab_size: i64,
    #[serde(default)]
    type_vocab_size: Option<i64>,
    #[serde(default = "gelu")]
    pub hidden_act: Activation,
    #[serde(default)]
    pub layer_norm_eps: Option<f64>,
    #[serde(default)]
    pad_token_id: Option<i64>,
    #[serde(default)]
    id2label: Option<BTreeMap<i64, String>>,
    #[serde(default)]
    label2id: Option<BTreeMap<String, i64>>,

    // DeBERTa alone.
    #[serde(default)]
    pub relative_attention: bool,
    #[serde(default = "yes")]
    pub position_biased_input: bool,
    #[serde(default, deserialize_with = "list")]
    pos_att_type: Vec<String>,
    #[serde(default)]
    max_relative_positions: Option<i64>,
    #[serde(default)]
    position_buckets: Option<i64>,
    #[serde(default)]
    pub share_att_key: bool,
    #[serde(default, deserialize_with = "list")]
    norm_rel_ebd: Vec<String>,
    #[serde(default)]
    pub conv_kernel_size: i64,
    #[serde(default = "one")]
    pub conv_groups: i64,
    #[serde(default = "tanh")]
    pub conv_act: Activation,
    #[serde(default)]
    embedding_size: Option<i64>,
    #[serde(default)]
    talking_head: bool,
    #[serde(default = "gelu")]
    pub pooler_hidden_act: Activation,
}

fn gelu() -> Activation {
    Activation::gelu
}

fn tanh() -> Activation {
    Activation::tanh
}

fn yes() -> bool {
    true
}

fn one() -> i64 {
    1
}

/// A list, or words with `|` between them.
fn list<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Words(String),
        List(Vec<String>),
    }
    Ok(match Option::<Either>::deserialize(deserializer)? {
        None => Vec::new(),
        Some(Either::List(list)) => list,
        Some(Either::Words(words)) => words
            .split('|')
            .map(|word| word.trim().to_lowercase())
            .collect(),
    })
}

impl Config {
    /// Read and check a `config.json`; `file` is what messages call it.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Config, NliError> {
        let bad = |reason: String| NliError::Config {
            file: file.to_owned(),
            reason,
        };
        // The kind first: another kind's fields would only confuse.
        #[derive(Deserialize)]
        struct Kind {
            model_type: String,
        }
        let unreadable = |e: serde_json::Error| bad(format!("not the form of a model's: {e}"));
        let kind: Kind = serde_json::from_slice(bytes).map_err(unreadable)?;
        let Some(architecture) = Architecture::of(&kind.model_type) else {
            return Err(NliError::Unsupported {
                file: file.to_owned(),
                model_type: kind.model_type,
            });
        };
        let config: Config = serde_json::from_slice(bytes).map_err(unreadable)?;
        config.check(architecture).map_err(bad)?;
        Ok(config)
    }

    fn check(&self, architecture: Architecture) -> Result<(), String> {
        for (name, value) in [
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_attention_heads", self.num_attention_heads),
            ("num_hidden_layers", self.num_hidden_layers),
            ("max_position_embeddings", self.max_position_embeddings),
            ("vocab_size", self.vocab_size),
            ("conv_groups", self.conv_groups),
            ("embedding_size", self.embedding_size()),
        ] {
            // Far beyond any model, and far from overflow.
            if !(1..=10_000_000).contains(&value) {
                return Err(format!("{name} is {value}"));
            }
        }
        if self.hidden_size % self.num_attention_heads != 0 {
            return Err("hidden_size is no multiple of num_attention_heads".to_owned());
        }
        if architecture == Architecture::Roberta && self.padding() != 1 {
            return Err(format!(
                "pad_token_id is {}; RoBERTa models are run with 1, as they are published",
                self.padding()
            ));
        }
        if self.longest(architecture) < 16 {
            return Err("max_position_embeddings leaves no room for two sentences".to_owned());
        }
        if self.talking_head || self.pos_att_type.iter().any(|kind| kind == "p2p") {
            return Err("talking_head and p2p attention are not supported".to_owned());
        }
        if self.conv_kernel_size % 2 == 0 && self.conv_kernel_size != 0 || self.conv_kernel_size < 0
        {
            return Err(format!("conv_kernel_size is {}", self.conv_kernel_size));
        }
        Ok(())
    }

    pub fn architecture(&self) -> Architecture {
        // Checked when it was read.
        Architecture::of(&self.model_type).unwrap_or(Architecture::Bert)
    }

    /// How many tokens the network takes, special ones included.
    pub fn longest(&self, architecture: Architecture) -> usize {
        // RoBERTa counts positions from its padding's number on.
        let unused = match architecture {
            Architecture::Roberta => self.padding() + 1,
            _ => 0,
        };
        usize::try_from(self.max_position_embeddings - unused).unwrap_or(0)
    }

    /// The id of padding.
    pub fn padding(&self) -> i64 {
        let usual = match self.architecture() {
            Architecture::Roberta => 1,
            _ => 0,
        };
        self.pad_token_id.unwrap_or(usual)
    }

    /// How many kinds of tokens there are; 0 where kinds are not told.
    pub fn token_types(&self) -> i64 {
        let usual = match self.architecture() {
            Architecture::Bert | Architecture::Roberta => 2,
            _ => 0,
        };
        self.type_vocab_size.unwrap_or(usual)
    }

    pub fn embedding_size(&self) -> i64 {
        self.embedding_size.unwrap_or(self.hidden_size)
    }

    /// The farthest distance between two tokens that relative attention tells from farther ones.
    pub fn relative_positions(&self) -> i64 {
        match self.max_relative_positions {
            Some(positions) if positions > 0 => positions,
            _ => self.max_position_embeddings,
        }
    }

    /// In how many buckets each direction's distances fall, if they do.
    pub fn position_buckets(&self) -> Option<i64> {
        self.position_buckets.filter(|buckets| *buckets > 1)
    }

    /// Whether the content of one token attends to the place of the other.
    pub fn content_to_position(&self) -> bool {
        self.pos_att_type.iter().any(|kind| kind == "c2p")
    }

    /// Whether the place of one token attends to the content of the other.
    pub fn position_to_content(&self) -> bool {
        self.pos_att_type.iter().any(|kind| kind == "p2c")
    }

    /// Of how many terms an attention score is the sum: content to content, and those with places.
    pub fn attention_terms(&self) -> i64 {
        1 + i64::from(self.content_to_position()) + i64::from(self.position_to_content())
    }

    /// Whether the vectors of distances are normalised.
    pub fn norms_positions(&self) -> bool {
        self.norm_rel_ebd.iter().any(|kind| kind == "layer_norm")
    }

    /// The labels in the order of the logits.
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<(i64, String)> = match (&self.id2label, &self.label2id) {
            (Some(labels), _) => labels.iter().map(|(id, l)| (*id, l.clone())).collect(),
            (None, Some(ids)) => ids.iter().map(|(l, id)| (*id, l.clone())).collect(),
            (None, None) => Vec::new(),
        };
        labels.sort();
        labels.into_iter().map(|(_, label)| label).collect()
    }

    /// Which logit speaks for entailment.
    pub fn entailment(&self, file: &str) -> Result<usize, NliError> {
        let labels = self.labels();
        let means = |label: &String| label.trim().eq_ignore_ascii_case("entailment");
        let at = labels.iter().position(means);
        match (at, labels.iter().filter(|l| means(l)).count()) {
            (Some(at), 1) if labels.len() > 1 => Ok(at),
            _ => Err(NliError::NoEntailment {
                file: file.to_owned(),
                labels: match labels.is_empty() {
                    true => "id2label is missing".to_owned(),
                    false => labels.join(", "),
                },
            }),
        }
    }
}

impl Architecture {
    fn of(model_type: &str) -> Option<Architecture> {
        Some(match model_type {
            "bert" => Architecture::Bert,
            "roberta" | "xlm-roberta" => Architecture::Roberta,
            "deberta" => Architecture::Deberta,
            "deberta-v2" => Architecture::DebertaV2,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn minimal() -> Value {
        json!({
            "model_type": "bert", "hidden_size": 16, "intermediate_size": 32,
            "num_attention_heads": 2, "num_hidden_layers": 2, "max_position_embeddings": 64,
            "vocab_size": 100, "id2label": {"0": "Entailment", "1": "not_entailment"},
        })
    }

    fn parse(changes: Value) -> Result<Config, NliError> {
        let mut config = minimal();
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        Config::parse(config.to_string().as_bytes(), "config.json")
    }

    #[test]
    fn entailment_is_found_by_name_wherever_it_stands() {
        let at = |labels: Value| {
            parse(json!({ "id2label": labels }))
                .unwrap()
                .entailment("config.json")
        };
        assert_eq!(at(json!({"0": "Entailment", "1": "x"})).unwrap(), 0);
        let ten: Value = (0..11)
            .map(|i| (i.to_string(), json!(i.to_string())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let mut late = ten.clone();
        late["10"] = json!("ENTAILMENT");
        assert_eq!(at(late).unwrap(), 10);
        for labels in [
            ten,
            json!({"0": "LABEL_0", "1": "LABEL_1"}),
            json!({"0": "not_entailment", "1": "contradiction"}),
            json!({"0": "entailment"}),
            json!(null),
        ] {
            let error = at(labels.clone()).unwrap_err();
            assert!(matches!(error, NliError::NoEntailment { .. }), "{labels}");
        }
        let only_ids = parse(json!({"id2label": null, "label2id": {"b": 0, "entailment": 1}}));
        assert_eq!(only_ids.unwrap().entailment("").unwrap(), 1);
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_the_reason() {
        for (changes, about) in [
            (
                json!({"model_type": "t5"}),
                "\"t5\"; these can be run: bert, roberta",
            ),
            (json!({"hidden_size": 0}), "hidden_size is 0"),
            (json!({"vocab_size": -1}), "vocab_size"),
            (json!({"hidden_size": 15}), "multiple"),
            (json!({"num_hidden_layers": "two"}), "invalid type"),
            (json!({"hidden_act": "softsign"}), "softsign"),
            (
                json!({"model_type": "roberta", "pad_token_id": 5}),
                "pad_token_id is 5",
            ),
            (
                json!({"model_type": "deberta", "talking_head": true}),
                "talking_head",
            ),
            (
                json!({"model_type": "deberta-v2", "pos_att_type": ["p2p"]}),
                "p2p",
            ),
            (
                json!({"model_type": "deberta-v2", "conv_kernel_size": 2}),
                "conv_kernel_size",
            ),
            (
                json!({"max_position_embeddings": 4}),
                "max_position_embeddings",
            ),
        ] {
            let error = parse(changes).unwrap_err().to_string();
            assert!(
                error.starts_with("config.json: ") && error.contains(about),
                "{error}"
            );
        }
        assert!(Config::parse(b"{", "config.json").is_err());
    }

    #[test]
    fn attention_kinds_are_read_as_words_and_as_list() {
        for kinds in [json!("c2p|p2c"), json!(["c2p", "p2c"]), json!("C2P | p2c")] {
            let config = parse(json!({"model_type": "deberta-v2", "pos_att_type": kinds}));
            let config = config.unwrap();
            assert!(config.content_to_position() && config.position_to_content());
        }
        assert!(
            !parse(json!({"pos_att_type": null}))
                .unwrap()
                .content_to_position()
        );
    }
}
