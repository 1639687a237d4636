//! A text as words that can be compared: folded, with possessives and punctuation set apart.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How a word is written, which tells "US" from "us" and "Turkey" from "turkey".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// All capitals, two letters or more, or letters with full stops ("U.S.").
    Upper,
    /// A capital first.
    Title,
    Lower,
    /// Digits, or a script without cases.
    None,
}

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// White space at most.
    Space,
    Hyphen,
    Comma,
    /// An opening bracket.
    Open,
    /// A full stop, quotation mark, colon, dash or anything else that parts phrases.
    Break,
}

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, Latin letters without accents, without full stops and possessive ending.
    pub key: String,
    pub case: Case,
    /// "Russia's", "the Tigers'".
    pub possessive: bool,
    /// What precedes it.
    pub gap: Gap,
    /// Where it stands, possessive ending left out.
    pub bytes: Range<usize>,
}

impl Word {
    pub fn is_capital(&self) -> bool {
        matches!(self.case, Case::Upper | Case::Title)
    }
}

/// Split a text into words. Characters of scripts written without spaces are words of their own,
/// so that names in them are found inside longer runs.
pub(crate) fn split(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut gap = Gap::Space;
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if !first.is_alphanumeric() {
            if !is_combining_mark(first) {
                let abbreviation = first == '.' && words.last().is_some_and(is_abbreviation);
                if !abbreviation {
                    gap = wider(gap, gap_of(first, text, start));
                }
            }
            continue;
        }
        let mut end = start + first.len_utf8();
        if !is_unspaced(first) {
            while let Some(&(at, next)) = rest.peek() {
                if !joins(text, start, at, next) {
                    break;
                }
                end = at + next.len_utf8();
                rest.next();
            }
        }
        let written = &text[start..end];
        let (stem, mut possessive) = strip_possessive(written);
        // The apostrophe of a plural ("the Tigers' delegates") stands after the word.
        if !possessive && stem.ends_with(['s', 'S']) && text[end..].starts_with(['\'', '’']) {
            let after = text[end..].chars().nth(1);
            possessive = after.is_some_and(char::is_whitespace);
        }
        words.push(Word {
            key: fold(stem),
            case: case_of(stem),
            possessive,
            gap: std::mem::replace(&mut gap, Gap::Space),
            bytes: start..start + stem.len(),
        });
    }
    words
}

/// A text in one line: what separates its words, line ends and control characters too, as single
/// spaces.
pub(crate) fn in_one_line(text: &str) -> String {
    let parts: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" ")
}

/// Whether `next` at byte `at` belongs to the word that began at byte `start`.
fn joins(text: &str, start: usize, at: usize, next: char) -> bool {
    if is_combining_mark(next) || (next.is_alphanumeric() && !is_unspaced(next)) {
        return true;
    }
    let follows = text[at + next.len_utf8()..].chars().next();
    let letter_follows = follows.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
    match next {
        '\'' | '’' | 'ʼ' => letter_follows,
        '&' => letter_follows,
        // "OPEC+", "P5+1"
        '+' => true,
        // "U.S." and "p.m.": single letters with a full stop each.
        '.' => {
            let written = &text[start..at];
            let initials = written.split('.').all(|part| part.chars().count() == 1)
                && written.chars().all(|c| c.is_alphabetic() || c == '.');
            initials && (written.contains('.') || letter_follows)
        }
        _ => false,
    }
}

fn gap_of(mark: char, text: &str, at: usize) -> Gap {
    match mark {
        '-' | '‐' | '‑' | '\u{ad}' => {
            let spaced = text[..at].ends_with(char::is_whitespace)
                || text[at + mark.len_utf8()..].starts_with(char::is_whitespace);
            if spaced { Gap::Break } else { Gap::Hyphen }
        }
        ',' | '،' | '、' => Gap::Comma,
        '(' | '[' => Gap::Open,
        '/' => Gap::Hyphen,
        '\'' | '’' => Gap::Space,
        _ if mark.is_whitespace() || mark.is_control() => Gap::Space,
        _ => Gap::Break,
    }
}

fn wider(one: Gap, other: Gap) -> Gap {
    let rank = |gap| match gap {
        Gap::Space => 0,
        Gap::Hyphen => 1,
        Gap::Comma => 2,
        Gap::Open => 3,
        Gap::Break => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// Whether a full stop after this word ends no sentence: "St.", "Gen.", an initial.
fn is_abbreviation(word: &Word) -> bool {
    word.is_capital()
        && (word.key.chars().count() == 1
            || matches!(
                word.key.as_str(),
                "st" | "mr"
                    | "mrs"
                    | "ms"
                    | "dr"
                    | "gen"
                    | "sen"
                    | "gov"
                    | "rep"
                    | "lt"
                    | "col"
                    | "sgt"
                    | "adm"
                    | "brig"
                    | "maj"
                    | "capt"
                    | "prof"
                    | "rev"
                    | "jr"
                    | "no"
            ))
}

fn is_unspaced(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF // Thai, Lao
        | 0x1000..=0x109F // Myanmar
        | 0x1780..=0x17FF // Khmer
        | 0x3040..=0x30FF // kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF // Han
    )
}

fn strip_possessive(word: &str) -> (&str, bool) {
    for mark in ["'s", "’s", "'S", "’S", "ʼs"] {
        if let Some(stem) = word.strip_suffix(mark)
            && !stem.is_empty()
        {
            return (stem, true);
        }
    }
    (word, false)
}

/// Lower case without full stops; Latin letters without accents.
pub(crate) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    let mut latin = false;
    for c in word.nfkd() {
        if is_combining_mark(c) {
            // Accents distinguish words in other scripts (й from и), so only Latin loses them.
            if !(latin && ('\u{300}'..='\u{36f}').contains(&c)) {
                folded.push(c);
            }
            continue;
        }
        latin = c.is_ascii_alphabetic();
        match c {
            '.' => {}
            '’' | 'ʼ' => folded.push('\''),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'đ' | 'Đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            _ => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

fn case_of(word: &str) -> Case {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else {
        return Case::None;
    };
    if first.is_lowercase() {
        return Case::Lower;
    }
    if !first.is_uppercase() {
        return Case::None;
    }
    let rest: Vec<char> = letters.collect();
    let upper = rest.iter().all(|c| c.is_uppercase());
    let digits = word.chars().any(char::is_numeric);
    if upper && (!rest.is_empty() || digits || word.contains('.')) {
        Case::Upper
    } else {
        Case::Title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        split(text).into_iter().map(|word| word.key).collect()
    }

    #[test]
    fn a_name_over_two_lines_is_written_in_one() {
        assert_eq!(
            in_one_line(" Atomic \r\n\u{0} Energy\tAgency"),
            "Atomic Energy Agency"
        );
        assert_eq!(in_one_line("\u{0}\u{1b}"), "");
    }

    #[test]
    fn possessives_lose_their_ending_in_every_spelling() {
        for text in ["Russia's", "Russia’s", "RUSSIA'S", "RUSSIA’S"] {
            let words = split(text);
            assert_eq!(words.len(), 1, "{text}");
            assert_eq!(
                (words[0].key.as_str(), words[0].possessive),
                ("russia", true),
                "{text}"
            );
        }
        let plural = split("the Tigers' delegates");
        assert_eq!(
            (plural[1].key.as_str(), plural[1].possessive),
            ("tigers", true)
        );
        assert!(!split("Sant'Egidio")[0].possessive);
    }

    #[test]
    fn initials_are_one_word_with_or_without_stops() {
        assert_eq!(keys("the U.S. and US"), ["the", "us", "and", "us"]);
        assert_eq!(split("U.S.")[0].case, Case::Upper);
        assert_eq!(split("us")[0].case, Case::Lower);
        assert_eq!(keys("P.W. Botha"), ["pw", "botha"]);
        assert_eq!(
            keys("It ended. Then it began"),
            ["it", "ended", "then", "it", "began"]
        );
        assert_eq!(keys("OPEC+ and P5+1"), ["opec+", "and", "p5+1"]);
        assert_eq!(split("ended. Then")[1].gap, Gap::Break);
        assert_eq!(split("St. Lucia")[1].gap, Gap::Space);
    }

    #[test]
    fn accents_fold_in_latin_only() {
        assert_eq!(keys("Élysée Türkiye Côte"), ["elysee", "turkiye", "cote"]);
        assert_ne!(fold("Край"), fold("Краи"));
    }

    #[test]
    fn unspaced_scripts_are_split_by_character() {
        assert_eq!(keys("中国外交部"), ["中", "国", "外", "交", "部"]);
        assert_eq!(keys("وزارة الخارجية"), ["وزارة", "الخارجية"]);
    }

    #[test]
    fn hyphens_join_and_dashes_part() {
        assert_eq!(split("Israeli-led")[1].gap, Gap::Hyphen);
        assert_eq!(split("PARIS - France")[1].gap, Gap::Break);
        assert_eq!(split("Kovac, president")[1].gap, Gap::Comma);
    }
}
