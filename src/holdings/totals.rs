//! What a row of a positions table is, in whatever words: a position, cash, or the total of what stands above it.
//!
//! A total that is taken for a position doubles the household. So a row is one when it says so, and also when it has
//! neither shares nor a price and its value is the sum of the rows above it, whatever it is called.

use super::draft::{self, Cells};
use super::report::Report;
use super::table::Row;
use super::{BAD_NUMBER, TOTAL_GAP, kinds};
use crate::diagnostics::Diagnostic;
use crate::reference;
use crate::units::{Decimal, Money, is_null};

/// What a row is.
#[derive(Debug, PartialEq)]
pub enum RowKind {
    Position,
    /// An amount of cash in a currency.
    Cash(String, Money),
    /// Nothing of its own.
    Total,
}

/// What stands above a row.
#[derive(Default)]
pub struct Above {
    all: Sum,
    since_total: Sum,
    /// The cash among them, of which `Total cash` is the sum.
    cash: Sum,
    /// The symbol of the last position, of whose lots `VTI Total` is the sum.
    last: String,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    rows: usize,
    value: Money,
}

impl Sum {
    fn add(&mut self, value: Money) {
        self.rows += 1;
        self.value += value;
    }
}

impl Above {
    /// Begins another table: its total is that of its own rows, or that of all tables.
    pub fn begin_table(&mut self) {
        self.since_total = Sum::default();
    }

    /// Tells what the next row is. A total that is not the sum of the rows above it is reported.
    pub fn next(&mut self, row: &Row<'_>, cells: &Cells, report: &mut Report) -> RowKind {
        let (symbol, name) = (row.get(cells.symbol), row.get(cells.name));
        let (quantity, price) = (row.quiet(cells.quantity), row.quiet(cells.price));
        let value = cells.worth(row).map(Money);
        let label = if is_null(symbol) { name } else { symbol };
        if of_lots(label, &self.last) {
            report.skipped(row, "it is the total of the rows above it");
            return RowKind::Total;
        }
        if is_null(name) && STATISTICS.contains(&symbol.to_lowercase().as_str()) && !reference::is_listed(symbol) {
            report.skipped(row, "it is reckoned from the rows above it");
            return RowKind::Total;
        }
        let bare = quantity.is_none() && price.is_none() && !is_symbol(symbol);
        if bare && (label.to_lowercase().contains("ing power") || of_result(label)) {
            report.skipped(row, "it says what could be bought or was gained, not what is held");
            return RowKind::Total;
        }
        // A total may count the shares of all rows, and then has their mean price.
        let nameless = is_null(symbol) && is_null(name);
        let sum = || value.is_some_and(|value| self.is_sum(value, 2)) && (nameless || says_total(label));
        if quantity.is_some() && row.is_null(cells.value) && is_null(name) && says_total(symbol) {
            report.skipped(row, "it is a total");
            return RowKind::Total;
        }
        if says_so(row, cells, quantity.is_some(), price.is_some()) || bare && begins_or_ends_as_total(label) || sum() {
            match value {
                // A total above what it counts has nothing to be compared with.
                Some(_) if self.all.rows == 0 => report.skipped(row, "it is a total"),
                Some(value) => self.compare(value, row, report),
                None => report.skipped(row, "it names no security"),
            }
            self.since_total = Sum::default();
            return RowKind::Total;
        }
        // Without a currency column the amount is in dollars; a price other than 1 is that of a security.
        let one = price.is_none_or(|price| price == Decimal::ONE);
        let amount = value.or(quantity.map(Money));
        // People write one of it at the price of all.
        let once = quantity == Some(Decimal::ONE) && price.is_none_or(|price| amount == Some(Money(price)));
        let (one, same) = (one || once, once || quantity.is_none_or(|quantity| amount == Some(Money(quantity))));
        let cash = || kinds::cash_currency(symbol, name);
        if let (Some(amount), Some(currency)) = (amount, (one && same).then(cash).flatten()) {
            if has_total(label) && self.cash.rows > 0 {
                self.compare(amount, row, report);
                self.since_total = Sum::default();
                return RowKind::Total;
            }
            [&mut self.all, &mut self.since_total, &mut self.cash].into_iter().for_each(|sum| sum.add(amount));
            return RowKind::Cash(currency, amount);
        }
        if let Some(amount) = value.filter(|value| bare && !value.is_zero() && kinds::is_borrowed(label)) {
            if !amount.is_negative() {
                let message =
                    format!("`{label}` of {} may be owed or be there: its sign does not say", amount.dollars());
                report.push(
                    Diagnostic::error(BAD_NUMBER, message).at(row.place()).hint("write what is owed with a minus"),
                );
            }
            [&mut self.all, &mut self.since_total, &mut self.cash].into_iter().for_each(|sum| sum.add(amount));
            return RowKind::Cash("USD".to_owned(), amount);
        }
        // A symbol without shares and price may be a short name for the whole: `NLV`.
        let unpriced = quantity.is_none() && price.is_none() && is_null(name);
        if value.filter(|_| unpriced && !is_null(symbol)).is_some_and(|value| self.is_sum(value, 2)) {
            report.skipped(row, "its value is the sum of the rows above it, so it is their total");
            self.since_total = Sum::default();
            return RowKind::Total;
        }
        // One share of the sum of the rows above is that sum.
        let one_of_it = quantity == Some(Decimal::ONE) && is_null(name) && !reference::is_listed(symbol);
        if value.filter(|_| one_of_it && self.all.rows > 1).is_some_and(|value| self.is_sum(value, 2)) {
            report.skipped(row, "its value is the sum of the rows above it, so it is their total");
            self.since_total = Sum::default();
            return RowKind::Total;
        }
        let whole = || words(label).any(|word| WHOLE.contains(&word.as_str())) || kinds::from_word(label).is_some();
        let fewest = || if has_total(label) || whole() { 1 } else { 2 };
        if value.filter(|_| bare).is_some_and(|value| self.is_sum(value, fewest())) {
            report.skipped(row, "its value is the sum of the rows above it, so it is their total");
            self.since_total = Sum::default();
            return RowKind::Total;
        }
        symbol.clone_into(&mut self.last);
        if let Some(value) = value {
            self.all.add(value);
            self.since_total.add(value);
        }
        RowKind::Position
    }

    fn is_sum(&self, value: Money, fewest: usize) -> bool {
        let sums = [self.since_total, self.all];
        !value.is_zero() && sums.iter().any(|sum| sum.rows >= fewest && draft::agree(value, sum.value, sum.rows))
    }

    fn compare(&self, printed: Money, row: &Row<'_>, report: &mut Report) {
        let sums = [self.all, self.since_total, self.cash];
        if sums.iter().any(|sum| draft::agree(printed, sum.value, sum.rows)) {
            return;
        }
        let label = row.texts().find(|text| !text.is_empty()).unwrap_or_default();
        let message = format!(
            "`{label}` says {}, the rows above it add up to {}; {} are unexplained",
            printed.dollars(),
            self.all.value.dollars(),
            (printed - self.all.value).dollars()
        );
        report.push(
            Diagnostic::warning(TOTAL_GAP, message)
                .at(row.place())
                .hint("a row is missing or changed; download the file again before acting on it"),
        );
    }
}

/// Returns whether a text is a symbol: capitals and digits, with the mark of a core position or without.
fn is_symbol(text: &str) -> bool {
    let bare = text.trim_end_matches('*');
    !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns whether a label is that of the total of one symbol's rows, which has their shares: `VTI Total`.
fn of_lots(label: &str, symbol: &str) -> bool {
    let named: Vec<String> = words(symbol).collect();
    let mut rest = words(label).filter(|word| !TOTAL.contains(&word.as_str()) && word != "for" && word != "of");
    !named.is_empty() && has_total(label) && !has_total(symbol) && rest.by_ref().eq(named)
}

/// Returns whether a row says that it is a total, or says nothing at all. `SUM` was a company: what has shares and a price
/// is none.
fn says_so(row: &Row<'_>, cells: &Cells, has_quantity: bool, has_price: bool) -> bool {
    let (symbol, name) = (row.get(cells.symbol), row.get(cells.name));
    let held = has_quantity && (has_price || cells.price.is_none() && is_symbol(symbol) && symbol != "TOTAL");
    let nameless = is_null(symbol) && is_null(name) && !has_quantity;
    // Where the first column is that of the account, `Total` there means all accounts.
    let apart = cells.symbol != Some(0) && cells.name != Some(0) && says_total(row.text(0));
    // Shares or a price make it a ticker.
    let short = !has_quantity && !has_price && is_null(name) && is_short(symbol);
    nameless || apart || short || !held && [row.text(0), symbol, name].into_iter().any(says_total)
}

/// Words that make a label a total.
#[rustfmt::skip]
const TOTAL: &[&str] = &[
    "total", "totals", "subtotal", "subtotals", "sum", "worth", "balance", "totaal", "totale", "gesamt", "gesamtsumme", "summe",
    "总计", "總計", "合计", "合計", "小计", "小計",
];
/// What is reckoned from rows and is none.
const STATISTICS: &[&str] =
    &["average", "avg", "averages", "mean", "median", "count", "minimum", "maximum", "std dev", "stdev"];
/// What people write for the value of everything, alone in a row.
#[rustfmt::skip]
const SHORT: &[&str] = &[
    "nlv", "netliq", "netliquidation", "netliquidationvalue", "liquidationvalue", "accountliquidationvalue", "liq", "tot", "ttl",
    "mv", "nav", "aum", "acctvalue", "acctval", "accountval", "portfoliovalue", "portval", "equityvalue", "networth", "nw",
    "sumtotal", "alltold",
];
/// Words for everything that is held, of which a row that is the sum of those above is the total.
const WHOLE: &[&str] = &["overall", "portfolio", "all", "accounts", "household", "everything", "combined", "liq"];
/// Words of a fund that is called after a total: `Total Bond Market Index`.
#[rustfmt::skip]
const FUND: &[&str] = &[
    "index", "idx", "fund", "fd", "stock", "stk", "bond", "bd", "market", "mkt", "international", "intl", "etf", "trust", "return",
    "admiral", "instl", "world", "us", "energies", "energy",
];
/// Words that may stand beside them.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "grand", "sub", "account", "accounts", "position", "positions", "portfolio", "holdings", "value", "market", "all",
    "net", "assets", "investments", "investment", "securities", "usd", "us", "dollars", "ending", "closing", "current",
    "overall", "for", "of", "in", "page", "section", "category", "group", "stocks", "equities", "etfs", "bonds", "funds",
    "options", "the", "household", "liquidating", "liquidation", "estimated", "equity", "général", "general",
];

fn words(label: &str) -> impl Iterator<Item = String> {
    let words = label.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().into_iter()
}

/// Returns whether a label is short for the value of everything.
fn is_short(label: &str) -> bool {
    let letters: String = words(label).collect();
    SHORT.contains(&letters.as_str())
}

fn has_total(label: &str) -> bool {
    words(label).any(|word| TOTAL.contains(&word.as_str()))
}

/// Returns whether a label is that of a gain or a cost.
fn of_result(label: &str) -> bool {
    const RESULT: &[&str] = &["gain", "gains", "loss", "losses", "profit", "cost", "pnl", "performance"];
    words(label).any(|word| RESULT.contains(&word.as_str())) && !words(label).any(|word| FUND.contains(&word.as_str()))
}

/// Returns whether the first or last word of a label makes it a total, of whatever the others name, unless that is a fund
/// or cash.
fn begins_or_ends_as_total(label: &str) -> bool {
    let words: Vec<String> = words(label).collect();
    let total = |word: Option<&String>| word.is_some_and(|word| TOTAL.contains(&word.as_str()));
    let fund = || words.iter().any(|word| FUND.contains(&word.as_str()));
    words.len() > 1
        && (total(words.first()) || total(words.last()))
        && !fund()
        && !kinds::is_borrowed(label)
        && kinds::cash_currency("", label).is_none()
}

/// Returns whether a label says that the row is a total, in any wording.
pub fn says_total(label: &str) -> bool {
    let lower = label.to_lowercase();
    let named = ["total for ", "total of ", "totals for ", "subtotal of ", "subtotal for ", "total - ", "subtotal - "];
    if named.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    let words: Vec<String> = words(label).collect();
    let beside = |word: &String| BESIDE.contains(&word.as_str());
    let value = words.len() > 1 && words.last().is_some_and(|word| word == "value") && words.iter().all(beside);
    value
        || words.iter().any(|word| TOTAL.contains(&word.as_str()))
            && words.iter().all(|word| TOTAL.contains(&word.as_str()) || beside(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holdings::testing::{errors, one};

    #[test]
    fn a_total_is_one_in_any_wording_and_a_fund_is_none() {
        for label in [
            "Total",
            "TOTALS",
            "Total:",
            "Total (USD)",
            "Subtotal",
            "Sub-Total",
            "Account Total",
            "Positions Total",
            "Portfolio Total",
            "Total Account Value",
            "Net Worth",
            "Balance",
            "Grand total",
            "Total Market Value",
            "Total for Individual ...417",
            "Account Value",
            "Total Equities",
            "Net Account Value",
        ] {
            assert!(says_total(label), "{label}");
        }
        for label in ["VTI", "Vanguard Total Stock Market ETF", "Total Bond Market Index", "TOTAL SE", "Value", "Net"] {
            assert!(!says_total(label), "{label}");
        }
    }

    #[test]
    fn a_row_that_is_the_sum_of_those_above_is_no_holding() {
        let head = "Symbol,Name,Shares,Price,Value,Cost Basis\nVTI,Vanguard Total Stock Market ETF,10,300,3000,2000\n\
            NVDA,NVIDIA,10,180,1800,900\n";
        for label in ["Total", "Account Total", "Everything I own", "Net Worth", ""] {
            let account = one(&format!("{head}{label},,,,4800,2900\n"));
            assert_eq!((account.positions.len(), account.cash.len()), (2, 0), "{label}");
        }
        assert_eq!(errors(&format!("{head}Account Total,,,,4900,2900\n")), ["total-gap"]);
        // Cash may be as much as everything else, and is no total of it.
        let account = one(&format!("{head}Cash & Cash Investments,,,,4800,\nNet Worth,,,,9600,\n"));
        assert_eq!(
            (account.positions.len(), account.cash_in("USD").map(Money::dollars).as_deref()),
            (2, Some("$4,800.00"))
        );
        // The words of a company that has shares and a price mean the company.
        assert_eq!(one(&format!("{head}SUM,Summit Materials Inc,10,50,500,1\n")).positions.len(), 3);
    }

    #[test]
    fn the_total_of_one_row_or_in_another_language_doubles_nothing() {
        let one_row = "Symbol,Name,Shares,Price,Value\nVTI,Vanguard Total Stock Market ETF,10,300,3000\n";
        for label in [
            "Total Mutual Funds",
            "Roth IRA Total",
            "Total Equity",
            "Overall",
            "Portfolio",
            "All Accounts",
            "Market Value",
            "Total invested",
            "Net Liq",
            "My Total",
            "Ending Value",
            "Summe",
            "Gesamt",
            "Total général",
            "Totaal",
            "总计",
            "合计",
        ] {
            let account = one(&format!("{one_row}{label},,,,3000\n"));
            assert_eq!((account.positions.len(), account.cash.len()), (1, 0), "{label}");
        }
        assert_eq!(one(&format!("{one_row}Buying Power,,,,9000\n")).positions.len(), 1);
        // What says so and is another sum is a total with a row missing, and a fund may be called after one.
        assert_eq!(errors(&format!("{one_row}Total Mutual Funds,,,,3500\n")), ["total-gap"]);
        assert_eq!(one(&format!("{one_row}Total Bond Market Index,,,,700\n")).positions.len(), 2);
        // A total may count all shares, with their mean price.
        assert_eq!(one(&format!("{one_row}NVDA,NVIDIA,10,180,1800\nTotal,,20,240,4800\n")).positions.len(), 2);
        assert_eq!(errors("Symbol,Shares,Price\nVTI,10,300\nNVDA,10,180\nTotal,20,480\n"), [""; 0]);
        let nameless = one(&format!("{one_row}NVDA,NVIDIA,10,180,1800\n,,20,,4800\n"));
        assert_eq!(nameless.positions.len(), 2);
        // Classes of one holding each.
        let classes = "Equity,,,,3000\nBND,V,10,70,700\nFixed Income,,,,700\nAll,,,,3700\n";
        assert_eq!(one(&format!("{one_row}{classes}")).positions.len(), 2);
        // One that stands above what it counts.
        let (head, row) = one_row.split_once('\n').unwrap();
        assert_eq!(one(&format!("{head}\nTotal,,,,3000\n{row}")).positions.len(), 1);
    }

    #[test]
    fn cash_is_counted_once_beside_its_own_total_and_what_is_owed_is_below_zero() {
        let head = "Symbol,Name,Shares,Price,Value\nEquities,,,,\nVTI,Vanguard,10,300,3000\nTotal Equities,,,,3000\n";
        let cash = |rows: &str| one(&format!("{head}{rows}")).cash_in("USD").map(Money::dollars).unwrap_or_default();
        assert_eq!(cash("Cash,,,,300\nTotal Cash,,,,300\nGrand Total,,,,3300\n"), "$300.00");
        assert_eq!(cash("Total Cash,,,,300\n"), "$300.00");
        for label in ["Margin Loan", "Debit Balance", "Margin Balance", "Net Debit"] {
            assert_eq!(cash(&format!("{label},,,,-500\n")), "-$500.00", "{label}");
            assert_eq!(errors(&format!("{head}{label},,,,500\n")), ["bad-number"], "{label}");
        }
        // Bonds are no cash, whatever saves in them.
        for label in ["Series I Savings Bond", "Core Bond"] {
            assert_eq!(cash(&format!("{label},,,,500\n")), "", "{label}");
        }
        for label in ["Pending Activity", "Savings", "Checking", "现金", "$$$", "Cash Balance"] {
            assert_eq!(cash(&format!("{label},,,,500\n")), "$500.00", "{label}");
        }
    }

    #[test]
    fn cash_is_what_it_is_called_at_a_price_of_one() {
        let head = "Symbol,Name,Shares,Price,Value\nVTI,Vanguard Total Stock Market ETF,10,300,3000\n";
        for row in [
            "CUR:USD,US Dollar,5000,1,5000",
            "Cash & Cash Investments,,,,5000",
            "US Dollar,,,,5000",
            "Money Market,,,,5000",
            "CASH,,5000,1.00,5000",
            "USD,,5000,1,5000",
            "$CASH,,,,5000",
            ",Cash and equivalents,,,5000",
            "Settlement Fund,,5000,1,5000",
            ",FDIC INSURED DEPOSIT AT A BANK,5000,1,5000",
        ] {
            let account = one(&format!("{head}{row}\n"));
            assert_eq!(account.cash_in("USD").map(Money::dollars).as_deref(), Some("$5,000.00"), "{row}");
            assert_eq!(account.positions.len(), 1, "{row}");
        }
        for row in [
            "USD,PROSHARES TR PSHS ULTRA SEMICONDUCTORS,100,50,5000",
            "CASH,PATHWARD FINANCIAL INC COM,50,100,5000",
            "BTM,BITCOIN DEPOT INC COM CL A,1000,5,5000",
            "SOL,EMEREN GROUP LTD SPON ADS,2500,2,5000",
            "GBTC,GRAYSCALE BITCOIN TR,100,50,5000",
            "USD,,100,50,5000",
        ] {
            let account = one(&format!("{head}{row}\n"));
            assert!(account.cash.is_empty() && account.positions[1].kind.is_tradable(), "{row}: {account:?}");
        }
    }

    #[test]
    fn totals_and_cash_of_other_wording_are_no_holdings_in_the_files_of_any_broker() {
        let schwab = "\"Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05\"\n\n\
            \"Symbol\",\"Description\",\"Qty (Quantity)\",\"Price\",\"Mkt Val (Market Value)\",\"Cost Basis\",\"Asset Type\",\n\
            \"NVDA\",\"NVIDIA\",\"10\",\"180\",\"$1,800.00\",\"$900.00\",\"Equity\",\n\"VTI\",\"V\",\"10\",\"300\",\"$3,000.00\",\"$900.00\",\"ETF\",\n\
            \"Net Worth\",\"\",\"--\",\"--\",\"$4,800.00\",\"$900.00\",\"--\",\n";
        let merrill = "COB Date,Security #,Symbol,CUSIP #,Security Description,Account Nickname,Account Registration,Account #,Quantity,Price ($),Value ($),Unrealized Gain/Loss ($)\n\
            07/31/2020,12345,VTI,922908769,VANGUARD TOTAL STOCK MARKET ETF,My IRA,IRRA,7AA-11B22,10,150.00,\"1,500.00\",100.00\n\
            07/31/2020,12347,AAPL,037833100,APPLE INC,My IRA,IRRA,7AA-11B22,4,425.00,\"1,700.00\",900.00\n\
            ,,Account Total,,,My IRA,IRRA,7AA-11B22,,,\"3,200.00\",1000.00\n";
        let pie = "Slice,Name,Invested value,Value,Result,Owned quantity\nVUAG,V,1000,1150.25,150.25,12.3\nBRK.B,B,400,498.22,98.22,1\nPortfolio total,,1400,1648.47,248.47,\n";
        let snapshot = "date,symbol,quantity,price,currency\n2026-09-04,VTI,10,302.1,USD\n2026-09-04,NVDA,1,180,USD\n2026-09-04,CASH,500,1,USD\n2026-09-04,Total,,,USD\n";
        let yahoo = "Symbol,Current Price,Date,Time,Change,Open,High,Low,Volume,Trade Date,Purchase Price,Quantity,Commission,High Limit,Low Limit,Comment\n\
            BRK-B,498.22,2026/09/04,16:00 EDT,,,,,,20241128,480.1,10.0,1.0,,,\nVTI,300,2026/09/04,16:00 EDT,,,,,,20241128,200,10.0,1.0,,,\nCASH,1,2026/09/04,16:00 EDT,,,,,,,,500,,,,\n";
        let fidelity = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Cost Basis Total,Type\n\
            Z1,Individual,VTI,VANGUARD TOTAL STOCK MARKET ETF,10,$300.00,$3000.00,$2000.00,Cash\nZ1,Individual,NVDA,NVIDIA CORP,10,$180.00,$1800.00,$900.00,Cash\n\
            Z1,Individual,CUR:USD,US Dollar,500,$1.00,$500.00,--,Cash\nZ1,Individual,Account Total,,,,$5300.00,,\n";
        let statement = "Symbol/CUSIP,Description,Quantity,Price,Beginning Value,Ending Value,Cost Basis\n\nX12345678\nStocks\n\
            VTI,VANGUARD TOTAL STOCK MARKET,10,300,2900,3000,not applicable\nTotal of Stocks,,,,2900,3000,\nCommon Stock\nAAPL,APPLE INC,10,200,2000,2000,not applicable\nAccount Total,,,,4900,5000,\n";
        for (text, cash) in [
            (schwab, "-"),
            (merrill, "-"),
            (pie, "-"),
            (snapshot, "$500.00"),
            (yahoo, "$500.00"),
            (fidelity, "$500.00"),
            (statement, "-"),
        ] {
            let (read, sink) = crate::holdings::testing::portfolio(&[text]);
            assert!(
                !sink.has_errors() && !sink.items.iter().any(|item| item.code.id == "total-gap"),
                "{:?}",
                sink.items
            );
            let positions: Vec<_> = read.accounts.iter().flat_map(|account| &account.positions).collect();
            let held: Vec<String> =
                positions.iter().filter(|held| !held.kind.is_cash()).map(|held| held.label()).collect();
            assert_eq!(held.len(), 2, "{held:?}");
            let liquid: Money = positions.iter().filter(|held| held.kind.is_cash()).filter_map(|held| held.value).sum();
            let liquid = liquid + read.accounts.iter().filter_map(|account| account.cash_in("USD")).sum();
            assert_eq!(if liquid.is_zero() { "-".to_owned() } else { liquid.dollars() }, cash, "{text}");
        }
    }
}
