//! Antecedents: the earlier mention for whose party a pronoun, a description or an unknown name
//! stands.

use std::collections::HashMap;

use super::anaphors::Kind;
use super::{Link, Linked};

/// How likely it is that a mention and an earlier one stand for the same party.
///
/// The implementation is the model's business; the linker asks it only about mentions that no
/// name decides.
pub trait Antecedents {
    /// Log-odds that mention `later` stands for the party of mention `earlier`, both as indices
    /// into the article's mentions, `earlier < later`. Above 0 is more likely than not; a mention
    /// without a candidate above 0 stays under its own words.
    fn score(&self, later: usize, earlier: usize) -> f32;
}

/// Give the mentions that no name decided the parties of their antecedents. People and
/// institutions that nothing knows are asked about too, all mentions of one name together:
/// "Finance Minister Goh" may be Singapore's, and then so is every later "Goh".
pub(super) fn refer_back(
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
            // "both sides" without antecedents, or "it", are nobody's antecedent.
            (true, Some(&(kind, covers))) if kind == Kind::Pronoun || covers > 1 => Rank::Nothing,
            (true, Some(_)) => Rank::Description,
        })
        .collect();
    for at in 0..links.len() {
        let Some(name) = own.get(at).and_then(Option::as_deref) else {
            continue;
        };
        // A name may come before its party's ("Robert Fico ... Slovakia") and takes no
        // description's place; an anaphor looks back and is content with less.
        let (together, covers, reach, least) = match anaphors.get(&at) {
            Some(&(_, covers)) => (vec![at], covers, at, Rank::Description),
            None => match groups.remove(name) {
                Some(together) => (together, 1, links.len(), Rank::OwnName),
                None => continue,
            },
        };
        let candidates: Vec<(usize, Rank)> = (0..reach)
            .filter(|candidate| !together.contains(candidate))
            .map(|candidate| (candidate, rank[candidate]))
            .filter(|&(candidate, rank)| rank == Rank::Party || rank >= least && candidate < at)
            .collect();
        let parties = resolve(&together, covers, links, &candidates, antecedents);
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

/// How much a mention's link says, and so how good an antecedent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A pronoun that refers to nothing.
    Nothing,
    /// A description under its own words.
    Description,
    /// A name that nothing knows.
    OwnName,
    /// A known party, or one found by an antecedent.
    Party,
}

/// The parties to which the mentions of one name (or one anaphor) refer, best first. Candidates
/// that name a party come before those that only have words of their own.
fn resolve(
    mentions: &[usize],
    covers: usize,
    links: &[Vec<Linked>],
    candidates: &[(usize, Rank)],
    antecedents: &dyn Antecedents,
) -> Vec<String> {
    let mut best: Vec<(&str, Rank, f32)> = Vec::new();
    for &mention in mentions {
        for &(candidate, rank) in candidates {
            let score = antecedents.score(mention.max(candidate), mention.min(candidate));
            if !score.is_finite() || score <= 0.0 {
                continue;
            }
            for link in links.get(candidate).into_iter().flatten() {
                match best.iter_mut().find(|(party, ..)| *party == link.party) {
                    Some((_, known, most)) => {
                        *known = rank.max(*known);
                        *most = score.max(*most);
                    }
                    None => best.push((&link.party, rank, score)),
                }
            }
        }
    }
    best.sort_by(|one, other| other.1.cmp(&one.1).then(other.2.total_cmp(&one.2)));
    best.truncate(covers);
    best.into_iter()
        .map(|(party, ..)| party.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Linker;
    use super::*;

    /// Scores by (later, earlier) pairs; all others are unlikely.
    struct Pairs(Vec<((usize, usize), f32)>);

    impl Antecedents for Pairs {
        fn score(&self, later: usize, earlier: usize) -> f32 {
            let known = self.0.iter().find(|(pair, _)| *pair == (later, earlier));
            known.map_or(-1.0, |(_, score)| *score)
        }
    }

    fn parties(
        text: &str,
        mentions: &[&str],
        pairs: Vec<((usize, usize), f32)>,
    ) -> Vec<Vec<String>> {
        let mut from = 0;
        let spans: Vec<_> = mentions
            .iter()
            .map(|mention| {
                let start = from + text[from..].find(mention).unwrap();
                from = start + mention.len();
                start..from
            })
            .collect();
        let linker = Linker::new(None);
        let links = linker.article(None, text).link(&spans, Some(&Pairs(pairs)));
        links
            .into_iter()
            .map(|linked| linked.into_iter().map(|link| link.party).collect())
            .collect()
    }

    #[test]
    fn both_sides_are_two_parties_and_it_is_one() {
        let text = "Kenya met Uganda. Both sides smiled. It left early, and Rwanda stayed.";
        let scores = vec![((2, 0), 1.0), ((2, 1), 2.0), ((3, 0), 1.0), ((3, 1), 0.5)];
        let found = parties(
            text,
            &["Kenya", "Uganda", "Both sides", "It", "Rwanda"],
            scores,
        );
        assert_eq!(found[2], ["Uganda", "Kenya"]);
        assert_eq!(found[3], ["Kenya"]);
        assert_eq!(found[4], ["Rwanda"]);
    }

    #[test]
    fn without_a_likely_antecedent_a_mention_keeps_its_words() {
        let scores = vec![((1, 0), -0.1), ((2, 1), 3.0), ((2, 0), f32::NAN)];
        let found = parties(
            "Kenya met. It rained. It poured.",
            &["Kenya", "It", "It"],
            scores,
        );
        assert_eq!(found[1], ["it"]);
        // A pronoun that refers to nothing is nobody's antecedent.
        assert_eq!(found[2], ["it"]);
    }

    #[test]
    fn an_unknown_name_is_resolved_once_for_the_article() {
        let text = "Robert Fico refused. Mr Fico left. Slovakia stayed away. Fico was tired.";
        let found = parties(
            text,
            &["Robert Fico", "Mr Fico", "Slovakia", "Fico"],
            vec![((2, 1), 1.5)],
        );
        assert!(
            found.iter().all(|party| *party == ["Slovakia"]),
            "{found:?}"
        );
    }
}
