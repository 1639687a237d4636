//! The user's own lists.

use summit_stance::parties::Link;

use crate::{links, list, names};

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
fn each_of_five_thousand_aliases_is_found() {
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
    let linker = list(&text);
    for (party, alias) in [(0, 0), (1, 7), (432, 1), (499, 9)] {
        let mention = format!("Aliasword{} of Place{alias}x{party}", party * 10 + alias);
        let text = format!("Officials met {mention} again.");
        let linked = links(&linker, None, &text, &[&mention]);
        assert_eq!(names(&linked[0]), [format!("Party {party}")]);
    }
}
