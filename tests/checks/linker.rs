//! The linker.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

use summit_stance::parties::{Antecedents, Link, Linked, Linker, PartyList};

static LINKERS: LazyLock<[(Linker, bool); 2]> = LazyLock::new(|| {
    let list = "ignore = [\"Port\"]\n\
                [[party]]\nname = \"Bank\"\naliases = [\"the US\", \"Київ\", \"中国\"]\n\
                [[party]]\nname = \"Visegrad Group\"\nmembers = [\"Poland\", \"Hungary\"]\n";
    let list = PartyList::parse(list, "parties.toml").expect("a list of the right form");
    [(Linker::new(None), false), (Linker::new(Some(&list)), true)]
});

/// Says of any two mentions how likely one stands for the other: as good as at random, and the
/// same each time.
struct Guess;

impl Antecedents for Guess {
    fn score(&self, later: usize, earlier: usize) -> f32 {
        let mut hasher = DefaultHasher::new();
        (later, earlier).hash(&mut hasher);
        (hasher.finish() % 1000) as f32 / 100.0 - 5.0
    }
}

/// Any mentions of any text. What stands in brackets is a mention; the brackets are no part of
/// the text. A first line before a blank one is the title.
pub fn linker(data: &[u8]) {
    let marked = String::from_utf8_lossy(data);
    let (title, marked) = match marked.split_once("\n\n") {
        Some((title, text)) if !title.contains(['\n', '[', ']']) => (Some(title), text),
        _ => (None, &*marked),
    };
    let (text, mentions) = unmarked(marked);
    // Ranges that are no mention of this text.
    let mut bad = vec![text.len() + 1..text.len() + 4, 0..usize::MAX];
    bad.extend(
        (1..text.len())
            .find(|at| !text.is_char_boundary(*at))
            .map(|at| 0..at),
    );
    let all: Vec<_> = mentions.iter().chain(&bad).cloned().collect();
    for (linker, has_list) in LINKERS.iter() {
        let article = linker.article(title, &text);
        let alone = article.link(&mentions, None);
        assert_eq!(alone, article.link(&mentions, None), "not the same twice");
        check(&mentions, &alone, *has_list);
        let named = alone.iter().flatten().map(|linked| linked.link);
        assert!(named.clone().all(|link| link != Link::Antecedent));
        let with_bad = article.link(&all, None);
        assert_eq!(
            with_bad[..mentions.len()],
            alone,
            "bad ranges change others"
        );
        assert!(with_bad[mentions.len()..].iter().all(Vec::is_empty));
        check(&mentions, &article.link(&mentions, Some(&Guess)), *has_list);
    }
}

fn check(mentions: &[Range<usize>], links: &[Vec<Linked>], has_list: bool) {
    assert_eq!(mentions.len(), links.len());
    for linked in links {
        for (at, link) in linked.iter().enumerate() {
            assert!(
                !link.party.is_empty() && link.party.trim() == link.party,
                "{link:?}"
            );
            assert!(!link.party.contains(char::is_control), "{link:?}");
            assert!(
                has_list || link.link != Link::List,
                "{link:?} without a list"
            );
            let again = linked[..at].iter().any(|other| other.party == link.party);
            assert!(!again, "one mention, twice the same party: {linked:?}");
        }
    }
}

/// The text without its brackets, and what stood in them, in order.
fn unmarked(marked: &str) -> (String, Vec<Range<usize>>) {
    let mut text = String::new();
    let mut open = Vec::new();
    let mut mentions: Vec<Range<usize>> = Vec::new();
    for character in marked.chars() {
        match character {
            '[' => open.push(text.len()),
            ']' => mentions.extend(open.pop().map(|start| start..text.len())),
            other => text.push(other),
        }
    }
    mentions.sort_by_key(|mention| (mention.start, mention.end));
    (text, mentions)
}
