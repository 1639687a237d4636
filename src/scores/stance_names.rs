//! What the stances of some rows are called.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::{Serialize, Serializer};

use crate::codebook::Stance;

/// The stance that is always there, and always last: none of the others.
pub const NEUTRAL: &str = "neutral";

/// How many stances of their own a user may name beside neutral. More could not be told apart by
/// colours and signs, nor be read side by side in a table.
pub const MOST_OWN: usize = 8;

/// The longest name in letters: a heading of a table.
const LONGEST: usize = 20;

/// The other columns of rows, of summaries and of the tables of a database.
const COLUMNS: [&str; 23] = [
    "article",
    "summit",
    "date",
    "source",
    "sentence",
    "sentence_start",
    "sentence_end",
    "text",
    "party",
    "mention",
    "mention_start",
    "mention_end",
    "stance",
    "issues",
    "link",
    "issue",
    "sentences",
    "articles",
    "labelled",
    "lambda",
    "note",
    "id",
    "article_id",
];

/// Words that cannot be a column's name in SQL, or a variable's in R and Python, without quotes.
const RESERVED: [&str; 97] = [
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "between",
    "both",
    "break",
    "case",
    "cast",
    "check",
    "class",
    "collate",
    "column",
    "commit",
    "constraint",
    "create",
    "cross",
    "def",
    "default",
    "del",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "elif",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "full",
    "function",
    "glob",
    "global",
    "grant",
    "group",
    "having",
    "if",
    "import",
    "in",
    "index",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "left",
    "like",
    "limit",
    "natural",
    "next",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "pass",
    "pivot",
    "primary",
    "qualify",
    "references",
    "repeat",
    "return",
    "returning",
    "right",
    "row",
    "select",
    "set",
    "some",
    "table",
    "then",
    "to",
    "true",
    "union",
    "unique",
    "update",
    "using",
    "when",
    "where",
    "with",
];

/// The names of the stances that rows tell apart, in the order of their columns; neutral is the
/// last. Cheap to clone: rows share one list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StanceNames(Arc<[String]>);

static CODEBOOK: LazyLock<StanceNames> =
    LazyLock::new(|| StanceNames(Stance::ALL.map(|s| s.name().to_owned()).into()));

impl StanceNames {
    /// The four of the codebook, in the order of [`Stance::ALL`].
    pub fn codebook() -> StanceNames {
        CODEBOOK.clone()
    }

    /// A user's own stances, and neutral. The three of the codebook stand in its order, however
    /// they were given.
    ///
    /// # Errors
    /// In words: none or too many, one that [`StanceNames::check`] refuses, or one named twice.
    pub fn new<S: Into<String>>(own: impl IntoIterator<Item = S>) -> Result<StanceNames, String> {
        let mut names: Vec<String> = Vec::new();
        for name in own.into_iter().map(Into::into) {
            StanceNames::check(&name)?;
            if names.contains(&name) {
                return Err(format!("{name:?} is there twice"));
            }
            if name != NEUTRAL {
                names.push(name);
            }
        }
        match names.len() {
            0 => {
                return Err(format!(
                    "no stance is named but {NEUTRAL:?}, which is what is left; name at least one"
                ));
            }
            1..=MOST_OWN => {}
            many => {
                return Err(format!(
                    "{many} stances are named; {MOST_OWN} beside {NEUTRAL:?} are the most"
                ));
            }
        }
        names.push(NEUTRAL.to_owned());
        let of_codebook = |name: &String| Stance::from_name(name).is_some();
        if names.len() == Stance::ALL.len() && names.iter().all(of_codebook) {
            return Ok(StanceNames::codebook());
        }
        Ok(StanceNames(names.into()))
    }

    /// Whether a stance may be called so.
    ///
    /// # Errors
    /// Why not, and what may be, in words.
    pub fn check(name: &str) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(plain)
            || name.len() > LONGEST
        {
            return Err(format!(
                "{name:?} cannot be the name of a column; write at most {LONGEST} of the letters \
                 a to z in lower case, digits and _, a letter first, such as \"in_favour\""
            ));
        }
        if COLUMNS.contains(&name) {
            return Err(format!(
                "{name:?} is another column of the results; choose another name"
            ));
        }
        if RESERVED.contains(&name) {
            return Err(format!(
                "{name:?} is a word of SQL, R or Python, and could not be a column's name there; \
                 choose another, such as \"in_favour\""
            ));
        }
        // Summaries have these columns for each stance.
        if name.starts_with("share_") || name.ends_with("_low") || name.ends_with("_high") {
            return Err(format!(
                "{name:?} looks like a column of the summary (share_…, …_low, …_high); choose \
                 another name"
            ));
        }
        Ok(())
    }

    /// How many there are, neutral among them.
    #[allow(clippy::len_without_is_empty, reason = "neutral is always there")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The names in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.0.iter().map(String::as_str)
    }

    /// The name of the stance in this place; empty where there is none.
    pub fn name(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    /// The place of the stance of this name, if there is one.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.iter().position(|known| known == name)
    }

    /// The place of neutral.
    pub fn neutral(&self) -> usize {
        self.len().saturating_sub(1)
    }

    /// The names but for neutral.
    pub fn attitudes(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.iter().take(self.neutral())
    }

    /// Whether these are the four of the codebook.
    pub fn is_codebook(&self) -> bool {
        *self == *CODEBOOK
    }

    /// The stance that a person's label means: its name, or as many of its first letters as tell
    /// it from the others, in any case.
    pub fn of_label(&self, label: &str) -> Option<usize> {
        let label = label.trim().to_lowercase().replace([' ', '-'], "_");
        if let Some(exact) = self.index(&label) {
            return Some(exact);
        }
        let mut fitting = self
            .iter()
            .enumerate()
            .filter(|(_, name)| !label.is_empty() && name.starts_with(&label));
        let (index, _) = fitting.next()?;
        fitting.next().is_none().then_some(index)
    }

    /// For messages: `optimistic, cautious, insistent or neutral`.
    pub fn choice(&self) -> String {
        let attitudes: Vec<&str> = self.attitudes().collect();
        format!("{} or {NEUTRAL}", attitudes.join(", "))
    }

    /// The names as a file's metadata hold them.
    pub(super) fn stored(&self) -> String {
        self.0.join(",")
    }

    /// Read back [`StanceNames::stored`].
    pub(super) fn from_stored(stored: &str) -> Option<StanceNames> {
        let names: Vec<&str> = stored.split(',').collect();
        let (last, own) = names.split_last()?;
        (*last == NEUTRAL && !own.contains(&NEUTRAL))
            .then(|| StanceNames::new(own.iter().copied()).ok())?
    }

    /// The stances of rows in a table without metadata, by its columns in their order, each with
    /// whether its values could be probabilities.
    ///
    /// They are the columns between `mention_end` and `neutral`, where this program puts them. If
    /// columns were moved or others put there: the codebook's four, if all are there; else all
    /// columns of numbers that are no other column of a row.
    pub(super) fn of_columns(columns: &[(&str, bool)]) -> Option<StanceNames> {
        let found = |names: &[(&str, bool)]| {
            let numbers = names.iter().all(|(_, number)| *number);
            let own = names.iter().map(|(name, _)| *name);
            numbers.then(|| StanceNames::new(own).ok()).flatten()
        };
        let place = |name: &str| columns.iter().position(|(column, _)| *column == name);
        let neutral = place(NEUTRAL)?;
        let between = place("mention_end").and_then(|at| columns.get(at + 1..neutral));
        if let Some(names) = between.and_then(found) {
            return Some(names);
        }
        if CODEBOOK.iter().all(|name| place(name).is_some()) {
            return Some(StanceNames::codebook());
        }
        let others: Vec<(&str, bool)> = columns
            .iter()
            .copied()
            .filter(|(name, number)| *number && !COLUMNS.contains(name))
            .collect();
        found(&others)
    }
}

/// The codebook's.
impl Default for StanceNames {
    fn default() -> Self {
        StanceNames::codebook()
    }
}

/// `supportive, opposed, neutral`
impl fmt::Display for StanceNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl Serialize for StanceNames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(own: &[&str]) -> StanceNames {
        StanceNames::new(own.iter().copied()).unwrap()
    }

    #[test]
    fn neutral_is_always_there_and_last() {
        assert_eq!(
            names(&["supportive", "neutral", "opposed"]).to_string(),
            "supportive, opposed, neutral"
        );
        assert_eq!(names(&["hostile"]).len(), 2);
        assert!(StanceNames::codebook().is_codebook());
        assert!(names(&["insistent", "optimistic", "cautious"]).is_codebook());
        assert!(!names(&["optimistic", "cautious"]).is_codebook());
    }

    #[test]
    fn names_that_no_column_could_have_are_refused() {
        for (name, about) in [
            ("", "a to z"),
            ("Hostile", "a to z"),
            ("très", "a to z"),
            ("two words", "a to z"),
            ("with-hyphen", "a to z"),
            ("1st", "a to z"),
            ("_x", "a to z"),
            ("a\"; drop table scores", "a to z"),
            ("longer_than_any_heading", "at most 20"),
            ("party", "another column"),
            ("lambda", "another column"),
            ("for", "word of SQL"),
            ("share_opposed", "column of the summary"),
            ("opposed_low", "column of the summary"),
        ] {
            let said = StanceNames::check(name).unwrap_err();
            assert!(said.contains(about), "{said}");
        }
        let many: Vec<String> = (0..9).map(|n| format!("s{n}")).collect();
        assert!(
            StanceNames::new(many.clone())
                .unwrap_err()
                .contains("9 stances")
        );
        assert_eq!(StanceNames::new(many.into_iter().take(8)).unwrap().len(), 9);
        assert!(
            StanceNames::new(["neutral"])
                .unwrap_err()
                .contains("at least one")
        );
        assert!(
            StanceNames::new(["x1", "x1"])
                .unwrap_err()
                .contains("twice")
        );
    }

    #[test]
    fn no_word_is_reserved_twice_or_for_the_codebook() {
        for (index, word) in RESERVED.iter().enumerate() {
            assert!(!RESERVED[..index].contains(word), "{word}");
        }
        for stance in Stance::ALL {
            assert_eq!(StanceNames::check(stance.name()), Ok(()));
        }
    }

    #[test]
    fn labels_are_names_or_their_first_letters() {
        let names = names(&["support", "supportive", "in_favour"]);
        assert_eq!(names.of_label(" Support "), Some(0));
        assert_eq!(names.of_label("supporti"), Some(1));
        assert_eq!(names.of_label("supp"), None);
        assert_eq!(names.of_label("In favour"), Some(2));
        assert_eq!(names.of_label("n"), Some(3));
        assert_eq!(names.of_label(""), None);
        assert_eq!(StanceNames::codebook().of_label("c"), Some(1));
    }

    #[test]
    fn what_metadata_hold_reads_back() {
        let names = names(&["supportive", "opposed"]);
        assert_eq!(names.stored(), "supportive,opposed,neutral");
        assert_eq!(StanceNames::from_stored(&names.stored()), Some(names));
        for wrong in [
            "",
            "neutral",
            "supportive",
            "neutral,opposed",
            "a,b c,neutral",
        ] {
            assert_eq!(StanceNames::from_stored(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn stances_are_found_among_the_columns_of_a_table() {
        let of = |columns: &str| {
            let columns: Vec<(&str, bool)> = columns
                .split_whitespace()
                .map(|name| match name.strip_prefix('#') {
                    Some(number) => (number, true),
                    None => (name, false),
                })
                .collect();
            StanceNames::of_columns(&columns).map(|names| names.to_string())
        };
        let found = |names: &str| Some(names.to_owned());
        let canonical = "party #mention_end #supportive #opposed #neutral stance #weight";
        assert_eq!(of(canonical), found("supportive, opposed, neutral"));
        // With one of ours among them.
        let mixed = "#mention_end #optimistic #cautious #insistent #hostile #neutral stance";
        assert_eq!(
            of(mixed),
            found("optimistic, cautious, insistent, hostile, neutral")
        );
        let ours = "#cautious #insistent #mention_end #neutral #optimistic party #weight";
        let codebook = found("optimistic, cautious, insistent, neutral");
        assert_eq!(of(ours), codebook);
        // A wrong type is for the reader to tell.
        let wrong = "#mention_end #optimistic cautious #insistent #neutral stance";
        assert_eq!(of(wrong), codebook);
        let sorted = "article #mention_end #mention_start #neutral #opposed party #supportive";
        assert_eq!(of(sorted), found("opposed, supportive, neutral"));
        assert_eq!(of("party #mention_end stance"), None);
        assert_eq!(of("party #mention_end #neutral stance"), None);
    }
}
