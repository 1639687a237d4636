//! What an article itself says of its parties.

use summit_stance::parties::{Antecedents, Link, Linker};

use crate::{links, list, names};

#[test]
fn an_article_introduces_its_people() {
    let linker = Linker::new(None);
    for (text, mention) in [
        (
            "Serbia's president, Ana Kovac, hoped. Kovac left.",
            "Kovac left",
        ),
        (
            "Serbian President Ana Kovac hoped. Kovac left.",
            "Kovac left",
        ),
        ("President Kovac of Serbia hoped. Kovac left.", "Kovac left"),
        (
            "Ana Kovac, the Serbian president, hoped. Ms Kovac left.",
            "Kovac left",
        ),
        (
            "Ana Kovac, 54, Serbia's chief negotiator, hoped. Kovac left.",
            "Kovac left",
        ),
        (
            "The president of Serbia, Ana Kovac, hoped. Kovac left.",
            "Kovac left",
        ),
    ] {
        let start = text.find(mention).unwrap();
        let linked = linker
            .article(None, text)
            .link(std::slice::from_ref(&(start..start + 5)), None);
        assert_eq!(linked[0][0].party, "Serbia", "{text}");
        assert_eq!(linked[0][0].link, Link::Article, "{text}");
    }
    // Only in that article, and not by mere neighbourhood.
    let other = links(&linker, None, "Kovac left.", &["Kovac"]);
    assert_eq!(
        (other[0][0].party.as_str(), other[0][0].link),
        ("Kovac", Link::Name)
    );
    let text = "Serbia told Prime Minister Ana Tan that it was late. Tan left.";
    assert_eq!(
        links(&linker, None, text, &["Tan left"])[0][0].link,
        Link::Name
    );
    let text = "Former Serbian President Ana Kovac, the African Union mediator, spoke. Kovac left.";
    let start = text.find("Kovac left").unwrap();
    let linked = linker
        .article(None, text)
        .link(std::slice::from_ref(&(start..start + 5)), None);
    assert_eq!(linked[0][0].party, "African Union");
}

#[test]
fn short_forms_follow_the_long_name() {
    let linker = Linker::new(None);
    let text = "The Northern Rail Workers' Union (NRWU) struck. NRWU members cheered.";
    let linked = links(
        &linker,
        None,
        text,
        &["Northern Rail Workers' Union", "NRWU members"],
    );
    assert_eq!(names(&linked[0]), names(&linked[1]));
    // Copy is wrapped where a line is full.
    let text = "The Northern Rail\nWorkers' Union (NRWU) struck. NRWU members cheered.";
    let linked = links(
        &linker,
        None,
        text,
        &["Northern Rail\nWorkers' Union", "NRWU members"],
    );
    assert_eq!(names(&linked[0]), ["Northern Rail Workers' Union"]);
    assert_eq!(names(&linked[0]), names(&linked[1]));
    let text = "Mayor Marcus Tate laughed. Tate's lawyers did not. The mayor left.";
    let linked = links(
        &linker,
        None,
        text,
        &["Mayor Marcus Tate", "Tate's lawyers"],
    );
    assert_eq!(names(&linked[0]), ["Marcus Tate"]);
    assert_eq!(names(&linked[1]), ["Marcus Tate"]);
    let text = "The IMF waited. The Fund's mission left. One Fund official stayed.";
    let linked = links(
        &linker,
        None,
        text,
        &["IMF", "The Fund's mission", "One Fund official"],
    );
    assert!(
        linked.iter().all(|linked| names(linked) == ["IMF"]),
        "{linked:?}"
    );
    let text = "South Korea met North Korea. The North refused.";
    let linked = links(&linker, None, text, &["The North"]);
    assert_eq!(names(&linked[0]), ["North Korea"]);
    let text = "Acme Corp said no. A spokesman for Acme Corp agreed, and Acme's chairman left.";
    let linked = links(
        &linker,
        None,
        text,
        &["Acme Corp", "A spokesman for Acme Corp", "Acme's chairman"],
    );
    assert!(
        linked.iter().all(|linked| names(linked) == ["Acme Corp"]),
        "{linked:?}"
    );
}

#[test]
fn unknown_names_agree_in_every_form() {
    let linker = list("[[party]]\nname = \"Ukraine\"\n");
    let text = "the Zorbs met. Zorbs' envoy left; a Zorb delegate stayed, the ZORBS' too.";
    let linked = links(
        &linker,
        None,
        text,
        &["the Zorbs", "Zorbs' envoy", "a Zorb delegate"],
    );
    assert!(
        linked.iter().all(|linked| names(linked) == ["Zorbs"]),
        "{linked:?}"
    );
    assert_eq!(linked[0][0].link, Link::Name);
}

#[test]
fn an_article_may_have_no_party_or_two_hundred() {
    let linker = Linker::new(None);
    assert!(
        linker
            .article(None, "It rained.")
            .link(&[], None)
            .is_empty()
    );
    assert!(linker.article(None, "").link(&[], None).is_empty());
    let text: String = (0..200).map(|n| format!("Zed{n:03} waited. ")).collect();
    let mentions: Vec<_> = (0..200).map(|n| n * 15..n * 15 + 6).collect();
    let linked = linker.article(None, &text).link(&mentions, None);
    let mut found: Vec<_> = linked
        .iter()
        .map(|linked| linked[0].party.clone())
        .collect();
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 200);
}

#[test]
fn a_pronoun_without_antecedents_is_its_own_and_bad_ranges_are_nobodys() {
    let linker = Linker::new(None);
    let text = "It refused. Élan.";
    // Outside the text, the wrong way round, and inside a letter.
    let (late, inside) = (90..99, 13..15);
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = 5..2;
    let linked = linker
        .article(None, text)
        .link(&[0..2, late, reversed, inside], None);
    assert_eq!(
        (names(&linked[0])[0], linked[0][0].link),
        ("it", Link::Name)
    );
    assert!(linked[1..].iter().all(Vec::is_empty), "{linked:?}");
}

/// Takes every earlier mention for the antecedent.
struct Credulous;

impl Antecedents for Credulous {
    fn score(&self, _later: usize, _earlier: usize) -> f32 {
        9.0
    }
}

#[test]
fn a_pronoun_is_never_guessed_from_another_article() {
    let linker = Linker::new(None);
    let first = "Kenya waited. It rained.";
    let linked = linker
        .article(None, first)
        .link(&[0..5, 14..16], Some(&Credulous));
    assert_eq!(names(&linked[1]), ["Kenya"]);
    assert_eq!(linked[1][0].link, Link::Antecedent);
    // Nothing stands before it here, and what the next article is about is no business of it.
    let second = "It refused. Uganda agreed.";
    let linked = linker
        .article(None, second)
        .link(&[0..2, 12..18], Some(&Credulous));
    assert_eq!(names(&linked[0]), ["it"]);
    assert_eq!(linked[0][0].link, Link::Name);
}

#[test]
fn a_headline_in_capitals_is_read_like_the_text_below_it() {
    let linker = Linker::new(None);
    let text = "SERBIA'S PRESIDENT REBUFFS KOSOVO\n\nSerbia's president, Ana Kovac, rebuffed \
                Kosovo. KOVAC LEFT EARLY.";
    let linked = links(
        &linker,
        None,
        text,
        &["SERBIA'S PRESIDENT", "KOSOVO", "Kosovo", "KOVAC"],
    );
    assert_eq!(names(&linked[0]), ["Serbia"]);
    assert_eq!(names(&linked[1]), names(&linked[2]));
    assert_eq!(names(&linked[3]), ["Serbia"]);
}

#[test]
fn organs_are_their_body_where_the_article_names_it() {
    let linker = Linker::new(None);
    let mentions = ["The European Commission", "EU officials"];
    let text = "The European Commission objected. EU officials explained.";
    let linked = links(&linker, None, text, &mentions);
    assert_eq!(names(&linked[0]), ["European Union"]);
    let text = "The European Commission objected. Polish officials explained.";
    let linked = links(&linker, None, text, &mentions[..1]);
    assert_eq!(names(&linked[0]), ["European Commission"]);
    // Who lists both, wants both.
    let both = list(
        "[[party]]\nname = \"EU\"\naliases = [\"European Union\"]\n\n\
         [[party]]\nname = \"The European Commission\"\n",
    );
    let text = "The European Commission objected. EU officials explained.";
    let linked = links(&both, None, text, &mentions);
    assert_eq!(names(&linked[0]), ["The European Commission"]);
    assert_eq!(names(&linked[1]), ["EU"]);
}

#[test]
fn leaders_are_known_by_title_and_surname_where_their_state_is_named() {
    let linker = Linker::new(None);
    for (text, mention, party) in [
        (
            "Washington waited. President Bush was late.",
            "President Bush",
            "United States",
        ),
        (
            "Kenya waited. President Bush was late.",
            "President Bush",
            "Bush",
        ),
        (
            "Washington waited. Former President Bush was late.",
            "Former President Bush",
            "Bush",
        ),
        ("Washington waited. Bush was late.", "Bush", "Bush"),
    ] {
        let linked = links(&linker, None, text, &[mention]);
        assert_eq!(names(&linked[0]), [party], "{text}");
    }
}

#[test]
fn acronyms_take_the_long_name_and_kinds_of_officials_make_none() {
    let linker = Linker::new(None);
    let text = "The EPA waited for the Environmental Protection Agency. Regional leaders did not.";
    let linked = links(
        &linker,
        None,
        text,
        &[
            "The EPA",
            "the Environmental Protection Agency",
            "Regional leaders",
        ],
    );
    assert_eq!(names(&linked[0]), ["Environmental Protection Agency"]);
    assert_eq!(names(&linked[0]), names(&linked[1]));
    assert_eq!(names(&linked[2]), ["regional leaders"]);
}
