//! A file as the readers see it: decoded text, its first rows, and the guards against what is no text at all.

use std::sync::Arc;

use super::lists;
use super::report::Report;
use super::table::{Columns, Delimiter, Table};
use super::workbook::{self, Problem, Sheet};
use super::{BINARY, EMPTY, NO_SHEET, TOO_LARGE};
use crate::diagnostics::text::plain;
use crate::diagnostics::{Code, Diagnostic, Place, Source, SourceKind};
use crate::model::RawFile;

/// Files beyond this are refused: the largest real export seen is a few megabytes.
pub const LARGEST_FILE: usize = 64 * 1024 * 1024;
/// Rows a reader may look at to recognise a file; preambles of real exports have up to twelve.
const HEAD_ROWS: usize = 60;

/// A decoded file with its first rows.
pub struct Input<'a> {
    /// The text, for places.
    pub source: &'a Arc<Source>,
    /// What separates its cells.
    pub delimiter: Delimiter,
    /// Its first rows.
    pub head: Table<'a>,
    /// The names in each of the first rows that could be a header.
    pub headers: Vec<Columns>,
}

impl<'a> Input<'a> {
    /// Splits the first rows of a text.
    pub fn new(text: &'a Text) -> Self {
        const ANY: &[Delimiter] = &[Delimiter::Comma, Delimiter::Tab, Delimiter::Semicolon];
        let source = &text.source;
        let (delimiter, head) = if text.sheet.is_some() { &[Delimiter::Tab] } else { ANY }
            .iter()
            .map(|delimiter| (*delimiter, Table::head(source, *delimiter, HEAD_ROWS)))
            .max_by_key(|(delimiter, head)| {
                // A remark may have the comma that the table does not.
                let widest = head.widest();
                let rows = head.rows().filter(|row| row.len() == widest).count();
                (widest, rows, std::cmp::Reverse(*delimiter))
            })
            .unwrap_or((Delimiter::Comma, Table::head(source, Delimiter::Comma, HEAD_ROWS)));
        let headers = head.rows().map(|row| Columns::of(&row)).collect();
        Input { source, delimiter, head, headers }
    }

    /// Returns the text.
    pub fn text(&self) -> &'a str {
        &self.source.text
    }

    /// Splits the whole text into rows.
    pub fn table(&self, report: &mut Report) -> Table<'a> {
        Table::whole(self.source, self.delimiter, report)
    }

    /// Returns whether one of the first rows holds all of the given columns, each under one of its names.
    pub fn has(&self, columns: &[&[&str]]) -> bool {
        self.headers.iter().any(|header| header.has(columns))
    }

    /// Returns whether any of the first rows begins with a text, in any case.
    pub fn begins(&self, text: &str) -> bool {
        self.head
            .rows()
            .any(|row| row.text(0).get(..text.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(text)))
    }
}

/// A decoded file, or a sheet of one.
pub struct Text {
    /// The text, for places.
    pub source: Arc<Source>,
    /// The name of the sheet that it is.
    pub sheet: Option<String>,
    /// The currency that its workbook shows amounts in, other than the dollar.
    pub money: Option<String>,
    /// It is a sheet that is hidden in its workbook.
    pub hidden: bool,
}

type Refused = Box<Diagnostic>;

fn refuse<T>(file: &RawFile, code: Code, message: impl Into<String>, hint: impl Into<String>) -> Result<T, Refused> {
    let whole = Place::whole(&Source::file(&file.name, ""));
    Err(Box::new(Diagnostic::error(code, message).at(whole).hint(hint)))
}

/// Returns whether a file is a zip archive, as workbooks are.
pub fn is_archive(file: &RawFile) -> bool {
    file.bytes().starts_with(b"PK\x03\x04")
}

/// Decodes a file: one text, with the lists in it where it is JSON; or the sheets of a workbook, or the one that was asked
/// for.
///
/// # Errors
/// A problem to report: the file is empty, too large, neither text nor workbook, or has no such sheet.
pub fn texts(file: &RawFile) -> Result<Vec<Text>, Refused> {
    if !is_archive(file) {
        let whole = Text { source: decode(file)?, sheet: None, money: None, hidden: false };
        let lists = lists::tables(&whole.source.text);
        return Ok(std::iter::once(whole).chain(named(file, lists)).collect());
    }
    let sheets = match workbook::sheets(file.bytes()) {
        Ok(sheets) => sheets,
        Err(Problem::NoWorkbook) => {
            let hint = "unpack it, and give the CSV or the spreadsheet that is inside";
            return refuse(file, BINARY, "this is a zip archive and no spreadsheet that can be read", hint);
        }
        Err(Problem::TooLarge) => {
            let message = "the archive is damaged, or unpacks to more than any list of holdings";
            return refuse(file, TOO_LARGE, message, "save the sheet as CSV and give that file");
        }
    };
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    if let Some(wanted) = file.sheet().filter(|wanted| !names.iter().any(|name| name.eq_ignore_ascii_case(wanted))) {
        let quoted: Vec<String> = names.iter().take(20).map(|name| format!("`{name}`")).collect();
        let message = format!("the workbook has no sheet `{}`", plain(wanted));
        return refuse(file, NO_SHEET, message, format!("its sheets: {}", quoted.join(", ")));
    }
    if sheets.iter().all(|sheet| sheet.text.trim().is_empty()) {
        return refuse(file, EMPTY, "the workbook is empty", "download it again from your broker");
    }
    let meant = |sheet: &&Text| match file.sheet() {
        Some(wanted) => sheet.sheet.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted)),
        None => !sheet.source.text.trim().is_empty(),
    };
    Ok(named(file, sheets).filter(|sheet| meant(&sheet)).collect())
}

/// Gives each sheet the name of its file, with its own where there are several.
fn named(file: &RawFile, sheets: Vec<Sheet>) -> impl Iterator<Item = Text> {
    let several = sheets.len() > 1;
    sheets.into_iter().map(move |sheet| {
        let name = if several { format!("{} [{}]", file.name, sheet.name) } else { file.name.clone() };
        Text {
            source: Source::file(name, sheet.text),
            sheet: Some(sheet.name),
            money: sheet.money,
            hidden: sheet.hidden,
        }
    })
}

/// Decodes a text: UTF-8 with or without a mark, UTF-16, else Windows-1252; and lines that end as on old Macs.
fn decode(file: &RawFile) -> Result<Arc<Source>, Refused> {
    let refuse = |code, message: String, hint: &str| refuse(file, code, message, hint);
    let bytes = file.bytes();
    if bytes.len() > LARGEST_FILE {
        let size = bytes.len() / (1024 * 1024);
        return refuse(
            TOO_LARGE,
            format!("the file has {size} MB; broaden reads exports of at most {} MB", LARGEST_FILE / (1024 * 1024)),
            "is it a brokerage export? Those have a few kilobytes",
        );
    }
    for (magic, what, hint) in MAGIC {
        if bytes.starts_with(magic) {
            return refuse(BINARY, format!("this is {what}, not a text file"), hint);
        }
    }
    let decoded = |encoding: &'static encoding_rs::Encoding, bytes| {
        let (text, damaged) = encoding.decode_without_bom_handling(bytes);
        (text.into_owned(), damaged)
    };
    let (text, damaged) = if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        decoded(encoding, bytes.get(mark..).unwrap_or_default())
    } else if let Some(encoding) = unmarked_utf16(bytes) {
        decoded(encoding, bytes)
    } else if bytes.iter().take(64 * 1024).any(|byte| *byte == 0) {
        return refuse(
            BINARY,
            "the file is binary, not text".to_owned(),
            "give the CSV that your broker offers as download",
        );
    } else {
        match file.text() {
            Some(text) => (text.to_owned(), false),
            None => decoded(encoding_rs::WINDOWS_1252, bytes),
        }
    };
    // A replacement character that the file itself holds is text: a name that was damaged before it came here.
    let strange = |c: char| (c.is_control() && !c.is_whitespace()) || (damaged && c == '\u{fffd}');
    let odd = text.chars().take(4096).filter(|c| strange(*c)).count();
    if odd * 50 > text.chars().take(4096).count() {
        return refuse(
            BINARY,
            "the file is binary, not text".to_owned(),
            "give the CSV that your broker offers as download",
        );
    }
    if text.trim().is_empty() {
        return refuse(EMPTY, "the file is empty".to_owned(), "download it again from your broker");
    }
    // A spreadsheet's "CSV (Macintosh)" ends lines with a carriage return alone; as long as a line feed, so places stay.
    let old_mac = !text.trim_end().contains('\n') && text.contains('\r');
    let text = if old_mac { text.replace('\r', "\n") } else { text };
    // A spreadsheet's line that names the separator is no title.
    let text = match text.split_once('\n') {
        Some((first, rest)) if first.trim_end().len() == 5 && first.to_ascii_lowercase().starts_with("sep=") => {
            format!("\n{rest}")
        }
        _ => text,
    };
    Ok(Source::made_of(SourceKind::File, &file.name, text, file.keys().clone()))
}

const MAGIC: [(&[u8], &str, &str); 5] = [
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "save it as .xlsx or as CSV and give that file"),
    (b"%PDF", "a PDF", "give the CSV that your broker offers as download; a PDF holds no reliable numbers"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"\x89PNG", "a picture", "give the CSV that your broker offers as download"),
    (b"\xff\xd8\xff", "a picture", "give the CSV that your broker offers as download"),
];

/// UTF-16 without its mark: every other byte of a western text is zero.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = bytes.get(..bytes.len().min(512) & !1)?;
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    match () {
        () if half >= 8 && odd * 10 >= half * 9 && even == 0 => Some(encoding_rs::UTF_16LE),
        () if half >= 8 && even * 10 >= half * 9 && odd == 0 => Some(encoding_rs::UTF_16BE),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, &'static str> {
        decode(&RawFile::new("x.csv", bytes.to_vec()))
            .map(|source| source.text.to_string())
            .map_err(|problem| problem.code.id)
    }

    #[test]
    fn every_encoding_of_a_spreadsheet_is_read() {
        let utf16 = |big: bool| -> Vec<u8> {
            "Café,1\n and more text"
                .encode_utf16()
                .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect()
        };
        let wanted = "Café,1\n and more text".to_owned();
        assert_eq!(text("Café,1\n and more text".as_bytes()), Ok(wanted.clone()));
        assert_eq!(text("\u{feff}Café,1\n and more text".as_bytes()), Ok(wanted.clone()));
        assert_eq!(text(b"Caf\xe9,1\n and more text"), Ok(wanted.clone()));
        assert_eq!(text(&[b"\xff\xfe".as_slice(), &utf16(false)].concat()), Ok(wanted.clone()));
        assert_eq!(text(&[b"\xfe\xff".as_slice(), &utf16(true)].concat()), Ok(wanted.clone()));
        assert_eq!(
            text(&"plain,text,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()),
            Ok("plain,text,1\n".to_owned())
        );
    }

    #[test]
    fn lines_of_an_old_mac_are_lines() {
        assert_eq!(text(b"a,b\r1,2\r"), Ok("a,b\n1,2\n".to_owned()));
        assert_eq!(text(b"a,b\r1,2\r\n"), Ok("a,b\n1,2\n\n".to_owned()));
        assert_eq!(text(b"a,\"b\rc\"\r\n1,2\r\n"), Ok("a,\"b\rc\"\r\n1,2\r\n".to_owned()));
    }

    #[test]
    fn a_line_that_names_the_separator_is_no_title() {
        assert_eq!(text(b"sep=,\r\na,b\n"), Ok("\na,b\n".to_owned()));
        assert_eq!(text(b"SEP IRA\na,b\n"), Ok("SEP IRA\na,b\n".to_owned()));
    }

    #[test]
    fn a_name_damaged_elsewhere_is_text() {
        let name = "401K PL".to_owned() + &"\u{fffd}".repeat(40);
        assert_eq!(text(name.as_bytes()), Ok(name.clone()));
        assert_eq!(text(&[b"\xef\xbb\xbf401K PL".as_slice(), &[0xff; 40]].concat()), Err("binary-file"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(text(b""), Err("empty-file"));
        assert_eq!(text(b" \r\n\r\n"), Err("empty-file"));
        assert!(texts(&RawFile::new("x.xlsx", b"PK\x03\x04rest".to_vec())).is_err());
        assert_eq!(text(&(0..=255).cycle().take(5000).collect::<Vec<u8>>()), Err("binary-file"));
        assert_eq!(text(&vec![b'x'; LARGEST_FILE + 1]), Err("file-too-large"));
    }
}
