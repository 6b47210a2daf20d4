//! From the cells of a row to a position: identity, kind, value, and the check of what is printed against what follows.

use super::identity::{identify, priced};
use super::report::Report;
use super::table::Row;
use super::{BAD_NUMBER, NO_TOTAL, SHORT_ROW, SKIPPED_ROW, TOTAL_GAP, UNCLEAR, VALUE_GAP, kinds, options};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Currency, Position};
use crate::reference;
use crate::units::{Decimal, LARGEST_INPUT, MOST_DECIMALS, Money, Price, Shares, is_null};

/// Columns of a positions table; `None` where the user's view has no such column.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cells {
    pub symbol: Option<usize>,
    pub name: Option<usize>,
    pub kind: Option<usize>,
    pub quantity: Option<usize>,
    pub price: Option<usize>,
    pub value: Option<usize>,
    pub cost: Option<usize>,
    pub cost_per_share: Option<usize>,
    pub gain: Option<usize>,
    /// Cells up to the last named column.
    pub width: usize,
}

impl Cells {
    /// Returns the columns without which a row would lose a number.
    pub fn needed(&self) -> [Option<usize>; 6] {
        [self.symbol, self.quantity, self.price, self.value, self.cost, self.cost_per_share]
    }

    /// Returns what a row is worth, printed or as its kind is counted: a bond's price is that of a hundred of its face, an
    /// option's that of one of a hundred shares.
    pub fn worth(&self, row: &Row<'_>) -> Option<Decimal> {
        row.quiet(self.value).or_else(|| {
            let (quantity, price) = (row.quiet(self.quantity)?, row.quiet(self.price)?);
            let (symbol, name) = (row.get(self.symbol), row.get(self.name));
            let said = kinds::of_row(row.get(self.kind), symbol, name);
            let said = priced(symbol, name, said, (Some(quantity), Some(price), None));
            quantity.checked_mul(price)?.checked_mul(identify(symbol, name, said).unit_factor())
        })
    }

    /// Returns the position of a row. `said` is the broker's own word on its kind, where that is not a column.
    pub fn position(&self, row: &Row<'_>, said: Option<AssetKind>, report: &mut Report) -> Position {
        let (symbol, name) = (row.get(self.symbol), row.get(self.name));
        let said = said.or_else(|| kinds::of_row(row.get(self.kind), symbol, name));
        // Some views call an option a stock, after its underlying.
        let said = said.filter(|kind| *kind != AssetKind::Equity || options::parse(symbol).is_none());
        let quantity = row.number(self.quantity, report);
        let price = row.number(self.price, report);
        let value = row.number(self.value, report);
        let class = ["option", "options"].iter().any(|word| row.get(self.kind).eq_ignore_ascii_case(word));
        let open = said == Some(AssetKind::Option)
            && value.is_none()
            && options::parse(symbol).is_none()
            && options::parse(name).is_none();
        if class && open && reference::is_listed(symbol) && !options::resembles(symbol) {
            report.push(
                Diagnostic::warning(
                    UNCLEAR,
                    format!(
                        "`{symbol}` is taken as an option on 100 shares a contract: the row says so, and not which"
                    ),
                )
                .at(row.place())
                .hint("write it in full, as in `SPY 12/18/2026 500 C`, or give its value; of a stock say `Stock`"),
            );
        }
        let said = said.or_else(|| unclear(row, symbol, name, (quantity, price, value), report));
        let mut position = identify(symbol, name, priced(symbol, name, said, (quantity, price, value)));
        position.quantity = quantity.map(Shares);
        position.price = price.map(Price);
        position.value = value.map(Money);
        position.cost_basis = row.number(self.cost, report).map(Money);
        // It is read where it is not used too: text there tells that cells stand in the wrong columns.
        let per_share = row.number(self.cost_per_share, report);
        let untold = self.cost.is_none_or(|cost| row.text(cost).is_empty());
        if let (true, Some(each), Some(quantity)) = (untold, per_share, position.quantity) {
            let units = quantity.decimal().checked_mul(position.unit_factor());
            position.cost_basis = units.and_then(|units| units.checked_mul(each)).map(Money);
        }
        // A gain of nothing beside an unknown cost tells nothing.
        let percent = row.get(self.gain).contains('%');
        let gain =
            if position.cost_basis.is_none() && !percent { row.number(self.gain, report).map(Money) } else { None };
        if let (Some(value), Some(gain)) = (position.value, gain.filter(|gain| !gain.is_zero())) {
            position.cost_basis = Some(value - gain);
        }
        position.place = Some(row.place());
        doubtful_face(&position, report);
        // A spreadsheet may drop empty cells at the end; when the numbers contradict each other too, a cell is missing
        // in the middle and they stand in the wrong columns.
        if row.len() < self.width && position.contradiction().is_some() {
            let message = format!(
                "the row has {} cells, its header {}, and its numbers contradict each other",
                row.len(),
                self.width
            );
            report.push(
                Diagnostic::error(SHORT_ROW, message)
                    .at(row.place())
                    .hint("a cell is missing; download the file again"),
            );
        }
        position
    }
}

/// Asks about the value of a bond that is not printed where its numbers are not those of a face in dollars and of a price
/// for a hundred of them.
fn doubtful_face(position: &Position, report: &mut Report) {
    let cusip = position.symbol.as_deref().is_some_and(kinds::is_debt_number);
    let bond = position.kind == AssetKind::Bond || position.kind == AssetKind::Other && cusip;
    let (Some(quantity), Some(price), true, None) = (position.quantity, position.price, bond, position.value) else {
        return;
    };
    let (held, price) = (quantity.decimal().abs(), price.decimal());
    let usual = (Decimal::from(20)..=Decimal::from(200)).contains(&price) && held >= Decimal::ONE_HUNDRED;
    if position.kind == AssetKind::Bond && usual || held.is_zero() || price.is_zero() {
        return;
    }
    let message = format!(
        "{}: {} at {} is counted as {}; a bond's quantity may be dollars of face or bonds of 1,000, its price that of 100 or of one",
        position.label(),
        quantity.text(),
        price.normalize(),
        position.product().unwrap_or_default().dollars()
    );
    let warning = Diagnostic::warning(UNCLEAR, message).hint("give its value in a column");
    report.push(position.place.iter().fold(warning, |warning, place| warning.at(place.clone())));
}

/// Returns what a row is whose symbol may mean two things, as its numbers say, and names the doubt where they do not.
fn unclear(
    row: &Row<'_>,
    symbol: &str,
    name: &str,
    (quantity, price, value): (Option<Decimal>, Option<Decimal>, Option<Decimal>),
    report: &mut Report,
) -> Option<AssetKind> {
    let mut doubt = |message: String, hint: &str| {
        report.push(Diagnostic::warning(UNCLEAR, message).at(row.place()).hint(hint));
    };
    if options::lacks_a_part(symbol) {
        let product = quantity.zip(price).and_then(|(quantity, price)| quantity.checked_mul(price));
        let is_worth = |factor: Decimal| {
            let (value, product) = value.zip(product)?;
            Some((value - product.checked_mul(factor)?).abs() <= value.abs() * Decimal::new(1, 2))
        };
        if is_worth(Decimal::ONE) == Some(true) || is_worth(Decimal::new(1, 2)) == Some(true) {
            return None;
        }
        if is_worth(Decimal::ONE_HUNDRED) != Some(true) {
            doubt(
                format!("`{symbol}` is taken as an option that does not say all of itself, on 100 shares a contract"),
                "write it in full, as in `SPY 12/18/2026 500 C`, or give its value",
            );
        }
        return Some(AssetKind::Option);
    }
    // Money of another country at its rate.
    if is_null(name) && kinds::cash_currency(symbol, "").is_some_and(|code| code == symbol && code != "USD") {
        return Some(AssetKind::Cash);
    }
    if !is_null(name) {
        if matches!(symbol, "NA" | "NULL") && !kinds::is_company(name) && !kinds::is_fund(name) && quantity.is_some() {
            doubt(
                format!("`{symbol}` may be a ticker, or say that there is none: it is taken as none"),
                "write `N/A` where there is none; a company's ticker is known by a name such as `Nano Labs Ltd`",
            );
        }
        return None;
    }
    let coin =
        kinds::is_coin_at(symbol, price.or_else(|| value?.checked_div(quantity.filter(|held| !held.is_zero())?)));
    if coin.is_none() && quantity.is_some() {
        let taken = if kinds::guess(Some(symbol), "") == AssetKind::Crypto { "the coin" } else { "the stock or fund" };
        doubt(
            format!("`{symbol}` may be a coin, or a stock or fund of that ticker: it is taken as {taken}"),
            "say its name or its kind in a column, or write a coin as `BTC-USD`",
        );
    }
    match coin {
        Some(true) => Some(AssetKind::Crypto),
        // The ticker of a coin at the price of a fund.
        Some(false) if kinds::guess(Some(symbol), "") == AssetKind::Crypto => Some(kinds::security(symbol, "")),
        _ => None,
    }
}

/// Completes a position: computes a value that is not printed, and warns when a printed one contradicts quantity and
/// price.
pub fn complete(position: &mut Position, report: &mut Report) {
    // Nothing that is listed costs nothing: its price is not known.
    let listed = position.kind.is_tradable()
        && position.canonical.as_ref().is_some_and(|ticker| reference::is_listed(ticker.as_str()));
    let held = position.quantity.is_some_and(|quantity| !quantity.is_zero());
    let free = position.price.is_some_and(|price| price.decimal().is_zero());
    if listed && held && free && position.value.is_none_or(|value| value.is_zero()) {
        (position.price, position.value) = (None, None);
    }
    if position.value.is_none() {
        position.value = position.product();
        position.value_computed = position.value.is_some();
    }
    let Some(product) = position.contradiction() else { return };
    let printed = position.value.unwrap_or_default();
    let factor = position.unit_factor();
    let times = if factor == Decimal::ONE { String::new() } else { format!(" x {}", factor.normalize()) };
    let message = format!(
        "{}: the printed value {} is not {} x {}{times} = {}; {} are unexplained",
        position.label(),
        printed.dollars(),
        position.quantity.unwrap_or_default().text(),
        position.price.unwrap_or_default().dollars(),
        product.dollars(),
        (printed - product).dollars()
    );
    let mut warning = Diagnostic::warning(VALUE_GAP, message).hint(
        "the printed value counts and the position is not traded; a stale price, a split or a wrong multiplier explains \
         most gaps",
    );
    if let Some(place) = &position.place {
        warning = warning.at(place.clone());
    }
    report.push(warning);
}

/// Takes the value of a contract on something out: what it is on is not owned, and what was gained so far is in the cash.
pub fn without_notional(position: &mut Position, report: &mut Report) {
    let on = position.value.or_else(|| position.product()).unwrap_or_default();
    let message =
        format!("{}: the {} that the contract is on are not owned and count nowhere", position.label(), on.dollars());
    let warning = Diagnostic::warning(SKIPPED_ROW, message).hint("limits do not see what futures and CFDs add");
    report.push(position.place.iter().fold(warning, |warning, place| warning.at(place.clone())));
    position.price = None;
    position.value = Some(Money::ZERO);
    position.cost_basis = None;
    position.details.value_base = position.details.value_base.map(|_| Money::ZERO);
}

/// Names a holding that has neither symbol nor name, and cuts what was computed to the decimals that a number read from a file may have, so that a portfolio written and read
/// back is the same.
pub fn trim(position: &mut Position) {
    if position.symbol.is_none() && position.name.is_empty() {
        position.name = "unnamed".into();
    }
    let cut = |money: Money| {
        let cut = if money.decimal().scale() > MOST_DECIMALS {
            money.decimal().round_dp(MOST_DECIMALS)
        } else {
            money.decimal()
        };
        // A decimal zero has a sign, which would be printed.
        Money(if cut.is_zero() { cut.abs() } else { cut })
    };
    position.value = position.value.map(cut);
    if let Some(value) = position.details.value_base {
        position.details.value_base = Some(cut(value));
    }
    position.cost_basis = position.cost_basis.map(cut);
    for lot in &mut position.lots {
        lot.cost_basis = lot.cost_basis.map(cut);
        if lot.quantity.decimal().scale() > MOST_DECIMALS {
            lot.quantity = crate::units::Shares(lot.quantity.decimal().round_dp(MOST_DECIMALS));
        }
    }
}

/// Refuses amounts that were computed and are beyond anything a household holds, as those that are read are refused.
pub fn plausible(account: &Account, report: &mut Report) {
    let beyond = |position: &Position| {
        let amounts = [position.value, position.details.value_base, position.cost_basis].into_iter().flatten();
        let mut amounts = amounts.chain(position.lots.iter().filter_map(|lot| lot.cost_basis));
        amounts.any(|amount| amount.exceeds(LARGEST_INPUT))
    };
    for position in account.positions.iter().filter(|position| beyond(position)) {
        let message = format!("{}: quantity times price is more than broaden accepts (one trillion)", position.label());
        let error =
            Diagnostic::error(BAD_NUMBER, message).hint("a number of the row is wrong; download the file again");
        report.push(match &position.place {
            Some(place) => error.at(place.clone()),
            None => error,
        });
    }
}

/// Completes every position of an account and compares the total that the broker prints with the sum.
pub fn close(account: &mut Account, total_place: Option<Place>, report: &mut Report) {
    for position in &mut account.positions {
        complete(position, report);
    }
    check_total(account, total_place, report);
}

/// Compares the total that the broker prints with the sum of the positions, which are complete, and the cash.
pub fn check_total(account: &Account, total_place: Option<Place>, report: &mut Report) {
    let Some(total) = account.reported_total else { return };
    let base = Currency::from(&account.base_currency);
    let foreign = account.positions.iter().any(|position| position.currency != base);
    if foreign
        && account.positions.iter().any(|position| position.details.value_base.is_none() && position.value.is_some())
    {
        return;
    }
    let positions: Money =
        account.positions.iter().filter_map(|position| position.details.value_base.or(position.value)).sum();
    let cash: Money = account.cash.iter().map(|(_, amount)| *amount).sum();
    compare(account, total, positions + cash, total_place, report);
}

/// Warns that a broker's total row is missing: the file may be cut off between two rows.
pub fn no_total(account: &Account, report: &mut Report) {
    if account.reported_total.is_some() || account.positions.is_empty() || report.has_errors() {
        return;
    }
    let message =
        format!("{}: the total row that the broker prints is missing; the file may be cut off", account.label());
    let warning = Diagnostic::warning(NO_TOTAL, message).hint("download it again");
    report.push(match &account.place {
        Some(place) => warning.at(place.clone()),
        None => warning,
    });
}

/// Returns whether a printed total is the sum of so many rows, each of which may lose half a cent to rounding.
pub fn agree(total: Money, sum: Money, rows: usize) -> bool {
    (total - sum).abs().decimal() <= Decimal::from(rows + 2).saturating_mul(Decimal::new(5, 3))
}

/// Warns when a printed total is not the sum.
pub fn compare(account: &Account, total: Money, sum: Money, place: Option<Place>, report: &mut Report) {
    let gap = total - sum;
    if !agree(total, sum, account.positions.len()) {
        let message = format!(
            "{}: the broker prints a total of {}, the rows add up to {}; {} are unexplained",
            account.label(),
            total.dollars(),
            sum.dollars(),
            gap.dollars()
        );
        let mut warning = Diagnostic::warning(TOTAL_GAP, message)
            .hint("a row is missing or changed; download the file again before acting on it");
        if let Some(place) = place {
            warning = warning.at(place);
        }
        report.push(warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings::identity::identify;

    #[test]
    fn a_value_that_contradicts_its_row_is_a_warning() {
        let read = |quantity: &str, price: &str, value: &str, kind| {
            let mut report = Report::default();
            let mut position = Position::new(kind, "x");
            position.quantity = Some(Shares(quantity.parse().unwrap()));
            position.price = Some(Price(price.parse().unwrap()));
            position.value = Some(Money(value.parse().unwrap()));
            complete(&mut position, &mut report);
            report.items().len()
        };
        assert_eq!(read("0.008", "33.47", "0.26", AssetKind::Etf), 0);
        assert_eq!(read("10000", "98.765", "9876.50", AssetKind::Bond), 0);
        assert_eq!(read("-2", "8.45", "-1690", AssetKind::Option), 0);
        assert_eq!(read("10", "10", "1000", AssetKind::Equity), 1);
        // Of what is listed a price of nothing is none; of a line that was delisted it may be one.
        for (symbol, value) in [("VTI", None), ("629999590", Some(Money::ZERO))] {
            let mut position = identify(symbol, "", None);
            position.quantity = Some(Shares(Decimal::TEN));
            (position.price, position.value) = (Some(Price(Decimal::ZERO)), Some(Money::ZERO));
            complete(&mut position, &mut Report::default());
            assert_eq!(position.value, value, "{symbol}");
        }
    }
}
