//! Gold sentences matched with the sentences the program found.

use std::ops::Range;

use crate::annotations::AnnotatedArticle;
use crate::offsets::CodePoints;

/// Where each annotated sentence lies in the joined text of its article, in code points, without
/// the white space around it.
pub fn gold_sentences(article: &AnnotatedArticle) -> Vec<Range<u32>> {
    let (joined, starts) = article.article();
    let mut points = CodePoints::new(&joined.text);
    article
        .sentences
        .iter()
        .zip(starts)
        .map(|(sentence, start)| {
            let text = &sentence.text;
            let from = start + (text.len() - text.trim_start().len());
            let to = from + text.trim().len();
            // White space only: an empty range where the sentence starts.
            if from >= to {
                let at = points.at(start);
                return at..at;
            }
            points.at(from)..points.at(to)
        })
        .collect()
}

/// For each gold sentence, the index of the predicted sentence it is matched with: the one with
/// the same start and end, otherwise the one that covers most of it (the earlier of two that
/// cover the same), `None` where none covers any of it.
///
/// Two gold sentences that the program ran together are matched with the same predicted one; of
/// the pieces of a gold sentence that the program broke up, only the largest is matched.
pub fn match_sentences(gold: &[Range<u32>], predicted: &[Range<u32>]) -> Vec<Option<usize>> {
    gold.iter()
        .map(|sentence| {
            let covered = |other: &Range<u32>| {
                let (from, to) = (sentence.start.max(other.start), sentence.end.min(other.end));
                to.saturating_sub(from)
            };
            let mut best: Option<(usize, u32)> = None;
            for (index, other) in predicted.iter().enumerate() {
                if other == sentence {
                    return Some(index);
                }
                let covers = covered(other);
                if covers > best.map_or(0, |(_, most)| most) {
                    best = Some((index, covers));
                }
            }
            best.map(|(index, _)| index)
        })
        .collect()
}

#[cfg(test)]
#[allow(
    clippy::single_range_in_vec_init,
    reason = "lists of one span are meant"
)]
mod tests {
    use super::*;

    #[test]
    fn the_same_offsets_win_over_a_longer_sentence_that_covers_as_much() {
        assert_eq!(match_sentences(&[5..10], &[0..20, 5..10]), [Some(1)]);
    }

    #[test]
    fn broken_up_and_run_together_sentences_go_to_the_largest_cover() {
        let gold = [0..10, 11..20, 21..40, 41..45];
        let predicted = [0..20, 21..26, 27..40];
        assert_eq!(
            match_sentences(&gold, &predicted),
            [Some(0), Some(0), Some(2), None]
        );
        assert_eq!(match_sentences(&[0..10], &[0..5, 5..10]), [Some(0)]);
        assert_eq!(match_sentences(&gold, &[]), [None; 4]);
    }

    #[test]
    fn gold_offsets_are_code_points_of_the_joined_text() {
        let line = r#"{"id":"x","sentences":[
            {"paragraph":1,"text":"Élysée 🙂."},
            {"paragraph":1,"text":" Two. "},
            {"paragraph":1,"text":"  "},
            {"paragraph":2,"text":"Three."}]}"#;
        let article: AnnotatedArticle = serde_json::from_str(line).unwrap();
        let text: Vec<char> = article.article().0.text.chars().collect();
        let cut: Vec<String> = gold_sentences(&article)
            .into_iter()
            .map(|r| text[r.start as usize..r.end as usize].iter().collect())
            .collect();
        assert_eq!(cut, ["Élysée 🙂.", "Two.", "", "Three."]);
    }
}
