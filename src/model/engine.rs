//! The one thing an engine does: turn windows into token vectors.

use super::ModelError;
use super::windows::Window;

/// The encoder's output for one window: a vector for each token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    /// Length of a vector.
    pub width: usize,
    /// Row-major, tokens × width.
    pub values: Vec<f32>,
}

impl TokenVectors {
    /// The vector of the token at `position`.
    pub fn token(&self, position: usize) -> &[f32] {
        &self.values[position * self.width..(position + 1) * self.width]
    }
}

/// Runs the encoder. An engine knows nothing of parties, files, or other engines.
pub trait Engine: Send + Sync {
    /// The token vectors of each window, in the windows' order. A window's vectors do not depend
    /// on the other windows of the call.
    fn encode(&self, windows: &[Window]) -> Result<Vec<TokenVectors>, ModelError>;

    /// Name for messages: "embedded" or "torch".
    fn name(&self) -> &'static str;
}
