//! What each row of a table is, and the accounts that they make.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::lots::{is_lot, join, lot, sums_of_lots};
use super::part::{self, Part};
use super::{ImportMapping, ROLES, doubts};
use crate::diagnostics::Diagnostic;
use crate::holdings::input::Input;
use crate::holdings::report::Report;
use crate::holdings::table::{Delimiter, Row};
use crate::holdings::totals::{self, Above, RowKind};
use crate::holdings::{COLUMNS_BY_NAME, Found, REFUSED, accounts, currencies, dates, draft, transactions};
use crate::model::{Account, AssetKind, HeldIn, Position};
use crate::units::{Money, NumberStyle, Shares};

/// Reads a file with a mapping.
pub fn read(input: &Input<'_>, mapping: &ImportMapping, report: &mut Report) -> Found {
    let mut table = input.table(report);
    if mapping.comma {
        table.style = NumberStyle::Comma;
    }
    if mapping.name.is_empty() && part::has_commas(&part::parts(&table, mapping).1) {
        table.style = NumberStyle::Comma;
    }
    let mut read = Read::default();
    let (above, mut parts) = part::parts(&table, mapping);
    let day = mapping.as_of.or(part::told_day(&above, report));
    read.several = parts.len() > 1;
    for part in &mut parts {
        part.leave_remarks_out(report);
        read.above.begin_table();
        let day = part::told_day(part.preamble.get(1..).unwrap_or_default(), report).or(day);
        let mapped = ROLES.map(|role| part.role(role));
        let day = match transactions::look(&part.header, &part.names, &part.cells, &mapped, &part.rows) {
            transactions::Found::Transactions(place, why) => {
                report.push(transactions::refuse(input, place, &why));
                return Found::default();
            }
            transactions::Found::Day(of_rows) => day.or(Some(of_rows)),
            transactions::Found::Nothing => day,
        };
        if part.mapping.name.is_empty() {
            let semicolons = input.delimiter == Delimiter::Semicolon;
            if semicolons && part::thousands(&part.rows, &part.cells, report) || doubts::refuse(part, report) {
                return Found::default();
            }
            if doubts::gains_are_ratios(part, report) {
                part.cells.gain = None;
            }
            if doubts::is_of_one_share(part, report) {
                part.cells.cost_per_share = part.cells.cost.take();
            }
            part.side = doubts::side(part);
        }
        read.part(part, day, report);
    }
    for account in &mut read.found.accounts {
        draft::close(account, None, report);
    }
    doubts::sums_of_others(&mut read.found, report);
    read.found
}

/// What has been read of a file.
#[derive(Default)]
struct Read {
    found: Found,
    above: Above,
    /// There are several tables.
    several: bool,
    /// Where the position of an account and symbol is that comes lot by lot.
    held: HashMap<(usize, String), usize>,
}

impl Read {
    /// Reads the rows of a table into the accounts that they name.
    fn part(&mut self, part: &Part<'_, '_>, as_of: Option<NaiveDate>, report: &mut Report) {
        if part.mapping.name.is_empty() {
            part::by_names(part, report);
        }
        if let Some(row) = part.rows.iter().find(|row| dates::date(row.get(part.cells.symbol)).is_some()) {
            report.push(
                Diagnostic::error(REFUSED, "days stand where the symbols are: these are lots below their position")
                    .at(row.place())
                    .hint("download it without lots, or give a file with one row for each holding"),
            );
            return;
        }
        let titled = part.titled(self.several);
        if let Some(title) = part.title.filter(|_| titled.is_none()) {
            report.skipped(&title, "it is a single text");
        }
        let [owner, currency, opened] = ["owner", "currency", "opened"].map(|role| part.role(role));
        let whose = Whose::of(part);
        let sums = sums_of_lots(part, opened, &whose, report);
        // Beside the day of a purchase `Short` is how long it is held.
        let short_kind = |row: &Row<'_>| opened.is_none() && row.get(part.cells.kind).eq_ignore_ascii_case("short");
        let status = part.names.find(&["status", "position status", "state"]);
        let (mut between, mut last, mut filled, mut summed) = (None, ("", String::new()), false, false);
        for row in &part.rows {
            if let Some(only) = row.only() {
                if let Some(label) = part.between(only) {
                    between = Some(label);
                    continue;
                }
                // A download that is cut off ends in a single cell, and a remark has several words.
                if row.is_cut(part.names.width()) && !only.contains(' ') {
                    report.fits(row, part.names.width(), &[]);
                } else if !totals::says_total(only) {
                    report.skipped(row, "it is a single text");
                }
                continue;
            }
            let kind = if part.mapping.is_cash(row.get(part.cells.symbol)) {
                let amount = row.quiet(part.cells.value).or_else(|| row.quiet(part.cells.quantity));
                RowKind::Cash("USD".to_owned(), Money(amount.unwrap_or_default()))
            } else {
                self.above.next(row, &part.cells, report)
            };
            if kind == RowKind::Total || !report.fits(row, part.names.width(), &part.cells.needed()) {
                continue;
            }
            let sum = sums.iter().find(|(line, _)| *line == row.line());
            if let Some((_, false)) = sum {
                report.skipped(row, "it is the sum of its lots, which have rows of their own");
                continue;
            }
            if CLOSED.contains(&row.get(status).to_lowercase().as_str()) {
                report.skipped(row, "its status says that it is not held");
                continue;
            }
            // Sheets name an account once, above its rows or in the first of them.
            let account = whose.account(row);
            let own = (row.get(owner), &*account);
            let is_unnamed = own == ("", "");
            if is_unnamed && (last.0, &*last.1) != own && !filled {
                filled = true;
                let name = joined((last.0, &last.1));
                let message =
                    format!("this row and others below name no account: they are of `{name}`, which stands above");
                report.push(Diagnostic::note(COLUMNS_BY_NAME, message).at(row.place()));
            }
            if !is_unnamed {
                last = (own.0, account.into_owned());
            }
            let label = (last.0, between.or(titled).unwrap_or(&last.1));
            let index = self.found.account(&joined(label), |account| {
                named(account, label);
                part.mapping.broker.clone_into(&mut account.broker);
                let layout = if part.mapping.name.is_empty() { "google-sheets" } else { part.mapping.name.as_str() };
                layout.clone_into(&mut account.layout);
                account.as_of = as_of;
                account.place = Some(row.place());
            });
            let Some(account) = self.found.accounts.get_mut(index) else { continue };
            let currency = currencies::of_cell(row, currency, report);
            if let RowKind::Cash(code, amount) = kind {
                let named = part.mapping.currency("value").or(currency);
                account.cash.push((named.map_or(code, |currency| currency.to_string()), amount));
                continue;
            }
            let strike = !row.is_null(part.strike);
            let mut position = part.cells.position(row, strike.then_some(AssetKind::Option), report);
            part.denominate(&mut position, currency, row, report);
            // A column of kinds may say which are owed.
            if doubts::is_short(row.get(part.side)) || short_kind(row) {
                sell_short(&mut position);
            }
            let nameless = is_lot(part, row);
            if part.mapping.name.is_empty() {
                doubts::without_shares(row, &position, report);
            }
            position
                .lots
                .extend(opened.filter(|_| sum.is_none()).and_then(|opened| lot(row, opened, &position, report)));
            // The row above has the shares of all lots, and this is one of them.
            if let Some(above) = account.positions.last_mut().filter(|_| nameless && summed) {
                above.lots.extend(position.lots);
                continue;
            }
            summed = sum.is_some();
            // A lot whose symbol stands in a row above.
            let above = account.positions.last_mut().filter(|above| nameless && !above.lots.is_empty());
            if let Some(above) = above.filter(|_| !position.lots.is_empty()) {
                join(above, position);
                continue;
            }
            if !position.lots.is_empty() {
                let key = (index, position.label());
                let whole = self.held.get(&key).and_then(|at| account.positions.get_mut(*at));
                if let Some(whole) =
                    whole.filter(|whole| whole.price == position.price && whole.currency == position.currency)
                {
                    join(whole, position);
                    continue;
                }
                self.held.insert(key, account.positions.len());
            }
            account.positions.push(position);
        }
    }
}

/// What a column of the state of a position says of one that is held no more, or not yet.
const CLOSED: &[&str] = &["closed", "sold", "exited", "liquidated", "inactive", "unvested", "not vested", "forfeited"];

/// Which columns say whose a row is.
pub struct Whose {
    institution: Option<usize>,
    name: Option<usize>,
    number: Option<usize>,
}

impl Whose {
    fn of(part: &Part<'_, '_>) -> Self {
        let [name, kind, number, institution] =
            ["account", "account-type", "account-number", "institution"].map(|role| part.role(role));
        // A type that says how an account is taxed names it where nothing else does; `Cash` and `Margin` do not.
        let taxed = |cell: &str| accounts::guess(cell).is_some() && HeldIn::from_word(cell).is_none();
        let kind = kind.filter(|kind| part.rows.iter().any(|row| taxed(row.text(*kind))));
        Whose { institution, name: name.or(kind), number }
    }

    /// Returns the account of a row: two of one name differ by their number, or by where they are held.
    pub fn account<'t>(&self, row: &Row<'t>) -> Cow<'t, str> {
        let parts = [self.institution, self.name, self.number].map(|column| row.get(column));
        let mut told = parts.iter().filter(|part| !part.is_empty());
        match (told.next(), told.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(one), None) => Cow::Borrowed(one),
            _ => Cow::Owned(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")),
        }
    }
}

/// Turns a position that the file counts in positive numbers beside the word into one that is owed.
fn sell_short(position: &mut Position) {
    position.quantity = position.quantity.map(|shares| Shares(-shares.decimal().abs()));
    let owed = |money: Option<Money>| money.map(|money| Money(-money.decimal().abs()));
    (position.value, position.cost_basis) = (owed(position.value), owed(position.cost_basis));
}

/// Returns the owner of an account and its name as one: two people may have a `Roth IRA` each.
fn joined<'t>((owner, label): (&'t str, &'t str)) -> Cow<'t, str> {
    match (owner, label) {
        ("", one) | (one, "") => Cow::Borrowed(one),
        (owner, label) => Cow::Owned(format!("{owner} {label}")),
    }
}

/// Takes a label as the number of an account or as its name, with its owner where one is told.
fn named(account: &mut Account, whose: (&str, &str)) {
    let (owner, label) = whose;
    let is_number = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        word.len() >= 5 && digits * 2 > word.len() && dates::date(word).is_none()
    };
    let number = label.split_whitespace().find(is_number);
    account.id = number.map(str::to_owned);
    // What stands beside the number: `5567-8890 (Joint)`.
    let beside: Vec<&str> = label.split_whitespace().filter(|word| Some(*word) != number).collect();
    let beside = beside.join(" ");
    let beside = beside.trim_matches(['(', ')', '-', ' ']);
    let name = joined((owner, if number.is_some() { beside } else { label }));
    account.name = Some(name.into_owned()).filter(|name| !name.is_empty());
}
