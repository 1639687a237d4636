//! The user's own list of issues, `issues.toml`.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::keywords::Keywords;
use crate::lists::{self, Claims, ListError, ListText, words_key};

/// A user's list of issues. It takes the place of the issues that the model was trained on.
///
/// ```toml
/// [[issue]]
/// id = "sanctions"     # one of the model's own issues, found as the model knows it
///
/// [[issue]]
/// id = "grain"         # your own, found by its description, in one or more ways …
/// description = ["exports of grain by sea, port blockades", "food prices and famine"]
/// keywords = ["grain corridor", "Black Sea Grain Initiative"] # … and for certain by these
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueList {
    issues: Vec<Issue>,
    keywords: Keywords,
    /// The file's name and each issue's line in it, for messages.
    file: String,
    lines: Vec<usize>,
}

/// One issue of an [`IssueList`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Issue {
    /// What the issue is called in results. Without a semicolon, which separates issues in CSV.
    pub id: String,
    /// What the issue is about, in a sentence or a list of words; said in several ways, more of
    /// its sentences are found. An issue that has none is found as the model's own issue of that
    /// name, or by its keywords alone.
    pub descriptions: Vec<String>,
    /// Words and phrases that make a sentence one about this issue for certain.
    pub keywords: Vec<String>,
}

/// What messages say of the form of a list.
const FORM: &str = "An issue list holds [[issue]] entries with id, description and keywords.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issue: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    description: Option<Spanned<Descriptions>>,
    #[serde(default)]
    keywords: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or several in brackets")]
enum Descriptions {
    One(String),
    Many(Vec<String>),
}

impl Descriptions {
    fn texts(&self) -> &[String] {
        match self {
            Descriptions::One(text) => std::slice::from_ref(text),
            Descriptions::Many(texts) => texts,
        }
    }
}

impl IssueList {
    /// Read and check a list.
    pub fn read(path: &Path) -> Result<IssueList, ListError> {
        IssueList::parse(&lists::read(path)?, &path.display().to_string())
    }

    /// Read a list from a text; `file` is what messages call it.
    pub fn parse(text: &str, file: &str) -> Result<IssueList, ListError> {
        let list = ListText::new(text, file);
        let read: File = list.parse(FORM)?;
        if read.issue.is_empty() {
            let problem = "the list names no issue; add an [[issue]] entry";
            return Err(list.problem(&(0..0), problem));
        }
        let mut ids = Claims::new(words_key);
        let mut claims = Claims::new(words_key);
        for entry in &read.issue {
            let id = entry.id.get_ref().as_str();
            ids.check_free(&list, &entry.id, "a second entry")?;
            ids.claim(&list, &entry.id, id)?;
            if id.contains(|c: char| c == ';' || c.is_control()) {
                let problem = format!(
                    "the id {id:?} holds a semicolon or a line break, which separate issues and \
                     rows in CSV; use a hyphen"
                );
                return Err(list.problem(&entry.id.span(), problem));
            }
            if let Some(description) = &entry.description {
                let texts = description.get_ref().texts();
                if texts.is_empty() || texts.iter().any(|text| words_key(text).is_empty()) {
                    let problem = format!(
                        "the description of {id:?} is empty; say what the issue is about, or take \
                         the line out"
                    );
                    return Err(list.problem(&description.span(), problem));
                }
            }
            for keyword in &entry.keywords {
                claims.claim(&list, keyword, id)?;
            }
        }
        let lines = read.issue.iter().map(|entry| list.line(&entry.id.span()));
        let lines = lines.collect();
        let issues = read.issue.into_iter().map(|entry| Issue {
            id: entry.id.into_inner().trim().to_string(),
            descriptions: entry
                .description
                .iter()
                .flat_map(|description| description.get_ref().texts())
                .map(|text| text.trim().to_string())
                .collect(),
            keywords: entry
                .keywords
                .into_iter()
                .map(|keyword| keyword.into_inner().trim().to_string())
                .collect(),
        });
        Ok(IssueList {
            lines,
            file: file.to_string(),
            ..IssueList::new(issues.collect())
        })
    }

    /// A list made in code.
    pub fn new(issues: Vec<Issue>) -> IssueList {
        let mut keywords = Keywords::default();
        for (at, issue) in issues.iter().enumerate() {
            for keyword in &issue.keywords {
                keywords.add(keyword, at);
            }
        }
        IssueList {
            issues,
            keywords,
            ..IssueList::default()
        }
    }

    /// The issues, in the order of the list.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// The issues, as indices into [`IssueList::issues`] in ascending order, of which the
    /// sentence holds a keyword: as whole words, in any case, the words of a phrase next to each
    /// other.
    pub fn keyword_matches(&self, sentence: &str) -> Vec<usize> {
        self.keywords.issues_in(sentence)
    }

    /// The issues of a sentence by their ids, in the order of the list: those of which it holds a
    /// keyword, and those of which `carried` says so. It is asked about the others only, with the
    /// issue's index.
    pub fn of_sentence(
        &self,
        sentence: &str,
        mut carried: impl FnMut(usize, &Issue) -> bool,
    ) -> Vec<String> {
        let certain = self.keyword_matches(sentence);
        self.issues
            .iter()
            .enumerate()
            .filter(|(at, issue)| certain.binary_search(at).is_ok() || carried(*at, issue))
            .map(|(_, issue)| issue.id.clone())
            .collect()
    }

    /// Check that each issue can be found by a model that was trained on the issues `own`.
    ///
    /// # Errors
    /// For the first issue that has nothing by which to find it, with its line.
    pub fn check(&self, own: &[String]) -> Result<(), ListError> {
        for (
            at,
            Issue {
                id,
                descriptions,
                keywords,
            },
        ) in self.issues.iter().enumerate()
        {
            let problem = if descriptions.is_empty() && keywords.is_empty() && !own.contains(id) {
                format!(
                    "there is nothing by which to find {id:?}: give it a description or keywords. \
                     (Issues that the model itself knows need neither: {}.)",
                    own.join(", ")
                )
            } else {
                continue;
            };
            return Err(ListError::Problem {
                file: self.file.clone(),
                line: self.lines.get(at).copied().unwrap_or(1),
                problem,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        IssueList::parse(text, "issues.toml")
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn mistakes_name_file_and_line() {
        for (text, line, about) in [
            ("", 1, "names no issue"),
            ("issue = []", 1, "names no issue"),
            ("[[issue]]\nid = \"a\"\nname = \"b\"\n", 3, "unknown field"),
            ("[[issue]]\ndescription = \"b\"\n", 1, "id"),
            ("[[issue]]\nid = 3\n", 2, "string"),
            ("[[issue]]\nid = \"a\n", 2, "string"),
            ("[[issue]]\nid = \" \"\n", 2, "empty name"),
            (
                "[[issue]]\nid = \"a\"\n[[issue]]\nid = \"A\"\n",
                4,
                "line 2",
            ),
            (
                "[[issue]]\nid = \"a\"\n[[issue]]\nid = \"a\"\n",
                4,
                "line 2",
            ),
            ("[[issue]]\nid = \"a;b\"\n", 2, "semicolon"),
            ("[[issue]]\nid = \"a\\nb\"\n", 2, "line break"),
            (
                "[[issue]]\nid = \"a\"\ndescription = \"\"\n",
                3,
                "description",
            ),
            (
                "[[issue]]\nid = \"a\"\ndescription = \" … \"\n",
                3,
                "description",
            ),
            ("[[issue]]\nid = \"a\"\ndescription = []\n", 3, "is empty"),
            (
                "[[issue]]\nid = \"a\"\ndescription = [\"wages\", \"\"]\n",
                3,
                "is empty",
            ),
            (
                "[[issue]]\nid = \"a\"\ndescription = 7\n",
                3,
                "several in brackets",
            ),
            (
                "[[issue]]\nid = \"a\"\nkeywords = [\"b\",\n\"\"]\n",
                4,
                "empty name",
            ),
            ("[[issue]]\nid = \"a\"\nkeywords = \"b\"\n", 3, "sequence"),
            (
                "[[issue]]\nid = \"a\"\nkeywords = [\"Grain\"]\n[[issue]]\nid = \"b\"\nkeywords = [\n\"GRAIN\"]\n",
                7,
                "\"a\" has it already (line 3)",
            ),
        ] {
            let message = error(text);
            let place = format!("issues.toml, line {line}: ");
            assert!(message.starts_with(&place), "{text}\n{message}");
            assert!(message.contains(about), "{text}\n{message}");
        }
        let missing = IssueList::read(Path::new("no/such/issues.toml")).unwrap_err();
        assert!(missing.to_string().contains("no/such/issues.toml"));
    }

    #[test]
    fn an_issue_must_have_something_to_be_found_by() {
        let own = ["sanctions".to_string(), "health".to_string()];
        let text =
            "[[issue]]\nid = \"sanctions\"\n[[issue]]\nid = \"grain\"\nkeywords = [\"grain\"]\n";
        let list = IssueList::parse(text, "issues.toml").unwrap();
        assert!(list.check(&own).is_ok());
        let text = format!("{text}[[issue]]\nid = \"Health\"\n");
        let message = IssueList::parse(&text, "issues.toml").unwrap().check(&own);
        let message = message.unwrap_err().to_string();
        assert!(message.starts_with("issues.toml, line 7: "), "{message}");
        assert!(message.contains("sanctions, health"), "{message}");
        let described = "[[issue]]\nid = \"sanctions\"\ndescription = \"asset freezes\"\n";
        let list = IssueList::parse(described, "issues.toml").unwrap();
        assert!(list.check(&own).is_ok());
    }

    #[test]
    fn keywords_and_the_model_together_give_a_sentences_issues() {
        let issue = |id: &str, keywords: &[&str]| Issue {
            id: id.into(),
            keywords: keywords.iter().map(|k| k.to_string()).collect(),
            ..Issue::default()
        };
        let list = IssueList::new(vec![
            issue("sanctions", &[]),
            issue("grain", &["grain corridor"]),
            issue("ports", &["port"]),
        ]);
        let mut asked = Vec::new();
        let found = list.of_sentence("The grain corridor closed.", |at, issue| {
            asked.push(at);
            issue.id == "sanctions"
        });
        assert_eq!(found, ["sanctions", "grain"]);
        assert_eq!(asked, [0, 2]);
    }
}
