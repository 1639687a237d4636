//! Names, offices and phrases: which words stand for which party.

use crate::{links, list, party};

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
        ("THE RUSSIAN FOREIGN MINISTER", "Russia"),
        ("KYIV'S ENVOYS", "Ukraine"),
        ("EUROPEAN UNION", "European Union"),
        ("the Ukrainians’ delegation", "Ukraine"),
        ("Waromi and Kabui-Nato", "Waromi and Kabui-Nato"),
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
