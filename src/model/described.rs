//! Issues by description: the described head matches a sentence with the words that describe an
//! issue, so that an issue needs no annotated sentences.
//!
//! A pretrained sentence encoder puts texts about the same thing side by side; an encoder that is
//! trained to find parties and stances forgets some of that. The head's projection, fitted after
//! training, recovers it: from the mean of a text's tokens it makes the vector that the
//! pretrained encoder gave the text. A sentence, and the article it stands in, are about an issue
//! as far as their projections point where the description's does. Sentences and descriptions
//! are each taken relative to their own centre, so that what all sentences, or all descriptions,
//! have in common does not count as likeness (Mu and Viswanath 2018).

use super::ModelError;
use super::heads::Dense;
use super::weights::{self, NamedWeights};

/// The head's tensors by name, as `training::described` writes them.
pub const PROJECTION: &str = "described.projection";
pub const SENTENCE_CENTRE: &str = "described.sentence_centre";
pub const DESCRIPTION_CENTRE: &str = "described.description_centre";
pub const OUTPUT: &str = "described.output";

/// The weights of the described head.
pub struct DescribedHead {
    projection: Dense,
    sentence_centre: Vec<f32>,
    description_centre: Vec<f32>,
    /// Weights of the sentence's and the article's likeness, and what is added to them.
    sentence_weight: f32,
    article_weight: f32,
    bias: f32,
}

impl DescribedHead {
    /// `width` is the encoder's; the projection is as wide as its own weights.
    pub fn load(tensors: &NamedWeights, width: usize) -> Result<DescribedHead, ModelError> {
        let projection = Dense::load_any(tensors, PROJECTION, width)?;
        let vector = |name: &str, length: usize| {
            let values = &weights::get(tensors, name)?.values;
            if values.len() == length {
                return Ok(values.clone());
            }
            Err(ModelError::Weights(format!(
                "{name} has {} values, expected {length}",
                values.len()
            )))
        };
        let output = vector(&format!("{OUTPUT}.weight"), 2)?;
        Ok(DescribedHead {
            sentence_centre: vector(SENTENCE_CENTRE, projection.outputs())?,
            description_centre: vector(DESCRIPTION_CENTRE, projection.outputs())?,
            projection,
            sentence_weight: output[0],
            article_weight: output[1],
            bias: vector(&format!("{OUTPUT}.bias"), 1)?[0],
        })
    }

    /// The projection of a text from the mean of its tokens.
    pub fn project(&self, mean: &[f32]) -> Vec<f32> {
        self.projection.apply(mean)
    }

    /// What an article's sentences are about, from their projections, for
    /// [`DescribedHead::logit`]. Sentences without words have empty projections and stay empty.
    pub fn topics(&self, projected: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        let mut article = vec![0f32; self.sentence_centre.len()];
        let mut sentences = projected;
        for sentence in sentences.iter_mut().filter(|s| !s.is_empty()) {
            *sentence = unit_from(sentence, &self.sentence_centre);
            add(&mut article, sentence);
        }
        let article = unit(article);
        for sentence in sentences.iter_mut().filter(|s| !s.is_empty()) {
            for (value, of_article) in sentence.iter_mut().zip(&article) {
                *value = self.sentence_weight * *value + self.article_weight * of_article;
            }
        }
        sentences
    }

    /// A description from the projections of it as a whole and of its parts (of a list of words,
    /// each word): half the one, half the others' mean direction.
    pub fn description(&self, whole: &[f32], parts: &[Vec<f32>]) -> Vec<f32> {
        let mut sum = vec![0f32; self.description_centre.len()];
        for part in parts {
            add(&mut sum, &unit_from(part, &self.description_centre));
        }
        let mut description = unit(sum);
        add(
            &mut description,
            &unit_from(whole, &self.description_centre),
        );
        unit(description)
    }

    /// The logit that a sentence, by its topic, is about what a description says.
    pub fn logit(&self, topic: &[f32], description: &[f32]) -> f32 {
        let product: f32 = topic.iter().zip(description).map(|(s, d)| s * d).sum();
        product + self.bias
    }
}

/// The parts of a description that is a list: what commas, stops and "and" divide.
pub fn parts(description: &str) -> impl Iterator<Item = &str> {
    description
        .split([',', ';', ':', '.'])
        .flat_map(|part| part.split(" and "))
        .filter(|part| part.chars().any(char::is_alphanumeric))
}

fn unit_from(vector: &[f32], centre: &[f32]) -> Vec<f32> {
    unit(vector.iter().zip(centre).map(|(v, c)| v - c).collect())
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}

fn add(sum: &mut [f32], vector: &[f32]) {
    sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::weights::Weights;

    /// A head of width 2 that projects a vector to itself, with sentences centred at (1, 0).
    fn head() -> DescribedHead {
        let mut tensors = NamedWeights::new();
        for (name, shape, values) in [
            (
                "described.projection.weight",
                vec![2, 2],
                vec![1.0, 0.0, 0.0, 1.0],
            ),
            ("described.projection.bias", vec![2], vec![0.0, 0.0]),
            ("described.sentence_centre", vec![2], vec![1.0, 0.0]),
            ("described.description_centre", vec![2], vec![0.0, 0.0]),
            ("described.output.weight", vec![1, 2], vec![3.0, 1.0]),
            ("described.output.bias", vec![1], vec![-2.0]),
        ] {
            tensors.insert(name.into(), Weights { shape, values });
        }
        DescribedHead::load(&tensors, 2).unwrap()
    }

    #[test]
    fn a_sentence_counts_three_times_and_its_article_once() {
        let head = head();
        // Two sentences, straight up and straight right of the centre; one without words.
        let topics = head.topics(vec![vec![1.0, 5.0], vec![3.0, 0.0], Vec::new()]);
        let up = head.description(&[0.0, 2.0], &[]);
        assert_eq!(up, [0.0, 1.0]);
        let half = std::f32::consts::FRAC_1_SQRT_2;
        assert!((head.logit(&topics[0], &up) - (3.0 + half - 2.0)).abs() < 1e-6);
        assert!((head.logit(&topics[1], &up) - (half - 2.0)).abs() < 1e-6);
        assert!(topics[2].is_empty());
    }

    #[test]
    fn a_descriptions_parts_count_as_much_as_the_whole() {
        let head = head();
        let parts = [vec![2.0, 0.0], vec![1.0, 0.0]];
        let description = head.description(&[0.0, 1.0], &parts);
        assert!((description[0] - description[1]).abs() < 1e-6);
    }

    #[test]
    fn a_list_is_read_word_by_word() {
        let all: Vec<&str> =
            parts("prisoners of war, hostages; the missing and detainees.").collect();
        assert_eq!(
            all,
            ["prisoners of war", " hostages", " the missing", "detainees"]
        );
        assert_eq!(parts("…, !").count(), 0);
    }
}
