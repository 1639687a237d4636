//! The shipped model: what it reads does not depend on what else is read, and no text breaks it.

use summit_stance::articles::Article;
use summit_stance::model::engine::{Engine, TokenVectors};
use summit_stance::model::windows::Window;
use summit_stance::model::{Embedded, Model, ModelError, ModelFolder, SentenceReading, folder};
use summit_stance::sentences;

const FOLDER: &str = "models/stance-minilm";

fn article(text: &str) -> Article {
    Article {
        id: "a".into(),
        text: text.into(),
        ..Article::default()
    }
}

fn read(model: &Model, text: &str) -> Vec<SentenceReading> {
    let article = article(text);
    model.read(&article, &sentences::split(text)).unwrap()
}

#[test]
fn a_windows_vectors_do_not_depend_on_its_batch_its_order_or_the_threads() {
    let model = Model::shipped().unwrap();
    let open = ModelFolder::open(FOLDER.as_ref()).unwrap();
    let engine = Embedded::new(&open.read(folder::INT8).unwrap(), &open.config.encoder).unwrap();
    let texts = [
        "Kyiv insisted.",
        "Talks on the ceasefire went on until midnight, and the delegation of Norway was hopeful.",
        "NO DEAL WITHOUT GUARANTEES, SAYS ROME",
    ];
    let windows: Vec<_> = texts
        .iter()
        .flat_map(|text| {
            let article = article(text);
            model.windows(&article, &sentences::split(text)).unwrap()
        })
        .collect();
    assert_eq!(windows.len(), 3);
    let together = engine.encode(&windows).unwrap();
    let mut reversed = windows.clone();
    reversed.reverse();
    let mut backwards = engine.encode(&reversed).unwrap();
    backwards.reverse();
    assert_eq!(together, backwards);
    let alone: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = windows
            .iter()
            .map(|w| scope.spawn(|| engine.encode(std::slice::from_ref(w)).unwrap().remove(0)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(together, alone);
}

#[test]
fn one_word_is_read() {
    let readings = read(&Model::shipped().unwrap(), "Ukraine");
    assert_eq!(readings.len(), 1);
    assert_eq!(
        readings[0].issues.len(),
        summit_stance::codebook::ISSUES.len()
    );
}

#[test]
fn punctuation_alone_is_no_party() {
    let model = Model::shipped().unwrap();
    for text in ["...", "?! -- ,,, ()", "\u{200b}\u{301}", "🙂🙂"] {
        let mentions: usize = read(&model, text).iter().map(|r| r.mentions.len()).sum();
        assert_eq!(mentions, 0, "{text:?}");
    }
}

#[test]
fn a_text_of_twenty_thousand_words_without_a_full_stop_is_read_to_its_end() {
    let model = Model::shipped().unwrap();
    let mut text = "and then the talks went on ".repeat(3334);
    text.push_str("while Ukraine insisted on guarantees");
    let readings = read(&model, &text);
    assert_eq!(readings.len(), 1);
    let last = readings[0].mentions.last().expect("a mention at the end");
    assert!(text[last.bytes.clone()].contains("Ukraine"));
    assert!(readings[0].issues.iter().all(|p| (0.0..=1.0).contains(p)));
}

#[test]
fn mentions_are_words_of_the_text_in_order() {
    let text =
        "É 🙂: Kyiv’s envoy said Россия and 中国 had agreed; the E.U. was \u{202b}wary\u{202c}.";
    for reading in read(&Model::shipped().unwrap(), text) {
        let mut end = 0;
        for mention in reading.mentions {
            assert!(mention.bytes.start >= end);
            end = mention.bytes.end;
            assert!(!text[mention.bytes.clone()].trim().is_empty());
            let sum: f32 = mention.stance.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn a_model_folder_that_was_changed_is_refused() {
    let copy = tempfile::tempdir().unwrap();
    for name in [
        folder::CONFIG,
        folder::TOKENIZER,
        folder::HEADS,
        folder::INT8,
    ] {
        std::fs::copy(format!("{FOLDER}/{name}"), copy.path().join(name)).unwrap();
    }
    let open = || Model::open(&ModelFolder::open(copy.path()).unwrap());
    assert!(open().is_ok());
    // Cut, or swapped for a file of another kind or model; nothing of it is looked at.
    for name in [folder::TOKENIZER, folder::HEADS, folder::INT8] {
        let whole = std::fs::read(copy.path().join(name)).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        for other in [&whole[..whole.len() / 2], &changed, b"", b"{}"] {
            std::fs::write(copy.path().join(name), other).unwrap();
            let error = open().err().expect(name).to_string();
            assert!(error.contains(name) && error.contains("SHA-256"), "{error}");
        }
        std::fs::write(copy.path().join(name), whole).unwrap();
    }
    std::fs::remove_file(copy.path().join(folder::TOKENIZER)).unwrap();
    let error = open().err().expect("no tokenizer").to_string();
    assert!(error.contains("tokenizer.json"), "{error}");
    std::fs::write(copy.path().join(folder::CONFIG), "{}").unwrap();
    assert!(ModelFolder::open(copy.path()).is_err());
}

#[test]
fn a_folder_whose_files_do_not_fit_each_other_is_refused_before_anything_is_read() {
    struct Silent;
    impl Engine for Silent {
        fn encode(&self, _: &[Window]) -> Result<Vec<TokenVectors>, ModelError> {
            Ok(Vec::new())
        }
        fn name(&self) -> &'static str {
            "silent"
        }
    }
    let whole = || ModelFolder::open(FOLDER.as_ref()).unwrap().files().unwrap();
    let with_words = |words| {
        let mut files = whole();
        files.config.encoder.vocab_size = words;
        Model::new(files, Box::new(Silent)).err()
    };
    let words = whole().config.encoder.vocab_size;
    assert!(with_words(words).is_none());
    let error = with_words(words - 1).expect("a word too many").to_string();
    assert!(error.contains("word pieces"), "{error}");

    let with_kinds = |kinds| {
        let mut config = whole().config;
        config.encoder.type_vocab_size = kinds;
        folder::parse_config(&serde_json::to_vec(&config).unwrap(), "config.json")
    };
    assert!(with_kinds(3).is_ok());
    let error = with_kinds(2).expect_err("no kind for capitals").to_string();
    assert!(error.contains("type_vocab_size"), "{error}");
}

#[test]
fn the_shipped_files_together_are_small_enough_to_ship() {
    let bytes: u64 = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes <= 75_000_000, "{bytes} bytes");
}
