//! What cannot be used is refused with one clear message.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use summit_stance::model::weights::{self, Precision};

use super::{copy, fixture, refusal, said, stance};

fn score(model: &Path, more: &[&str]) -> Command {
    let mut command = stance(&[
        "score",
        "data/summits/geneva-2026",
        "--format",
        "jsonl",
        "--nli",
    ]);
    command.arg(model).args(more);
    command
}

/// All lines of what a run says that ends with an error, without a panic.
fn all_of_refusal(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("error: ") && !said.contains("panicked"),
        "{said}"
    );
    said
}

/// What the program says of a BERT model after a change to its folder.
fn of_changed(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    copy("bert", &model);
    change(&model);
    refusal(score(&model, &[]))
}

fn set(model: &Path, key: &str, value: Value) {
    let path = model.join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config[key] = value;
    fs::write(path, config.to_string()).unwrap();
}

#[test]
fn a_folder_that_is_not_there_or_lacks_a_file() {
    let said = refusal(score("no/such/folder".as_ref(), &[]));
    assert!(
        said.contains("no/such/folder: there is no such folder"),
        "{said}"
    );
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let said = of_changed(|model| fs::remove_file(model.join(name)).unwrap());
        assert!(
            said.contains(&format!("model: there is no {name}")),
            "{said}"
        );
    }
    let said = of_changed(|model| {
        let weights = model.join("model.safetensors");
        fs::rename(&weights, model.join("pytorch_model.bin")).unwrap();
    });
    assert!(
        said.contains("pytorch_model.bin") && said.contains("save_pretrained"),
        "{said}"
    );
    let said = refusal(score("Cargo.toml".as_ref(), &[]));
    assert!(said.contains("Cargo.toml"), "{said}");
}

#[test]
fn models_of_another_kind() {
    let said = of_changed(|model| set(model, "model_type", json!("bart")));
    assert!(
        said.contains("\"bart\"; these can be run: bert, roberta"),
        "{said}"
    );
    let said = of_changed(|model| {
        set(
            model,
            "id2label",
            json!({"0": "NEGATIVE", "1": "NEUTRAL", "2": "POSITIVE"}),
        );
    });
    assert!(said.contains("only NEGATIVE, NEUTRAL, POSITIVE"), "{said}");
    let said = of_changed(|model| fs::write(model.join("config.json"), "[]").unwrap());
    assert!(
        said.contains("config.json: not the form of a model's"),
        "{said}"
    );
    // Our own model folders are not inference models.
    let said = refusal(score("models/stance-minilm".as_ref(), &[]));
    assert!(said.contains("config.json"), "{said}");
}

#[test]
fn weights_that_do_not_fit_or_are_damaged() {
    let said = of_changed(|model| set(model, "hidden_size", json!(32)));
    assert!(
        said.contains("model.safetensors: ") && said.contains("has shape"),
        "{said}"
    );
    let said = of_changed(|model| set(model, "num_hidden_layers", json!(3)));
    assert!(
        said.contains("encoder.layer.2") && said.contains("is missing"),
        "{said}"
    );
    let said = of_changed(|model| {
        let path = model.join("model.safetensors");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(said.contains("model.safetensors: "), "{said}");
    let said = of_changed(|model| {
        fs::remove_file(model.join("model.safetensors")).unwrap();
        fs::write(model.join("rust_model.ot"), "not weights").unwrap();
    });
    assert!(said.contains("rust_model.ot: "), "{said}");
    let said = of_changed(|model| {
        let path = model.join("model.safetensors");
        let mut tensors = weights::read(&fs::read(&path).unwrap()).unwrap();
        let bias = tensors.get_mut("classifier.bias").unwrap();
        bias.values[0] = f32::NAN;
        fs::write(path, weights::write(&tensors, Precision::F32).unwrap()).unwrap();
    });
    assert!(said.contains("NaN") && said.contains("damaged"), "{said}");
}

#[test]
fn tokenizers_of_another_model() {
    let said = of_changed(|model| {
        let other = fixture("roberta").join("tokenizer.json");
        fs::copy(other, model.join("tokenizer.json")).unwrap();
    });
    assert!(said.contains("the files are of different models"), "{said}");
    let said = of_changed(|model| fs::write(model.join("tokenizer.json"), "{}").unwrap());
    assert!(said.contains("tokenizer.json: "), "{said}");
}

#[test]
fn lists_of_stances_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("stances.toml");
    let model = fixture("bert");
    let with =
        |option: &str, file: &Path| refusal(score(&model, &[option, file.to_str().unwrap()]));
    for (name, about) in [
        ("party", "\"party\" is another column of the results"),
        ("Hostile", "in lower case"),
        ("for", "a word of SQL"),
    ] {
        let entry = format!("[[stance]]\nname = {name:?}\nhypotheses = [\"{{party}} x\"]\n");
        fs::write(&list, entry).unwrap();
        let said = with("--stances", &list);
        assert!(
            said.contains("stances.toml, line 2: ") && said.contains(about),
            "{said}"
        );
    }
    let said = with("--stances", "no-such.toml".as_ref());
    assert!(said.contains("no-such.toml: "), "{said}");

    let long = "very ".repeat(150);
    let words = fs::read_to_string("data/stances.toml").unwrap();
    fs::write(
        &list,
        words.replace("is optimistic", &format!("is {long} optimistic")),
    )
    .unwrap();
    let said = with("--stances", &list);
    assert!(
        said.contains("very optimistic about the talks") && said.contains("make it shorter"),
        "{said}"
    );

    let labels = folder.path().join("labels.jsonl");
    fs::write(
        &labels,
        "{\"id\": \"1\", \"sentences\": [{\"text\": \"Nothing.\"}]}\n",
    )
    .unwrap();
    let said = with("--calibrate", &labels);
    assert!(said.contains("no sentence has a labelled party"), "{said}");
    for (line, about) in [
        (r#"{"id": 1}"#.to_owned(), "not an annotated article"),
        (
            r#"{"id":"1","sentences":[{"text":"Kyiv waits.","parties":[
               {"party":"Ukraine","mention":"Kyiv","start":0,"stance":"hostile"}]}]}"#
                .replace('\n', " "),
            "\"hostile\" is no stance of the list; it has optimistic, cautious, insistent or neutral",
        ),
    ] {
        fs::write(&labels, line).unwrap();
        let said = all_of_refusal(score(&model, &["--calibrate", labels.to_str().unwrap()]));
        assert!(said.contains("labels.jsonl, line 1: "), "{said}");
        assert!(said.contains(about), "{said}");
    }
    let table = folder.path().join("labels.csv");
    fs::write(
        &table,
        "text,party,mention,stance\nKyiv waits.,Ukraine,Kyiv,neutral\nKyiv x.,Ukraine,Kyiv,hostile\n",
    )
    .unwrap();
    let said = all_of_refusal(score(&model, &["--calibrate", table.to_str().unwrap()]));
    assert!(
        said.contains("labels.csv, line 3: \"hostile\" is no stance"),
        "{said}"
    );
}

#[test]
fn devices_that_are_not_there() {
    let model = fixture("bert");
    if !tch::Cuda::is_available() {
        let said = refusal(score(&model, &["--device", "cuda:0"]));
        assert!(said.contains("finds no CUDA device"), "{said}");
        let said = refusal(stance(&[
            "explain",
            "Kyiv waited.",
            "--engine",
            "torch",
            "--model",
            "models/stance-minilm",
            "--device",
            "cuda:1",
        ]));
        assert!(said.contains("--device cuda:1"), "{said}");
    }
    if !tch::utils::has_mps() {
        let said = refusal(score(&model, &["--device", "mps"]));
        assert!(said.contains("MPS"), "{said}");
    }
    for (arguments, about) in [
        (vec!["--device", "gpu"], "cuda:N"),
        (vec!["--device", "cpu"], "--engine"),
        (vec!["--precision", "bf16"], "--engine"),
        (vec!["--stances", "x.toml"], "--nli"),
        (vec!["--calibrate", "x.jsonl"], "--nli"),
    ] {
        let output = stance(&["score", "data/summits", "-o", "never"])
            .args(&arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said(&output).contains(about), "{}", said(&output));
    }
}
