//! Trades that were made, from broaden's own `orders.csv` or from a broker's list of activity: what `broaden record` adds to
//! `trades.csv`. Such lists are never holdings; only what was bought and sold is taken from them.
//!
//! Columns are known by their names, whatever their order: Schwab (Transactions), Fidelity (Accounts_History), E*TRADE,
//! Vanguard (the second table of its download), Robinhood, and the section Trades of Interactive Brokers' statements.

use chrono::{Datelike, NaiveDate};

use super::input::{self, Input};
use super::report::Report;
use super::table::{Columns, Row};
use super::{BAD_DATE, BAD_TRADE, dates, options};
use crate::diagnostics::{Code, Diagnostic, Place, Sink};
use crate::model::{PastTrade, RawFile, Side, Symbol, TradeDetails};
use crate::tax;
use crate::units::{Decimal, Money, Price, Shares};

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

/// What a row says it is: the first words of an action, `YOU BOUGHT ...`. What is sold short was never held.
fn side(text: &str) -> Option<Side> {
    let lower = text.trim().to_lowercase();
    if matches!(lower.as_str(), "sell short" | "sold short" | "short sale" | "buy to cover" | "bought to cover") {
        return None;
    }
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
    let symbol = row.get(names.find(SYMBOL));
    // An order is to buy or to sell, in one word; an action goes on.
    let is_order = names.find(&["side"]).is_some();
    let Some(side) = side(text).filter(|_| !is_order || !text.contains(' ')).or(by_sign) else {
        // A broker's list has rows of many kinds; a column of sides has two.
        match names.find(&["side"]) {
            Some(column) => {
                let message = format!("`{text}` is not a side of a trade");
                report.push(Diagnostic::error(BAD_TRADE, message).at(row.cell_place(column)).hint("write buy or sell"));
            }
            None => found.others += 1,
        }
        return;
    };
    // Options are no shares: they are shown, and never planned with.
    if options::parse(symbol).is_some() {
        found.others += 1;
        return;
    }
    let (quantity, price) = (row.amount(names.find(QUANTITY), report), row.amount(names.find(PRICE), report));
    let Some(quantity) = quantity.filter(|shares| !shares.is_zero()) else {
        // A dividend that is reinvested is told in two rows; the one in cash has no shares.
        if text.to_lowercase().contains("reinvest") {
            found.others += 1;
        } else {
            let problem = Diagnostic::error(BAD_TRADE, "the trade has no number of shares").at(row.place());
            report.push(problem.hint("fill it in, or delete the row when nothing was traded"));
        }
        return;
    };
    // The day of an order is that of the proposal; when it was carried out only `day` says.
    let is_proposed = names.find(DATE).is_some_and(|column| names.find(&["as-of"]) == Some(column));
    let date = match (dates::leading(row.get(names.find(DATE))), row.get(names.find(DATE))) {
        (Some(date), _) => Some(day.filter(|_| is_proposed).unwrap_or(date)),
        (None, "") => day,
        (None, _) => None,
    };
    let Some(date) = date else {
        let (place, message) = match names.find(DATE).filter(|column| !row.text(*column).is_empty()) {
            Some(column) => (row.cell_place(column), format!("`{}` is not a date", row.text(column))),
            None => (row.place(), "the trade has no date".to_owned()),
        };
        report
            .push(Diagnostic::error(BAD_DATE, message).at(place).hint("`--date DATE` is the day of rows without one"));
        return;
    };
    let opened = match super::trades::opened(row, names.find(&["opened"])) {
        Ok(opened) => opened.filter(|_| side == Side::Sell),
        Err(problem) => return report.push(*problem),
    };
    let cost = row.amount(names.find(&["cost"]), report);
    if let Some((code, message)) = unsound(symbol, (side, quantity, price, cost), (date, opened)) {
        report.push(Diagnostic::error(code, message).at(row.place()).hint("put it right, or delete the row"));
        return;
    }
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
    let quantity = Shares(quantity.abs());
    let gain = match (side, price, cost) {
        (Side::Buy, ..) => None,
        // An edited price or quantity changes what the lot gained.
        (_, Some(price), Some(cost)) => {
            Some(Money((price - cost).checked_mul(quantity.decimal()).unwrap_or_default()).to_cents())
        }
        _ if names.find(&["cost"]).is_some() => None,
        _ => row.amount(names.find(GAIN), report).map(Money),
    };
    let details = TradeDetails {
        price: price.map(Price),
        opened,
        term: opened
            .map(|opened| tax::term_on(opened, date))
            .or_else(|| term(row, names))
            .filter(|_| side == Side::Sell),
        // In broaden's own orders; a broker's `as of` is something else.
        proposed: dates::leading(row.get(names.find(&["as-of"]).filter(|_| names.find(&["repays"]).is_some()))),
    };
    let symbol = Symbol::new(symbol);
    let place: Option<Place> = Some(row.place());
    found.trades.push(PastTrade { date, account, symbol, side, quantity, gain, outside: false, place, details });
}

/// Says what no trade can be, whatever the household: a name that is no ticker, shares or a price below nothing, days in an
/// order that cannot be.
fn unsound(
    symbol: &str,
    (side, quantity, price, cost): (Side, Decimal, Option<Decimal>, Option<Decimal>),
    (date, opened): (NaiveDate, Option<NaiveDate>),
) -> Option<(Code, String)> {
    let bad = |message: String| Some((BAD_TRADE, message));
    let is_part = |c: char| c.is_ascii_alphanumeric() || ".-/:&_ *$^".contains(c);
    match () {
        () if symbol.is_empty() => bad("the trade has no symbol".to_owned()),
        () if symbol.len() > LONGEST || !symbol.starts_with(char::is_alphanumeric) || !symbol.chars().all(is_part) => {
            let shown: String = symbol.chars().take(LONGEST).collect();
            bad(format!("`{shown}` is not a ticker"))
        }
        () if side == Side::Buy && quantity.is_sign_negative() => {
            bad(format!("{quantity} shares of {symbol} cannot be bought"))
        }
        () if price.is_some_and(|price| price.is_sign_negative()) => {
            bad(format!("{} is not a price of {symbol}", price.unwrap_or_default()))
        }
        () if cost.is_some_and(|cost| cost.is_sign_negative()) => {
            bad(format!("{} is not a cost of {symbol}", cost.unwrap_or_default()))
        }
        () if Money(quantity.abs().checked_mul(price.unwrap_or_default()).unwrap_or(Decimal::MAX)).exceeds(MOST) => {
            bad(format!("{quantity} shares of {symbol} are worth more than one trillion dollars"))
        }
        () if !(1990..=2100).contains(&date.year()) => Some((BAD_DATE, format!("nothing is recorded of {date}"))),
        () if opened.is_some_and(|opened| opened > date) => {
            let opened = opened.unwrap_or_default();
            Some((BAD_DATE, format!("what is sold on {date} cannot have been bought on {opened}")))
        }
        () => None,
    }
}

/// Characters of a symbol; those of a bond or a fund are the longest.
const LONGEST: usize = 24;
/// Dollars beyond which broaden reads no amount.
const MOST: i64 = 1_000_000_000_000;

fn term(row: &Row<'_>, names: &Columns) -> Option<crate::model::Term> {
    super::trades::term(row.get(names.find(&["term"])))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Orders of Friday that are carried out on Monday are Monday's trades; a broker's day is the day.
    #[test]
    fn the_day_that_is_given_goes_before_that_of_the_proposal() {
        let of = |head: &str| {
            let text = format!("account,side,symbol,quantity,price,{head}\na,buy,VTI,1,300,2026-11-20\n");
            let monday = "2026-11-23".parse().ok();
            let found = read(&RawFile::new("orders.csv", text.into_bytes()), monday, None, &mut Sink::default());
            found.trades[0].date.to_string()
        };
        assert_eq!((of("as-of"), of("trade date")), ("2026-11-23".to_owned(), "2026-11-20".to_owned()));
    }

    /// What no trade can be, each with what is said of it; nothing of the file is taken then.
    #[test]
    fn what_no_trade_can_be_is_refused_and_not_passed_over() {
        let said = |row: &str| {
            let text = format!("account,side,symbol,quantity,price,opened,cost,as-of\n{row}\n");
            let mut sink = Sink::default();
            read(&RawFile::new("orders.csv", text.into_bytes()), None, None, &mut sink);
            sink.items.iter().map(|item| item.message.clone()).collect::<Vec<_>>().join("; ")
        };
        let long = format!("a,buy,{},5,10,,,2026-11-20", "A".repeat(5_000));
        for (row, message) in [
            ("a,sel,NVDA,20,182.33,,,2026-11-20", "`sel` is not a side of a trade"),
            ("a,sell,NV", "the trade has no number of shares"),
            ("a,sell,NVDA,,182.33,,,2026-11-20", "the trade has no number of shares"),
            ("a,sell,NVDA,0,182.33,,,2026-11-20", "the trade has no number of shares"),
            ("a,sell,,20,182.33,,,2026-11-20", "the trade has no symbol"),
            ("a,buy,=CMD|CALC,20,182.33,,,2026-11-20", "`=CMD|CALC` is not a ticker"),
            ("a,buy,@SUM(A1),20,182.33,,,2026-11-20", "`@SUM(A1)` is not a ticker"),
            ("a,buy,NV\u{1b}[31mDA,20,182.33,,,2026-11-20", "`NV [31mDA` is not a ticker"),
            (&long, "`AAAAAAAAAAAAAAAAAAAAAAAA` is not a ticker"),
            ("a,buy,NVDA,-20,182.33,,,2026-11-20", "-20 shares of NVDA cannot be bought"),
            ("a,sell,NVDA,20,-182.33,,,2026-11-20", "-182.33 is not a price of NVDA"),
            ("a,buy,NVDA,900000000000,900000000000,,,2026-11-20", "are worth more than one trillion dollars"),
            ("a,sell,NVDA,20,182.33,,,1066-10-14", "nothing is recorded of 1066-10-14"),
            ("a,sell,NVDA,20,182.33,2026-12-24,,2026-11-20", "cannot have been bought on 2026-12-24"),
            ("a,sell,NVDA,20,182.33,,,2026-Foo-45", "` is not a date"),
            ("a,sell,NVDA,20", "the trade has no date"),
            ("a,sell,NVDA,5%,182.33,,,2026-11-20", "`5%` is a percentage"),
            ("a,sell,NVDA,20,5 %,,,2026-11-20", "`5 %` is a percentage"),
            ("a,sell,NVDA,20,182.33,2026-03-03,5%,2026-11-20", "`5%` is a percentage"),
            ("a,sell,NVDA,20,182.33,2026-03-03,-5,2026-11-20", "-5 is not a cost of NVDA"),
            ("a,sell,NVDA,20,182.33,never,,2026-11-20", "`never` is not a date"),
            ("a,buy sell,NVDA,20,182.33,,,2026-11-20", "`buy sell` is not a side of a trade"),
            ("a,sell short,NVDA,20,182.33,,,2026-11-20", "`sell short` is not a side of a trade"),
        ] {
            assert!(said(row).contains(message), "{row}: {}", said(row));
        }
        assert_eq!(said("a,sell,BRK/B,-20,182.33,2026-03-03,,2026-11-20"), "");
    }

    #[test]
    fn options_and_short_sales_are_passed_over() {
        let text = "Date,Action,Symbol,Quantity,Price\n2026-11-20,Sell,-NVDA261218C200,1,3\n2026-11-20,Sell,NVDA,1,180\n\
                    2026-11-20,Sell Short,NVDA,1,180\n2026-11-20,Buy to Cover,NVDA,1,180\n";
        let (found, problems) = read_text("XX417.csv", text);
        assert_eq!((found.trades.len(), found.others, problems), (1, 3, vec![]));
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
