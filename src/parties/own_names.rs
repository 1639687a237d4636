//! Parties that nothing knows: their names as the article gives them, made to agree.

use std::collections::HashSet;
use std::ops::Range;

use super::anaphors::Kind;
use super::gazetteer::Lexicon;
use super::phrases::all_capitals;
use crate::words::{self, Case, Gap, Word, in_one_line};

/// A party under its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnName {
    /// Folded words, for comparison.
    pub keys: Vec<String>,
    pub display: String,
    pub proper: bool,
    /// One word in capitals: "RMT".
    pub acronym: bool,
}

/// Whether a name is an organisation's: an acronym, or several words of which one says so
/// ("Writers Guild", "Department for Transport").
pub(super) fn names_a_body(name: &str, lexicon: &Lexicon) -> bool {
    let words = words::split(name);
    let says_so = |word: &Word| {
        word.is_capital() && (lexicon.institution(word) || BODIES.contains(&word.key.as_str()))
    };
    words.first().is_some_and(is_acronym) || words.len() > 1 && words.iter().any(says_so)
}

/// Heads of organisations' names beside those that may stand for others.
const BODIES: [&str; 13] = [
    "agency",
    "assembly",
    "authority",
    "board",
    "campaign",
    "commission",
    "committee",
    "conference",
    "department",
    "ministry",
    "movement",
    "service",
    "workers",
];

fn is_acronym(word: &Word) -> bool {
    word.case == Case::Upper && (2..8).contains(&word.key.chars().filter(|c| *c != '.').count())
}

/// The own name in a mention: without article, title and possessor's or office's words.
///
/// "the Fed's chairman" is "Fed", "Mayor Marcus Tate" is "Marcus Tate", "a spokesman for Acme
/// Corp" is "Acme Corp", "The rebels" is "rebels".
pub(super) fn own_name(
    mention: &str,
    words: &[Word],
    kind: Kind,
    starts_sentence: bool,
    lexicon: &Lexicon,
) -> OwnName {
    let range = if kind == Kind::Name {
        proper_part(words, 0..words.len(), lexicon)
    } else {
        plain_part(words, lexicon)
    };
    let (Some(first), Some(last)) = (words.get(range.start), words.get(range.end.wrapping_sub(1)))
    else {
        let display = in_one_line(mention);
        return OwnName {
            keys: vec![display.to_lowercase()],
            display,
            proper: false,
            acronym: false,
        };
    };
    let written = mention
        .get(first.bytes.start..last.bytes.end)
        .unwrap_or(mention);
    let mut display = in_one_line(written);
    let small = kind != Kind::Name && first.case == Case::Title;
    if small && (range.start == 0 && starts_sentence || kind == Kind::Pronoun) {
        let mut letters = display.chars();
        if let Some(letter) = letters.next() {
            display = letter.to_lowercase().chain(letters).collect();
        }
    }
    OwnName {
        acronym: range.len() == 1 && is_acronym(first),
        keys: keys(&words[range]),
        display,
        proper: kind == Kind::Name,
    }
}

/// The folded words, the last without the -s of a plural ("Peronist senators", "the Peronists").
fn keys(words: &[Word]) -> Vec<String> {
    let mut keys: Vec<String> = words.iter().map(|word| word.key.clone()).collect();
    if let Some(last) = keys.last_mut()
        && last.len() > 4
        && last.ends_with('s')
        && !last.ends_with("ss")
    {
        last.pop();
    }
    keys
}

/// A description without its article.
fn plain_part(words: &[Word], lexicon: &Lexicon) -> Range<usize> {
    let articles = ["the", "a", "an"];
    let from = usize::from(words.len() > 1 && articles.contains(&words[0].key.as_str()));
    // "The rebels' spokesman" is the rebels'.
    let owner = (from..words.len()).find(|&at| words[at].possessive && !lexicon.owner(&words[at]));
    from..owner.map_or(words.len(), |at| at + 1)
}

fn proper_part(words: &[Word], range: Range<usize>, lexicon: &Lexicon) -> Range<usize> {
    let mut start = range.start;
    // "one of Serzh Sargsyan's aides"
    while start + 1 < range.end
        && (lexicon.determiner(&words[start])
            || lexicon.owner(&words[start])
            || start > range.start && words[start].key == "of")
        && words[start].case != Case::Upper
    {
        start += 1;
    }
    let end = (start + 1..range.end)
        .find(|&at| matches!(words[at].gap, Gap::Comma | Gap::Open | Gap::Break))
        .unwrap_or(range.end);
    let head_end = (start + 1..end)
        .find(|&at| lexicon.stop(&words[at]))
        .unwrap_or(end);
    let capital = |at: usize| words[at].is_capital() || words[at].case == Case::None;
    let names = |range: Range<usize>| {
        range
            .into_iter()
            .any(|at| capital(at) && !lexicon.office(&words[at]) && !lexicon.portfolio(&words[at]))
    };
    // "a spokesman for Acme Corp", "one of the Doyles"
    if !names(start..head_end) && head_end + 1 < end && names(head_end + 1..end) {
        return proper_part(words, head_end + 1..end, lexicon);
    }
    // "Hassan, a Hezbollah lawmaker" has its name first; "an official, Ana Kovac" last.
    if !names(start..end) && end < range.end {
        return proper_part(words, end..range.end, lexicon);
    }
    // "Tate's lawyers"
    if let Some(owner) = (start..head_end).find(|&at| words[at].possessive && capital(at)) {
        let goes_on = words.get(owner + 1).is_some_and(|word| {
            owner + 1 < head_end && word.is_capital() && lexicon.institution(word)
        });
        let related = words[owner + 1..head_end]
            .iter()
            .any(|word| lexicon.relation(word));
        if related {
            return start..head_end;
        }
        if !goes_on {
            let from = strip_titles(words, start..owner + 1, lexicon);
            return from..owner + 1;
        }
    }
    let from = strip_titles(words, start..head_end, lexicon);
    if all_capitals(&words[from..head_end]) {
        return from..head_end;
    }
    // "Acme officials", "Rio Tinto executives": the capitalised words before the office.
    let run = (from..head_end)
        .find(|&at| !capital(at))
        .unwrap_or(head_end);
    if run > from && run < head_end && lexicon.office(&words[head_end - 1]) {
        return from..run;
    }
    // "Bank of Japan", "Coalition for Fair Lumber Imports": one name across the preposition.
    let joins = head_end < end && matches!(words[head_end].key.as_str(), "of" | "for");
    let joined = &words[(head_end + 1).min(end)..end];
    let person = head_end - from > 1
        && words[from..head_end].iter().all(|word| {
            word.case == Case::Title && !lexicon.institution(word) && !lexicon.office(word)
        });
    // "Martine Desjardins of FEUQ" is FEUQ's.
    let of_body = matches!(joined, [body, ..] if body.case == Case::Upper);
    if joins && capital(head_end - 1) && head_end + 1 < end && names(head_end + 1..end) {
        // "Minister Enis Oksuz of the Nationalist Action Party" is the party's.
        return if from > start || person && of_body {
            proper_part(words, head_end + 1..end, lexicon)
        } else {
            from..end
        };
    }
    from..head_end
}

/// Offices whose field stands before them: "Communications Minister".
const PORTFOLIO_HOLDERS: [&str; 4] = ["minister", "secretary", "commissioner", "ministry"];

/// Where a name starts after the titles and offices before it: "rebel leader Guillaume Soro",
/// "Prime Minister Tan". "Social Democrats" have none.
fn strip_titles(words: &[Word], range: Range<usize>, lexicon: &Lexicon) -> usize {
    let title = |at: usize| lexicon.title(&words[at]) || lexicon.office(&words[at]);
    // "General Motors"
    if range.end > range.start && lexicon.institution(&words[range.end - 1]) {
        return range.start;
    }
    let leads = |at: usize| {
        title(at)
            || lexicon.portfolio(&words[at])
            || words.get(at + 1).is_some_and(|next| {
                words[at].case == Case::Title && PORTFOLIO_HOLDERS.contains(&next.key.as_str())
            })
            || words[at].case == Case::Lower && !lexicon.stop(&words[at])
    };
    let leading = range.clone().take_while(|&at| leads(at)).count();
    (range.start..range.start + leading)
        .rev()
        .find(|&at| title(at))
        .map(|at| at + 1)
        .filter(|&at| at < range.end && words[at].is_capital() && words[at].gap != Gap::Comma)
        .unwrap_or(range.start)
}

/// Give the short forms of an article's own names their long ones: "Tate" is "Marcus Tate", "the
/// Guild" is the "Writers Guild", "Amalgamated" the "Amalgamated Transport Union", "the ATU" too.
///
/// `names` are in text order; the result has the display name of each.
pub(super) fn agree(names: &[Option<OwnName>]) -> Vec<Option<String>> {
    let mut spelled = HashSet::new();
    let known: Vec<&OwnName> = names
        .iter()
        .flatten()
        .filter(|name| name.proper && spelled.insert(&name.keys))
        .collect();
    // Where two long names share the short form, the article's first is meant.
    let longest = |name: &OwnName| {
        let mut best = name;
        let mut seen = HashSet::new();
        while seen.insert(best.keys.clone()) {
            let longer = known.iter().find(|other| {
                other.keys.len() > best.keys.len()
                    && (other.keys.starts_with(&best.keys)
                        || other.keys.ends_with(&best.keys)
                        || best.acronym && abbreviates(&best.keys[0], &other.keys))
            });
            match longer {
                Some(other) => best = other,
                None => break,
            }
        }
        best.keys.clone()
    };
    names
        .iter()
        .map(|name| {
            let name = name.as_ref()?;
            let keys = if name.proper {
                longest(name)
            } else {
                name.keys.clone()
            };
            // One spelling per name: the article's first.
            let first = names.iter().flatten().find(|other| other.keys == keys);
            Some(first.unwrap_or(name).display.clone())
        })
        .collect()
}

/// Whether an acronym has the first letters of a name's words, but for those like "of".
fn abbreviates(acronym: &str, name: &[String]) -> bool {
    let small = ["of", "for", "and", "the", "de", "des", "du", "&"];
    let firsts = name.iter().filter(|word| !small.contains(&word.as_str()));
    let mut firsts = firsts.filter_map(|word| word.chars().next());
    let mut letters = acronym.chars().filter(|letter| *letter != '.');
    acronym.chars().count() > 2
        && letters.by_ref().all(|l| firsts.next() == Some(l))
        && firsts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::super::anaphors;
    use super::super::gazetteer::Gazetteer;
    use super::*;
    use crate::words;

    fn name(mention: &str) -> String {
        let words = words::split(mention);
        let kind = anaphors::of_words(&words, true);
        own_name(mention, &words, kind, true, &Gazetteer::built_in().lexicon).display
    }

    #[test]
    fn names_lose_articles_titles_and_possessives() {
        for (mention, expected) in [
            ("the Fund's chairman", "Fund"),
            ("Mayor Marcus Tate", "Marcus Tate"),
            ("Mr. Brennan", "Brennan"),
            ("a spokesman for Acme Corp", "Acme Corp"),
            ("Bank of Japan", "Bank of Japan"),
            ("Rio Tinto executives", "Rio Tinto"),
            ("RMT members", "RMT"),
            ("Tate, 38", "Tate"),
            ("one of Serzh Sargsyan's aides", "Serzh Sargsyan"),
            ("Martine Desjardins of FEUQ", "FEUQ"),
            ("Bank of NZ", "Bank of NZ"),
            ("The rebels", "rebels"),
            ("The rebels' spokesman", "rebels"),
            ("Technology companies", "technology companies"),
            ("It", "it"),
            ("…", "…"),
        ] {
            assert_eq!(name(mention), expected, "{mention}");
        }
    }

    #[test]
    fn organisations_are_told_by_their_names() {
        let lexicon = &Gazetteer::built_in().lexicon;
        for (name, body) in [
            ("UAW", true),
            ("United Auto Workers", true),
            ("Department for Transport", true),
            ("Marcus Tate", false),
            ("Guild", false),
            ("Dearborn", false),
        ] {
            assert_eq!(names_a_body(name, lexicon), body, "{name}");
        }
    }

    #[test]
    fn short_forms_take_the_long_name() {
        let words = |mention: &str| {
            let words = words::split(mention);
            let kind = anaphors::of_words(&words, false);
            Some(own_name(
                mention,
                &words,
                kind,
                false,
                &Gazetteer::built_in().lexicon,
            ))
        };
        let names = [
            words("Tate"),
            words("Mayor Marcus Tate"),
            words("Sister Rita"),
            words("Rita Kowalczyk"),
            words("the coalition"),
            words("the EPA"),
            words("the Environmental Protection Agency"),
        ];
        let agreed: Vec<_> = agree(&names).into_iter().flatten().collect();
        assert_eq!(
            agreed,
            [
                "Marcus Tate",
                "Marcus Tate",
                "Rita Kowalczyk",
                "Rita Kowalczyk",
                "coalition",
                "Environmental Protection Agency",
                "Environmental Protection Agency",
            ]
        );
    }
}
