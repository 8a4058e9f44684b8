//! Pieces on pages: what belongs together stays together, and no single line stands alone.

use super::piece::Piece;
use super::{BOTTOM_MARGIN, PAGE, TOP_MARGIN};

/// Lines of a paragraph that stay together at a page's end and begin.
const TOGETHER: usize = 2;

/// A line at its place.
#[derive(Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) piece: usize,
    pub(super) part: Part,
    pub(super) line: usize,
    /// From the page's upper edge to the line's.
    pub(super) top: f32,
}

/// Of which text of a piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Side,
    Body,
}

/// The pages, each a list of lines.
pub(super) fn pages(pieces: &[Piece]) -> Vec<Vec<Placed>> {
    let mut flow = Flow { pages: vec![Vec::new()], top: TOP_MARGIN };
    for (index, piece) in pieces.iter().enumerate() {
        if !flow.is_at_begin() {
            flow.top += piece.before;
        }
        if !flow.has_room(needed(pieces, index)) {
            flow.next_page();
        }
        flow.place(index, piece);
    }
    flow.pages
}

struct Flow {
    pages: Vec<Vec<Placed>>,
    top: f32,
}

impl Flow {
    fn is_at_begin(&self) -> bool {
        self.pages.last().is_none_or(Vec::is_empty)
    }

    fn has_room(&self, height: f32) -> bool {
        // What is higher than a page has no better place elsewhere.
        self.top + height <= PAGE.1 - BOTTOM_MARGIN || self.is_at_begin()
    }

    fn next_page(&mut self) {
        self.pages.push(Vec::new());
        self.top = TOP_MARGIN;
    }

    fn put(&mut self, placed: Placed) {
        if let Some(page) = self.pages.last_mut() {
            page.push(placed);
        }
    }

    fn place(&mut self, index: usize, piece: &Piece) {
        let mut side_bottom = self.top;
        for (line, height) in piece.side.iter().flat_map(|side| side.heights()).enumerate() {
            self.put(Placed { piece: index, part: Part::Side, line, top: side_bottom });
            side_bottom += height;
        }
        let heights = piece.body.heights();
        for (line, height) in heights.iter().enumerate() {
            let left = heights.len() - line;
            // The last two lines go to the next page together.
            let room = if left == TOGETHER { heights.iter().skip(line).sum() } else { *height };
            if line > 0 && !self.has_room(room) {
                self.next_page();
                side_bottom = self.top;
            }
            self.put(Placed { piece: index, part: Part::Body, line, top: self.top });
            self.top += height;
        }
        self.top = self.top.max(side_bottom);
    }
}

/// What has to fit on a page for a piece to begin there: its first lines, and whatever it must stay with.
fn needed(pieces: &[Piece], index: usize) -> f32 {
    let mut height = 0.0;
    for (place, piece) in pieces.iter().enumerate().skip(index) {
        let lines = piece.body.heights();
        if place > index {
            height += piece.before;
        }
        // Of what must stay with the next one all lines count, where those are few.
        let whole = piece.keep || lines.len() <= TOGETHER + 1;
        if !whole || lines.len() > 3 * TOGETHER {
            return height + lines.iter().take(TOGETHER).sum::<f32>();
        }
        height += lines.iter().sum::<f32>();
        if !piece.keep {
            break;
        }
    }
    height
}
