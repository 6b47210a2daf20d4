//! Trades that were made, from broaden's own `orders.csv` or from a broker's list of activity: what `broaden record` adds to
//! `trades.csv`. Such lists are never holdings; only what was bought and sold is taken from them.
//!
//! Columns are known by their names, whatever their order: Schwab (Transactions), Fidelity (Accounts_History), E*TRADE,
//! Vanguard (the second table of its download), Robinhood, and the section Trades of Interactive Brokers' statements.

use chrono::NaiveDate;

use super::input::{self, Input};
use super::report::Report;
use super::table::{Columns, Row};
use super::{BAD_DATE, BAD_TRADE, dates};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::model::{PastTrade, RawFile, Side, Symbol, TradeDetails};
use crate::tax;
use crate::units::{Money, Price, Shares};

const DATE: &[&str] =
    &["trade date", "run date", "activity date", "transactiondate", "transaction date", "date/time", "date", "as-of"];
const SIDE: &[&str] = &["action", "transaction type", "transactiontype", "trans code", "side", "type"];
const SYMBOL: &[&str] = &["symbol", "instrument", "ticker"];
const QUANTITY: &[&str] = &["quantity", "shares", "qty"];
const PRICE: &[&str] = &["price", "share price", "t. price", "price ($)", "price $"];
const ACCOUNT: &[&str] = &["account number", "account #", "account"];
const GAIN: &[&str] = &["realized p/l", "realised gain", "realized gain", "gain"];

/// What a list of trades holds.
#[derive(Debug, Default)]
pub struct Activity {
    /// Bought and sold, in the order of the file.
    pub trades: Vec<PastTrade>,
    /// Rows that are no purchase and no sale: dividends, fees, transfers.
    pub others: usize,
}

/// Reads trades. `day` is that of rows without one of their own; `account` is whose they are where the file does not say.
/// Problems go to the sink.
pub fn read(file: &RawFile, day: Option<NaiveDate>, account: Option<&str>, sink: &mut Sink) -> Activity {
    let mut found = Activity::default();
    let texts = match input::texts(file) {
        Ok(texts) => texts,
        Err(problem) => {
            sink.push(*problem);
            return found;
        }
    };
    let mut report = Report::default();
    let mut seen = false;
    for text in &texts {
        let input = Input::new(text);
        let table = input.table(&mut report);
        let mut whose = account.map(str::to_owned).or_else(|| named(&file.name));
        let mut header: Option<Columns> = None;
        for row in table.rows().filter(|row| !row.is_blank()) {
            let names = Columns::of(&row);
            if names.has(&[SYMBOL, QUANTITY]) && names.find(SIDE).or(names.find(DATE)).is_some() {
                seen = true;
                header = Some(names);
                continue;
            }
            match &header {
                None => whose = account.map(str::to_owned).or_else(|| of_preamble(&row)).or(whose),
                Some(names) => take(&row, names, (day, whose.as_deref()), &mut found, &mut report),
            }
        }
    }
    if !seen {
        let message = format!("{} lists no trades: no row of it names a symbol, a quantity and a side", file.name);
        let hint = "give broaden's orders.csv, a decisions.toml, or your broker's list of activity as CSV";
        report.push(Diagnostic::error(BAD_TRADE, message).hint(hint));
    }
    report.finish(sink);
    found
}

/// The end of an account's number in the name of a file: `Individual_XXX417_Transactions_20261120.csv`.
fn named(name: &str) -> Option<String> {
    let upper = name.to_uppercase();
    let start = upper.find("XX")?;
    let tail: String = upper.get(start..)?.trim_start_matches('X').chars().take_while(char::is_ascii_digit).collect();
    (tail.len() >= 3).then(|| format!("...{tail}"))
}

/// Whose trades they are, as a line before the table says: `For Account:,XXXX1234`, `Transactions for account ...417`.
fn of_preamble(row: &Row<'_>) -> Option<String> {
    let line = row.joined();
    let lower = line.to_lowercase();
    if !lower.contains("account") {
        return None;
    }
    let tail = |word: &str| -> Option<String> {
        let digits: String = word.chars().rev().take_while(char::is_ascii_alphanumeric).collect();
        let digits: String = digits.chars().rev().collect::<String>().trim_start_matches(['X', 'x']).to_owned();
        (digits.len() >= 3 && digits.chars().filter(char::is_ascii_digit).count() >= 3).then_some(digits)
    };
    let mut words = line.split(|c: char| c.is_whitespace() || c == ',' || c == '"');
    words.find_map(tail).map(|digits| format!("...{}", last(&digits)))
}

fn last(number: &str) -> &str {
    number.get(number.len().saturating_sub(4)..).unwrap_or(number)
}

/// What a row says it is: the first words of an action, `YOU BOUGHT ...`.
fn side(text: &str) -> Option<Side> {
    let lower = text.trim().to_lowercase();
    let lower = lower.strip_prefix("you ").unwrap_or(&lower);
    let word = lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    match word {
        "buy" | "bought" | "purchase" | "reinvest" | "reinvestment" | "vest" => Some(Side::Buy),
        "sell" | "sold" | "sale" => Some(Side::Sell),
        _ => None,
    }
}

fn take(
    row: &Row<'_>,
    names: &Columns,
    (day, account): (Option<NaiveDate>, Option<&str>),
    found: &mut Activity,
    report: &mut Report,
) {
    // A statement of Interactive Brokers names the section and the kind of row in its first cells.
    let is_statement = names.find(&["datadiscriminator"]).is_some();
    let kind = row.get(names.find(&["datadiscriminator"]));
    if is_statement && (row.text(1) != "Data" || !matches!(kind, "Order" | "Trade")) {
        return;
    }
    let text = row.get(names.find(SIDE));
    let number = row.quiet(names.find(QUANTITY));
    let by_sign =
        number.filter(|_| is_statement).map(|shares| if shares.is_sign_negative() { Side::Sell } else { Side::Buy });
    let (Some(side), symbol) = (side(text).or(by_sign), row.get(names.find(SYMBOL))) else {
        found.others += 1;
        return;
    };
    let Some(quantity) = row.number(names.find(QUANTITY), report).filter(|shares| !shares.is_zero()) else {
        // A dividend that is reinvested is told in two rows; the one in cash has no shares.
        found.others += 1;
        return;
    };
    if symbol.is_empty() {
        let problem = Diagnostic::error(BAD_TRADE, "the trade has no symbol").at(row.place());
        report.push(problem.hint("fill it in"));
        return;
    }
    let Some(date) = dates::leading(row.get(names.find(DATE))).or(day) else {
        let problem = Diagnostic::error(BAD_DATE, "the trade has no date").at(row.place());
        report.push(problem.hint("`--date DATE` says when it was made"));
        return;
    };
    let own = row.get(names.find(ACCOUNT));
    let account = match (own, account) {
        ("", None) => {
            let problem = Diagnostic::error(BAD_TRADE, "the file does not say in which account the trade was made");
            report.push(problem.at(row.place()).hint("`--account NAME` says it"));
            return;
        }
        ("", Some(account)) => account.to_owned(),
        (own, _) => own.to_owned(),
    };
    let price = row.number(names.find(PRICE), report).filter(|price| !price.is_sign_negative());
    let quantity = Shares(quantity.abs());
    let opened = dates::leading(row.get(names.find(&["opened"])));
    let cost = row.number(names.find(&["cost"]), report);
    let gain = match (side, price, cost) {
        (Side::Buy, ..) => None,
        // An edited price or quantity changes what the lot gained.
        (_, Some(price), Some(cost)) => {
            Some(Money((price - cost).checked_mul(quantity.decimal()).unwrap_or_default()).to_cents())
        }
        _ if names.find(&["cost"]).is_some() => None,
        _ => row.number(names.find(GAIN), report).map(Money),
    };
    let details = TradeDetails {
        price: price.map(Price),
        opened,
        term: opened
            .filter(|_| side == Side::Sell)
            .map(|opened| tax::term_on(opened, date))
            .or_else(|| term(row, names)),
    };
    let symbol = Symbol::new(symbol);
    let place: Option<Place> = Some(row.place());
    found.trades.push(PastTrade { date, account, symbol, side, quantity, gain, outside: false, place, details });
}

fn term(row: &Row<'_>, names: &Columns) -> Option<crate::model::Term> {
    super::trades::term(row.get(names.find(&["term"])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Decimal;

    fn read_text(name: &str, text: &str) -> (Activity, Vec<&'static str>) {
        let mut sink = Sink::default();
        let found = read(&RawFile::new(name, text.as_bytes().to_vec()), None, None, &mut sink);
        (found, sink.items.iter().map(|item| item.code.id).collect())
    }

    fn brief(text: &str) -> Vec<String> {
        let (found, problems) = read_text("Individual_XXX417_Transactions.csv", text);
        assert!(problems.is_empty(), "{problems:?}");
        let line = |own: &PastTrade| {
            let side = if own.side == Side::Buy { "buy" } else { "sell" };
            let price = own.details.price.map_or(Decimal::ZERO, Price::decimal).normalize();
            let gain = own.gain.map_or_else(String::new, |gain| gain.dollars());
            format!("{} {} {side} {} {} {price} {gain}", own.date, own.account, own.symbol, own.quantity.text())
                .trim()
                .to_owned()
        };
        found.trades.iter().map(line).collect()
    }

    /// One row that is a trade and one that is none, in the columns of each broker.
    #[test]
    fn trades_are_taken_from_the_activity_of_each_broker() {
        for (text, expected) in [
            (
                "\"Date\",\"Action\",\"Symbol\",\"Description\",\"Quantity\",\"Price\",\"Fees & Comm\",\"Amount\"\n\
                 \"11/20/2026 as of 11/19/2026\",\"Sell\",\"NVDA\",\"NVIDIA\",\"20\",\"$182.33\",\"\",\"$3,646.60\"\n\
                 \"11/20/2026\",\"Cash Dividend\",\"VOO\",\"VANGUARD\",\"\",\"\",\"\",\"$12.00\"\n",
                "2026-11-20 ...417 sell NVDA 20 182.33",
            ),
            (
                "\n\nRun Date,Account,Account Number,Action,Symbol,Description,Type,Price ($),Quantity,Amount ($)\n\
                 11/20/2026,ROTH IRA,Z98765432,YOU BOUGHT ISHARES (IWM) (Cash),IWM,ISHARES,Cash,244.8,10,-2448\n\
                 11/20/2026,ROTH IRA,Z98765432,DIVIDEND RECEIVED,SPAXX,FIDELITY,Cash,,0,1.2\n",
                "2026-11-20 Z98765432 buy IWM 10 244.8",
            ),
            (
                "For Account:,XXXX1234\n\nTransactionDate,TransactionType,SecurityType,Symbol,Quantity,Amount,Price,Commission,Description\n\
                 11/20/26,Sold,EQ,AAPL,-20,5368,268.4,0,APPLE INC\n",
                "2026-11-20 ...1234 sell AAPL 20 268.4",
            ),
            (
                "Account Number,Trade Date,Settlement Date,Transaction Type,Transaction Description,Investment Name,Symbol,Shares,Share Price,Principal Amount,\n\
                 12345678,2026-11-20,2026-11-21,Buy,Buy,VANGUARD TOTAL,VTI,10.5,300.00,-3150.00,\n\
                 12345678,2026-11-20,2026-11-20,Sweep out,Sweep,VANGUARD MONEY,VMFXX,0.0,1.0,3150.00,\n",
                "2026-11-20 12345678 buy VTI 10.5 300",
            ),
            (
                "Account Information,Data,Account,U***1234\n\
                 Trades,Header,DataDiscriminator,Asset Category,Currency,Symbol,Date/Time,Quantity,T. Price,Realized P/L\n\
                 Trades,Data,Order,Stocks,USD,NVDA,\"2026-11-20, 10:30:00\",-20,182.33,-284.40\n\
                 Trades,Data,ClosedLot,Stocks,USD,NVDA,2026-03-03,20,196.55,-284.40\n\
                 Trades,SubTotal,,Stocks,USD,NVDA,,-20,,-284.40\n",
                "2026-11-20 ...1234 sell NVDA 20 182.33 -$284.40",
            ),
        ] {
            assert_eq!(brief(text), [expected], "{text}");
        }
    }

    /// 20 shares that cost 196.55 each, of which 15 were sold at 190: a loss of 98.25, short-term by its day.
    #[test]
    fn an_edited_order_gains_what_its_own_price_and_quantity_say() {
        let text = "account,side,symbol,quantity,price,limit,value,lot,opened,term,gain,reasons,repays,id,cost,as-of\n\
                    ...417 Individual,sell,NVDA,15,190,182.31,3646.60,x,2026-03-03,short,-284.40,r,,i,196.55,2026-11-20\n";
        let (found, _) = read_text("orders.csv", text);
        assert_eq!(found.trades[0].gain.unwrap().dollars(), "-$98.25");
        assert_eq!(found.trades[0].details.term, Some(crate::model::Term::Short));
    }

    #[test]
    fn what_lists_no_trades_or_lacks_an_account_is_refused() {
        assert_eq!(read_text("a.csv", "Symbol,Price\nVTI,3\n").1, ["bad-trade"]);
        assert_eq!(
            read_text("a.csv", "Date,Action,Symbol,Quantity,Price\n2026-11-20,Buy,VTI,1,300\n").1,
            ["bad-trade"]
        );
        assert_eq!(read_text("XX417.csv", "Action,Symbol,Quantity,Price\nBuy,VTI,1,300\n").1, ["bad-date"]);
    }
}
