//! The list that is made of what articles mention.

use std::ops::Range;

use summit_stance::articles::Article;
use summit_stance::parties::{FoundParties, LinkedMention, Linker, PartyList};
use summit_stance::sentences;

use crate::list;

/// An article with its mentions in brackets.
struct Marked {
    article: Article,
    mentions: Vec<Range<usize>>,
}

fn marked(id: &str, text: &str) -> Marked {
    let mut plain = String::new();
    let mut mentions = Vec::new();
    for part in text.split('[') {
        match part.split_once(']') {
            Some((mention, rest)) => {
                mentions.push(plain.len()..plain.len() + mention.len());
                plain += mention;
                plain += rest;
            }
            None => plain += part,
        }
    }
    Marked {
        article: Article {
            id: id.into(),
            text: plain,
            ..Article::default()
        },
        mentions,
    }
}

/// The parties of each mention, and the file that lists them.
fn found(articles: &[Marked], linker: &Linker) -> (Vec<Vec<String>>, FoundParties) {
    let mut found = FoundParties::default();
    let mut parties = Vec::new();
    for Marked { article, mentions } in articles {
        let sentences = sentences::split(&article.text);
        let links = linker.article(None, &article.text).link(mentions, None);
        let linked: Vec<LinkedMention> = mentions
            .iter()
            .zip(links)
            .map(|(bytes, parties)| LinkedMention {
                sentence: sentences
                    .partition_point(|s| s.bytes.start <= bytes.start)
                    .saturating_sub(1),
                bytes: bytes.clone(),
                parties,
            })
            .collect();
        parties.extend(linked.iter().map(|mention| {
            let names = mention.parties.iter();
            names.map(|linked| linked.party.clone()).collect()
        }));
        found.add(article, &sentences, &linked);
    }
    (parties, found)
}

fn news() -> Vec<Marked> {
    vec![
        marked(
            "a",
            "[Serbia]'s president, [Ana Kovac], met [Israeli and Palestinian officials]. \
             [Kovac] said [the Northern Rail Workers' Union] (NRWU) had hoped. [NRWU members] \
             cheered. [It] was late. [Aid agencies] and [\"Acme\" Corp] waited.",
        ),
        marked(
            "b",
            "[Belgrade] told [the Kremlin's envoy] so, and [Mayor Marcus Tate] agreed with \
             [Kovac]. [Tate] left [the U.S. delegation]. [Washington] stayed, as did [ACME].",
        ),
        marked(
            "c",
            "[Ana Kovac] of [Serbia] spoke to [Georgia] and [Tbilisi]. [Kovac] left. [«Край\\путь»] and [中国] waited.",
        ),
    ]
}

#[test]
fn the_file_links_the_same_mentions_to_the_same_names() {
    let articles = news();
    let (before, parties) = found(&articles, &Linker::new(None));
    let file = parties.file(None);
    let read = PartyList::parse(&file, "found.toml").unwrap_or_else(|e| panic!("{e}\n{file}"));
    let (after, again) = found(&articles, &Linker::new(Some(&read)));
    // "Kovac" in the second article, which does not say who that is, is now Serbia's.
    let kovac = before.iter().position(|names| *names == ["Kovac"]).unwrap();
    assert_eq!(after[kovac], ["Serbia"]);
    for (at, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(
            at == kovac || before == after,
            "{before:?} {after:?}\n{file}"
        );
    }
    // A list made with that list says the same again.
    let second = PartyList::parse(&again.file(Some(&read)), "again.toml").unwrap();
    let sorted = |list: &PartyList| {
        let mut parties = list.parties().to_vec();
        parties.sort_by(|one, other| one.name.cmp(&other.name));
        parties
    };
    assert_eq!(sorted(&second), sorted(&read));
}

#[test]
fn the_file_counts_separates_and_samples() {
    let (_, parties) = found(&news(), &Linker::new(None));
    let file = parties.file(None);
    let at = |words: &str| {
        file.find(words)
            .unwrap_or_else(|| panic!("{words} in\n{file}"))
    };
    assert!(
        at("name = \"Serbia\"") < at("name = \"United States\""),
        "{file}"
    );
    assert!(at("# 5 sentences in 3 articles") < at("name = \"Serbia\""));
    let unknown = at("Names that nothing is known of");
    assert!(at("name = \"United States\"") < unknown && unknown < at("name = \"Marcus Tate\""));
    let nameless = at("Words without a name");
    assert!(nameless < at("#   aid agencies: 1 sentence in 1 article"));
    // Pronouns are nobody's name.
    assert!(!file.contains("#   it:"), "{file}");
    assert!(
        file.contains("[Belgrade] told the Kremlin's envoy so"),
        "{file}"
    );
    let read = PartyList::parse(&file, "found.toml").unwrap();
    let aliases = |name: &str| {
        let party = read.parties().iter().find(|party| party.name == name);
        party
            .unwrap_or_else(|| panic!("{name} in\n{file}"))
            .aliases
            .join(", ")
    };
    assert_eq!(aliases("Serbia"), "Kovac, Ana Kovac, Belgrade");
    // Phrases around a name need no alias.
    assert_eq!(aliases("United States"), "Washington");
    assert_eq!(aliases("Marcus Tate"), "Tate");
    // But a name in a phrase does, if nothing else has it.
    assert_eq!(aliases("Northern Rail Workers' Union"), "NRWU");
}

#[test]
fn a_users_list_stays_and_grows() {
    let text = "ignore = [\"Acme\"]\n[[party]]\nname = \"Team S\"\naliases = [\"Serbia\", \"the hosts\"]\n\
                [[party]]\nname = \"Nordics\"\nmembers = [\"Norway\", \"Sweden\"]\n";
    let user = PartyList::parse(text, "parties.toml").unwrap();
    let (_, parties) = found(&news(), &list(text));
    let file = parties.file(Some(&user));
    let read = PartyList::parse(&file, "found.toml").unwrap_or_else(|e| panic!("{e}\n{file}"));
    assert_eq!(read.ignored(), ["Acme"]);
    let first = &read.parties()[0];
    assert_eq!(first.name, "Team S");
    assert_eq!(first.aliases[..2], ["Serbia", "the hosts"]);
    assert!(first.aliases.contains(&"Belgrade".to_string()), "{file}");
    let nordics = read.parties().iter().find(|party| party.name == "Nordics");
    assert_eq!(nordics.unwrap().members, ["Norway", "Sweden"]);
    assert!(
        file.contains("# not mentioned\n[[party]]\nname = \"Nordics\""),
        "{file}"
    );
}

#[test]
fn nothing_found_is_said_and_nothing_listed() {
    let (_, parties) = found(&[marked("a", "[It] rained.")], &Linker::new(None));
    assert!(parties.is_empty());
    assert!(!parties.file(None).contains("[[party]]\nname"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
    /// Whatever the mentions are made of, the file can be read.
    #[test]
    fn any_mentions_make_a_file_that_can_be_read(
        pieces in proptest::collection::vec("\\PC{1,9}|[\"'\\\\\t\n\u{7f}\u{1b}#=A-Za-z .]{1,9}", 1..9),
    ) {
        let mut text = String::new();
        let mut mentions = Vec::new();
        for piece in &pieces {
            mentions.push(text.len()..text.len() + piece.len());
            text += piece;
            text += " said. ";
        }
        let article = Article { id: text.clone(), text, ..Article::default() };
        let (_, parties) = found(&[Marked { article, mentions }], &Linker::new(None));
        let file = parties.file(None);
        if !parties.is_empty() {
            let read = PartyList::parse(&file, "found.toml");
            proptest::prop_assert!(read.is_ok() || !file.contains("[[party]]\nname"), "{read:?}\n{file}");
        }
    }
}
