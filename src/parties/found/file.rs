//! The list as a file that people edit.

use std::fmt::Write;

use super::entries::Entry;
use super::{FoundParties, Sample, Tally};
use crate::parties::gazetteer::Gazetteer;
use crate::parties::list::PartyList;
use crate::words;

pub(super) fn write(
    found: &FoundParties,
    entries: &[Entry<'_>],
    list: Option<&PartyList>,
) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "# Parties found in {} ({}) by stance {}, the most mentioned first.",
        count(found.articles, "article"),
        count(found.sentences, "sentence"),
        env!("CARGO_PKG_VERSION"),
    );
    out.push_str(ADVICE);
    let ignored = list.map(PartyList::ignored).unwrap_or_default();
    let _ = writeln!(out, "ignore = {}", strings(ignored));
    for known in [true, false] {
        let mut of_kind = entries
            .iter()
            .filter(|entry| entry.known == known)
            .peekable();
        if of_kind.peek().is_some() {
            out.push_str(if known { KNOWN } else { UNKNOWN });
        }
        for entry in of_kind {
            write_entry(&mut out, entry);
        }
    }
    write_nameless(&mut out, found);
    out
}

const ADVICE: &str = "\
#
# Make it the list of your study, and give it to `stance score --parties`:
#
#   rename   change a name; it is what the results show
#   merge    put the names of one entry among the aliases of another and delete the first, or
#            give an entry members = [\"Poland\", \"Hungary\"]
#   split    take an alias out and give it an entry of its own
#   ignore   put a name into the list `ignore` below and delete its entry: no rows for it
#
# What you only delete is still found, under the name it has here. Phrases about a name that is
# listed (\"Kyiv's envoy\", \"Ukrainian officials\") need no alias.

";

const KNOWN: &str = "

# ---- Parties that are known -------------------------------------------------------------------
";

const UNKNOWN: &str = "

# ---- Names that nothing is known of -----------------------------------------------------------
# Companies, movements, people and places. Put people among the aliases of the party that they
# speak for, and what is no party of your study into `ignore`.
";

const NAMELESS: &str = "

# ---- Words without a name ---------------------------------------------------------------------
# Nobody can tell from these words alone for whom they stand, so they are on no list. To count
# some as a party of their own (\"aid agencies\"), make an entry with that name.
";

fn write_entry(out: &mut String, entry: &Entry<'_>) {
    out.push('\n');
    let (own, joined): (Vec<_>, Vec<_>) = entry
        .seen
        .iter()
        .partition(|(name, _)| *name == entry.party.name);
    let _ = match own.first() {
        None => writeln!(out, "# not mentioned"),
        Some((_, tally)) => writeln!(out, "# {}", counts(tally)),
    };
    for (name, tally) in joined {
        let _ = writeln!(
            out,
            "# and as {} {}, which does not say whose it is",
            quoted(name),
            counts(tally)
        );
    }
    for sample in entry
        .seen
        .iter()
        .flat_map(|(_, tally)| &tally.samples)
        .take(super::SAMPLES)
    {
        write_sample(out, sample);
    }
    for (words, party) in &entry.lost {
        let _ = writeln!(
            out,
            "# also called {}, which is listed under {}",
            quoted(words),
            quoted(party)
        );
    }
    let party = &entry.party;
    let _ = writeln!(out, "[[party]]\nname = {}", string(&party.name));
    if !party.aliases.is_empty() {
        let _ = writeln!(out, "aliases = {}", strings(&party.aliases));
    }
    if !party.members.is_empty() {
        let _ = writeln!(out, "members = {}", strings(&party.members));
    }
}

fn write_sample(out: &mut String, sample: &Sample) {
    let _ = writeln!(
        out,
        "#   {}[{}]{}  ({})",
        sample.before.trim_start(),
        sample.mention,
        sample.after.trim_end(),
        sample.article
    );
}

/// So many words without a name are shown.
const SHOWN_NAMELESS: usize = 30;

fn write_nameless(out: &mut String, found: &FoundParties) {
    let lexicon = &Gazetteer::built_in().lexicon;
    // "both sides", "its envoy" and "one of them" are never a party of their own.
    let describes = |name: &str| {
        !words::split(name)
            .iter()
            .any(|w| lexicon.pronoun(w) || lexicon.owner(w) || lexicon.determiner(w))
    };
    let mut nameless: Vec<_> = found
        .parties
        .iter()
        .filter(|(name, tally)| !tally.known && !tally.named && describes(name))
        .collect();
    nameless.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.sentences));
    if nameless.is_empty() {
        return;
    }
    out.push_str(NAMELESS);
    for (words, tally) in nameless.iter().take(SHOWN_NAMELESS) {
        let _ = writeln!(out, "#   {}: {}", super::one_line(words), counts(tally));
    }
    if nameless.len() > SHOWN_NAMELESS {
        let _ = writeln!(out, "#   … and {} more", nameless.len() - SHOWN_NAMELESS);
    }
}

fn counts(tally: &Tally) -> String {
    format!(
        "{} in {}",
        count(tally.sentences, "sentence"),
        count(tally.articles, "article")
    )
}

/// A string as TOML writes it.
fn string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Words in a comment.
fn quoted(text: &str) -> String {
    format!("\"{}\"", super::one_line(text))
}

/// The longest line of an array that is written on one.
const WIDTH: usize = 96;

/// An array of strings, broken into lines where it is long.
fn strings(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| string(text)).collect();
    let line = format!("[{}]", texts.join(", "));
    if line.chars().count() <= WIDTH {
        return line;
    }
    let mut out = String::from("[");
    let mut length = usize::MAX;
    for text in texts {
        let added = text.chars().count() + 2;
        if length.saturating_add(added) > WIDTH {
            out.push_str("\n   ");
            length = 3;
        }
        let _ = write!(out, " {text},");
        length += added;
    }
    out.push_str("\n]");
    out
}

fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
