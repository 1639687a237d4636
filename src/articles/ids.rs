//! Ids that are met twice.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Makes ids distinct. Keeps a 64-bit hash per article, 10 to 20 bytes with the table around it,
/// and a number per id that is met more than once. That two different ids share a hash, and one
/// of them gets a needless `#2`, is not to be expected below a billion articles.
#[derive(Default)]
pub(super) struct Ids {
    seen: HashSet<u64>,
    /// The last number given to an id that was met more than once.
    last: HashMap<u64, u64>,
}

impl Ids {
    /// The id, or the id with the first of `#2`, `#3`, … that makes it distinct.
    pub fn distinct(&mut self, id: String) -> String {
        let hashed = hash(&id);
        if self.seen.insert(hashed) {
            return id;
        }
        let last = self.last.entry(hashed).or_insert(1);
        loop {
            *last += 1;
            let candidate = format!("{id}#{last}");
            if self.seen.insert(hash(&candidate)) {
                return candidate;
            }
        }
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_articles_of_an_id_are_numbered() {
        let mut ids = Ids::default();
        let given = ["a", "a#2", "a", "a", "b", "a"];
        let made: Vec<_> = given.map(|id| ids.distinct(id.into())).into();
        assert_eq!(made, ["a", "a#2", "a#3", "a#4", "b", "a#5"]);
    }
}
