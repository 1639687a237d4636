//! Mentions to parties: lists, gazetteer, the article's own names and antecedents together.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::anaphors::{self, Anaphor};
use super::antecedents::{self, Antecedents};
use super::context::{self, Decision};
use super::gazetteer::{Gazetteer, key};
use super::list::PartyList;
use super::listed::{self, Listed};
use super::names::{Names, Party};
use super::own_names;
use super::phrases::{Found, Reader, Reading, Target};
use super::places;
use super::{Link, introductions, short_forms};
use crate::words::{self, Gap, Word};

/// A party and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Canonical name.
    pub party: String,
    pub link: Link,
}

/// A mention and the parties it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedMention {
    /// Index of its sentence in the article.
    pub sentence: usize,
    /// Byte range in the article's text.
    pub bytes: Range<usize>,
    /// As [`ArticleLinker::link`] gives them.
    pub parties: Vec<Linked>,
}

/// Links mentions to parties. Make one and use it for all articles; it can be shared by threads.
///
/// ```
/// use summit_stance::parties::{Link, Linker};
/// let linker = Linker::new(None);
/// let text = "Ukrainian officials said Moscow had agreed.";
/// let links = linker.article(None, text).link(&[0..19, 25..31], None);
/// assert_eq!(links[0][0].party, "Ukraine");
/// assert_eq!(links[1][0].party, "Russia");
/// assert_eq!(links[1][0].link, Link::Gazetteer);
/// ```
#[derive(Debug)]
pub struct Linker {
    gazetteer: &'static Gazetteer,
    listed: Listed,
}

impl Linker {
    /// A linker with the user's list, or with the gazetteer alone.
    pub fn new(list: Option<&PartyList>) -> Linker {
        let gazetteer = Gazetteer::built_in();
        Linker {
            gazetteer,
            listed: Listed::new(list, gazetteer),
        }
    }

    /// Read an article's own names and decide its ambiguous ones. The result serves this article
    /// only.
    pub fn article<'a>(&'a self, title: Option<&str>, text: &'a str) -> ArticleLinker<'a> {
        let words = words::split(text);
        let headline = title.map(words::split).unwrap_or_default();
        let mut all = headline.clone();
        all.extend(words.iter().cloned());
        let mut article = ArticleLinker {
            linker: self,
            text,
            decisions: context::decide(&all, self.gazetteer),
            introduced: Names::default(),
            short_forms: short_forms::of_article(&headline, &words, self.gazetteer),
        };
        let leaders = &self.gazetteer.leaders;
        let introduced = introductions::names(&words, &article.reader(Tier::Known), text, leaders);
        article.introduced = introduced;
        article
    }
}

/// Links the mentions of one article.
#[derive(Debug)]
pub struct ArticleLinker<'a> {
    linker: &'a Linker,
    text: &'a str,
    decisions: HashMap<String, Decision>,
    /// People and acronyms that the article introduces.
    introduced: Names,
    /// "Fund" for the IMF, "North" for North Korea, if no other party named here shares it.
    short_forms: HashMap<String, Option<Party>>,
}

/// Which names a lookup may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    /// List and gazetteer.
    Known,
    /// Also the article's own.
    Article,
    /// Also the list's descriptions.
    Described,
}

impl ArticleLinker<'_> {
    /// The parties of each mention, given by its byte range in the text, in text order. Usually
    /// one; none if the user's list ignores it or it is a mere place; several for "Israeli and Palestinian officials"
    /// and, with antecedents, for "both sides". A range that is not one of the text's gets none.
    pub fn link(
        &self,
        mentions: &[Range<usize>],
        antecedents: Option<&dyn Antecedents>,
    ) -> Vec<Vec<Linked>> {
        let mut links: Vec<Vec<Linked>> = vec![Vec::new(); mentions.len()];
        let mut own = vec![None; mentions.len()];
        let mut anaphors: HashMap<usize, Anaphor> = HashMap::new();
        let mut ministers = HashSet::new();
        for (at, range) in mentions.iter().enumerate() {
            let Some(mention) = self.text.get(range.clone()) else {
                continue;
            };
            let words = words::split(mention);
            if self.is_only_a_place(range, &words) {
                continue;
            }
            match self.read(&words) {
                Reading::Targets(targets) => {
                    links[at] = targets
                        .into_iter()
                        .filter_map(|target| match target {
                            Target::Party(party, link) => Some(Linked {
                                party: party.to_string(),
                                link,
                            }),
                            Target::Ignored => None,
                        })
                        .collect();
                }
                Reading::Unknown => {
                    let starts = starts_sentence(self.text, range.start);
                    let kind = anaphors::of_words(&words, starts);
                    if let Some(anaphor) = Anaphor::of(&words, kind) {
                        anaphors.insert(at, anaphor);
                    }
                    if words.iter().any(|word| word.key == "minister") {
                        ministers.insert(at);
                    }
                    let lexicon = &self.linker.gazetteer.lexicon;
                    let name = own_names::own_name(mention, &words, kind, starts, lexicon);
                    own[at] = (!name.display.is_empty()).then_some(name);
                }
            }
        }
        self.join_organs(&mut links);
        let agreed = own_names::agree(&own);
        for (at, name) in agreed.iter().enumerate() {
            if let Some(party) = name {
                links[at].push(Linked {
                    party: party.clone(),
                    link: Link::Name,
                });
            }
        }
        if let Some(antecedents) = antecedents {
            antecedents::refer_back(&mut links, &agreed, &anaphors, &ministers, antecedents);
        }
        links
    }

    /// Make the organs of a body that is also mentioned that body: the European Commission the
    /// European Union.
    fn join_organs(&self, links: &mut [Vec<Linked>]) {
        for (organ, bodies) in &self.linker.gazetteer.organs {
            let body = bodies.iter().find_map(|body| {
                let body = match self.bridged(body.clone()) {
                    Target::Party(party, link) => Linked {
                        party: party.to_string(),
                        link,
                    },
                    Target::Ignored => return None,
                };
                links.iter().flatten().any(|l| *l == body).then_some(body)
            });
            let Some(body) = body else { continue };
            for mention in links.iter_mut() {
                let of_organ = |l: &Linked| l.party == *organ && l.link == Link::Gazetteer;
                if !mention.iter().any(of_organ) {
                    continue;
                }
                mention.retain(|l| !of_organ(l));
                if !mention.contains(&body) {
                    mention.push(body.clone());
                }
            }
        }
    }

    /// Whether a mention is a place and stands for nobody, by the codebook. What the user's list
    /// or the article gives a party is no mere place.
    fn is_only_a_place(&self, range: &Range<usize>, words: &[Word]) -> bool {
        let gazetteer = self.linker.gazetteer;
        if places::is_dateline(self.text, range, words, gazetteer) {
            return true;
        }
        let known = |names: &Names| (0..words.len()).any(|at| names.at(words, at).is_some());
        places::is_place(words, gazetteer)
            && !known(&self.linker.listed.names)
            && !known(&self.introduced)
    }

    fn read(&self, words: &[Word]) -> Reading {
        let linker = self.linker;
        let articles = ["the", "a", "an"];
        let article = words
            .first()
            .is_some_and(|w| articles.contains(&w.key.as_str()));
        let bare = &words[usize::from(article && words.len() > 1)..];
        for names in [&linker.listed.names, &linker.listed.described] {
            if let Some(hit) = names.exactly(bare) {
                return Reading::Targets(vec![listed::target(hit.party)]);
            }
        }
        match self.reader(Tier::Article).read(words) {
            Reading::Unknown => self.reader(Tier::Described).read(words),
            reading => reading,
        }
    }

    fn reader(&self, tier: Tier) -> Reader<'_, impl Fn(&[Word], usize) -> Option<Found>> {
        Reader {
            lexicon: &self.linker.gazetteer.lexicon,
            find: move |words: &[Word], at: usize| self.find(words, at, tier),
        }
    }

    /// The longest name at a word; of names of one length the list's, then the article's, then
    /// the gazetteer's.
    fn find(&self, words: &[Word], at: usize, tier: Tier) -> Option<Found> {
        let linker = self.linker;
        let mut best: Option<Found> = None;
        let mut offer = |words: usize, target: Target| {
            if best.as_ref().is_none_or(|best| words > best.words) {
                best = Some(Found { words, target });
            }
        };
        if let Some(hit) = linker.listed.names.at(words, at) {
            offer(hit.words, listed::target(hit.party));
        }
        if tier == Tier::Described
            && let Some(hit) = linker.listed.described.at(words, at)
        {
            offer(hit.words, listed::target(hit.party));
        }
        if tier >= Tier::Article
            && let Some(hit) = self.introduced.at(words, at)
        {
            let target = match linker.listed.bridge.get(&*hit.party) {
                Some(party) => listed::target(party.clone()),
                None => Target::Party(hit.party, Link::Article),
            };
            offer(hit.words, target);
        }
        if let Some(found) = self.in_gazetteer(words, at) {
            offer(found.words, found.target);
        }
        if best.is_none() && tier >= Tier::Article {
            best = self.short_form(words, at);
        }
        best
    }

    fn in_gazetteer(&self, words: &[Word], at: usize) -> Option<Found> {
        let gazetteer = self.linker.gazetteer;
        let hit = gazetteer.names.at(words, at)?;
        let mut party = hit.party.clone();
        let key = key(&words[at..at + hit.words]);
        if let Some(name) = gazetteer.ambiguous.get(&key) {
            if context::is_person(name, words, at, &hit, gazetteer) {
                return None;
            }
            let decision = match self.decisions.get(&key) {
                Some(decision) => Some(decision.clone()),
                None => context::reading(name, words),
            };
            if let Some(decision) = decision {
                party = Party::from(decision?.as_str());
            }
        }
        Some(Found {
            words: hit.words,
            target: self.bridged(party),
        })
    }

    fn bridged(&self, party: Party) -> Target {
        match self.linker.listed.bridge.get(&*party) {
            Some(listed_party) => listed::target(listed_party.clone()),
            None => Target::Party(party, Link::Gazetteer),
        }
    }

    /// "the Fund", "the North's negotiators", "one Bank official": a word of a long name, after
    /// "the" or before an office.
    fn short_form(&self, words: &[Word], at: usize) -> Option<Found> {
        let lexicon = &self.linker.gazetteer.lexicon;
        let word = words.get(at)?;
        let after_the = at == 1 && words[0].key == "the";
        let alone = match words.get(at + 1) {
            None => true,
            Some(next) => {
                word.possessive
                    || next.gap != Gap::Space
                    || lexicon.office(next)
                    || lexicon.stop(next) && next.key != "of"
            }
        };
        let before_office = at > 0 && words.get(at + 1).is_some_and(|next| lexicon.office(next));
        if !word.is_capital() || !(after_the && alone || before_office) {
            return None;
        }
        let party = self.short_forms.get(&word.key)?.clone()?;
        let target = match self.linker.listed.bridge.get(&*party) {
            Some(party) => listed::target(party.clone()),
            None => Target::Party(party, Link::Article),
        };
        Some(Found { words: 1, target })
    }
}

/// Whether a sentence begins at a byte of a text.
pub(super) fn starts_sentence(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let trimmed = before.trim_end_matches(|c: char| {
        c == ' ' || matches!(c, '"' | '“' | '‘' | '\'' | '(' | '«' | '\u{a0}')
    });
    trimmed.is_empty() || trimmed.ends_with(['.', '!', '?', ':', '…', '\n', '\r', '—', '–', '”'])
}
