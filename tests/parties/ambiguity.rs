//! Names that mean several parties, or a party and something else.

use summit_stance::parties::{Link, Linker};

use crate::{links, party_in};

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
        (
            "PAC",
            "Mandela and the ANC agreed.",
            "Pan Africanist Congress",
        ),
        ("PAC", "His super PAC paid for it.", "PAC"),
        (
            "ICC",
            "The prosecutor asked for a warrant.",
            "International Criminal Court",
        ),
        ("ICC", "Cricket boards agreed before the World Cup.", "ICC"),
        ("SDF", "Kurds in Syria agreed.", "Syrian Democratic Forces"),
        ("SDF", "Tokyo and Japan agreed.", "SDF"),
        ("PIF", "Fiji and Samoa agreed.", "Pacific Islands Forum"),
        ("PIF", "The Saudi fund and LIV agreed.", "PIF"),
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
