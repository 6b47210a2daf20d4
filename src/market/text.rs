//! The text of a market file: gzip and encodings undone, lines split into cells, header found.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use super::commas;
use crate::diagnostics::Source;
use crate::model::RawFile;

/// A decompressed file may not be larger.
const LARGEST: usize = 1 << 29;
/// Tables of prices shrink to a third or a tenth; a gzip bomb shrinks a thousandfold and is refused on the way.
const MOST_SHRUNK: usize = 100;
/// What is decompressed before the ratio counts: a small table of blanks shrinks well too.
const UNSUSPICIOUS: usize = 1 << 24;

/// Text has no zero byte among so many.
const LOOKED_AT: usize = 4096;

/// Endings of data that are no text, whatever the bytes are.
const KINDS: [&str; 4] = ["xls", "ods", "parquet", "feather"];
/// A row has fewer cells; what lies beyond is not a table's.
const MOST_CELLS: usize = 1 << 18;

/// A header is shorter than this; a file whose first lines are not is no table.
pub const LONGEST_HEADER: usize = 1 << 20;

/// A file ready to be read.
pub struct Text {
    /// The name and the decoded text, shown when something is wrong with a line.
    pub source: Arc<Source>,
    /// The same lines with decimal points, where the file has decimal commas.
    points: Option<String>,
}

/// Why a file holds no text to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// The gzip stream breaks off or is damaged.
    #[error("the gzip data is damaged or breaks off")]
    Gzip,
    /// More comes out of the gzip stream than tables of prices pack.
    #[error("the gzip data unpacks to far more than a table of prices would")]
    Bomb,
    /// A zip or xlsx archive.
    #[error("it is a zip archive or a workbook; unpack it, or save it as csv")]
    Zip,
    /// A file of data in a form that only other programs read.
    #[error("it is a file of the kind .{0}; save it as csv")]
    Kind(&'static str),
    /// Bytes of some other kind.
    #[error("it is not text")]
    Binary,
}

/// Decodes a file: gzip by its magic number, UTF-16 and UTF-8 by their marks, else UTF-8, else Windows-1252.
pub fn decode(file: &RawFile) -> Result<Text, NotText> {
    let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    if let Some(kind) = KINDS.into_iter().find(|kind| ending.as_deref() == Some(kind)) {
        return Err(NotText::Kind(kind));
    }
    let bytes: Cow<'_, [u8]> = match file.bytes().get(..2) {
        Some([0x1f, 0x8b]) => {
            let most = LARGEST.min(file.bytes().len().saturating_mul(MOST_SHRUNK).max(UNSUSPICIOUS));
            let mut out = Vec::with_capacity(file.bytes().len().saturating_mul(3).min(64 << 20));
            let mut reader = flate2::read::MultiGzDecoder::new(file.bytes()).take(most as u64 + 1);
            reader.read_to_end(&mut out).map_err(|_| NotText::Gzip)?;
            if out.len() > most {
                return Err(NotText::Bomb);
            }
            Cow::Owned(out)
        }
        Some(b"PK") => return Err(NotText::Zip),
        _ => Cow::Borrowed(file.bytes()),
    };
    let text = match bytes.get(..2) {
        Some([0xff, 0xfe] | [0xfe, 0xff]) => encoding_rs::UTF_16LE.decode(&bytes).0.into_owned(),
        // Before a decoder sees all of it.
        _ if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) => return Err(NotText::Binary),
        _ => match String::from_utf8(bytes.into_owned()) {
            Ok(text) => text,
            Err(error) => encoding_rs::WINDOWS_1252.decode(error.as_bytes()).0.into_owned(),
        },
    };
    if text.bytes().take(LOOKED_AT).any(|byte| byte == 0) {
        return Err(NotText::Binary);
    }
    let points = commas::with_points(&text);
    Ok(Text { source: Source::file(file.name.clone(), text), points })
}

/// One line with content: its number (from 1) and its text without line ending.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Counted from 1, in the file as it is.
    pub number: usize,
    /// Without its ending.
    pub text: &'a str,
}

impl Text {
    /// Returns the lines with content. Blank lines, `#` comments and rows of empty fields are left out.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let text = self.points.as_deref().unwrap_or(&self.source.text);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        text.split('\n').enumerate().filter_map(|(index, text)| {
            let text = text.strip_suffix('\r').unwrap_or(text);
            let first = text.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b',' | b';'))?;
            (first != b'#').then_some(Line { number: index + 1, text })
        })
    }

    /// Returns the `#` comments, joined and in lower case: where a file says that its closes are adjusted.
    pub fn comments(&self) -> String {
        let text = self.source.text.strip_prefix('\u{feff}').unwrap_or(&self.source.text);
        let lines = text.lines().map(str::trim_start).take(50).filter(|line| line.starts_with('#'));
        lines.collect::<Vec<_>>().join(" ").to_lowercase()
    }
}

/// Returns the delimiter of a header line: the one it has most of.
pub fn delimiter(header: &str) -> u8 {
    let count = |wanted: u8| header.bytes().filter(|byte| *byte == wanted).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|byte| count(*byte)).unwrap_or(b',')
}

/// Splits a line into trimmed cells. Quotes are undone; what follows a closing quote up to the next delimiter
/// (`"Change %"]`) is dropped.
pub fn cells(line: &str, delimiter: u8) -> Vec<Cow<'_, str>> {
    let delimiter = char::from(delimiter);
    if !line.contains('"') {
        return line.split(delimiter).take(MOST_CELLS).map(|cell| Cow::Borrowed(cell.trim())).collect();
    }
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut characters = line.chars().peekable();
    let (mut quoted, mut closed) = (false, false);
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            '"' if quoted => (quoted, closed) = (false, true),
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            other if other == delimiter && !quoted => {
                cells.push(Cow::Owned(cell.trim().to_owned()));
                cell.clear();
                closed = false;
            }
            _ if closed => {}
            other => cell.push(other),
        }
    }
    cells.push(Cow::Owned(cell.trim().to_owned()));
    cells
}

/// Returns a header cell in the form in which names are compared: lower case, letters and digits only, without accents, with
/// and without which Stooq writes its Polish header.
pub fn key(cell: &str) -> String {
    let plain = |c: char| match c {
        'ę' | 'ê' | 'é' | 'è' => 'e',
        'ż' | '¿' => 'z',
        'ä' | 'á' | 'à' | 'ã' => 'a',
        'ö' | 'ó' | 'ô' | 'Ö' => 'o',
        'ü' | 'ú' => 'u',
        'í' => 'i',
        other => other,
    };
    cell.chars().map(plain).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> Text {
        decode(&RawFile::new("x.csv", content.as_bytes().to_vec())).ok().unwrap()
    }

    #[test]
    fn noise_around_the_lines_is_dropped() {
        let text = text("\u{feff}\r\n# adjusted closes\r\nDate,Close\r\n,,\r\n2020-01-02,5\r\n");
        let lines: Vec<_> = text.lines().map(|line| (line.number, line.text)).collect();
        assert_eq!(lines, [(3, "Date,Close"), (5, "2020-01-02,5")]);
        assert_eq!(text.comments(), "# adjusted closes");
    }

    #[test]
    fn quotes_even_broken_ones_are_undone() {
        assert_eq!(cells(r#""Date","Price","Change %"]"#, b','), ["Date", "Price", "Change %"]);
        assert_eq!(cells(r#""07/23/2026","7,408.30","a ""b""",x"#, b','), ["07/23/2026", "7,408.30", "a \"b\"", "x"]);
        assert_eq!(cells("1; 2 ;", b';'), ["1", "2", ""]);
    }

    #[test]
    fn compressed_and_foreign_encodings_are_read() {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"date,A\n").unwrap();
        let zipped = encoder.finish().unwrap();
        let read = |bytes: Vec<u8>| decode(&RawFile::new("x", bytes)).map(|t| t.source.text.to_string());
        assert_eq!(read(zipped.clone()).unwrap(), "date,A\n");
        assert_eq!(read(zipped[..zipped.len() / 2].to_vec()), Err(NotText::Gzip));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::copy(&mut std::io::repeat(b'1').take(40 << 20), &mut encoder).unwrap();
        assert_eq!(read(encoder.finish().unwrap()), Err(NotText::Bomb));
        assert_eq!(read(b"PK\x03\x04".to_vec()), Err(NotText::Zip));
        assert_eq!(read(b"Najni\xbfszy".to_vec()).unwrap(), "Najni\u{bf}szy");
        assert_eq!(read(vec![0xff, 0xfe, b'a', 0]).unwrap(), "a");
        assert_eq!(read(vec![b'a', 0, 1]), Err(NotText::Binary));
    }
}
