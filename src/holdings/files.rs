//! From the files of a run to one household: each is recognised and read, then all of them are joined.

use super::detection::{candidates, unrecognised};
use super::input::{self, Input, Text};
use super::lots::LotFile;
use super::report::Report;
use super::{
    AMBIGUOUS, AccountSettings, DUPLICATE_FILE, FOREIGN, Found, ImportMapping, NO_CASH, NO_DATE, NO_HOLDINGS, NO_SHEET,
    OTHER_SHEETS, READERS, ReaderEntry, accounts, consolidated, dates, deposits, generic, household, lists, repeated,
    transactions,
};
use crate::diagnostics::{Diagnostic, Place, Sink, text};
use crate::model::{Account, Currency, InputFile, Portfolio, Position, RawFile};

/// Like [`read`](super::read), with the user's own column mappings (`[import.NAME]`), which go before every known format.
pub fn read_with(
    files: &[RawFile],
    settings: &[AccountSettings],
    imports: &[ImportMapping],
    sink: &mut Sink,
) -> Portfolio {
    let (mut portfolio, read) = read_each(files, imports, sink);
    portfolio.files =
        files.iter().zip(read.roles).filter_map(|(file, role)| Some(InputFile::new(file, role?))).collect();
    let mut report = Report::default();
    if let Some(name) = files.iter().find_map(RawFile::sheet).filter(|_| !files.iter().any(input::is_archive)) {
        let message = format!("no file is a workbook, so none has a sheet `{}`", text::plain(name));
        report.push(Diagnostic::error(NO_SHEET, message).hint("leave --sheet out"));
    }
    household::finish(&mut portfolio, read.lots, settings, &mut report);
    report.finish(sink);
    portfolio
}

/// What the files of a household hold beside its accounts and trades.
#[derive(Default)]
struct Read {
    lots: Vec<LotFile>,
    /// What each file is used for; `None` for one that is not read.
    roles: Vec<Option<&'static str>>,
    /// The files that hold nothing, and whether they are the program's own, whose accounts may be meant to be empty.
    empty: Vec<(String, bool)>,
}

/// Reads the files one by one; what concerns them together is still to be done.
fn read_each(files: &[RawFile], imports: &[ImportMapping], sink: &mut Sink) -> (Portfolio, Read) {
    let (mut portfolio, mut read) = (Portfolio::default(), Read::default());
    for (index, file) in files.iter().enumerate() {
        let mut report = Report::default();
        let first = files.iter().take(index).find(|earlier| earlier.bytes() == file.bytes());
        let found = match first {
            Some(first) => {
                let message = format!("{} has the same content as {} and is not read again", file.name, first.name);
                report.push(Diagnostic::warning(DUPLICATE_FILE, message).hint("leave one of the two out"));
                None
            }
            None => read_file(file, imports, &mut report),
        };
        read.roles.push(found.as_ref().map(|found| match () {
            () if !found.role.is_empty() => found.role,
            () if found.accounts.is_empty() && !found.lots.is_empty() => "lots",
            () => "holdings",
        }));
        if let Some(found) = found {
            if is_empty(&found) && !report.has_errors() {
                read.empty.push((file.name.clone(), found.own));
            }
            read.lots.extend(found.lots);
            portfolio.trades.extend(found.trades);
            household::add(&mut portfolio.accounts, found.accounts, found.own, &mut report);
        }
        report.finish(sink);
    }
    empty(&portfolio, &read, sink);
    (portfolio, read)
}

fn is_empty(found: &Found) -> bool {
    found.accounts.iter().all(is_bare) && found.lots.is_empty() && found.trades.is_empty() && found.role.is_empty()
}

fn is_bare(account: &Account) -> bool {
    account.positions.is_empty() && account.cash.is_empty()
}

/// Says which files hold nothing. Beside others that hold something it may be an empty account; alone there is nothing
/// to advise on, and a plan without a trade would look like an answer.
fn empty(portfolio: &Portfolio, read: &Read, sink: &mut Sink) {
    let nothing = portfolio.accounts.iter().all(is_bare) && read.lots.is_empty();
    for (name, own) in &read.empty {
        let message = format!("{name} holds no positions and no cash");
        sink.push(match nothing && !own {
            true => Diagnostic::error(NO_HOLDINGS, message)
                .hint("nothing else is owned in the files: download it again, without a filter on the view"),
            false => Diagnostic::warning(NO_HOLDINGS, message)
                .hint("is the account empty, or was a filter on when it was downloaded?"),
        });
    }
}

/// Reads a file with one reader, whatever its content looks like: for fuzzing, since detection lets few damaged files
/// through. An unknown reader reads nothing.
pub fn read_as(reader: &str, file: &RawFile, sink: &mut Sink) -> Portfolio {
    let mut portfolio = Portfolio::default();
    let (Some(reader), Ok(texts)) = (READERS.iter().find(|entry| entry.id == reader), input::texts(file)) else {
        return portfolio;
    };
    let mut report = Report::default();
    let found = texts.first().map(|text| (reader.read)(&Input::new(text), &mut report)).unwrap_or_default();
    household::add(&mut portfolio.accounts, found.accounts, found.own, &mut report);
    portfolio.trades = found.trades;
    household::finish(&mut portfolio, found.lots, &[], &mut report);
    report.finish(sink);
    portfolio
}

/// How a text is read.
enum Way<'m> {
    Mapped(&'m ImportMapping),
    Names(Box<ImportMapping>),
    Reader(&'static ReaderEntry),
    /// It fits several, which are named.
    Several(Vec<String>),
}

fn way<'m>(input: &Input<'_>, imports: &'m [ImportMapping]) -> Option<Way<'m>> {
    match (generic::mapped(input, imports).as_slice(), candidates(input).as_slice()) {
        ([mapping], _) => Some(Way::Mapped(mapping)),
        ([], []) => generic::by_names(input).map(|mapping| Way::Names(Box::new(mapping))),
        ([], [reader]) => Some(Way::Reader(reader)),
        ([], readers) => Some(Way::Several(readers.iter().map(|reader| reader.broker.to_owned()).collect())),
        (mappings, _) => {
            Some(Way::Several(mappings.iter().map(|mapping| format!("[import.{}]", mapping.name)).collect()))
        }
    }
}

fn read_file(file: &RawFile, imports: &[ImportMapping], report: &mut Report) -> Option<Found> {
    let texts = match input::texts(file) {
        Ok(texts) => texts,
        Err(problem) => {
            report.push(*problem);
            return None;
        }
    };
    let inputs: Vec<Input<'_>> = texts.iter().map(Input::new).collect();
    let ways = inputs.iter().zip(&texts).filter_map(|(input, text)| Some((input, text, way(input, imports)?)));
    let (holdings, trades): (Vec<_>, Vec<_>) =
        ways.partition(|(input, _, way)| !matches!(way, Way::Names(_)) || transactions::in_header(input).is_none());
    // A sheet of transactions is refused where there is no other.
    let mut ways = if holdings.is_empty() { trades } else { holdings };
    // What is hidden may be old: it is read where nothing that is shown could be.
    ways.sort_by_key(|(_, text, _)| text.hidden);
    let mut ways = ways.into_iter();
    let Some((input, text, way)) = ways.next() else {
        report.push(unrecognised(inputs.first()?));
        return None;
    };
    // A JSON file that is read as a whole has no further sheets.
    let others: Vec<&Text> = ways.map(|(_, other, _)| other).filter(|_| text.sheet.is_some()).collect();
    if text.hidden && file.sheet().is_none() {
        hidden_sheet(text, report);
    }
    other_sheets(text, &others, report);
    let by_names = matches!(way, Way::Names(_));
    let mut found = match way {
        Way::Mapped(mapping) => generic::read(input, mapping, report),
        Way::Names(mapping) => generic::read(input, &mapping, report),
        Way::Reader(reader) => (reader.read)(input, report),
        Way::Several(names) => {
            report.push(
                Diagnostic::error(AMBIGUOUS, format!("the file could be any of: {}", names.join("; ")))
                    .at(Place::whole(&text.source))
                    .hint("remove the columns or the part that belongs to another format"),
            );
            return None;
        }
    };
    for account in found.accounts.iter_mut().filter(|_| !found.own) {
        deposits::take(account, report);
        deposits::ask(account, report);
    }
    repeated::check(&found, input, by_names, report);
    consolidated::check(&mut found, report);
    let dollars = |held: &Position| held.currency == Currency::USD;
    let all_dollars = found.accounts.iter().flat_map(|account| &account.positions).all(dollars);
    if let Some(money) = text.money.as_ref().filter(|_| all_dollars && !found.accounts.is_empty()) {
        let message = format!("cells of the workbook are shown in {money}, and all amounts are taken as dollars");
        let warning = Diagnostic::warning(FOREIGN, message).at(Place::whole(&text.source));
        report.push(warning.hint("say the currency in a column, or in its name: `Value (EUR)`"));
    }
    if file.text().is_some_and(is_json) {
        cash_beside(file, &found, text, report);
    }
    // Sheets are called after accounts.
    let sheet = text.sheet.as_deref().filter(|name| accounts::guess(name).is_some());
    for account in found.accounts.iter_mut().filter(|account| account.name.is_none() && account.tail().is_none()) {
        account.name = sheet.map(str::to_owned);
    }
    day_of_name(&mut found, file, report);
    for account in found.accounts.iter().filter(|account| account.base_currency != "USD") {
        foreign(account, report);
    }
    Some(found)
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Says that a JSON file that was read as a list has cash beside it.
fn cash_beside(file: &RawFile, found: &Found, text: &Text, report: &mut Report) {
    let none = found.accounts.iter().all(|account| account.cash.is_empty()) && text.sheet.is_some();
    let Some(name) = file.text().filter(|_| none).and_then(lists::cash_beside) else { return };
    let message = format!("the file has `{name}` beside its list of holdings; the cash is not read");
    report.push(Diagnostic::warning(NO_CASH, message).at(Place::whole(&text.source)).hint(
        "give the cash in a file of your own: an account of the same name with `cash`, or a row CASH in a table",
    ));
}

/// Says that a workbook has further sheets that could be read: only one is.
fn other_sheets(read: &Text, others: &[&Text], report: &mut Report) {
    let Some(first) = others.first().and_then(|other| other.sheet.as_deref()) else { return };
    let called = |other: &&Text| {
        let name = other.sheet.as_deref().unwrap_or_default();
        if other.hidden { format!("`{name}`, which is hidden,") } else { format!("`{name}`") }
    };
    let names: Vec<String> = others.iter().map(called).collect();
    let one = read.sheet.as_deref().unwrap_or_default();
    let message = format!("only the sheet `{one}` is read; {} could be holdings too", names.join(", "));
    report.push(
        Diagnostic::warning(OTHER_SHEETS, message)
            .at(Place::whole(&read.source))
            .hint(format!("--sheet \"{first}\" reads that one instead; for both, save each as a file of its own")),
    );
}

/// Says that the sheet that is read is one that the workbook does not show.
fn hidden_sheet(read: &Text, report: &mut Report) {
    let name = read.sheet.as_deref().unwrap_or_default();
    let message = format!("the sheet `{name}` is hidden in its workbook, and is read since no other could be holdings");
    report.push(
        Diagnostic::warning(OTHER_SHEETS, message)
            .at(Place::whole(&read.source))
            .hint(format!("--sheet \"{name}\" reads it without a question; if it is old, take it out of the workbook")),
    );
}

/// Takes the day of the figures from the file's name where its content has none.
fn day_of_name(found: &mut Found, file: &RawFile, report: &mut Report) {
    let Some(day) = dates::in_name(&file.name) else { return };
    for account in found.accounts.iter_mut().filter(|account| account.as_of.is_none()) {
        account.as_of = Some(day);
        account.as_of_text = Some(format!("{day} (from file name only)"));
        report.push(
            Diagnostic::note(
                NO_DATE,
                format!("{} does not say of which day its figures are; {day} is taken from its name", file.name),
            )
            .hint("give --as-of DATE if that is wrong"),
        );
    }
}

/// Says that an account is not kept in dollars.
fn foreign(account: &Account, report: &mut Report) {
    let currency =
        if account.base_currency == "XXX" { "a currency that the file does not name" } else { &account.base_currency };
    let warning = Diagnostic::warning(
        FOREIGN,
        format!("{} is kept in {currency}; it is shown, and nothing in it is traded", account.label()),
    )
    .hint("broaden plans in dollars");
    report.push(match &account.place {
        Some(place) => warning.at(place.clone()),
        None => warning,
    });
}

#[cfg(test)]
mod tests {
    use crate::diagnostics::Sink;
    use crate::holdings::workbook::testing::{excel, rows, workbook};
    use crate::model::{Portfolio, RawFile};

    fn read(sheet: Option<&str>) -> (Portfolio, Sink) {
        let book = excel(&[
            ("Notes", &rows("buy low|sell high|often")),
            ("Trades", &rows("Date|Action|Symbol|Quantity|Price\n46000|Buy|VTI|1|300")),
            ("Brokerage", &rows("Symbol|Shares|Price\nVTI|10|300")),
            ("Roth IRA", &rows("Symbol|Shares|Price\nBND|10|70")),
        ]);
        let mut sink = Sink::default();
        let file = RawFile::new("book.xlsx", book).of_sheet(sheet.map(str::to_owned));
        (crate::holdings::read(&[file], &[], &mut sink), sink)
    }

    #[test]
    fn the_first_sheet_that_fits_is_read_and_others_are_named() {
        let (portfolio, sink) = read(None);
        assert_eq!((portfolio.accounts.len(), portfolio.accounts[0].label().as_str()), (1, "Brokerage"));
        let warning = sink.items.iter().find(|item| item.code.id == "other-sheets").unwrap();
        assert_eq!(warning.message, "only the sheet `Brokerage` is read; `Roth IRA` could be holdings too");
        assert!(portfolio.accounts[0].place.as_ref().unwrap().locator().starts_with("book.xlsx [Brokerage]:2:"));
    }

    #[test]
    fn a_sheet_that_is_asked_for_is_read_or_refused() {
        let (portfolio, sink) = read(Some("roth ira"));
        assert_eq!(
            (portfolio.accounts[0].kind.id(), portfolio.accounts[0].positions[0].label().as_str()),
            ("roth", "BND")
        );
        assert!(!sink.items.iter().any(|item| item.code.id == "other-sheets"));
        let first = |sheet: &str| read(Some(sheet)).1.items[0].clone();
        assert_eq!(first("Trades").code.id, "refused-file");
        assert_eq!(first("Notes").code.id, "unrecognised-file");
        let missing = first("Nope");
        assert_eq!(missing.message, "the workbook has no sheet `Nope`");
        assert_eq!(missing.hint.as_deref(), Some("its sheets: `Notes`, `Trades`, `Brokerage`, `Roth IRA`"));
    }

    #[test]
    fn a_sheet_that_is_shown_goes_before_one_that_is_hidden() {
        let (old, new) = (rows("Symbol|Shares|Price\nVTI|99|300"), rows("Symbol|Shares|Price\nVTI|10|300"));
        let notes = rows("buy low|sell high|often");
        let hidden = r#"state="hidden""#;
        let told = |sheets: &[(&str, &str, &str)], wanted: Option<&str>| {
            let mut sink = Sink::default();
            let file = RawFile::new("book.xlsx", workbook("", sheets)).of_sheet(wanted.map(str::to_owned));
            let read = crate::holdings::read(&[file], &[], &mut sink);
            let said = sink.items.iter().find(|item| item.code.id == "other-sheets").map(|item| item.message.clone());
            (read.accounts[0].positions[0].quantity.unwrap().text(), said.unwrap_or_default())
        };
        let both = [("Old", hidden, old.as_str()), ("New", "", new.as_str())];
        let said = "only the sheet `New` is read; `Old`, which is hidden, could be holdings too";
        assert_eq!(told(&both, None), ("10".to_owned(), said.to_owned()));
        assert_eq!(told(&both, Some("Old")), ("99".to_owned(), String::new()));
        let one = [("Old", hidden, old.as_str()), ("Notes", "", notes.as_str())];
        assert!(told(&one, None).1.starts_with("the sheet `Old` is hidden in its workbook, and is read"));
    }
}
