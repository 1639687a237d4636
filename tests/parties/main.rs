//! Which party a mention lands on, as a user of `--parties` and of none sees it.

mod ambiguity;
mod any_text;
mod article;
mod command;
mod corpus;
mod found;
mod lists;
mod names;

use summit_stance::parties::{Linked, Linker, PartyList};

/// Link mentions, given by their words in text order.
fn links(linker: &Linker, title: Option<&str>, text: &str, mentions: &[&str]) -> Vec<Vec<Linked>> {
    let mut from = 0;
    let spans: Vec<_> = mentions
        .iter()
        .map(|mention| {
            let at = text[from..]
                .find(mention)
                .unwrap_or_else(|| panic!("{mention:?} in {text:?}"));
            let start = from + at;
            from = start + mention.len();
            start..from
        })
        .collect();
    linker.article(title, text).link(&spans, None)
}

fn names(linked: &[Linked]) -> Vec<&str> {
    linked.iter().map(|link| link.party.as_str()).collect()
}

/// The one party of a mention in an article that is nothing but the mention and the context.
fn party_in(context: &str, mention: &str) -> String {
    let text = format!("{mention} spoke. {context}");
    let linked = links(&Linker::new(None), None, &text, &[mention]).remove(0);
    names(&linked).join(" + ")
}

fn party(mention: &str) -> String {
    party_in("", mention)
}

fn list(text: &str) -> Linker {
    Linker::new(Some(&PartyList::parse(text, "parties.toml").unwrap()))
}
