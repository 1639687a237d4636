//! Linking on annotated articles.

use summit_stance::annotations;
use summit_stance::parties::measure::{self, Linking, Setting};

#[test]
fn names_of_the_corpus_land_on_their_parties() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/corpus/dev.jsonl");
    let articles = annotations::read(std::path::Path::new(path)).unwrap();
    for (setting, least) in [(Setting::WithList, 0.96), (Setting::WithoutList, 0.78)] {
        let mut sum = Linking::default();
        for article in &articles {
            sum += measure::link(article, setting, None);
        }
        let share = sum.names.share();
        assert!(share >= least, "{setting:?}: {share:.3} of the names");
    }
}
