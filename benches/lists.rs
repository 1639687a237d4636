//! What a user's lists of 5,000 names cost: loading, and finding them in the sample articles.
//!
//! `cargo bench --bench lists` prints times and their ratios to a run without a list (or, for
//! keywords, with a list of one). The listed names begin with words of the articles, so that
//! look-ups do not end at the first word. Figures go into `benches/README.md`.

use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use summit_stance::articles::{self, Article, ReadOptions};
use summit_stance::issues::IssueList;
use summit_stance::model::Model;
use summit_stance::parties::{Linker, PartyList};
use summit_stance::sentences;

const NAMES: usize = 5000;
const ROUNDS: usize = 15;

fn main() {
    // The gazetteer is read when it is first used, so this comes before all else.
    let began = Instant::now();
    let without_list = Linker::new(None);
    let gazetteer = began.elapsed();

    let articles: Vec<Article> = articles::read(&["data/summits".into()], &ReadOptions::default())
        .expect("the sample data")
        .map(|article| article.expect("sample articles are fine"))
        .collect();
    let words = capitalised(&articles);
    let parties = party_list(&words);
    let load = || {
        let list = PartyList::parse(&parties, "parties.toml").expect("the list");
        Linker::new(Some(&list))
    };
    let loading = median(|| drop(black_box(load())));
    println!("the built-in list        {gazetteer:.1?} to load");
    println!("a list of {NAMES} aliases   {loading:.1?} to load");
    let both = gazetteer + loading;
    println!("both / built-in alone    {:.2}", ratio(both, gazetteer));

    let model = Model::shipped().expect("the shipped model");
    let mentions: Vec<Vec<Range<usize>>> = articles.iter().map(|a| mentions(&model, a)).collect();
    let with_list = load();
    let link = |linker: &Linker| {
        for (article, mentions) in articles.iter().zip(&mentions) {
            let article = linker.article(article.title.as_deref(), &article.text);
            black_box(article.link(mentions, None));
        }
    };
    let without = median(|| link(&without_list));
    let with = median(|| link(&with_list));
    println!(
        "\nlinking, no list         {without:.1?} for {} articles",
        articles.len()
    );
    println!("linking, {NAMES} aliases    {with:.1?}");
    println!("list / no list           {:.2}", ratio(with, without));

    let many = keyword_list(&words, NAMES);
    let loading = median(|| {
        drop(black_box(
            IssueList::parse(&many, "issues.toml").expect("the list"),
        ))
    });
    let many = IssueList::parse(&many, "issues.toml").expect("the list");
    let one = IssueList::parse(&keyword_list(&words, 1), "issues.toml").expect("the list");
    let texts: Vec<&str> = articles
        .iter()
        .flat_map(|article| {
            let sentences = sentences::split(&article.text);
            sentences
                .into_iter()
                .map(|sentence| &article.text[sentence.bytes])
        })
        .collect();
    let find = |list: &IssueList| {
        for text in &texts {
            black_box(list.keyword_matches(text));
        }
    };
    let with_one = median(|| find(&one));
    let with_many = median(|| find(&many));
    println!("\n{NAMES} keywords            {loading:.1?} to load");
    println!(
        "one keyword              {with_one:.1?} for {} sentences",
        texts.len()
    );
    println!("{NAMES} keywords            {with_many:.1?}");
    println!(
        "{NAMES} / one               {:.2}",
        ratio(with_many, with_one)
    );
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// The words of the articles that are written with a capital, each once.
fn capitalised(articles: &[Article]) -> Vec<String> {
    let mut words: Vec<String> = articles
        .iter()
        .flat_map(|article| article.text.split(|c: char| !c.is_alphabetic()))
        .filter(|word| word.starts_with(char::is_uppercase) && word.len() > 2)
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

/// 500 parties of 10 aliases each, all of two words.
fn party_list(words: &[String]) -> String {
    let mut toml = String::new();
    for (number, aliases) in names(words, NAMES).chunks(10).enumerate() {
        toml += &format!("[[party]]\nname = \"Party {number}\"\naliases = {aliases:?}\n");
    }
    toml
}

fn keyword_list(words: &[String], count: usize) -> String {
    let mut toml = String::new();
    for (number, keywords) in names(words, count).chunks(10).enumerate() {
        toml += &format!("[[issue]]\nid = \"issue-{number}\"\nkeywords = {keywords:?}\n");
    }
    toml
}

fn names(words: &[String], count: usize) -> Vec<String> {
    let first = words.iter().cycle();
    first
        .zip(0..count)
        .map(|(word, number)| format!("{word} Placename{number}"))
        .collect()
}

fn mentions(model: &Model, article: &Article) -> Vec<Range<usize>> {
    let sentences = sentences::split(&article.text);
    let readings = model.read(article, &sentences).expect("readings");
    let mentions = readings.into_iter().flat_map(|reading| reading.mentions);
    mentions.map(|mention| mention.bytes).collect()
}
