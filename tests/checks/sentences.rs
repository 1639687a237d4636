//! The segmenter and its offsets.

use summit_stance::sentences::split;

/// Any bytes, as far as they are text.
pub fn sentences(data: &[u8]) {
    check(&String::from_utf8_lossy(data));
}

/// Sentences lie where they say, and between them is only white space.
pub fn check(text: &str) {
    // Where each code point begins, and where the text ends.
    let mut points: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    points.push(text.len());
    let mut end = 0;
    for sentence in split(text) {
        let bytes = points[sentence.start as usize]..points[sentence.end as usize];
        assert_eq!(bytes, sentence.bytes, "code points and bytes");
        assert!(end <= bytes.start, "sentences overlap or go back");
        let between = &text[end..bytes.start];
        assert!(between.trim().is_empty(), "left out: {between:?}");
        let sentence = &text[bytes.clone()];
        assert!(!sentence.is_empty() && sentence.trim() == sentence);
        end = bytes.end;
    }
    let rest = &text[end..];
    assert!(rest.trim().is_empty(), "left out: {rest:?}");
}
