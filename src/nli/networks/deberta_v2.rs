//! DeBERTa, versions 2 and 3 (He et al. 2023): far distances fall in buckets that grow with them.
//!
//! Not rust-bert's (0.23): that does not move the distances of content to position into the range
//! of their vectors, so that all tokens before a token count as its neighbours; it divides both
//! terms with places by their scale's square; and it cuts the scale of the buckets to a whole
//! number.

use tch::nn;
use tch::{Device, Kind, Tensor};

use super::Config;
use super::disentangled::{
    self, Attention, Classifier, Distances, Places, Scores, linear, norm, normed, weigh,
};

pub fn new(root: &nn::Path, config: &Config) -> Classifier<Version2> {
    Classifier::new(root, config, |encoder| {
        let longest = config.relative_positions();
        let span = config.position_buckets().unwrap_or(longest);
        let (rows, width) = (2 * span, config.hidden_size);
        Box::new(Bucketed {
            vectors: nn::embedding(encoder / "rel_embeddings", rows, width, Default::default()),
            norm: config
                .norms_positions()
                .then(|| norm(encoder / "LayerNorm", config)),
            buckets: config.position_buckets(),
            longest,
            span,
        })
    })
}

struct Bucketed {
    vectors: nn::Embedding,
    norm: Option<nn::LayerNorm>,
    buckets: Option<i64>,
    longest: i64,
    span: i64,
}

impl Places for Bucketed {
    fn distances(&self, tokens: i64, device: Device) -> Distances {
        let mut distances = disentangled::distances(tokens, device);
        if let Some(buckets) = self.buckets {
            distances = bucketed(&distances, buckets, self.longest);
        }
        // Distance 0 has the middle row.
        let rows = (distances + self.span).clamp(0, 2 * self.span - 1);
        Distances {
            rows: rows.unsqueeze(0).unsqueeze(0),
            vectors: normed(&self.vectors.ws, self.norm.as_ref()),
        }
    }
}

/// Distances up to half of the buckets as they are, farther ones by their logarithm: `longest - 1`
/// falls in the last bucket. In f32, as the models were trained.
fn bucketed(distances: &Tensor, buckets: i64, longest: i64) -> Tensor {
    let near = buckets / 2;
    let far = distances.abs().clamp_min(near).to_kind(Kind::Float) / near as f64;
    let end = Tensor::from((longest - 1) as f32 / near as f32).to_device(distances.device());
    let bucket = (far.log() / end.log() * (near - 1) as f64).ceil() + near as f64;
    let signed = bucket * distances.sign().to_kind(Kind::Float);
    distances.where_self(&distances.abs().le(near), &signed.to_kind(Kind::Int64))
}

/// Query, key and value have projections of their own; those of places are the same or others.
pub struct Version2 {
    query: nn::Linear,
    key: nn::Linear,
    value: nn::Linear,
    position_key: Option<nn::Linear>,
    position_query: Option<nn::Linear>,
    content_to_position: bool,
    position_to_content: bool,
    heads: i64,
    /// Terms of the attention score.
    terms: i64,
}

impl Attention for Version2 {
    fn new(path: &nn::Path, config: &Config) -> Version2 {
        let width = config.hidden_size;
        let projection = |name: &str| linear(path / name, width, width);
        let own = config.relative_attention && !config.share_att_key;
        let (to_position, to_content) =
            (config.content_to_position(), config.position_to_content());
        Version2 {
            query: projection("query_proj"),
            key: projection("key_proj"),
            value: projection("value_proj"),
            position_key: (own && to_position).then(|| projection("pos_key_proj")),
            position_query: (own && to_content).then(|| projection("pos_query_proj")),
            content_to_position: to_position,
            position_to_content: to_content,
            heads: config.num_attention_heads,
            terms: config.attention_terms(),
        }
    }

    fn attend(&self, hidden: &Tensor, mask: &Tensor, distances: Option<&Distances>) -> Tensor {
        let project =
            |vectors: &Tensor, by: &nn::Linear| disentangled::heads(&vectors.apply(by), self.heads);
        let (query, key) = (project(hidden, &self.query), project(hidden, &self.key));
        let scores = Scores {
            query: &query,
            key: &key,
            scale: ((query.size()[3] * self.terms) as f64).sqrt(),
        };
        let mut sum = scores.content();
        if let Some(Distances { rows, vectors }) = distances {
            if self.content_to_position {
                let by = self.position_key.as_ref().unwrap_or(&self.key);
                sum += scores.content_to_position(&project(vectors, by), rows);
            }
            if self.position_to_content {
                let by = self.position_query.as_ref().unwrap_or(&self.query);
                sum += scores.position_to_content(&project(vectors, by), rows);
            }
        }
        weigh(sum, mask, &project(hidden, &self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_distances_are_told_apart_and_far_ones_share_buckets() {
        let distances = Tensor::from_slice(&[0i64, 1, -4, 4, 5, -6, 30, 62, 63, -63]);
        let buckets = Vec::<i64>::try_from(bucketed(&distances, 8, 64)).unwrap();
        // From 4 on: ceil(3 ln(d / 4) / ln(63 / 4)) + 4.
        assert_eq!(buckets, [0, 1, -4, 4, 5, -5, 7, 7, 7, -7]);
    }
}
