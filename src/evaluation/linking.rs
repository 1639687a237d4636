//! Linking of an article's annotated mentions, with what the model says of them.

use crate::annotations::AnnotatedArticle;
use crate::model::{MentionReading, Model, ModelError};
use crate::parties::measure::{self, GoldMentions, Linking, Setting};
use crate::scores::ModelAntecedents;
use crate::sentences;

/// Link the annotated mentions of an article in each setting and count the right ones.
pub fn linking<const N: usize>(
    model: &Model,
    annotated: &AnnotatedArticle,
    settings: [Setting; N],
) -> Result<[Linking; N], ModelError> {
    let (article, _) = annotated.article();
    let sentences = sentences::split(&article.text);
    let gold = GoldMentions::of(annotated);
    let (_, known) = model.read_with(&article, &sentences, &gold.spans)?;
    let silent = MentionReading::default();
    let placed = gold.spans.iter().zip(&known).map(|(span, known)| {
        let after = sentences.partition_point(|s| s.bytes.start <= span.start);
        (after.saturating_sub(1), known.as_ref().unwrap_or(&silent))
    });
    let antecedents = ModelAntecedents::new(model, &article.text, placed);
    Ok(settings.map(|setting| measure::link(annotated, setting, Some(&antecedents))))
}
