//! Offsets are exact, whatever the text is made of.

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use summit_stance::sentences::split;

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

fn check(text: &str) -> Result<(), TestCaseError> {
    let points: Vec<char> = text.chars().collect();
    let sentences = split(text);
    let mut end_before = 0;
    let mut covered = String::new();
    for sentence in &sentences {
        let bytes = &text[sentence.bytes.clone()];
        let by_points: String = points[sentence.start as usize..sentence.end as usize]
            .iter()
            .collect();
        prop_assert_eq!(&by_points, bytes);
        prop_assert!(sentence.start >= end_before, "sentences overlap or go back");
        prop_assert!(sentence.end > sentence.start);
        prop_assert_eq!(bytes.trim(), bytes);
        end_before = sentence.end;
        covered.extend(bytes.chars().filter(|c| !c.is_whitespace()));
    }
    let all: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    prop_assert_eq!(covered, all);
    Ok(())
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
        check(&text)?;
    }

    #[test]
    fn sentences_of_any_characters_lie_where_they_say(text in any::<String>()) {
        check(&text)?;
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn sentences_of_long_texts_lie_where_they_say(text in text(), times in 100..400_usize) {
        check(&text.repeat(times))?;
    }
}
