//! The forward pass gives what a plain one in f64 gives, and bad files and texts are told.

use std::collections::BTreeMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use summit_stance_encoder::{Encoder, Sizes};

const SIZES: Sizes = Sizes {
    width: 36,
    inner: 72,
    heads: 3,
    layers: 2,
    words: 50,
    kinds: 3,
    positions: 120,
    epsilon: 0.02,
};

/// Groups of the layer that has several.
const GROUPS: usize = 4;

/// Numbers that look random, from -1 to 1 (xorshift, Marsaglia 2003).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn floats(&mut self, count: usize, middle: f32, spread: f32) -> Vec<f32> {
        (0..count).map(|_| middle + spread * self.next()).collect()
    }
}

#[derive(Clone)]
enum Tensor {
    Floats(Vec<f32>),
    Int8(Vec<i8>),
}

/// Tensors by name, with their shapes.
type Tensors = BTreeMap<String, (Vec<usize>, Tensor)>;

fn tensors() -> Tensors {
    let mut noise = Noise(88_172_645_463_325_252);
    let mut tensors = Tensors::new();
    let width = SIZES.width;
    let mut floats = |noise: &mut Noise, name: String, shape: &[usize], middle, spread| {
        let values = noise.floats(shape.iter().product(), middle, spread);
        tensors.insert(name, (shape.to_vec(), Tensor::Floats(values)));
    };
    let mut int8 = Vec::new();
    let words = "embeddings.word_embeddings";
    floats(
        &mut noise,
        format!("{words}.scale"),
        &[SIZES.words],
        0.01,
        0.003,
    );
    int8.push((words.to_owned(), [SIZES.words, width]));
    for (table, rows) in [("token_type", SIZES.kinds), ("position", SIZES.positions)] {
        let name = format!("embeddings.{table}_embeddings.weight");
        floats(&mut noise, name, &[rows, width], 0.0, 0.3);
    }
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..SIZES.layers {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for (part, inputs, outputs, groups) in [
            ("attention.self", width, 3 * width, 1),
            ("attention.output.dense", width, width, 1),
            ("intermediate.dense", width, SIZES.inner, 1),
            ("output.dense", SIZES.inner, width, GROUPS),
        ] {
            let name = name(part);
            let scale = [outputs, groups];
            floats(&mut noise, format!("{name}.scale"), &scale, 0.004, 0.002);
            floats(&mut noise, format!("{name}.divisor"), &[inputs], 1.0, 0.5);
            floats(&mut noise, format!("{name}.bias"), &[outputs], 0.0, 0.2);
            int8.push((name, [outputs, inputs]));
        }
        norms.extend(["attention.output.LayerNorm", "output.LayerNorm"].map(name));
    }
    for norm in norms {
        floats(&mut noise, format!("{norm}.weight"), &[width], 1.0, 0.3);
        floats(&mut noise, format!("{norm}.bias"), &[width], 0.0, 0.3);
    }
    for (name, shape) in int8 {
        // Pairs of larger weights could overflow 16 bits where a processor adds them in so many.
        let values = (0..shape[0] * shape[1]).map(|_| (noise.next() * 64.0) as i8);
        let values = Tensor::Int8(values.collect());
        tensors.insert(format!("{name}.weight"), (shape.to_vec(), values));
    }
    tensors
}

fn file(tensors: &Tensors) -> Vec<u8> {
    let stored: Vec<(&String, &Vec<usize>, Dtype, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| match values {
            Tensor::Floats(values) => {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (name, shape, Dtype::F32, bytes)
            }
            Tensor::Int8(values) => {
                let bytes = values.iter().map(|v| *v as u8).collect();
                (name, shape, Dtype::I8, bytes)
            }
        })
        .collect();
    let views = stored.iter().map(|(name, shape, kind, bytes)| {
        let view = TensorView::new(*kind, shape.to_vec(), bytes).unwrap();
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).unwrap()
}

type Matrix = Vec<Vec<f64>>;

/// The same forward pass, nothing rounded but the weights.
struct Plain(Tensors);

impl Plain {
    fn floats(&self, name: &str) -> Vec<f64> {
        match &self.0[name].1 {
            Tensor::Floats(values) => values.iter().map(|v| f64::from(*v)).collect(),
            Tensor::Int8(values) => values.iter().map(|v| f64::from(*v)).collect(),
        }
    }

    fn dense(&self, name: &str, tokens: &Matrix) -> Matrix {
        let [weight, scale, divisor, bias] =
            ["weight", "scale", "divisor", "bias"].map(|p| self.floats(&format!("{name}.{p}")));
        let groups = scale.len() / bias.len();
        let inputs = divisor.len();
        let one = |token: &Vec<f64>, output: usize| -> f64 {
            let products = (0..inputs).map(|i| {
                let scale = scale[output * groups + i / (inputs / groups)];
                token[i] / divisor[i] * weight[output * inputs + i] * scale
            });
            bias[output] + products.sum::<f64>()
        };
        let outputs = |token| (0..bias.len()).map(|output| one(token, output)).collect();
        tokens.iter().map(outputs).collect()
    }

    fn norm(&self, name: &str, tokens: Matrix) -> Matrix {
        let scale = self.floats(&format!("{name}.weight"));
        let shift = self.floats(&format!("{name}.bias"));
        let one = |token: Vec<f64>| -> Vec<f64> {
            let mean = token.iter().sum::<f64>() / token.len() as f64;
            let squares = token.iter().map(|v| (v - mean).powi(2));
            let variance = squares.sum::<f64>() / token.len() as f64;
            let deviation = (variance + f64::from(SIZES.epsilon)).sqrt();
            let values = token.iter().zip(scale.iter().zip(&shift));
            values
                .map(|(v, (scale, shift))| (v - mean) / deviation * scale + shift)
                .collect()
        };
        tokens.into_iter().map(one).collect()
    }

    fn attention(&self, together: &Matrix) -> Matrix {
        let (width, size) = (SIZES.width, SIZES.width / SIZES.heads);
        let mut output = vec![vec![0.0; width]; together.len()];
        for at in (0..width).step_by(size) {
            for (token, output) in together.iter().zip(&mut output) {
                let score = |other: &Vec<f64>| -> f64 {
                    let products = (at..at + size).map(|i| token[i] * other[width + i]);
                    (products.sum::<f64>() / (size as f64).sqrt()).exp()
                };
                let scores: Vec<f64> = together.iter().map(score).collect();
                let all: f64 = scores.iter().sum();
                for (score, other) in scores.iter().zip(together) {
                    for i in at..at + size {
                        output[i] += score / all * other[2 * width + i];
                    }
                }
            }
        }
        output
    }

    fn run(&self, words: &[u32], kinds: &[u8]) -> Matrix {
        let width = SIZES.width;
        let table = |name: &str| self.floats(&format!("embeddings.{name}_embeddings.weight"));
        let [word, kind, position] = ["word", "token_type", "position"].map(table);
        let scale = self.floats("embeddings.word_embeddings.scale");
        let one = |at: usize| -> Vec<f64> {
            let (w, k) = (words[at] as usize, usize::from(kinds[at]));
            let value = |i: usize| {
                word[w * width + i] * scale[w] + kind[k * width + i] + position[at * width + i]
            };
            (0..width).map(value).collect()
        };
        let tokens = (0..words.len()).map(one).collect();
        let mut tokens = self.norm("embeddings.LayerNorm", tokens);
        for layer in 0..SIZES.layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let attended = self.attention(&self.dense(&name("attention.self"), &tokens));
            let attended = self.dense(&name("attention.output.dense"), &attended);
            let attended = sum(attended, &tokens);
            let attended = self.norm(&name("attention.output.LayerNorm"), attended);
            let mut inner = self.dense(&name("intermediate.dense"), &attended);
            inner.iter_mut().flatten().for_each(|v| *v = gelu(*v));
            let outer = self.dense(&name("output.dense"), &inner);
            tokens = self.norm(&name("output.LayerNorm"), sum(outer, &attended));
        }
        tokens
    }
}

fn sum(mut one: Matrix, other: &Matrix) -> Matrix {
    let values = one.iter_mut().flatten().zip(other.iter().flatten());
    values.for_each(|(a, b)| *a += b);
    one
}

/// With the integral of the normal density by Simpson's rule.
fn gelu(x: f64) -> f64 {
    let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
    const STEPS: usize = 200;
    let step = x / STEPS as f64;
    let weighted = (0..=STEPS).map(|i| {
        let weight = match i {
            0 | STEPS => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * density(i as f64 * step)
    });
    x * (0.5 + weighted.sum::<f64>() * step / 3.0)
}

fn text(length: usize) -> (Vec<u32>, Vec<u8>) {
    let words = (0..length).map(|i| (i * 31 % SIZES.words) as u32).collect();
    let kinds = (0..length).map(|i| (i % SIZES.kinds) as u8).collect();
    (words, kinds)
}

fn encoder() -> Encoder {
    Encoder::load(&file(&tensors()), &SIZES).unwrap()
}

#[test]
fn vectors_are_those_of_a_plain_forward_pass_but_for_rounding() {
    let (encoder, plain) = (encoder(), Plain(tensors()));
    // One token, a few, a block of them, one more than a block, more than two blocks.
    for length in [1, 2, 7, 48, 49, 120] {
        let (words, kinds) = text(length);
        let found = encoder.encode(&words, &kinds).unwrap();
        let expected: Vec<f64> = plain.run(&words, &kinds).concat();
        assert_eq!(found.len(), expected.len());
        let pairs = || found.iter().zip(&expected);
        let error: f64 = pairs().map(|(a, b)| (f64::from(*a) - b).powi(2)).sum();
        let size: f64 = expected.iter().map(|v| v * v).sum();
        let share = (error / size).sqrt();
        assert!(share < 0.02, "{length} tokens: off by {share}");
        let largest = pairs().map(|(a, b)| (f64::from(*a) - b).abs());
        let largest = largest.fold(0.0, f64::max);
        assert!(
            largest < 0.15,
            "{length} tokens: one value off by {largest}"
        );
    }
}

#[test]
fn a_text_gives_the_same_whatever_came_before_and_on_any_thread() {
    let encoder = encoder();
    let (words, kinds) = text(60);
    let first = encoder.encode(&words, &kinds).unwrap();
    for length in [120, 3, 0] {
        let (words, kinds) = text(length);
        let vectors = encoder.encode(&words, &kinds).unwrap();
        assert_eq!(vectors.len(), length * encoder.width());
    }
    assert_eq!(encoder.encode(&words, &kinds).unwrap(), first);
    let elsewhere = std::thread::scope(|scope| {
        let thread = scope.spawn(|| encoder.encode(&words, &kinds).unwrap());
        thread.join().unwrap()
    });
    assert_eq!(elsewhere, first);
}

#[test]
fn a_program_may_hold_the_file() {
    let bytes: &'static [u8] = file(&tensors()).leak();
    let (words, kinds) = text(20);
    let held = Encoder::from_static(bytes, &SIZES).unwrap();
    assert_eq!(
        held.encode(&words, &kinds).unwrap(),
        encoder().encode(&words, &kinds).unwrap()
    );
}

#[test]
fn texts_that_it_cannot_read_are_refused() {
    let encoder = encoder();
    for (words, kinds) in [
        (vec![50], vec![0]),
        (vec![u32::MAX], vec![0]),
        (vec![0], vec![3]),
        (vec![0; 121], vec![0; 121]),
        (vec![0, 1], vec![0]),
    ] {
        assert!(encoder.encode(&words, &kinds).is_err());
    }
    let error = encoder.encode(&[4, 50], &[0, 0]).unwrap_err().to_string();
    assert!(error.contains("no word 50"), "{error}");
}

#[test]
fn files_that_are_no_such_encoder_are_refused_with_the_tensor() {
    let whole = tensors();
    let error = |tensors: &Tensors| match Encoder::load(&file(tensors), &SIZES) {
        Ok(_) => panic!("loaded"),
        Err(error) => error.to_string(),
    };
    for name in whole.keys() {
        let mut missing = whole.clone();
        missing.remove(name);
        let error = error(&missing);
        assert!(error.contains(name.as_str()), "{name}: {error}");
    }
    for name in whole.keys() {
        let mut other = whole.clone();
        let shape = &mut other.get_mut(name).unwrap().0;
        shape.insert(0, 1);
        let error = error(&other);
        assert!(error.contains(name.as_str()), "{name}: {error}");
    }
    let mut floats = whole.clone();
    let name = "encoder.layer.1.output.dense.weight";
    let count = SIZES.width * SIZES.inner;
    floats.get_mut(name).unwrap().1 = Tensor::Floats(vec![0.0; count]);
    assert!(error(&floats).contains("F32"));

    // Numbers that would make vectors of nonsense.
    for (name, value) in [
        ("embeddings.LayerNorm.bias", f32::NAN),
        ("encoder.layer.0.output.dense.scale", f32::INFINITY),
        ("encoder.layer.0.output.dense.divisor", 0.0),
        ("encoder.layer.1.attention.self.divisor", -1.0),
    ] {
        let mut other = whole.clone();
        if let Tensor::Floats(values) = &mut other.get_mut(name).unwrap().1 {
            values[1] = value;
        }
        let error = error(&other);
        assert!(error.contains(name), "{name}: {error}");
    }
    let mut other = whole.clone();
    let name = "encoder.layer.1.attention.self.weight";
    if let Tensor::Int8(values) = &mut other.get_mut(name).unwrap().1 {
        values[..2].fill(65);
    }
    assert!(error(&other).contains(name));

    let bytes = file(&whole);
    for cut in [0, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        assert!(Encoder::load(&bytes[..cut], &SIZES).is_err(), "{cut} bytes");
    }
}

#[test]
fn a_file_with_any_byte_changed_is_read_or_refused() {
    let bytes = file(&tensors());
    let (words, kinds) = text(5);
    let mut noise = Noise(7);
    let (mut read, mut refused) = (0, 0);
    for turn in 0..1500 {
        let mut other = bytes.clone();
        // Half of them in the header.
        let within = if turn % 2 == 0 { 3000 } else { bytes.len() };
        let at = ((noise.next() + 1.0) / 2.0 * within as f32) as usize;
        other[at.min(bytes.len() - 1)] ^= 1 << (turn % 8);
        match Encoder::load(&other, &SIZES) {
            Ok(encoder) => {
                read += 1;
                encoder.encode(&words, &kinds).unwrap();
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        read > 100 && refused > 100,
        "{read} read, {refused} refused"
    );
}

#[test]
fn threads_of_a_pool_may_call_it_too() {
    use rayon::prelude::*;
    let encoder = encoder();
    let (words, kinds) = text(30);
    let expected = encoder.encode(&words, &kinds).unwrap();
    let all = (0..64).into_par_iter();
    assert!(all.all(|_| encoder.encode(&words, &kinds).unwrap() == expected));
}

#[test]
fn sizes_that_make_no_encoder_are_refused() {
    let bytes = file(&tensors());
    for sizes in [
        Sizes { width: 0, ..SIZES },
        Sizes { heads: 0, ..SIZES },
        Sizes { heads: 5, ..SIZES },
        Sizes { inner: 0, ..SIZES },
        Sizes {
            width: usize::MAX,
            ..SIZES
        },
        Sizes {
            words: usize::MAX,
            ..SIZES
        },
        Sizes { layers: 3, ..SIZES },
        Sizes {
            epsilon: 0.0,
            ..SIZES
        },
        Sizes {
            epsilon: f32::NAN,
            ..SIZES
        },
    ] {
        assert!(Encoder::load(&bytes, &sizes).is_err(), "{sizes:?}");
    }
}
