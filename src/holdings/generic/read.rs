//! The tables of a file, read with a mapping of their columns.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::{ImportMapping, ROLES, doubts};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::text::masked;
use crate::holdings::draft::{self, Cells};
use crate::holdings::input::Input;
use crate::holdings::report::Report;
use crate::holdings::table::{Columns, Delimiter, Row, Table};
use crate::holdings::totals::{self, Above, RowKind};
use crate::holdings::{
    BAD_DATE, BAD_NUMBER, COLUMNS_BY_NAME, FOREIGN, Found, LOTS_DISAGREE, REFUSED, accounts, currencies, dates, kinds,
    transactions,
};
use crate::model::{Account, AssetKind, Currency, HeldIn, Lot, Position};
use crate::units::{Decimal, Money, NumberStyle, Shares, is_null};

/// What a table is called that is no account.
const CLASSES: &[&str] = &[
    "positions",
    "holdings",
    "portfolio",
    "my portfolio",
    "assets",
    "investments",
    "securities",
    "funds",
    "index funds",
    "individual stocks",
    "us stocks",
    "international stocks",
    "international",
    "domestic",
    "core",
    "satellite",
];

/// One of the tables that stand under one another.
pub(super) struct Part<'t, 'm> {
    /// What stands above it and may name its account.
    title: Option<Row<'t>>,
    /// The account that a line such as `Account: Roth IRA` above it names.
    account: Option<&'t str>,
    /// The account that such a line above an earlier table names: sections of one account.
    earlier: Option<&'t str>,
    /// That line and what stands between it and the table.
    preamble: Vec<Row<'t>>,
    pub(super) header: Row<'t>,
    pub(super) names: Columns,
    mapping: Cow<'m, ImportMapping>,
    pub(super) cells: Cells,
    pub(super) rows: Vec<Row<'t>>,
    /// The column that says which positions are short, and that of the strikes of options.
    side: Option<usize>,
    strike: Option<usize>,
}

impl Part<'_, '_> {
    pub(super) fn role(&self, role: &str) -> Option<usize> {
        self.mapping.column(&self.names, role)
    }

    /// Returns whether a column says in which account a row is.
    fn names_accounts(&self) -> bool {
        ["account", "account-number"].iter().any(|role| self.role(role).is_some())
    }

    /// Returns the account that the title names, where no column does: that of one of several tables, or one whose words
    /// tell how an account is taxed.
    fn titled(&self, several: bool) -> Option<&str> {
        if self.names_accounts() {
            return None;
        }
        let title = self.title.and_then(|title| title.only()).map(|title| title.trim_end_matches(':'));
        let told = |title: &&str| may_be_account(title) && (several || accounts::guess(title).is_some());
        self.account.or(title.filter(told)).or(self.earlier)
    }

    /// Returns the account that a single text between the rows names, by words that tell how it is taxed.
    fn between<'t>(&self, only: &'t str) -> Option<&'t str> {
        let label = only.trim_end_matches(':');
        let short = label.split_whitespace().count() <= 6;
        let told = short && may_be_account(label) && accounts::guess(label).is_some();
        Some(label).filter(|_| told && !self.names_accounts())
    }
}

/// Returns whether a single text may be the name of an account: `Stocks` and `ETFs` are parts of one.
fn may_be_account(text: &str) -> bool {
    let class = kinds::from_word(text).is_some() || CLASSES.contains(&text.to_lowercase().as_str());
    let names = text.len() <= 60 && dates::find(text).is_none() && !totals::says_total(text) && !class;
    names && kinds::cash_currency("", text).is_none()
}

impl Part<'_, '_> {
    /// Says in which currency a position is: by its row, by the names of the columns, else by its ticker. A value in another
    /// currency than the price is one of the account.
    fn denominate(&self, position: &mut Position, of_row: Option<Currency>, row: &Row<'_>, report: &mut Report) {
        let (value, price) = (self.mapping.currency("value"), self.mapping.currency("price"));
        let Some(named) = value.or(price) else {
            position.currency = of_row.unwrap_or_else(|| self.currency_of(row, report));
            return;
        };
        match of_row.filter(|of_row| *of_row != named && price.is_none()) {
            Some(of_row) => {
                let worth = position.value.take();
                position.details.value_base = worth.filter(|_| named == Currency::USD);
                position.currency = of_row;
            }
            None => {
                position.price = position.price.filter(|_| price.is_none() || price.as_ref() == Some(&named));
                position.currency = named;
            }
        }
    }

    /// Returns the currency of a row that names none: that of its ticker's exchange, else the dollar.
    fn currency_of(&self, row: &Row<'_>, report: &mut Report) -> Currency {
        let symbol = row.get(self.cells.symbol);
        if let Some(code) = currencies::of_exchange(symbol) {
            return code.into();
        }
        // Tickers of Asian exchanges are numbers, and none in New York is.
        let number = (4..=6).contains(&symbol.len()) && symbol.bytes().all(|byte| byte.is_ascii_digit());
        if !number || self.header.get(self.cells.symbol).is_ascii() {
            return Currency::USD;
        }
        let message = format!("the currency of `{symbol}` is not in the file; the row has no value in dollars");
        report.push(
            Diagnostic::warning(FOREIGN, message).at(row.place()).hint("download it with the column of the currency"),
        );
        Currency::UNKNOWN
    }
}

/// Takes a file apart into tables, and the rows above the first of them.
fn parts<'t, 'm>(table: &'t Table<'t>, mapping: &'m ImportMapping) -> (Vec<Row<'t>>, Vec<Part<'t, 'm>>) {
    let (mut above, mut parts) = (Vec::<Row<'t>>::new(), Vec::<Part<'t, 'm>>::new());
    for row in table.rows().filter(|row| !row.is_blank()) {
        let names = Columns::of(&row);
        let own = || mapping.name.is_empty().then(|| ImportMapping::of(&names)).flatten();
        let header = if mapping.fits(&names) { Some(Cow::Borrowed(mapping)) } else { own().map(Cow::Owned) };
        let before = parts.last_mut().map_or(&mut above, |part| &mut part.rows);
        let Some(mapping) = header else {
            before.push(row);
            continue;
        };
        // The day may stand between the title and the table.
        let dated = |row: &Row<'_>| row.only().is_some_and(|text| dates::find(text).is_some());
        let title = before.iter().rposition(|row| !dated(row)).filter(|at| {
            before.get(*at).is_some_and(|row| row.only().is_some() && !is_remark(row) && account_line(row).is_none())
        });
        let title = title.map(|at| before.remove(at));
        let account = before.iter().rposition(|row| account_line(row).is_some());
        let preamble = account.map(|at| before.split_off(at)).unwrap_or_default();
        let account = preamble.first().and_then(account_line);
        let earlier = parts.last().and_then(|part| part.account.or(part.earlier));
        let cells = mapping.cells(&names);
        let strike = names.find(&["strike", "strike price"]);
        parts.push(Part {
            title,
            account,
            earlier,
            preamble,
            header: row,
            names,
            mapping,
            cells,
            rows: Vec::new(),
            side: None,
            strike,
        });
    }
    (above, parts)
}

/// Returns the account of a line `Account: Roth IRA`, in one cell or two.
fn account_line<'t>(row: &Row<'t>) -> Option<&'t str> {
    const WORDS: &[&str] = &["account", "account name", "account number", "portfolio"];
    if let Some((word, name)) = row.only().and_then(|text| text.split_once(':')) {
        let name = name.trim();
        return Some(name).filter(|name| !name.is_empty() && WORDS.contains(&word.trim().to_lowercase().as_str()));
    }
    let word = row.text(0).trim_end_matches(':').to_lowercase();
    let is_pair = row.filled(3) == 2 && WORDS.contains(&word.as_str());
    row.texts().skip(1).find(|text| is_pair && !text.is_empty())
}

fn is_remark(row: &Row<'_>) -> bool {
    row.text(0).starts_with('#') || row.text(0).starts_with("//")
}

/// Returns the day that a line above the table or a remark says, as in `As of 2026-11-20`.
fn told_day(rows: &[Row<'_>], report: &mut Report) -> Option<NaiveDate> {
    const WORDS: &[&str] = &["as of", "date", "updated", "downloaded", "generated", "exported"];
    let mut day = None;
    for row in rows {
        let text = row.joined();
        let lower = text.to_lowercase();
        match dates::find(&text).filter(|_| WORDS.iter().any(|word| lower.contains(word))) {
            Some(when) => day = Some(when.date),
            None if !is_remark(row) => report.skipped(row, "it stands before the header"),
            None => {}
        }
    }
    day
}

/// Reads a file with a mapping.
pub fn read(input: &Input<'_>, mapping: &ImportMapping, report: &mut Report) -> Found {
    let mut table = input.table(report);
    if mapping.comma {
        table.style = NumberStyle::Comma;
    }
    if mapping.name.is_empty() && has_commas(&parts(&table, mapping).1) {
        table.style = NumberStyle::Comma;
    }
    let mut read = Read::default();
    let (above, mut parts) = parts(&table, mapping);
    let day = mapping.as_of.or(told_day(&above, report));
    read.several = parts.len() > 1;
    for part in &mut parts {
        part.rows.retain(|row| !is_remark(row));
        read.above.begin_table();
        let day = told_day(part.preamble.get(1..).unwrap_or_default(), report).or(day);
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
            if semicolons && thousands(&part.rows, &part.cells, report) || doubts::refuse(part, report) {
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
    read.found
}

/// Returns whether the numbers have a comma for the decimal point: one has it last, or before other than three digits, and
/// none has a point there.
fn has_commas(parts: &[Part<'_, '_>]) -> bool {
    let (mut commas, mut points) = (false, false);
    for part in parts {
        let cells = &part.cells;
        for column in [cells.quantity, cells.price, cells.value, cells.cost, cells.cost_per_share].into_iter().flatten()
        {
            for text in part.rows.iter().map(|row| row.text(column)).filter(|text| !text.contains(char::is_alphabetic))
            {
                let behind = |separator: char| text.rsplit_once(separator).map(|(_, digits)| digits.trim_end().len());
                match (behind('.'), behind(',')) {
                    (Some(point), Some(comma)) => *(if comma < point { &mut commas } else { &mut points }) = true,
                    (None, Some(digits)) => commas |= digits != 3,
                    (Some(digits), None) => points |= digits != 3,
                    (None, None) => {}
                }
            }
        }
    }
    commas && !points
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
            by_names(part, report);
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
struct Whose {
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
    fn account<'t>(&self, row: &Row<'t>) -> Cow<'t, str> {
        let parts = [self.institution, self.name, self.number].map(|column| row.get(column));
        let mut told = parts.iter().filter(|part| !part.is_empty());
        match (told.next(), told.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(one), None) => Cow::Borrowed(one),
            _ => Cow::Owned(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")),
        }
    }
}

/// Returns whether a row is a lot of the position above it: it has no symbol of its own, or says `Lot 2`.
fn is_lot(part: &Part<'_, '_>, row: &Row<'_>) -> bool {
    let none = |column: Option<usize>| {
        let text = row.get(column).to_lowercase();
        let rest = text.strip_prefix("lot").map(|rest| rest.trim_start_matches([' ', '#']));
        is_null(&text) || rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    none(part.cells.symbol) && none(part.cells.name)
}

/// Returns the lines of rows that are the sum of the lots beside them: a row without a day whose shares are those of the
/// dated rows of the same symbol below or above it. Added up, they would count twice. With each whether it stands above lots
/// without a symbol, and names them.
fn sums_of_lots(part: &Part<'_, '_>, opened: Option<usize>, whose: &Whose, report: &mut Report) -> Vec<(usize, bool)> {
    struct Group<'g> {
        rows: Vec<&'g Row<'g>>,
        symbol: String,
        account: String,
        /// The lots have no symbol of their own.
        nameless: bool,
    }
    // A row with a symbol alone, or with the value of all, names lots that have none.
    let headed = part.rows.iter().zip(part.rows.iter().skip(1)).find(|(above, below)| {
        let without = !above.is_null(part.cells.symbol) && above.quiet(part.cells.quantity).is_none();
        without && opened.is_some() && is_lot(part, below) && below.quiet(part.cells.quantity).is_some()
    });
    if let Some((_, lot)) = headed {
        report.push(
            Diagnostic::error(REFUSED, "lots stand below a row that has their symbol and no shares")
                .at(lot.place())
                .hint("write the symbol into each row of a lot, and leave the row above them out"),
        );
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in part.rows.iter().filter(|row| row.quiet(part.cells.quantity).is_some()) {
        let (symbol, account) = (row.get(part.cells.symbol), whose.account(row));
        let nameless = is_lot(part, row);
        match groups.last_mut() {
            Some(group) if nameless || group.symbol == symbol && (account.is_empty() || group.account == *account) => {
                group.nameless |= nameless;
                group.rows.push(row);
            }
            _ => groups.push(Group {
                rows: vec![row],
                symbol: symbol.to_owned(),
                account: account.into_owned(),
                nameless,
            }),
        }
    }
    let is_day = |text: &str| dates::leading(text).or_else(|| dates::serial(text)).is_some();
    let shares = |row: &Row<'_>| row.quiet(part.cells.quantity).unwrap_or_default();
    let mut found: Vec<(&Row<'_>, bool, bool)> = Vec::new();
    for group in &groups {
        // Without days, the first or last of three or more rows that has the shares of the others.
        let all: Decimal = group.rows.iter().map(|row| shares(row)).sum();
        let is_lot = |row: &Row<'_>| match opened {
            Some(opened) => is_day(row.text(opened)),
            None => all != shares(row) * Decimal::TWO,
        };
        let (lots, whole): (Vec<&Row<'_>>, Vec<&Row<'_>>) = group.rows.iter().copied().partition(|row| is_lot(row));
        let ([whole], false) = (whole.as_slice(), lots.is_empty()) else { continue };
        let mut ends = [group.rows.first(), group.rows.last()].into_iter().flatten();
        if opened.is_none() && (lots.len() < 2 || !ends.any(|row| row.line() == whole.line())) {
            continue;
        }
        let sum: Decimal = lots.iter().map(|row| shares(row)).sum();
        let apart = (sum - shares(whole)).abs();
        let names = group.nameless && group.rows.first().is_some_and(|first| first.line() == whole.line());
        if apart <= Decimal::new(1, 3) * Decimal::from(lots.len()) {
            found.push((whole, names, group.nameless || lots.len() > 1));
        } else if names {
            let message = format!("the lots of {} add up to {sum} shares, its row has {}", group.symbol, shares(whole));
            report.push(Diagnostic::error(LOTS_DISAGREE, message).at(whole.place()).hint("give all lots, or none"));
        }
    }
    // One lot of as many shares may be another lot of unknown day.
    let is_sure = found.iter().any(|(.., sure)| *sure) || found.len() > 1 && found.len() == groups.len();
    if let Some((row, ..)) = found.first().filter(|_| !is_sure) {
        let message = "this row without a day has the shares of the lot beside it: it counts as another lot";
        report.push(
            Diagnostic::warning(COLUMNS_BY_NAME, message)
                .at(row.place())
                .hint("if it is the sum of the lots, leave it out"),
        );
        return Vec::new();
    }
    found.into_iter().map(|(row, names, _)| (row.line(), names)).collect()
}

/// Turns a position that the file counts in positive numbers beside the word into one that is owed.
fn sell_short(position: &mut Position) {
    position.quantity = position.quantity.map(|shares| Shares(-shares.decimal().abs()));
    let owed = |money: Option<Money>| money.map(|money| Money(-money.decimal().abs()));
    (position.value, position.cost_basis) = (owed(position.value), owed(position.cost_basis));
}

/// Adds a lot that has a row of its own to its position.
fn join(whole: &mut Position, lot: Position) {
    whole.quantity = whole.quantity.zip(lot.quantity).map(|(a, b)| a + b);
    whole.value = whole.value.zip(lot.value).map(|(a, b)| a + b);
    whole.cost_basis = whole.cost_basis.zip(lot.cost_basis).map(|(a, b)| a + b);
    whole.lots.extend(lot.lots);
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

/// Returns the lot that a row is which says when it was bought.
fn lot(row: &Row<'_>, opened: usize, position: &Position, report: &mut Report) -> Option<Lot> {
    let mut lot = Lot::new(String::new(), position.quantity.filter(|quantity| !quantity.is_zero())?);
    let day = row.text(opened);
    lot.opened = dates::leading(day).or_else(|| dates::serial(day));
    if lot.opened.is_none() && !row.is_null(Some(opened)) {
        report.push(
            Diagnostic::warning(BAD_DATE, format!("`{day}` is not a date"))
                .at(row.place())
                .hint("the lot is taken as of unknown date: short-term if it has a gain"),
        );
    }
    lot.cost_basis = position.cost_basis;
    lot.place = position.place.clone();
    Some(lot)
}

/// Notes which column was taken for what.
fn by_names(part: &Part<'_, '_>, report: &mut Report) {
    let (columns, width) = (&part.mapping.columns, part.names.width());
    let taken: Vec<String> = columns.iter().map(|(role, name)| format!("`{name}` is the {role}")).collect();
    let used: Vec<Option<usize>> = columns.keys().map(|role| part.role(role)).collect();
    let unused: Vec<String> = (0..width)
        .filter(|column| !used.contains(&Some(*column)))
        .map(|column| part.header.text(column))
        .filter(|name| !name.is_empty())
        // A damaged header has what stood in a row.
        .map(|name| format!("`{}`", masked(name)))
        .collect();
    // What may be the price or the value and is not known as either would leave everything without one.
    let is_amount = |column: &usize| {
        let mut held = part.rows.iter().filter(|row| row.quiet(part.cells.quantity).is_some()).peekable();
        let told = |row: &Row<'_>| row.quiet(Some(*column)).is_some() && !row.text(*column).contains('%');
        held.peek().is_some() && held.all(told)
    };
    let priced = part.cells.price.is_some() || part.cells.value.is_some();
    let amount = (0..width).find(|column| !priced && !used.contains(&Some(*column)) && is_amount(column));
    if let Some(column) = amount {
        let message = format!(
            "no column is known to hold prices or values, and `{}` is not used",
            masked(part.header.text(column))
        );
        report.push(
            Diagnostic::warning(COLUMNS_BY_NAME, message)
                .at(part.header.cell_place(column))
                .hint("if it holds them, call it `Price` or `Value`, or map it with [import.NAME] in broaden.toml"),
        );
    }
    let unused = if unused.is_empty() { String::new() } else { format!("; not used: {}", unused.join(", ")) };
    let message = format!("no broker's format; read by its column names: {}{unused}", taken.join(", "));
    report.push(
        Diagnostic::note(COLUMNS_BY_NAME, message)
            .at(part.header.place())
            .hint("say otherwise in [import.NAME] of broaden.toml"),
    );
}

/// Reports, in a file with semicolons, numbers such as `1.000` or `1,000` that are one thousand or one: nothing in the file
/// says which.
fn thousands(rows: &[Row<'_>], cells: &Cells, report: &mut Report) -> bool {
    let columns = [cells.quantity, cells.price, cells.value, cells.cost, cells.cost_per_share];
    let numbers = || rows.iter().flat_map(|row| columns.into_iter().flatten().map(move |column| (*row, column)));
    let grouped = |text: &str| {
        let separator = if text.contains('.') { '.' } else { ',' };
        let mut groups = text.split(separator);
        groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && {
            let mut rest = groups.peekable();
            rest.peek().is_some() && rest.all(|group| group.len() == 3)
        }
    };
    let digits = |row: &Row<'_>, column| row.text(column).trim_start_matches(['-', '+', '$']).to_owned();
    let told = numbers().any(|(row, column)| {
        let text = digits(&row, column);
        text.contains(['.', ',']) && !grouped(&text)
    });
    let doubtful = numbers().find(|(row, column)| grouped(&digits(row, *column)));
    let Some((row, column)) = doubtful.filter(|_| !told) else { return false };
    let message = format!("`{}` may be thousands or decimals: nothing in the file says which", row.text(column));
    report.push(
        Diagnostic::error(BAD_NUMBER, message)
            .at(row.cell_place(column))
            .hint("map the columns with [import.NAME] in broaden.toml, with decimal = \"comma\" or \"point\""),
    );
    true
}
