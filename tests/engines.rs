//! The two engines give the same scores (feature `torch`).
#![cfg(feature = "torch")]

use summit_stance::articles::{self, ReadOptions};
use summit_stance::codebook::Stance;
use summit_stance::model::torch::Torch;
use summit_stance::model::{Model, ModelFolder};
use summit_stance::sentences;

#[test]
fn embedded_and_torch_agree_on_the_sample_summits() {
    let folder = ModelFolder::open("models/stance-minilm".as_ref()).unwrap();
    let embedded = Model::open(&folder).unwrap();
    let engine = Torch::open(&folder, tch::Device::Cpu).unwrap();
    let torch = Model::new(folder.files().unwrap(), Box::new(engine)).unwrap();

    let (mut mentions, mut same, mut largest) = (0, 0, 0f32);
    let inputs = ["data/summits".into()];
    for article in articles::read(&inputs, &ReadOptions::default()).unwrap() {
        let article = article.unwrap();
        let sentences = sentences::split(&article.text);
        let found = embedded.read(&article, &sentences).unwrap();
        let spans: Vec<_> = found
            .iter()
            .flat_map(|reading| reading.mentions.iter().map(|m| m.bytes.clone()))
            .collect();
        let (_, given) = torch.read_with(&article, &sentences, &spans).unwrap();
        let stances = found.iter().flat_map(|reading| &reading.mentions);
        for (one, other) in stances.zip(given) {
            let other = other.expect("torch sees the same words");
            mentions += 1;
            same += usize::from(Stance::top(&one.stance) == Stance::top(&other));
            for (a, b) in one.stance.iter().zip(other) {
                largest = largest.max((a - b).abs());
            }
        }
    }
    let share = same as f64 / mentions as f64;
    println!("{mentions} mentions, same stance on {share:.4}, largest difference {largest:.4}");
    assert!(mentions > 300, "{mentions} mentions");
    assert!(share >= 0.98, "same stance on {share}");
    assert!(largest <= 0.05, "largest difference {largest}");
}
