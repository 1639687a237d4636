//! The two engines give the same scores (feature `torch`).
#![cfg(feature = "torch")]

use summit_stance::articles::{self, ReadOptions};
use summit_stance::model::torch::Torch;
use summit_stance::model::{Model, ModelFolder};
use summit_stance::parties::Linker;
use summit_stance::scores::Scorer;

#[test]
fn embedded_and_torch_agree_on_the_sample_summits() {
    let folder = ModelFolder::open("models/stance-minilm".as_ref()).unwrap();
    let embedded = Model::open(&folder).unwrap();
    let engine = Torch::open(&folder, tch::Device::Cpu).unwrap();
    let torch = Model::new(folder.files().unwrap(), Box::new(engine)).unwrap();

    let [embedded, torch] = [embedded, torch].map(|model| Scorer::new(model, Linker::new(None)));
    let (mut of_either, mut both, mut same) = (0, 0u32, 0u32);
    let mut differences: Vec<f32> = Vec::new();
    let inputs = ["data/summits".into()];
    for article in articles::read(&inputs, &ReadOptions::default()).unwrap() {
        let article = article.unwrap();
        let others = torch.score(&article).unwrap().rows;
        let rows = embedded.score(&article).unwrap().rows;
        of_either += rows.len() + others.len();
        for row in rows {
            let other = others
                .iter()
                .find(|o| o.party == row.party && o.mention_start == row.mention_start);
            // A faint mention may be found by one engine only.
            let Some(other) = other else { continue };
            both += 1;
            same += u32::from(row.stance.name() == other.stance.name());
            let probabilities = row.stance.probabilities().iter();
            let each = probabilities.zip(other.stance.probabilities());
            differences.extend(each.map(|(p, q)| (p - q).abs()));
        }
    }
    differences.sort_by(f32::total_cmp);
    let largest = differences.last().copied().unwrap_or(1.0);
    let most = differences[differences.len() * 99 / 100];
    let of_either = of_either as u32 - both;
    let share = f64::from(same) / f64::from(both);
    let share_of_all = f64::from(same) / f64::from(of_either);
    println!("{of_either} rows, {both} of both engines, the same stance on {share:.4} of those");
    println!("differences of probabilities: 99% at most {most:.4}, largest {largest:.4}");
    assert!(both > 300, "{both} rows");
    // Rows that only one engine has are not the same.
    assert!(share_of_all >= 0.98, "same stance on {share_of_all} of all");
    assert!(share >= 0.99, "same stance on {share}");
    assert!(most <= 0.04, "99% of differences at most {most}");
    assert!(largest <= 0.05, "largest difference {largest}");
}
