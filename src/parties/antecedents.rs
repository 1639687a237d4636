//! Antecedents: the earlier mention for whose party a pronoun, a description or an unknown name
//! stands.

use std::collections::{HashMap, HashSet};

use super::anaphors::{Anaphor, Kind};
use super::gazetteer::Gazetteer;
use super::own_names::names_a_body;
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

/// How sure an antecedent must be for a name to become another party's: "Finance Minister Goh"
/// may be Singapore's, but a new name mostly is a new party.
const NAME_THRESHOLD: f32 = 1.0;

/// How sure it must be for an organisation's name: "the United Auto Workers" are hardly ever
/// another party.
const BODY_THRESHOLD: f32 = 5.0;

/// How sure it must be for a minister to be a state's that the article names, of which there
/// nearly always is one ("Defense Minister Ramon Villacis").
const MINISTER_THRESHOLD: f32 = -0.5;

/// How likely the second of "both sides" must be, once the first is found.
const PLURAL_THRESHOLD: f32 = -2.0;

/// How likely a party must be one of "the four leaders", with whom the article opened. Somebody it
/// must be, so less will do than for one antecedent.
const MEMBER_THRESHOLD: f32 = -1.0;

/// Give the mentions that no name decided the parties of their antecedents.
///
/// Mentions are read in order, and each joins those that stand for one party: an anaphor the
/// mentions of its best antecedent, an unknown name those that all its mentions together speak
/// for. A name may also come before its party's ("Robert Fico ... Slovakia"): the party's
/// first mention then looks back to the name. So do the parties of "the four leaders" before whom
/// none of them was named. What stands together gets the known party's name,
/// else the most frequent own name, else the first description. `ministers` are the mentions that
/// have that title.
pub(super) fn refer_back(
    links: &mut [Vec<Linked>],
    own: &[Option<String>],
    anaphors: &HashMap<usize, Anaphor>,
    ministers: &HashSet<usize>,
    antecedents: &dyn Antecedents,
) {
    let mut groups = Groups::default();
    let mut mentions_of: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, name) in own.iter().enumerate() {
        if let Some(name) = name
            && !anaphors.contains_key(&at)
        {
            mentions_of.entry(name).or_default().push(at);
        }
    }
    // The groups of each mention; several for "both sides".
    let mut of: Vec<Vec<usize>> = vec![Vec::new(); links.len()];
    for at in 0..links.len() {
        let name = own.get(at).and_then(Option::as_deref);
        of[at] = match (name, anaphors.get(&at)) {
            (None, _) => {
                let parties: Vec<&str> = links[at].iter().map(|l| l.party.as_str()).collect();
                for party in &parties {
                    if !groups.known.contains_key(*party) {
                        groups.adopt(party, at, &of, antecedents);
                    }
                }
                parties.iter().map(|party| groups.of_party(party)).collect()
            }
            (Some(name), None) => {
                let mentions = mentions_of.get(name).map_or(&[][..], Vec::as_slice);
                let minister = mentions.iter().any(|at| ministers.contains(at));
                vec![groups.of_name(name, mentions, minister, &of, antecedents)]
            }
            (Some(name), Some(anaphor)) => groups.of_anaphor(name, anaphor, at, &of, antecedents),
        };
    }
    for (at, found) in of.iter().enumerate() {
        let Some(name) = own.get(at).and_then(Option::as_deref) else {
            continue;
        };
        let mut parties: Vec<&str> = Vec::new();
        for group in found.iter().flat_map(|group| groups.each(*group)) {
            let party = groups.name(group);
            if !parties.contains(&party) {
                parties.push(party);
            }
        }
        if !parties.is_empty() && parties != [name] {
            links[at] = parties
                .into_iter()
                .map(|party| Linked {
                    party: party.to_string(),
                    link: Link::Antecedent,
                })
                .collect();
        }
    }
}

/// How sure an antecedent must be for an unknown name.
fn threshold(name: &str, gazetteer: &Gazetteer) -> f32 {
    if names_a_body(name, &gazetteer.lexicon) {
        BODY_THRESHOLD
    } else {
        NAME_THRESHOLD
    }
}

/// Mentions that stand for one party.
#[derive(Debug, Default)]
struct Group {
    /// Its canonical name, if list, gazetteer or article know it.
    party: Option<String>,
    /// Own names with the number of mentions, in order.
    names: Vec<(String, u32)>,
    description: Option<String>,
    /// Of a description of several parties before any of them was named: who they are.
    several: Option<Several>,
    /// The group that this one has become part of.
    merged: Option<usize>,
}

/// The parties that a description such as "the four leaders" stands for.
#[derive(Debug)]
struct Several {
    covers: usize,
    /// The groups of those that were named since, in order, at most so many.
    members: Vec<usize>,
}

#[derive(Debug, Default)]
struct Groups {
    all: Vec<Group>,
    known: HashMap<String, usize>,
    named: HashMap<String, usize>,
}

impl Groups {
    fn add(&mut self, group: Group) -> usize {
        self.all.push(group);
        self.all.len() - 1
    }

    /// The group that a group has ended up in.
    fn end(&self, mut group: usize) -> usize {
        while let Some(next) = self.all[group].merged {
            group = next;
        }
        group
    }

    fn merge(&mut self, from: usize, into: usize) {
        let names = std::mem::take(&mut self.all[from].names);
        self.all[into].names.extend(names);
        self.all[from].merged = Some(into);
    }

    fn of_party(&mut self, party: &str) -> usize {
        if let Some(group) = self.known.get(party) {
            return *group;
        }
        let group = self.add(Group {
            party: Some(party.to_string()),
            ..Group::default()
        });
        self.known.insert(party.to_string(), group);
        group
    }

    /// Let a party that is mentioned for the first time take over the unknown name before it that
    /// stands for it.
    fn adopt(&mut self, party: &str, at: usize, of: &[Vec<usize>], antecedents: &dyn Antecedents) {
        let mut best = self.antecedents(&[at], of, antecedents);
        let several = self.take_several(&mut best);
        let group = self.of_party(party);
        self.join(group, &several);
        let Some(&(name, score)) = best.first() else {
            return;
        };
        if score > 0.0 && self.all[name].party.is_none() {
            self.merge(name, group);
        }
    }

    /// The group of an unknown name, of which these are all mentions in order.
    fn of_name(
        &mut self,
        name: &str,
        mentions: &[usize],
        minister: bool,
        of: &[Vec<usize>],
        antecedents: &dyn Antecedents,
    ) -> usize {
        let group = match self.named.get(name) {
            Some(group) => self.end(*group),
            None => {
                let mut best = self.antecedents(mentions, of, antecedents);
                let several = self.take_several(&mut best);
                let gazetteer = Gazetteer::built_in();
                let of_state = best.iter().find(|(group, score)| {
                    let party = self.all[*group].party.as_ref();
                    *score > MINISTER_THRESHOLD
                        && party.is_some_and(|p| gazetteer.states.contains(p))
                });
                let group = match (best.first(), of_state) {
                    (_, Some((group, _))) if minister => *group,
                    (Some((group, score)), _) if *score > threshold(name, gazetteer) => *group,
                    _ => self.add(Group::default()),
                };
                self.named.insert(name.to_string(), group);
                self.join(group, &several);
                group
            }
        };
        let names = &mut self.all[group].names;
        match names.iter_mut().find(|(known, _)| known == name) {
            Some((_, uses)) => *uses += 1,
            None => names.push((name.to_string(), 1)),
        }
        group
    }

    /// The groups for which a pronoun or description stands; none if it is a pronoun that refers
    /// to nothing.
    fn of_anaphor(
        &mut self,
        name: &str,
        anaphor: &Anaphor,
        at: usize,
        of: &[Vec<usize>],
        antecedents: &dyn Antecedents,
    ) -> Vec<usize> {
        let mut best = self.antecedents(&[at], of, antecedents);
        let several = self.take_several(&mut best);
        if let Some(&(group, score)) = several.first()
            && (anaphor.covers > 1 || anaphor.kind == Kind::Pronoun)
            && score > best.first().map_or(0.0, |(_, best)| best.max(0.0))
        {
            return vec![group];
        }
        let likely = best.first().map(|(_, score)| *score).filter(|s| *s > 0.0);
        let least = match likely {
            // "Both sides" are two, though the second may be the less certain.
            Some(_) if anaphor.covers > 1 => PLURAL_THRESHOLD,
            _ => 0.0,
        };
        best.retain(|(_, score)| *score > least);
        // All that the likeliest mention stands for have its score.
        let alike = best.iter().filter(|(_, score)| Some(*score) == likely);
        let covers = if anaphor.as_antecedent {
            anaphor.covers.max(alike.count())
        } else {
            anaphor.covers
        };
        best.truncate(covers);
        if !best.is_empty() {
            return best.into_iter().map(|(group, _)| group).collect();
        }
        let several = (anaphor.covers > 1).then(|| Several {
            covers: anaphor.covers,
            members: Vec::new(),
        });
        // "It" that refers to nothing is nobody's antecedent.
        if anaphor.kind == Kind::Pronoun && several.is_none() {
            return Vec::new();
        }
        vec![self.add(Group {
            description: Some(name.to_string()),
            several,
            ..Group::default()
        })]
    }

    /// Take the descriptions of several parties out of the candidates.
    fn take_several(&self, best: &mut Vec<(usize, f32)>) -> Vec<(usize, f32)> {
        let several = |&(group, _): &(usize, f32)| self.all[group].several.is_some();
        let taken = best.iter().copied().filter(several).collect();
        best.retain(|one| !several(one));
        taken
    }

    /// Make a party that was named for the first time one of those described before.
    fn join(&mut self, party: usize, descriptions: &[(usize, f32)]) {
        for &(description, score) in descriptions {
            if score > MEMBER_THRESHOLD
                && let Some(several) = &mut self.all[description].several
                && several.members.len() < several.covers
                && !several.members.contains(&party)
            {
                several.members.push(party);
            }
        }
    }

    /// The groups for which one stands: those of "the four leaders", or itself.
    fn each(&self, group: usize) -> Vec<usize> {
        let group = self.end(group);
        match &self.all[group].several {
            Some(several) if !several.members.is_empty() => several.members.clone(),
            _ => vec![group],
        }
    }

    /// The groups that were formed so far, best first, for mentions that stand for one party: each
    /// group with the mean over the mentions of the score of the group's best mention.
    fn antecedents(
        &self,
        mentions: &[usize],
        of: &[Vec<usize>],
        antecedents: &dyn Antecedents,
    ) -> Vec<(usize, f32)> {
        // By group: sum and number of the mentions' scores.
        let mut sums: Vec<(usize, f32, u32)> = Vec::new();
        for at in mentions {
            for (group, score) in self.best_of_each(*at, of, antecedents) {
                match sums.iter_mut().find(|(known, ..)| *known == group) {
                    Some((_, sum, count)) => {
                        *sum += score;
                        *count += 1;
                    }
                    None => sums.push((group, score, 1)),
                }
            }
        }
        let mut best: Vec<(usize, f32)> = sums
            .into_iter()
            .map(|(group, sum, count)| (group, sum / count as f32))
            .collect();
        best.sort_by(|one, other| other.1.total_cmp(&one.1));
        best
    }

    /// The groups of the mentions before one, each with the score of its best mention.
    fn best_of_each(
        &self,
        at: usize,
        of: &[Vec<usize>],
        antecedents: &dyn Antecedents,
    ) -> Vec<(usize, f32)> {
        let mut best: Vec<(usize, f32)> = Vec::new();
        for (earlier, groups) in of.iter().enumerate().take(at) {
            if groups.is_empty() {
                continue;
            }
            let score = antecedents.score(at, earlier);
            if !score.is_finite() {
                continue;
            }
            for group in groups.iter().map(|group| self.end(*group)) {
                match best.iter_mut().find(|(known, _)| *known == group) {
                    Some((_, most)) => *most = score.max(*most),
                    None => best.push((group, score)),
                }
            }
        }
        best
    }

    /// What a group's mentions are called.
    fn name(&self, group: usize) -> &str {
        let group = &self.all[self.end(group)];
        let most_used = || {
            let uses = group.names.iter().map(|(_, uses)| *uses).max()?;
            let (name, _) = group.names.iter().find(|(_, used)| *used == uses)?;
            Some(name)
        };
        let name = group.party.as_ref().or_else(most_used);
        name.or(group.description.as_ref())
            .map_or("", String::as_str)
    }
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
    fn leaders_with_whom_the_article_opens_are_those_named_next() {
        let text = "The two leaders met. Kenya smiled. Both laughed. Uganda left. They had met \
                    Rwanda. The host stayed.";
        let mentions = [
            "The two leaders",
            "Kenya",
            "Both",
            "Uganda",
            "They",
            "Rwanda",
            "The host",
        ];
        let scores = vec![
            ((1, 0), 2.0),
            ((2, 0), 3.0),
            ((2, 1), 1.0),
            ((3, 0), -0.5),
            ((4, 2), 3.0),
            ((5, 0), 1.0),
            ((6, 0), 4.0),
            ((6, 5), 1.0),
        ];
        let found = parties(text, &mentions, scores);
        for both in [0, 2, 4] {
            assert_eq!(found[both], ["Kenya", "Uganda"]);
        }
        // A host is one party, and so not the two.
        assert_eq!(found[6], ["Rwanda"]);
    }

    #[test]
    fn leaders_who_are_never_named_keep_their_words() {
        let found = parties(
            "The two leaders met. Kenya left.",
            &["The two leaders", "Kenya"],
            vec![((1, 0), -3.0)],
        );
        assert_eq!(found, [["two leaders"], ["Kenya"]]);
    }

    #[test]
    fn they_are_one_party_or_two() {
        let text = "Kenya and Uganda met Rwanda. They left. They came back.";
        let scores = vec![((2, 0), 2.0), ((2, 1), 1.0), ((3, 1), 2.0)];
        let mentions = ["Kenya and Uganda", "Rwanda", "They", "They"];
        let found = parties(text, &mentions, scores);
        assert_eq!(found[2], ["Kenya", "Uganda"]);
        assert_eq!(found[3], ["Rwanda"]);
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

    #[test]
    fn a_minister_is_a_states() {
        let text = "Acme met Kenya. Finance Minister Goh left. Goh laughed.";
        let scores = vec![((2, 0), 3.0), ((3, 0), 3.0), ((2, 1), -0.2), ((3, 1), -0.2)];
        let mentions = ["Acme", "Kenya", "Finance Minister Goh", "Goh"];
        assert_eq!(parties(text, &mentions, scores.clone())[2], ["Kenya"]);
        let text = text.replace("Finance Minister", "Miss");
        let mentions = ["Acme", "Kenya", "Miss Goh", "Goh"];
        let found = parties(&text, &mentions, scores);
        assert_eq!(found[2], found[0]);
    }

    #[test]
    fn all_mentions_of_a_name_speak_for_its_party() {
        let text = "Kenya met Goh. Goh left. Goh came back.";
        let mentions = ["Kenya", "Goh", "Goh", "Goh"];
        let once = vec![((1, 0), 3.0)];
        assert_eq!(parties(text, &mentions, once)[1], ["Goh"]);
        let mostly = vec![((1, 0), 3.0), ((2, 0), 3.0)];
        assert_eq!(parties(text, &mentions, mostly)[3], ["Kenya"]);
    }
}
