//! Ledgers that do not carry enough to be replayed: they are recognised, and refused with the reason.

use super::input::Input;
use super::report::Report;
use super::{Detection, Found, REFUSED, ReaderEntry};
use crate::diagnostics::{Diagnostic, Place};

/// What the readers do.
pub const DOC: &str = "Recognises files of orders or transactions that cannot be turned into holdings: they have no opening positions, no\n\
transfers or no splits, so that adding them up would be a guess. The message names the file to download instead.";

const WEBULL_NEEDS: &[&[&str]] = &[&["symbol"], &["side"], &["filled"], &["total qty"], &["placed time"]];
const QUESTRADE_NEEDS: &[&[&str]] =
    &[&["transaction date"], &["settlement date"], &["action"], &["symbol"], &["activity type"]];
const TRADING212_NEEDS: &[&[&str]] = &[&["action"], &["time"], &["isin"], &["no. of shares"], &["price / share"]];

const TSP_NEEDS: &[&[&str]] =
    &[&["date"], &["transaction description"], &["fund"], &["source"], &["share price"], &["shares"]];

/// Transactions of the Thrift Savings Plan.
pub const TSP: ReaderEntry = ReaderEntry {
    id: "tsp-transactions",
    broker: "TSP transactions",
    doc: DOC,
    download: "",
    needs: TSP_NEEDS,
    detect: |input| Detection::when(input.has(TSP_NEEDS)),
    read: |input, report| {
        refuse(
            input,
            report,
            "TSP transactions are not holdings: what each fund held before the first line is not in the file. Write what \
             the page of balances shows as a table with the columns Fund, Shares, Price",
        )
    },
};

/// Webull orders.
pub const WEBULL: ReaderEntry = ReaderEntry {
    id: "webull-orders",
    broker: "Webull orders",
    doc: DOC,
    download: "",
    needs: WEBULL_NEEDS,
    detect: |input| Detection::when(input.has(WEBULL_NEEDS)),
    read: |input, report| {
        refuse(
            input,
            report,
            "Webull orders are not holdings: shares from before the file, transfers, splits and dividends are not in it",
        )
    },
};

/// Questrade activities.
pub const QUESTRADE: ReaderEntry = ReaderEntry {
    id: "questrade-activities",
    broker: "Questrade activities",
    doc: DOC,
    download: "",
    needs: QUESTRADE_NEEDS,
    detect: |input| Detection::when(input.has(QUESTRADE_NEEDS)),
    read: |input, report| {
        refuse(
            input,
            report,
            "Questrade activities are not holdings: what was held before the first line is not in the file",
        )
    },
};

/// Trading 212 history.
pub const TRADING212: ReaderEntry = ReaderEntry {
    id: "trading212-history",
    broker: "Trading 212 history",
    doc: DOC,
    download: "",
    needs: TRADING212_NEEDS,
    detect: |input| Detection::when(input.has(TRADING212_NEEDS)),
    read: |input, report| {
        refuse(
            input,
            report,
            "Trading 212 history holds a year at most and no splits, so holdings cannot be added up from it",
        )
    },
};

fn refuse(input: &Input<'_>, report: &mut Report, why: &str) -> Found {
    report.push(
        Diagnostic::error(REFUSED, why)
            .at(Place::whole(input.source))
            .hint("download the positions instead, or write them as TOML: `broaden explain broaden` shows how"),
    );
    Found { role: "refused", ..Found::default() }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::errors;

    #[test]
    fn orders_and_activities_are_refused_with_the_reason() {
        for header in [
            "Name,Symbol,Side,Status,Filled,Total Qty,Price,Avg Price,Time-in-Force,Placed Time,Filled Time",
            "Transaction Date,Settlement Date,Action,Symbol,Description,Quantity,Price,Gross Amount,Commission,Net Amount,Currency,Account #,Activity Type,Account Type",
            "Date,Transaction Description,Fund,Source,Amount,Share Price,Shares,Running Balance",
            "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Total",
        ] {
            assert_eq!(errors(&format!("{header}\n")), ["refused-file"], "{header}");
        }
    }
}
