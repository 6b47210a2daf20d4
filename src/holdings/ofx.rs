//! OFX and QFX: what brokers give to Quicken and its kin, with positions, names and cash.

mod cash;
mod markup;
mod security;

use chrono::NaiveDate;

use super::draft;
use super::input::Input;
use super::report::Report;
use super::{
    BAD_NUMBER, BAD_XML, Detection, Found, REFUSED, ReaderEntry, SKIPPED_ROW, TOO_LARGE, dates, deposits, nature,
};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, Currency, HeldIn, Position};
use crate::units::{Decimal, Money, NumberStyle, Price, Shares, parse_number};
use markup::{Markup, Node};
use security::Securities;

/// What the reader does.
pub const DOC: &str = "Reads OFX and QFX (Quicken, Web Connect) of any broker or employer plan: version 1 (SGML) and 2 (XML), with several\n\
accounts in a file. Names and tickers come from its list of securities, from the CUSIPs of instruments that are built in,\n\
and from other files of the household that print CUSIP and ticker. The available cash includes the sweep fund by the\n\
standard, so the two are never counted twice: the account's total decides where the file has one, else the larger of the\n\
two counts, and a warning says so. The sources of a 401(k) are added up; its loans are no holdings. The format has no\n\
cost and no lots. A file with transactions only is refused, since what is held is not in it.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "ofx",
    broker: "OFX or QFX (Quicken, Web Connect)",
    doc: DOC,
    download: "the broker's download page > Quicken (QFX) or OFX, of an investment account",
    needs: &[],
    detect,
    read,
};

fn detect(input: &Input<'_>) -> Detection {
    let text = input.text();
    let start = text.get(..text.floor_char_boundary(4096)).unwrap_or_default().to_ascii_lowercase();
    Detection::when(start.contains("ofxheader") && start.contains('<') || start.contains("<ofx>"))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut found = Found::default();
    let Some(markup) = Markup::of(input.source) else {
        let message = "the file has more elements, or deeper ones, than any statement";
        report.push(
            Diagnostic::error(TOO_LARGE, message).at(Place::whole(input.source)).hint("is it a broker's download?"),
        );
        return found;
    };
    if !markup.complete {
        report.push(
            Diagnostic::error(BAD_XML, "the OFX has no end: the file is cut off")
                .at(Place::whole(input.source))
                .hint("download it again"),
        );
        return found;
    }
    let root = markup.root();
    let securities = Securities::of(&root);
    for statement in root.all(&["INVSTMTRS"]) {
        found.accounts.extend(account(&root, &statement, &securities, input, report));
    }
    for bank in root.all(&["STMTRS", "CCSTMTRS"]).filter(|_| !found.accounts.is_empty()) {
        let balance = amount(&bank, "BALAMT", report)
            .map_or_else(String::new, |amount| format!(" of {}", Money(amount).dollars()));
        let message = format!("the balance{balance} of a bank account is not used: only investment accounts are");
        report.push(Diagnostic::note(SKIPPED_ROW, message).at(bank.find("BANKACCTFROM").unwrap_or(bank).place()));
    }
    if found.accounts.is_empty() && !report.has_errors() {
        report.push(nothing(&root, input));
        found.role = "refused";
    }
    found
}

/// Says why a file without an investment account is of no use.
fn nothing(root: &Node<'_, '_>, input: &Input<'_>) -> Diagnostic {
    let said = root.value("MESSAGE");
    let why = match () {
        () if root.find("CCSTMTRS").is_some() => "this OFX file is of a credit card: it has no holdings",
        () if root.find("STMTRS").is_some() => "this OFX file is of a bank account: it has no holdings",
        () => "this OFX file has no statement of an investment account",
    };
    let why = if said.is_empty() { why.to_owned() } else { format!("{why}; it says \"{said}\"") };
    Diagnostic::error(REFUSED, why).at(Place::whole(input.source)).hint(nature::downloads(input.text()))
}

/// Reads the statement of one account; `None` where it does not say what is held.
fn account(
    root: &Node<'_, '_>,
    statement: &Node<'_, '_>,
    securities: &Securities<'_>,
    input: &Input<'_>,
    report: &mut Report,
) -> Option<Account> {
    let mut account = Account::new(broker(root, statement), "ofx");
    account.id = Some(statement.value("ACCTID").into_owned()).filter(|id| !id.is_empty());
    account.as_of = day(&statement.value("DTASOF"));
    account.place = Some(statement.find("INVACCTFROM").unwrap_or_else(|| statement.clone()).place());
    let plan = statement.find("INV401KBAL").or_else(|| statement.find("INV401K")).is_some();
    account.name = plan.then(|| "401(k)".to_owned());
    let currency = statement.value("CURDEF");
    if currency.len() == 3 {
        account.base_currency = currency.to_ascii_uppercase();
    }
    let Some(list) = statement.find("INVPOSLIST") else {
        let message = format!("the OFX of {} has transactions only: what is held is not in it", account.label());
        let hint =
            format!("choose a download of positions or holdings, not of activity; {}", nature::downloads(input.text()));
        report.push(Diagnostic::error(REFUSED, message).at(statement.place()).hint(hint));
        return None;
    };
    let mut seen: Vec<(String, bool)> = Vec::new();
    for held in list.all(&["POSSTOCK", "POSMF", "POSDEBT", "POSOPT", "POSOTHER"]) {
        let Some(position) = position(&held, securities, &account.base_currency, report) else { continue };
        // One row for each source of a plan: pretax, match, rollover.
        let key = format!("{} {}", held.value("UNIQUEID"), held.value("POSTYPE"));
        let sourced = held.find("INV401KSOURCE").is_some();
        let same = seen.iter().position(|(other, of_source)| *other == key && *of_source && sourced);
        match same.and_then(|at| account.positions.get_mut(at)).filter(|other| other.price == position.price) {
            Some(other) => {
                other.quantity = other.quantity.zip(position.quantity).map(|(a, b)| a + b);
                other.value = other.value.zip(position.value).map(|(a, b)| a + b);
            }
            None => {
                account.positions.push(position);
                seen.push((key, sourced));
            }
        }
    }
    let held = list.all(&["INVPOS"]).count();
    let read = list.all(&["POSSTOCK", "POSMF", "POSDEBT", "POSOPT", "POSOTHER"]).count();
    if held != read {
        let message = format!("the list has {held} positions, and {read} of a kind that the standard knows");
        report.push(Diagnostic::error(BAD_XML, message).at(list.place()).hint("download it again"));
    }
    for loan in statement.all(&["LOANINFO"]) {
        let owed = amount(&loan, "CURRENTLOANBAL", report)
            .map_or_else(String::new, |owed| format!(" of {}", Money(owed).dollars()));
        let message = format!("a loan{owed} that was taken from the plan is not counted among its holdings");
        report.push(Diagnostic::note(SKIPPED_ROW, message).at(loan.place()));
    }
    for position in &mut account.positions {
        draft::complete(position, report);
    }
    // The cash of the statement may be what is in them.
    deposits::take(&mut account, report);
    cash::settle(statement, &mut account, report);
    draft::check_total(&account, Some(statement.place()), report);
    Some(account)
}

fn position(held: &Node<'_, '_>, securities: &Securities<'_>, base: &str, report: &mut Report) -> Option<Position> {
    let (units, price, value) =
        (amount(held, "UNITS", report), amount(held, "UNITPRICE", report), amount(held, "MKTVAL", report));
    if units.is_none_or(|units| units.is_zero()) && value.is_none_or(|value| value.is_zero()) {
        let message = format!("{} is not used: nothing of it is held", securities.named(held));
        report.push(Diagnostic::note(SKIPPED_ROW, message).at(held.place()));
        return None;
    }
    // Some brokers print what is short as a positive number, beside the word.
    let short = held.value("POSTYPE").eq_ignore_ascii_case("SHORT");
    let signed = |number: Decimal| if short { -number.abs() } else { number };
    let (units, value) = (units.map(signed), value.map(signed));
    let mut position = securities.position(held, (units, price, value));
    position.quantity = units.map(Shares);
    position.price = price.map(Price);
    position.value = value.map(Money);
    position.held_in = HeldIn::from_word(&held.value("HELDINACCT"));
    position.place = Some(held.place());
    position.currency = Currency::from(base);
    // Amounts in another currency; those that were in one and have been turned into the account's need nothing.
    if let Some(foreign) = held.find("CURRENCY") {
        position.currency = Currency::from(foreign.value("CURSYM").to_ascii_uppercase());
        let rate = amount(&foreign, "CURRATE", report);
        let value = position.value.or_else(|| position.product());
        position.details.value_base = value.zip(rate).map(|(value, rate)| value.times(rate));
    }
    Some(position)
}

/// Returns a day: `20261120`, `20261120160000.000[-5:EST]`.
fn day(text: &str) -> Option<NaiveDate> {
    text.get(..8).and_then(dates::date)
}

/// Returns the number of an element. The standard allows a comma for the decimal point and no separators of thousands;
/// one comma before three digits may be either.
fn amount(node: &Node<'_, '_>, tag: &str, report: &mut Report) -> Option<Decimal> {
    let text = node.value(tag);
    let behind = text.rsplit_once(',').map(|(_, digits)| digits.len());
    let style = if behind.is_some() && !text.contains('.') { NumberStyle::Comma } else { NumberStyle::Point };
    let doubtful = style == NumberStyle::Comma && behind == Some(3);
    let problem = match parse_number(&text, style) {
        Ok(_) if doubtful => format!("`{text}` may be thousands or decimals: nothing in the file says which"),
        Ok(number) => return number,
        Err(problem) => problem.to_string(),
    };
    let place = node.find(tag).unwrap_or_else(|| node.clone()).place();
    report.push(
        Diagnostic::error(BAD_NUMBER, problem).at(place).hint("download it again, as CSV if the broker offers it"),
    );
    None
}

/// Returns what the broker is called elsewhere, from its address (`vanguard.com`) or its name.
fn broker(root: &Node<'_, '_>, statement: &Node<'_, '_>) -> String {
    let (address, name) = (statement.value("BROKERID"), root.value("ORG"));
    let host = address.rsplit_once('.').map(|(host, _)| host.rsplit('.').next().unwrap_or(host));
    let word = host.unwrap_or_else(|| name.split_whitespace().next().unwrap_or_default()).to_lowercase();
    let word: String = word.chars().filter(|c| c.is_ascii_alphanumeric()).take(20).collect();
    match word.as_str() {
        "" => "ofx",
        "ml" | "merrilledge" | "merrilllynch" => "merrill",
        "401k" | "nbpartgw" => "fidelity",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests;
