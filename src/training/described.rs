//! Fitting the described head ([`crate::model::described`]) to an encoder that is trained.
//!
//! What the encoder was before training, the [`Teacher`], gives vectors of single sentences; a
//! ridge regression finds the projection of the trained encoder's vectors that comes closest to
//! them. How much a sentence's and its article's likeness to a description count is a logistic
//! regression over the annotated issues, each with every description that is kept of it.

use tch::{Kind, Tensor};

use super::base::Base;
use super::{Trained, descriptions, save};
use crate::annotations::AnnotatedArticle;
use crate::model::described::{
    self, DESCRIPTION_CENTRE, DescribedHead, OUTPUT, PROJECTION, SENTENCE_CENTRE,
};
use crate::model::engine::{Engine, TokenVectors};
use crate::model::folder::{self, EncoderConfig};
use crate::model::tokens::WordPieces;
use crate::model::torch::Torch;
use crate::model::weights::{self, NamedWeights, Precision, Weights};
use crate::model::windows::{self, Scored, Window, WindowSizes};
use crate::model::{ModelError, heads};

/// The projection is fitted on every so manieth sentence.
const EVERY: usize = 3;
/// Ridge penalty a text. Chosen on dev, with issues held out, among 0.001, 0.01 and 0.1.
const PENALTY: f64 = 0.01;
/// Rounds of Newton's method; the regression has three weights and settles in half of them.
const ROUNDS: usize = 12;

/// The tensors of a head that is not fitted yet: it projects a vector to itself.
pub fn unfitted(width: usize) -> NamedWeights {
    let mut identity = vec![0.0; width * width];
    identity
        .iter_mut()
        .step_by(width + 1)
        .for_each(|v| *v = 1.0);
    tensors(
        Projection {
            weight: identity,
            bias: vec![0.0; width],
            inputs: width,
        },
        vec![0.0; width],
        vec![0.0; width],
        [1.0, 0.0, 0.0],
    )
}

/// What the encoder was before it was trained.
pub struct Teacher {
    encoder: Reader,
    /// Of one of our models, its own head: a model that is trained on keeps what it knew.
    head: Option<DescribedHead>,
}

impl Teacher {
    pub fn of(base: &Base, sizes: WindowSizes) -> Result<Teacher, ModelError> {
        let head = match &base.ours {
            Some((_, heads)) => Some(DescribedHead::load(heads, base.encoder.hidden_size)?),
            None => None,
        };
        Ok(Teacher {
            encoder: Reader::new(&base.encoder_weights, &base.encoder, &base.tokenizer, sizes)?,
            head,
        })
    }

    /// The vector of a text; none if it has no words.
    fn vector(&self, text: &str) -> Result<Option<Vec<f32>>, ModelError> {
        let Some(window) = self.encoder.window(text)? else {
            return Ok(None);
        };
        let vectors = self.encoder.encode(&window)?;
        Ok(Some(match &self.head {
            Some(head) => head.project(&heads::mean(&vectors, tokens(&window))),
            // Sentence encoders are pretrained with the mean of all tokens, special ones too.
            None => heads::mean(&vectors, 0..window.ids.len()),
        }))
    }
}

/// An encoder with what it needs to read text.
struct Reader {
    engine: Torch,
    pieces: WordPieces,
    sizes: WindowSizes,
}

impl Reader {
    fn new(
        encoder: &NamedWeights,
        config: &EncoderConfig,
        tokenizer: &[u8],
        sizes: WindowSizes,
    ) -> Result<Reader, ModelError> {
        let bytes = weights::write(encoder, Precision::F32)?;
        Ok(Reader {
            engine: Torch::new(&bytes, config, tch::Device::Cpu)?,
            pieces: WordPieces::new(tokenizer)?,
            sizes,
        })
    }

    fn encode(&self, window: &Window) -> Result<TokenVectors, ModelError> {
        let mut vectors = self.engine.encode(std::slice::from_ref(window))?;
        vectors
            .pop()
            .ok_or_else(|| ModelError::Weights("the encoder gave no vectors".into()))
    }

    /// The window of a text that stands alone.
    fn window(&self, text: &str) -> Result<Option<Window>, ModelError> {
        let words = [self.pieces.words(text)?];
        let windows = windows::pack(&[], &words, self.sizes, &self.pieces);
        Ok(windows.into_iter().next())
    }

    /// The mean of the tokens of a text that stands alone.
    fn mean(&self, text: &str) -> Result<Option<Vec<f32>>, ModelError> {
        let Some(window) = self.window(text)? else {
            return Ok(None);
        };
        Ok(Some(heads::mean(&self.encode(&window)?, tokens(&window))))
    }

    /// The means of an article's sentences, each read where it stands; empty for a sentence
    /// without words. Of one that is longer than a window, the first part speaks for all.
    fn sentence_means(&self, article: &AnnotatedArticle) -> Result<Vec<Vec<f32>>, ModelError> {
        let title = self
            .pieces
            .words(article.title.as_deref().unwrap_or_default())?;
        let words = article
            .sentences
            .iter()
            .map(|sentence| self.pieces.words(&sentence.text))
            .collect::<Result<Vec<_>, ModelError>>()?;
        let mut means = vec![Vec::new(); words.len()];
        for window in windows::pack(&title, &words, self.sizes, &self.pieces) {
            let vectors = self.encode(&window)?;
            for scored in &window.scored {
                let mean = &mut means[scored.sentence];
                if mean.is_empty() {
                    *mean = heads::mean(&vectors, scored.tokens());
                }
            }
        }
        Ok(means)
    }
}

fn tokens(window: &Window) -> std::ops::Range<usize> {
    window.scored.first().map_or(0..0, Scored::tokens)
}

/// Fit the head on annotated articles: its tensors, to go into the model's head weights.
pub fn fit(
    trained: &Trained,
    teacher: &Teacher,
    articles: &[AnnotatedArticle],
) -> Result<NamedWeights, ModelError> {
    let files = save::files(trained)?;
    let encoder = weights::read(&files.files[folder::SAFETENSORS])?;
    let student = Reader::new(
        &encoder,
        &trained.encoder,
        &trained.tokenizer,
        trained.windows,
    )?;

    let projection = fit_projection(&student, teacher, articles)?;
    let sentences = articles
        .iter()
        .map(|article| {
            let means = student.sentence_means(article)?;
            Ok(means.iter().map(|mean| projection.apply(mean)).collect())
        })
        .collect::<Result<Vec<Vec<Vec<f32>>>, ModelError>>()?;
    let descriptions = Described::all(&trained.issues, &student, &projection)?;
    let sentence_centre = centre(sentences.iter().flatten(), projection.bias.len());
    let description_centre = centre(descriptions.iter().map(|d| &d.whole), projection.bias.len());

    // Two heads that count nothing but the sentence, and nothing but the article, give the
    // regression its features.
    let likeness = |output| {
        let tensors = tensors(
            projection.clone(),
            sentence_centre.clone(),
            description_centre.clone(),
            output,
        );
        DescribedHead::load(&tensors, trained.encoder.hidden_size)
    };
    let (of_sentence, of_article) = (likeness([1.0, 0.0, 0.0])?, likeness([0.0, 1.0, 0.0])?);
    let vectors: Vec<Vec<f32>> = descriptions
        .iter()
        .map(|d| of_sentence.description(&d.whole, &d.parts))
        .collect();
    let (mut features, mut gold) = (Vec::new(), Vec::new());
    for (article, projected) in articles.iter().zip(sentences) {
        let topics = of_sentence.topics(projected.clone());
        let article_topics = of_article.topics(projected);
        for ((sentence, topic), article_topic) in
            article.sentences.iter().zip(&topics).zip(&article_topics)
        {
            if topic.is_empty() {
                continue;
            }
            for (description, vector) in descriptions.iter().zip(&vectors) {
                features.extend([
                    of_sentence.logit(topic, vector),
                    of_article.logit(article_topic, vector),
                    1.0,
                ]);
                gold.push(f32::from(sentence.issues.contains(&description.issue)));
            }
        }
    }
    let output = logistic(&features, &gold);
    Ok(tensors(
        projection,
        sentence_centre,
        description_centre,
        output,
    ))
}

/// A description that is kept of an issue, projected.
struct Described {
    issue: String,
    whole: Vec<f32>,
    parts: Vec<Vec<f32>>,
}

impl Described {
    fn all(
        issues: &[String],
        student: &Reader,
        projection: &Projection,
    ) -> Result<Vec<Described>, ModelError> {
        let project = |text: &str| -> Result<Option<Vec<f32>>, ModelError> {
            Ok(student.mean(text)?.map(|mean| projection.apply(&mean)))
        };
        let mut all = Vec::new();
        for issue in issues {
            for text in descriptions::of(issue)? {
                let parts = described::parts(&text)
                    .filter_map(|part| project(part).transpose())
                    .collect::<Result<_, ModelError>>()?;
                all.extend(project(&text)?.map(|whole| Described {
                    issue: issue.clone(),
                    whole,
                    parts,
                }));
            }
        }
        Ok(all)
    }
}

#[derive(Clone)]
struct Projection {
    inputs: usize,
    /// Row-major, outputs × inputs.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Projection {
    fn apply(&self, mean: &[f32]) -> Vec<f32> {
        if mean.is_empty() {
            return Vec::new();
        }
        let rows = self.weight.chunks_exact(self.inputs).zip(&self.bias);
        rows.map(|(row, bias)| bias + row.iter().zip(mean).map(|(w, x)| w * x).sum::<f32>())
            .collect()
    }
}

/// Ridge regression of the teacher's vectors of single sentences on the student's.
fn fit_projection(
    student: &Reader,
    teacher: &Teacher,
    articles: &[AnnotatedArticle],
) -> Result<Projection, ModelError> {
    let sentences = articles.iter().flat_map(|article| &article.sentences);
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    let mut texts = 0;
    for sentence in sentences.step_by(EVERY) {
        if let (Some(mean), Some(vector)) = (
            student.mean(&sentence.text)?,
            teacher.vector(&sentence.text)?,
        ) {
            inputs.extend(mean);
            outputs.extend(vector);
            texts += 1;
        }
    }
    if texts == 0 {
        let reason = "no sentence with words to fit the described head on";
        return Err(ModelError::Weights(reason.into()));
    }
    let matrix = |values: &[f32]| {
        Tensor::from_slice(values)
            .view([texts, -1])
            .to_kind(Kind::Double)
    };
    let (inputs, outputs) = (matrix(&inputs), matrix(&outputs));
    let mean = |rows: &Tensor| rows.mean_dim([0i64].as_slice(), true, Kind::Double);
    let (input_mean, output_mean) = (mean(&inputs), mean(&outputs));
    let (x, y) = (&inputs - &input_mean, &outputs - &output_mean);
    let width = x.size()[1];
    let penalty = Tensor::eye(width, (Kind::Double, tch::Device::Cpu)) * (PENALTY * texts as f64);
    // Inputs × outputs.
    let across = x.transpose(0, 1);
    let weight = Tensor::linalg_solve(&(across.matmul(&x) + penalty), &across.matmul(&y), true);
    let bias = &output_mean - input_mean.matmul(&weight);
    Ok(Projection {
        inputs: width as usize,
        weight: values(&weight.transpose(0, 1))?,
        bias: values(&bias)?,
    })
}

/// Logistic regression by Newton's method: three weights for rows of three features.
fn logistic(features: &[f32], gold: &[f32]) -> [f32; 3] {
    let mut weights = [0f64; 3];
    for _ in 0..ROUNDS {
        // A little curvature of its own keeps a feature that never varies from breaking the step.
        let mut curvature = [[1e-3, 0.0, 0.0], [0.0, 1e-3, 0.0], [0.0, 0.0, 1e-3]];
        let mut slope = weights.map(|w| -1e-3 * w);
        for (row, gold) in features.as_chunks::<3>().0.iter().zip(gold) {
            let row = row.map(f64::from);
            let logit: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
            let p = 1.0 / (1.0 + (-logit).exp());
            for i in 0..3 {
                slope[i] += (f64::from(*gold) - p) * row[i];
                for j in 0..3 {
                    curvature[i][j] += p * (1.0 - p) * row[i] * row[j];
                }
            }
        }
        let curvature = Tensor::from_slice2(&curvature);
        let step = Tensor::linalg_solve(&curvature, &Tensor::from_slice(&slope), true);
        for (i, weight) in weights.iter_mut().enumerate() {
            *weight += step.double_value(&[i as i64]);
        }
    }
    weights.map(|w| w as f32)
}

fn values(tensor: &Tensor) -> Result<Vec<f32>, ModelError> {
    Vec::<f32>::try_from(tensor.to_kind(Kind::Float).contiguous().view([-1]))
        .map_err(|e| ModelError::Weights(e.to_string()))
}

fn centre<'v>(vectors: impl Iterator<Item = &'v Vec<f32>>, width: usize) -> Vec<f32> {
    let mut sum = vec![0f64; width];
    let mut count = 0;
    for vector in vectors.filter(|v| !v.is_empty()) {
        sum.iter_mut()
            .zip(vector)
            .for_each(|(s, v)| *s += f64::from(*v));
        count += 1;
    }
    sum.into_iter()
        .map(|s| (s / f64::from(count.max(1))) as f32)
        .collect()
}

fn tensors(
    projection: Projection,
    sentence_centre: Vec<f32>,
    description_centre: Vec<f32>,
    [of_sentence, of_article, bias]: [f32; 3],
) -> NamedWeights {
    let outputs = projection.bias.len();
    let named = |name: &str, shape: &[usize], values: Vec<f32>| {
        let shape = shape.to_vec();
        (name.to_owned(), Weights { shape, values })
    };
    NamedWeights::from([
        named(
            &format!("{PROJECTION}.weight"),
            &[outputs, projection.inputs],
            projection.weight,
        ),
        named(&format!("{PROJECTION}.bias"), &[outputs], projection.bias),
        named(SENTENCE_CENTRE, &[outputs], sentence_centre),
        named(DESCRIPTION_CENTRE, &[outputs], description_centre),
        named(
            &format!("{OUTPUT}.weight"),
            &[2],
            vec![of_sentence, of_article],
        ),
        named(&format!("{OUTPUT}.bias"), &[1], vec![bias]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regression_finds_the_weights_that_made_the_labels() {
        // Labels as their probabilities: the likelihood is highest exactly at the weights.
        let (mut features, mut gold) = (Vec::new(), Vec::new());
        for a in -5..=5 {
            for b in -5..=5 {
                let (a, b) = (a as f32 / 5.0, b as f32 / 5.0);
                features.extend([a, b, 1.0]);
                gold.push(1.0 / (1.0 + (-(3.0 * a - 0.5 * b - 1.0)).exp()));
            }
        }
        let weights = logistic(&features, &gold);
        for (weight, expected) in weights.iter().zip([3.0, -0.5, -1.0]) {
            assert!((weight - expected).abs() < 0.01, "{weights:?}");
        }
    }

    #[test]
    fn a_head_that_is_not_fitted_loads() {
        assert!(DescribedHead::load(&unfitted(8), 8).is_ok());
    }
}
