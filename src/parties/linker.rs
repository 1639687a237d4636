//! Mentions to parties: lists, gazetteer, the article's own names and antecedents together.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::anaphors::{self, Antecedents, Kind, Rank};
use super::context::{self, Decision};
use super::gazetteer::{Gazetteer, key};
use super::list::PartyList;
use super::names::{Names, Party, Role};
use super::own_names;
use super::phrases::{Found, Reader, Reading, Target};
use super::words::{self, Case, Gap, Word};
use super::{Link, introductions};

/// A party and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Canonical name.
    pub party: String,
    pub link: Link,
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
    /// The list's names with a capital (or of a script without), found anywhere in a mention.
    listed: Names,
    /// Its names in small letters ("the hosts"), which count where the mention names nobody.
    described: Names,
    /// The list's party for each of the gazetteer's.
    bridge: HashMap<String, Party>,
}

/// Stands for the ignore list among the list's parties; no party's name is empty.
const IGNORED: &str = "";

impl Linker {
    /// A linker with the user's list, or with the gazetteer alone.
    pub fn new(list: Option<&PartyList>) -> Linker {
        let mut linker = Linker {
            gazetteer: Gazetteer::built_in(),
            listed: Names::default(),
            described: Names::default(),
            bridge: HashMap::new(),
        };
        if let Some(list) = list {
            linker.add_list(list);
        }
        linker
    }

    fn add_list(&mut self, list: &PartyList) {
        let ignored = Party::from(IGNORED);
        for name in &list.ignore {
            self.add_listed(name, &ignored);
        }
        let parties: Vec<Party> = list
            .parties
            .iter()
            .map(|party| Party::from(party.name.as_str()))
            .collect();
        // All canonical names, then all aliases: where a list made in code has the same name
        // twice, the party called so keeps it.
        for (party, name) in list.parties.iter().zip(&parties) {
            self.add_listed(&party.name, name);
        }
        for (party, name) in list.parties.iter().zip(&parties) {
            for alias in &party.aliases {
                self.add_listed(alias, name);
            }
        }
        self.add_last_names(list);
        // How surely a listed party is one of the gazetteer's: by its own name, by an alias, by
        // being its government ("British government").
        let mut claims: HashMap<String, Vec<(u8, Party)>> = HashMap::new();
        for (party, name) in list.parties.iter().zip(&parties) {
            let mut best: HashMap<String, u8> = HashMap::new();
            let own = std::iter::once((&party.name, 3));
            for (alias, weight) in own.chain(party.aliases.iter().map(|alias| (alias, 2))) {
                let (known, exact) = match self.known_as(alias) {
                    Some(known) => known,
                    None => continue,
                };
                let weight = if exact { weight } else { 1 };
                let entry = best.entry(known).or_default();
                *entry = weight.max(*entry);
            }
            for (known, weight) in best {
                claims
                    .entry(known)
                    .or_default()
                    .push((weight, name.clone()));
            }
        }
        for (party, name) in list.parties.iter().zip(&parties) {
            for member in &party.members {
                self.add_listed(member, name);
                if let Some((known, _)) = self.known_as(member) {
                    claims.entry(known).or_default().push((0, name.clone()));
                }
            }
        }
        for (known, mut claims) in claims {
            claims.sort_by(|one, other| other.0.cmp(&one.0));
            let rivals = claims.get(1).is_some_and(|second| {
                claims
                    .first()
                    .is_some_and(|first| first.0 == second.0 && first.1 != second.1)
            });
            if let (false, Some((_, party))) = (rivals, claims.first()) {
                self.bridge.insert(known, party.clone());
            }
        }
        for name in &list.ignore {
            if let Some((known, true)) = self.known_as(name) {
                self.bridge.entry(known).or_insert_with(|| ignored.clone());
            }
        }
    }

    /// "Paschal Donohoe" brings "Donohoe" along, if no other listed name ends so.
    fn add_last_names(&mut self, list: &PartyList) {
        let lexicon = &self.gazetteer.lexicon;
        let mut owners: HashMap<String, Option<(String, &str)>> = HashMap::new();
        for party in &list.parties {
            for name in std::iter::once(&party.name).chain(&party.aliases) {
                let words = words::split(name);
                let [.., before, last] = words.as_slice() else {
                    continue;
                };
                let plain = |word: &Word| {
                    word.case == Case::Title && !lexicon.office(word) && !lexicon.portfolio(word)
                };
                let person = words.len() <= 3
                    && plain(last)
                    && plain(before)
                    && last.gap == Gap::Space
                    && !lexicon.institution(last)
                    && !TOO_COMMON.contains(&last.key.as_str())
                    && self.known_as(name).is_none()
                    && self.gazetteer.names.at(&words, words.len() - 1).is_none();
                let Some(written) = name.get(last.bytes.clone()).filter(|_| person) else {
                    continue;
                };
                owners
                    .entry(last.key.clone())
                    .and_modify(|owner| {
                        if owner.as_ref().is_some_and(|(_, other)| *other != party.name) {
                            *owner = None;
                        }
                    })
                    .or_insert_with(|| Some((written.to_string(), party.name.as_str())));
            }
        }
        for (last, party) in owners.into_values().flatten() {
            self.listed.add(&last, &Party::from(party), Role::Name);
        }
    }

    fn add_listed(&mut self, name: &str, party: &Party) {
        let words = words::split(name);
        let article = words
            .first()
            .is_some_and(|word| matches!(word.key.as_str(), "the" | "a" | "an"));
        let from = usize::from(article && words.len() > 1);
        let Some(bare) = words
            .get(from)
            .and_then(|word| name.get(word.bytes.start..))
        else {
            return;
        };
        let named = words[from..].iter().any(|word| word.case != Case::Lower);
        let names = if named {
            &mut self.listed
        } else {
            &mut self.described
        };
        names.add(bare, party, Role::Name);
    }

    /// The gazetteer's party for a list's name; true if the name is exactly that party's, false
    /// if it is the party with an office ("Ukrainian officials").
    pub(super) fn known_as(&self, name: &str) -> Option<(String, bool)> {
        let lexicon = &self.gazetteer.lexicon;
        let words = words::split(name);
        if let Some(hit) = self.gazetteer.names.exactly(&words) {
            return Some((hit.party.to_string(), true));
        }
        let from = usize::from(words.first().is_some_and(|word| word.key == "the"));
        let at = (from..words.len()).find(|&at| self.gazetteer.names.at(&words, at).is_some())?;
        let hit = self.gazetteer.names.at(&words, at)?;
        let others = words[from..at].iter().chain(&words[at + hit.words..]);
        let mut count = 0;
        for word in others {
            if !lexicon.office(word) && !lexicon.portfolio(word) && !lexicon.determiner(word) {
                return None;
            }
            count += 1;
        }
        Some((hit.party.to_string(), count == 0))
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
            short_forms: HashMap::new(),
        };
        let short_forms = article.short_forms(&headline, &words);
        let introduced = introductions::names(&words, &article.reader(Tier::Known), text);
        article.short_forms = short_forms;
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
    short_forms: HashMap<String, Option<Target>>,
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
    /// one; none if the user's list ignores it; several for "Israeli and Palestinian officials"
    /// and, with antecedents, for "both sides". A range that is not one of the text's gets none.
    pub fn link(
        &self,
        mentions: &[Range<usize>],
        antecedents: Option<&dyn Antecedents>,
    ) -> Vec<Vec<Linked>> {
        let mut links: Vec<Vec<Linked>> = vec![Vec::new(); mentions.len()];
        let mut own = vec![None; mentions.len()];
        let mut anaphors: HashMap<usize, (Kind, usize)> = HashMap::new();
        for (at, range) in mentions.iter().enumerate() {
            let Some(mention) = self.text.get(range.clone()) else {
                continue;
            };
            let words = words::split(mention);
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
                    if kind.is_anaphor() {
                        anaphors.insert(at, (kind, anaphors::parties_covered(&words)));
                    }
                    let lexicon = &self.linker.gazetteer.lexicon;
                    own[at] = Some(own_names::own_name(mention, &words, kind, starts, lexicon));
                }
            }
        }
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
            self.refer_back(&mut links, &agreed, &anaphors, antecedents);
        }
        links
    }

    /// Give the mentions that no name decided the parties of their antecedents. People and
    /// institutions that nothing knows are asked about too, all mentions of one name together:
    /// "Finance Minister Goh" may be Singapore's, and then so is every later "Goh".
    fn refer_back(
        &self,
        links: &mut [Vec<Linked>],
        own: &[Option<String>],
        anaphors: &HashMap<usize, (Kind, usize)>,
        antecedents: &dyn Antecedents,
    ) {
        let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, name) in own.iter().enumerate() {
            if let (Some(name), false) = (name, anaphors.contains_key(&at)) {
                groups.entry(name).or_default().push(at);
            }
        }
        // A mention of each kind: has a party's name, has some name, has none.
        let mut rank: Vec<Rank> = (0..links.len())
            .map(|at| match (own[at].is_some(), anaphors.get(&at)) {
                (false, _) => Rank::Party,
                (true, None) => Rank::OwnName,
                (true, Some((Kind::Pronoun, _))) => Rank::Nothing,
                (true, Some(_)) => Rank::Description,
            })
            .collect();
        for at in 0..links.len() {
            let Some(name) = own.get(at).and_then(Option::as_deref) else {
                continue;
            };
            let (together, covers, reach) = match anaphors.get(&at) {
                Some(&(_, covers)) => (vec![at], covers, at),
                // A name may come before its party's: "Robert Fico ... Slovakia".
                None => match groups.remove(name) {
                    Some(together) => (together, 1, links.len()),
                    None => continue,
                },
            };
            let candidates: Vec<(usize, Rank)> = (0..reach)
                .filter(|candidate| !together.contains(candidate))
                .map(|candidate| (candidate, rank[candidate]))
                .filter(|&(candidate, rank)| {
                    rank == Rank::Party || rank != Rank::Nothing && candidate < at
                })
                .collect();
            let parties = anaphors::resolve(&together, covers, links, &candidates, antecedents);
            if parties.is_empty() {
                continue;
            }
            for member in together {
                rank[member] = Rank::Party;
                links[member] = parties
                    .iter()
                    .map(|party| Linked {
                        party: party.clone(),
                        link: Link::Antecedent,
                    })
                    .collect();
            }
        }
    }

    fn read(&self, words: &[Word]) -> Reading {
        let linker = self.linker;
        let articles = ["the", "a", "an"];
        let article = words
            .first()
            .is_some_and(|w| articles.contains(&w.key.as_str()));
        let bare = &words[usize::from(article && words.len() > 1)..];
        for names in [&linker.listed, &linker.described] {
            if let Some(hit) = names.exactly(bare) {
                return Reading::Targets(vec![listed(hit.party)]);
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
        if let Some(hit) = linker.listed.at(words, at) {
            offer(hit.words, listed(hit.party));
        }
        if tier == Tier::Described {
            if let Some(hit) = linker.described.at(words, at) {
                offer(hit.words, listed(hit.party));
            }
        }
        if tier >= Tier::Article {
            if let Some(hit) = self.introduced.at(words, at) {
                let target = match linker.bridge.get(&*hit.party) {
                    Some(party) => listed(party.clone()),
                    None => Target::Party(hit.party, Link::Article),
                };
                offer(hit.words, target);
            }
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
        match self.linker.bridge.get(&*party) {
            Some(listed_party) => listed(listed_party.clone()),
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
        match self.short_forms.get(&word.key)?.clone()? {
            Target::Party(party, Link::Gazetteer) => Some(Found {
                words: 1,
                target: Target::Party(party, Link::Article),
            }),
            target => Some(Found { words: 1, target }),
        }
    }

    /// First and last words of the long names of the parties that the article names.
    fn short_forms(&self, headline: &[Word], text: &[Word]) -> HashMap<String, Option<Target>> {
        let gazetteer = self.linker.gazetteer;
        let lexicon = &gazetteer.lexicon;
        let mut seen: HashSet<Party> = HashSet::new();
        let mut forms: HashMap<String, Option<Target>> = HashMap::new();
        for words in [headline, text] {
            for at in 0..words.len() {
                let Some(hit) = gazetteer.names.at(words, at) else {
                    continue;
                };
                if hit.role != Role::Name || !seen.insert(hit.party.clone()) {
                    continue;
                }
                let mut of_party = HashSet::new();
                for spelling in gazetteer.spellings.get(&hit.party).into_iter().flatten() {
                    let [first, .., last] = spelling.as_slice() else {
                        continue;
                    };
                    for word in [first, last] {
                        if word.case == Case::Title
                            && !lexicon.portfolio(word)
                            && !lexicon.office(word)
                            && !lexicon.determiner(word)
                            && !TOO_COMMON.contains(&word.key.as_str())
                        {
                            of_party.insert(word.key.clone());
                        }
                    }
                }
                for (full, derived) in [("north", "northern"), ("south", "southern")] {
                    if of_party.contains(full) {
                        of_party.insert(derived.to_string());
                    }
                }
                for form in of_party {
                    forms
                        .entry(form)
                        .and_modify(|target| *target = None)
                        .or_insert_with(|| Some(self.bridged(hit.party.clone())));
                }
            }
        }
        forms
    }
}

/// Words of long names that do not stand for them.
const TOO_COMMON: [&str; 20] = [
    "united",
    "republic",
    "new",
    "saint",
    "st",
    "city",
    "states",
    "people's",
    "islamic",
    "arab",
    "democratic",
    "great",
    "international",
    "world",
    "el",
    "san",
    "and",
    "islands",
    "european",
    "african",
];

fn listed(party: Party) -> Target {
    if &*party == IGNORED {
        Target::Ignored
    } else {
        Target::Party(party, Link::List)
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
