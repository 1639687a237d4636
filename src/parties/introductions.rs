//! Names that the article itself introduces: "Serbia's president, Ana Kovac", "Rajiv Gandhi of
//! India", "the Northern Rail Workers' Union (NRWU)".

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Link;
use super::gazetteer::Lexicon;
use super::names::{Names, Party, Role};
use super::phrases::{Found, Reader, Reading, Target, all_capitals};
use crate::words::{Case, Gap, Word, in_one_line};

/// Particles inside names: "Ursula von der Leyen", "Thomas de Maizière".
const PARTICLES: [&str; 16] = [
    "van", "von", "de", "der", "den", "da", "do", "dos", "del", "della", "la", "le", "al", "el",
    "bin", "ter",
];
/// How far before a name its office may reach, and after it.
const OFFICE_WORDS: usize = 8;
const APPOSITION_WORDS: usize = 14;

/// The people and acronyms of an article, each with the party it introduces them as.
///
/// `leaders` holds the parties whose leaders have a surname: "President Bush" is introduced by his
/// title where the article names exactly one of them.
pub(super) fn names<F>(
    words: &[Word],
    reader: &Reader<'_, F>,
    text: &str,
    leaders: &HashMap<String, HashSet<Party>>,
) -> Names
where
    F: Fn(&[Word], usize) -> Option<Found>,
{
    let scan = Scan {
        words,
        reader,
        lexicon: reader.lexicon,
        known: known_names(words, reader),
        lower: words
            .iter()
            .filter(|word| word.case == Case::Lower)
            .map(|word| word.key.as_str())
            .collect(),
    };
    let mut names = Names::default();
    let mut last_names = Vec::new();
    let slice = |range: Range<usize>| {
        let bytes = words[range.start].bytes.start..words[range.end - 1].bytes.end;
        text.get(bytes).unwrap_or_default()
    };
    for run in scan.runs() {
        let introduced = scan.affiliation(&run);
        let Some(party) = introduced.or_else(|| scan.leader(&run, leaders)) else {
            continue;
        };
        names.add(slice(run.clone()), &party, Role::Name);
        if run.len() > 1 {
            let from = (run.start + 1..run.end)
                .find(|&at| PARTICLES.contains(&words[at].key.as_str()))
                .unwrap_or(run.end - 1);
            last_names.push((from..run.end, party.clone()));
            if words[run.end - 1].is_capital() {
                last_names.push((run.end - 1..run.end, party));
            }
        }
    }
    for at in 0..words.len() {
        if let Some(long) = scan.spelled_out(at) {
            let party = match &scan.known[long.start] {
                Some((known, Target::Party(party, _))) if *known == long => party.clone(),
                _ => Party::from(in_one_line(slice(long))),
            };
            names.add(slice(at..at + 1), &party, Role::Name);
        }
    }
    // Full names first, so that no last name takes the place of somebody's full name.
    for (range, party) in last_names {
        names.add(slice(range), &party, Role::Name);
    }
    names
}

/// Every known name in the words: its range, and its party if it has one.
fn known_names<F>(words: &[Word], reader: &Reader<'_, F>) -> Vec<Option<(Range<usize>, Target)>>
where
    F: Fn(&[Word], usize) -> Option<Found>,
{
    let mut known = vec![None; words.len()];
    let mut at = 0;
    while at < words.len() {
        match (reader.find)(words, at) {
            Some(found) => {
                let range = at..(at + found.words.max(1)).min(words.len());
                for slot in &mut known[range.clone()] {
                    *slot = Some((range.clone(), found.target.clone()));
                }
                at = range.end;
            }
            None => at += 1,
        }
    }
    known
}

struct Scan<'a, F> {
    words: &'a [Word],
    reader: &'a Reader<'a, F>,
    lexicon: &'a Lexicon,
    known: Vec<Option<(Range<usize>, Target)>>,
    /// Words that the article also writes small: no names when a sentence starts with them.
    lower: HashSet<&'a str>,
}

impl<F: Fn(&[Word], usize) -> Option<Found>> Scan<'_, F> {
    /// Rows of capitalised words that are neither known names nor offices.
    fn runs(&self) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            if !self.starts_run(at) {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            while end < self.words.len() && matches!(self.words[end].gap, Gap::Space | Gap::Hyphen)
            {
                if self.words[end - 1].possessive {
                    break;
                }
                let particle = PARTICLES.contains(&self.words[end].key.as_str())
                    && (end + 1..(end + 3).min(self.words.len()))
                        .any(|next| self.proper(next) && self.words[next].gap != Gap::Break);
                if !self.proper(end) && !particle {
                    break;
                }
                end += 1;
            }
            while end > at + 1 && !self.words[end - 1].is_capital() {
                end -= 1;
            }
            runs.push(at..end);
            at = end;
        }
        runs
    }

    fn proper(&self, at: usize) -> bool {
        let word = &self.words[at];
        word.is_capital()
            && self.known[at].is_none()
            && !self.lexicon.determiner(word)
            && !self.lexicon.pronoun(word)
            && !self.lexicon.stop(word)
    }

    fn starts_run(&self, at: usize) -> bool {
        let word = &self.words[at];
        let sentence_start = at == 0 || word.gap == Gap::Break;
        self.proper(at)
            && !self.lexicon.title(word)
            && !self.lexicon.office(word)
            && !self.lexicon.portfolio(word)
            && (!sentence_start || !self.lower.contains(word.key.as_str()))
    }

    fn affiliation(&self, run: &Range<usize>) -> Option<Party> {
        let words = &self.words[run.clone()];
        if all_capitals(words) || words.iter().any(|word| self.lexicon.institution(word)) {
            return None;
        }
        let before = self.before(run);
        match before {
            Some((_, true)) => self.after(run),
            Some((party, false)) => Some(party),
            None => self.after(run),
        }
    }

    /// The party of a leader by title and surname, "President Bush".
    fn leader(
        &self,
        run: &Range<usize>,
        leaders: &HashMap<String, HashSet<Party>>,
    ) -> Option<Party> {
        let title = &self.words[run.start.checked_sub(1)?];
        if !self.lexicon.title(title)
            || self.words[run.start].gap != Gap::Space
            || self.former(run.start)
        {
            return None;
        }
        let parties = leaders.get(&self.words[run.end - 1].key)?;
        let mut named: Vec<&Party> = Vec::new();
        for (_, target) in self.known.iter().flatten() {
            if let Target::Party(party, Link::Gazetteer) = target
                && parties.contains(party)
                && !named.contains(&party)
            {
                named.push(party);
            }
        }
        match named.as_slice() {
            [party] => Some((*party).clone()),
            _ => None,
        }
    }

    /// Whether the titles before a word are of the past: "former President Bush".
    fn former(&self, at: usize) -> bool {
        self.words[at.saturating_sub(OFFICE_WORDS)..at]
            .iter()
            .rev()
            .take_while(|word| {
                is_former(word) || self.lexicon.title(word) || self.lexicon.portfolio(word)
            })
            .any(is_former)
    }

    /// "Serbia's president, Ana Kovac", "Serbian President Ana Kovac", "the president of Serbia,
    /// Ana Kovac"; and whether the office is a former one.
    fn before(&self, run: &Range<usize>) -> Option<(Party, bool)> {
        if !matches!(self.words[run.start].gap, Gap::Space | Gap::Comma) || run.start == 0 {
            return None;
        }
        let last = run.start - 1;
        if let Some((name, Target::Party(party, _))) = &self.known[last] {
            // "the president of Serbia, Ana Kovac"
            let of = name.start.checked_sub(1)?;
            let of = if self.words[of].key == "the" {
                of.checked_sub(1)?
            } else {
                of
            };
            let office = of.checked_sub(1)?;
            let is_office = self.words[of].key == "of" && self.lexicon.office(&self.words[office]);
            return (self.words[run.start].gap == Gap::Comma && is_office)
                .then(|| (party.clone(), false));
        }
        if !self.lexicon.office(&self.words[last]) && !self.lexicon.title(&self.words[last]) {
            return None;
        }
        let mut plain = true;
        for at in (run.start.saturating_sub(OFFICE_WORDS)..=last).rev() {
            let word = &self.words[at];
            if let Some((name, target)) = &self.known[at] {
                let owner = self.words[name.end - 1].possessive;
                let Target::Party(party, _) = target else {
                    return None;
                };
                let former = name
                    .start
                    .checked_sub(1)
                    .is_some_and(|at| is_former(&self.words[at]))
                    || self.words[name.end..run.start].iter().any(is_former);
                return (plain || owner).then(|| (party.clone(), former));
            }
            if self.lexicon.stop(word) && word.key != "of" && word.key != "for" {
                return None;
            }
            plain &= self.lexicon.office(word)
                || self.lexicon.title(word)
                || self.lexicon.portfolio(word);
            if word.gap != Gap::Space && word.gap != Gap::Hyphen {
                return None;
            }
        }
        None
    }

    /// "Rajiv Gandhi of India", "Ana Kovac, 54, the Serbian president,".
    fn after(&self, run: &Range<usize>) -> Option<Party> {
        if self.words[run.end - 1].possessive {
            return None;
        }
        let next = self.words.get(run.end)?;
        let titled = run
            .start
            .checked_sub(1)
            .is_some_and(|at| self.lexicon.title(&self.words[at]));
        if next.key == "of" && next.gap == Gap::Space && (run.len() > 1 || titled) {
            let at = match self.words.get(run.end + 1) {
                Some(word) if word.key == "the" => run.end + 2,
                _ => run.end + 1,
            };
            let Some((name, Target::Party(party, _))) = self.known.get(at)?.as_ref() else {
                return None;
            };
            return (name.start == at).then(|| party.clone());
        }
        if next.gap != Gap::Comma {
            return None;
        }
        let mut start = run.end;
        if next.key.chars().all(|c| c.is_ascii_digit()) {
            start += 1;
            if self.words.get(start)?.gap != Gap::Comma {
                return None;
            }
        }
        let end = (start + 1..(start + APPOSITION_WORDS).min(self.words.len()))
            .find(|&at| !matches!(self.words[at].gap, Gap::Space | Gap::Hyphen))
            .unwrap_or((start + APPOSITION_WORDS).min(self.words.len()));
        let phrase = self.words.get(start..end)?;
        let first = phrase.first()?;
        let opens = matches!(
            first.key.as_str(),
            "the" | "a" | "an" | "of" | "head" | "chief"
        ) || self.known[start].is_some()
            || self.lexicon.office(first)
            || self.lexicon.portfolio(first);
        let office = phrase.iter().position(|word| self.lexicon.office(word))?;
        // The office belongs to the phrase's head: nothing before it but names and adjectives.
        let of_head = phrase[..office]
            .iter()
            .enumerate()
            .all(|(at, word)| at == 0 || !self.lexicon.stop(word));
        if !opens || !of_head || phrase.iter().any(is_former) {
            return None;
        }
        match self.reader.read(phrase) {
            Reading::Targets(targets) => match targets.as_slice() {
                [Target::Party(party, Link::List | Link::Gazetteer)] => Some(party.clone()),
                _ => None,
            },
            Reading::Unknown => None,
        }
    }

    /// The long name of an acronym in brackets, "the Northern Rail Workers' Union (NRWU)".
    fn spelled_out(&self, at: usize) -> Option<Range<usize>> {
        let short = &self.words[at];
        if short.gap != Gap::Open || short.case != Case::Upper {
            return None;
        }
        let first = short.key.chars().next();
        (at.saturating_sub(OFFICE_WORDS)..at.saturating_sub(1))
            .rev()
            .map(|start| start..at)
            .filter(|long| {
                let words = &self.words[long.clone()];
                let joined = words[1..]
                    .iter()
                    .all(|w| matches!(w.gap, Gap::Space | Gap::Hyphen));
                joined && words[0].is_capital() && words[0].key.chars().next() == first
            })
            .find(|long| {
                // Every letter in order; words such as "of" may be passed over.
                let mut letters = short.key.chars().peekable();
                for word in &self.words[long.clone()] {
                    if word.key.chars().next() == letters.peek().copied() {
                        letters.next();
                    }
                }
                letters.peek().is_none()
            })
    }
}

fn is_former(word: &Word) -> bool {
    matches!(
        word.key.as_str(),
        "former" | "ex" | "late" | "onetime" | "then"
    )
}
