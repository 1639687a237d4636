//! Mentions that mean nothing without an earlier one: "it", "the delegation", "both sides".

use super::gazetteer::Gazetteer;
use crate::words::{self, Word};

/// What a mention needs for its party to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It names a party, a person or an institution.
    Name,
    /// It consists of pronouns and quantities: "it", "both", "one of them".
    Pronoun,
    /// It describes without a name: "the bloc", "its negotiators", "creditor banks".
    Description,
}

impl Kind {
    /// Whether the party is to be looked for among earlier mentions.
    pub fn is_anaphor(self) -> bool {
        self != Kind::Name
    }
}

/// The kind of a mention. `starts_sentence` says that its first word has its capital from there.
///
/// ```
/// use summit_stance::parties::{Kind, kind};
/// assert_eq!(kind("Its negotiators", true), Kind::Description);
/// assert_eq!(kind("Both", true), Kind::Pronoun);
/// assert_eq!(kind("the Ukrainian delegation", false), Kind::Name);
/// ```
pub fn kind(mention: &str, starts_sentence: bool) -> Kind {
    of_words(&words::split(mention), starts_sentence)
}

pub(super) fn of_words(words: &[Word], starts_sentence: bool) -> Kind {
    let gazetteer = Gazetteer::built_in();
    let lexicon = &gazetteer.lexicon;
    let functional = |word: &Word| lexicon.determiner(word) || lexicon.pronoun(word);
    let links = |word: &Word| lexicon.stop(word) || word.key == "and";
    if words.is_empty() {
        return Kind::Name;
    }
    if words.iter().any(|word| lexicon.pronoun(word))
        && words.iter().all(|word| functional(word) || links(word))
    {
        return Kind::Pronoun;
    }
    // What a relative clause or the like adds to a description makes it no name.
    let adds = |word: &Word| lexicon.stop(word) && !LEADS_ON.contains(&word.key.as_str());
    let head = words
        .iter()
        .skip(1)
        .position(adds)
        .map_or(words.len(), |at| at + 1);
    let words = &words[..head];
    let caseless = words.iter().all(|word| word.case == words::Case::None);
    let proper = words.iter().enumerate().any(|(at, word)| {
        let goes_on = words
            .get(at + 1)
            .is_some_and(|next| next.gap == words::Gap::Space);
        let by_position = at == 0
            && starts_sentence
            && goes_on
            && !word.possessive
            && gazetteer.names.at(words, at).is_none();
        word.is_capital() && !by_position && !functional(word) && !common(word)
    });
    // "Ford officials said": a name before an office even where the sentence starts; but not
    // "Regional officials said".
    let before_office = words.len() > 1
        && !(starts_sentence && words[0].case == words::Case::Title && lexicon.of_kind(&words[0]))
        && words[0].is_capital()
        && !functional(&words[0])
        && !lexicon.owner(&words[0])
        && !common(&words[0])
        && words[1..]
            .iter()
            .all(|word| lexicon.office(word) || lexicon.portfolio(word));
    let acronym = words.iter().any(|word| word.case == words::Case::Upper);
    if proper || before_office || acronym || caseless {
        Kind::Name
    } else {
        Kind::Description
    }
}

/// Prepositions after which a description may have its name: "an aide to Botha".
const LEADS_ON: [&str; 8] = ["of", "for", "from", "to", "in", "at", "as", "representing"];

/// Words whose capital makes no name: "the Prime Minister", "the Government".
fn common(word: &Word) -> bool {
    let lexicon = &Gazetteer::built_in().lexicon;
    lexicon.office(word) || lexicon.portfolio(word) || lexicon.owner(word) || lexicon.stop(word)
}

/// A mention that means nothing without an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anaphor {
    pub kind: Kind,
    /// How many parties it stands for at most.
    pub covers: usize,
    /// "They" stands for as many parties as its antecedent: for two after "the two presidents".
    pub as_antecedent: bool,
}

impl Anaphor {
    /// The anaphor in a mention of a kind, if it is one.
    pub fn of(words: &[Word], kind: Kind) -> Option<Anaphor> {
        let they = |word: &Word| matches!(word.key.as_str(), "they" | "them" | "themselves");
        kind.is_anaphor().then(|| Anaphor {
            kind,
            covers: parties_covered(words),
            as_antecedent: kind == Kind::Pronoun && words.iter().any(they),
        })
    }
}

/// How many parties a phrase covers at most: "both sides" two, "the delegation" one.
fn parties_covered(words: &[Word]) -> usize {
    let (mut plural, mut owned) = (false, false);
    for word in words {
        match word.key.as_str() {
            "both" | "two" | "pair" | "neither" | "either" | "duo" => return 2,
            "three" | "trio" => return 3,
            "four" | "quartet" => return 4,
            "five" => return 5,
            "six" => return 6,
            "seven" => return 7,
            "eight" => return 8,
            "nine" => return 9,
            "ten" => return 10,
            "sides" | "parties" | "teams" | "delegations" | "capitals" | "governments"
            | "countries" | "nations" | "neighbours" | "neighbors" | "leaders" | "rivals"
            | "camps" | "factions" | "ministers" | "superpowers" => plural = true,
            // "each side", "each government"
            "each" => plural = true,
            // "its leaders" are one party's, but "its three neighbours" three.
            "its" | "his" | "her" => owned = true,
            _ => {}
        }
    }
    if plural && !owned { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        for (mention, starts, expected) in [
            ("it", false, Kind::Pronoun),
            ("They", true, Kind::Pronoun),
            ("one of them", false, Kind::Pronoun),
            ("Both", true, Kind::Pronoun),
            ("both sides", false, Kind::Description),
            ("The delegation", true, Kind::Description),
            ("the Prime Minister", false, Kind::Description),
            ("Its negotiators", true, Kind::Description),
            ("his opposite number", false, Kind::Description),
            ("Technology companies", true, Kind::Description),
            ("creditor banks", false, Kind::Description),
            ("Ford officials", true, Kind::Name),
            ("Kovac", true, Kind::Name),
            ("Its Chinese guest", true, Kind::Name),
            ("NRWU members", true, Kind::Name),
            ("中国", false, Kind::Name),
        ] {
            assert_eq!(kind(mention, starts), expected, "{mention}");
        }
    }

    #[test]
    fn they_are_as_many_as_their_antecedent() {
        let anaphor = |mention: &str| {
            let words = words::split(mention);
            Anaphor::of(&words, of_words(&words, false))
        };
        for (mention, expected) in [
            ("they", Some((1, true))),
            ("both of them", Some((2, true))),
            ("it", Some((1, false))),
            ("the delegation", Some((1, false))),
            ("Kenya", None),
        ] {
            let found = anaphor(mention).map(|a| (a.covers, a.as_antecedent));
            assert_eq!(found, expected, "{mention}");
        }
    }

    #[test]
    fn phrases_cover_as_many_parties_as_they_say() {
        for (phrase, count) in [
            ("both sides", 2),
            ("the two presidents", 2),
            ("all three", 3),
            ("the delegation", 1),
            ("the parties", 2),
            ("the ten delegations", 10),
            ("the ministers", 2),
            ("its leaders", 1),
            ("its three neighbours", 3),
        ] {
            assert_eq!(parties_covered(&words::split(phrase)), count, "{phrase}");
        }
    }
}
