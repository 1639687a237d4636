//! Which issues a sentence is about: the model's own, or those of a user's list.

use crate::issues::IssueList;
use crate::model::{Description, Model, ModelError, SentenceReading};

/// Finds issues in sentences. Made for one model.
#[derive(Debug, Default)]
pub struct IssueFinder {
    list: Option<(IssueList, Vec<Means>)>,
}

/// By what an issue of a list is found, beside its keywords.
#[derive(Debug)]
enum Means {
    /// As the model's own issue of that name, if it has one.
    Name,
    Description(Description),
}

impl IssueFinder {
    /// Find the issues of a list in place of the model's own.
    ///
    /// # Errors
    /// When the model fails to read a description.
    pub fn new(model: &Model, list: Option<IssueList>) -> Result<IssueFinder, ModelError> {
        let Some(list) = list else {
            return Ok(IssueFinder::default());
        };
        let means = list
            .issues()
            .iter()
            .map(|issue| match issue.descriptions.as_slice() {
                [] => Ok(Means::Name),
                descriptions => Ok(Means::Description(model.describe(descriptions)?)),
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(IssueFinder {
            list: Some((list, means)),
        })
    }

    /// Whether an issue is looked for.
    pub fn asks_for(&self, id: &str) -> bool {
        match &self.list {
            Some((list, _)) => list.issues().iter().any(|issue| issue.id == id),
            None => true,
        }
    }

    /// The issues of a sentence by their ids.
    pub(super) fn find(
        &self,
        model: &Model,
        sentence: &str,
        reading: &SentenceReading,
    ) -> Vec<String> {
        let own = model.issues(reading);
        let Some((list, means)) = &self.list else {
            return own;
        };
        let threshold = model.config().calibration.described_threshold;
        list.of_sentence(sentence, |at, issue| match &means[at] {
            Means::Name => own.contains(&issue.id),
            Means::Description(description) => model.described(reading, description) >= threshold,
        })
    }
}
