//! Places that are only places, which the codebook counts as no mention: "Crimea" by itself, the
//! "OTTAWA" of a dateline.

use std::ops::Range;

use super::gazetteer::{Gazetteer, key};
use crate::words::{self, Case, Word};

/// Whether the words are no more than the name of a place from which no party speaks.
pub(super) fn is_place(words: &[Word], gazetteer: &Gazetteer) -> bool {
    let the = words.len() > 1 && words[0].key == "the";
    let bare = &words[usize::from(the)..];
    bare.iter().any(Word::is_capital) && gazetteer.places.contains(&key(bare))
}

/// The longest that the rest of a dateline may be, in bytes: ", Dec. 4 (Reuters) - ".
const DATELINE: usize = 60;

/// Whether a mention is the place from which an agency reports: "OTTAWA - Canada said", "MIAMI,
/// Dec. 4 (Reuters) — Talks". A party's own name ("CANADA - The minister") is none.
pub(super) fn is_dateline(
    text: &str,
    mention: &Range<usize>,
    words: &[Word],
    gazetteer: &Gazetteer,
) -> bool {
    let opens = text
        .get(..mention.start)
        .is_some_and(|before| before.trim_end_matches([' ', '\t']).is_empty() || ends_line(before));
    let capitals = words.iter().all(|word| word.case == Case::Upper);
    let place = gazetteer.seats.contains(&key(words)) || gazetteer.names.exactly(words).is_none();
    if !opens || !capitals || words.is_empty() || !place {
        return false;
    }
    let after = text.get(mention.end..).unwrap_or_default();
    let line = after.lines().next().unwrap_or_default();
    let dash = [" - ", " – ", " — ", " -- "]
        .iter()
        .filter_map(|dash| Some(line.find(dash)?..line.find(dash)? + dash.len()))
        .min_by_key(|dash| dash.start);
    let Some(dash) = dash.filter(|dash| dash.start < DATELINE) else {
        return false;
    };
    let between = &line[..dash.start];
    let goes_on = words::split(&line[dash.end..]);
    (between.is_empty() || between.starts_with([',', ' ']) && between.contains([',', '(']))
        // A headline in capitals ("PARIS - LONDON TRAIN STOPS") is no dateline.
        && goes_on.first().is_some_and(|word| word.case != Case::Lower)
        && goes_on.iter().take(4).any(|word| word.case == Case::Lower)
}

fn ends_line(before: &str) -> bool {
    before.trim_end_matches([' ', '\t']).ends_with(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dateline(text: &str, mention: &str) -> bool {
        let start = text.find(mention).unwrap();
        let words = words::split(mention);
        let gazetteer = Gazetteer::built_in();
        is_dateline(text, &(start..start + mention.len()), &words, gazetteer)
    }

    #[test]
    fn datelines_are_told_from_headlines_and_parties() {
        for (text, mention) in [
            ("OTTAWA - Canada went back.", "OTTAWA"),
            ("OTTAWA — The talks went on.", "OTTAWA"),
            (
                "Talks stall\n\nMIAMI, Dec. 4 (Reuters) - Talks went on.",
                "MIAMI",
            ),
            ("BRASILIA, Brazil - Peru and Ecuador signed.", "BRASILIA"),
            (
                "PORT MORESBY (AP) -- Peru and Ecuador signed.",
                "PORT MORESBY",
            ),
        ] {
            assert!(dateline(text, mention), "{text}");
        }
        for (text, mention) in [
            ("CANADA - The minister said no.", "CANADA"),
            ("EU - The ministers said no.", "EU"),
            ("OTTAWA - MONTREAL TRAIN STOPS", "OTTAWA"),
            ("OTTAWA said no - The talks went on.", "OTTAWA"),
            ("Ottawa - The talks went on.", "Ottawa"),
            ("Canada told OTTAWA - The talks went on.", "OTTAWA"),
            ("OTTAWA SAYS NO", "OTTAWA"),
            ("OTTAWA", "OTTAWA"),
        ] {
            assert!(!dateline(text, mention), "{text}");
        }
    }

    #[test]
    fn bare_places_are_told_from_phrases_about_them() {
        let place = |mention: &str| is_place(&words::split(mention), Gazetteer::built_in());
        for mention in [
            "Crimea",
            "Crimea's",
            "the Golan Heights",
            "GENEVA",
            "the Donbas",
        ] {
            assert!(place(mention), "{mention}");
        }
        for mention in [
            "crimea",
            "Crimean leaders",
            "officials in Crimea",
            "the Geneva canton",
        ] {
            assert!(!place(mention), "{mention}");
        }
    }
}
