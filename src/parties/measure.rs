//! Linking held against annotated articles, gold mentions given.
//!
//! Counts are per article, so that intervals can be had by resampling articles.

use std::collections::HashMap;
use std::ops::{AddAssign, Range};

use crate::annotations::AnnotatedArticle;

use super::anaphors::kind;
use super::antecedents::Antecedents;
use super::gazetteer::Gazetteer;
use super::linker::{Linked, Linker, starts_sentence};
use super::list::{ListedParty, PartyList};
use crate::words;

/// What the linker is given, and when its answer is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The article's own parties as the user's list; right is the gold party.
    WithList,
    /// No list. The mentions of a gold party are right that share the one most frequent name that
    /// is the party's or an alias. A name counts as an alias also where the gazetteer has both for
    /// one party ("United Kingdom" for a gold party "Britain" or "British government"), and a
    /// full name counts as its last name ("Tony Blair" where "Blair" is an alias).
    WithoutList,
    /// As [`Setting::WithoutList`], but only names that the annotator listed count.
    WithoutListLiteral,
}

/// Right mentions of all mentions; one for each party that a mention stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub right: u32,
    pub all: u32,
}

impl Tally {
    /// The share that is right; NaN of nothing.
    pub fn share(&self) -> f64 {
        f64::from(self.right) / f64::from(self.all)
    }
}

/// Linking of one article or of several added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Linking {
    /// Mentions that hold a name.
    pub names: Tally,
    /// Pronouns and descriptions.
    pub anaphors: Tally,
}

impl Linking {
    pub fn total(&self) -> Tally {
        Tally {
            right: self.names.right + self.anaphors.right,
            all: self.names.all + self.anaphors.all,
        }
    }
}

impl AddAssign for Linking {
    fn add_assign(&mut self, other: Linking) {
        self.names.right += other.names.right;
        self.names.all += other.names.all;
        self.anaphors.right += other.anaphors.right;
        self.anaphors.all += other.anaphors.all;
    }
}

/// An annotated article's text with the distinct spans of its mentions in text order, and the
/// gold parties of each. Antecedent scores refer to these spans by index.
#[derive(Debug, Clone)]
pub struct GoldMentions {
    pub title: Option<String>,
    pub text: String,
    /// Byte ranges in the text.
    pub spans: Vec<Range<usize>>,
    pub parties: Vec<Vec<String>>,
}

impl GoldMentions {
    pub fn of(article: &AnnotatedArticle) -> GoldMentions {
        let (read, starts) = article.article();
        let mut mentions: Vec<(Range<usize>, Vec<String>)> = Vec::new();
        for (sentence, start) in article.sentences.iter().zip(starts) {
            for annotated in &sentence.parties {
                let Some(bytes) = annotated.bytes(sentence) else {
                    continue;
                };
                let span = start + bytes.start..start + bytes.end;
                match mentions.iter_mut().find(|(known, _)| *known == span) {
                    Some((_, parties)) => parties.push(annotated.party.clone()),
                    None => mentions.push((span, vec![annotated.party.clone()])),
                }
            }
        }
        mentions.sort_by_key(|(span, _)| (span.start, span.end));
        let (spans, parties) = mentions.into_iter().unzip();
        GoldMentions {
            title: read.title,
            text: read.text,
            spans,
            parties,
        }
    }
}

/// The article's parties as a user would list them.
pub fn list_of(article: &AnnotatedArticle) -> PartyList {
    let parties = article
        .parties
        .iter()
        .map(|(name, aliases)| ListedParty {
            name: name.clone(),
            aliases: aliases.clone(),
            members: Vec::new(),
        })
        .collect();
    PartyList::new(parties, Vec::new())
}

/// Link an article's gold mentions and count the right ones.
pub fn link(
    article: &AnnotatedArticle,
    setting: Setting,
    antecedents: Option<&dyn Antecedents>,
) -> Linking {
    let linker = match setting {
        Setting::WithList => Linker::new(Some(&list_of(article))),
        Setting::WithoutList | Setting::WithoutListLiteral => Linker::new(None),
    };
    let gold = GoldMentions::of(article);
    let links = linker
        .article(gold.title.as_deref(), &gold.text)
        .link(&gold.spans, antecedents);
    count(article, &gold, &links, setting)
}

/// Count the right links among those given for the gold mentions.
pub fn count(
    article: &AnnotatedArticle,
    gold: &GoldMentions,
    links: &[Vec<Linked>],
    setting: Setting,
) -> Linking {
    let names = expected(article, gold, links, setting);
    let mut linking = Linking::default();
    for ((span, parties), linked) in gold.spans.iter().zip(&gold.parties).zip(links) {
        let words = gold.text.get(span.clone()).unwrap_or_default();
        let anaphor = kind(words, starts_sentence(&gold.text, span.start)).is_anaphor();
        for party in parties {
            let expected = match setting {
                Setting::WithList => Some(party),
                _ => names.get(party),
            };
            let right = expected.is_some_and(|name| linked.iter().any(|link| link.party == *name));
            let tally = if anaphor {
                &mut linking.anaphors
            } else {
                &mut linking.names
            };
            tally.all += 1;
            tally.right += u32::from(right);
        }
    }
    linking
}

/// The name under which the mentions of each gold party are right.
pub fn expected(
    article: &AnnotatedArticle,
    gold: &GoldMentions,
    links: &[Vec<Linked>],
    setting: Setting,
) -> HashMap<String, String> {
    match setting {
        Setting::WithList => article
            .parties
            .keys()
            .map(|party| (party.clone(), party.clone()))
            .collect(),
        Setting::WithoutList => shared_names(article, gold, links, true),
        Setting::WithoutListLiteral => shared_names(article, gold, links, false),
    }
}

/// The name that most mentions of each gold party share, if it is one of the party's. A name
/// serves one gold party only, the one with most mentions under it.
fn shared_names(
    article: &AnnotatedArticle,
    gold: &GoldMentions,
    links: &[Vec<Linked>],
    by_gazetteer: bool,
) -> HashMap<String, String> {
    let reads: HashMap<&str, Vec<Name>> = article
        .parties
        .iter()
        .map(|(party, aliases)| {
            let names = std::iter::once(party).chain(aliases);
            (
                party.as_str(),
                names.map(|name| Name::of(name, by_gazetteer)).collect(),
            )
        })
        .collect();
    let mut uses: HashMap<(&str, &str), u32> = HashMap::new();
    for (parties, linked) in gold.parties.iter().zip(links) {
        for party in parties {
            for link in linked {
                let name = Name::of(&link.party, by_gazetteer);
                let own = reads.get(party.as_str()).into_iter().flatten();
                if own.into_iter().any(|known| known.same(&name)) {
                    *uses.entry((party, &link.party)).or_default() += 1;
                }
            }
        }
    }
    let mut uses: Vec<((&str, &str), u32)> = uses.into_iter().collect();
    uses.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut names: HashMap<String, String> = HashMap::new();
    for ((party, name), _) in uses {
        if !names.contains_key(party) && !names.values().any(|taken| taken == name) {
            names.insert(party.to_string(), name.to_string());
        }
    }
    names
}

/// A name to be compared: its words without "the", and the gazetteer's party for it.
struct Name {
    words: Vec<String>,
    party: Option<String>,
    lenient: bool,
}

impl Name {
    fn of(name: &str, by_gazetteer: bool) -> Name {
        let keys: Vec<String> = words::split(name)
            .into_iter()
            .map(|word| word.key)
            .collect();
        let article = keys
            .first()
            .is_some_and(|key| matches!(key.as_str(), "the" | "a" | "an"));
        Name {
            words: keys[usize::from(article && keys.len() > 1)..].to_vec(),
            lenient: by_gazetteer,
            party: if by_gazetteer {
                Gazetteer::built_in().known_as(name).map(|(party, _)| party)
            } else {
                None
            },
        }
    }

    fn same(&self, other: &Name) -> bool {
        let last_name = |long: &Name, short: &Name| {
            self.lenient
                && long.party.is_none()
                && short.party.is_none()
                && !short.words.is_empty()
                && long.words.ends_with(&short.words)
        };
        self.words == other.words
            || self.party.is_some() && self.party == other.party
            || last_name(self, other)
            || last_name(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::Link;

    fn article() -> AnnotatedArticle {
        serde_json::from_value(serde_json::json!({
            "id": "1",
            "parties": {"Britain": ["London", "Blake"], "Acme": ["the company"]},
            "sentences": [
                {"text": "London and Acme met.", "parties": [
                    {"party": "Britain", "mention": "London", "start": 0, "stance": "neutral"},
                    {"party": "Acme", "mention": "Acme", "start": 11, "stance": "neutral"}]},
                {"text": "Both smiled, Blake at last.", "parties": [
                    {"party": "Britain", "mention": "Both", "start": 0, "stance": "optimistic"},
                    {"party": "Acme", "mention": "Both", "start": 0, "stance": "optimistic"},
                    {"party": "Britain", "mention": "Blake", "start": 13, "stance": "optimistic"}]}
            ]
        }))
        .unwrap()
    }

    #[test]
    fn spans_are_distinct_and_in_order() {
        let gold = GoldMentions::of(&article());
        let words: Vec<&str> = gold
            .spans
            .iter()
            .map(|span| &gold.text[span.clone()])
            .collect();
        assert_eq!(words, ["London", "Acme", "Both", "Blake"]);
        assert_eq!(gold.parties[2], ["Britain", "Acme"]);
    }

    #[test]
    fn right_links_are_counted_by_kind() {
        let with = link(&article(), Setting::WithList, None);
        assert_eq!((with.names.right, with.names.all), (3, 3));
        assert_eq!((with.anaphors.right, with.anaphors.all), (0, 2));
        // "United Kingdom" is Britain's name by the gazetteer only; Blake's is shared by one
        // mention less, or as many.
        let without = link(&article(), Setting::WithoutList, None);
        assert_eq!((without.names.right, without.names.all), (2, 3));
        let literal = link(&article(), Setting::WithoutListLiteral, None);
        assert_eq!((literal.names.right, literal.names.all), (2, 3));
    }

    #[test]
    fn two_gold_parties_cannot_share_a_name() {
        let article = article();
        let gold = GoldMentions::of(&article);
        let all_london: Vec<Vec<Linked>> = gold
            .spans
            .iter()
            .map(|_| {
                vec![Linked {
                    party: "London".to_string(),
                    link: Link::Name,
                }]
            })
            .collect();
        let counted = count(&article, &gold, &all_london, Setting::WithoutListLiteral);
        // London, Blake and Britain's half of "Both" are right; Acme's two are not.
        assert_eq!((counted.names.right, counted.anaphors.right), (2, 1));
    }
}
