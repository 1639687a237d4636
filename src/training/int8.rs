//! The encoder's int8 form, for the embedded engine.
//!
//! Weights are quantised per output channel, symmetrically, by what the layers are fed
//! ([`quantise`]); activations when the model runs, by the range found in each token. One
//! quantisation serves query, key and value, whose weights are one matrix. Embeddings are int8
//! with a scale per word. The crate `summit-stance-encoder` describes the file.

use std::collections::BTreeMap;

use super::quantise::{self, EncoderInputs};
use crate::model::ModelError;
use crate::model::folder::EncoderConfig;
use crate::model::weights::{self, Int8Weights, NamedWeights, Weights};
use crate::model::windows::Window;

/// The bytes of `model-int8.safetensors` for an encoder's weights; `samples` are windows like
/// those it will read.
pub fn encoder(
    weights: &NamedWeights,
    config: &EncoderConfig,
    samples: &[Window],
) -> Result<Vec<u8>, ModelError> {
    let mut writer = Writer {
        weights,
        inputs: quantise::measure(weights, config, samples)?,
        floats: NamedWeights::new(),
        int8: BTreeMap::new(),
    };
    writer.words()?;
    for name in ["token_type_embeddings", "position_embeddings"] {
        writer.copy(&format!("embeddings.{name}.weight"))?;
    }
    writer.layer_norm("embeddings.LayerNorm")?;
    for layer in 0..config.num_hidden_layers {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let parts = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        writer.dense(&parts, name("attention.self"), 1)?;
        for (dense, groups) in [
            ("attention.output.dense", 1),
            ("intermediate.dense", 1),
            ("output.dense", GROUPS),
        ] {
            writer.dense(&[name(dense)], name(dense), groups)?;
        }
        writer.layer_norm(&name("attention.output.LayerNorm"))?;
        writer.layer_norm(&name("output.LayerNorm"))?;
    }
    weights::write_int8(&writer.floats, &writer.int8)
}

struct Writer<'w> {
    weights: &'w NamedWeights,
    inputs: EncoderInputs,
    floats: NamedWeights,
    int8: BTreeMap<String, Int8Weights>,
}

impl Writer<'_> {
    fn copy(&mut self, name: &str) -> Result<(), ModelError> {
        let weights = weights::get(self.weights, name)?.clone();
        self.floats.insert(name.to_owned(), weights);
        Ok(())
    }

    fn floats(&mut self, name: String, shape: &[usize], values: Vec<f32>) {
        let shape = shape.to_vec();
        self.floats.insert(name, Weights { shape, values });
    }

    fn int8(&mut self, name: String, shape: &[usize], values: Vec<i8>) {
        let shape = shape.to_vec();
        self.int8.insert(name, Int8Weights { shape, values });
    }

    fn layer_norm(&mut self, name: &str) -> Result<(), ModelError> {
        self.copy(&format!("{name}.weight"))?;
        self.copy(&format!("{name}.bias"))
    }

    fn words(&mut self) -> Result<(), ModelError> {
        let name = "embeddings.word_embeddings";
        let words = weights::get(self.weights, &format!("{name}.weight"))?;
        let (shape, width) = (words.shape.clone(), words.shape[1]);
        let (quantised, scales) = quantise_rows(&words.values, width);
        self.int8(format!("{name}.weight"), &shape, quantised);
        self.floats(format!("{name}.scale"), &shape[..1], scales);
        Ok(())
    }

    /// Dense layers that read the same input, as one layer `into` with its input channels in
    /// `groups`, each with a range of its own in tokens and in weights. The layer after GELU has
    /// several: it has four times as many channels as the others, of which a few are large, and
    /// would otherwise lose the most of all.
    ///
    /// The input's channels are evened out first and the weights take up what was divided away
    /// (SmoothQuant, Xiao et al. 2023).
    fn dense(&mut self, names: &[String], into: String, groups: usize) -> Result<(), ModelError> {
        let mut rows = Vec::new();
        let mut biases = Vec::new();
        let mut inputs = 0;
        for name in names {
            let weight = weights::get(self.weights, &format!("{name}.weight"))?;
            inputs = weight.shape[1];
            rows.extend_from_slice(&weight.values);
            let bias = weights::get(self.weights, &format!("{name}.bias"))?;
            biases.extend_from_slice(&bias.values);
        }
        let measured = names.first().and_then(|name| self.inputs.remove(name));
        let measured = measured.ok_or_else(|| {
            ModelError::Weights("no sample windows to quantise the encoder by".into())
        })?;
        let divisors = smoothing(&measured.largest, &rows);
        for row in rows.chunks_exact_mut(inputs) {
            row.iter_mut().zip(&divisors).for_each(|(w, d)| *w *= d);
        }
        let (values, scales) = quantise::round(&rows, &measured, &divisors, groups)?;
        let outputs = biases.len();
        self.int8(format!("{into}.weight"), &[outputs, inputs], values);
        self.floats(format!("{into}.scale"), &[outputs, groups], scales);
        self.floats(format!("{into}.divisor"), &[inputs], divisors);
        self.floats(format!("{into}.bias"), &[outputs], biases);
        Ok(())
    }
}

/// Groups of channels of the layer after GELU: as wide as the other layers' inputs.
const GROUPS: usize = 4;

/// A factor for each channel: the root of how large it gets over the largest weight it meets.
fn smoothing(largest: &[f32], columns: &[f32]) -> Vec<f32> {
    let mut weights = vec![1e-6f32; largest.len()];
    for row in columns.chunks_exact(largest.len()) {
        weights
            .iter_mut()
            .zip(row)
            .for_each(|(most, w)| *most = most.max(w.abs()));
    }
    largest
        .iter()
        .zip(weights)
        .map(|(channel, weight)| (channel.max(1e-3) / weight).sqrt())
        .collect()
}

/// Symmetric int8, with one scale for each row of `width` values.
fn quantise_rows(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut quantised = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width.max(1));
    for row in values.chunks_exact(width) {
        let largest = row.iter().fold(0f32, |m, v| m.max(v.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        quantised.extend(row.iter().map(|v| (v / scale).round() as i8));
        scales.push(scale);
    }
    (quantised, scales)
}
