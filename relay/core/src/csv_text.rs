//! CSV as people's spreadsheets write it (RFC 4180): commas, semicolons or tabs, with a byte order mark or without, and
//! cells that must not be taken for formulas.

use csv::StringRecord;

/// The rows of a text, but for empty ones, each with the line on which it begins; the first is on line 1. Commas, semicolons
/// and tabs are told apart by the first line; a byte order mark is passed over.
pub(crate) fn rows(text: &str) -> impl Iterator<Item = (u32, StringRecord)> {
    let text = text.trim_start_matches('\u{feff}');
    let reader = csv::ReaderBuilder::new()
        .delimiter(delimiter_of(text))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut lines = Lines::of(text);
    // The text is UTF-8 and rows may have any length, so nothing is left that reading could refuse.
    let records = reader.into_records().map_while(Result::ok).enumerate();
    let numbered = records.map(move |(index, record)| {
        (index, lines.at(record.position().map_or(0, csv::Position::byte)), record)
    });
    // An empty first line is a heading without columns, which readers refuse in words of their own.
    let filled =
        |index: usize, record: &StringRecord| index == 0 || record.iter().any(|cell| !cell.trim().is_empty());
    numbered.filter(move |(index, _, record)| filled(*index, record)).map(|(_, line, record)| (line, record))
}

/// So that a spreadsheet does not take it for a formula (OWASP, CSV Injection). Text that looks armoured already is
/// armoured once more, so that [`unarmoured`] gives back exactly what was there.
pub(crate) fn armoured(text: String) -> String {
    if looks_like_formula(&text) { format!("'{text}") } else { text }
}

/// The reverse of [`armoured`].
pub(crate) fn unarmoured(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| looks_like_formula(rest)).unwrap_or(cell)
}

/// Tabs, semicolons or commas, by the first line.
fn delimiter_of(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    // The first of equals: a header of one column has none of them.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Lines of a text by the place of a byte; asked for ever later places.
struct Lines<'a> {
    text: &'a [u8],
    place: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes(), place: 0, line: 1 }
    }

    /// The line of the first character that is not an end of line, from this byte on.
    fn at(&mut self, byte: u64) -> u32 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(c) = self.text.get(self.place) {
            let ends_line = match c {
                b'\n' => true,
                b'\r' => self.text.get(self.place + 1) != Some(&b'\n'),
                _ => false,
            };
            if self.place >= byte && !matches!(c, b'\n' | b'\r') {
                break;
            }
            self.line += u32::from(ends_line);
            self.place += 1;
        }
        self.line
    }
}

fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_have_the_lines_on_which_they_begin() {
        let text = "\u{feff}a;b\r\n\r\n1;\"two\nlines\"\r\n ; \n3;4";
        let lines: Vec<(u32, usize)> = rows(text).map(|(line, record)| (line, record.len())).collect();
        assert_eq!(lines, [(1, 2), (3, 2), (6, 2)]);
        assert_eq!(rows("").count(), 0);
        assert_eq!(rows("a\tb\n1\t2").last().map(|(_, record)| record.len()), Some(2));
    }

    #[test]
    fn formulas_are_armoured() {
        assert_eq!(armoured("=1+1".into()), "'=1+1");
        assert_eq!(armoured("'=1+1".into()), "''=1+1");
        assert_eq!(armoured("O'Hara".into()), "O'Hara");
    }

    proptest! {
        #[test]
        fn armour_comes_off_again(text: String) {
            let armour = armoured(text.clone());
            prop_assert_eq!(unarmoured(&armour), &text);
        }
    }
}
