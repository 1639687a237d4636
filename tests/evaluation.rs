//! What a user of `stance eval` sees: figures that can be checked by hand, intervals only where
//! there is something to draw from, tables that fit a terminal.

#![allow(
    clippy::single_range_in_vec_init,
    reason = "lists of one span are meant"
)]

use std::ops::Range;

use summit_stance::annotations::AnnotatedArticle;
use summit_stance::codebook::Stance::{self, Cautious, Insistent, Neutral, Optimistic};
use summit_stance::evaluation::{
    ArticleResult, Counts, Figure, IssueCounts, Links, PredictedUnit, Report, SpanCounts,
    StanceItem, by_genre, end_to_end, gold_sentences, match_sentences, report,
};
use summit_stance::parties::measure::{self, Setting};

/// Three articles, eight units. Sentences, with their places in the joined text:
/// A 0..35 and 36..63; B 0..24 and (after a blank line) 26..64; C 0..36.
fn annotated() -> Vec<AnnotatedArticle> {
    [
        r#"{"id":"A","genre":"wire","parties":{"Ukraine":["Kyiv"],"Russia":["Moscow"]},"sentences":[
        {"paragraph":1,"text":"Kyiv pressed Moscow for guarantees.","issues":["security"],"parties":[
          {"party":"Ukraine","mention":"Kyiv","start":0,"stance":"insistent"},
          {"party":"Russia","mention":"Moscow","start":13,"stance":"neutral"}]},
        {"paragraph":1,"text":"Both sides hailed progress.","issues":["process"],"parties":[
          {"party":"Ukraine","mention":"Both sides","start":0,"stance":"optimistic"},
          {"party":"Russia","mention":"Both sides","start":0,"stance":"optimistic"}]}]}"#,
        r#"{"id":"B","genre":"wire","parties":{"Türkiye":["Turkey","Ankara"]},"sentences":[
        {"paragraph":1,"text":"Turkey hosted the talks.","issues":["process"],"parties":[
          {"party":"Türkiye","mention":"Turkey","start":0,"stance":"neutral"}]},
        {"paragraph":2,"text":"Ankara feared a delay, its aides said.","issues":["process"],"parties":[
          {"party":"Türkiye","mention":"Ankara","start":0,"stance":"cautious","secondary":"insistent"}]}]}"#,
        r#"{"id":"C","genre":"analysis","parties":{"Germany":["Berlin"],"France":["Paris"]},"sentences":[
        {"paragraph":1,"text":"Berlin doubted that Paris would pay.","issues":["finance"],"parties":[
          {"party":"Germany","mention":"Berlin","start":0,"stance":"cautious"},
          {"party":"France","mention":"Paris","start":20,"stance":"neutral"}]}]}"#,
    ]
    .map(|line| serde_json::from_str(line).unwrap())
    .to_vec()
}

/// What a program that errs in known ways makes of one of these articles.
struct Predicted {
    /// The stance read at each gold mention, and its probability: all representable exactly.
    stances: &'static [(Stance, f32)],
    /// Of each gold sentence: the spans found (bytes in the sentence), the issues.
    mentions: &'static [&'static [Range<usize>]],
    issues: &'static [&'static [&'static str]],
    /// The sentences found (code points in the article) and the units in them.
    sentences: &'static [Range<u32>],
    units: &'static [(usize, &'static str, Stance)],
}

const PREDICTED: [Predicted; 3] = [
    Predicted {
        stances: &[
            (Insistent, 0.75),
            (Neutral, 0.625),
            (Optimistic, 0.875),
            (Cautious, 0.5), // wrong
        ],
        // "Moscow for" is too long, "Both" too short.
        mentions: &[&[0..4, 13..23], &[0..4]],
        issues: &[&["security", "process"], &["process"]],
        sentences: &[0..35, 36..63],
        units: &[
            (0, "Ukraine", Insistent),
            (0, "moscow", Neutral), // right: an alias
            (1, "Ukraine", Optimistic),
            (1, "Russia", Cautious), // wrong stance
        ],
    },
    Predicted {
        stances: &[
            (Neutral, 0.875),
            (Insistent, 0.5), // wrong, but the secondary stance
        ],
        // "its aides" is no gold mention.
        mentions: &[&[0..6], &[0..6, 23..32]],
        issues: &[&[], &["process"]],
        // The second sentence is broken up after "delay,".
        sentences: &[0..24, 26..48, 49..64],
        units: &[
            (0, "Turkey", Neutral),   // right: an alias
            (1, "Türkiye", Cautious), // right: the larger piece
            (2, "Türkiye", Neutral),  // invented
        ],
    },
    Predicted {
        stances: &[
            (Cautious, 0.75),
            (Insistent, 0.625), // wrong
        ],
        mentions: &[&[0..6]], // Paris missed
        issues: &[&["trade"]],
        sentences: &[0..36],
        units: &[
            (0, "Germany", Cautious),
            (0, "European Union", Neutral), // wrong party
        ],
    },
];

/// The articles and predictions above, counted as `stance eval` counts them.
fn miniature() -> Vec<ArticleResult> {
    let count = |(article, predicted): (&AnnotatedArticle, &Predicted)| {
        let mut result = ArticleResult {
            genre: article.genre.clone(),
            ..ArticleResult::default()
        };
        let units = article.sentences.iter().flat_map(|s| &s.parties);
        for (unit, &(stance, top)) in units.zip(predicted.stances) {
            let mut probabilities = [(1.0 - top) / 3.0; 4];
            probabilities[stance as usize] = top;
            result.stances.push(StanceItem {
                gold: unit.stance,
                secondary: unit.secondary,
                probabilities,
            });
        }
        for (index, sentence) in article.sentences.iter().enumerate() {
            let gold: Vec<_> = sentence
                .parties
                .iter()
                .filter_map(|p| p.bytes(sentence))
                .collect();
            result.mentions += SpanCounts::of(&gold, predicted.mentions[index]);
            result.issues.add(&sentence.issues, predicted.issues[index]);
        }
        let units: Vec<_> = predicted
            .units
            .iter()
            .map(|&(sentence, party, stance)| PredictedUnit {
                sentence,
                party,
                stance,
            })
            .collect();
        result.end_to_end = end_to_end(article, predicted.sentences, &units);
        let link = |setting| measure::link(article, setting, None);
        result.linking = Links {
            with_list: link(Setting::WithList),
            without_list: link(Setting::WithoutList),
            without_list_literal: link(Setting::WithoutListLiteral),
        };
        result
    };
    annotated().iter().zip(&PREDICTED).map(count).collect()
}

#[track_caller]
fn is(figure: Figure, expected: f64) {
    let value = figure.value.expect("a value");
    assert!((value - expected).abs() < 1e-12, "{value}, not {expected}");
}

#[track_caller]
fn is_between(figure: Figure, low: f64, high: f64) {
    let (Some(from), Some(to)) = (figure.low, figure.high) else {
        panic!("no interval: {figure:?}");
    };
    assert!((from - low).abs() < 1e-12, "from {from}, not {low}");
    assert!((to - high).abs() < 1e-12, "to {to}, not {high}");
}

fn counts(hits: u64, predicted: u64, gold: u64) -> Counts {
    Counts {
        hits,
        predicted,
        gold,
    }
}

#[test]
fn stance_figures_are_those_computed_by_hand() {
    let report = report(&miniature(), 1).stance;
    assert_eq!(report.units, 8);
    // Rows gold, columns read as:  opt cau ins neu
    let confusion = [
        /* optimistic */ [1, 1, 0, 0],
        /* cautious   */ [0, 1, 1, 0],
        /* insistent  */ [0, 0, 1, 0],
        /* neutral    */ [0, 0, 1, 2],
    ];
    assert_eq!(report.confusion, confusion);
    // Right on the diagonal: 1 + 1 + 1 + 2 = 5 of 8; the secondary stance of B makes it 6.
    is(report.accuracy, 5.0 / 8.0);
    is(report.accuracy_either, 6.0 / 8.0);
    // F1 = 2 · right / (read + gold):
    //   optimistic 2·1 / (1 + 2) = 2/3
    //   cautious   2·1 / (2 + 2) = 1/2
    //   insistent  2·1 / (3 + 1) = 1/2
    //   neutral    2·2 / (2 + 3) = 4/5
    let [optimistic, cautious, insistent, neutral] = &report.stances[..] else {
        panic!("four stances")
    };
    is(optimistic.scores.precision, 1.0);
    is(optimistic.scores.recall, 1.0 / 2.0);
    is(optimistic.scores.f1, 2.0 / 3.0);
    is(cautious.scores.f1, 1.0 / 2.0);
    is(insistent.scores.precision, 1.0 / 3.0);
    is(insistent.scores.recall, 1.0);
    is(insistent.scores.f1, 1.0 / 2.0);
    is(neutral.scores.f1, 4.0 / 5.0);
    // Macro-F1: (2/3 + 1/2 + 1/2 + 4/5) / 4 = (20 + 15 + 15 + 24) / 120 = 37/60.
    is(report.macro_f1, 37.0 / 60.0);
}

#[test]
fn calibration_error_is_that_computed_by_hand() {
    let calibration = report(&miniature(), 1).stance.calibration;
    // Two units in each of four bins:
    //   0.5–0.6  0.5 and 0.5       none right  accuracy 0    confidence 0.5    distance 0.5
    //   0.6–0.7  0.625 and 0.625   one right   accuracy 0.5  confidence 0.625  distance 0.125
    //   0.7–0.8  0.75 and 0.75     both right  accuracy 1    confidence 0.75   distance 0.25
    //   0.8–0.9  0.875 and 0.875   both right  accuracy 1    confidence 0.875  distance 0.125
    // Weighted by 2/8 each: (0.5 + 0.125 + 0.25 + 0.125) / 4 = 0.25.
    is(calibration.error, 0.25);
    let units: Vec<u64> = calibration.bins.iter().map(|b| b.units).collect();
    assert_eq!(units, [0, 0, 0, 0, 0, 2, 2, 2, 2, 0]);
    assert_eq!(calibration.bins[6].accuracy, Some(0.5));
    assert_eq!(calibration.bins[6].confidence, Some(0.625));
    assert_eq!(calibration.bins[9].accuracy, None);
}

#[test]
fn mention_figures_are_those_computed_by_hand() {
    let report = report(&miniature(), 1).mention;
    // Gold spans: A 2 + 1 ("Both sides" stands for two parties and is one span), B 1 + 1, C 2: 7.
    // Found: A 2 + 1, B 1 + 2, C 1: 7. Exact: Kyiv, Turkey, Ankara, Berlin: 4.
    // Overlapping: those, "Moscow for" and "Both": 6.
    assert_eq!(report.exact.counts, counts(4, 7, 7));
    is(report.exact.precision, 4.0 / 7.0);
    is(report.exact.recall, 4.0 / 7.0);
    is(report.exact.f1, 4.0 / 7.0);
    assert_eq!(report.overlapping.counts, counts(6, 7, 7));
    is(report.overlapping.f1, 6.0 / 7.0);
}

#[test]
fn issue_figures_are_those_computed_by_hand() {
    let report = report(&miniature(), 1).issue;
    // Gold: security, process, process, process, finance: 5.
    // Predicted: security + process, process, none, process, trade: 5.
    // Right: security in A, process in A's second and B's second sentence: 3.
    assert_eq!(report.micro.counts, counts(3, 5, 5));
    is(report.micro.f1, 6.0 / 10.0);
    // The most annotated first, then by name.
    let by_issue: Vec<_> = report
        .issues
        .iter()
        .map(|line| (line.issue.as_str(), line.scores.counts))
        .collect();
    let expected = [
        ("process", counts(2, 3, 3)),
        ("finance", counts(0, 0, 1)),
        ("security", counts(1, 1, 1)),
        ("trade", counts(0, 1, 0)),
    ];
    assert_eq!(by_issue, expected);
    // 2·2 / (3 + 3), 0 / (0 + 1), 2·1 / (1 + 1), 0 / (1 + 0).
    for (line, f1) in report.issues.iter().zip([2.0 / 3.0, 0.0, 1.0, 0.0]) {
        is(line.scores.f1, f1);
    }
    assert_eq!(
        report.issues[3].scores.recall.value, None,
        "trade has no gold"
    );
}

#[test]
fn end_to_end_figures_are_those_computed_by_hand() {
    let report = report(&miniature(), 1).end_to_end;
    // Gold 4 + 2 + 2 = 8; predicted 4 + 3 + 2 = 9; right 3 + 2 + 1 = 6.
    assert_eq!(report.counts, counts(6, 9, 8));
    is(report.precision, 6.0 / 9.0);
    is(report.recall, 6.0 / 8.0);
    // 2·6 / (9 + 8)
    is(report.f1, 12.0 / 17.0);
}

#[test]
fn linking_figures_are_those_computed_by_hand() {
    let linking = report(&miniature(), 1).linking;
    // Kyiv, Moscow, Turkey, Ankara, Berlin, Paris; "Both sides" is nobody without antecedents.
    for line in [
        linking.with_list,
        linking.without_list,
        linking.without_list_literal,
    ] {
        assert_eq!((line.names.right, line.names.mentions), (6, 6));
        assert_eq!((line.anaphors.right, line.anaphors.mentions), (0, 2));
        is(line.all.share, 6.0 / 8.0);
        // A 2 of 4, the others all.
        is_between(line.all.share, 0.5, 1.0);
    }
    // One article has pronouns: no interval.
    assert_eq!(linking.with_list.anaphors.share.high, None);
}

#[test]
fn gold_sentences_are_found_in_the_programs_sentences() {
    let articles = annotated();
    assert_eq!(gold_sentences(&articles[0]), [0..35, 36..63]);
    assert_eq!(gold_sentences(&articles[1]), [0..24, 26..64]);
    assert_eq!(gold_sentences(&articles[2]), [0..36]);
    let found = match_sentences(&gold_sentences(&articles[1]), PREDICTED[1].sentences);
    assert_eq!(found, [Some(0), Some(1)]);
}

#[test]
fn the_programs_own_sentences_match_the_gold_ones() {
    for article in annotated() {
        let text = article.article().0.text;
        let split = summit_stance::sentences::split(&text);
        let split: Vec<_> = split.iter().map(|s| s.start..s.end).collect();
        assert_eq!(split, gold_sentences(&article), "{}", article.id);
    }
}

#[test]
fn intervals_of_two_articles_reach_from_one_article_to_the_other() {
    // The wire articles are A and B. Of all draws of two articles a quarter is A, A and a quarter
    // B, B, so that the 2.5th and the 97.5th percentile are the figures of A and of B alone.
    let groups = by_genre(&miniature(), 1).groups;
    assert_eq!(groups[0].name.as_deref(), Some("wire"));
    let wire = &groups[0].report;
    assert_eq!((wire.articles, wire.stance.units), (2, 6));
    // A 3 of 4, B 1 of 2; together 4 of 6.
    is(wire.stance.accuracy, 4.0 / 6.0);
    is_between(wire.stance.accuracy, 1.0 / 2.0, 3.0 / 4.0);
    // Exact spans: A 2·1 / (3 + 3), B 2·2 / (3 + 2); together 2·3 / (6 + 5).
    is(wire.mention.exact.f1, 6.0 / 11.0);
    is_between(wire.mention.exact.f1, 1.0 / 3.0, 4.0 / 5.0);
    // End to end: A 2·3 / (4 + 4), B 2·2 / (3 + 2).
    is_between(wire.end_to_end.f1, 3.0 / 4.0, 4.0 / 5.0);
    // Optimistic occurs in A only: no interval, though there are two articles.
    let optimistic = wire.stance.stances[0].scores.f1;
    is(optimistic, 2.0 / 3.0);
    assert_eq!((optimistic.low, optimistic.high), (None, None));
}

#[test]
fn intervals_of_three_articles_are_those_of_the_27_draws() {
    // Accuracy is 3/4 in A (4 units), 1/2 in B and in C (2 units each). 8 of the 27 equally
    // likely draws have no A and give 1/2, the lowest; A, A, A gives the highest, 3/4.
    let accuracy = report(&miniature(), 1).stance.accuracy;
    assert_eq!(accuracy.low, Some(1.0 / 2.0));
    // Next below 3/4 is A, A with B or C: 7 of 10. 3.7% of draws are A, A, A, more than 2.5%, but
    // of a thousand draws that may by chance be fewer.
    let high = accuracy.high.unwrap();
    assert!((0.7..=0.75).contains(&high), "{high}");
}

#[test]
fn a_seed_gives_the_same_report_each_time() {
    assert_eq!(report(&miniature(), 3), report(&miniature(), 3));
    assert_eq!(
        report(&miniature(), 3).to_string(),
        report(&miniature(), 3).to_string()
    );
}

#[test]
fn one_article_has_figures_but_no_intervals_and_the_table_says_why() {
    let article = &miniature()[..1];
    let report = report(article, 1);
    // optimistic 2·1 / (1 + 2), cautious (read, never gold) 0, insistent 1, neutral 1: 8/3 / 4.
    is(report.stance.macro_f1, 2.0 / 3.0);
    assert_eq!(report.stance.macro_f1.low, None);
    assert_eq!(report.end_to_end.f1.high, None);
    let printed = report.to_string();
    assert!(printed.contains("One article: no intervals"), "{printed}");
    assert!(!printed.contains('–'), "{printed}");
}

#[test]
fn no_predictions_score_zero_and_nothing_at_all_is_not_measured() {
    let silent: Vec<ArticleResult> = annotated()
        .iter()
        .map(|article| {
            let mut result = ArticleResult::default();
            for sentence in &article.sentences {
                let gold: Vec<_> = sentence
                    .parties
                    .iter()
                    .filter_map(|p| p.bytes(sentence))
                    .collect();
                result.mentions += SpanCounts::of(&gold, &[]);
                result.issues.add(&sentence.issues, [""; 0]);
            }
            result.end_to_end = end_to_end(article, &[], &[]);
            result
        })
        .collect();
    let silent = report(&silent, 1);
    assert_eq!(silent.stance.macro_f1, Figure::default());
    is(silent.mention.exact.f1, 0.0);
    assert_eq!(silent.mention.exact.precision.value, None);
    assert_eq!(silent.issue.micro.counts, counts(0, 0, 5));
    is(silent.end_to_end.f1, 0.0);

    let nothing = report(&[], 1);
    assert_eq!(nothing.stance.macro_f1, Figure::default());
    assert_eq!(nothing.end_to_end.f1, Figure::default());
    assert!(nothing.to_string().contains("No articles"), "{nothing}");
    assert!(by_genre(&[], 1).groups.is_empty());
}

#[test]
fn predictions_without_gold_score_zero() {
    let mut invented = ArticleResult::default();
    invented.mentions += SpanCounts::of(&[], &[0..3, 5..9]);
    invented.issues.add([""; 0], ["trade"]);
    invented.end_to_end = counts(0, 2, 0);
    let report = report(&[invented.clone(), invented], 1);
    is(report.mention.overlapping.f1, 0.0);
    assert_eq!(report.mention.overlapping.recall.value, None);
    is(report.issue.micro.f1, 0.0);
    is(report.end_to_end.f1, 0.0);
}

#[test]
fn the_report_survives_json() {
    let report = report(&miniature(), 1);
    let json = serde_json::to_string_pretty(&report).unwrap();
    assert!(json.contains("\"macro_f1\""));
    let back: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(back, report);
}

#[test]
fn tables_fit_80_columns_whatever_the_names_and_counts() {
    let mut wide = miniature();
    for (index, article) in wide.iter_mut().enumerate() {
        article.genre = Some(format!("{index} a genre with a name of some length"));
        article
            .issues
            .add(["an issue with quite a long name"], [""; 0]);
        article.mentions.exact.predicted += 12_345_678;
        article.end_to_end.gold += 12_345_678;
        article.stances = article.stances.repeat(10_000);
    }
    let first = wide[0].clone();
    let mut issues = IssueCounts::default();
    for _ in 0..12_345 {
        issues.add(["an issue with quite a long name"], ["arms-control"]);
    }
    wide.push(ArticleResult { issues, ..first });
    for printed in [
        report(&wide, 1).to_string(),
        by_genre(&wide, 1).to_string(),
        report(&miniature(), 1).to_string(),
        by_genre(&miniature(), 1).to_string(),
    ] {
        for line in printed.lines() {
            assert!(line.chars().count() <= 80, "{line:?} in\n{printed}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn the_table_shows_the_figures() {
    let printed = report(&miniature(), 1).to_string();
    let row = |name: &str| {
        let line = printed.lines().find(|l| l.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no {name} in\n{printed}"));
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(row("stance macro-F1")[2], "0.617");
    assert_eq!(row("end-to-end F1, with list")[4], "0.706");
    assert_eq!(row("end-to-end F1, with list")[6..], ["8", "9", "6"]);
    assert_eq!(
        row("linking, no list")[3..],
        ["0.750", "0.500–1.000", "8", "6"]
    );
    assert_eq!(row("calibration error")[2], "0.250");
    assert_eq!(row("finance")[1..], ["-", "0.000", "0.000", "-", "1", "0"]);
    assert!(
        printed.contains("With 3 articles they are rough"),
        "{printed}"
    );
}
