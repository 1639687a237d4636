//! The user's own list of parties, `parties.toml`.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::lists::{self, Claims, ListError, ListText, name_key};

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

/// What messages say of the form of a list.
const FORM: &str = "A party list holds [[party]] entries with name, aliases and members, and \
                    before them, if you like, ignore = [\"...\"].";

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
    pub fn read(path: &Path) -> Result<PartyList, ListError> {
        PartyList::parse(&lists::read(path)?, &path.display().to_string())
    }

    /// Read a list from a text; `file` is what messages call it.
    pub fn parse(text: &str, file: &str) -> Result<PartyList, ListError> {
        let list = ListText::new(text, file);
        let read: File = list.parse(FORM)?;
        if read.party.is_empty() {
            let problem = "the list names no party; add a [[party]] entry";
            return Err(list.problem(&(0..0), problem));
        }
        let mut claims = Claims::new(name_key);
        for entry in &read.party {
            let party = entry.name.get_ref().as_str();
            if party.trim().contains(char::is_control) {
                let problem = format!(
                    "the name {party:?} holds a line break or another control character; results \
                     show it in one line, so take that out"
                );
                return Err(list.problem(&entry.name.span(), problem));
            }
            claims.check_free(&list, &entry.name, "a second entry")?;
            for name in std::iter::once(&entry.name).chain(&entry.aliases) {
                claims.claim(&list, name, party)?;
            }
        }
        let members = read.party.iter().flat_map(|entry| &entry.members);
        for name in members.chain(&read.ignore) {
            if name_key(name.get_ref()).is_empty() {
                let problem = "an empty name in members or ignore; write it or take it out";
                return Err(list.problem(&name.span(), problem));
            }
        }
        for name in &read.ignore {
            claims.check_free(&list, name, "ignore")?;
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

    /// Names that stand for no party.
    pub fn ignored(&self) -> &[String] {
        &self.ignore
    }
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
        let message = error("[[party]]\nname = \"A\\nB\"\n");
        assert!(message.starts_with("parties.toml, line 2:"), "{message}");
        assert!(message.contains("line break"), "{message}");
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
