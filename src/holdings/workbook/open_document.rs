//! The content of an OpenDocument spreadsheet, read here and not by the crate: one of its cells can say that it stands there
//! sixteen thousand times, with a text of a megabyte.

use quick_xml::events::{BytesStart, Event};

use super::{COLUMNS, LONGEST_CELL, Lines, Problem, ROWS, Sheet, number_text, plain};
use crate::holdings::input::LARGEST_FILE;

/// Reads the content of an OpenDocument spreadsheet.
pub(super) fn read(content: &str) -> Result<Vec<Sheet>, Problem> {
    let mut reader = quick_xml::Reader::from_str(content);
    reader.config_mut().expand_empty_elements = true;
    let (mut sheets, mut left) = (Vec::new(), LARGEST_FILE);
    let mut table: Option<(String, bool, Lines)> = None;
    // Of the styles, in which a sheet is hidden.
    let (mut style, mut hiding) = (None, Vec::new());
    let (mut row, mut column, mut times) = (0, 0, 1);
    let mut money = None;
    let (mut cells, mut cell): (Vec<(usize, String)>, Option<Cell>) = (Vec::new(), None);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => match tag.name().as_ref() {
                "style:style" => style = attribute(&tag, "style:name"),
                "style:table-properties" if attribute(&tag, "table:display").as_deref() == Some("false") => {
                    hiding.extend(style.take());
                }
                "table:table" => {
                    let name = attribute(&tag, "table:name").unwrap_or_default();
                    let hidden = attribute(&tag, "table:style-name").is_some_and(|style| hiding.contains(&style));
                    (table, row) = (Some((plain(&name), hidden, Lines::new(left))), 0);
                }
                "table:table-row" => (column, times) = (0, repeated(&tag, "table:number-rows-repeated", ROWS)),
                "table:table-cell" | "table:covered-table-cell" => {
                    money = money.or_else(|| attribute(&tag, "office:currency").filter(|code| code != "USD"));
                    cell = Some(Cell::of(&tag));
                }
                "office:annotation" => drop(reader.read_to_end(tag.name())),
                "text:p" => cell.iter_mut().for_each(Cell::paragraph),
                "text:s" | "text:tab" | "text:line-break" => cell.iter_mut().for_each(|cell| cell.push(" ")),
                _ => {}
            },
            Ok(Event::Text(text)) => cell.iter_mut().for_each(|cell| cell.push(&text)),
            Ok(Event::GeneralRef(name)) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*name)).map(|text| text.into_owned());
                cell.iter_mut().for_each(|cell| cell.push(text.as_deref().unwrap_or(" ")));
            }
            Ok(Event::End(tag)) => match tag.name().as_ref() {
                "table:table-cell" | "table:covered-table-cell" => {
                    let Some(cell) = cell.take() else { continue };
                    if !cell.text().trim().is_empty() {
                        cells.extend(
                            (column..COLUMNS).take(cell.repeated).map(|column| (column, cell.text().to_owned())),
                        );
                    }
                    column += cell.repeated;
                }
                // Two lots that are the same may stand there as one row, twice.
                "table:table-row" => {
                    let Some((.., lines)) = &mut table else { continue };
                    for row in (row..ROWS).take(if cells.is_empty() { 0 } else { times }) {
                        for (column, text) in &cells {
                            lines.put(row, *column, text)?;
                        }
                    }
                    cells.clear();
                    row += times;
                }
                "table:table" => {
                    let Some((name, hidden, lines)) = table.take() else { continue };
                    let text = lines.finish()?;
                    left = left.saturating_sub(text.len());
                    sheets.push(Sheet { name, text, money: money.take(), hidden });
                }
                _ => {}
            },
            Ok(Event::Eof) => break,
            Err(_) => return Err(Problem::NoWorkbook),
            Ok(_) => {}
        }
    }
    if sheets.is_empty() { Err(Problem::NoWorkbook) } else { Ok(sheets) }
}

/// A cell of an OpenDocument table.
struct Cell {
    value: Option<String>,
    shown: String,
    repeated: usize,
}

impl Cell {
    fn of(tag: &BytesStart<'_>) -> Self {
        let number = attribute(tag, "office:value");
        let percent = attribute(tag, "office:value-type").is_some_and(|kind| kind == "percentage");
        let number = number.map(|text| match text.parse::<f64>() {
            Ok(number) if percent => format!("{}%", number_text(number * 100.0)),
            Ok(number) => number_text(number),
            Err(_) => text,
        });
        let value =
            number.or_else(|| attribute(tag, "office:date-value")).or_else(|| attribute(tag, "office:string-value"));
        Cell { value, shown: String::new(), repeated: repeated(tag, "table:number-columns-repeated", COLUMNS) }
    }

    fn push(&mut self, text: &str) {
        if self.shown.len() <= LONGEST_CELL {
            self.shown.push_str(text);
        }
    }

    fn paragraph(&mut self) {
        if !self.shown.is_empty() {
            self.push(" ");
        }
    }

    fn text(&self) -> &str {
        self.value.as_deref().unwrap_or(&self.shown)
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    let value = found.value.to_string();
    Some(quick_xml::escape::unescape(&value).map_or_else(|_| value.clone(), |text| text.into_owned()))
}

fn repeated(tag: &BytesStart<'_>, name: &str, most: usize) -> usize {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(1_usize).clamp(1, most)
}
