//! Which of the names in a mention is its party?
//!
//! The rule, for "the Russian proposal's German critics" as for "officials in Brussels":
//!
//! 1. A phrase ends at its first comma, bracket or dash; what follows is read only if the phrase
//!    itself says nothing ("Idris El-Tigani, the Sudanese defence minister").
//! 2. Before the phrase's first preposition or relative pronoun stands its head, and the party is
//!    the last name there ("the U.S. ambassador to Israel": United States). A possessor stands
//!    for its office ("Moscow's chief delegate") but not for its opponents, allies and partners
//!    ("Iran's neighbours").
//! 3. A name that is part of a longer capitalised name is not the party unless an office follows:
//!    "French Foreign Ministry" is France, "Bank of Japan" and "British Airways" are themselves.
//! 4. If the head names nobody, the name after "of", "from", "for", "in" or "at" counts ("a
//!    diplomat from Mali"), and after "to" unless the head is sent there ("an aide to Botha").
//! 5. Names joined by "and" count together ("Israeli and Palestinian negotiators").

use std::ops::Range;

use super::Link;
use super::gazetteer::Lexicon;
use super::names::Party;
use crate::words::{Case, Gap, Word};

/// What a name in the text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Party(Party, Link),
    /// A name on the user's ignore list.
    Ignored,
}

/// A name found at a place in a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub words: usize,
    pub target: Target,
}

/// What a phrase stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    Targets(Vec<Target>),
    Unknown,
}

struct Span {
    words: Range<usize>,
    target: Target,
}

/// Reads phrases with the names that a lookup knows.
pub(super) struct Reader<'a, F> {
    pub lexicon: &'a Lexicon,
    /// The name at a word, if there is one.
    pub find: F,
}

impl<F: Fn(&[Word], usize) -> Option<Found>> Reader<'_, F> {
    /// Read a mention.
    pub fn read(&self, words: &[Word]) -> Reading {
        let spans = self.spans(words);
        if spans.is_empty() {
            return Reading::Unknown;
        }
        let mut start = 0;
        while start < words.len() {
            let inside = |at: usize| spans.iter().any(|s| s.words.start < at && at < s.words.end);
            let end = (start + 1..words.len())
                .find(|&at| {
                    matches!(words[at].gap, Gap::Comma | Gap::Open | Gap::Break)
                        && !inside(at)
                        && !lists_on(words, &spans, at)
                })
                .unwrap_or(words.len());
            match self.segment(words, &spans, start..end) {
                Reading::Unknown => start = end,
                reading => return reading,
            }
        }
        Reading::Unknown
    }

    /// The names in the words, leaving out "Saudi-led" and "anti-American".
    fn spans(&self, words: &[Word]) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let Some(mut found) = (self.find)(words, at) else {
                at += 1;
                continue;
            };
            // "the West" gives way to "West German".
            if words[at].key == "the"
                && let Some(longer) = (self.find)(words, at + 1)
                && longer.words >= found.words
            {
                found = longer;
                at += 1;
            }
            let end = at + found.words.max(1);
            let hyphened = |at: usize| words.get(at).filter(|word| word.gap == Gap::Hyphen);
            let turned = hyphened(at).is_some() && at > 0 && self.lexicon.against(&words[at - 1]);
            let led = hyphened(end).is_some_and(|word| self.lexicon.led_by(word));
            if !turned && !led {
                spans.push(Span {
                    words: at..end,
                    target: found.target,
                });
            }
            at = end;
        }
        spans
    }

    fn segment(&self, words: &[Word], spans: &[Span], mut range: Range<usize>) -> Reading {
        let lexicon = self.lexicon;
        // "Laurence Fabre-Lacour, of the French foreign ministry"
        while range.len() > 1
            && lexicon.stop(&words[range.start])
            && !names_here(spans, range.start)
        {
            range.start += 1;
        }
        let head_end = (range.start + 1..range.end)
            .find(|&at| lexicon.stop(&words[at]) && !covered(spans, at))
            .unwrap_or(range.end);
        let in_head: Vec<usize> = (0..spans.len())
            .filter(|&i| spans[i].words.start >= range.start && spans[i].words.end <= head_end)
            .collect();
        if let Some(&last) = in_head.last() {
            return self.head(words, spans, last, range.start, head_end);
        }
        let Some(stop) = (head_end < range.end).then(|| &words[head_end]) else {
            return Reading::Unknown;
        };
        let head = &words[range.start..head_end];
        let proper = head
            .iter()
            .skip(1)
            .any(|w| w.is_capital() && !lexicon.office(w))
            || head.len() == 1 && head[0].is_capital() && lexicon.institution(&head[0]);
        let institution = head
            .iter()
            .any(|w| w.is_capital() && lexicon.institution(w))
            && !head.iter().any(|w| lexicon.office(w));
        let owned = head.iter().any(|w| w.possessive);
        let related = head
            .iter()
            .any(|w| lexicon.relation(w) || w.key == "former");
        let leads_on = match stop.key.as_str() {
            "of" | "from" | "for" | "representing" => !institution && !owned && !related,
            "in" | "at" | "inside" | "within" => !proper && !owned,
            "to" | "close" => !proper && !head.iter().any(|w| lexicon.sent_to(w)),
            "between" | "among" => !related,
            _ => false,
        };
        if !leads_on {
            return Reading::Unknown;
        }
        self.segment(words, spans, head_end + 1..range.end)
    }

    /// The party of a head that holds names, of which `last` is the last.
    fn head(
        &self,
        words: &[Word],
        spans: &[Span],
        last: usize,
        start: usize,
        head_end: usize,
    ) -> Reading {
        let lexicon = self.lexicon;
        let span = &spans[last];
        let rest = &words[span.words.end..head_end];
        // "Papua New Guinea and rebels": what is joined to a name says nothing of it.
        let joined_on = rest
            .iter()
            .position(|word| matches!(word.key.as_str(), "and" | "or"));
        let rest = match joined_on {
            Some(at) if rest[at + 1..].iter().all(|word| word.case == Case::Lower) => &rest[..at],
            _ => rest,
        };
        let possessive = words[span.words.end - 1].possessive;
        // "former South African President Thabo Mbeki" speaks for somebody else now.
        let former = words[start..span.words.start]
            .iter()
            .any(|word| word.key == "former");
        if former && rest.iter().any(|word| lexicon.office(word)) {
            return Reading::Unknown;
        }
        if possessive {
            if rest.iter().any(|word| lexicon.relation(word)) {
                return Reading::Unknown;
            }
        } else if rest.is_empty() {
            if self.part_of_longer(words, spans, span, start) || self.goes_on(words, span) {
                return Reading::Unknown;
            }
        } else {
            let last_word = &rest[rest.len() - 1];
            // "Iranian newspapers", but not "Iranian state television".
            let of_state = rest
                .iter()
                .any(|w| matches!(w.key.as_str(), "state" | "official"));
            let private = last_word.case == Case::Lower && lexicon.private(last_word) && !of_state;
            if private && from_gazetteer(span) {
                return Reading::Unknown;
            }
            let proper: Vec<&Word> = rest.iter().filter(|word| word.is_capital()).collect();
            let office = rest.iter().any(|word| lexicon.office(word));
            let ends_as_institution = proper
                .last()
                .is_some_and(|word| lexicon.institution(word) && !lexicon.office(word));
            // After the user's or the article's own names the rest may be a person's ("Anwar
            // Ibrahim").
            let apart = if from_gazetteer(span) { !office } else { false };
            if !proper.is_empty() && !all_capitals(words) && (apart || ends_as_institution) {
                return Reading::Unknown;
            }
            if rest[0].gap == Gap::Hyphen && rest[0].is_capital() && !all_capitals(words) {
                return Reading::Unknown;
            }
        }
        Reading::Targets(joined(words, spans, last, start))
    }

    /// Whether a name for short goes on as another's: "the Bank" in "the Bank of Japan".
    fn goes_on(&self, words: &[Word], span: &Span) -> bool {
        span.words.len() == 1
            && self.lexicon.institution(&words[span.words.start])
            && words
                .get(span.words.end)
                .is_some_and(|word| word.key == "of")
            && words.get(span.words.end + 1).is_some_and(Word::is_capital)
    }

    /// Whether capitalised words before a name make it part of another name: "Port Sudan",
    /// "Michael Jordan", "Air France".
    fn part_of_longer(&self, words: &[Word], spans: &[Span], span: &Span, start: usize) -> bool {
        let lexicon = self.lexicon;
        if matches!(
            span.target,
            Target::Ignored | Target::Party(_, Link::List | Link::Article)
        ) || span.words.start <= start
            || all_capitals(words)
        {
            return false;
        }
        let before = &words[span.words.start - 1];
        let gap = words[span.words.start].gap;
        // "Kabui-Nato", but "Franco-German".
        let surname = gap == Gap::Hyphen && !before.key.ends_with('o');
        (gap == Gap::Space || surname)
            && before.is_capital()
            && !before.possessive
            && !covered(spans, span.words.start - 1)
            && !lexicon.office(before)
            && !lexicon.title(before)
            && !lexicon.modifier(before)
            && !lexicon.determiner(before)
            && !lexicon.portfolio(before)
            && !lexicon.owner(before)
    }
}

/// The target of span `last` with those joined to it by "and" or a comma in a list.
fn joined(words: &[Word], spans: &[Span], last: usize, start: usize) -> Vec<Target> {
    let mut first = last;
    let mut by_and = false;
    while first > 0 && spans[first - 1].words.start >= start {
        match link_between(words, &spans[first - 1], &spans[first]) {
            Some(and) if and || by_and => by_and |= and,
            _ => break,
        }
        first -= 1;
    }
    let mut end = last;
    while end + 1 < spans.len()
        && link_between(words, &spans[end], &spans[end + 1]).is_some_and(|and| and)
    {
        end += 1;
    }
    let mut targets: Vec<Target> = Vec::new();
    for span in &spans[first..=end] {
        if !targets.contains(&span.target) {
            targets.push(span.target.clone());
        }
    }
    // An ignored name among others leaves the others.
    if targets.iter().any(|target| *target != Target::Ignored) {
        targets.retain(|target| *target != Target::Ignored);
    }
    targets
}

/// Whether two names follow each other in a list: `Some(true)` with "and", `Some(false)` with a
/// comma only.
fn link_between(words: &[Word], one: &Span, other: &Span) -> Option<bool> {
    let between = words.get(one.words.end..other.words.start)?;
    let mut and = false;
    // "Sudan's army and the Rapid Support Forces"
    let mut owned = words
        .get(one.words.end - 1)
        .is_some_and(|word| word.possessive);
    for word in between {
        match word.key.as_str() {
            "and" | "or" | "&" | "plus" => {
                and = true;
                owned = false;
            }
            "the" => {}
            _ if owned && word.case == Case::Lower => {}
            _ => return None,
        }
    }
    let comma = words
        .get(one.words.end)
        .is_some_and(|word| word.gap == Gap::Comma);
    let hyphen = between.is_empty()
        && words
            .get(one.words.end)
            .is_some_and(|word| word.gap == Gap::Hyphen);
    (and || comma || hyphen).then_some(and || hyphen)
}

/// Whether the comma at word `at` only goes on with a list of names that ends in "and".
fn lists_on(words: &[Word], spans: &[Span], at: usize) -> bool {
    let Some(mut i) = spans.iter().position(|span| span.words.end == at) else {
        return false;
    };
    while i + 1 < spans.len() {
        match link_between(words, &spans[i], &spans[i + 1]) {
            Some(true) => return true,
            Some(false) => i += 1,
            None => return false,
        }
    }
    false
}

fn from_gazetteer(span: &Span) -> bool {
    matches!(span.target, Target::Party(_, Link::Gazetteer))
}

fn covered(spans: &[Span], at: usize) -> bool {
    spans.iter().any(|span| span.words.contains(&at))
}

fn names_here(spans: &[Span], at: usize) -> bool {
    spans.iter().any(|span| span.words.start == at)
}

/// A phrase in capitals only, such as a headline's, whose capitals mean nothing.
pub(super) fn all_capitals(words: &[Word]) -> bool {
    words
        .iter()
        .all(|word| matches!(word.case, Case::Upper | Case::None) || word.key.len() == 1)
        && words.iter().any(|word| word.key.chars().count() > 4)
}
