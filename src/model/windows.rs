//! Sentences to windows: what the encoder reads in one pass.
//!
//! A window is `[CLS] title [SEP] context and scored sentences [SEP]`. Whole sentences are packed
//! until the window is full; the sentences just before it are repeated as context and not scored
//! again. A sentence longer than a window is cut at word boundaries.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::tokens::{Word, WordPieces};

/// How windows are cut. Part of a model: it is trained with these sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSizes {
    /// The most word pieces in a window, special tokens included.
    pub window: usize,
    /// The most word pieces of the title.
    pub title: usize,
    /// The most sentences of left context.
    pub context_sentences: usize,
    /// The most word pieces of left context.
    pub context: usize,
}

/// A word of a scored sentence and where its pieces lie in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowWord {
    /// Byte range, as in the [`Word`] it comes from.
    pub bytes: Range<usize>,
    /// Range of token positions in the window.
    pub tokens: Range<usize>,
}

/// A sentence, or a part of an over-long one, that a window scores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scored {
    /// Index of the sentence among those given.
    pub sentence: usize,
    pub words: Vec<WindowWord>,
}

impl Scored {
    /// Token positions of the whole sentence or part.
    pub fn tokens(&self) -> Range<usize> {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => first.tokens.start..last.tokens.end,
            _ => 0..0,
        }
    }
}

/// What the encoder reads in one pass, and what is to be scored in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// Vocabulary ids, one a token.
    pub ids: Vec<u32>,
    /// Casing of each token's word (see [`super::tokens::Casing`]), one a token.
    pub casing: Vec<u8>,
    pub scored: Vec<Scored>,
}

impl Window {
    fn push_token(&mut self, id: u32) {
        self.ids.push(id);
        self.casing.push(0);
    }

    fn push_word(&mut self, word: &Word) -> Range<usize> {
        let start = self.ids.len();
        self.ids.extend(&word.pieces);
        self.casing
            .extend(std::iter::repeat_n(word.casing as u8, word.pieces.len()));
        start..self.ids.len()
    }

    fn opening(title: &[Word], limit: usize, special: &WordPieces) -> Window {
        let mut window = Window::default();
        window.push_token(special.start);
        let mut used = 0;
        for word in title {
            used += word.pieces.len();
            if used > limit {
                break;
            }
            window.push_word(word);
        }
        if window.ids.len() > 1 {
            window.push_token(special.separator);
        }
        window
    }
}

fn length(words: &[Word]) -> usize {
    words.iter().map(|w| w.pieces.len()).sum()
}

/// Pack an article's tokenised sentences into windows. Every word of every sentence is scored
/// once; an article without words has no windows. `title` may be empty.
pub fn pack(
    title: &[Word],
    sentences: &[Vec<Word>],
    sizes: WindowSizes,
    special: &WordPieces,
) -> Vec<Window> {
    let mut windows = Vec::new();
    let mut open: Option<Window> = None;
    let mut close = |window: Option<Window>| {
        windows.extend(window.map(|mut w| {
            w.push_token(special.separator);
            w
        }));
    };
    for (sentence, words) in sentences.iter().enumerate() {
        let mut rest = words.as_slice();
        while !rest.is_empty() {
            let mut window = match open.take() {
                Some(window) if window.ids.len() + length(rest) < sizes.window => window,
                full => {
                    close(full);
                    let mut window = Window::opening(title, sizes.title, special);
                    // A cut sentence has its own beginning as context.
                    let cut = words.len() - rest.len();
                    for word in
                        left_context(&sentences[..sentence], &words[..cut], rest, &window, sizes)
                    {
                        window.push_word(word);
                    }
                    window
                }
            };
            let mut scored = Scored {
                sentence,
                words: Vec::new(),
            };
            for word in rest {
                let full = window.ids.len() + word.pieces.len() >= sizes.window;
                if full && !scored.words.is_empty() {
                    break;
                }
                scored.words.push(WindowWord {
                    bytes: word.bytes.clone(),
                    tokens: window.push_word(word),
                });
            }
            rest = &rest[scored.words.len()..];
            window.scored.push(scored);
            open = Some(window);
        }
    }
    close(open);
    windows
}

/// The words just before `next` that fit as context beside it, whole sentences only (but for the
/// beginning of a sentence that is being cut).
fn left_context<'w>(
    before: &'w [Vec<Word>],
    cut: &'w [Word],
    next: &[Word],
    window: &Window,
    sizes: WindowSizes,
) -> Vec<&'w Word> {
    let free = sizes
        .window
        .saturating_sub(window.ids.len() + length(next) + 1);
    let mut room = sizes.context;
    if !cut.is_empty() {
        room = room.min(sizes.window / 4);
        let mut start = cut.len();
        while start > 0 && cut[start - 1].pieces.len() <= room {
            start -= 1;
            room -= cut[start].pieces.len();
        }
        return cut[start..].iter().collect();
    }
    room = room.min(free);
    let mut first = before.len();
    for (index, words) in before
        .iter()
        .enumerate()
        .rev()
        .take(sizes.context_sentences)
    {
        let Some(left) = room.checked_sub(length(words)) else {
            break;
        };
        room = left;
        first = index;
    }
    before[first..].iter().flatten().collect()
}
