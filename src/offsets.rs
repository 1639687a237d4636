//! Byte offsets to code-point offsets, the unit of every offset that leaves the program.

/// Translates byte offsets of one text to code-point offsets, in one pass over the text when
/// asked in ascending order.
///
/// ```
/// use summit_stance::offsets::CodePoints;
/// let mut points = CodePoints::new("Élysée 🙂 says");
/// assert_eq!(points.at(8), 6); // the space after "Élysée"
/// assert_eq!(points.at(13), 8); // the space after the emoji
/// ```
pub struct CodePoints<'t> {
    text: &'t str,
    byte: usize,
    point: u32,
}

impl<'t> CodePoints<'t> {
    pub fn new(text: &'t str) -> Self {
        CodePoints {
            text,
            byte: 0,
            point: 0,
        }
    }

    /// The number of code points before byte `byte`, which must lie on a character boundary.
    pub fn at(&mut self, byte: usize) -> u32 {
        if byte < self.byte {
            (self.byte, self.point) = (0, 0);
        }
        self.point += self.text[self.byte..byte].chars().count() as u32;
        self.byte = byte;
        self.point
    }
}
