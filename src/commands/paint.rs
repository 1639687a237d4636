//! Colour on a terminal, plain text elsewhere.

use std::io::IsTerminal;
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style as Ansi};
use summit_stance::scores::RowStance;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Strong,
    Faint,
    /// The attitude in this place among the stances; none for neutral.
    Attitude(Option<usize>),
}

impl Style {
    /// Of a row's most probable stance.
    pub fn of(stance: &RowStance) -> Style {
        let index = stance.index();
        Style::Attitude((index != stance.names().neutral()).then_some(index))
    }
}

/// Colour is for terminals whose user has not set `NO_COLOR`.
static COLOUR: LazyLock<bool> = LazyLock::new(|| {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !refused
});

/// Blue, yellow and magenta stay apart for colour-blind readers; more stances need more colours.
const ATTITUDES: [AnsiColor; 8] = [
    AnsiColor::Blue,
    AnsiColor::Yellow,
    AnsiColor::Magenta,
    AnsiColor::Cyan,
    AnsiColor::Red,
    AnsiColor::Green,
    AnsiColor::BrightBlue,
    AnsiColor::BrightMagenta,
];

fn ansi(style: Style) -> Ansi {
    let colour = |colour: AnsiColor| Ansi::new().fg_color(Some(colour.into()));
    match style {
        Style::Strong => Ansi::new().bold(),
        Style::Faint => Ansi::new().dimmed(),
        Style::Attitude(Some(index)) => colour(ATTITUDES[index % ATTITUDES.len()]).bold(),
        Style::Attitude(None) => Ansi::new(),
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
pub fn mark(mention: &str, stance: &RowStance) -> String {
    if !*COLOUR {
        return format!("[{mention}]");
    }
    let ansi = ansi(Style::of(stance)).underline();
    format!("{ansi}{mention}{ansi:#}")
}
