//! The paper as PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1): whole for decades, and readable aloud. The outline
//! becomes pieces of set text (`piece`, `setting`), the pieces become pages (`flow`), the pages become the file (`draw`).

mod draw;
mod flow;
mod fonts;
mod piece;
mod setting;

use crate::PaperError;
use crate::outline::Outline;

/// A4, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
/// Margins on the left and right, above, and below the last line.
const SIDE_MARGIN: f32 = 62.0;
const TOP_MARGIN: f32 = 64.0;
const BOTTOM_MARGIN: f32 = 78.0;
/// Between the margins.
const WIDTH: f32 = PAGE.0 - 2.0 * SIDE_MARGIN;

/// The whole file.
///
/// # Errors
/// If there are no fonts, or none has a letter; or if the library refuses.
pub(crate) fn write(outline: &Outline) -> Result<Vec<u8>, PaperError> {
    fonts::with(|fonts| {
        let pieces = piece::pieces(outline, fonts)?;
        let pages = flow::pages(&pieces);
        draw::file(outline, &pieces, &pages, fonts)
    })
}
