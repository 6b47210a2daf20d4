//! Tables of transactions, which look like tables of holdings and must never be added up.

use super::REFUSED;
use super::dates::Order;
use super::draft::Cells;
use super::table::{Columns, Row, plain};
use super::{accounts, dates, input::Input, nature};
use crate::diagnostics::{Diagnostic, Place};

/// Columns that only transactions have, and lots that were sold, where their cells say anything.
#[rustfmt::skip]
const COLUMNS: &[&str] = &[
    "side", "action", "transaction", "transaction type", "transactiontype", "transaction id", "transaction date", "type of transaction",
    "trans code", "activity", "activity type", "activitytype", "activity date", "trade type", "tradetype", "trade date", "order",
    "order id", "order type", "ordertype", "order date", "buy/sell", "operation", "time-in-force", "filled", "filled qty",
    "run date", "settlement date", "settle date", "execution time", "date sold", "sold date", "sell date", "sale date",
    "sale price", "sell price", "sold price", "exit price", "exit date", "date exited", "proceeds", "insider", "date closed", "closed date", "close date", "closing date",
];

/// What transactions are called; the first word of a cell decides.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "buy", "bought", "sell", "sold", "dividend", "dividends", "div", "reinvest", "reinvestment", "purchase", "sale",
    "redemption", "bto", "btc", "sto", "stc", "filled", "executed", "cancelled", "canceled", "rejected",
    "kauf", "verkauf", "achat", "vente", "compra", "venta", "koop", "verkoop", "acquisto", "vendita",
];

/// Those that no name of a holding begins with.
const SPOKEN: &[&str] = &["buy", "bought", "sell", "sold", "reinvestment"];

/// Columns in which people write what they mean to do.
const NOTES: &[&str] = &["note", "notes", "comment", "comments", "remark", "remarks"];

/// What stands between them.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "deposit", "withdrawal", "withdraw", "transfer", "transfer_in", "transfer_out", "contribution", "distribution",
    "interest", "fee", "fees", "tax", "split", "journal",
];

/// Words of a rating, which says buy and sell too.
const RATINGS: &[&str] = &["hold", "neutral", "strong", "outperform", "underperform", "overweight"];

/// Columns of the days of a dividend: beside a mere amount they make a list of dividends.
const PAID: &[&str] = &["pay date", "payment date", "payable date", "date paid", "ex date", "ex-date", "record date"];

/// Columns whose days are those of transactions when they differ; with the same day in every row it is that of the figures.
const DAYS: &[&str] = &["date", "day", "datum", "fecha", "timestamp", "datetime", "date/time", "time"];

/// What stands in a table beside its positions.
pub enum Found {
    /// A list of transactions: where that is seen, and how.
    Transactions(Place, String),
    /// The day of the figures, the same in every row.
    Day(chrono::NaiveDate),
    Nothing,
}

/// Looks for signs of transactions in the columns of a table that are `unmapped`, and in the signs of its amounts. With the
/// rows comes the order in which the file writes its days.
pub fn look(
    header: &Row<'_>,
    names: &Columns,
    cells: &Cells,
    mapped: &[Option<usize>],
    (rows, order): (&[Row<'_>], Order),
) -> Found {
    let mut day = Found::Nothing;
    let amount = cells.value.is_some_and(|value| plain(header.text(value)) == "amount");
    if let Some(paid) = names.find(PAID).filter(|_| amount) {
        return Found::Transactions(
            header.cell_place(paid),
            format!("its amounts are of the days in `{}`", header.text(paid)),
        );
    }
    for (column, name) in names.names().enumerate() {
        let filled: Vec<&str> = rows.iter().map(|row| row.text(column)).filter(|text| !text.is_empty()).collect();
        let at = || header.cell_place(column);
        if filled.is_empty() {
            continue;
        }
        // `Tax-free` says how an account is taxed.
        if filled.iter().all(|text| accounts::of_type(text).is_some()) {
            continue;
        }
        // `BTC` is a symbol, and names of funds begin with dividends.
        let words = match column {
            _ if Some(column) == cells.symbol => &[][..],
            _ if Some(column) == cells.name => SPOKEN,
            _ => VERBS,
        };
        let verbs: Vec<&str> = filled.iter().copied().filter(|text| begins(text, words)).collect();
        let others = filled.iter().filter(|text| begins(text, OTHERS)).count();
        let only_others = others == filled.len() && Some(column) != cells.symbol && Some(column) != cells.name;
        let rated = || filled.iter().any(|text| begins(text, RATINGS));
        let acted = !verbs.is_empty() && (verbs.len() + others) * 2 >= filled.len() && !NOTES.contains(&name);
        if (acted || only_others) && !rated() {
            let mut said = if acted { verbs } else { filled.clone() };
            said.sort_unstable();
            said.dedup();
            let said: Vec<&str> = said.into_iter().take(3).collect();
            return Found::Transactions(at(), format!("its column `{}` says {}", header.text(column), said.join(", ")));
        }
        let letters = filled.iter().all(|text| text.eq_ignore_ascii_case("b") || text.eq_ignore_ascii_case("s"));
        if letters && Some(column) != cells.symbol && Some(column) != cells.name {
            return Found::Transactions(at(), format!("its column `{}` says B or S", header.text(column)));
        }
        if mapped.contains(&Some(column)) {
            continue;
        }
        // What a position is long or short of is held.
        let held =
            name == "side" && filled.iter().all(|text| matches!(plain(text).as_str(), "long" | "short" | "l" | "s"));
        if COLUMNS.contains(&name) && !held {
            return Found::Transactions(at(), format!("it has a column `{}`", header.text(column)));
        }
        if DAYS.contains(&name) {
            let order = dates::order(filled.iter().copied()).unwrap_or(order);
            let read = |text: &&str| dates::in_order(text, order).or_else(|| dates::leading(text));
            let mut days: Vec<_> = filled.iter().filter_map(read).collect();
            days.dedup();
            let either = order == Order::Either && filled.iter().any(|text| dates::is_ambiguous(text));
            match days.as_slice() {
                [] => {}
                [_] if either => {}
                [one] => day = Found::Day(*one),
                _ => {
                    return Found::Transactions(at(), format!("its column `{}` has several days", header.text(column)));
                }
            }
        }
    }
    // A position beside the word may have its shares without a sign.
    let side = names.find(&["side", "position side", "direction", "long/short"]);
    let against = |row: &&Row<'_>| {
        if plain(row.get(side)).starts_with("short") {
            return false;
        }
        let quantity = row.quiet(cells.quantity).filter(|number| !number.is_zero());
        let value = row.quiet(cells.value).filter(|number| !number.is_zero());
        quantity.zip(value).is_some_and(|(quantity, value)| quantity.is_sign_negative() != value.is_sign_negative())
    };
    match rows.iter().find(against) {
        Some(row) => Found::Transactions(row.place(), "an amount has the sign of money paid for its shares".to_owned()),
        None => day,
    }
}

fn first_word(text: &str) -> String {
    let lower = plain(text);
    let lower = lower.strip_prefix("you ").unwrap_or(&lower);
    lower.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_owned()
}

fn begins(text: &str, words: &[&str]) -> bool {
    text.len() <= 40 && !plain(text).starts_with("tax-") && words.contains(&first_word(text).as_str())
}

/// Refuses a list of transactions.
pub fn refuse(input: &Input<'_>, place: Place, why: &str) -> Diagnostic {
    Diagnostic::error(REFUSED, format!("the file lists transactions, not what is held: {why}"))
        .at(place)
        .hint(format!("{}; adding transactions up would be a guess", nature::downloads(input.text())))
}

/// Returns whether the columns of a header are those of transactions.
pub fn in_header(input: &Input<'_>) -> Option<(Place, String)> {
    let head = input.head.rows().zip(&input.headers);
    head.filter(|(row, _)| row.filled(3) > 2).find_map(|(row, names)| {
        if names.has(OF_AN_ACCOUNT) {
            return Some((row.place(), "it has days, amounts and a balance".to_owned()));
        }
        let column = names.names().position(|name| COLUMNS.contains(&name))?;
        Some((row.cell_place(column), format!("it has a column `{}`", row.text(column))))
    })
}

/// Columns of what came and went in an account, by which some employer plans tell their contributions.
const OF_AN_ACCOUNT: &[&[&str]] = &[
    &["date", "transaction date", "posting date", "posted date"],
    &["amount", "debit", "credit"],
    &["balance", "running balance", "ending balance"],
];

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};

    #[test]
    fn a_list_of_transactions_is_refused_however_it_shows() {
        for text in [
            // The words of a column.
            "Date,Type,Symbol,Quantity,Price,Amount\n2026-01-05,BUY,AAPL,10,200,2000\n2026-03-05,SELL,AAPL,5,220,1100\n",
            "Symbol,Quantity,Price,Kind\nAAPL,10,200,You Bought\nMSFT,5,400,Reinvestment\n,100,1,Deposit\n",
            "Ticker;Shares;Price;Vorgang\nAAPL;10;200;Kauf\nMSFT;5;400;Verkauf\n",
            // A lot that was sold.
            "Symbol,Quantity,Date Acquired,Date Sold,Proceeds,Cost Basis,Value\nAAPL,10,01/05/2024,03/05/2026,2200,1500,2200\n",
            "Symbol,Shares,Price,activityType\nAAPL,10,200,TRADE\n",
            // Days that are not those of purchases.
            "Date,Symbol,Shares,Price\n2026-01-05,AAPL,10,200\n2026-02-05,AAPL,10,210\n",
            "Ticker,Quantity,Price,Type\nVTI,10,300,B\nBND,5,70,S\n",
            "Fund,Type,Units,Price,Amount\nTarget,Contribution,10,51,510\nBond,Contribution,10,10,100\n",
            "Symbol,Quantity,Price,Status\nVTI,10,300,Filled\nNVDA,5,180,Canceled\n",
            // What was paid out.
            "Symbol,Quantity,Ex Date,Pay Date,Amount\nVTI,10,2026-09-25,2026-10-01,9.00\n",
            // The sign of the money paid.
            "Symbol,Shares,Price,Amount\nAAPL,10,200,-2000\nMSFT,-5,400,2000\n",
        ] {
            assert_eq!(errors(text), ["refused-file"], "{text}");
        }
    }

    #[test]
    fn a_list_of_holdings_with_such_words_is_read() {
        let head = "Symbol,Name,Shares,Price,Value";
        for (columns, cells) in [
            (",Rating", ",Buy"),
            (",Date", ",2026-11-20"),
            (",Date Sold", ","),
            (",Type", ",ETF"),
            (",Ex-Date", ",2026-11-20"),
            (",Purchase Date", ",2024-01-05"),
            (",Side", ",long"),
            (",Status", ",Vested"),
            (",Notes", ",Sell in December"),
        ] {
            let other = cells.replace("Buy", "Hold").replace("2024-01-05", "2025-02-03");
            let text = format!("{head}{columns}\nVTI,V,10,300,3000{cells}\nBND,B,10,70,700{other}\n");
            assert_eq!(one(&text).positions.len(), 2, "{text}");
        }
        // `BTC` is a coin, and funds are called after dividends.
        let coins =
            "Symbol,Name,Quantity,Price,Value\nBTC,Bitcoin,0.5,60000,30000\nVIG,Dividend Appreciation ETF,1,200,200\n";
        assert_eq!(one(coins).positions.len(), 2);
        let (read, _) = portfolio(&[&format!("{head},Date\nVTI,V,10,300,3000,2026-11-20\n")]);
        assert_eq!(read.as_of.unwrap().to_string(), "2026-11-20");
        // A short position has the sign of its shares.
        assert_eq!(one(&format!("{head}\nVTI,V,-10,300,-3000\n")).positions[0].value.unwrap().dollars(), "-$3,000.00");
    }
}
