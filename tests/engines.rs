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

    let (mut mentions, mut same) = (0u32, 0u32);
    let mut differences: Vec<f32> = Vec::new();
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
            same += u32::from(Stance::top(&one.stance) == Stance::top(&other.stance));
            for (a, b) in one.stance.iter().zip(other.stance) {
                differences.push((a - b).abs());
            }
        }
    }
    differences.sort_by(f32::total_cmp);
    let largest = differences.last().copied().unwrap_or(1.0);
    let most = differences[differences.len() * 99 / 100];
    let share = f64::from(same) / f64::from(mentions);
    println!("{mentions} mentions, same stance on {share:.4}");
    println!("differences of probabilities: 99% at most {most:.4}, largest {largest:.4}");
    assert!(mentions > 300, "{mentions} mentions");
    assert!(share >= 0.98, "same stance on {share}");
    assert!(largest <= 0.05, "largest difference {largest}");
}
