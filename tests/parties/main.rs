//! Which party a mention lands on, as a user of `--parties` and of none sees it.

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use summit_stance::annotations;
use summit_stance::parties::measure::{self, Linking, Setting};
use summit_stance::parties::{Link, Linked, Linker, PartyList};

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

#[test]
fn capitals_seats_demonyms_and_offices_stand_for_their_state() {
    for (mention, expected) in [
        ("Kyiv", "Ukraine"),
        ("the Kremlin", "Russia"),
        ("The White House", "United States"),
        ("Whitehall", "United Kingdom"),
        ("Downing Street", "United Kingdom"),
        ("the Élysée", "France"),
        ("the Elysee", "France"),
        ("Foggy Bottom", "United States"),
        ("Brussels", "European Union"),
        ("Ukrainian officials", "Ukraine"),
        ("a senior U.S. official", "United States"),
        ("the Russian foreign minister", "Russia"),
        ("Russian Foreign Minister Sergei Lavrov", "Russia"),
        ("Turkey's foreign minister", "Turkey"),
        ("U.S. State Department", "United States"),
        ("the French Foreign Ministry", "France"),
        ("NATO Secretary-General Jens Stoltenberg", "NATO"),
        ("Greenlandic negotiators", "Greenland"),
        ("officials in Brussels", "European Union"),
        ("a diplomat from Mali", "Mali"),
        ("the prime minister of the Faroe Islands", "Faroe Islands"),
        ("Polisario", "Polisario Front"),
        ("the Soviet delegation", "Soviet Union"),
        ("East German negotiators", "East Germany"),
    ] {
        assert_eq!(party(mention), expected, "{mention}");
    }
}

#[test]
fn possessives_plurals_hyphens_apostrophes_and_capitals_change_nothing() {
    for (mention, expected) in [
        ("Russia's", "Russia"),
        ("Russia’s", "Russia"),
        ("RUSSIA’S ENVOY", "Russia"),
        ("the Israelis", "Israel"),
        ("Israelis", "Israel"),
        ("The Houthis' negotiator", "Houthis"),
        ("The Houthis’ negotiator", "Houthis"),
        ("UKRAINE", "Ukraine"),
        ("RUSSIAN NEGOTIATORS", "Russia"),
        ("U.S.", "United States"),
        ("US", "United States"),
        ("Guinea-Bissau's president", "Guinea-Bissau"),
        ("the Saudi-led coalition", "Saudi-led coalition"),
        ("anti-American protesters", "anti-American protesters"),
        ("Côte d’Ivoire", "Ivory Coast"),
        ("COTE D'IVOIRE", "Ivory Coast"),
    ] {
        assert_eq!(party(mention), expected, "{mention}");
    }
    // Pronouns and common nouns are not the acronyms and states that are written alike.
    for mention in ["us", "who", "it", "turkey"] {
        let found = party(mention);
        assert_eq!(found, mention, "{mention}");
    }
}

#[test]
fn the_head_of_a_phrase_decides_between_several_names() {
    for (mention, expected) in [
        ("Moscow's chief delegate", "Russia"),
        ("the U.S. ambassador to Israel", "United States"),
        ("the Russian proposal's German critics", "Germany"),
        ("an aide to the French president", "France"),
        ("Russia's Gazprom", "Russia"),
        ("Israel's Hamas negotiators", "Hamas"),
        (
            "Israeli and Palestinian negotiators",
            "Israel + Palestinians",
        ),
        (
            "the leaders of France, Germany and Italy",
            "France + Germany + Italy",
        ),
        ("Idris El-Tigani, the Sudanese defense minister", "Sudan"),
        ("Iran's neighbours", "Iran's neighbours"),
    ] {
        assert_eq!(party(mention), expected, "{mention}");
    }
}

#[test]
fn institutions_with_a_states_name_are_themselves() {
    for (mention, expected) in [
        ("the Bank of England", "Bank of England"),
        ("Bank of Japan", "Bank of Japan"),
        ("British Airways", "British Airways"),
        ("Japan Airlines officials", "Japan Airlines"),
        ("the Israel Bar Association", "Israel Bar Association"),
        ("the Syrian opposition", "Syrian opposition"),
        ("American producers", "American producers"),
        ("European Central Bank", "European Central Bank"),
    ] {
        assert_eq!(party(mention), expected, "{mention}");
    }
}

#[test]
fn ambiguous_names_are_read_both_ways() {
    let readings = [
        ("Georgia", "Tbilisi and Abkhazia had agreed.", "Georgia"),
        (
            "Georgia",
            "Voters in Atlanta and Savannah disagreed.",
            "Georgia (U.S. state)",
        ),
        (
            "Washington",
            "Beijing and the White House agreed.",
            "United States",
        ),
        (
            "Washington",
            "Seattle and Spokane had asked for it.",
            "Washington (U.S. state)",
        ),
        ("Jordan", "Amman and the Palestinians agreed.", "Jordan"),
        ("Jordan", "The Bulls and the NBA said so.", "Jordan"),
        (
            "Michael Jordan",
            "Amman and Israel agreed.",
            "Michael Jordan",
        ),
        ("Chad", "Sudan and Libya agreed.", "Chad"),
        ("Chad Pergram", "Sudan and Libya agreed.", "Chad Pergram"),
        ("Turkey", "Ankara and NATO agreed.", "Turkey"),
        ("Guinea", "Conakry agreed.", "Guinea"),
        ("Guinea", "Bissau agreed.", "Guinea-Bissau"),
        ("Guinea", "Malabo agreed.", "Equatorial Guinea"),
        (
            "Congo",
            "Kinshasa and Goma agreed.",
            "Democratic Republic of Congo",
        ),
        ("Congo", "Brazzaville agreed.", "Republic of the Congo"),
        (
            "Congolese officials",
            "Brazzaville agreed.",
            "Republic of the Congo",
        ),
        ("Korea", "Seoul agreed.", "South Korea"),
        ("Korea", "Pyongyang agreed.", "North Korea"),
        (
            "Brussels",
            "Flemish and Walloon ministers agreed.",
            "Belgium",
        ),
        ("Moscow", "The Soviet delegation agreed.", "Soviet Union"),
        ("Moscow", "The Russian delegation agreed.", "Russia"),
        (
            "German officials",
            "Bonn and the West German central bank agreed.",
            "West Germany",
        ),
    ];
    for (mention, context, expected) in readings {
        assert_eq!(party_in(context, mention), expected, "{mention}: {context}");
    }
    // Read as nobody's name, it is a name of the article's own.
    let linker = Linker::new(None);
    for (text, link) in [
        ("Jordan spoke. The Bulls and the NBA said so.", Link::Name),
        ("Jordan spoke. Amman agreed.", Link::Gazetteer),
        (
            "Turkey was short. Thanksgiving stuffing and gravy were not.",
            Link::Name,
        ),
        ("Turkey was firm. Ankara said so.", Link::Gazetteer),
    ] {
        let mention = text.split(' ').next().unwrap();
        assert_eq!(
            links(&linker, None, text, &[mention])[0][0].link,
            link,
            "{text}"
        );
    }
    // The title counts as context.
    let title = Some("Atlanta lawmakers split in Savannah");
    let linked = links(&linker, title, "Georgia said no.", &["Georgia"]);
    assert_eq!(linked[0][0].party, "Georgia (U.S. state)");
}

#[test]
fn overlapping_names_take_the_longest() {
    for (mention, expected) in [
        ("DR Congo", "Democratic Republic of Congo"),
        ("South Korean envoys", "South Korea"),
        ("North Korean envoys", "North Korea"),
        ("Papua New Guinea", "Papua New Guinea"),
        ("Equatorial Guinea's minister", "Equatorial Guinea"),
        ("South Sudan", "South Sudan"),
        ("the African Union", "African Union"),
        ("the West African bloc", "ECOWAS"),
        ("Turkish Cypriots", "Turkish Cypriots"),
        ("Bosnian Serb leaders", "Bosnian Serbs"),
    ] {
        assert_eq!(party(mention), expected, "{mention}");
    }
    let linker = list(
        "[[party]]\nname = \"Kinshasa side\"\naliases = [\"DR Congo\"]\n\
         [[party]]\nname = \"Brazzaville side\"\naliases = [\"Congo\"]\n",
    );
    let text = "DR Congo met Congo; DR Congo's army stayed.";
    let linked = links(
        &linker,
        None,
        text,
        &["DR Congo", "Congo", "DR Congo's army"],
    );
    let found: Vec<_> = linked
        .iter()
        .map(|linked| linked[0].party.as_str())
        .collect();
    assert_eq!(
        found,
        ["Kinshasa side", "Brazzaville side", "Kinshasa side"]
    );
}

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
fn a_list_takes_precedence_and_brings_the_gazetteer_along() {
    let linker = list(
        "ignore = [\"the Fed\"]\n\
         [[party]]\nname = \"Britain\"\naliases = [\"London\", \"Thatcher\"]\n\
         [[party]]\nname = \"Ukr\"\naliases = [\"Ukraine\", \"Andrii Yermak\", \"the hosts\"]\n\
         [[party]]\nname = \"Visegrad\"\nmembers = [\"Poland\", \"Hungary\"]\n\
         [[party]]\nname = \"Hungarian government\"\n",
    );
    let text = "Kyiv and Ukrainian officials met London, Downing Street, Prime Minister Thatcher, \
                Yermak, the hosts, Warsaw, Budapest, the Fed, the Fed's chairman and Norway.";
    let mentions = [
        ("Kyiv", "Ukr"),
        ("Ukrainian officials", "Ukr"),
        ("London", "Britain"),
        ("Downing Street", "Britain"),
        ("Prime Minister Thatcher", "Britain"),
        ("Yermak", "Ukr"),
        ("the hosts", "Ukr"),
        ("Warsaw", "Visegrad"),
        // A member with an entry of its own keeps it.
        ("Budapest", "Hungarian government"),
    ];
    let words: Vec<&str> = mentions.iter().map(|(mention, _)| *mention).collect();
    for (linked, (mention, expected)) in links(&linker, None, text, &words).iter().zip(mentions) {
        assert_eq!(names(linked), [expected], "{mention}");
        assert_eq!(linked[0].link, Link::List, "{mention}");
    }
    let linked = links(
        &linker,
        None,
        text,
        &["the Fed,", "the Fed's chairman", "Norway"],
    );
    assert!(linked[0].is_empty() && linked[1].is_empty());
    assert_eq!(
        (names(&linked[2])[0], linked[2][0].link),
        ("Norway", Link::Gazetteer)
    );
}

#[test]
fn lists_in_cyrillic_arabic_and_chinese_work() {
    let linker = list(
        "[[party]]\nname = \"Украина\"\naliases = [\"Киев\", \"украинская делегация\"]\n\
         [[party]]\nname = \"روسيا\"\naliases = [\"موسكو\"]\n\
         [[party]]\nname = \"中国\"\naliases = [\"北京\"]\n",
    );
    for (text, mention, expected) in [
        ("Киев заявил об этом.", "Киев", "Украина"),
        ("КИЕВ заявил об этом.", "КИЕВ", "Украина"),
        (
            "Там была украинская делегация.",
            "украинская делегация",
            "Украина",
        ),
        ("قالت موسكو إنها توافق.", "موسكو", "روسيا"),
        (
            "أعلنت وزارة خارجية روسيا ذلك.",
            "وزارة خارجية روسيا",
            "روسيا",
        ),
        ("中国外交部发言人说。", "中国外交部发言人", "中国"),
        ("北京表示同意。", "北京", "中国"),
    ] {
        let linked = links(&linker, None, text, &[mention]);
        assert_eq!(names(&linked[0]), [expected], "{text}");
        assert_eq!(linked[0][0].link, Link::List, "{text}");
    }
}

#[test]
fn five_thousand_aliases_load_and_match_quickly() {
    let mut text = String::new();
    for party in 0..500 {
        text += &format!("[[party]]\nname = \"Party {party}\"\naliases = [");
        for alias in 0..10 {
            text += &format!(
                "\"Aliasword{} of Place{alias}x{party}\", ",
                party * 10 + alias
            );
        }
        text += "]\n";
    }
    let start = Instant::now();
    let linker = list(&text);
    let loaded = start.elapsed();
    let article =
        "Aliasword4321 of Place1x432 met officials of Aliasword17 of Place7x1. ".repeat(200);
    let mentions: Vec<_> = article
        .match_indices("Aliasword4321 of Place1x432")
        .map(|(at, found)| at..at + found.len())
        .collect();
    let start = Instant::now();
    let linked = linker.article(None, &article).link(&mentions, None);
    let matched = start.elapsed();
    assert_eq!(linked.len(), 200);
    assert!(linked.iter().all(|linked| names(linked) == ["Party 432"]));
    // Generous, for a slow machine and an unoptimised build: a search through all aliases at
    // every word would take far longer.
    assert!(loaded < Duration::from_secs(2), "{loaded:?}");
    assert!(matched < Duration::from_secs(1), "{matched:?}");
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

#[test]
fn names_of_the_corpus_land_on_their_parties() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/corpus/dev.jsonl");
    let articles = annotations::read(std::path::Path::new(path)).unwrap();
    for (setting, least) in [(Setting::WithList, 0.96), (Setting::WithoutList, 0.78)] {
        let mut sum = Linking::default();
        for article in &articles {
            sum += measure::link(article, setting, None);
        }
        let share = sum.names.share();
        assert!(share >= least, "{setting:?}: {share:.3} of the names");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]
    /// Nothing that a text or a mention holds stops the program or makes a party without a name.
    #[test]
    fn any_text_is_linked(
        pieces in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::sample::select(vec![
                    "the", "Russia's", "of", "and", ",", "(", ")", "Bank", "President", "U.S.",
                    "-", "Saudi", "led", "'", "’s", "Georgia", "Jordan", "former", "Congo", "DR",
                    "Mr.", "中国", "NRWU", "Union", "to", "France", "their", "Port", "…", "e\u{301}",
                ]).prop_map(str::to_string),
                "\\PC{0,6}",
            ],
            1..14,
        ),
        glue in proptest::sample::select(vec![" ", "", "-"]),
    ) {
        let text = pieces.join(glue);
        let mut spans: Vec<_> = Vec::new();
        let mut from = 0;
        for piece in &pieces {
            spans.push(from..from + piece.len());
            from += piece.len() + glue.len();
        }
        spans.push(0..text.len());
        let linker = list("ignore = [\"Port\"]\n[[party]]\nname = \"Bank\"\naliases = [\"the US\"]\n");
        for linked in linker.article(Some(&text), &text).link(&spans, None) {
            for link in linked {
                proptest::prop_assert!(!link.party.trim().is_empty());
            }
        }
    }
}
