//! A file as lines of cells, whether it was CSV or a spreadsheet; dates as issuers write them.

use std::sync::OnceLock;

use chrono::NaiveDate;
use csv::StringRecord;

use super::workbook;
use crate::model::RawFile;
use crate::units::{Money, NumberStyle, parse_number};

/// Files larger than this are no holdings file.
const LARGEST: usize = 64 << 20;

/// A file, decoded when first asked for.
pub(crate) struct Input<'a> {
    file: &'a RawFile,
    grid: OnceLock<Option<Grid>>,
}

/// Lines of cells, each with its line number counted from 1.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    pub lines: Vec<(usize, StringRecord)>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(file: &'a RawFile) -> Self {
        Input { file, grid: OnceLock::new() }
    }

    fn is_workbook(&self) -> bool {
        self.file.bytes().starts_with(b"PK\x03\x04")
    }

    /// Returns the text; empty for a spreadsheet.
    pub(crate) fn text(&self) -> String {
        if self.is_workbook() || self.file.bytes().len() > LARGEST { String::new() } else { decode(self.file.bytes()) }
    }

    /// Returns the cells; `None` when the file is neither text nor a spreadsheet.
    pub(crate) fn grid(&self) -> Option<&Grid> {
        let read = || match self.is_workbook() {
            true => workbook::read(self.file.bytes()),
            false => cells(&self.text()),
        };
        self.grid.get_or_init(read).as_ref()
    }
}

fn decode(bytes: &[u8]) -> String {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0.into_owned(),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
        },
    }
}

/// The largest fund has twenty thousand rows of twenty cells.
const MOST_CELLS: usize = 4_000_000;

/// Returns the cells of a text; `None` when it has more than any fund.
fn cells(text: &str) -> Option<Grid> {
    if text.bytes().filter(|byte| matches!(byte, b',' | b'\n')).nth(MOST_CELLS).is_some() {
        return None;
    }
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records().flatten() {
        let line = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
        lines.push((line, record));
    }
    Some(Grid { lines })
}

impl Grid {
    /// Returns the index of the first line that has all the columns, within the first 40.
    pub(crate) fn header(&self, columns: &[&str]) -> Option<usize> {
        self.lines.iter().take(40).position(|(_, cells)| {
            columns.iter().all(|column| cells.iter().any(|cell| cell.eq_ignore_ascii_case(column)))
        })
    }

    /// Returns the index of a column of a line, by the first of its names that is there.
    pub(crate) fn column(&self, line: usize, names: &[&str]) -> Option<usize> {
        let (_, cells) = self.lines.get(line)?;
        names.iter().find_map(|name| cells.iter().position(|cell| cell.eq_ignore_ascii_case(name)))
    }

    /// Returns the cells before a line.
    pub(crate) fn above(&self, line: usize) -> impl Iterator<Item = &StringRecord> {
        self.lines.iter().take(line).map(|(_, cells)| cells)
    }
}

/// Returns a cell, empty when the line is shorter.
pub(crate) fn cell(cells: &StringRecord, column: Option<usize>) -> &str {
    column.and_then(|column| cells.get(column)).unwrap_or_default()
}

/// Returns a percent as a fraction; `None` for text that is no number.
pub(crate) fn percent(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%').trim();
    match parse_number(text, NumberStyle::Point) {
        Ok(Some(value)) => Some(Money(value).to_f64() / 100.0),
        // Excel writes tiny weights as 4.0000000000000003E-6.
        _ => text.parse::<f64>().ok().filter(|value| value.is_finite() && value.abs() < 1e6).map(|value| value / 100.0),
    }
}

const GERMAN: [(&str, &str); 4] = [("Mai", "May"), ("Mär", "Mar"), ("Okt", "Oct"), ("Dez", "Dec")];

/// Returns a date as issuers write it.
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    let text = text.trim().trim_start_matches("As of").trim_start_matches("as of").trim();
    // German months that are not the English ones: `31.Okt.2026`.
    let text = GERMAN.iter().fold(text.to_owned(), |text, (german, english)| text.replace(german, english));
    let text = text.as_str();
    [
        "%d.%b.%Y",
        "%d/%b/%Y",
        "%d.%m.%Y",
        "%Y-%m-%d",
        "%m/%d/%Y",
        "%d-%b-%Y",
        "%b %d, %Y",
        "%d %b %Y",
        "%Y%m%d",
        "%B %d, %Y",
    ]
    .iter()
    .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
}

/// Returns the one date in a file's name, `2026-09-04` or `20260904`.
pub(crate) fn date_in_name(name: &str) -> Option<NaiveDate> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let digits: Vec<String> = base
        .split(|c: char| !c.is_ascii_digit() && c != '-')
        .map(|part| part.trim_matches('-').to_owned())
        .filter(|part| part.len() >= 8)
        .collect();
    let mut found: Vec<NaiveDate> = digits.iter().filter_map(|part| date(part)).collect();
    found.dedup();
    if found.len() == 1 { found.pop() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixty megabytes of commas took two gigabytes.
    #[test]
    fn more_cells_than_any_fund_has_are_no_table() {
        assert!(cells(&",".repeat(MOST_CELLS)).is_some());
        assert!(cells(&",".repeat(MOST_CELLS + 1)).is_none() && cells(&"\n".repeat(MOST_CELLS + 1)).is_none());
    }

    #[test]
    fn dates_are_read_as_issuers_write_them() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 4);
        assert_eq!(date("31.Okt.2026"), NaiveDate::from_ymd_opt(2026, 10, 31));
        for text in [
            "04.Sep.2026",
            "04/Sep/2026",
            "04.09.2026",
            "2026-09-04",
            "09/04/2026",
            "As of 04-Sep-2026",
            "Sep 04, 2026",
            "as of 09/04/2026",
            "20260904",
        ] {
            assert_eq!(date(text), day, "{text}");
        }
        assert_eq!(date("soon"), None);
        assert_eq!(date_in_name("funds/ishares_IWM_holdings_2026-09-04.csv"), day);
        assert_eq!(date_in_name("IWM_20260904.csv"), day);
        assert_eq!(date_in_name("IWM_holdings.csv"), None);
    }

    #[test]
    fn weights_are_percents() {
        for (text, weight) in
            [("7.15", Some(0.0715)), ("7.95 %", Some(0.0795)), ("4.0E-6", Some(4e-8)), ("-", None), ("x", None)]
        {
            let close = match (percent(text), weight) {
                (Some(found), Some(weight)) => (found - weight).abs() < 1e-15,
                (found, weight) => found == weight,
            };
            assert!(close, "{text}");
        }
    }
}
