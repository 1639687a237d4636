//! The trainable twin of [`crate::model::heads`], with what each head loses on a batch.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use super::descriptions::DescriptionBatch;
use super::examples::{AntecedentBatch, Batch};
use crate::model::antecedents::{AntecedentHead, HIDDEN as ANTECEDENT_HIDDEN, MENTION_WIDTH};

/// Sizes of the heads' hidden layers.
const STANCE_HIDDEN: i64 = 256;
const ISSUE_HIDDEN: i64 = 256;

/// Width of the vectors in which sentences are matched with descriptions.
const LIKENESS_WIDTH: i64 = 128;

/// How much each task counts in the loss.
pub(super) const MENTION_WEIGHT: f64 = 3.0;
pub(super) const ISSUE_WEIGHT: f64 = 4.0;
const ANTECEDENT_WEIGHT: f64 = 0.7;
const LIKENESS_WEIGHT: f64 = 2.0;

/// The twin of [`crate::model::heads::Heads`]; the two are held to each other by a test.
pub struct TrainableHeads {
    mention: nn::Linear,
    stance_hidden: nn::Linear,
    stance_output: nn::Linear,
    issue_pool: nn::Linear,
    issue_hidden: nn::Linear,
    issue_output: nn::Linear,
    antecedent_later: nn::Linear,
    antecedent_earlier: nn::Linear,
    antecedent_hidden: nn::Linear,
    antecedent_output: nn::Linear,
    likeness_sentence: nn::Linear,
    likeness_description: nn::Linear,
    likeness_output: nn::Linear,
    dropout: f64,
}

/// The loss of a batch, by task, before weighting.
pub struct Losses {
    pub mention: Tensor,
    pub stance: Tensor,
    pub issue: Tensor,
    pub antecedent: Tensor,
    pub likeness: Tensor,
}

impl Losses {
    /// What is minimised.
    pub fn total(&self) -> Tensor {
        &self.stance
            + &self.mention * MENTION_WEIGHT
            + &self.issue * ISSUE_WEIGHT
            + &self.antecedent * ANTECEDENT_WEIGHT
            + &self.likeness * LIKENESS_WEIGHT
    }
}

impl TrainableHeads {
    /// Heads whose variables are below `root`, and below `aside` those that only training needs.
    pub(super) fn new(
        root: &nn::Path,
        aside: &nn::Path,
        width: i64,
        issues: i64,
        dropout: f64,
    ) -> TrainableHeads {
        let below = |root: &nn::Path, name: &str, inputs: i64, outputs: i64| {
            let path = name.split('.').fold(root.clone(), |p, part| p / part);
            nn::linear(path, inputs, outputs, Default::default())
        };
        let dense = |name: &str, inputs, outputs| below(root, name, inputs, outputs);
        let likeness = |name: &str, inputs, outputs| below(aside, name, inputs, outputs);
        let heads = TrainableHeads {
            mention: dense("mention", width, 3),
            stance_hidden: dense("stance.hidden", 5 * width, STANCE_HIDDEN),
            stance_output: dense("stance.output", STANCE_HIDDEN, 4),
            issue_pool: dense("issue.pool", width, 1),
            issue_hidden: dense("issue.hidden", 3 * width, ISSUE_HIDDEN),
            issue_output: dense("issue.output", ISSUE_HIDDEN, issues),
            antecedent_later: dense("antecedent.later", 3 * width, MENTION_WIDTH as i64),
            antecedent_earlier: dense("antecedent.earlier", 3 * width, MENTION_WIDTH as i64),
            antecedent_hidden: dense(
                "antecedent.hidden",
                AntecedentHead::PAIR as i64,
                ANTECEDENT_HIDDEN as i64,
            ),
            antecedent_output: dense("antecedent.output", ANTECEDENT_HIDDEN as i64, 1),
            likeness_sentence: likeness("likeness.sentence", width, LIKENESS_WIDTH),
            likeness_description: likeness("likeness.description", width, LIKENESS_WIDTH),
            likeness_output: likeness("likeness.output", 1, 1),
            dropout,
        };
        heads.start_from_likeness();
        heads
    }

    /// Let the match of sentences with descriptions begin with what a sentence encoder is
    /// pretrained for: one random projection for both keeps the likeness of their vectors.
    fn start_from_likeness(&self) {
        tch::no_grad(|| {
            let (from, to) = (&self.likeness_sentence, &self.likeness_description);
            to.ws.shallow_clone().copy_(&from.ws);
            for bias in [&from.bs, &to.bs, &self.likeness_output.bs]
                .into_iter()
                .flatten()
            {
                let _ = bias.shallow_clone().zero_();
            }
            let _ = self.likeness_output.ws.shallow_clone().fill_(8.0);
            if let Some(bias) = &self.likeness_output.bs {
                let _ = bias.shallow_clone().fill_(-4.0);
            }
        });
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

    /// Antecedent scores, rows × columns of the batch; see
    /// [`AntecedentHead::score`](crate::model::antecedents::AntecedentHead::score).
    pub fn antecedent_scores(
        &self,
        tokens: &Tensor,
        batch: &Batch,
        pairs: &AntecedentBatch,
        train: bool,
    ) -> Tensor {
        let mentions = Tensor::cat(
            &[
                tokens.index_select(0, &batch.mention_first),
                tokens.index_select(0, &batch.mention_last),
                batch.mention_means.matmul(tokens),
            ],
            1,
        )
        .dropout(self.dropout, train);
        let columns = pairs.earlier.size()[1];
        let later = self
            .antecedent_later
            .forward(&mentions)
            .index_select(0, &pairs.later)
            .unsqueeze(1)
            .expand([-1, columns, -1], false);
        let earlier = self
            .antecedent_earlier
            .forward(&mentions)
            .index_select(0, &pairs.earlier.reshape([-1]))
            .view([-1, columns, MENTION_WIDTH as i64]);
        let input = Tensor::cat(
            &[&later, &earlier, &(&later * &earlier), &pairs.features],
            -1,
        );
        let hidden = self.antecedent_hidden.forward(&input).gelu("tanh");
        self.antecedent_output
            .forward(&hidden.dropout(self.dropout, train))
            .squeeze_dim(-1)
    }

    /// Logits of sentences × descriptions, both given by the means of their tokens. Only training
    /// needs them: they keep sentences near the words for what they are about, which
    /// [`super::described`] builds on once the encoder is trained.
    pub fn likeness_logits(&self, sentences: &Tensor, descriptions: &Tensor) -> Tensor {
        let unit = |vectors: Tensor| {
            let length = vectors
                .square()
                .sum_dim_intlist(-1, true, Kind::Float)
                .sqrt()
                .clamp_min(1e-6);
            vectors / length
        };
        let sentences = unit(self.likeness_sentence.forward(sentences));
        let descriptions = unit(self.likeness_description.forward(descriptions));
        let cosines = sentences.matmul(&descriptions.transpose(0, 1));
        self.likeness_output
            .forward(&cosines.unsqueeze(-1))
            .squeeze_dim(-1)
    }

    /// The negative log-likelihood of the right antecedents: of all of them together, or of
    /// "none" where none is right (Lee et al. 2017).
    fn antecedent_loss(&self, tokens: &Tensor, batch: &Batch, train: bool) -> Tensor {
        let Some(pairs) = &batch.antecedents else {
            return Tensor::zeros([], (Kind::Float, tokens.device()));
        };
        let scores = self.antecedent_scores(tokens, batch, pairs, train);
        let none = Tensor::zeros([scores.size()[0], 1], (Kind::Float, tokens.device()));
        let only = |which: &Tensor| scores.masked_fill(&which.eq(0.0), f64::NEG_INFINITY);
        let all = Tensor::cat(&[&none, &only(&pairs.candidates)], 1).logsumexp(1, false);
        let has_right = pairs.right.sum_dim_intlist(1, true, Kind::Float).gt(0.0);
        let right_none = none.masked_fill(&has_right, f64::NEG_INFINITY);
        let right = Tensor::cat(&[&right_none, &only(&pairs.right)], 1).logsumexp(1, false);
        ((all - right) * &pairs.weights).sum(Kind::Float) / pairs.weights.sum(Kind::Float)
    }

    pub(super) fn losses(
        &self,
        tokens: &Tensor,
        batch: &Batch,
        descriptions: &Tensor,
        described: &DescriptionBatch,
        train: bool,
    ) -> Losses {
        let zero = || Tensor::zeros([], (Kind::Float, tokens.device()));
        let mention = if is_empty(&batch.word_first) {
            zero()
        } else {
            self.tag_logits(tokens, &batch.word_first, train)
                .cross_entropy_for_logits(&batch.word_tags)
        };
        let stance = if is_empty(&batch.mention_first) {
            zero()
        } else {
            let log_p = self
                .stance_logits(tokens, batch, train)
                .log_softmax(-1, Kind::Float);
            -(log_p * &batch.mention_stances)
                .sum_dim_intlist(-1, false, Kind::Float)
                .mean(Kind::Float)
        };
        // Sentences whose issues nobody looked for teach nothing of issues.
        let known = |table: &Tensor| table.index_select(0, &batch.issues_known);
        let issue = if is_empty(&batch.issues_known) {
            zero()
        } else {
            known(&self.issue_logits(tokens, batch, train))
                .binary_cross_entropy_with_logits::<Tensor>(
                    &known(&batch.sentence_issues),
                    None,
                    None,
                    tch::Reduction::Mean,
                )
        };
        // A few labels are too little to learn how descriptions are matched.
        let likeness = if is_empty(&batch.issues_known) || is_empty(&batch.word_first) {
            zero()
        } else {
            let sentences = known(&batch.sentence_means).matmul(tokens);
            self.likeness_logits(&sentences, descriptions)
                .binary_cross_entropy_with_logits::<Tensor>(
                    &known(&batch.sentence_issues).index_select(1, &described.issues),
                    None,
                    None,
                    tch::Reduction::Mean,
                )
        };
        Losses {
            mention,
            stance,
            issue,
            antecedent: self.antecedent_loss(tokens, batch, train),
            likeness,
        }
    }
}

/// Whether a list of indices has none.
pub(super) fn is_empty(indices: &Tensor) -> bool {
    indices.numel() == 0
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::super::described;
    use super::super::examples::batch_of;
    use super::*;
    use crate::annotations;
    use crate::model::antecedents::{Comparable, MentionPlace, MentionVectors};
    use crate::model::engine::TokenVectors;
    use crate::model::heads::{Heads, Span};
    use crate::model::weights::{self, NamedWeights, Precision, Weights};

    const WIDTH: usize = 16;
    const ISSUES: usize = 3;

    fn heads() -> (nn::VarStore, TrainableHeads) {
        tch::manual_seed(3);
        let store = nn::VarStore::new(Device::Cpu);
        let aside = nn::VarStore::new(Device::Cpu);
        let (root, aside) = (store.root(), aside.root());
        let heads = TrainableHeads::new(&root, &aside, WIDTH as i64, ISSUES as i64, 0.1);
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
        let mut tensors = weights_of(&store);
        tensors.extend(described::unfitted(WIDTH));
        let bytes = weights::write(&tensors, Precision::F32).unwrap();
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
        let mut mentions: Vec<Mention> = Vec::new();
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
                        let words = &scored.words[span.words.clone()];
                        let bytes = words[0].bytes.start..words[words.len() - 1].bytes.end;
                        mentions.push(Mention {
                            index: mention,
                            vectors: scoring.mention_vectors(&vectors, scored, &span),
                            sentence: scored.sentence,
                            start: bytes.start,
                            words: article.sentences[scored.sentence].text[bytes].to_owned(),
                        });
                        checked += 1;
                    }
                }
            }
        }
        assert_eq!(checked, batch.mention_first.size()[0]);
        assert!(checked > 3);

        mentions.sort_by_key(|m| (m.sentence, m.start));
        let places: Vec<MentionPlace> = mentions
            .iter()
            .enumerate()
            .map(|(at, m)| {
                let first = at == 0 || mentions[at - 1].sentence != m.sentence;
                MentionPlace::new(m.sentence, at, first, &m.words)
            })
            .collect();
        let pairs = batch.antecedents.as_ref().unwrap();
        let scores = trainable.antecedent_scores(&tokens, &batch, pairs, false);
        let [rows, columns] = scores.size()[..] else {
            panic!("scores have two dimensions");
        };
        let comparable: Vec<Comparable> = mentions
            .iter()
            .zip(places)
            .map(|(mention, place)| scoring.antecedent.comparable(&mention.vectors, place))
            .collect();
        let mut compared = 0;
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |c| (row, c))) {
            if pairs.candidates.double_value(&[row, column]) == 0.0 {
                continue;
            }
            let place = |index: i64| mentions.iter().position(|m| m.index == index).unwrap();
            let later = place(pairs.later.int64_value(&[row]));
            let earlier = place(pairs.earlier.int64_value(&[row, column]));
            let score = scoring
                .antecedent
                .score(&comparable[later], &comparable[earlier]);
            close(&[score], &scores.get(row).get(column));
            compared += 1;
        }
        assert!(compared > 10);
    }

    /// A mention of the article as both forms of the head see it.
    struct Mention {
        /// In the batch.
        index: i64,
        vectors: MentionVectors,
        sentence: usize,
        start: usize,
        words: String,
    }
}
