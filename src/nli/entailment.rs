//! Whether one sentence follows from another, in numbers.

use std::path::Path;
use std::sync::Mutex;

use tch::{Device, Kind, Tensor, nn};

use super::NliError;
use super::config::Config;
use super::folder::{self, ModelFiles};
use super::hub::HubModel;
use super::networks::{self, Batch, Network};
use super::tokenizer::{Pair, PairTokenizer};
use crate::libtorch::{Precision, caught};
use crate::model::ModelError;
use crate::model::torch::load_variables;

/// Tokens in a batch, padding included: enough to keep a processor busy, little enough for its
/// caches. A GPU wants more.
const CPU_BATCH: usize = 2_048;
const GPU_BATCH: usize = 32_768;

/// A model for natural-language inference, on libtorch.
pub struct Entailment {
    name: String,
    checksum: String,
    precision: Precision,
    tokenizer: PairTokenizer,
    // libtorch tensors may be sent to another thread but not shared between threads.
    network: Mutex<Box<dyn Network>>,
    device: Device,
    padding: i64,
    labels: Vec<String>,
    entailment: usize,
}

impl Entailment {
    /// A model by the path of its folder or by its name on the model hub; `say` is told of files
    /// that are fetched from there.
    ///
    /// # Errors
    /// When the model is not there, lacks a file, is of a kind that cannot be run, or has no
    /// label for entailment.
    pub fn open(
        model: &str,
        device: Device,
        precision: Precision,
        say: impl Fn(&str),
    ) -> Result<Entailment, NliError> {
        let path = Path::new(model);
        if path.exists() {
            // What a folder is called is its name, not where it lies.
            let name = path.canonicalize().ok();
            let name = name.as_deref().and_then(Path::file_name);
            let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            return Entailment::load(path, name, device, precision);
        }
        let hub = HubModel::parse(model).ok_or_else(|| NliError::NoSuchModel {
            model: model.to_owned(),
        })?;
        Entailment::load(&hub.fetch(say)?, hub.name(), device, precision)
    }

    fn load(
        folder: &Path,
        name: String,
        device: Device,
        precision: Precision,
    ) -> Result<Entailment, NliError> {
        let files = ModelFiles::find(folder)?;
        let config_path = files.path(folder::CONFIG);
        let config_file = config_path.display().to_string();
        let config = Config::parse(&folder::read(&config_path)?, &config_file)?;
        let entailment = config.entailment(&config_file)?;
        let weights = files.weights()?;
        let bad = |reason: String| NliError::Weights {
            file: files.weights_path().display().to_string(),
            reason,
        };
        let mut store = nn::VarStore::new(device);
        let network = caught(|| networks::build(&store.root(), &config))
            .map_err(&bad)?
            .map_err(|e| bad(e.to_string()))?;
        caught(|| load_variables(&store, &weights))
            .map_err(&bad)?
            .map_err(|e| bad(e.to_string()))?;
        drop(weights);
        caught(|| precision.apply(&mut store)).map_err(&bad)?;
        store.freeze();
        Ok(Entailment {
            name,
            checksum: files.checksum()?,
            precision,
            tokenizer: PairTokenizer::open(&files, &config)?,
            network: Mutex::new(network),
            device,
            padding: config.padding(),
            labels: config.labels(),
            entailment,
        })
    }

    /// The folder's name, or the model's on the hub.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 over all files of the model.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The labels, in the order of the logits.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The token ids of a premise with a hypothesis, special tokens included.
    pub fn tokens(&self, premise: &str, hypothesis: &str) -> Result<Vec<i64>, NliError> {
        Ok(self.tokenizer.pair(premise, hypothesis)?.ids)
    }

    /// How many tokens a text has, and how many a hypothesis may have.
    pub(super) fn length(&self, hypothesis: &str) -> Result<(usize, usize), NliError> {
        let length = self.tokenizer.length(hypothesis)?;
        Ok((length, self.tokenizer.longest_hypothesis()))
    }

    /// The log odds (natural logarithm) that each hypothesis follows from its premise: 0 where it
    /// is as likely as not. A pair's value does not depend on the others, up to rounding.
    pub fn log_odds<P: AsRef<str>, H: AsRef<str>>(
        &self,
        pairs: &[(P, H)],
    ) -> Result<Vec<f64>, ModelError> {
        let logits = self.logits(pairs)?;
        Ok(logits
            .iter()
            .map(|logits| {
                let others = logits.iter().enumerate();
                let others = others.filter(|(label, _)| *label != self.entailment);
                let others = others.map(|(_, logit)| f64::from(*logit));
                f64::from(logits[self.entailment]) - log_sum_exp(others)
            })
            .collect())
    }

    /// The logits of each pair of premise and hypothesis, one for each label.
    pub fn logits<P: AsRef<str>, H: AsRef<str>>(
        &self,
        pairs: &[(P, H)],
    ) -> Result<Vec<Vec<f32>>, ModelError> {
        let tokens = pairs
            .iter()
            .map(|(premise, hypothesis)| self.tokenizer.pair(premise.as_ref(), hypothesis.as_ref()))
            .collect::<Result<Vec<Pair>, NliError>>()
            .map_err(|e| failed(e.to_string()))?;
        let mut by_length: Vec<usize> = (0..tokens.len()).collect();
        by_length.sort_by_key(|pair| tokens[*pair].ids.len());
        let largest = match self.device {
            Device::Cpu => CPU_BATCH,
            _ => GPU_BATCH,
        };
        let mut logits = vec![Vec::new(); pairs.len()];
        let mut rest = by_length.as_slice();
        while !rest.is_empty() {
            // The longest of a batch is its last.
            let fits = |count: &usize| count * tokens[rest[count - 1]].ids.len() <= largest;
            let count = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
            let (batch, later) = rest.split_at(count);
            let batch_tokens: Vec<&Pair> = batch.iter().map(|pair| &tokens[*pair]).collect();
            for (pair, values) in batch.iter().zip(self.run(&batch_tokens)?) {
                logits[*pair] = values;
            }
            rest = later;
        }
        Ok(logits)
    }

    fn run(&self, pairs: &[&Pair]) -> Result<Vec<Vec<f32>>, ModelError> {
        let network = self
            .network
            .lock()
            .map_err(|_| failed("an earlier run of the model failed".to_owned()))?;
        let values = caught(|| -> Result<Vec<f32>, String> {
            let batch = batch(pairs, self.padding, self.device);
            let logits = tch::no_grad(|| network.logits(&batch)).map_err(|e| e.to_string())?;
            let logits = logits.to_kind(Kind::Float).to_device(Device::Cpu);
            Vec::<f32>::try_from(logits.contiguous().view([-1])).map_err(|e| e.to_string())
        });
        let values = values.and_then(|values| values).map_err(failed)?;
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(failed(format!(
                "{} gives {value}; its weights are damaged, or need --precision f32",
                self.name
            )));
        }
        Ok(values
            .chunks_exact(self.labels.len())
            .map(<[f32]>::to_vec)
            .collect())
    }
}

fn batch(pairs: &[&Pair], padding: i64, device: Device) -> Batch {
    let tokens = pairs.iter().map(|pair| pair.ids.len()).max().unwrap_or(0);
    let grid = |of: &dyn Fn(&Pair, usize) -> i64| {
        let values: Vec<i64> = pairs
            .iter()
            .flat_map(|pair| (0..tokens).map(|at| of(pair, at)))
            .collect();
        Tensor::from_slice(&values)
            .view([pairs.len() as i64, tokens as i64])
            .to_device(device)
    };
    Batch {
        ids: grid(&|pair, at| pair.ids.get(at).copied().unwrap_or(padding)),
        types: grid(&|pair, at| pair.types.get(at).copied().unwrap_or(0)),
        mask: grid(&|pair, at| i64::from(at < pair.ids.len())),
    }
}

fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    top + values.map(|value| (value - top).exp()).sum::<f64>().ln()
}

fn failed(reason: String) -> ModelError {
    ModelError::Engine {
        engine: "inference",
        reason,
    }
}
