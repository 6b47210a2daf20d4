//! From the cells of a row to a position: identity, kind, value, and the check of what is printed against what follows.

use super::report::Report;
use super::table::Row;
use super::{BAD_NUMBER, NO_TOTAL, SHORT_ROW, SKIPPED_ROW, TOTAL_GAP, VALUE_GAP, currencies, kinds, options};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, AssetKind, Currency, Position, Symbol};
use crate::reference;
use crate::units::{Decimal, LARGEST_INPUT, MOST_DECIMALS, Money, Price, Shares, is_null, unstarred};

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

    /// Returns the position of a row. `said` is the broker's own word on its kind, where that is not a column.
    pub fn position(&self, row: &Row<'_>, said: Option<AssetKind>, report: &mut Report) -> Position {
        let (symbol, name) = (row.get(self.symbol), row.get(self.name));
        let said = said.or_else(|| kinds::from_word(row.get(self.kind)));
        // Some views call an option a stock, after its underlying.
        let said = said.filter(|kind| *kind != AssetKind::Equity || options::parse(symbol).is_none());
        let quantity = row.number(self.quantity, report);
        let price = row.number(self.price, report);
        let value = row.number(self.value, report);
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

/// Returns what is said of the kind of a row, unless its numbers contradict that: money has a price of one, and what is
/// priced in percent of its face is worth a hundredth of quantity times price.
pub fn priced(
    symbol: &str,
    name: &str,
    said: Option<AssetKind>,
    (quantity, price, value): (Option<Decimal>, Option<Decimal>, Option<Decimal>),
) -> Option<AssetKind> {
    let (Some(quantity), Some(price)) = (quantity, price) else { return said };
    let symbol = unstarred(symbol);
    let one = (price - Decimal::ONE).abs() <= Decimal::new(1, 2);
    if said.is_none() && !one && kinds::guess(Some(symbol), name).is_cash() {
        return Some(kinds::security(symbol, name));
    }
    // `Cash` also says how a stock was paid for: not on margin.
    if said == Some(AssetKind::Cash)
        && !one
        && !currencies::is_code(symbol)
        && kinds::cash_currency(symbol, name).is_none()
    {
        return Some(kinds::security(symbol, name));
    }
    let product = quantity.saturating_mul(price);
    let is_worth =
        |worth: Decimal| value.is_some_and(|value| (value - worth).abs() <= value.abs() * Decimal::new(5, 3));
    if said == Some(AssetKind::Bond) && is_worth(product) && !is_worth(product / Decimal::ONE_HUNDRED) {
        let kind = kinds::security(symbol, name);
        return Some(if kind == AssetKind::Bond { AssetKind::Other } else { kind });
    }
    said
}

/// Returns a symbol as it is meant: without characters that cannot be seen, a spreadsheet's mark of a text, the sign of a
/// ticker and footnote marks.
fn spelled(symbol: &str) -> String {
    let seen = |c: &char| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let symbol: String = symbol.chars().filter(seen).collect();
    let symbol = unstarred(&symbol);
    let bare = symbol.trim_start_matches(['\'', '$', '\u{2019}']);
    let bare = if bare.starts_with(|c: char| c.is_ascii_alphanumeric()) { bare } else { symbol };
    let bare = unmarked(bare);
    // A sheet in small letters means the same.
    let small = bare.len() <= 5 && bare.bytes().all(|byte| byte.is_ascii_lowercase());
    if small { bare.to_ascii_uppercase() } else { bare.to_owned() }
}

/// Returns a symbol without the mark of a footnote behind it: `NVDA†`, `NVDA¹`, `NVDA [1]`.
fn unmarked(symbol: &str) -> &str {
    let bare =
        symbol.trim_end_matches(['\u{2020}', '\u{2021}', '^', '\u{b9}', '\u{b2}', '\u{b3}', '\u{ae}', '\u{2122}']);
    let note = |open, close| {
        let (before, number) = bare.strip_suffix(close)?.rsplit_once(open)?;
        let is_note = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
        is_note.then(|| before.trim_end())
    };
    note('[', ']').or_else(|| note('(', ')')).filter(|before| !before.is_empty()).unwrap_or(bare)
}

/// Returns the ticker and the name of a symbol that holds both, where the ticker is known: `NVIDIA Corp (NVDA)`,
/// `NVDA - NVIDIA Corp`.
fn described(symbol: &str) -> Option<(&str, &str)> {
    let behind = || symbol.strip_suffix(')')?.rsplit_once(" (").map(|(name, ticker)| (ticker, name));
    let before = || symbol.split_once(" - ");
    let (ticker, name) = behind().or_else(before)?;
    let (ticker, name) = (ticker.trim(), name.trim());
    (ticker.bytes().all(|byte| !byte.is_ascii_lowercase()) && reference::is_listed(ticker)).then_some((ticker, name))
}

/// Returns the ticker of a symbol that is one: `NASDAQ:GOOG`, `NVDA.US`, `BRK_B`, `LENB`. One of another country's
/// exchange is that exchange's.
fn ticker(symbol: &str) -> Option<Symbol> {
    const AMERICAN: &[&str] = &[
        "NASDAQ",
        "NASDAQGS",
        "NASDAQGM",
        "NASDAQCM",
        "NYSE",
        "NYSEARCA",
        "NYSEAMERICAN",
        "ARCA",
        "AMEX",
        "BATS",
        "CBOE",
        "OTC",
        "OTCMKTS",
        "MUTF",
        "US",
        "XNAS",
        "XNYS",
        "ARCX",
        "NYSE ARCA",
        "NYSE AMERICAN",
        "NMS",
        "NGM",
        "NYQ",
        "PCX",
        "STK",
    ];
    let is_american = |exchange: &str| AMERICAN.contains(&exchange.trim());
    let bare = match symbol.split_once(':') {
        Some((exchange, ticker)) if is_american(exchange) => ticker.trim(),
        Some((ticker, exchange)) if is_american(exchange) => ticker.trim(),
        Some(_) => return None,
        None => symbol,
    };
    // Terminals: `NVDA US Equity`, `NVDA UW`; `NVDA.OQ`.
    const ENDS: &[&str] = &[".US", ".us", "-US", ".O", ".OQ", " US", " UW", " UQ", " UN", " UP", " UR", " UA"];
    let listing = bare.strip_suffix(" Equity").unwrap_or(bare);
    let bare = ENDS.iter().find_map(|end| listing.strip_suffix(end)).unwrap_or(bare);
    let mark = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'/' | b' ' | b'_');
    let is_ticker = !bare.is_empty() && bare.len() <= 12 && bare.bytes().all(mark);
    is_ticker.then(|| Symbol::new(reference::share_class(bare).unwrap_or(bare)))
}

/// Returns a position of which symbol, name and kind are known.
pub fn identify(symbol: &str, name: &str, said: Option<AssetKind>) -> Position {
    let bare = &*spelled(symbol);
    let (bare, name) = match described(bare).filter(|_| options::parse(bare).is_none()) {
        Some((ticker, told)) => (ticker, if is_null(name) { told } else { name }),
        None => (bare, name),
    };
    // `NA` is a ticker too.
    let bare = if is_null(bare) && !(bare == "NA" && kinds::is_company(name)) { "" } else { bare };
    let name = if is_null(name) { "" } else { name.trim() };
    if matches!(said, None | Some(AssetKind::Option))
        && let Some((contract, shown)) = options::parse(bare).map(|contract| (contract, bare)).or_else(|| {
            // The symbol may be that of what the option is on.
            let whose = bare.is_empty() || name.split_whitespace().next() == Some(bare);
            options::parse(name).filter(|_| whose).map(|contract| (contract, name))
        })
    {
        let shown = shown.trim_start_matches('-').trim().into();
        let mut position = Position::new(AssetKind::Option, name);
        position.symbol = Some(shown);
        position.canonical = contract.occ().map(|occ| Symbol::new(&occ));
        position.details.multiplier = Some(100);
        return position;
    }
    let said = said.or_else(|| options::resembles(bare).then_some(AssetKind::Option));
    let symbol = (!bare.is_empty()).then_some(bare);
    let cusip = symbol.is_some_and(kinds::is_cusip);
    let kind = match said {
        // A CUSIP called "Equity" is an escrow, a right or a delisted line: nothing a market order can reach.
        Some(AssetKind::Equity) if cusip => AssetKind::Other,
        Some(AssetKind::MoneyMarket) if kinds::guess(symbol, name) == AssetKind::Cash => AssetKind::Cash,
        Some(AssetKind::Cash) if kinds::guess(symbol, "") == AssetKind::MoneyMarket => AssetKind::MoneyMarket,
        Some(kind) => kind,
        None => kinds::guess(symbol, name),
    };
    let mut position = Position::new(kind, name);
    position.symbol = symbol.map(str::to_owned);
    if let Some(cusip) = symbol.filter(|_| cusip) {
        position.details.cusip = Some(cusip.into());
    }
    if !matches!(kind, AssetKind::Bond | AssetKind::Cash | AssetKind::Option) {
        position.canonical = symbol.filter(|_| !cusip).and_then(ticker);
    }
    if kind == AssetKind::Option {
        position.details.multiplier = Some(100);
    }
    position
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

    #[test]
    fn identity_follows_from_symbol_and_name() {
        let option = identify(" -VTI261218C310", "VTI DEC 18 2026 $310 CALL", None);
        assert_eq!(option.symbol.as_deref(), Some("VTI261218C310"));
        assert_eq!((option.kind, option.details.multiplier), (AssetKind::Option, Some(100)));
        assert_eq!(option.canonical.unwrap().as_str(), "VTI   261218C00310000");
        let described = identify("NVDA", "NVDA 12/18/2026 200.00 C", None);
        assert_eq!(
            (described.kind, described.canonical.unwrap().as_str()),
            (AssetKind::Option, "NVDA  261218C00200000")
        );
        let undated = identify("SPY 12/18 500P", "", None);
        assert_eq!((undated.kind, undated.details.multiplier, undated.canonical), (AssetKind::Option, Some(100), None));
        let core = identify("SPAXX**", "HELD IN MONEY MARKET", None);
        assert_eq!((core.symbol.as_deref(), core.kind), (Some("SPAXX"), AssetKind::MoneyMarket));
        let right = identify("000CVR000", "CVR", Some(AssetKind::Equity));
        assert_eq!((right.kind, right.canonical), (AssetKind::Other, None));
        assert_eq!(identify("BRK/B", "", None).canonical.unwrap().as_str(), "BRK.B");
        assert_eq!(identify("NASDAQ:GOOG", "", None).canonical.unwrap().as_str(), "GOOG");
        assert_eq!(identify("null", "U S TREASURY NOTE 4.250% 11/15/34", None).symbol, None);
    }

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

    #[test]
    fn a_ticker_is_known_in_each_of_its_spellings() {
        for (symbol, ticker) in [
            ("\u{feff}VIG", "VIG"),
            ("AVUV\u{200b}", "AVUV"),
            ("'VTI", "VTI"),
            ("$AAPL", "AAPL"),
            ("NVDA.US", "NVDA"),
            ("BRK_B", "BRK.B"),
            ("LENB", "LEN.B"),
            ("NYSEARCA:VTI", "VTI"),
            ("MKC.V", "MKC.V"),
            ("NVDA US Equity", "NVDA"),
            ("NVDA UW", "NVDA"),
            ("NVDA.OQ", "NVDA"),
            ("NVDA-US", "NVDA"),
            ("NVDA:NASDAQ", "NVDA"),
            ("BRK/B US", "BRK.B"),
            ("NVDA\u{2020}", "NVDA"),
            ("NVDA [1]", "NVDA"),
            ("NVIDIA Corp (NVDA)", "NVDA"),
            ("NVDA - NVIDIA Corp", "NVDA"),
            ("TRP", "TRP"),
            ("VFV.TO", "VFV.TO"),
        ] {
            assert_eq!(identify(symbol, "", None).canonical.map(|found| found.to_string()).as_deref(), Some(ticker));
        }
        assert_eq!(identify("TSE:SHOP", "", None).canonical, None);
        assert_eq!(identify("NA", "Nano Labs Ltd", None).canonical.unwrap().as_str(), "NA");
        assert_eq!(identify("NA", "Target Retirement 2050 Trust", None).symbol, None);
        assert_eq!(identify("ABCWS", "ABC ACQUISITION CORP WTS", None).kind, AssetKind::Other);
    }

    #[test]
    fn a_word_for_the_kind_does_not_stand_against_the_numbers() {
        let bond = |quantity: i64, price: i64, value: i64| {
            priced(
                "SCHZ",
                "SCHWAB US AGGREGATE BOND ETF",
                Some(AssetKind::Bond),
                (Some(quantity.into()), Some(price.into()), Some(value.into())),
            )
        };
        assert_eq!(bond(500, 23, 11_500), Some(AssetKind::Etf));
        assert_eq!(bond(1000, 98, 980), Some(AssetKind::Bond));
        // How it was paid for is not what it is.
        let cash = |symbol: &str, price: i64| {
            let numbers = (Some(10.into()), Some(price.into()), Some((10 * price).into()));
            priced(symbol, "", Some(AssetKind::Cash), numbers)
        };
        assert_eq!(cash("VTI", 300), Some(AssetKind::Etf));
        assert_eq!(cash("VTI", 1), Some(AssetKind::Cash));
        assert_eq!(cash("EUR", 2), Some(AssetKind::Cash));
    }
}
