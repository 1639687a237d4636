//! The encoder as an int8 ONNX graph, written without Python.
//!
//! Weights are quantised per output channel, symmetrically, by what the layers are fed
//! ([`quantise`]); activations when the model runs, by the range found in each token. One quantisation serves query, key
//! and value, whose weights are one matrix. Embeddings are int8 with a scale per word. The graph
//! takes one window without padding: `input_ids`, `token_type_ids` and `position_ids`, each
//! `[tokens]`, and gives `token_vectors`, `[tokens, width]`.

use prost::Message;

use super::onnx_format::{
    Attribute, DataType, Dimension, Graph, Model, Node, OperatorSet, Tensor, ValueInfo,
};
use super::quantise::{self, EncoderInputs};
use crate::model::ModelError;
use crate::model::folder::EncoderConfig;
use crate::model::weights::{self, NamedWeights, Weights};
use crate::model::windows::Window;

/// The bytes of `model.onnx` for an encoder's weights; `samples` are windows like those it will
/// read.
pub fn int8_encoder(
    weights: &NamedWeights,
    config: &EncoderConfig,
    samples: &[Window],
) -> Result<Vec<u8>, ModelError> {
    let mut builder = Builder {
        weights,
        config,
        inputs: quantise::measure(weights, config, samples)?,
        graph: Graph::default(),
        values: 0,
    };
    let mut hidden = builder.embeddings()?;
    for layer in 0..config.num_hidden_layers {
        hidden = builder.layer(layer, hidden)?;
    }
    builder.node("Identity", &[&hidden], &["token_vectors"], vec![]);
    let mut graph = builder.graph;
    graph.name = "encoder".into();
    let tokens = || Dimension::named("tokens");
    graph.input = ["input_ids", "token_type_ids", "position_ids"]
        .map(|name| ValueInfo::new(name, DataType::Int64, vec![tokens()]))
        .to_vec();
    graph.output = vec![ValueInfo::new(
        "token_vectors",
        DataType::Float,
        vec![tokens(), Dimension::fixed(config.hidden_size as i64)],
    )];
    let model = Model {
        ir_version: 8,
        producer_name: env!("CARGO_PKG_NAME").into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        opset_import: vec![
            OperatorSet::new("", 17),
            OperatorSet::new("com.microsoft", 1),
        ],
        graph: Some(graph),
    };
    Ok(model.encode_to_vec())
}

struct Builder<'w> {
    weights: &'w NamedWeights,
    config: &'w EncoderConfig,
    inputs: EncoderInputs,
    graph: Graph,
    values: usize,
}

impl Builder<'_> {
    fn node(&mut self, op: &str, inputs: &[&str], outputs: &[&str], attributes: Vec<Attribute>) {
        self.node_of(op, "", inputs, outputs, attributes);
    }

    fn node_of(
        &mut self,
        op: &str,
        domain: &str,
        inputs: &[&str],
        outputs: &[&str],
        attributes: Vec<Attribute>,
    ) {
        let strings = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        self.graph.node.push(Node {
            input: strings(inputs),
            output: strings(outputs),
            name: format!("{op}_{}", self.graph.node.len()),
            op_type: op.into(),
            attribute: attributes,
            domain: domain.into(),
        });
    }

    fn fresh(&mut self, name: &str) -> String {
        self.values += 1;
        format!("{name}_{}", self.values)
    }

    /// A node with one output, whose name is returned.
    fn apply(&mut self, op: &str, inputs: &[&str], attributes: Vec<Attribute>) -> String {
        let output = self.fresh(&op.to_lowercase());
        self.node(op, inputs, &[&output], attributes);
        output
    }

    fn constant(&mut self, name: &str, tensor: Tensor) -> String {
        let name = self.fresh(name);
        self.graph.initializer.push(Tensor {
            name: name.clone(),
            ..tensor
        });
        name
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        self.constant(name, Tensor::floats(shape, values))
    }

    fn scalar(&mut self, value: f32) -> String {
        self.floats("scalar", &[], &[value])
    }

    fn weight(&self, name: &str) -> Result<&Weights, ModelError> {
        weights::get(self.weights, name)
    }

    fn vector(&mut self, name: &str) -> Result<String, ModelError> {
        let values = self.weight(name)?.values.clone();
        Ok(self.floats(name, &[values.len()], &values))
    }

    fn embeddings(&mut self) -> Result<String, ModelError> {
        let words = self.weight("embeddings.word_embeddings.weight")?;
        let (count, width) = (words.shape[0], words.shape[1]);
        let (quantised, scales) = quantise_rows(&words.values, width);
        let table = self.constant("word_embeddings", Tensor::int8(&[count, width], &quantised));
        let scales = self.floats("word_embedding_scales", &[count, 1], &scales);
        let rows = self.apply("Gather", &[&table, "input_ids"], vec![]);
        let rows = self.apply(
            "Cast",
            &[&rows],
            vec![Attribute::int("to", DataType::Float as i64)],
        );
        let scale = self.apply("Gather", &[&scales, "input_ids"], vec![]);
        let mut sum = self.apply("Mul", &[&rows, &scale], vec![]);
        for (name, ids) in [
            ("embeddings.token_type_embeddings.weight", "token_type_ids"),
            ("embeddings.position_embeddings.weight", "position_ids"),
        ] {
            let weight = self.weight(name)?.clone();
            let table = self.floats(name, &weight.shape, &weight.values);
            let row = self.apply("Gather", &[&table, ids], vec![]);
            sum = self.apply("Add", &[&sum, &row], vec![]);
        }
        self.layer_norm("embeddings.LayerNorm", &sum)
    }

    fn layer_norm(&mut self, name: &str, input: &str) -> Result<String, ModelError> {
        let scale = self.vector(&format!("{name}.weight"))?;
        let bias = self.vector(&format!("{name}.bias"))?;
        let attributes = vec![
            Attribute::int("axis", -1),
            Attribute::float("epsilon", self.config.layer_norm_eps as f32),
        ];
        Ok(self.apply("LayerNormalization", &[input, &scale, &bias], attributes))
    }

    /// Dense layers that read the same input, as one int8 product: `[tokens, inputs]` to
    /// `[tokens, outputs of all]`.
    ///
    /// The input's channels are evened out first and the weights take up what was divided away
    /// (SmoothQuant, Xiao et al. 2023).
    fn dense(&mut self, names: &[String], input: &str) -> Result<String, ModelError> {
        let dense = self.rounded(names, 1)?;
        let input = self.evened_out(input, &dense);
        let bias = self.floats("bias", &[dense.outputs], &dense.biases);
        let sums = dense.row_sums(0);
        let rates: Vec<f32> = dense
            .scales
            .iter()
            .zip(&sums)
            .map(|(scale, sum)| scale / STEPS / sum)
            .collect();
        let steps = self.in_steps(&input);
        let product = self.product(&steps.values, &dense, 0, &rates);
        // What the tokens' zeros give: each times the sum of an output's weights. The sums are
        // multiplied in last, for all: adding a column to a product is cheap, a product of a column
        // and a row is not.
        let weight_sum = self.floats("weight_sum", &[dense.outputs], &sums);
        let least = self.apply("Div", &[&steps.least, &steps.size], vec![]);
        let sum = self.apply("Add", &[&product, &least], vec![]);
        let sum = self.apply("Mul", &[&sum, &steps.size], vec![]);
        let sum = self.apply("Mul", &[&sum, &weight_sum], vec![]);
        Ok(self.apply("Add", &[&sum, &bias], vec![]))
    }

    /// A dense layer as [`Builder::dense`], but with its input channels in [`GROUPS`], each with a
    /// range of its own in tokens and in weights, and a product of its own. For the layer after
    /// GELU: it has four times as many channels as the others, of which a few are large, and would
    /// otherwise lose the most of all.
    fn dense_in_groups(&mut self, name: String, input: &str) -> Result<String, ModelError> {
        let dense = self.rounded(&[name], GROUPS)?;
        let input = self.evened_out(input, &dense);
        let width = dense.group_width() as i64;
        let groups = GROUPS as i64;
        let shape = self.constant("shape", Tensor::int64(&[3], &[-1, groups, width]));
        let input = self.apply("Reshape", &[&input, &shape], vec![]);
        let steps = self.in_steps(&input);
        let bias = self.floats("bias", &[dense.outputs], &dense.biases);
        let shape = self.constant("shape", Tensor::int64(&[2], &[-1, groups]));
        let least = self.apply("Reshape", &[&steps.least, &shape], vec![]);
        let sums: Vec<f32> = (0..GROUPS)
            .flat_map(|group| dense.row_sums(group))
            .collect();
        let sums = self.floats("weight_sum", &[GROUPS, dense.outputs], &sums);
        let zeros = self.apply("MatMul", &[&least, &sums], vec![]);
        let mut sum = self.apply("Add", &[&zeros, &bias], vec![]);
        for group in 0..GROUPS {
            let index = self.constant("index", Tensor::int64(&[], &[group as i64]));
            let mut part = |whole: &str| {
                self.apply("Gather", &[whole, &index], vec![Attribute::int("axis", 1)])
            };
            let (values, size) = (part(&steps.values), part(&steps.size));
            let scales = dense.scales.iter().skip(group).step_by(GROUPS);
            let rates: Vec<f32> = scales.map(|scale| scale / STEPS).collect();
            let product = self.product(&values, &dense, group, &rates);
            let product = self.apply("Mul", &[&product, &size], vec![]);
            sum = self.apply("Add", &[&product, &sum], vec![]);
        }
        Ok(sum)
    }

    /// The weights of dense layers that read the same input, one below the other and rounded.
    fn rounded(&mut self, names: &[String], groups: usize) -> Result<RoundedDense, ModelError> {
        let mut columns = Vec::new();
        let mut biases = Vec::new();
        let mut inputs = 0;
        for name in names {
            let weight = self.weight(&format!("{name}.weight"))?;
            inputs = weight.shape[1];
            columns.extend_from_slice(&weight.values);
            biases.extend_from_slice(&self.weight(&format!("{name}.bias"))?.values);
        }
        let measured = names.first().and_then(|name| self.inputs.remove(name));
        let measured = measured.ok_or_else(|| {
            ModelError::Weights("no sample windows to quantise the encoder by".into())
        })?;
        let factors = smoothing(&measured.largest, &columns);
        for row in columns.chunks_exact_mut(inputs) {
            row.iter_mut().zip(&factors).for_each(|(w, f)| *w *= f);
        }
        let (values, scales) = quantise::round(&columns, &measured, &factors, groups)?;
        Ok(RoundedDense {
            inputs,
            outputs: biases.len(),
            groups,
            factors,
            values,
            scales,
            biases,
        })
    }

    fn evened_out(&mut self, input: &str, dense: &RoundedDense) -> String {
        let inverse: Vec<f32> = dense.factors.iter().map(|f| 1.0 / f).collect();
        let inverse = self.floats("smoothing", &[dense.inputs], &inverse);
        self.apply("Mul", &[input, &inverse], vec![])
    }

    /// Tokens in 8 bits times a group's weights, each output times its rate.
    fn product(
        &mut self,
        tokens: &str,
        dense: &RoundedDense,
        group: usize,
        rates: &[f32],
    ) -> String {
        let (inputs, outputs) = (dense.group_width(), dense.outputs);
        let weight = Tensor::int8(&[inputs, outputs], &dense.transposed(group));
        let weight = self.constant("weight", weight);
        let weight_zero = self.constant("zero", Tensor::int8(&[outputs], &vec![0i8; outputs]));
        let zero = self.constant("zero", Tensor::uint8(&[], &[0]));
        let product = self.apply(
            "MatMulInteger",
            &[tokens, &weight, &zero, &weight_zero],
            vec![],
        );
        let product = self.apply(
            "Cast",
            &[&product],
            vec![Attribute::int("to", DataType::Float as i64)],
        );
        let rate = self.floats("rate", &[outputs], rates);
        self.apply("Mul", &[&product, &rate], vec![])
    }

    /// Each token, or group of its channels, in 8 bits. It has a scale and a zero of its own: the few tokens with large
    /// values would otherwise take the precision of all others, and what GELU gives lies almost
    /// wholly on one side of zero.
    fn in_steps(&mut self, input: &str) -> Steps {
        let least = self.over_last("ReduceMin", input);
        let most = self.over_last("ReduceMax", input);
        let size = self.apply("Sub", &[&most, &least], vec![]);
        let tiny = self.scalar(1e-9);
        let size = self.apply("Add", &[&size, &tiny], vec![]);
        let steps = self.scalar(STEPS);
        let steps = self.apply("Div", &[&steps, &size], vec![]);
        // Half a step lower, as the cast below cuts off what is behind the point.
        let half = self.scalar(0.5 / STEPS);
        let half = self.apply("Mul", &[&size, &half], vec![]);
        let lower = self.apply("Sub", &[&least, &half], vec![]);
        let above = self.apply("Sub", &[input, &lower], vec![]);
        let above = self.apply("Mul", &[&above, &steps], vec![]);
        let to = Attribute::int("to", DataType::Uint8 as i64);
        Steps {
            values: self.apply("Cast", &[&above], vec![to]),
            least,
            size,
        }
    }

    /// A reduction of the last axis to one value.
    fn over_last(&mut self, op: &str, input: &str) -> String {
        let attributes = vec![
            Attribute::ints("axes", &[-1]),
            Attribute::int("keepdims", 1),
        ];
        self.apply(op, &[input], attributes)
    }

    fn layer(&mut self, layer: usize, hidden: String) -> Result<String, ModelError> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let attended = self.attention(&name, &hidden)?;
        let output = [name("attention.output.dense")];
        let attended = self.dense(&output, &attended)?;
        let sum = self.apply("Add", &[&attended, &hidden], vec![]);
        let hidden = self.layer_norm(&name("attention.output.LayerNorm"), &sum)?;

        let inner = self.dense(&[name("intermediate.dense")], &hidden)?;
        let output = self.fresh("gelu");
        self.node_of("Gelu", "com.microsoft", &[&inner], &[&output], vec![]);
        let outer = self.dense_in_groups(name("output.dense"), &output)?;
        let sum = self.apply("Add", &[&outer, &hidden], vec![]);
        self.layer_norm(&name("output.LayerNorm"), &sum)
    }

    /// Multi-head self-attention of the whole window: `[tokens, width]` to `[tokens, width]`.
    fn attention(
        &mut self,
        name: &dyn Fn(&str) -> String,
        hidden: &str,
    ) -> Result<String, ModelError> {
        let heads = self.config.num_attention_heads;
        let width = self.config.hidden_size;
        let size = width / heads;
        let all = self.dense(
            &["query", "key", "value"].map(|part| name(&format!("attention.self.{part}"))),
            hidden,
        )?;
        let shape = self.constant(
            "shape",
            Tensor::int64(&[4], &[-1, 3, heads as i64, size as i64]),
        );
        let all = self.apply("Reshape", &[&all, &shape], vec![]);
        // [query/key/value, heads, tokens, size]
        let all = self.apply(
            "Transpose",
            &[&all],
            vec![Attribute::ints("perm", &[1, 2, 0, 3])],
        );
        let parts = [0, 1, 2].map(|part| {
            let index = self.constant("index", Tensor::int64(&[], &[part]));
            self.apply("Gather", &[&all, &index], vec![Attribute::int("axis", 0)])
        });
        let key = self.apply(
            "Transpose",
            &[&parts[1]],
            vec![Attribute::ints("perm", &[0, 2, 1])],
        );
        let scores = self.apply("MatMul", &[&parts[0], &key], vec![]);
        let scale = self.scalar(1.0 / (size as f32).sqrt());
        let scores = self.apply("Mul", &[&scores, &scale], vec![]);
        // The softmax, step by step: rten's own takes more than twice as long. What is mixed is
        // divided, not the weights, of which there are more.
        let most = self.over_last("ReduceMax", &scores);
        let scores = self.apply("Sub", &[&scores, &most], vec![]);
        let weights = self.apply("Exp", &[&scores], vec![]);
        let last = self.constant("axes", Tensor::int64(&[1], &[-1]));
        let sums = self.apply(
            "ReduceSum",
            &[&weights, &last],
            vec![Attribute::int("keepdims", 1)],
        );
        let mixed = self.apply("MatMul", &[&weights, &parts[2]], vec![]);
        let one = self.scalar(1.0);
        let shares = self.apply("Div", &[&one, &sums], vec![]);
        let mixed = self.apply("Mul", &[&mixed, &shares], vec![]);
        let mixed = self.apply(
            "Transpose",
            &[&mixed],
            vec![Attribute::ints("perm", &[1, 0, 2])],
        );
        let shape = self.constant("shape", Tensor::int64(&[2], &[-1, width as i64]));
        Ok(self.apply("Reshape", &[&mixed, &shape], vec![]))
    }
}

/// Tokens in 8 bits, as names of values in the graph.
struct Steps {
    /// How many steps each channel lies above the token's least: `[tokens, channels]`.
    values: String,
    /// The least channel of each token, and how far above it the largest lies: `[tokens, 1]`.
    least: String,
    size: String,
}

/// Dense layers that read the same input, rounded.
struct RoundedDense {
    inputs: usize,
    outputs: usize,
    /// Parts of the inputs with scales of their own.
    groups: usize,
    /// What each input channel is divided by.
    factors: Vec<f32>,
    /// Outputs × inputs.
    values: Vec<i8>,
    /// Outputs × groups.
    scales: Vec<f32>,
    biases: Vec<f32>,
}

impl RoundedDense {
    fn group_width(&self) -> usize {
        self.inputs / self.groups
    }

    /// A group's weights, a row for each output.
    fn rows(&self, group: usize) -> impl Iterator<Item = &[i8]> {
        let parts = self.values.chunks_exact(self.group_width());
        parts.skip(group).step_by(self.groups)
    }

    /// ONNX multiplies from the left: a group's weights as inputs × outputs.
    fn transposed(&self, group: usize) -> Vec<i8> {
        let mut transposed = vec![0i8; self.group_width() * self.outputs];
        for (output, row) in self.rows(group).enumerate() {
            for (index, value) in row.iter().enumerate() {
                transposed[index * self.outputs + output] = *value;
            }
        }
        transposed
    }

    /// The sum of each output's weights in a group; next to nothing where they come to nothing, as
    /// what is multiplied by the sums may be divided by them first.
    fn row_sums(&self, group: usize) -> Vec<f32> {
        const NOTHING: f32 = 1e-6 / STEPS;
        let scales = self.scales.iter().skip(group).step_by(self.groups);
        self.rows(group)
            .zip(scales)
            .map(|(row, scale)| {
                let sum: f32 = row.iter().map(|w| f32::from(*w)).sum();
                scale * if sum == 0.0 { NOTHING } else { sum }
            })
            .collect()
    }
}

/// Activations have this many steps from their least to their largest value.
const STEPS: f32 = 255.0;

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
