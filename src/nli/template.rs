//! A hypothesis with places for the party and what it is about.

use crate::scores::Unit;

/// A hypothesis, cut at its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The words that stand for the party.
    Party,
    /// The party's name.
    Name,
    Issue,
}

impl Template {
    /// Read a hypothesis.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, after)) = after.split_once('}') else {
                return Err(format!("{text:?} has an opening brace that nothing closes"));
            };
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(match place.trim() {
                "party" => Part::Party,
                "name" => Part::Name,
                "issue" => Part::Issue,
                _ => {
                    return Err(format!(
                        "{{{place}}} in {text:?} is not known; {{party}}, {{name}} and {{issue}} are"
                    ));
                }
            });
            rest = after;
        }
        if rest.contains('}') {
            return Err(format!("{text:?} has a closing brace that nothing opens"));
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        // Without the party every party of a sentence would get the same.
        if !parts
            .iter()
            .any(|part| matches!(part, Part::Party | Part::Name))
        {
            return Err(format!(
                "{text:?} does not say of whom; write {{party}} where the party stands"
            ));
        }
        Ok(Template(parts))
    }

    /// The hypothesis of a unit, about what `about` says.
    pub fn fill(&self, unit: &Unit, about: &str) -> String {
        let words: String = self
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Party => subject(unit.mention),
                Part::Name => unit.party,
                Part::Issue => about,
            })
            .collect();
        capitalised(&one_line(&words))
    }
}

/// A mention as the subject of a sentence: a pronoun has another form there.
fn subject(mention: &str) -> &str {
    let is = |pronoun: &str| {
        // "US" is no pronoun.
        mention == pronoun || mention == capitalised(pronoun)
    };
    for (subject, others) in [
        ("it", ["its", "itself"].as_slice()),
        ("they", &["them", "their", "theirs", "themselves"]),
        ("he", &["him", "his", "himself"]),
        ("she", &["her", "hers", "herself"]),
        ("we", &["us", "our", "ours", "ourselves"]),
        ("I", &["me", "my", "mine", "myself"]),
    ] {
        if others.iter().any(|other| is(other)) {
            return subject;
        }
    }
    mention
}

/// Line breaks and other white space as single spaces.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, mention: &str) -> String {
        let unit = Unit {
            sentence: "",
            party: "Ukraine",
            mention,
            issues: &[],
        };
        Template::parse(template).unwrap().fill(&unit, "the grain")
    }

    #[test]
    fn places_are_filled() {
        let template = " In {issue}, {party} ({name}) hopes. ";
        assert_eq!(
            filled(template, "Kyiv"),
            "In the grain, Kyiv (Ukraine) hopes."
        );
        assert_eq!(
            filled("{party} hopes", "the\n  delegation"),
            "The delegation hopes"
        );
        assert_eq!(filled("{ party } hopes", "élysée"), "Élysée hopes");
    }

    #[test]
    fn pronouns_become_subjects_and_acronyms_stay() {
        for (mention, hypothesis) in [
            ("its", "It hopes"),
            ("Their", "They hopes"),
            ("them", "They hopes"),
            ("us", "We hopes"),
            ("US", "US hopes"),
            ("it", "It hopes"),
        ] {
            assert_eq!(filled("{party} hopes", mention), hypothesis);
        }
    }
}
