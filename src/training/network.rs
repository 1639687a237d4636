//! The network that is trained: rust-bert's encoder with the three heads, in libtorch.

use rust_bert::Activation;
use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use tch::nn::{self, Module};
use tch::{Device, Kind, Tensor};

use super::examples::Batch;
use crate::model::ModelError;
use crate::model::folder::EncoderConfig;
use crate::model::weights::{self, NamedWeights};

/// Sizes of the heads' hidden layers.
const STANCE_HIDDEN: i64 = 256;
const ISSUE_HIDDEN: i64 = 256;

/// How much each task counts in the loss.
const MENTION_WEIGHT: f64 = 3.0;
const ISSUE_WEIGHT: f64 = 4.0;

/// Encoder and heads with their variables.
pub struct Network {
    pub encoder: BertModel<BertEmbeddings>,
    pub encoder_variables: nn::VarStore,
    pub heads: TrainableHeads,
    pub head_variables: nn::VarStore,
}

/// The twin of [`crate::model::heads::Heads`]; the two are held to each other by a test.
pub struct TrainableHeads {
    mention: nn::Linear,
    stance_hidden: nn::Linear,
    stance_output: nn::Linear,
    issue_pool: nn::Linear,
    issue_hidden: nn::Linear,
    issue_output: nn::Linear,
    dropout: f64,
}

/// The loss of a batch, by task, before weighting.
pub struct Losses {
    pub mention: Tensor,
    pub stance: Tensor,
    pub issue: Tensor,
}

impl Losses {
    /// What is minimised.
    pub fn total(&self) -> Tensor {
        &self.stance + &self.mention * MENTION_WEIGHT + &self.issue * ISSUE_WEIGHT
    }
}

/// rust-bert's form of the encoder's shape.
pub fn bert_config(encoder: &EncoderConfig, dropout: f64) -> BertConfig {
    BertConfig {
        hidden_act: Activation::gelu,
        attention_probs_dropout_prob: dropout,
        hidden_dropout_prob: dropout,
        hidden_size: encoder.hidden_size as i64,
        initializer_range: 0.02,
        intermediate_size: encoder.intermediate_size as i64,
        max_position_embeddings: encoder.max_position_embeddings as i64,
        num_attention_heads: encoder.num_attention_heads as i64,
        num_hidden_layers: encoder.num_hidden_layers as i64,
        type_vocab_size: encoder.type_vocab_size as i64,
        vocab_size: encoder.vocab_size as i64,
        output_attentions: None,
        output_hidden_states: None,
        is_decoder: None,
        id2label: None,
        label2id: None,
    }
}

/// Copy weights into a variable store. Every variable must be there, in its shape.
pub fn load_variables(store: &nn::VarStore, weights: &NamedWeights) -> Result<(), ModelError> {
    tch::no_grad(|| {
        for (name, mut variable) in store.variables() {
            let tensor = weights::get(weights, &name)?;
            let shape: Vec<i64> = tensor.shape.iter().map(|s| *s as i64).collect();
            if shape != variable.size() {
                return Err(ModelError::Weights(format!(
                    "the tensor {name} has shape {shape:?}, expected {:?}",
                    variable.size()
                )));
            }
            let tensor = Tensor::from_slice(&tensor.values).view(shape.as_slice());
            variable.copy_(&tensor.to_kind(variable.kind()).to_device(variable.device()));
        }
        Ok(())
    })
}

impl Network {
    /// A network with random weights.
    pub fn new(encoder: &EncoderConfig, issues: usize, dropout: f64, device: Device) -> Network {
        let encoder_variables = nn::VarStore::new(device);
        let config = bert_config(encoder, dropout);
        let bert = BertModel::new_with_optional_pooler(encoder_variables.root(), &config, false);
        let head_variables = nn::VarStore::new(device);
        let heads = TrainableHeads::new(
            &head_variables.root(),
            encoder.hidden_size as i64,
            issues as i64,
            dropout.max(0.1),
        );
        Network {
            encoder: bert,
            encoder_variables,
            heads,
            head_variables,
        }
    }

    /// Token vectors, windows × tokens × width, in f32.
    pub fn encode(&self, ids: &Tensor, casing: &Tensor, mask: &Tensor, train: bool) -> Tensor {
        self.encoder
            .forward_t(
                Some(ids),
                Some(mask),
                Some(casing),
                None,
                None,
                None,
                None,
                train,
            )
            .expect("ids are given and the mask has two dimensions")
            .hidden_state
            .to_kind(Kind::Float)
    }

    /// The losses of a batch.
    pub fn losses(&self, batch: &Batch, train: bool) -> Losses {
        let vectors = self.encode(&batch.ids, &batch.casing, &batch.mask, train);
        let width = vectors.size()[2];
        self.heads
            .losses(&vectors.reshape([-1, width]), batch, train)
    }
}

impl TrainableHeads {
    fn new(root: &nn::Path, width: i64, issues: i64, dropout: f64) -> TrainableHeads {
        let dense = |name: &str, inputs: i64, outputs: i64| {
            let path = name.split('.').fold(root.clone(), |p, part| p / part);
            nn::linear(path, inputs, outputs, Default::default())
        };
        TrainableHeads {
            mention: dense("mention", width, 3),
            stance_hidden: dense("stance.hidden", 5 * width, STANCE_HIDDEN),
            stance_output: dense("stance.output", STANCE_HIDDEN, 4),
            issue_pool: dense("issue.pool", width, 1),
            issue_hidden: dense("issue.hidden", 3 * width, ISSUE_HIDDEN),
            issue_output: dense("issue.output", ISSUE_HIDDEN, issues),
            dropout,
        }
    }

    /// Logits of outside, begin, inside for words whose first pieces are at `first`.
    pub fn tag_logits(&self, tokens: &Tensor, first: &Tensor, train: bool) -> Tensor {
        let words = tokens.index_select(0, first);
        self.mention.forward(&words.dropout(self.dropout, train))
    }

    /// Stance logits of mentions; see [`crate::model::heads::Heads::stance_logits`].
    pub fn stance_logits(&self, tokens: &Tensor, batch: &Batch, train: bool) -> Tensor {
        let sentences = batch.sentence_means.matmul(tokens);
        let input = Tensor::cat(
            &[
                tokens.index_select(0, &batch.mention_first),
                tokens.index_select(0, &batch.mention_last),
                batch.mention_means.matmul(tokens),
                sentences.index_select(0, &batch.mention_sentence),
                tokens.index_select(0, &batch.mention_cls),
            ],
            1,
        );
        let hidden = self
            .stance_hidden
            .forward(&input.dropout(self.dropout, train))
            .gelu("tanh");
        self.stance_output
            .forward(&hidden.dropout(self.dropout, train))
    }

    /// Issue logits of sentences; see [`crate::model::heads::Heads::issue_logits`].
    pub fn issue_logits(&self, tokens: &Tensor, batch: &Batch, train: bool) -> Tensor {
        // The means' zero entries are the tokens outside a sentence.
        let scores = self.issue_pool.forward(tokens).transpose(0, 1);
        let weights = scores
            .expand_as(&batch.sentence_means)
            .masked_fill(&batch.sentence_means.eq(0.0), f64::NEG_INFINITY)
            .softmax(-1, Kind::Float);
        let input = Tensor::cat(
            &[
                batch.sentence_means.matmul(tokens),
                weights.matmul(tokens),
                tokens.index_select(0, &batch.sentence_cls),
            ],
            1,
        );
        let hidden = self
            .issue_hidden
            .forward(&input.dropout(self.dropout, train))
            .gelu("tanh");
        self.issue_output
            .forward(&hidden.dropout(self.dropout, train))
    }

    fn losses(&self, tokens: &Tensor, batch: &Batch, train: bool) -> Losses {
        let mention = self
            .tag_logits(tokens, &batch.word_first, train)
            .cross_entropy_for_logits(&batch.word_tags);
        let stance = if batch.mention_first.size()[0] == 0 {
            Tensor::zeros([], (Kind::Float, tokens.device()))
        } else {
            let log_p = self
                .stance_logits(tokens, batch, train)
                .log_softmax(-1, Kind::Float);
            -(log_p * &batch.mention_stances)
                .sum_dim_intlist(-1, false, Kind::Float)
                .mean(Kind::Float)
        };
        let issue = self
            .issue_logits(tokens, batch, train)
            .binary_cross_entropy_with_logits::<Tensor>(
                &batch.sentence_issues,
                None,
                None,
                tch::Reduction::Mean,
            );
        Losses {
            mention,
            stance,
            issue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::batch_of;
    use super::*;
    use crate::annotations;
    use crate::model::engine::TokenVectors;
    use crate::model::heads::{Heads, Span};
    use crate::model::weights::{Precision, Weights};

    const WIDTH: usize = 16;
    const ISSUES: usize = 3;

    fn heads() -> (nn::VarStore, TrainableHeads) {
        tch::manual_seed(3);
        let store = nn::VarStore::new(Device::Cpu);
        let heads = TrainableHeads::new(&store.root(), WIDTH as i64, ISSUES as i64, 0.1);
        (store, heads)
    }

    fn weights_of(store: &nn::VarStore) -> NamedWeights {
        store
            .variables()
            .into_iter()
            .map(|(name, tensor)| {
                let values = Vec::<f32>::try_from(tensor.detach().reshape([-1])).unwrap();
                let shape = tensor.size().into_iter().map(|s| s as usize).collect();
                (name, Weights { shape, values })
            })
            .collect()
    }

    fn close(a: &[f32], b: &Tensor) {
        let b = Vec::<f32>::try_from(b.reshape([-1])).unwrap();
        assert_eq!(a.len(), b.len());
        for (x, y) in a.iter().zip(&b) {
            assert!((x - y).abs() < 1e-4, "{x} against {y}");
        }
    }

    #[test]
    fn the_heads_that_are_trained_are_the_heads_that_score() {
        let (store, trainable) = heads();
        let bytes = weights::write(&weights_of(&store), Precision::F32).unwrap();
        let scoring = Heads::load(&bytes, WIDTH, ISSUES).unwrap();

        let line = include_str!("../../data/corpus/dev.jsonl")
            .lines()
            .next()
            .unwrap();
        let article: annotations::AnnotatedArticle = serde_json::from_str(line).unwrap();
        let issues: Vec<String> = crate::codebook::ISSUES[..ISSUES]
            .iter()
            .map(|i| (*i).into())
            .collect();
        let (windows, batch) = batch_of(&article, &issues);
        let length = batch.ids.size()[1] as usize;
        let tokens = Tensor::randn(
            [(windows.len() * length) as i64, WIDTH as i64],
            (Kind::Float, Device::Cpu),
        );
        let tags = trainable.tag_logits(&tokens, &batch.word_first, false);
        let stances = trainable.stance_logits(&tokens, &batch, false);
        let issue_logits = trainable.issue_logits(&tokens, &batch, false);

        let (mut word, mut sentence, mut checked) = (0, 0, 0);
        for (row, window) in windows.iter().enumerate() {
            let rows = tokens.narrow(0, (row * length) as i64, window.ids.len() as i64);
            let vectors = TokenVectors {
                width: WIDTH,
                values: Vec::<f32>::try_from(rows.contiguous().reshape([-1])).unwrap(),
            };
            for scored in &window.scored {
                let logits = scoring.tag_logits(&vectors, scored);
                close(&logits.concat(), &tags.narrow(0, word, logits.len() as i64));
                word += logits.len() as i64;
                close(
                    &scoring.issue_logits(&vectors, scored),
                    &issue_logits.get(sentence),
                );
                sentence += 1;
                for mention in 0..batch.mention_first.size()[0] {
                    let position = |t: &Tensor| t.int64_value(&[mention]) as usize;
                    let first = position(&batch.mention_first);
                    let last = position(&batch.mention_last);
                    let at = |token: usize| {
                        scored.words.iter().position(|w| {
                            (row * length + w.tokens.start..row * length + w.tokens.end)
                                .contains(&token)
                        })
                    };
                    if let (Some(from), Some(to)) = (at(first), at(last)) {
                        let span = Span {
                            words: from..to + 1,
                        };
                        close(
                            &scoring.stance_logits(&vectors, scored, &span),
                            &stances.get(mention),
                        );
                        checked += 1;
                    }
                }
            }
        }
        assert_eq!(checked, batch.mention_first.size()[0]);
        assert!(checked > 3);
    }
}
