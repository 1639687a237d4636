//! Names that are close to one that does not exist.

/// A hint for a message: the names most like `given`, or, where none is like it, what there is.
/// Closeness is the Jaro-Winkler similarity, blind to case and to what separates words.
pub(super) fn nearest(given: &str, known: &[&str]) -> String {
    let plain = |name: &str| -> String {
        name.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let wanted = plain(given);
    let mut scored: Vec<(f64, &str)> = known
        .iter()
        .map(|name| {
            let name_plain = plain(name);
            // "geneva" means "geneva-2026" although a third of the name is missing.
            let inside = !wanted.is_empty()
                && (name_plain.contains(&wanted) || wanted.contains(&name_plain));
            let closeness = strsim::jaro_winkler(&wanted, &name_plain);
            (
                if inside {
                    closeness.max(0.95)
                } else {
                    closeness
                },
                *name,
            )
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let quote = |names: Vec<&str>| -> String {
        let quoted: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
        quoted.join(" or ")
    };
    let close: Vec<&str> = scored
        .iter()
        .filter(|(s, _)| *s >= 0.75)
        .take(3)
        .map(|(_, name)| *name)
        .collect();
    if !close.is_empty() {
        return format!("did you mean {}?", quote(close));
    }
    const SHOWN: usize = 10;
    let mut all: Vec<&str> = known.to_vec();
    all.sort_unstable();
    match all.len() {
        0 => "there are none".to_owned(),
        n if n > SHOWN => {
            let first: Vec<&str> = all.into_iter().take(SHOWN).collect();
            format!("there are {n}, among them {}", first.join(", "))
        }
        _ => format!("there are {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMITS: [&str; 3] = ["ankara-2026", "geneva-2026", "miami-2025"];

    #[test]
    fn misspelt_and_shortened_names_are_recognised() {
        assert!(nearest("genva-2026", &SUMMITS).starts_with("did you mean \"geneva-2026\""));
        assert!(nearest("Geneva", &SUMMITS).starts_with("did you mean \"geneva-2026\""));
        assert!(nearest("MIAMI 2025", &SUMMITS).starts_with("did you mean \"miami-2025\""));
    }

    #[test]
    fn otherwise_the_choices_are_listed() {
        assert_eq!(
            nearest("Oslo", &SUMMITS),
            "there are ankara-2026, geneva-2026, miami-2025"
        );
        assert_eq!(nearest("Oslo", &[]), "there are none");
        let many: Vec<String> = (0..20).map(|i| format!("q{i:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(nearest("Oslo", &many).starts_with("there are 20, among them q00"));
    }
}
