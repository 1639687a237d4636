//! What all DeBERTas share (He et al. 2021): attention in which content and relative place of
//! tokens are vectors of their own, inside an encoder like BERT's.
//!
//! A layer's attention score of query token i for key token j is the sum of content to content,
//! content to position and position to content, scaled by the root of the width times the number
//! of these terms.

use rust_bert::RustBertError;
use tch::nn::{self, Module};
use tch::{Device, Kind, Tensor};

use super::{Batch, Config, Network};

/// Layer normalisation where a `config.json` gives no epsilon.
const EPSILON: f64 = 1e-7;

/// A version's own self-attention.
pub trait Attention: Send {
    fn new(path: &nn::Path, config: &Config) -> Self;

    /// The attention's output before its dense layer, pairs × tokens × width.
    fn attend(&self, hidden: &Tensor, mask: &Tensor, distances: Option<&Distances>) -> Tensor;
}

/// How far apart tokens are.
pub struct Distances {
    /// Which row of `vectors` stands for the place of key token j seen from query token i,
    /// 1 × 1 × tokens × tokens.
    pub rows: Tensor,
    /// A vector for each distance that is told apart, distances × width.
    pub vectors: Tensor,
}

/// The vectors of distances, and which of them two tokens have.
pub trait Places: Send {
    fn distances(&self, tokens: i64, device: Device) -> Distances;
}

/// An encoder with a head that classifies its first token.
pub struct Classifier<A> {
    embeddings: Embeddings,
    places: Option<Box<dyn Places>>,
    layers: Vec<Layer<A>>,
    convolution: Option<Convolution>,
    pooler: nn::Linear,
    pooler_activation: fn(&Tensor) -> Tensor,
    classifier: nn::Linear,
}

impl<A: Attention> Classifier<A> {
    /// `places` makes the vectors of distances from the path of the encoder.
    pub fn new(
        root: &nn::Path,
        config: &Config,
        places: impl FnOnce(&nn::Path) -> Box<dyn Places>,
    ) -> Classifier<A> {
        let base = root / "deberta";
        let encoder = &base / "encoder";
        let width = config.hidden_size;
        let layers = &encoder / "layer";
        Classifier {
            embeddings: Embeddings::new(&(&base / "embeddings"), config),
            places: config.relative_attention.then(|| places(&encoder)),
            layers: (0..config.num_hidden_layers)
                .map(|layer| Layer::new(&(&layers / layer), config))
                .collect(),
            convolution: (config.conv_kernel_size > 0)
                .then(|| Convolution::new(&(&encoder / "conv"), config)),
            pooler: linear(root / "pooler" / "dense", width, width),
            pooler_activation: *config.pooler_hidden_act.get_function().get_fn(),
            classifier: linear(root / "classifier", width, config.labels().len() as i64),
        }
    }
}

impl<A: Attention> Network for Classifier<A> {
    fn logits(&self, batch: &Batch) -> Result<Tensor, RustBertError> {
        let embedded = self.embeddings.forward(batch);
        // Padding attends to nothing, and nothing attends to it.
        let mask = batch.mask.to_kind(Kind::Bool);
        let mask = mask
            .unsqueeze(1)
            .unsqueeze(1)
            .logical_and(&mask.unsqueeze(1).unsqueeze(-1));
        let tokens = batch.ids.size()[1];
        let distances = self
            .places
            .as_ref()
            .map(|places| places.distances(tokens, batch.ids.device()));
        let mut hidden = embedded.shallow_clone();
        for (index, layer) in self.layers.iter().enumerate() {
            hidden = layer.forward(&hidden, &mask, distances.as_ref());
            if let (0, Some(convolution)) = (index, &self.convolution) {
                hidden = convolution.forward(&embedded, &hidden, &batch.mask);
            }
        }
        let first = hidden.select(1, 0).apply(&self.pooler);
        Ok((self.pooler_activation)(&first).apply(&self.classifier))
    }
}

struct Embeddings {
    words: nn::Embedding,
    positions: Option<nn::Embedding>,
    types: Option<nn::Embedding>,
    projection: Option<nn::Linear>,
    norm: nn::LayerNorm,
}

impl Embeddings {
    fn new(path: &nn::Path, config: &Config) -> Embeddings {
        let (size, width) = (config.embedding_size(), config.hidden_size);
        let table = |name: &str, rows| nn::embedding(path / name, rows, size, Default::default());
        Embeddings {
            words: table("word_embeddings", config.vocab_size),
            positions: config
                .position_biased_input
                .then(|| table("position_embeddings", config.max_position_embeddings)),
            types: (config.token_types() > 0)
                .then(|| table("token_type_embeddings", config.token_types())),
            projection: (size != width)
                .then(|| linear_without_bias(path / "embed_proj", size, width)),
            norm: norm(path / "LayerNorm", config),
        }
    }

    fn forward(&self, batch: &Batch) -> Tensor {
        let mut sum = batch.ids.apply(&self.words);
        if let Some(positions) = &self.positions {
            let tokens = batch.ids.size()[1];
            sum += Tensor::arange(tokens, (Kind::Int64, batch.ids.device())).apply(positions);
        }
        if let Some(types) = &self.types {
            sum += batch.types.apply(types);
        }
        if let Some(projection) = &self.projection {
            sum = sum.apply(projection);
        }
        let normed = sum.apply(&self.norm);
        let kind = normed.kind();
        normed * batch.mask.unsqueeze(-1).to_kind(kind)
    }
}

struct Layer<A> {
    attention: A,
    attention_output: Output,
    intermediate: nn::Linear,
    activation: fn(&Tensor) -> Tensor,
    output: Output,
}

impl<A: Attention> Layer<A> {
    fn new(path: &nn::Path, config: &Config) -> Layer<A> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let attention = path / "attention";
        Layer {
            attention: A::new(&(&attention / "self"), config),
            attention_output: Output::new(&(&attention / "output"), width, config),
            intermediate: linear(path / "intermediate" / "dense", width, inner),
            activation: *config.hidden_act.get_function().get_fn(),
            output: Output::new(&(path / "output"), inner, config),
        }
    }

    fn forward(&self, hidden: &Tensor, mask: &Tensor, distances: Option<&Distances>) -> Tensor {
        let attended = self.attention.attend(hidden, mask, distances);
        let attended = self.attention_output.forward(&attended, hidden);
        let inner = (self.activation)(&attended.apply(&self.intermediate));
        self.output.forward(&inner, &attended)
    }
}

/// A dense layer, the input added, and the sum normalised.
struct Output {
    dense: nn::Linear,
    norm: nn::LayerNorm,
}

impl Output {
    fn new(path: &nn::Path, inputs: i64, config: &Config) -> Output {
        Output {
            dense: linear(path / "dense", inputs, config.hidden_size),
            norm: norm(path / "LayerNorm", config),
        }
    }

    fn forward(&self, hidden: &Tensor, residual: &Tensor) -> Tensor {
        (hidden.apply(&self.dense) + residual).apply(&self.norm)
    }
}

/// What the large models of version 2 add to the output of their first layer.
struct Convolution {
    convolution: nn::Conv1D,
    activation: fn(&Tensor) -> Tensor,
    norm: nn::LayerNorm,
}

impl Convolution {
    fn new(path: &nn::Path, config: &Config) -> Convolution {
        let (width, kernel) = (config.hidden_size, config.conv_kernel_size);
        let shape = nn::ConvConfig {
            padding: (kernel - 1) / 2,
            groups: config.conv_groups,
            ..Default::default()
        };
        Convolution {
            convolution: nn::conv1d(path / "conv", width, width, kernel, shape),
            activation: *config.conv_act.get_function().get_fn(),
            norm: norm(path / "LayerNorm", config),
        }
    }

    fn forward(&self, embedded: &Tensor, hidden: &Tensor, mask: &Tensor) -> Tensor {
        let mask = mask.unsqueeze(-1).to_kind(hidden.kind());
        let local = embedded.transpose(1, 2).apply(&self.convolution);
        let local = (self.activation)(&(local.transpose(1, 2) * &mask));
        (hidden + local).apply(&self.norm) * mask
    }
}

pub fn linear<'p, P: std::borrow::Borrow<nn::Path<'p>>>(
    path: P,
    inputs: i64,
    outputs: i64,
) -> nn::Linear {
    nn::linear(path, inputs, outputs, Default::default())
}

pub fn linear_without_bias<'p, P: std::borrow::Borrow<nn::Path<'p>>>(
    path: P,
    inputs: i64,
    outputs: i64,
) -> nn::Linear {
    let config = nn::LinearConfig {
        bias: false,
        ..Default::default()
    };
    nn::linear(path, inputs, outputs, config)
}

pub fn norm<'p, P: std::borrow::Borrow<nn::Path<'p>>>(path: P, config: &Config) -> nn::LayerNorm {
    let form = nn::LayerNormConfig {
        eps: config.layer_norm_eps.unwrap_or(EPSILON),
        ..Default::default()
    };
    nn::layer_norm(path, vec![config.hidden_size], form)
}

/// The distance of each key token from each query token, tokens × tokens: positive where the key
/// stands before.
pub fn distances(tokens: i64, device: Device) -> Tensor {
    let places = Tensor::arange(tokens, (Kind::Int64, device));
    places.unsqueeze(1) - places.unsqueeze(0)
}

/// Vectors of tokens or distances, rows × width or pairs × rows × width, as heads × rows ×
/// head width with the pairs, if there are any, in front.
pub fn heads(vectors: &Tensor, count: i64) -> Tensor {
    let mut shape = vectors.size();
    shape.pop();
    shape.extend([count, -1]);
    vectors.reshape(shape).transpose(-2, -3)
}

/// Scores of content against content and places, before the softmax.
pub struct Scores<'t> {
    /// Pairs × heads × tokens × head width.
    pub query: &'t Tensor,
    pub key: &'t Tensor,
    /// By what each term is divided.
    pub scale: f64,
}

impl Scores<'_> {
    pub fn content(&self) -> Tensor {
        self.query.matmul(&self.key.transpose(-1, -2)) / self.scale
    }

    /// `keys` are the keys of the distances, heads × distances × head width.
    pub fn content_to_position(&self, keys: &Tensor, rows: &Tensor) -> Tensor {
        let all = self.query.matmul(&keys.transpose(-1, -2));
        all.gather(-1, &over(rows, &all), false) / self.scale
    }

    /// `queries` are the queries of the distances, heads × distances × head width.
    pub fn position_to_content(&self, queries: &Tensor, rows: &Tensor) -> Tensor {
        let all = self.key.matmul(&queries.transpose(-1, -2));
        let rows = rows.transpose(-1, -2);
        all.gather(-1, &over(&rows, &all), false).transpose(-1, -2) / self.scale
    }
}

/// Rows repeated for the pairs and heads of a tensor.
fn over(rows: &Tensor, like: &Tensor) -> Tensor {
    let (shape, tokens) = (like.size(), rows.size()[3]);
    rows.expand([shape[0], shape[1], tokens, tokens], false)
}

/// The values weighted by the softmax of the scores, pairs × tokens × width.
pub fn weigh(scores: Tensor, mask: &Tensor, values: &Tensor) -> Tensor {
    let outside = mask.logical_not();
    let kind = scores.kind();
    let weights = scores
        .masked_fill(&outside, f64::from(f32::MIN) / 2.0)
        .softmax(-1, kind)
        .masked_fill(&outside, 0.0);
    let weighed = weights.matmul(values).transpose(1, 2).contiguous();
    let shape = weighed.size();
    weighed.view([shape[0], shape[1], -1])
}

/// Apply a normalisation to vectors of distances, if there is one.
pub fn normed(vectors: &Tensor, norm: Option<&nn::LayerNorm>) -> Tensor {
    norm.map_or_else(|| vectors.shallow_clone(), |norm| norm.forward(vectors))
}
