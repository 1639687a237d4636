//! The user's own list of parties, `parties.toml`.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::words;

/// A user's list of parties. It takes precedence over all that the program knows.
///
/// ```toml
/// ignore = ["the Fed"]            # names that are no party of this study
///
/// [[party]]
/// name = "Ukraine"                # as it is to appear in the results
/// aliases = ["Kyiv", "Zelenskiy"] # other words for it: capitals, leaders, nicknames
///
/// [[party]]
/// name = "Visegrad Group"
/// members = ["Poland", "Hungary"] # parties that count as this one, with all their names
/// ```
///
/// Names that the gazetteer knows bring their other names along: a party called `Ukraine`
/// also gets "Ukrainian officials" without an alias that says so. A member that has an entry of
/// its own keeps its own entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartyList {
    pub(super) parties: Vec<ListedParty>,
    pub(super) ignore: Vec<String>,
}

/// One party of a [`PartyList`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListedParty {
    /// The canonical name.
    pub name: String,
    pub aliases: Vec<String>,
    /// Parties whose every mention counts as a mention of this one.
    pub members: Vec<String>,
}

/// Why a party list could not be used.
#[derive(Debug, thiserror::Error)]
pub enum PartyListError {
    #[error("{file}: cannot read the party list: {source}")]
    Io {
        file: String,
        source: std::io::Error,
    },
    #[error(
        "{file}, line {line}: {message}\nA party list holds [[party]] entries with name, aliases \
         and members, and before them, if you like, ignore = [\"...\"]."
    )]
    Syntax {
        file: String,
        line: usize,
        message: String,
    },
    #[error("{file}, line {line}: the list names no party; add a [[party]] entry")]
    Empty { file: String, line: usize },
    #[error("{file}, line {line}: an empty name in {place}; write the name or take it out")]
    Blank {
        file: String,
        line: usize,
        place: String,
    },
    #[error(
        "{file}, line {line}: {alias:?} is claimed by {second:?}, but {first:?} has it already \
         (line {first_line}); a name can stand for one party only"
    )]
    Claimed {
        file: String,
        line: usize,
        alias: String,
        first: String,
        first_line: usize,
        second: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    #[serde(default)]
    party: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    #[serde(default)]
    members: Vec<Spanned<String>>,
}

impl PartyList {
    /// Read and check a list.
    pub fn read(path: &Path) -> Result<PartyList, PartyListError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| PartyListError::Io {
            file: file.clone(),
            source,
        })?;
        PartyList::parse(&text, &file)
    }

    /// Read a list from a text; `file` is what messages call it.
    pub fn parse(text: &str, file: &str) -> Result<PartyList, PartyListError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let line_at = |span: Range<usize>| {
            let before = text.as_bytes().get(..span.start).unwrap_or_default();
            1 + before.iter().filter(|&&byte| byte == b'\n').count()
        };
        let read: File = toml::from_str(text).map_err(|error| PartyListError::Syntax {
            file: file.to_string(),
            line: error.span().map_or(1, line_at),
            message: error.message().to_string(),
        })?;
        if read.party.is_empty() {
            return Err(PartyListError::Empty {
                file: file.to_string(),
                line: 1,
            });
        }
        let mut claims: HashMap<String, (&str, usize)> = HashMap::new();
        for entry in &read.party {
            let party = entry.name.get_ref().as_str();
            for alias in std::iter::once(&entry.name).chain(&entry.aliases) {
                let line = line_at(alias.span());
                let key = claim(alias.get_ref());
                if key.is_empty() {
                    return Err(PartyListError::Blank {
                        file: file.to_string(),
                        line,
                        place: format!("the entry {party:?}"),
                    });
                }
                match claims.get(&key) {
                    // A party may repeat its own names, and the name of an entry may not come twice.
                    Some(&(first, _)) if first == party && alias.span() != entry.name.span() => {}
                    Some(&(first, first_line)) => {
                        return Err(PartyListError::Claimed {
                            file: file.to_string(),
                            line,
                            alias: alias.get_ref().clone(),
                            first: first.to_string(),
                            first_line,
                            second: party.to_string(),
                        });
                    }
                    None => {
                        claims.insert(key, (party, line));
                    }
                }
            }
        }
        let extra = read
            .party
            .iter()
            .flat_map(|entry| &entry.members)
            .chain(&read.ignore);
        for name in extra {
            if claim(name.get_ref()).is_empty() {
                return Err(PartyListError::Blank {
                    file: file.to_string(),
                    line: line_at(name.span()),
                    place: "members or ignore".to_string(),
                });
            }
        }
        for name in &read.ignore {
            if let Some(&(first, first_line)) = claims.get(&claim(name.get_ref())) {
                return Err(PartyListError::Claimed {
                    file: file.to_string(),
                    line: line_at(name.span()),
                    alias: name.get_ref().clone(),
                    first: first.to_string(),
                    first_line,
                    second: "ignore".to_string(),
                });
            }
        }
        let plain = |names: Vec<Spanned<String>>| -> Vec<String> {
            names
                .into_iter()
                .map(|name| name.into_inner().trim().to_string())
                .collect()
        };
        Ok(PartyList {
            parties: read
                .party
                .into_iter()
                .map(|entry| ListedParty {
                    name: entry.name.into_inner().trim().to_string(),
                    aliases: plain(entry.aliases),
                    members: plain(entry.members),
                })
                .collect(),
            ignore: plain(read.ignore),
        })
    }

    /// A list made in code. Where two parties claim a name the first keeps it.
    pub fn new(parties: Vec<ListedParty>, ignore: Vec<String>) -> PartyList {
        PartyList { parties, ignore }
    }

    /// The parties, in the order of the list.
    pub fn parties(&self) -> &[ListedParty] {
        &self.parties
    }
}

/// Names that are the same but for case, accents, "the" and punctuation are one claim.
fn claim(name: &str) -> String {
    let words = words::split(name);
    let from = usize::from(words.len() > 1 && matches!(words[0].key.as_str(), "the" | "a" | "an"));
    // "US" and "us" differ by case alone and are both usable.
    let keys: Vec<String> = words[from..]
        .iter()
        .map(|word| match word.case {
            words::Case::Upper => word.key.to_uppercase(),
            _ => word.key.clone(),
        })
        .collect();
    keys.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        PartyList::parse(text, "parties.toml")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_list_is_read_with_all_its_keys() {
        let list = PartyList::parse(
            "ignore = [\"the Fed\"]\n[[party]]\nname = \"Ukraine\"\naliases = [\"Kyiv\"]\n\
             [[party]]\nname = \"Visegrad Group\"\nmembers = [\"Poland\"]\n",
            "parties.toml",
        )
        .unwrap();
        assert_eq!(list.parties().len(), 2);
        assert_eq!(list.parties()[1].members, ["Poland"]);
        assert_eq!(list.ignore, ["the Fed"]);
    }

    #[test]
    fn mistakes_name_file_and_line() {
        let twice = "[[party]]\nname = \"Ukraine\"\naliases = [\"Kyiv\"]\n\n[[party]]\n\
                     name = \"Rus\"\naliases = [\n  \"x\",\n  \"the KYIV\"]\n";
        let message = error(&twice.replace("KYIV", "kyiv"));
        assert!(message.starts_with("parties.toml, line 9:"), "{message}");
        assert!(
            message.contains("\"Ukraine\"") && message.contains("line 3"),
            "{message}"
        );
        let message = error("[[party]]\nname = \"Ukraine\"\nalias = [\"Kyiv\"]\n");
        assert!(message.starts_with("parties.toml, line 3:"), "{message}");
        assert!(message.contains("alias"), "{message}");
        assert!(error("").starts_with("parties.toml, line 1: the list names no party"));
        assert!(error("ignore = [\"x\"]").contains("names no party"));
        let message = error("[[party]]\nname = \"A\"\naliases = [\"\"]\n");
        assert!(
            message.starts_with("parties.toml, line 3: an empty name"),
            "{message}"
        );
        let message = error("[[party]]\nname = \"A\"\n[[party]]\nname = \"A\"\n");
        assert!(message.starts_with("parties.toml, line 4:"), "{message}");
        let message = error("ignore = [\"A\"]\n[[party]]\nname = \"A\"\n");
        assert!(message.starts_with("parties.toml, line 1:"), "{message}");
        assert!(error("[[party]]\nname = 3\n").starts_with("parties.toml, line 2:"));
        assert!(error("[[party]]\nname = \"A\n").starts_with("parties.toml, line 2:"));
    }

    #[test]
    fn a_party_may_repeat_its_own_name() {
        let text = "[[party]]\nname = \"Ukraine\"\naliases = [\"Ukraine\", \"Kyiv\", \"kyiv\"]\n";
        assert!(PartyList::parse(text, "parties.toml").is_ok());
    }
}
