//! Layouts of which there is no sample, written by hand from their descriptions, and what a careful person reads in them;
//! and every file again as spreadsheets and other systems save it, which must change nothing.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail like the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use broaden::diagnostics::{Severity, Sink};
use broaden::holdings::{self, json};
use broaden::model::{Account, Portfolio, Position, RawFile};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn files(name: &str) -> Vec<RawFile> {
    let mut files: Vec<RawFile> = fs::read_dir(folder(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("EXPECTED.json") && !path.ends_with("EXPECTED.txt"))
        .map(|path| RawFile::new(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn read(file: &RawFile) -> (Portfolio, Sink) {
    let mut sink = Sink::default();
    let portfolio = holdings::read(std::slice::from_ref(file), &[], &mut sink);
    (portfolio, sink)
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn account_line(account: &Account) -> String {
    let cash: Vec<String> = account.cash.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect();
    format!(
        "{} {} | {} | {} | {} | cash {} | pending {} | total {}",
        account.broker,
        account.layout,
        account.label(),
        account.kind.id(),
        or_dash(account.as_of_text.clone().or(account.as_of.map(|day| day.to_string()))),
        if cash.is_empty() { "-".to_owned() } else { cash.join(" + ") },
        or_dash(account.pending),
        or_dash(account.reported_total),
    )
}

fn position_line(position: &Position) -> String {
    let symbol = position.symbol.as_deref().or(position.details.isin.as_deref()).unwrap_or(&position.name).to_owned();
    let canonical = position.canonical.as_ref().map(|canonical| canonical.as_str().to_owned());
    let mut line = format!(
        "  {symbol}{} | {} | {} @ {} = {}{} | cost {}",
        canonical.filter(|text| *text != symbol).map(|text| format!(" ({text})")).unwrap_or_default(),
        position.kind.id(),
        or_dash(position.quantity),
        or_dash(position.price),
        if position.value_computed { "~" } else { "" },
        or_dash(position.value),
        or_dash(position.cost_basis),
    );
    if position.currency != "USD" {
        line.push_str(&format!(" | {} {}", position.currency, or_dash(position.details.value_base)));
    }
    if position.core {
        line.push_str(" | core");
    }
    if let Some(held) = position.held_in {
        line.push_str(&format!(" | in {}", held.word()));
    }
    for lot in &position.lots {
        line.push_str(&format!(
            "\n    lot {} {} cost {} {}{}{}",
            or_dash(lot.opened),
            lot.quantity,
            or_dash(lot.cost_basis),
            or_dash(lot.term.map(|term| term.id())),
            lot.disallowed_loss.map(|loss| format!(" wash {loss}")).unwrap_or_default(),
            lot.locked_until.map(|day| format!(" locked {day}")).unwrap_or_default(),
        ));
    }
    line
}

/// What is read, and what is wrong: errors and warnings by code, skipped rows by number.
fn shown(file: &RawFile) -> String {
    let (portfolio, sink) = read(file);
    let mut lines = Vec::new();
    for account in &portfolio.accounts {
        lines.push(account_line(account));
        lines.extend(account.positions.iter().map(position_line));
    }
    if !portfolio.trades.is_empty() {
        lines.push(format!("{} trades", portfolio.trades.len()));
    }
    for item in &sink.items {
        if item.severity > Severity::Note {
            lines.push(format!("! {}", item.code.id));
        } else if item.code.id == "skipped-row" {
            lines.push(format!("- {}", item.message));
        }
    }
    lines.join("\n")
}

#[test]
fn layouts_without_a_sample_are_read_as_meant() {
    let text = fs::read_to_string(folder("layouts").join("EXPECTED.txt")).unwrap();
    let mut expected: BTreeMap<&str, String> = text
        .split("\n# ")
        .skip(1)
        .map(|block| block.split_once('\n').unwrap())
        .map(|(name, lines)| (name, lines.trim_end().to_owned()))
        .collect();
    let mut wrong = Vec::new();
    for file in files("layouts") {
        let ours = shown(&file);
        let theirs = expected.remove(file.name.as_str()).unwrap_or_default();
        if ours != theirs {
            wrong.push(format!("# {}\n{ours}\nexpected:\n{theirs}", file.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(expected.is_empty(), "not there: {:?}", expected.keys());
}

#[test]
fn every_file_is_claimed_by_one_reader() {
    let plain = [
        "google-sheets-generic.csv",
        "alpaca-positions.json",
        "calc-sheet.ods",
        "chinese-names.csv",
        "monarch-holdings.json",
        "own-sheet.xlsx",
        "two-columns.csv",
        "two-tables.csv",
    ];
    for file in files("exports").into_iter().chain(files("layouts")) {
        let by_names = plain.contains(&file.name.as_str());
        let found = holdings::recognise(&file);
        let one = matches!(found, holdings::Recognised::As(_)) || by_names && found == holdings::Recognised::Unknown;
        assert!(one, "{}: {found:?}", file.name);
    }
}

/// What issuers say of their funds and what brokers take as orders is none of anybody's holdings.
#[test]
fn files_of_funds_and_of_orders_are_claimed_by_no_reader() {
    let orders = [
        "Action,Quantity,Symbol,SecType,Exchange,Currency,TimeInForce,OrderType\nBUY,100,IBM,STK,SMART/ARCA,USD,DAY,MKT\n",
        "DELL, 18, #500, Limit, 29\nIBM, 18, #100, Market\n",
        "Z12345678,1,B,10,VTI,M,,D\n",
        "Symbol,Quantity,Order Type,Limit Price\nVTI,10,LIMIT,300\n",
    ];
    let orders = orders.iter().map(|text| RawFile::new("orders.csv", text.as_bytes().to_vec()));
    let funds = files("fund_files");
    assert!(funds.len() > 4);
    for file in funds.into_iter().chain(orders) {
        assert_eq!(holdings::recognise(&file), holdings::Recognised::Unknown, "{}", file.name);
        let (portfolio, sink) = read(&file);
        let said = sink.items.iter().find(|item| item.severity == Severity::Error).map(|item| item.code.id);
        assert!(portfolio.accounts.is_empty() && said.is_some(), "{}: {said:?}", file.name);
    }
}

/// A way of saving a table; `None` where it does not apply to a file.
type Saved = (&'static str, fn(&str) -> Option<Vec<u8>>);

fn records(text: &str) -> Option<Vec<Vec<String>>> {
    // The reader of the csv crate, like a spreadsheet, takes `"a" ,"b"` as one cell: such files are not saved again.
    let table = !text.contains("\" ,") && !text.trim_start_matches('\u{feff}').starts_with(['<', '{', '[', '#']);
    let table = table && !text.starts_with("OFXHEADER");
    let tabs = text.contains('\t');
    table.then(|| {
        csv::ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(if tabs { b'\t' } else { b',' })
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes())
            .records()
            .map(|row| row.unwrap().iter().map(str::to_owned).collect())
            .collect()
    })
}

/// Saves the cells again, as Excel does: every row as long as the longest, quotes as told.
fn saved(text: &str, delimiter: u8, quotes: csv::QuoteStyle) -> Option<Vec<u8>> {
    let rows = records(text)?;
    let width = rows.iter().map(Vec::len).max()?;
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .quote_style(quotes)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for mut row in rows {
        row.resize(width, String::new());
        writer.write_record(&row).unwrap();
    }
    writer.into_inner().ok()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.trim_start_matches('\u{feff}').encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// Saves the cells as texts of a workbook.
pub fn workbook(rows: &[Vec<String>]) -> Vec<u8> {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut sheet = String::new();
    for (row, cells) in rows.iter().enumerate() {
        sheet += &format!("<row r=\"{}\">", row + 1);
        for (column, text) in cells.iter().enumerate() {
            let letters = [column / 26, column % 26].map(|digit| char::from(b'A' + u8::try_from(digit).unwrap()));
            let name: String = if column < 26 {
                letters[1].into()
            } else {
                format!("{}{}", char::from(letters[0] as u8 - 1), letters[1])
            };
            sheet += &format!("<c r=\"{name}{}\" t=\"str\"><v>{}</v></c>", row + 1, escaped(text));
        }
        sheet += "</row>";
    }
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let link = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"rId1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns:r=\"{office}\"><sheets><sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    zip(&[
        ("_rels/.rels", link("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", link("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")),
    ])
}

/// A zip archive whose parts are not packed.
fn zip(parts: &[(&str, String)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let mut sum = flate2::Crc::new();
        sum.update(text.as_bytes());
        let size = u32::try_from(text.len()).unwrap().to_le_bytes();
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend(sum.sum().to_le_bytes());
        common.extend([size, size].concat());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        let at = u32::try_from(file.len()).unwrap().to_le_bytes();
        file.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), text.as_bytes()].concat());
        directory.extend([b"PK\x01\x02\x14\x00".as_slice(), &common, &[0; 10], &at, name.as_bytes()].concat());
    }
    let (start, size) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    file.extend(directory);
    file.extend(
        [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size.to_le_bytes(), &start.to_le_bytes(), &[0, 0]].concat(),
    );
    file
}

const WAYS: &[Saved] = &[
    ("Excel, comma separated", |text| saved(text, b',', csv::QuoteStyle::Necessary)),
    ("every cell quoted", |text| saved(text, b',', csv::QuoteStyle::Always)),
    ("Excel, semicolons", |text| saved(text, b';', csv::QuoteStyle::Necessary)),
    ("Excel, Unicode text", |text| {
        saved(text, b'\t', csv::QuoteStyle::Necessary).map(|bytes| utf16(std::str::from_utf8(&bytes).unwrap(), false))
    }),
    ("Excel, workbook", |text| records(text).map(|rows| workbook(&rows))),
    ("UTF-16, big end first", |text| Some(utf16(text, true))),
    ("UTF-16, little end first", |text| Some(utf16(text, false))),
    ("UTF-8 with its mark", |text| Some(format!("\u{feff}{}", text.trim_start_matches('\u{feff}')).into_bytes())),
    ("UTF-8 without", |text| Some(text.trim_start_matches('\u{feff}').as_bytes().to_vec())),
    ("Windows-1252", |text| {
        let (bytes, _, lost) = encoding_rs::WINDOWS_1252.encode(text.trim_start_matches('\u{feff}'));
        (!lost).then(|| bytes.into_owned())
    }),
    ("line ends of Windows", |text| Some(text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())),
    ("line ends of Unix", |text| Some(text.replace("\r\n", "\n").into_bytes())),
    ("no line end at the end", |text| Some(text.trim_end().as_bytes().to_vec())),
    ("empty rows around it", |text| {
        let blank = if text.contains('\t') { "\t\t\t" } else { ",,," };
        let inner = text.trim_start_matches('\u{feff}').trim_end();
        records(text).map(|_| format!("{blank}\n\n{inner}\n{blank}\n").into_bytes())
    }),
];

/// What the file says, without the places and the rows that were skipped.
fn meaning(file: &RawFile) -> (Value, Vec<&'static str>) {
    let (portfolio, sink) = read(file);
    let mut view = json::view(&portfolio, &[]);
    view["files"] = Value::Null;
    let worse = sink.items.iter().filter(|item| item.severity > Severity::Note).map(|item| item.code.id).collect();
    (view, worse)
}

#[test]
fn saving_a_file_again_changes_nothing() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in files("exports").into_iter().chain(files("layouts")) {
        let before = meaning(&file);
        let text = match encoding_rs::Encoding::for_bom(file.bytes()) {
            Some((encoding, _)) => encoding.decode(file.bytes()).0.into_owned(),
            // A workbook is no text, and a workbook already.
            None => match file.text() {
                Some(text) => text.to_string(),
                None => continue,
            },
        };
        for (way, save) in WAYS {
            let Some(bytes) = save(&text) else { continue };
            let after = meaning(&RawFile::new(file.name.clone(), bytes));
            count += 1;
            if before != after {
                let (a, b) = (format!("{:#}", before.0), format!("{:#}", after.0));
                let differ: Vec<_> = a.lines().zip(b.lines()).filter(|(a, b)| a != b).take(3).collect();
                wrong.push(format!("{}, {way}: {differ:?} {:?} {:?}", file.name, before.1, after.1));
            }
        }
    }
    assert!(count > 700, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
