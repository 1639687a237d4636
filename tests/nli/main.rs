//! Stances described in words, through models for natural-language inference (feature `torch`).
#![cfg(feature = "torch")]

mod hub;
mod logits;
mod mistakes;
mod own_names;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use summit_stance::libtorch::Precision;
use summit_stance::nli::Entailment;

const ARCHITECTURES: [&str; 6] = [
    "bert",
    "roberta",
    "xlm-roberta",
    "deberta",
    "deberta-v2",
    "deberta-v3",
];

fn fixture(architecture: &str) -> PathBuf {
    Path::new("tests/fixtures/nli").join(architecture)
}

fn open(folder: &Path) -> Entailment {
    let folder = folder.to_str().unwrap();
    tch::set_num_threads(1);
    Entailment::open(folder, tch::Device::Cpu, Precision::F32, |_| {}).unwrap()
}

/// A copy of a model, to change it.
fn copy(architecture: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        fs::copy(fixture(architecture).join(name), to.join(name)).unwrap();
    }
}

/// The program, knowing of no hub but what a test says.
fn stance(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stance"));
    command.args(arguments);
    // Several tests run at a time, each on a core.
    command.env("OMP_NUM_THREADS", "1");
    for name in [
        "HF_HOME",
        "HF_ENDPOINT",
        "HF_HUB_CACHE",
        "HF_HUB_OFFLINE",
        "HF_TOKEN",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ] {
        command.env_remove(name);
    }
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs that ends with an error in one line, without a panic; what it said.
fn refusal(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let error: Vec<&str> = said.lines().filter(|l| l.starts_with("error: ")).collect();
    assert_eq!(error.len(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    error[0].to_owned()
}
