//! Offsets are exact, whatever the text is made of.

mod checks;

use checks::sentences::check;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Text of the kinds that break offsets: beyond the basic plane, combining marks, either line
/// end, spaces that are no ASCII, right-to-left scripts, and what ends sentences.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[A-Za-z]{1,8}",
        3 => Just(" ".to_string()),
        2 => prop::sample::select(vec![
            ". ", "? ", "! ", "… ", "... ", ".", ". . . ", ".\" ", "”", "“", "\"", "'", "’", "(", ")", " - ",
            "U.S. ", "Gen. ", "Ms. ", "3.5 ", "1. ", "2) ", "• ", "* ", "- ",
        ]).prop_map(String::from),
        2 => prop::sample::select(vec![
            "\n", "\r\n", "\n\n", "\r\n\r\n", "\n \n", "\n    ", "\t", "\r", "\u{b}", "\u{c}", "\u{85}",
            "\u{a0}", "\u{2003}", "\u{3000}", "\u{2028}", "\u{2029}", "\u{200b}", "\u{feff}", "\0",
        ]).prop_map(String::from),
        1 => prop::sample::select(vec![
            "🙂", "👩\u{200d}🚀", "🇺🇦", "e\u{301}", "n\u{303}o", "Zürich", "İstanbul", "ß",
            "שלום. ", "مرحبا؟ ", "\u{202e}abc\u{202c}", "日本語。", "नमस्ते। ", "Київ. ",
        ]).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        // Cases that failed once are kept beside this file and tried first.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn sentences_lie_where_they_say(text in text()) {
        check(&text);
    }

    #[test]
    fn sentences_of_any_characters_lie_where_they_say(text in any::<String>()) {
        check(&text);
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn sentences_of_long_texts_lie_where_they_say(text in text(), times in 100..400_usize) {
        check(&text.repeat(times));
    }
}

mod rows {
    use proptest::prelude::*;
    use summit_stance::articles::Article;
    use summit_stance::model::Model;
    use summit_stance::parties::Linker;
    use summit_stance::scores::Scorer;

    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "Kyiv insisted on guarantees.",
            "Russia’s envoy, “wary”, said no",
            "the U.S. and the E.U. welcomed it.",
            "🙂🇺🇦",
            "e\u{301}lyse\u{301}e",
            "\r\n\r\n",
            "\n",
            "\u{a0}",
            "\u{202b}قال وفد مصر إنه متفائل\u{202c}.",
            "中国表示担忧。",
            " ",
            "\t\u{200b}",
        ])
    }

    #[test]
    fn sentences_and_mentions_are_what_their_offsets_cut_from_the_text() {
        let scorer = Scorer::new(Model::shipped().unwrap(), Linker::new(None));
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 48,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let texts = prop::collection::vec(piece(), 1..14);
        runner
            .run(&texts, |pieces| {
                let article = Article {
                    id: "a".into(),
                    text: pieces.join(" "),
                    ..Article::default()
                };
                let points: Vec<char> = article.text.chars().collect();
                let cut = |from: u32, to: u32| {
                    points[from as usize..to as usize]
                        .iter()
                        .collect::<String>()
                };
                for row in scorer.score(&article).unwrap().rows {
                    prop_assert_eq!(cut(row.sentence_start, row.sentence_end), row.text);
                    prop_assert_eq!(cut(row.mention_start, row.mention_end), row.mention);
                    prop_assert!(
                        row.sentence_start <= row.mention_start
                            && row.mention_end <= row.sentence_end
                    );
                }
                Ok(())
            })
            .unwrap();
    }
}
