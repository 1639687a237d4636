//! The lists that users write.

use std::collections::HashSet;

use summit_stance::issues::IssueList;
use summit_stance::parties::{Linker, PartyList};

/// A list of parties and one of issues: what is wrong is told with a line that there is, and what
/// is taken can be used.
pub fn lists(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match PartyList::parse(&text, "list.toml") {
        Ok(list) => parties(&list),
        Err(error) => names_a_line(&error.to_string(), &text),
    }
    match IssueList::parse(&text, "list.toml") {
        Ok(list) => issues(&list),
        Err(error) => names_a_line(&error.to_string(), &text),
    }
}

fn names_a_line(message: &str, text: &str) {
    let line = message
        .strip_prefix("list.toml, line ")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(line, _)| line.parse::<usize>().ok())
        .unwrap_or_else(|| panic!("no file and line: {message}"));
    let lines = text.matches('\n').count() + 1;
    assert!(
        (1..=lines).contains(&line),
        "line {line} of {lines}: {message}"
    );
}

fn parties(list: &PartyList) {
    assert!(!list.parties().is_empty());
    let linker = Linker::new(Some(list));
    for party in list.parties() {
        assert!(!party.name.contains(char::is_control), "{:?}", party.name);
        let names = [&party.name]
            .into_iter()
            .chain(&party.aliases)
            .chain(&party.members);
        for name in names {
            assert!(!name.is_empty() && name.trim() == name, "{name:?}");
            let all = 0..name.len();
            for linked in linker
                .article(None, name)
                .link(&[all], None)
                .iter()
                .flatten()
            {
                assert!(!linked.party.is_empty());
            }
        }
    }
}

fn issues(list: &IssueList) {
    assert!(!list.issues().is_empty());
    let mut ids = HashSet::new();
    for (at, issue) in list.issues().iter().enumerate() {
        assert!(!issue.id.is_empty() && issue.id.trim() == issue.id);
        assert!(!issue.id.contains(';') && !issue.id.contains(char::is_control));
        assert!(ids.insert(&issue.id), "{:?} twice", issue.id);
        for keyword in &issue.keywords {
            let found = list.keyword_matches(keyword);
            assert!(found.contains(&at), "{keyword:?} is not found in itself");
            let found = list.keyword_matches(&format!("They spoke of {keyword}."));
            assert!(
                found.contains(&at),
                "{keyword:?} is not found in a sentence"
            );
        }
    }
}
