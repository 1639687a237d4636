//! How the encoder's weights are rounded to int8: by what each layer is fed.
//!
//! [`measure`] sends sample windows through the encoder and keeps, for each dense layer, how large
//! each input channel gets and how the channels go together. [`round`] then rounds a layer's
//! weights one input channel at a time and lets the weights that are still to be rounded make up
//! for the error (GPTQ, Frantar et al. 2023).

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use crate::model::ModelError;
use crate::model::folder::EncoderConfig;
use crate::model::weights::{self, NamedWeights};
use crate::model::windows::Window;

/// What a dense layer was fed.
pub struct LayerInputs {
    /// The largest absolute value of each channel.
    pub largest: Vec<f32>,
    /// Channels × channels, f64: sums over tokens of the channels' products.
    products: Tensor,
}

/// The inputs of each dense layer, by the layer's name; layers that read the same input are
/// under the first one's.
pub type EncoderInputs = BTreeMap<String, LayerInputs>;

/// Send windows through the encoder in f32 and measure what its dense layers are fed.
pub fn measure(
    weights: &NamedWeights,
    config: &EncoderConfig,
    windows: &[Window],
) -> Result<EncoderInputs, ModelError> {
    tch::no_grad(|| {
        let mut encoder = Encoder {
            weights,
            config,
            inputs: EncoderInputs::new(),
        };
        for window in windows {
            let _ = encoder.run(window)?;
        }
        Ok(encoder.inputs)
    })
}

/// The encoder written out, so that what happens between its layers can be seen.
struct Encoder<'w> {
    weights: &'w NamedWeights,
    config: &'w EncoderConfig,
    inputs: EncoderInputs,
}

impl Encoder<'_> {
    fn tensor(&self, name: &str) -> Result<Tensor, ModelError> {
        let weight = weights::get(self.weights, name)?;
        let shape: Vec<i64> = weight.shape.iter().map(|size| *size as i64).collect();
        Ok(Tensor::from_slice(&weight.values).view(shape.as_slice()))
    }

    fn dense(&self, name: &str, input: &Tensor) -> Result<Tensor, ModelError> {
        let weight = self.tensor(&format!("{name}.weight"))?;
        let bias = self.tensor(&format!("{name}.bias"))?;
        Ok(input.linear(&weight, Some(&bias)))
    }

    fn layer_norm(&self, name: &str, input: &Tensor) -> Result<Tensor, ModelError> {
        let weight = self.tensor(&format!("{name}.weight"))?;
        let bias = self.tensor(&format!("{name}.bias"))?;
        let width = self.config.hidden_size as i64;
        let epsilon = self.config.layer_norm_eps;
        Ok(input.layer_norm([width], Some(&weight), Some(&bias), epsilon, false))
    }

    fn see(&mut self, name: &str, input: &Tensor) -> Result<(), ModelError> {
        let largest = input.abs().amax([0], false);
        let largest = Vec::<f32>::try_from(largest).map_err(|e| ModelError::Engine {
            engine: "torch",
            reason: e.to_string(),
        })?;
        let input = input.to_kind(Kind::Double);
        let products = input.transpose(0, 1).matmul(&input);
        match self.inputs.get_mut(name) {
            Some(seen) => {
                for (most, value) in seen.largest.iter_mut().zip(largest) {
                    *most = most.max(value);
                }
                seen.products += products;
            }
            None => {
                let inputs = LayerInputs { largest, products };
                self.inputs.insert(name.to_owned(), inputs);
            }
        }
        Ok(())
    }

    /// The token vectors, tokens × width.
    fn run(&mut self, window: &Window) -> Result<Tensor, ModelError> {
        let tokens = window.ids.len() as i64;
        let ids: Vec<i64> = window.ids.iter().map(|id| i64::from(*id)).collect();
        let types: Vec<i64> = window.casing.iter().map(|id| i64::from(*id)).collect();
        let rows = |table: &str, ids: Tensor| -> Result<Tensor, ModelError> {
            let table = self.tensor(&format!("embeddings.{table}_embeddings.weight"))?;
            Ok(table.index_select(0, &ids))
        };
        let sum = rows("word", Tensor::from_slice(&ids))?
            + rows("token_type", Tensor::from_slice(&types))?
            + rows(
                "position",
                Tensor::arange(tokens, (Kind::Int64, Device::Cpu)),
            )?;
        let mut hidden = self.layer_norm("embeddings.LayerNorm", &sum)?;
        let heads = self.config.num_attention_heads as i64;
        let size = self.config.hidden_size as i64 / heads;
        for layer in 0..self.config.num_hidden_layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            self.see(&name("attention.self.query"), &hidden)?;
            let part = |part: &str| -> Result<Tensor, ModelError> {
                let all = self.dense(&name(&format!("attention.self.{part}")), &hidden)?;
                Ok(all.view([tokens, heads, size]).transpose(0, 1))
            };
            let (query, key, value) = (part("query")?, part("key")?, part("value")?);
            let scores = query.matmul(&key.transpose(1, 2)) / (size as f64).sqrt();
            let mixed = scores.softmax(-1, Kind::Float).matmul(&value);
            let mixed = mixed.transpose(0, 1).reshape([tokens, heads * size]);
            self.see(&name("attention.output.dense"), &mixed)?;
            let attended = self.dense(&name("attention.output.dense"), &mixed)? + &hidden;
            hidden = self.layer_norm(&name("attention.output.LayerNorm"), &attended)?;

            self.see(&name("intermediate.dense"), &hidden)?;
            let inner = self
                .dense(&name("intermediate.dense"), &hidden)?
                .gelu("none");
            self.see(&name("output.dense"), &inner)?;
            let outer = self.dense(&name("output.dense"), &inner)? + &hidden;
            hidden = self.layer_norm(&name("output.LayerNorm"), &outer)?;
        }
        Ok(hidden)
    }
}

impl LayerInputs {
    /// What is to be made up for once a channel is rounded: the upper factor of the inverse of
    /// the products, channels × channels row by row, if each channel is first divided by
    /// `divisors`.
    fn corrections(&self, divisors: &[f32]) -> Result<Vec<f32>, ModelError> {
        let failed = |e: tch::TchError| ModelError::Weights(format!("cannot be rounded: {e}"));
        let divisors = Tensor::from_slice(divisors).to_kind(Kind::Double);
        let products = &self.products / divisors.outer(&divisors);
        // A channel that is hardly ever on would make the products singular.
        let share = products.diag(0).mean(Kind::Double) * DAMPING;
        let channels = products.size()[0];
        let damped = products + Tensor::eye(channels, (Kind::Double, Device::Cpu)) * share;
        let inverse = damped.f_inverse().map_err(failed)?;
        let upper = inverse.f_linalg_cholesky(true).map_err(failed)?;
        Vec::<f32>::try_from(upper.to_kind(Kind::Float).contiguous().view([-1])).map_err(failed)
    }
}

/// What is added to the diagonal of the products, as a share of its mean.
const DAMPING: f64 = 0.01;

/// The largest rounded weight.
const RANGE: f32 = 127.0;

/// The most that the weights of two neighbouring channels, the first of them even, may come to.
/// Processors without VNNI add the products of two such channels in 16 bits, and 255 times more
/// would not fit: what an output comes to would depend on the processor.
const PAIR_RANGE: f32 = 128.0;

/// Round `weights` (row by row, one row an output) to int8 for inputs like those measured whose
/// channels are divided by `divisors`. The channels are in so many groups of one size, and a row
/// has a scale for each; scales come row by row.
pub fn round(
    weights: &[f32],
    inputs: &LayerInputs,
    divisors: &[f32],
    groups: usize,
) -> Result<(Vec<i8>, Vec<f32>), ModelError> {
    let width = divisors.len();
    if groups == 0 || !width.is_multiple_of(2 * groups) {
        return Err(ModelError::Weights(format!(
            "a layer of {width} inputs cannot be rounded in {groups} groups of pairs"
        )));
    }
    let corrections = inputs.corrections(divisors)?;
    let mut rounded: Vec<i8> = Vec::with_capacity(weights.len());
    let mut scales = Vec::with_capacity(weights.len() / width.max(1) * groups);
    for row in weights.chunks_exact(width) {
        let of_groups: Vec<f32> = row.chunks_exact(width / groups).map(scale).collect();
        let mut row = row.to_vec();
        for channel in 0..width {
            let scale = of_groups[channel / (width / groups)];
            let partner = match channel % 2 {
                0 => 0.0,
                _ => rounded.last().map_or(0.0, |value| f32::from(*value)),
            };
            let least = -RANGE.min(PAIR_RANGE + partner);
            let most = RANGE.min(PAIR_RANGE - partner);
            let value = (row[channel] / scale).round().clamp(least, most);
            rounded.push(value as i8);
            let corrections = &corrections[channel * width..(channel + 1) * width];
            let error = (row[channel] - value * scale) / corrections[channel];
            for (weight, correction) in row.iter_mut().zip(corrections).skip(channel + 1) {
                *weight -= error * correction;
            }
        }
        scales.extend(of_groups);
    }
    Ok((rounded, scales))
}

/// The smallest scale that brings weights and pairs of them within their ranges.
fn scale(weights: &[f32]) -> f32 {
    let single = weights.iter().map(|weight| weight.abs() / RANGE);
    let pairs = weights.chunks_exact(2);
    let pairs = pairs.map(|pair| (pair[0] + pair[1]).abs() / PAIR_RANGE);
    let scale = single.chain(pairs).fold(0f32, f32::max);
    if scale > 0.0 { scale } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::engine::Engine;
    use crate::model::torch::Torch;
    use crate::model::weights::{Precision, Weights};

    #[test]
    fn the_encoder_written_out_is_the_encoder() {
        let config = EncoderConfig {
            hidden_size: 8,
            intermediate_size: 16,
            max_position_embeddings: 10,
            num_attention_heads: 2,
            num_hidden_layers: 2,
            type_vocab_size: 3,
            vocab_size: 20,
            layer_norm_eps: 1e-12,
        };
        tch::manual_seed(2);
        let store = tch::nn::VarStore::new(Device::Cpu);
        let bert = crate::model::torch::bert_config(&config, 0.0);
        let _ =
            rust_bert::bert::BertModel::<rust_bert::bert::BertEmbeddings>::new_with_optional_pooler(
                store.root(),
                &bert,
                false,
            );
        let weights: NamedWeights = store
            .variables()
            .into_iter()
            .map(|(name, tensor)| {
                let spread = tensor.randn_like() * 0.3 + 0.1;
                let values = Vec::<f32>::try_from(spread.reshape([-1])).unwrap();
                let shape = tensor.size().into_iter().map(|s| s as usize).collect();
                (name, Weights { shape, values })
            })
            .collect();
        let window = Window {
            ids: vec![1, 5, 7, 19, 2],
            casing: vec![0, 1, 2, 0, 0],
            scored: vec![],
        };
        let bytes = weights::write(&weights, Precision::F32).unwrap();
        let torch = Torch::new(&bytes, &config, Device::Cpu).unwrap();
        let expected = torch.encode(std::slice::from_ref(&window)).unwrap();
        let mut encoder = Encoder {
            weights: &weights,
            config: &config,
            inputs: EncoderInputs::new(),
        };
        let found = tch::no_grad(|| encoder.run(&window)).unwrap();
        let found = Vec::<f32>::try_from(found.reshape([-1])).unwrap();
        assert_eq!(found.len(), expected[0].values.len());
        for (a, b) in found.iter().zip(&expected[0].values) {
            assert!((a - b).abs() < 1e-4, "{a} against {b}");
        }
        assert_eq!(encoder.inputs.len(), 8);
    }

    /// Tokens × channels, with channels that go together.
    fn inputs(tokens: i64) -> (Tensor, LayerInputs) {
        tch::manual_seed(1);
        let mix = Tensor::randn([12, 12], (Kind::Float, Device::Cpu));
        let tokens = Tensor::randn([tokens, 12], (Kind::Float, Device::Cpu)).matmul(&mix);
        let wide = tokens.to_kind(Kind::Double);
        let measured = LayerInputs {
            largest: Vec::try_from(tokens.abs().amax([0], false)).unwrap(),
            products: wide.transpose(0, 1).matmul(&wide),
        };
        (tokens, measured)
    }

    fn error(tokens: &Tensor, weights: &[f32], rounded: &[f32]) -> f64 {
        let difference = Tensor::from_slice(weights) - Tensor::from_slice(rounded);
        let outputs = tokens.matmul(&difference.view([-1, 12]).transpose(0, 1));
        outputs.square().mean(Kind::Float).double_value(&[])
    }

    /// What rounded weights stand for.
    fn restored(rounded: &[i8], scales: &[f32]) -> Vec<f32> {
        let group = rounded.len() / scales.len();
        let groups = rounded.chunks_exact(group).zip(scales);
        groups
            .flat_map(|(part, scale)| part.iter().map(move |value| f32::from(*value) * scale))
            .collect()
    }

    fn random_weights() -> Vec<f32> {
        let weights = Tensor::randn([8 * 12], (Kind::Float, Device::Cpu));
        Vec::try_from(weights).unwrap()
    }

    #[test]
    fn rounding_by_the_inputs_is_nearer_than_rounding_to_the_nearest() {
        let (tokens, measured) = inputs(200);
        let weights = random_weights();
        let (rounded, scales) = round(&weights, &measured, &[1.0; 12], 1).unwrap();
        let nearest: Vec<f32> = weights
            .iter()
            .enumerate()
            .map(|(at, weight)| (weight / scales[at / 12]).round() * scales[at / 12])
            .collect();
        let (ours, theirs) = (
            error(&tokens, &weights, &restored(&rounded, &scales)),
            error(&tokens, &weights, &nearest),
        );
        assert!(ours < 0.7 * theirs, "{ours} against {theirs}");
    }

    #[test]
    fn groups_have_scales_of_their_own() {
        let (tokens, measured) = inputs(200);
        let mut weights = random_weights();
        // One large weight takes the precision of its own group only.
        weights.iter_mut().step_by(12).for_each(|w| *w *= 50.0);
        let [one, three] = [1, 3].map(|groups| {
            let (rounded, scales) = round(&weights, &measured, &[1.0; 12], groups).unwrap();
            assert_eq!(scales.len(), 8 * groups);
            error(&tokens, &weights, &restored(&rounded, &scales))
        });
        assert!(three < 0.7 * one, "{three} against {one}");
        assert!(round(&weights, &measured, &[1.0; 12], 4).is_err());
    }

    #[test]
    fn no_pair_of_products_overflows_16_bits() {
        let (_, measured) = inputs(200);
        let mut weights = random_weights();
        weights[0] = 9.0;
        weights[1] = 9.0;
        weights[24] = -9.0;
        weights[25] = -9.0;
        let (rounded, _) = round(&weights, &measured, &[1.0; 12], 1).unwrap();
        for pair in rounded.chunks_exact(2) {
            let sum = i32::from(pair[0]) + i32::from(pair[1]);
            let products = [
                255 * sum,
                255 * i32::from(pair[0]),
                255 * i32::from(pair[1]),
            ];
            assert!(
                products.iter().all(|p| i16::try_from(*p).is_ok()),
                "{pair:?}"
            );
        }
        // The range is made use of all the same.
        assert!(rounded.iter().any(|value| value.abs() > 100), "{rounded:?}");
    }

    #[test]
    fn a_channel_that_is_never_on_is_no_trouble() {
        let (_, measured) = inputs(50);
        for row in 0..12 {
            let _ = measured.products.get(row).get(3).zero_();
            let _ = measured.products.get(3).get(row).zero_();
        }
        let (rounded, _) = round(&[0.5; 12], &measured, &[1.0; 12], 1).unwrap();
        assert_eq!(rounded.len(), 12);
    }
}
