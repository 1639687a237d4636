//! `stance train` on a tiny encoder with random weights (feature `torch`).
#![cfg(feature = "torch")]

use std::fs;
use std::path::Path;
use std::process::Command;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use summit_stance::articles::{self, ReadOptions};
use summit_stance::model::torch::Torch;
use summit_stance::model::weights::{self, NamedWeights, Precision, Weights};
use summit_stance::model::{Model, ModelFolder};
use summit_stance::sentences;

const WIDTH: usize = 32;
const INNER: usize = 64;
const LAYERS: usize = 2;
const WORDS: usize = 30_522;

/// A pretrained encoder as its publishers ship it, but small and random.
fn encoder_folder(folder: &Path) {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut tensors = NamedWeights::new();
    let mut add = |name: &str, shape: &[usize]| {
        let values = (0..shape.iter().product())
            .map(|_| match () {
                () if name.ends_with("LayerNorm.weight") => 1.0,
                () if name.ends_with("bias") => 0.0,
                () => rng.random_range(-0.2..0.2),
            })
            .collect();
        let shape = shape.to_vec();
        tensors.insert(format!("bert.{name}"), Weights { shape, values });
    };
    add("embeddings.word_embeddings.weight", &[WORDS, WIDTH]);
    add("embeddings.position_embeddings.weight", &[512, WIDTH]);
    add("embeddings.token_type_embeddings.weight", &[2, WIDTH]);
    add("embeddings.LayerNorm.weight", &[WIDTH]);
    add("embeddings.LayerNorm.bias", &[WIDTH]);
    for layer in 0..LAYERS {
        let mut dense = |part: &str, outputs: usize, inputs: usize| {
            add(
                &format!("encoder.layer.{layer}.{part}.weight"),
                &[outputs, inputs],
            );
            add(&format!("encoder.layer.{layer}.{part}.bias"), &[outputs]);
        };
        for part in ["query", "key", "value"] {
            dense(&format!("attention.self.{part}"), WIDTH, WIDTH);
        }
        dense("attention.output.dense", WIDTH, WIDTH);
        dense("intermediate.dense", INNER, WIDTH);
        dense("output.dense", WIDTH, INNER);
        for part in ["attention.output", "output"] {
            for kind in ["weight", "bias"] {
                add(
                    &format!("encoder.layer.{layer}.{part}.LayerNorm.{kind}"),
                    &[WIDTH],
                );
            }
        }
    }
    let config = serde_json::json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH,
        "intermediate_size": INNER, "max_position_embeddings": 512, "num_attention_heads": 4,
        "num_hidden_layers": LAYERS, "type_vocab_size": 2, "vocab_size": WORDS,
        "layer_norm_eps": 1e-12,
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let bytes = weights::write(&tensors, Precision::F32).unwrap();
    fs::write(folder.join("model.safetensors"), bytes).unwrap();
    fs::copy(
        "models/stance-minilm/tokenizer.json",
        folder.join("tokenizer.json"),
    )
    .unwrap();
}

fn head_of(corpus: &str, articles: usize, to: &Path) {
    let text = fs::read_to_string(corpus).unwrap();
    let lines: Vec<&str> = text.lines().take(articles).collect();
    fs::write(to, lines.join("\n")).unwrap();
}

fn train(folder: &Path, base: &Path, name: &str, epochs: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_stance"))
        .arg("train")
        .args(["--train".as_ref(), folder.join("train.jsonl").as_os_str()])
        .args(["--dev".as_ref(), folder.join("dev.jsonl").as_os_str()])
        .args(["--base".as_ref(), base.as_os_str()])
        .args(["--output".as_ref(), folder.join(name).as_os_str()])
        .args(["--seeds", "1,2", "--epochs", epochs, "--rate", "1e-3"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// The stance losses that a run told, in order.
fn losses(said: &str, seed: &str) -> Vec<f64> {
    said.lines()
        .filter(|line| line.starts_with(&format!("seed {seed},")))
        .map(|line| {
            let rest = line.split("stance ").nth(1).unwrap();
            rest.split(',').next().unwrap().parse().unwrap()
        })
        .collect()
}

#[test]
fn training_learns_and_its_folder_runs_on_both_engines_and_can_be_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let base = folder.join("encoder");
    fs::create_dir(&base).unwrap();
    encoder_folder(&base);
    head_of("data/corpus/train.jsonl", 16, &folder.join("train.jsonl"));
    head_of("data/corpus/dev.jsonl", 4, &folder.join("dev.jsonl"));

    let said = train(folder, &base, "model", "4");
    for seed in ["1", "2"] {
        let losses = losses(&said, seed);
        assert_eq!(losses.len(), 4, "{said}");
        assert!(losses[3] < losses[0], "{losses:?}");
    }

    let open = ModelFolder::open(&folder.join("model")).unwrap();
    let embedded = Model::open(&open).unwrap();
    let torch = Torch::open(&open, tch::Device::Cpu).unwrap();
    let torch = Model::new(open.files().unwrap(), Box::new(torch)).unwrap();
    let inputs = ["data/summits/geneva-2026".into()];
    let article = articles::read(&inputs, &ReadOptions::default())
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let sentences = sentences::split(&article.text);
    let spans: Vec<_> = sentences
        .iter()
        .map(|s| s.bytes.start..s.bytes.start + 3)
        .collect();
    let (one, int8) = embedded.read_with(&article, &sentences, &spans).unwrap();
    let (other, f32) = torch.read_with(&article, &sentences, &spans).unwrap();
    for (a, b) in one.iter().zip(&other) {
        for (p, q) in a.issues.iter().zip(&b.issues) {
            assert!((p - q).abs() < 0.05, "{p} against {q}");
        }
    }
    for (a, b) in int8.iter().zip(&f32) {
        let (a, b) = (a.as_ref().unwrap(), b.as_ref().unwrap());
        for (p, q) in a.stance.iter().zip(b.stance) {
            assert!((p - q).abs() < 0.05, "{p} against {q}");
        }
    }

    // Fine-tuning starts where the model ended: its first loss is below the first model's first.
    let again = train(folder, &folder.join("model"), "tuned", "1");
    assert!(losses(&again, "1")[0] < losses(&said, "1")[0], "{again}");
}

#[test]
fn the_same_seeds_give_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let base = folder.join("encoder");
    fs::create_dir(&base).unwrap();
    encoder_folder(&base);
    head_of("data/corpus/train.jsonl", 6, &folder.join("train.jsonl"));
    head_of("data/corpus/dev.jsonl", 2, &folder.join("dev.jsonl"));
    train(folder, &base, "one", "1");
    train(folder, &base, "two", "1");
    let config = |name: &str| fs::read(folder.join(name).join("config.json")).unwrap();
    // The configuration holds the checksums of all other files.
    assert_eq!(config("one"), config("two"));
}
