//! What each stance is in words: a user's list of hypotheses, or the built-in one.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::template::Template;
use crate::lists::{self, ListError, ListText};
use crate::model::folder::sha256;
use crate::scores::{MOST_OWN, NEUTRAL, StanceNames, Unit};

const BUILT_IN: &str = include_str!("../../data/stances.toml");

/// The stances to tell apart, and the hypotheses of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StanceList {
    names: StanceNames,
    /// In the order of the names; empty only for neutral.
    templates: Vec<Vec<Template>>,
    no_issue: String,
    issues: BTreeMap<String, String>,
    checksum: String,
}

/// What messages say of the form of a list.
const FORM: &str = "A list of stances holds [[stance]] entries with name and hypotheses, and may \
                    hold no_issue and a table [issues].";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    no_issue: Option<Spanned<String>>,
    #[serde(default)]
    issues: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    stance: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    hypotheses: Spanned<Vec<Spanned<String>>>,
}

impl StanceList {
    /// The list that is built in, `data/stances.toml`.
    pub fn built_in() -> Result<StanceList, ListError> {
        StanceList::parse(BUILT_IN, "the built-in list of stances")
    }

    /// Read and check a list.
    pub fn read(path: &Path) -> Result<StanceList, ListError> {
        StanceList::parse(&lists::read(path)?, &path.display().to_string())
    }

    /// Read a list from a text; `file` is what messages call it.
    pub fn parse(text: &str, file: &str) -> Result<StanceList, ListError> {
        let list = ListText::new(text, file);
        let read: File = list.parse(FORM)?;
        let mut described: BTreeMap<&str, Vec<Template>> = BTreeMap::new();
        for entry in &read.stance {
            let name = entry.name.get_ref();
            let problem = |problem: String| Err(list.problem(&entry.name.span(), problem));
            if let Err(reason) = StanceNames::check(name) {
                return problem(reason);
            }
            if described.contains_key(name.as_str()) {
                return problem(format!(
                    "a second entry for {name:?}; put all its hypotheses in one"
                ));
            }
            let own = described.entry(name).or_default();
            for hypothesis in entry.hypotheses.get_ref() {
                let template = Template::parse(hypothesis.get_ref())
                    .map_err(|reason| list.problem(&hypothesis.span(), reason))?;
                own.push(template);
            }
            if own.is_empty() {
                let problem = format!("{name:?} has no hypothesis; write at least one");
                return Err(list.problem(&entry.hypotheses.span(), problem));
            }
            let neutral = usize::from(described.contains_key(NEUTRAL));
            if described.len() - neutral > MOST_OWN {
                return problem(format!(
                    "{name:?} is one too many; a list has at most {MOST_OWN} stances and \
                     {NEUTRAL:?}"
                ));
            }
        }
        let named = read
            .stance
            .iter()
            .map(|entry| entry.name.get_ref().as_str());
        let names = StanceNames::new(named).map_err(|reason| {
            let end = text.len().saturating_sub(1);
            list.problem(&(end..end), format!("{reason}, in a [[stance]] entry"))
        })?;
        let templates = names
            .iter()
            .map(|name| described.remove(name).unwrap_or_default())
            .collect();
        let phrases = read.no_issue.iter().chain(read.issues.values());
        for phrase in phrases {
            if phrase.get_ref().trim().is_empty() {
                let problem = "an empty phrase; write what {issue} is to say";
                return Err(list.problem(&phrase.span(), problem));
            }
        }
        let trimmed = |phrase: Spanned<String>| phrase.into_inner().trim().to_owned();
        Ok(StanceList {
            names,
            templates,
            no_issue: read
                .no_issue
                .map_or_else(|| "the talks".to_owned(), trimmed),
            issues: read
                .issues
                .into_iter()
                .map(|(issue, phrase)| (issue, trimmed(phrase)))
                .collect(),
            checksum: sha256(text.as_bytes()),
        })
    }

    /// The stances' names: as they come in the list, neutral last.
    pub fn names(&self) -> &StanceNames {
        &self.names
    }

    /// SHA-256 of the list's text.
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// Whether neutral has hypotheses of its own.
    pub fn describes_neutral(&self) -> bool {
        self.templates.last().is_some_and(|own| !own.is_empty())
    }

    /// The hypotheses of a unit, by stance in the order of the names.
    pub fn hypotheses(&self, unit: &Unit) -> Vec<Vec<String>> {
        let about = self.about(unit.issues);
        let filled = |own: &Vec<Template>| own.iter().map(|t| t.fill(unit, &about)).collect();
        self.templates.iter().map(filled).collect()
    }

    /// What `{issue}` says.
    fn about(&self, issues: &[String]) -> String {
        let mut phrases: Vec<String> = Vec::new();
        for issue in issues {
            let phrase = match self.issues.get(issue) {
                Some(phrase) => phrase.clone(),
                None => issue.replace(['-', '_'], " "),
            };
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        match phrases.split_last() {
            None => self.no_issue.clone(),
            Some((one, [])) => one.clone(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit<'u>(mention: &'u str, issues: &'u [String]) -> Unit<'u> {
        Unit {
            sentence: "",
            party: "Ukraine",
            mention,
            issues,
        }
    }

    fn about(issues: &[&str]) -> String {
        let issues: Vec<String> = issues.iter().map(|issue| issue.to_string()).collect();
        let list = StanceList::built_in().unwrap();
        let hypotheses = list.hypotheses(&unit("Kyiv", &issues));
        assert_eq!(hypotheses[3], Vec::<String>::new());
        hypotheses[0][0].clone()
    }

    #[test]
    fn issues_read_as_in_a_sentence() {
        assert_eq!(about(&[]), "Kyiv is optimistic about the talks.");
        assert_eq!(
            about(&["arms-control"]),
            "Kyiv is optimistic about arms control."
        );
        assert_eq!(
            about(&["sanctions", "trade", "process"]),
            "Kyiv is optimistic about sanctions, trade and the talks."
        );
    }

    #[test]
    fn stances_of_a_users_own_come_in_the_order_of_the_list() {
        let entry = |name: &str| {
            format!("[[stance]]\nname = {name:?}\nhypotheses = [\"{{party}} is {name}\"]\n")
        };
        let list = |names: &[&str]| {
            let text: String = names.iter().map(|name| entry(name)).collect();
            StanceList::parse(&text, "stances.toml").map_err(|e| e.to_string())
        };
        let own = list(&["supportive", "neutral", "hostile"]).unwrap();
        assert_eq!(own.names().to_string(), "supportive, hostile, neutral");
        assert!(own.describes_neutral());
        let hypotheses = own.hypotheses(&unit("Kyiv", &[]));
        assert_eq!(hypotheses[1], ["Kyiv is hostile"]);
        assert_eq!(hypotheses[2], ["Kyiv is neutral"]);
        // Ours in whatever order are ours.
        let ours = list(&["insistent", "optimistic", "cautious"]).unwrap();
        assert!(ours.names().is_codebook() && !ours.describes_neutral());
        assert_eq!(
            ours.hypotheses(&unit("Kyiv", &[]))[0],
            ["Kyiv is optimistic"]
        );

        let many: Vec<String> = (1..=9).map(|n| format!("s{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(list(&many[..8]).unwrap().names().len(), 9);
        for (names, line, about) in [
            (many.as_slice(), 26, "\"s9\" is one too many"),
            (&["neutral"], 3, "name at least one"),
            (&[], 1, "name at least one"),
            (&["hostile", "for"], 5, "word of SQL"),
            (&["hostile", "summit"], 5, "another column"),
        ] {
            let said = list(names).unwrap_err();
            assert!(
                said.starts_with(&format!("stances.toml, line {line}: ")),
                "{said}"
            );
            assert!(said.contains(about), "{said}");
        }
    }

    #[test]
    fn mistakes_name_file_and_line() {
        let good = "[[stance]]\nname = \"optimistic\"\nhypotheses = [\"{party} hopes\"]\n\
                    [[stance]]\nname = \"cautious\"\nhypotheses = [\"{party} doubts\"]\n\
                    [[stance]]\nname = \"insistent\"\nhypotheses = [\"{party} insists\"]\n";
        let list = StanceList::parse(good, "stances.toml").unwrap();
        assert_eq!(list.hypotheses(&unit("its", &[]))[1], ["It doubts"]);
        for (from, to, line, about) in [
            ("\"cautious\"", "\"Wary\"", 5, "lower case"),
            ("\"cautious\"", "\"optimistic\"", 5, "second entry"),
            ("[\"{party} doubts\"]", "[]", 6, "no hypothesis"),
            ("{party} doubts", "{partei} doubts", 6, "{partei}"),
            ("{party} doubts", "doubts", 6, "{party}"),
            ("{party} doubts", "{party doubts", 6, "brace"),
            ("hypotheses = [\"{party} insists\"]\n", "", 7, "hypotheses"),
            (
                "[[stance]]\nname = \"optimistic\"",
                "no_issue = \"\"\n[[stance]]\nname = \"optimistic\"",
                1,
                "empty phrase",
            ),
            (
                "name = \"optimistic\"",
                "nam = \"optimistic\"",
                2,
                "unknown field",
            ),
        ] {
            let text = good.replacen(from, to, 1);
            let said = StanceList::parse(&text, "stances.toml")
                .unwrap_err()
                .to_string();
            assert!(
                said.starts_with(&format!("stances.toml, line {line}: ")),
                "{said}"
            );
            assert!(said.contains(about), "{said}");
        }
    }
}
