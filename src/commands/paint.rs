//! Colour on a terminal, plain text elsewhere.

use std::io::IsTerminal;
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style as Ansi};
use summit_stance::codebook::Stance;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Strong,
    Faint,
    Stance(Stance),
}

/// Colour is for terminals whose user has not set `NO_COLOR`.
static COLOUR: LazyLock<bool> = LazyLock::new(|| {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !refused
});

/// Blue, yellow and magenta stay apart for colour-blind readers.
fn ansi(style: Style) -> Ansi {
    let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
    match style {
        Style::Strong => Ansi::new().bold(),
        Style::Faint => Ansi::new().dimmed(),
        Style::Stance(Stance::Optimistic) => colour(AnsiColor::Blue).bold(),
        Style::Stance(Stance::Cautious) => colour(AnsiColor::Yellow).bold(),
        Style::Stance(Stance::Insistent) => colour(AnsiColor::Magenta).bold(),
        Style::Stance(Stance::Neutral) => Ansi::new(),
    }
}

/// Text in a style.
pub fn text(text: &str, style: Style) -> String {
    if !*COLOUR {
        return text.to_owned();
    }
    let ansi = ansi(style);
    format!("{ansi}{text}{ansi:#}")
}

/// A mention in its sentence: underlined in its stance's colour, or in brackets.
pub fn mark(mention: &str, stance: Stance) -> String {
    if !*COLOUR {
        return format!("[{mention}]");
    }
    let ansi = ansi(Style::Stance(stance)).underline();
    format!("{ansi}{mention}{ansi:#}")
}
