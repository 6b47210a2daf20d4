//! Spreadsheets as lines of cells, within bounds: a file of a few kilobytes can claim to be gigabytes.
//!
//! Two kinds of bomb are known: parts that inflate without end, and one cell in the last corner of the sheet, which makes
//! a dense table of billions of blanks. So the archive is counted first, and cells are taken one by one.

use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx};
use csv::StringRecord;

use super::archive;
use super::grid::Grid;

/// Holdings files have a dozen columns and some ten thousand lines.
const COLUMNS: u32 = 64;
const LINES: u32 = 200_000;

/// Returns the cells of the first sheet; `None` for what is no workbook or too large for one.
pub(crate) fn read(bytes: &[u8]) -> Option<Grid> {
    archive::parts(bytes).filter(|parts| archive::has_plain_sheets(parts))?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).ok()?;
    let sheet = book.sheet_names().first()?.clone();
    let mut cells = book.worksheet_cells_reader(&sheet).ok()?;
    let mut grid = Grid::default();
    let (mut at, mut line): (u32, Vec<String>) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().ok()? {
        let (row, column) = cell.get_position();
        if column >= COLUMNS || row >= LINES || row < at {
            continue;
        }
        if row > at {
            push(&mut grid, at, &mut line);
            at = row;
        }
        while line.len() <= column as usize {
            line.push(String::new());
        }
        if let Some(place) = line.get_mut(column as usize) {
            *place = text(cell.get_value());
        }
    }
    push(&mut grid, at, &mut line);
    Some(grid)
}

fn push(grid: &mut Grid, at: u32, line: &mut Vec<String>) {
    if !line.is_empty() {
        grid.lines.push((at as usize + 1, StringRecord::from(std::mem::take(line))));
    }
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::String(text) => text.trim().to_owned(),
        other => calamine::Data::from(other.clone()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::archive::testing::zip;
    use super::*;

    /// A workbook with one sheet, written by hand.
    fn workbook(sheet: &str) -> Vec<u8> {
        let relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let book = format!(
            r#"<workbook xmlns:r="{relation}"><sheets><sheet name="h" sheetId="1" r:id="rId1"/></sheets></workbook>"#
        );
        let links = format!(
            r#"<Relationships><Relationship Id="rId1" Type="{relation}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#
        );
        let main = r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
        zip(&[
            ("_rels/.rels", main),
            ("xl/workbook.xml", &book),
            ("xl/_rels/workbook.xml.rels", &links),
            ("xl/worksheets/sheet1.xml", sheet),
        ])
    }

    #[test]
    fn cells_stand_where_they_are_and_blanks_between_them() {
        let sheet = r#"<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>Fund Name:</v></c></row>
            <row r="3"><c r="A3"><v>1.5</v></c><c r="C3" t="str"><v> x </v></c></row></sheetData></worksheet>"#;
        let grid = read(&workbook(sheet)).unwrap();
        let lines: Vec<(usize, Vec<&str>)> =
            grid.lines.iter().map(|(at, cells)| (*at, cells.iter().collect())).collect();
        assert_eq!(lines, [(1, vec!["Fund Name:"]), (3, vec!["1.5", "", "x"])]);
    }

    #[test]
    fn a_cell_in_the_last_corner_is_no_table_of_billions() {
        let sheet = r#"<worksheet><sheetData><row r="1"><c r="A1" t="str"><v>a</v></c></row>
            <row r="1048576"><c r="XFD1048576" t="str"><v>b</v></c></row></sheetData></worksheet>"#;
        assert_eq!(read(&workbook(sheet)).unwrap().lines.len(), 1);
    }
}
