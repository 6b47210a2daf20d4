//! Spreadsheets as lines of cells, within bounds: a file of a few kilobytes can claim to be gigabytes.
//!
//! Two kinds of bomb are known: parts that inflate without end, and one cell in the last corner of the sheet, which makes
//! a dense table of billions of blanks. So every part is inflated once and counted, and cells are taken one by one.

use std::io::{Cursor, Read};

use calamine::{DataRef, Reader, Xlsx};
use csv::StringRecord;

use super::grid::Grid;

/// All parts of a workbook together may not inflate to more.
const LARGEST: u64 = 64 << 20;
/// Holdings files have a dozen columns and some ten thousand lines.
const COLUMNS: u32 = 64;
const LINES: u32 = 200_000;
/// Bytes of the 64-bit end record and of what points at it, which stand before the end record.
const ZIP64_END: usize = 56 + 20;

/// Returns the cells of the first sheet; `None` for what is no workbook or too large for one.
pub(crate) fn read(bytes: &[u8]) -> Option<Grid> {
    if inflated(bytes)? > LARGEST {
        return None;
    }
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

/// Returns how large the parts of a zip archive are together, counted no further than the limit; `None` for no archive.
/// What the archive claims is not believed: each part is inflated.
fn inflated(bytes: &[u8]) -> Option<u64> {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize);
    // The end record is the last thing in the file, before a comment of at most 64 KiB.
    let tail = bytes.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = tail + bytes.get(tail..)?.windows(4).rposition(|mark| mark == b"PK\x05\x06")?;
    // The 64-bit end record would be believed over this one, and no workbook of funds needs it.
    let large = bytes.get(tail.saturating_sub(ZIP64_END)..)?.windows(4);
    if large.into_iter().any(|mark| mark == b"PK\x06\x06" || mark == b"PK\x06\x07") {
        return Some(u64::MAX);
    }
    let (count, mut at) = (word(end + 10)?, long(end + 16)?);
    let mut total = 0;
    for _ in 0..count {
        let (method, packed, header) = (word(at + 10)?, long(at + 20)?, long(at + 42)?);
        let start = header.checked_add(30 + usize::from(word(header + 26)?) + usize::from(word(header + 28)?))?;
        let part = bytes.get(start..start.checked_add(packed)?)?;
        total += match method {
            8 => {
                let mut open = flate2::read::DeflateDecoder::new(part).take(LARGEST + 1);
                // A damaged part is the reader's to report.
                std::io::copy(&mut open, &mut std::io::sink()).unwrap_or(0)
            }
            _ => part.len() as u64,
        };
        if total > LARGEST {
            break;
        }
        at += 46 + usize::from(word(at + 28)?) + usize::from(word(at + 30)?) + usize::from(word(at + 32)?);
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    /// A workbook with one sheet, written by hand.
    pub(super) fn workbook(sheet: &str) -> Vec<u8> {
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

    fn zip(parts: &[(&str, &str)]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        for (name, text) in parts {
            let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
            packer.write_all(text.as_bytes()).unwrap();
            let (packed, mut sum) = (packer.finish().unwrap(), flate2::Crc::new());
            sum.update(text.as_bytes());
            let at = u32::try_from(file.len()).unwrap();
            let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
            common.extend(sum.sum().to_le_bytes());
            common.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
            common.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            common.extend([0, 0]);
            file.extend(b"PK\x03\x04");
            file.extend(&common);
            file.extend(name.as_bytes());
            file.extend(packed);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&common);
            directory.extend([0; 10]);
            directory.extend(at.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (start, size) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
        let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
        file.extend(directory);
        file.extend(b"PK\x05\x06\0\0\0\0");
        file.extend(count);
        file.extend(count);
        file.extend(size.to_le_bytes());
        file.extend(start.to_le_bytes());
        file.extend([0, 0]);
        file
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

    #[test]
    fn a_part_that_inflates_without_end_is_refused() {
        let blanks = " ".repeat(usize::try_from(LARGEST).unwrap() + 1);
        let bomb = zip(&[("xl/sharedStrings.xml", &blanks)]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        assert!(inflated(&bomb).unwrap() > LARGEST);
        assert!(read(&bomb).is_none());
        assert!(inflated(b"PK\x03\x04 nothing").is_none());
    }

    /// The end record says that there is nothing, and a 64-bit one before it, which readers prefer, has the truth.
    #[test]
    fn an_archive_with_a_64_bit_end_is_refused() {
        let plain = workbook("<worksheet><sheetData/></worksheet>");
        assert!(read(&plain).is_some());
        let (parts, end) = plain.split_at(plain.len() - 22);
        let (count, size, start) = (u64::from(end[10]), &end[12..16], &end[16..20]);
        let mut file = parts.to_vec();
        file.extend(b"PK\x06\x06");
        file.extend(44_u64.to_le_bytes());
        file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        file.extend([size, &[0; 4], start, &[0; 4]].concat());
        file.extend(b"PK\x06\x07\0\0\0\0");
        file.extend((parts.len() as u64).to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0");
        assert_eq!(inflated(&file), Some(u64::MAX));
        assert!(read(&file).is_none());
    }
}
