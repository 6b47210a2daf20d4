//! What each row of a table is, and the accounts that they make.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::lots::{is_lot, join, lot, sums_of_lots};
use super::part::{self, Part};
use super::whose::Whose;
use super::{ImportMapping, ROLES, days, doubts, titles};
use crate::diagnostics::Diagnostic;
use crate::holdings::input::Input;
use crate::holdings::report::Report;
use crate::holdings::table::{Delimiter, Row};
use crate::holdings::totals::{self, Above, RowKind};
use crate::holdings::{
    COLUMNS_BY_NAME, Found, REFUSED, SKIPPED_ROW, accounts, currencies, dates, draft, kinds, transactions,
};
use crate::model::{Account, AccountKindOrigin, AssetKind, Position};
use crate::reference;
use crate::units::{Money, NumberStyle, Shares, is_null};

/// Reads a file with a mapping.
pub fn read(input: &Input<'_>, mapping: &ImportMapping, report: &mut Report) -> Found {
    let mut table = input.table(report);
    if mapping.comma {
        table.style = NumberStyle::Comma;
    }
    // In a file with commas between its cells a number with one is quoted.
    let may = input.delimiter != Delimiter::Comma || input.text().contains('"');
    if mapping.name.is_empty() && may && part::has_commas(&part::parts(&table, mapping).1) {
        table.style = NumberStyle::Comma;
    }
    let mut read = Read::default();
    let (above, mut parts) = part::parts(&table, mapping);
    // A broker writes its days in its own order, whatever saved its file again.
    let marked = table.style == NumberStyle::Comma || input.delimiter == Delimiter::Semicolon;
    let order = days::of_file(&parts, marked && mapping.broker == "generic");
    let day = mapping.as_of.or(part::told_day(&above, order, report));
    read.several = parts.len() > 1;
    if mapping.name.is_empty() && titles::of_several_days(&parts, &above, report) {
        return Found::default();
    }
    for part in &mut parts {
        part.order = order;
        part.leave_remarks_out(report);
        part.leave_closed_out(report);
        read.above.begin_table();
        let day = part::told_day(part.preamble.get(1..).unwrap_or_default(), order, report).or(day);
        let mapped = ROLES.map(|role| part.role(role));
        let day = match transactions::look(&part.header, &part.names, &part.cells, &mapped, (&part.rows, order)) {
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
            doubts::each_is_of_all(part, report);
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
        let opened = opened.map(|column| (column, days::of_column(part, column, part.order, report)));
        let whose = Whose::of(part, report);
        let sums = sums_of_lots(part, opened.map(|(column, _)| column), &whose, report);
        // Beside the day of a purchase `Short` is how long it is held.
        let short_kind = |row: &Row<'_>| {
            doubts::is_written(row.get(part.cells.kind))
                || opened.is_none() && row.get(part.cells.kind).eq_ignore_ascii_case("short")
        };
        let status = part.names.find(&["status", "position status", "state"]);
        let (mut between, mut last, mut filled, mut summed) = (None, ("", String::new()), false, false);
        let above: HashSet<usize> = subtotals_above(part, &whose).into_iter().collect();
        let mut apart =
            part.title.and_then(|title| title.only()).filter(|title| self.several && titles::is_apart(title));
        let mut left_out = 0;
        for row in &part.rows {
            if let Some(only) = row.only() {
                if titles::is_apart(only) || apart.is_some() && !totals::says_total(only) {
                    apart = Some(only).filter(|only| titles::is_apart(only));
                }
                // The last line may be cut off.
                if let Some(label) = part.between(only).filter(|_| !row.is_cut(part.names.width())) {
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
            if !row.is_cut(part.names.width()) && is_prose(row) {
                report.skipped(row, "it is a text");
                continue;
            }
            if let Some(title) = apart {
                if row.quiet(part.cells.quantity).is_some_and(|shares| !shares.is_zero()) {
                    left_out += 1;
                    if left_out == 1 {
                        let message = format!("what stands below `{title}` is not held and does not count");
                        report.push(
                            Diagnostic::warning(SKIPPED_ROW, message)
                                .at(row.place())
                                .hint("call the section otherwise if it is held"),
                        );
                    }
                }
                continue;
            }
            if above.contains(&row.line()) {
                report.skipped(row, "its value is the sum of the rows below it");
                if let Some(name) = whose.heads(row, part) {
                    last = (row.get(owner), name);
                    self.above.begin_table();
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
            if kind == RowKind::Position && part.is_unheld(row) {
                report.skipped(row, "it has neither shares nor a value");
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
            // A name is the same in capitals and with more blanks.
            let key = joined(label).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            let index = self.found.account(&key, |account| {
                named(account, label);
                if let Some(kind) = whose.kind(row) {
                    (account.kind, account.kind_origin) = (kind, AccountKindOrigin::Config(None));
                }
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
            // A view of several kinds prints a strike of nothing beside stocks.
            let strike = row.get(part.strike);
            let is_struck = !is_null(strike) && row.quiet(part.strike).is_none_or(|strike| !strike.is_zero());
            let mut position = part.cells.position(row, is_struck.then_some(AssetKind::Option), report);
            part.contract(row, &mut position);
            position.cost_basis = signed(position.cost_basis, position.quantity);
            part.denominate(&mut position, currency, row, report);
            // A column of kinds may say which are owed.
            if doubts::is_short(row.get(part.side)) || short_kind(row) {
                sell_short(&mut position);
            }
            let nameless = is_lot(part, row);
            if part.mapping.name.is_empty() {
                doubts::without_shares(row, &position, report);
                if !nameless || opened.is_none() {
                    doubts::without_name(row, &position, report);
                }
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

/// Returns the lines of rows with a value alone that is the sum of the rows below them, of the next of them or of all: the
/// subtotal of a group, or the total of a table, that stands above what it counts.
fn subtotals_above(part: &Part<'_, '_>, whose: &Whose) -> Vec<usize> {
    let cells = &part.cells;
    let worth = |row: &Row<'_>| cells.worth(row).map(Money);
    let is_bare = |row: &Row<'_>| row.quiet(cells.quantity).is_none() && row.quiet(cells.price).is_none();
    // From the last row up: what is held below, of which the group is what stands above the next row with a value alone.
    let (mut found, mut held, mut group) = (Vec::new(), (0, Money::ZERO), (0, Money::ZERO));
    for row in part.rows.iter().rev() {
        let Some(value) = worth(row) else { continue };
        if !is_bare(row) {
            for sum in [&mut held, &mut group] {
                *sum = (sum.0 + 1, sum.1 + value);
            }
            continue;
        }
        let (symbol, name) = (row.get(cells.symbol), row.get(cells.name));
        let label = if is_null(symbol) { name } else { symbol };
        let known = reference::is_listed(symbol) || kinds::cash_currency(symbol, name).is_some();
        // One row of that value may be chance, unless the row is called after what it heads.
        let heads = titles::is_class(label) || accounts::guess(symbol).is_some() || whose.heads(row, part).is_some();
        let is_sum = |(rows, sum): (usize, Money), fewest| rows >= fewest && draft::agree(value, sum, rows);
        if !known && !value.is_zero() && (is_sum(group, if heads { 1 } else { 2 }) || is_sum(held, 2)) {
            found.push(row.line());
        }
        group = (0, Money::ZERO);
    }
    found
}

/// Returns a cost with the sign of its shares: some print what was paid with a minus, and what was received for shares that
/// are owed without one.
fn signed(cost: Option<Money>, quantity: Option<Shares>) -> Option<Money> {
    let (cost, quantity) = (cost?, quantity);
    let turned =
        quantity.is_some_and(|held| !held.is_zero() && held.is_negative() != cost.is_negative()) && !cost.is_zero();
    Some(if turned { Money(-cost.decimal()) } else { cost })
}

/// Returns whether a row is a sentence that its commas split: words alone, the first cell of several.
fn is_prose(row: &Row<'_>) -> bool {
    let words = row.text(0).split_whitespace().filter(|word| word.starts_with(char::is_alphabetic)).count();
    words > 3 && (1..row.len()).all(|column| row.quiet(Some(column)).is_none())
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
