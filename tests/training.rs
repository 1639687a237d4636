//! `stance train` on a tiny encoder with random weights (feature `torch`).
#![cfg(feature = "torch")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use summit_stance::annotations::{self, AnnotatedParty};
use summit_stance::articles::{self, ReadOptions};
use summit_stance::codebook::Stance;
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

/// `stance train` with these arguments, paths in `folder`.
fn stance_train(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stance"));
    command.current_dir(folder).arg("train").args(arguments);
    command
}

/// What a training that works says, on both outputs.
fn train(folder: &Path, arguments: &[&str]) -> String {
    let output = stance_train(folder, arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    said.into_owned()
}

/// What a training that is refused says.
fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = stance_train(folder, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn from_encoder(folder: &Path, name: &str, epochs: &str) -> String {
    let arguments = "--train train.jsonl --dev dev.jsonl --base encoder --rate 1e-3";
    let mut arguments: Vec<&str> = arguments.split(' ').collect();
    arguments.extend(["--epochs", epochs, "-o", name, "--name", "tiny"]);
    train(folder, &arguments)
}

/// A folder with a small encoder and a few annotated articles.
fn workshop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("encoder")).unwrap();
    encoder_folder(&path.join("encoder"));
    head_of("data/corpus/train.jsonl", 6, &path.join("train.jsonl"));
    head_of("data/corpus/dev.jsonl", 2, &path.join("dev.jsonl"));
    folder
}

/// Also with a model trained for an epoch, and labels of 60 sentences.
fn workshop_with_model() -> tempfile::TempDir {
    let folder = workshop();
    let path = folder.path();
    let arguments = "--train train.jsonl --dev dev.jsonl --base encoder --seeds 1 --epochs 1";
    let mut arguments: Vec<&str> = arguments.split(' ').collect();
    arguments.extend(["-o", "model"]);
    train(path, &arguments);

    labels(&path.join("labels.csv"), |party| party.stance);
    folder
}

/// A table with the mentions of 60 sentences, labelled by `stance`.
fn labels(path: &Path, stance: impl Fn(&AnnotatedParty) -> Stance) {
    let mut table = csv::Writer::from_path(path).unwrap();
    table
        .write_record(["text", "party", "mention", "stance"])
        .unwrap();
    let articles = annotations::read("data/corpus/dev.jsonl".as_ref()).unwrap();
    let sentences = articles.iter().skip(2).flat_map(|a| &a.sentences);
    for sentence in sentences.filter(|s| !s.parties.is_empty()).take(60) {
        for party in &sentence.parties {
            let stance = stance(party).name();
            table
                .write_record([&sentence.text, &party.party, &party.mention, stance])
                .unwrap();
        }
    }
    table.flush().unwrap();
}

/// The tensors of a model folder's file.
fn tensors(folder: &Path, file: &str) -> NamedWeights {
    weights::read(&fs::read(folder.join(file)).unwrap()).unwrap()
}

/// The scores of one summit by a model folder, as JSON Lines.
fn scores(folder: &Path, model: &str, engine: &str) -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_stance"))
        .args(["score", "data/summits/geneva-2026", "--format", "jsonl"])
        .args(["--engine", engine, "--model"])
        .arg(folder.join(model))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
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
    let folder = workshop();
    let folder = folder.path();
    head_of("data/corpus/train.jsonl", 16, &folder.join("train.jsonl"));
    head_of("data/corpus/dev.jsonl", 4, &folder.join("dev.jsonl"));

    let said = from_encoder(folder, "model", "4");
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
    let arguments = "--train train.jsonl --dev dev.jsonl --from model --epochs 1 -o tuned";
    let again = train(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert!(losses(&again, "1")[0] < losses(&said, "1")[0], "{again}");
    assert!(again.contains("learns stances, mentions, antecedents and issues"));
}

#[test]
fn the_same_seeds_give_the_same_model() {
    let folder = workshop();
    let folder = folder.path();
    from_encoder(folder, "one", "1");
    from_encoder(folder, "two", "1");
    let config = |name: &str| fs::read(folder.join(name).join("config.json")).unwrap();
    // The configuration holds the checksums of all other files.
    assert_eq!(config("one"), config("two"));
}

#[test]
fn a_table_of_labels_makes_a_model_that_scores_on_both_engines() {
    let folder = workshop_with_model();
    let folder = folder.path();
    // Labels that even a random model learns from.
    labels(&folder.join("insistent.csv"), |_| Stance::Insistent);
    let arguments = "--train insistent.csv --from model --rate 1e-3 --epochs 3 -o mine";
    let said = train(folder, &arguments.split(' ').collect::<Vec<_>>());
    for expected in [
        "learns stances; how mentions and issues are found stays as it is",
        "dev: of each run, a fifth of it that the run does not learn from",
        "on what was held out, each text judged by a run that had not learnt it (",
        "seed 5, epoch 1 of 3",
        "before: model, after: mine",
        "stance macro-F1",
        "wrote mine",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }

    // What the labels say nothing of has not changed; what they are about has.
    let (before, after) = (folder.join("model"), folder.join("mine"));
    let heads = [&before, &after].map(|model| tensors(model, "heads.safetensors"));
    for (name, tensor) in &heads[0] {
        let same = heads[1][name] == *tensor;
        assert_eq!(same, !name.starts_with("stance."), "{name}");
    }

    let card = fs::read_to_string(after.join("README.md")).unwrap();
    for expected in [
        "Fine-tuned from the model `model`",
        "stance train --train insistent.csv --from model",
        "| stance macro-F1 |",
        "| seed | epoch |",
    ] {
        assert!(card.contains(expected), "{expected} in {card}");
    }

    let (embedded, torch) = (
        scores(folder, "mine", "embedded"),
        scores(folder, "mine", "torch"),
    );
    assert!(!embedded.is_empty());
    // The same mention of the same party; this random model may find others on either engine.
    let key = |row: &serde_json::Value| {
        ["article", "sentence", "party", "mention_start"].map(|column| row[column].to_string())
    };
    let mut both = 0;
    for row in &embedded {
        if let Some(other) = torch.iter().find(|other| key(other) == key(row)) {
            let [p, q] = [row, other].map(|row| row["neutral"].as_f64().unwrap());
            assert!((p - q).abs() < 0.05, "{p} against {q}");
            both += 1;
        }
    }
    assert!(both * 2 > embedded.len(), "{both} of {}", embedded.len());
}

#[test]
fn labels_are_checked_before_anything_is_trained() {
    let folder = workshop_with_model();
    let folder = folder.path();
    let bad = "text,party,mention,stance\n\
               Kyiv waits.,Ukraine,Kyiv,angry\n\
               Kyiv waits.,Ukraine,Minsk,cautious\n\
               ,Ukraine,Kyiv,cautious\n";
    fs::write(folder.join("bad.csv"), bad).unwrap();
    let told = refusal(
        folder,
        &["--train", "bad.csv", "--from", "model", "-o", "no"],
    );
    for expected in [
        "error: bad.csv, line 2: \"angry\" is no stance",
        "error: bad.csv, line 3: the mention \"Minsk\" is not in the text",
        "error: bad.csv, line 4: the text is empty",
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    assert!(!folder.join("no").exists());

    let told = refusal(
        folder,
        &["--train", "none.csv", "--from", "model", "-o", "no"],
    );
    assert!(told.contains("cannot read none.csv"), "{told}");
    let told = refusal(
        folder,
        &["--train", "labels.csv", "--from", "encoder", "-o", "no"],
    );
    assert!(
        told.contains("cannot start from the model encoder"),
        "{told}"
    );
    let arguments = "--train labels.csv --dev dev.jsonl --base encoder -o no";
    let told = refusal(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert!(told.contains("cannot make a model from scratch"), "{told}");
    let arguments = "--train train.jsonl --dev dev.jsonl --base model -o no";
    let told = refusal(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert!(told.contains("give the folder to --from"), "{told}");
}

#[test]
fn training_that_brings_nothing_stops_early_and_keeps_the_start() {
    let folder = workshop_with_model();
    let folder = folder.path();
    // At this rate each step is a leap into the blue.
    let arguments =
        "--train labels.csv --from model --rate 1 --epochs 9 --patience 2 --seeds 1 -o mine";
    let said = train(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert_eq!(losses(&said, "1").len(), 2, "{said}");
    assert!(
        said.contains("no epoch was better than the start"),
        "{said}"
    );
    assert!(
        said.contains("No epoch was better than the start"),
        "{said}"
    );
    for file in ["model.safetensors", "heads.safetensors"] {
        let [before, after] = ["model", "mine"].map(|name| tensors(&folder.join(name), file));
        assert!(before == after, "{file} changed");
    }
}

#[test]
fn a_training_that_was_killed_goes_on_and_ends_alike() {
    let folder = workshop_with_model();
    let folder = folder.path();
    let arguments =
        "--train labels.csv --from model --rate 1e-4 --epochs 6 --patience 6 --name mine -o";
    let arguments = |output| arguments.split(' ').chain([output]).collect::<Vec<_>>();
    train(folder, &arguments("whole"));

    let mut killed = stance_train(folder, &arguments("broken"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(killed.stderr.take().unwrap());
    for line in said.lines() {
        if line.unwrap().contains("epoch 2 of 6") {
            break;
        }
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    // Its runs notice that it is gone.
    std::thread::sleep(Duration::from_millis(500));
    assert!(!folder.join("broken/config.json").exists());

    let said = train(folder, &arguments("broken"));
    assert!(said.contains("goes on after epoch"), "{said}");
    let config = |name: &str| fs::read(folder.join(name).join("config.json")).unwrap();
    assert_eq!(config("whole"), config("broken"));
    let left: Vec<_> = fs::read_dir(folder.join("broken"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".run") || name.ends_with(".partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_second_training_in_a_folder_is_refused() {
    let folder = workshop_with_model();
    let folder = folder.path();
    let unfinished = folder.join("busy/.unfinished");
    fs::create_dir_all(&unfinished).unwrap();
    let first = fs::File::create(unfinished.join("lock")).unwrap();
    first.lock().unwrap();
    let arguments = "--train labels.csv --from model --epochs 1 -o busy";
    let told = refusal(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert!(
        told.contains("busy: another `stance train` is at work"),
        "{told}"
    );
    drop(first);
    train(folder, &arguments.split(' ').collect::<Vec<_>>());
    assert!(!unfinished.exists());
}
