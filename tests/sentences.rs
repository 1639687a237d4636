//! What a user sees of sentence splitting: sentences as an editor would count them.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use summit_stance::annotations;
use summit_stance::sentences::split;

fn texts(text: &str) -> Vec<&str> {
    split(text)
        .into_iter()
        .map(|sentence| &text[sentence.bytes])
        .collect()
}

/// Each group of sentences, joined by a space, is split into that group again.
#[track_caller]
fn same(sentences: &[&str]) {
    let joined = sentences.join(" ");
    assert_eq!(texts(&joined), sentences);
    // Wrapped at any width, the same but for the white space inside.
    for width in [20, 40, 66, 80] {
        for (line_end, indent) in [("\n", ""), ("\r\n", ""), ("\n", "  ")] {
            let wrapped = wrap(&joined, width, &format!("{line_end}{indent}"));
            let found: Vec<_> = texts(&wrapped).into_iter().map(unwrapped).collect();
            // An indented line may begin a paragraph, but cuts no sentence.
            assert_eq!(found, sentences, "wrapped at {width}: {wrapped:?}");
        }
    }
}

fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wrap(text: &str, width: usize, line_end: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.len() > width {
            lines.push_str(line_end);
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += word.len();
    }
    lines
}

#[test]
fn annotated_sentences_are_found_again() {
    let (mut both, mut found_only, mut annotated_only) = (0, 0, 0);
    let (mut both_inside, mut wrong_inside) = (0, 0);
    for file in ["train.jsonl", "dev.jsonl"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("data/corpus")
            .join(file);
        for annotated in annotations::read(&path).unwrap() {
            let (article, starts) = annotated.article();
            // The first sentence begins where the text does: no feat, so not counted.
            let wanted: HashSet<usize> = starts.iter().copied().skip(1).collect();
            let found: HashSet<usize> = split(&article.text)
                .into_iter()
                .map(|sentence| sentence.bytes.start)
                .filter(|start| *start > 0)
                .collect();
            both += found.intersection(&wanted).count();
            found_only += found.difference(&wanted).count();
            annotated_only += wanted.difference(&found).count();
            let paragraphs: HashSet<usize> = annotated
                .sentences
                .windows(2)
                .zip(starts.iter().skip(1))
                .filter(|(pair, _)| pair[0].paragraph != pair[1].paragraph)
                .map(|(_, start)| *start)
                .collect();
            both_inside += found
                .intersection(&wanted)
                .filter(|start| !paragraphs.contains(start))
                .count();
            wrong_inside += found.symmetric_difference(&wanted).count();
        }
    }
    let f1 = |right: usize, wrong: usize| 2.0 * right as f64 / (2 * right + wrong) as f64;
    let all = f1(both, found_only + annotated_only);
    let inside = f1(both_inside, wrong_inside);
    println!(
        "sentence boundary F1 {all:.4} ({both} right, {found_only} too many, {annotated_only} \
         missed); {inside:.4} inside paragraphs"
    );
    assert!(all >= 0.995, "boundary F1 {all:.4}");
    assert!(inside >= 0.995, "boundary F1 inside paragraphs {inside:.4}");
}

#[test]
fn quotes_stay_with_their_sentence() {
    same(&[
        "\"We will not sign,\" the envoy said.",
        "\"Not now.\"",
        "She said \"we came to listen. We have listened.\"",
        "Then Kyiv's team left.",
    ]);
    same(&[
        "“A deal is within reach,” said Berlin.",
        "“Is it?” asked Athens.",
        "Nobody answered.",
    ]);
}

#[test]
fn abbreviations_end_no_sentence() {
    same(&[
        "The U.S. President met Gen. Abdel Fattah and Sen. Mark Kelly.",
        "Gov. Hill, Lt. Gen. Roe and Ms. Strand of Acme Corp. joined them at 5 p.m. on Tuesday.",
        "Mr. Tan of the U.N. Security Council did not, Amb. Lee said.",
        "The No. 2 at the ministry of St. Lucia was ill.",
    ]);
}

#[test]
fn an_abbreviation_can_end_a_sentence() {
    same(&["The delegation flew to the U.S.", "The others stayed."]);
}

#[test]
fn decimals_and_amounts_end_no_sentence() {
    same(&[
        "Prices rose 3.5 pct to $1.25 bln, or 2.1 percent of output.",
        "Moscow put it at 4.0.",
        "The ceiling is 0.75 mln tonnes.",
    ]);
}

#[test]
fn an_ellipsis_goes_on_in_small_letters() {
    same(&[
        "We are ... not there yet, he said.",
        "Well... perhaps it will come.",
        "\"I wonder…\" Kyiv's envoy began.",
        "Nobody spoke.",
    ]);
}

#[test]
fn a_dateline_belongs_to_its_sentence() {
    same(&[
        "ANKARA (Meridian) - Turkey said on Tuesday that a settlement was close.",
        "Russia disagreed.",
    ]);
    same(&[
        "WASHINGTON, Dec. 3 (AP) -- The U.S. said it would wait.",
        "Iran did not.",
    ]);
    same(&[
        "GENEVA, Feb. 17 — The E.U. welcomed the annex.",
        "Kyiv did too.",
    ]);
}

#[test]
fn paragraphs_always_end_a_sentence() {
    for blank in [
        "\n\n",
        "\r\n\r\n",
        "\n \t\n",
        "\r\n \r\n",
        "\n\n\n\n",
        "\u{2029}",
    ] {
        let text = format!("Hopes rise in Ankara{blank}Turkey said so{blank}and so did Kyiv.");
        assert_eq!(
            texts(&text),
            ["Hopes rise in Ankara", "Turkey said so", "and so did Kyiv."],
            "{blank:?}"
        );
    }
}

#[test]
fn agency_paragraphs_end_after_abbreviations_too() {
    let text = "The stake was sold to Acme Corp.\n    Banks in Tokyo said the price was low.\n    \
                They would wait.";
    assert_eq!(texts(text).len(), 3);
}

#[test]
fn numbered_points_are_sentences_of_their_own() {
    let text = "The parties agreed:\n1. A truce holds from Monday.\n2. Prisoners go home.\n\
                3. Talks go on.";
    let found = texts(text);
    assert!(found.contains(&"2. Prisoners go home."), "{found:?}");
    assert!(found.contains(&"3. Talks go on."), "{found:?}");
}

#[test]
fn nothing_to_split_gives_no_sentence() {
    for text in ["", " ", "\n\n\r\n\t", "\u{a0}\u{2003}\u{2029}"] {
        assert_eq!(texts(text), [""; 0], "{text:?}");
    }
}

#[test]
fn punctuation_alone_is_kept_and_harmless() {
    for text in [
        "...",
        "?!",
        "—",
        "\"",
        "...\n\n!!!",
        "( ) [ ] . . . \" ' \"",
        "。。。",
    ] {
        let joined: String = texts(text).concat();
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(bare(&joined), bare(text));
    }
}

#[test]
fn twenty_thousand_words_without_a_full_stop_are_one_sentence() {
    let text = "delegates talked on and on ".repeat(4_000);
    assert_eq!(texts(&text), [text.trim()]);
}

#[test]
fn long_texts_are_split_as_short_ones_and_in_linear_time() {
    let story = "Kyiv insisted on guarantees. \"Not one inch,\" said Gen. Roe of the U.S. Army. \
                 Moscow, at 3.5 pct, waited... and waited. Ms. Strand left at 5 p.m. on Monday. ";
    let once = texts(story);
    // No blank line: far beyond the 10 KB at which sentencex changes its ways.
    let text = story.repeat(1_000);
    let found = texts(&text);
    assert_eq!(found.len(), 1_000 * once.len());
    for (index, sentence) in found.iter().enumerate() {
        assert_eq!(*sentence, once[index % once.len()]);
    }
}

#[test]
fn hostile_texts_take_no_quadratic_time() {
    for unit in [
        "“A. ",
        "\"a. ",
        "(A. b) \"c\" ",
        "'a. b' ",
        ". ",
        "a.\n",
        "1) a ",
        "\n\n.",
        "\u{2028}“",
        "Ky\u{fffd}iv said \"it 'would noot.",
        "( Gen. X. ",
        "`a. ",
    ] {
        let text = unit.repeat(400_000 / unit.len());
        let begun = Instant::now();
        split(&text);
        // Quadratic time over 400 KB would be a minute and more.
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "{unit:?}: {:?}",
            begun.elapsed()
        );
    }
}
