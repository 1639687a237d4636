//! No text, however odd, stops the linker.

use proptest::strategy::Strategy;

use crate::list;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
    /// Nothing that a text or a mention holds stops the program or makes a party without a name.
    #[test]
    fn any_text_is_linked(
        pieces in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::sample::select(vec![
                    "the", "Russia's", "of", "and", ",", "(", ")", "Bank", "President", "U.S.",
                    "-", "Saudi", "led", "'", "’s", "Georgia", "Jordan", "former", "Congo", "DR",
                    "Mr.", "中国", "NRWU", "Union", "to", "France", "their", "Port", "…", "e\u{301}",
                ]).prop_map(str::to_string),
                "\\PC{0,6}",
            ],
            1..14,
        ),
        glue in proptest::sample::select(vec![" ", "", "-"]),
    ) {
        let text = pieces.join(glue);
        let mut spans: Vec<_> = Vec::new();
        let mut from = 0;
        for piece in &pieces {
            spans.push(from..from + piece.len());
            from += piece.len() + glue.len();
        }
        spans.push(0..text.len());
        let linker = list("ignore = [\"Port\"]\n[[party]]\nname = \"Bank\"\naliases = [\"the US\"]\n");
        for linked in linker.article(Some(&text), &text).link(&spans, None) {
            for link in linked {
                proptest::prop_assert!(!link.party.trim().is_empty());
            }
        }
    }
}
