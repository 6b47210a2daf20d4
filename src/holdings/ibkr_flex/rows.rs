//! The rows of a Flex query, from CSV and from XML.

use std::collections::BTreeMap;

use quick_xml::events::Event;

use super::super::input::Input;
use super::super::report::Report;
use super::super::table::Columns;
use super::super::{BAD_NUMBER, BAD_XML, dates};
use super::{CASH, POSITIONS, Query};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Decimal, NumberStyle, parse_number};

/// One row of any section, by lower-case names.
pub(super) struct Line {
    pub fields: BTreeMap<String, String>,
    pub place: Place,
}

impl Line {
    pub fn get(&self, names: &[&str]) -> &str {
        names.iter().find_map(|name| self.fields.get(*name)).map_or("", String::as_str)
    }

    pub fn number(&self, names: &[&str], report: &mut Report) -> Option<Decimal> {
        parse_number(self.get(names), NumberStyle::Point).unwrap_or_else(|problem| {
            report.push(
                Diagnostic::error(BAD_NUMBER, problem.to_string()).at(self.place.clone()).hint("run the query again"),
            );
            None
        })
    }
}

pub(super) fn csv(input: &Input<'_>, query: &mut Query, report: &mut Report) {
    let table = input.table(report);
    query.layout = "flex-v1";
    let mut header: Option<(Columns, bool)> = None;
    for row in table.rows().filter(|row| !row.is_blank()) {
        match row.text(0) {
            "BOF" => {
                // Account, query, number of accounts, first day, last day, when it was run.
                query.day = dates::leading(row.text(5));
                query.layout = "flex-v2";
                continue;
            }
            "BOA" | "BOS" | "EOF" | "EOA" | "EOS" | "MSG" => {
                query.layout = "flex-v2";
                continue;
            }
            "TRAILER" => continue,
            _ => {}
        }
        if let Some(names) = Columns::of_if(&row, "clientaccountid").or_else(|| Columns::of_if(&row, "accountid")) {
            let known = names.has(POSITIONS) || names.has(CASH);
            if !known {
                report.skipped(&row, "the section that begins here holds neither positions nor cash");
            }
            header = Some((names, known));
            continue;
        }
        let Some((names, known)) = &header else {
            report.skipped(&row, "it stands before the header");
            continue;
        };
        if !known || !report.fits_exactly(&row, names.width()) {
            continue;
        }
        let fields =
            names.names().enumerate().map(|(column, name)| (name.to_owned(), row.text(column).to_owned())).collect();
        let line = Line { fields, place: row.place() };
        if names.has(CASH) { query.cash(&line, report) } else { query.position(&line, report) }
    }
}

pub(super) fn xml(input: &Input<'_>, query: &mut Query, report: &mut Report) {
    query.layout = "flex-xml";
    let mut reader = quick_xml::Reader::from_str(input.text());
    loop {
        let start = usize::try_from(reader.buffer_position()).unwrap_or(0);
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                let end = usize::try_from(reader.buffer_position()).unwrap_or(start);
                let place = Place::new(input.source, start..end);
                let mut fields = BTreeMap::new();
                for attribute in element.attributes() {
                    let Ok(attribute) = attribute else {
                        report.push(
                            Diagnostic::error(BAD_XML, "an attribute is given twice or without quotes")
                                .at(place.clone())
                                .hint("the file was edited; run the query again"),
                        );
                        continue;
                    };
                    let value = attribute.value.to_string();
                    let value =
                        quick_xml::escape::unescape(&value).map_or_else(|_| value.clone(), |text| text.into_owned());
                    fields.insert(attribute.key.as_ref().to_lowercase(), value);
                }
                let kind = element.name();
                if kind.as_ref() == "FlexStatement" {
                    query.statement.clear();
                }
                // Which columns a section has is the user's choice; whose they are stands around them.
                for (name, value) in &query.statement {
                    fields.entry(name.clone()).or_insert_with(|| value.clone());
                }
                let line = Line { fields, place };
                match kind.as_ref() {
                    "FlexStatement" => {
                        query.day = dates::leading(line.get(&["todate"]));
                        query
                            .statement
                            .extend(line.fields.get_key_value("accountid").map(|(k, v)| (k.clone(), v.clone())));
                    }
                    "AccountInformation" => {
                        let alias = line.get(&["acctalias"]).to_owned();
                        query
                            .statement
                            .extend(Some(("acctalias".to_owned(), alias)).filter(|(_, alias)| !alias.is_empty()));
                        query.base_currency(&line);
                    }
                    "OpenPosition" => query.position(&line, report),
                    "CashReportCurrency" => query.cash(&line, report),
                    _ => {}
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(problem) => {
                report.push(
                    Diagnostic::error(BAD_XML, format!("the XML cannot be read: {problem}"))
                        .at(Place::new(input.source, start..start + 1))
                        .hint("the file is cut off or was edited; run the query again"),
                );
                break;
            }
        }
    }
    if !input.text().contains("</FlexQueryResponse>") {
        report.push(
            Diagnostic::error(BAD_XML, "the XML has no end: the file is cut off")
                .at(Place::whole(input.source))
                .hint("run the query again"),
        );
    }
}
