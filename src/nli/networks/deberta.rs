//! DeBERTa (He et al. 2021): each distance up to the longest has a vector of its own.
//!
//! Not rust-bert's (0.23): that takes the number of heads for the number of tokens when it limits
//! distances, so that tokens farther apart than there are heads all count as equally far.

use tch::nn::{self, Init};
use tch::{Device, Tensor};

use super::Config;
use super::disentangled::{
    self, Attention, Classifier, Distances, Places, Scores, linear, linear_without_bias, weigh,
};

pub fn new(root: &nn::Path, config: &Config) -> Classifier<Version1> {
    Classifier::new(root, config, |encoder| {
        let longest = config.relative_positions();
        let (rows, width) = (2 * longest, config.hidden_size);
        Box::new(Direct {
            vectors: nn::embedding(encoder / "rel_embeddings", rows, width, Default::default()),
            longest,
        })
    })
}

struct Direct {
    vectors: nn::Embedding,
    longest: i64,
}

impl Places for Direct {
    fn distances(&self, tokens: i64, device: Device) -> Distances {
        // Distance 0 has the middle row.
        let span = tokens.min(self.longest);
        let rows = (disentangled::distances(tokens, device) + span).clamp(0, 2 * span - 1);
        let (from, to) = (self.longest - span, self.longest + span);
        Distances {
            rows: rows.unsqueeze(0).unsqueeze(0),
            vectors: self.vectors.ws.slice(0, from, to, 1),
        }
    }
}

/// Query, key and value come from one projection; only query and value have a bias.
pub struct Version1 {
    projection: nn::Linear,
    query_bias: Tensor,
    value_bias: Tensor,
    position_key: Option<nn::Linear>,
    position_query: Option<nn::Linear>,
    heads: i64,
    /// Terms of the attention score.
    terms: i64,
}

impl Attention for Version1 {
    fn new(path: &nn::Path, config: &Config) -> Version1 {
        let width = config.hidden_size;
        let relative = config.relative_attention;
        Version1 {
            projection: linear_without_bias(path / "in_proj", width, 3 * width),
            query_bias: path.var("q_bias", &[width], Init::Const(0.0)),
            value_bias: path.var("v_bias", &[width], Init::Const(0.0)),
            position_key: (relative && config.content_to_position())
                .then(|| linear_without_bias(path / "pos_proj", width, width)),
            position_query: (relative && config.position_to_content())
                .then(|| linear(path / "pos_q_proj", width, width)),
            heads: config.num_attention_heads,
            terms: config.attention_terms(),
        }
    }

    fn attend(&self, hidden: &Tensor, mask: &Tensor, distances: Option<&Distances>) -> Tensor {
        // Each head's query, key and value stand next to each other.
        let projected = disentangled::heads(&hidden.apply(&self.projection), self.heads);
        let width = projected.size()[3] / 3;
        let part = |index| projected.narrow(-1, index * width, width);
        let bias = |bias: &Tensor| disentangled::heads(&bias.unsqueeze(0), self.heads);
        let query = part(0) + bias(&self.query_bias);
        let key = part(1);
        let value = part(2) + bias(&self.value_bias);

        let scores = Scores {
            query: &query,
            key: &key,
            scale: ((width * self.terms) as f64).sqrt(),
        };
        let mut sum = scores.content();
        if let Some(Distances { rows, vectors }) = distances {
            let project = |by: &nn::Linear| disentangled::heads(&vectors.apply(by), self.heads);
            if let Some(by) = &self.position_key {
                sum += scores.content_to_position(&project(by), rows);
            }
            if let Some(by) = &self.position_query {
                sum += scores.position_to_content(&project(by), rows);
            }
        }
        weigh(sum, mask, &value)
    }
}
