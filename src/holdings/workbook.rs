//! Spreadsheets (.xlsx, .ods) as the texts of their sheets, so that every reader of tables reads them too.
//!
//! The archive is counted before it is read, and so is the text that is made: one long text may stand in a million cells.

mod open_document;

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetVisible, Xlsx};
use quick_xml::events::Event;

use super::{currencies, dates, input::LARGEST_FILE};
use crate::diagnostics::text;
use crate::model::Currency;
use crate::reference::archive;

/// More rows and columns than these are no list of holdings.
const ROWS: usize = 200_000;
const COLUMNS: usize = 256;
/// A longer cell is cut.
const LONGEST_CELL: usize = 1000;

/// One sheet.
pub struct Sheet {
    /// Its name, as it is shown.
    pub name: String,
    /// Its rows, a line each, with tabs between the cells.
    pub text: String,
    /// A currency other than the dollar in which its cells, or those of its workbook, are shown.
    pub money: Option<String>,
    /// It is hidden in its workbook.
    pub hidden: bool,
}

/// Why there are no sheets.
#[derive(Debug, PartialEq)]
pub enum Problem {
    /// It is no spreadsheet, or a damaged one.
    NoWorkbook,
    /// It has more than any household holds, or is packed so that it cannot be known how much.
    TooLarge,
}

/// Returns the sheets of a workbook, in its order.
///
/// # Errors
/// It is no workbook, or one that is too large.
pub fn sheets(bytes: &[u8]) -> Result<Vec<Sheet>, Problem> {
    let parts = archive::parts(bytes).ok_or(Problem::TooLarge)?;
    if let Some(content) = parts.iter().find(|part| part.name == b"content.xml") {
        return open_document::read(&String::from_utf8_lossy(&content.content()));
    }
    if !archive::has_plain_sheets(&parts) {
        return Err(Problem::NoWorkbook);
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Problem::NoWorkbook)?;
    let mut left = LARGEST_FILE;
    let names: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    let styles = parts.iter().find(|part| part.name == b"xl/styles.xml");
    let money = styles.and_then(|part| shown_money(&String::from_utf8_lossy(&part.content())));
    let mut sheet = |(name, hidden)| Ok(Sheet { money: money.clone(), hidden, ..excel(&mut book, name, &mut left)? });
    names.into_iter().map(&mut sheet).collect()
}

/// Returns the sign or code of a currency other than the dollar that a format in use shows.
fn shown_money(styles: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(styles);
    let (mut formats, mut used, mut in_use) = (Vec::new(), Vec::new(), false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let value = |name: &str| {
                    let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == name);
                    found.map(|attribute| attribute.value.to_string())
                };
                match tag.name().as_ref() {
                    "numFmt" => formats.extend(value("numFmtId").zip(value("formatCode"))),
                    "cellXfs" => in_use = true,
                    "xf" if in_use => used.extend(value("numFmtId")),
                    _ => {}
                }
            }
            Ok(Event::End(tag)) if tag.name().as_ref() == "cellXfs" => break,
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    formats.iter().filter(|(id, _)| used.contains(id)).find_map(|(_, code)| foreign_money(code))
}

/// Returns the currency of a format such as `[$€-407] #,##0.00` or `#,##0.00 "£"`; dollars are none.
fn foreign_money(code: &str) -> Option<String> {
    let marked = code.split("[$").skip(1).filter_map(|rest| rest.split(['-', ']']).next());
    let signs = code.split(|c| !matches!(c, '€' | '£' | '¥' | '₹'));
    let mut found = marked.chain(signs).map(str::trim).filter(|text| !text.is_empty() && text.len() <= 6);
    found.find(|text| currencies::named(text) != Currency::USD).map(str::to_owned)
}

fn excel(book: &mut Xlsx<Cursor<&[u8]>>, name: String, left: &mut usize) -> Result<Sheet, Problem> {
    let mut lines = Lines::new(*left);
    let epoch = if book.has_1904_epoch() { EPOCH_1904 } else { 0.0 };
    // What is no sheet of cells, as a chart, has none.
    if let Ok(mut cells) = book.worksheet_cells_reader(&name) {
        while let Some(cell) = cells.next_cell().map_err(|_| Problem::NoWorkbook)? {
            let (row, column) = cell.get_position();
            lines.put(row as usize, column as usize, &shown(cell.get_value(), epoch))?;
        }
    }
    let text = lines.finish()?;
    *left = left.saturating_sub(text.len());
    Ok(Sheet { name: plain(&name), text, money: None, hidden: false })
}

fn plain(name: &str) -> String {
    text::plain(name).trim().chars().take(60).collect()
}

/// Days from the first of a workbook that counts from 1900 to the first of one that counts from 1904, as those of old Macs
/// do (ECMA-376, part 1, 18.17.4.1).
const EPOCH_1904: f64 = 1462.0;

/// Returns a cell as a file of text would have it; days are counted from an epoch.
fn shown(value: &DataRef<'_>, epoch: f64) -> String {
    match value {
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::String(text) => text.clone(),
        DataRef::Float(number) => number_text(*number),
        DataRef::DateTime(when) if when.is_datetime() => {
            let days = when.as_f64() + epoch;
            dates::serial(&days.trunc().to_string()).map_or_else(|| number_text(days), |day| day.to_string())
        }
        other => calamine::Data::from(other.clone()).to_string(),
    }
}

/// Returns a number as a spreadsheet shows it, to fifteen digits: what is stored is the binary fraction nearest to what was
/// typed or computed.
fn number_text(number: f64) -> String {
    format!("{number:.14e}").parse::<f64>().unwrap_or(number).to_string()
}

/// Rows as they are put together.
struct Lines {
    rows: Vec<Vec<String>>,
    /// Bytes of the text so far, and the most it may have.
    size: usize,
    most: usize,
}

impl Lines {
    fn new(most: usize) -> Self {
        Lines { rows: Vec::new(), size: 0, most }
    }

    /// Puts a text into a cell. Cells come in the order of their rows; what lies beyond any list of holdings is left out.
    fn put(&mut self, row: usize, column: usize, text: &str) -> Result<(), Problem> {
        if row >= ROWS || column >= COLUMNS || row + 1 < self.rows.len() || text.trim().is_empty() {
            return Ok(());
        }
        self.rows.resize_with(self.rows.len().max(row + 1), Vec::new);
        let Some(cells) = self.rows.last_mut() else { return Ok(()) };
        cells.resize_with(cells.len().max(column + 1), String::new);
        if let Some(cell) = cells.get_mut(column) {
            *cell = quoted(text);
            self.size += cell.len() + column;
        }
        if self.size > self.most { Err(Problem::TooLarge) } else { Ok(()) }
    }

    /// Writes the rows as lines of the same number of cells, as a file of text has them: a sheet has no cells behind the
    /// last that is filled. A row without anything is an empty line, so that lines are counted as rows are.
    fn finish(self) -> Result<String, Problem> {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        if self.size + self.rows.len().saturating_mul(width) > self.most {
            return Err(Problem::TooLarge);
        }
        let mut text = String::with_capacity(self.size);
        for row in self.rows {
            let filled = row.len();
            for (column, cell) in row.into_iter().enumerate() {
                if column > 0 {
                    text.push('\t');
                }
                text.push_str(&cell);
            }
            text.extend(std::iter::repeat_n('\t', if filled == 0 { 0 } else { width - filled }));
            text.push('\n');
        }
        Ok(text)
    }
}

/// Returns a cell as it stands in a text: in quotes where it begins with one or has several lines.
fn quoted(text: &str) -> String {
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let text: String = text.trim().chars().take(LONGEST_CELL).map(plain).collect();
    let quotes = text.starts_with('"') || text.contains('\n');
    if quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
pub(super) mod testing {
    //! Workbooks written by hand.

    use crate::reference::archive::testing::zip;

    /// Returns an Excel workbook of sheets: names, and rows of cells in the XML of the format.
    pub fn excel(sheets: &[(&str, &str)]) -> Vec<u8> {
        let sheets: Vec<_> = sheets.iter().map(|(name, rows)| (*name, "", *rows)).collect();
        workbook("", &sheets)
    }

    /// Returns an Excel workbook with properties of its own and of its sheets: names, properties and rows. Cells of the style
    /// 1 are days.
    pub fn workbook(properties: &str, sheets: &[(&str, &str, &str)]) -> Vec<u8> {
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let (mut list, mut links, mut parts) = (String::new(), String::new(), Vec::new());
        for (index, (name, own, rows)) in sheets.iter().enumerate() {
            let number = index + 1;
            list += &format!(r#"<sheet name="{name}" sheetId="{number}" {own} r:id="rId{number}"/>"#);
            let target = format!("worksheets/sheet{number}.xml");
            links += &format!(r#"<Relationship Id="rId{number}" Type="{office}/worksheet" Target="{target}"/>"#);
            parts.push((format!("xl/{target}"), format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")));
        }
        parts.push((
            "xl/workbook.xml".to_owned(),
            format!(r#"<workbook xmlns:r="{office}"><workbookPr {properties}/><sheets>{list}</sheets></workbook>"#),
        ));
        let styles = r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;
        parts.push(("xl/styles.xml".to_owned(), styles.to_owned()));
        parts.push(("xl/_rels/workbook.xml.rels".to_owned(), format!("<Relationships>{links}</Relationships>")));
        parts.push((
            "_rels/.rels".to_owned(),
            format!(
                r#"<Relationships><Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ));
        let parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        zip(&parts)
    }

    /// Returns the rows of a table of texts and numbers, as an Excel sheet has them.
    pub fn rows(table: &str) -> String {
        let cell = |row: usize, column: usize, text: &str| {
            let name = format!("{}{}", char::from(b'A' + column as u8), row + 1);
            match text.parse::<f64>() {
                _ if text.is_empty() => String::new(),
                Ok(_) => format!(r#"<c r="{name}"><v>{text}</v></c>"#),
                Err(_) => format!(r#"<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>"#),
            }
        };
        let row = |(row, line): (usize, &str)| {
            let cells: String = line.split('|').enumerate().map(|(column, text)| cell(row, column, text)).collect();
            format!(r#"<row r="{}">{cells}</row>"#, row + 1)
        };
        table.lines().enumerate().map(row).collect()
    }

    /// Returns an OpenDocument spreadsheet of one table in the XML of the format.
    pub fn open_document(table: &str) -> Vec<u8> {
        let content = format!(
            r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"#
        );
        zip(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content)])
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{excel, open_document, rows};
    use super::*;

    #[test]
    fn lines_are_the_rows_of_the_sheet_and_numbers_are_as_they_are_shown() {
        let table = rows("Ticker|Shares|Price\n\nVTI|10.1|0.30000000000000004\n|\"a\"|");
        let read = sheets(&excel(&[("Notes", &rows("hello")), ("Mine", &table)])).unwrap();
        let read: Vec<(&str, &str)> = read.iter().map(|sheet| (sheet.name.as_str(), sheet.text.as_str())).collect();
        assert_eq!(
            read,
            [("Notes", "hello\n"), ("Mine", "Ticker\tShares\tPrice\n\nVTI\t10.1\t0.3\n\t\"\"\"a\"\"\"\t\n"),]
        );
    }

    /// 46000 is 2025-12-09 counted from the end of 1899, and four years and a day later counted from 1904.
    #[test]
    fn days_are_counted_from_the_epoch_of_the_workbook() {
        let row = r#"<row r="1"><c r="A1" s="1"><v>46000</v></c><c r="B1"><v>46000</v></c></row>"#;
        for (properties, day) in [
            ("", "2025-12-09"),
            (r#"date1904="0""#, "2025-12-09"),
            (r#"date1904="1""#, "2029-12-10"),
            (r#"date1904="true""#, "2029-12-10"),
        ] {
            let read = sheets(&super::testing::workbook(properties, &[("a", "", row)])).unwrap();
            assert_eq!(read[0].text, format!("{day}\t46000\n"), "{properties}");
        }
    }

    #[test]
    fn open_document_repeats_what_is_blank_and_has_the_value_beside_what_is_shown() {
        let table = r#"<table:table table:name="A&amp;B"><table:table-row><table:table-cell office:value-type="string"><text:p>Ticker</text:p></table:table-cell>
            <table:table-cell table:number-columns-repeated="2"/><table:table-cell office:value-type="float" office:value="1234.5"><text:p>1.234,50</text:p></table:table-cell></table:table-row>
            <table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
            <table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="date" office:date-value="2026-11-20"><text:p>20.11.26</text:p></table:table-cell><table:table-cell><text:p>AT&amp;T<office:annotation><text:p>old</text:p></office:annotation></text:p></table:table-cell></table:table-row>
            <table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"#;
        let read = sheets(&open_document(table)).unwrap();
        assert_eq!(read[0].name, "A&B");
        assert_eq!(read[0].text, "Ticker\t\t\t1234.5\n\n\n2026-11-20\tAT&T\t\t\n2026-11-20\tAT&T\t\t\n");
    }

    #[test]
    fn a_sheet_that_is_hidden_is_known() {
        let row = rows("a|b");
        let book = super::testing::workbook(
            "",
            &[("A", r#"state="hidden""#, &row), ("B", "", &row), ("C", r#"state="veryHidden""#, &row)],
        );
        let hidden = |bytes: &[u8]| sheets(bytes).unwrap().iter().map(|sheet| sheet.hidden).collect::<Vec<_>>();
        assert_eq!(hidden(&book), [true, false, true]);
        let style = |name: &str, shown: &str| {
            format!(
                r#"<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/></style:style>"#
            )
        };
        let table = |name: &str, style: &str| {
            format!(
                r#"<table:table table:name="{name}" table:style-name="{style}"><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>"#
            )
        };
        let content = [style("ta1", "true"), style("ta2", "false"), table("A", "ta2"), table("B", "ta1")].concat();
        assert_eq!(hidden(&open_document(&content)), [true, false]);
    }

    #[test]
    fn money_that_is_no_dollars_is_seen_in_the_formats_in_use() {
        let styles = |used: u32, code: &str| {
            format!(
                r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="{code}"/></numFmts><cellStyleXfs><xf numFmtId="164"/></cellStyleXfs><cellXfs><xf numFmtId="{used}"/></cellXfs></styleSheet>"#
            )
        };
        for (code, money) in [
            ("[$€-407] #,##0.00", Some("€")),
            ("#,##0.00 &quot;€&quot;", Some("€")),
            ("[$£-809]#,##0.00", Some("£")),
            ("[$CHF] #,##0", Some("CHF")),
            ("[$$-409]#,##0.00", None),
            ("[$USD] #,##0", None),
            ("#,##0.00", None),
        ] {
            assert_eq!(shown_money(&styles(164, code)).as_deref(), money, "{code}");
            assert_eq!(shown_money(&styles(0, code)), None, "{code}");
        }
        let cell = r#"<table:table table:name="a"><table:table-row><table:table-cell office:value-type="percentage" office:value="0.25"/><table:table-cell office:value-type="currency" office:currency="EUR" office:value="3"/></table:table-row></table:table>"#;
        let read = sheets(&open_document(cell)).unwrap();
        assert_eq!((read[0].text.as_str(), read[0].money.as_deref()), ("25%\t3\n", Some("EUR")));
    }

    #[test]
    fn a_cell_that_stands_everywhere_is_bounded() {
        let long = "x".repeat(100_000);
        let row = format!(
            r#"<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"><text:p>{long}</text:p></table:table-cell></table:table-row>"#
        );
        let table = format!(r#"<table:table table:name="a">{}</table:table>"#, row.repeat(400));
        let text = &sheets(&open_document(&table));
        assert!(
            matches!(text, Err(Problem::TooLarge))
                || text.as_ref().is_ok_and(|read| read[0].text.len() <= LARGEST_FILE)
        );
        // A text that is stored once and stands in many cells.
        let cells: String =
            (1..2000).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="str"><v>{long}</v></c></row>"#)).collect();
        let read = sheets(&excel(&[("a", &cells)]));
        assert!(matches!(read, Err(Problem::TooLarge)) || read.is_ok_and(|read| read[0].text.len() < 2_100_000));
    }

    #[test]
    fn what_is_no_workbook_is_none() {
        let zip = crate::reference::archive::testing::zip;
        assert!(matches!(sheets(&zip(&[("a.txt", "b")])), Err(Problem::NoWorkbook)));
        assert!(matches!(sheets(b"PK\x03\x04 cut"), Err(Problem::TooLarge)));
        assert!(matches!(sheets(&zip(&[("content.xml", "<a><b></a>")])), Err(Problem::NoWorkbook)));
    }

    /// Small deterministic random numbers (xorshift), so that a failure can be repeated from its seed.
    fn damaged(text: &str, seed: u64) -> String {
        const PIECES: &[&str] = &[
            "<",
            ">",
            "\"",
            "&",
            "&#x0;",
            "-1",
            "999999999999",
            "XFD1048576",
            "r=\"\"",
            "</row>",
            "<c>",
            "t=\"s\"",
            "/",
        ];
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut roll = |sides: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % sides.max(1) as u64).unwrap()
        };
        let mut text = text.to_owned();
        for _ in 0..=roll(4) {
            let (at, length) = (roll(text.len()), roll(12));
            let (at, end) = (text.floor_char_boundary(at), text.floor_char_boundary((at + length).min(text.len())));
            text.replace_range(at..end.max(at), PIECES[roll(PIECES.len())]);
        }
        text
    }

    #[test]
    fn damaged_sheets_never_panic() {
        let sheet = rows("Symbol|Shares|Price\nVTI|10|300\nBRK.B|2.5|450");
        let table = r#"<table:table table:name="a"><table:table-row table:number-rows-repeated="2"><table:table-cell office:value="1.5"><text:p>1,5</text:p></table:table-cell><table:table-cell table:number-columns-repeated="3"><text:p>a&amp;b<text:s text:c="3"/></text:p></table:table-cell></table:table-row></table:table>"#;
        let mut read = 0;
        for seed in 1..1500 {
            read += usize::from(sheets(&excel(&[("a", &damaged(&sheet, seed))])).is_ok());
            read += usize::from(sheets(&open_document(&damaged(table, seed))).is_ok());
        }
        assert!(read > 100, "{read}");
    }
}
