//! What is found wrong with labels before anything is learnt or fitted on them.

use std::fmt;

/// So many findings of a kind are listed; the others are counted.
const LISTED: usize = 20;

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: String,
    line: Option<usize>,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: &str) -> Place {
        Place {
            file: file.to_owned(),
            line: None,
        }
    }

    /// A line of it, from 1.
    pub fn line(file: &str, line: usize) -> Place {
        Place {
            file: file.to_owned(),
            line: Some(line),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}, line {line}: ", self.file),
            None => write!(out, "{}: ", self.file),
        }
    }
}

/// All that was found. Labels with errors are not used; those with warnings are.
#[derive(Debug, Default)]
pub struct Findings {
    errors: Vec<(Place, String)>,
    warnings: Vec<(Place, String)>,
    /// Rows without a label.
    pub skipped: usize,
}

impl Findings {
    pub fn error(&mut self, place: Place, message: impl fmt::Display) {
        self.errors.push((place, message.to_string()));
    }

    pub fn warning(&mut self, place: Place, message: impl fmt::Display) {
        self.warnings.push((place, message.to_string()));
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.errors.len()
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.warnings.is_empty() && self.skipped == 0
    }
}

/// One line each, errors first, in the order of the file.
impl fmt::Display for Findings {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        for (kind, all) in [("error", &self.errors), ("warning", &self.warnings)] {
            let mut sorted: Vec<&(Place, String)> = all.iter().collect();
            sorted.sort_by_key(|(place, _)| place);
            for (place, message) in sorted.into_iter().take(LISTED) {
                // Messages of the corpus's reader say themselves where they are.
                match message.starts_with(&place.file) {
                    true => writeln!(out, "{kind}: {message}")?,
                    false => writeln!(out, "{kind}: {place}{message}")?,
                }
            }
            if all.len() > LISTED {
                writeln!(out, "… and {} more {kind}s", all.len() - LISTED)?;
            }
        }
        if self.skipped > 0 {
            writeln!(out, "{} rows have no label and are left out", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_counted() {
        let mut findings = Findings::default();
        for line in (1..=25).rev() {
            findings.error(Place::line("a.csv", line), "bad");
        }
        findings.warning(Place::file("a.csv"), "odd");
        let told = findings.to_string();
        assert_eq!(told.lines().count(), LISTED + 2);
        assert!(told.starts_with("error: a.csv, line 1: bad\n"));
        assert!(told.contains("… and 5 more errors\nwarning: a.csv: odd\n"));
    }
}
