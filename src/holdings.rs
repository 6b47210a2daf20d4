//! What you own: every broker's export, recognised by its content, as accounts of positions and lots.
//!
//! ```text
//! bytes -> decoded text -> rows and cells -> one reader -> accounts, lots, trades -> lots joined -> settings applied
//! ```
//!
//! A reader is one file with a [`ReaderEntry`] and one line in [`READERS`]. It recognises its format by column names
//! or by other content, never by a file's name. Every row is used or reported; printed totals are checksums; unknown
//! is not zero.

mod accounts;
pub mod activity;
mod append;
mod body;
mod consolidated;
mod currencies;
mod dates;
mod degiro;
mod deposits;
mod detection;
mod draft;
mod empower;
mod etrade;
mod fidelity;
mod fidelity_statement;
mod files;
mod generic;
mod ghostfolio;
mod household;
mod ibkr;
mod ibkr_flex;
mod identity;
mod input;
mod jpmorgan;
pub mod json;
mod kinds;
mod ledger;
mod lists;
mod lots;
mod m1;
mod m1_lots;
mod merrill;
mod morgan_stanley;
mod nature;
mod ofx;
mod options;
mod own;
mod percent;
mod plaid;
mod plain_text;
mod portfolio_performance;
mod proposed;
mod recorded;
mod refused;
mod relief;
mod repeated;
mod report;
mod robinhood;
mod schwab;
mod schwab_api;
mod schwab_lots;
mod security_numbers;
mod settings;
mod snaptrade;
mod table;
mod thinkorswim;
mod totals;
mod trades;
mod trading212;
mod transactions;
pub mod unique;
mod value;
mod vanguard;
mod wealthfolio;
mod wealthfront;
mod wealthsimple;
mod workbook;
mod yahoo;

use std::collections::BTreeMap;

pub use accounts::key as account_key;
pub use append::append as append_trades;
pub use detection::{Recognised, recognise};
pub use files::{read_as, read_with};
pub use generic::{DOC as IMPORT_DOC, ImportMapping, PARAMS as IMPORT_PARAMS, read_imports};
pub use input::LARGEST_FILE;
pub use options::{contract, parse as option_contract};
pub use own::to_toml;
pub use recorded::check as check_recorded;
pub use relief::Relief;
pub use settings::{AccountSettings, PARAMS as ACCOUNT_PARAMS, key_matches};
pub use trades::HEADER as TRADES_HEADER;

use crate::config::Document;
use crate::diagnostics::Sink;
use crate::model::{Account, PastTrade, Portfolio, RawFile};
use input::Input;
use lots::LotFile;
use report::Report;

crate::codes! {
    UNRECOGNISED "unrecognised-file" "The content of the file matches no format that broaden knows. The message says what was found; for another format, map its columns with [import.NAME] in broaden.toml.";
    AMBIGUOUS "ambiguous-file" "The content of the file matches more than one format. Reading it one way or the other would be a guess.";
    EMPTY "empty-file" "The file holds no text.";
    BINARY "binary-file" "The file is neither text nor a spreadsheet: a PDF, an archive, an old .xls or a damaged download. Give the CSV that your broker offers.";
    NO_SHEET "no-sheet" "The workbook has no sheet of the name that --sheet gives. The message lists those that it has.";
    OTHER_SHEETS "other-sheets" "One sheet of a workbook is read, the first with a header that fits, and one that is hidden only where no other does. Others fit too: what is only in them is missing from every figure.";
    TOO_LARGE "file-too-large" "The file is larger than any brokerage export, so it is not read.";
    BAD_NUMBER "bad-number" "A cell that must hold a number holds something else. Nothing is guessed in its place.";
    BAD_DATE "bad-date" "A cell that must hold a date holds something else.";
    BAD_TRADE "bad-trade" "A row of trades.csv, or of what is recorded, lacks its symbol, side, quantity or account, or says what no trade can be.";
    ODD_TRADE "odd-trade" "A trade that is recorded does not fit what the files say: more is sold than was held, the price is far from theirs, its day is one on which it cannot have been made, or it stands there twice. It may be true all the same.";
    RECORDED_ALREADY "recorded-already" "A trade that carries out a line of a proposal is in trades.csv on another day: it is not added again. One that was really done twice is added by hand.";
    UNKNOWN_HOME "unknown-home" "A trade is to be recorded in an account that the household does not have, so nothing could be reckoned with it.";
    UNCLOSED_QUOTE "unclosed-quote" "A quoted cell never ends: the file was cut off while downloading, or edited by hand.";
    SHORT_ROW "short-row" "A row has fewer cells than its header, so a number would be missing or stand in the wrong column.";
    LONG_ROW "long-row" "A row has more cells than its header: a comma inside a cell was not quoted, and cells stand in the wrong columns.";
    TOTAL_GAP "total-gap" "A printed total is not the sum of its rows. A row may be missing or changed.";
    NO_TOTAL "no-total" "The broker prints a total row below the positions, and this file ends without one: it may be cut off.";
    VALUE_GAP "value-gap" "A printed value is not quantity times price, by more than half a percent and what rounding explains. Which of the three is wrong cannot be known: the printed value counts in every figure, and the position is not traded.";
    REPEATED_ROW "repeated-row" "A holding stands in two rows of one account, with the same shares or at two prices. Both count: a row may be there twice, or of another day.";
    SKIPPED_ROW "skipped-row" "A row of the file is not used, for the reason given.";
    NO_DATE "no-date" "The file does not say of which day its figures are; give `--as-of`.";
    NO_SHARES "no-shares" "A row of a table has a value and neither shares nor a price. It counts as a holding; if it is a figure of the sheet's own, it must go.";
    UNCLEAR "unclear-symbol" "A symbol may mean two things: an option without its strike or its side, a coin that has the ticker of a stock or a fund, or a bond whose numbers may be of a dollar or of a thousand. The message says which of them was taken.";
    NO_LOTS "no-lots" "Positions of a taxable account have no tax lots in the files. Each counts as one lot of unknown date, which by the config is treated as short-term or not sold: the tax may be overstated, or cheaper lots missed. Give lot files, or [[lots]] in TOML.";
    NO_HOLDINGS "no-holdings" "The file has the right header and nothing below it. When no other file holds anything either, there is nothing to answer about, and that is an error.";
    KIND_GUESSED "account-kind" "How an account is taxed is read from its name, or assumed to be taxable. Set it in [accounts] to be certain.";
    DUPLICATE_ACCOUNT "duplicate-account" "The same account is in two files; counting both would double it.";
    DUPLICATE_FILE "duplicate-file" "Two files have the same content; the second is not read.";
    LOTS_DISAGREE "lots-disagree" "The lots of a position do not add up to its shares, or are given twice.";
    LOTS_BEHIND "lots-behind" "The lots are of an earlier day than the position. What recorded trades sold and bought since is taken from them and added; the rest goes by the order in which the broker relieves lots (`lot-relief` of the account in [accounts]), and shares that nothing explains have no lot.";
    OLDER_EXPORT "older-export" "Two exports of one account are of different days. The newer one is read, and the older one is not.";
    LOTS_UNPLACED "lots-unplaced" "Lots are given for an account that is not in the files, or for one of several.";
    REFUSED "refused-file" "The file is known, but holdings cannot be had from it without guessing: a ledger without its beginning, an unknown transaction, another language. The message says which file to give instead.";
    INCOMPLETE_HISTORY "incomplete-history" "Transactions take away more than the file ever showed arriving, so it does not begin at the beginning and cannot be replayed.";
    UNKNOWN_COST "unknown-cost" "The cost of a holding is not in the file. It is treated as unknown, never as zero.";
    BAD_XML "bad-xml" "The XML cannot be read to its end.";
    BAD_JSON "bad-json" "The JSON cannot be read, or lacks what a holding needs.";
    CASH_TWICE "cash-twice" "An OFX file prints cash beside a money market fund, and it may be the same money. The larger of the two counts, once.";
    CASH_BY_NAME "cash-by-name" "A position at a price of exactly one is called after a deposit, a sweep or a money fund, and is taken as cash; or its name says nothing, and it may be cash.";
    NO_CASH "no-cash" "A file whose sections or columns are chosen by the user has none with cash, or a statement says nothing of it. What is there or owed is missing from every figure.";
    FOREIGN "foreign-currency" "An account is not kept in dollars. Its holdings are shown and nothing in it is traded.";
    COLUMNS_BY_NAME "columns-by-name" "The file is no broker's format that broaden knows and was read by the plain names of its columns.";
    NO_WITHHOLDING "no-withholding" "`withhold` is set for an account whose withdrawals are no income: one that is taxed every year, or a Roth. Nothing would be withheld there, and what is in hand would be another amount than meant.";
    AMBIGUOUS_ACCOUNT "ambiguous-account" "An entry of [accounts] means several accounts, or contradicts another entry.";
}

/// What a reader says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detection {
    /// The content is of this format.
    Yes,
    /// It is not.
    No,
    /// It is of this format and can be of no other.
    Only,
}

impl Detection {
    fn when(condition: bool) -> Self {
        if condition { Detection::Yes } else { Detection::No }
    }
}

/// One format: how it is recognised and read.
pub struct ReaderEntry {
    /// Its name in messages and in `broaden explain`.
    pub id: &'static str,
    /// The broker and the kind of file, in words.
    pub broker: &'static str,
    /// What the reader does, as `broaden explain` prints it.
    pub doc: &'static str,
    /// The way through the broker's menus to the file; empty where there is none to tell.
    pub download: &'static str,
    /// The columns it cannot do without, each under one of its names; used to say how near a file comes.
    pub needs: &'static [&'static [&'static str]],
    detect: fn(&Input<'_>) -> Detection,
    read: fn(&Input<'_>, &mut Report) -> Found,
}

/// Every format, in the order in which messages name them.
pub static READERS: &[ReaderEntry] = &[
    own::READER,
    trades::READER,
    proposed::READER,
    schwab::READER,
    schwab_lots::READER,
    schwab_api::READER,
    fidelity::READER,
    fidelity_statement::READER,
    vanguard::READER,
    ibkr::READER,
    ibkr::analyst::READER,
    ibkr_flex::READER,
    etrade::READER,
    merrill::READER,
    morgan_stanley::READER,
    thinkorswim::READER,
    jpmorgan::READER,
    m1::READER,
    m1_lots::READER,
    empower::READER,
    wealthsimple::READER,
    trading212::READER,
    degiro::READER,
    yahoo::READER,
    wealthfolio::READER,
    robinhood::READER,
    portfolio_performance::READER,
    ghostfolio::READER,
    ofx::READER,
    plaid::READER,
    snaptrade::READER,
    wealthfront::READER,
    plain_text::BEANCOUNT,
    plain_text::HLEDGER,
    refused::TSP,
    refused::WEBULL,
    refused::QUESTRADE,
    refused::TRADING212,
];

/// What a reader found in one file.
#[derive(Default)]
struct Found {
    accounts: Vec<Account>,
    lots: Vec<LotFile>,
    trades: Vec<PastTrade>,
    role: &'static str,
    /// The program's own file: two accounts may share the last four characters, which is all that is kept of them.
    own: bool,
    index: BTreeMap<String, usize>,
}

impl Found {
    /// Returns the index of the account with a key, made on its first row.
    fn account(&mut self, key: &str, make: impl FnOnce(&mut Account)) -> usize {
        if let Some(index) = self.index.get(key) {
            return *index;
        }
        let mut account = Account::new("", "");
        make(&mut account);
        self.accounts.push(account);
        self.index.insert(key.to_owned(), self.accounts.len() - 1);
        self.accounts.len() - 1
    }
}

/// Reads the `[accounts]` section of a config.
pub fn read_settings(document: &Document, sink: &mut Sink) -> Vec<AccountSettings> {
    settings::read(document, sink)
}

/// Reads all files as one household: recognises each, joins lots to positions, applies the settings. Problems are
/// pushed to the sink; with an error among them the portfolio is incomplete and no advice may be built on it.
pub fn read(files: &[RawFile], settings: &[AccountSettings], sink: &mut Sink) -> Portfolio {
    read_with(files, settings, &[], sink)
}

#[cfg(test)]
mod testing {
    //! Reading texts in tests.

    use super::*;
    use crate::diagnostics::Severity;

    /// Reads texts as the files `0.csv`, `1.csv`, ...
    pub fn portfolio(texts: &[&str]) -> (Portfolio, Sink) {
        let files: Vec<RawFile> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| RawFile::new(format!("{index}.csv"), text.as_bytes().to_vec()))
            .collect();
        let mut sink = Sink::default();
        let portfolio = read(&files, &[], &mut sink);
        (portfolio, sink)
    }

    /// Reads a text that holds one account and nothing worse than notes.
    pub fn one(text: &str) -> Account {
        let (portfolio, sink) = portfolio(&[text]);
        let worse: Vec<_> =
            sink.items.iter().filter(|item| item.severity > Severity::Note).map(|item| &item.message).collect();
        assert!(worse.is_empty(), "{worse:?}");
        assert_eq!(portfolio.accounts.len(), 1, "{:?}", sink.items);
        portfolio.accounts[0].clone()
    }

    /// Returns the codes of the problems worse than notes.
    pub fn errors(text: &str) -> Vec<&'static str> {
        problems(&[text])
    }

    /// Returns the codes of the problems of several texts that are worse than notes.
    pub fn problems(texts: &[&str]) -> Vec<&'static str> {
        portfolio(texts).1.items.iter().filter(|item| item.severity > Severity::Note).map(|item| item.code.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{errors, portfolio, problems};

    const SCHWAB: &str = "\"Positions for account Individual ...417 as of 09:04 PM ET, 2026/09/05\"\n\n\
        \"Symbol\",\"Description\",\"Qty (Quantity)\",\"Price\",\"Mkt Val (Market Value)\",\"Cost Basis\",\"Asset Type\",\n\
        \"NVDA\",\"NVIDIA\",\"10\",\"180\",\"$1,800.00\",\"$900.00\",\"Equity\",\n\
        \"Positions Total\",\"\",\"--\",\"--\",\"$1,800.00\",\"$900.00\",\"--\",\n";

    #[test]
    fn lots_of_a_file_of_their_own_join_the_position() {
        let lots = |quantity: &str| {
            format!(
                "[[lots]]\naccount = \"...417\"\nsymbol = \"NVDA\"\n[[lots.lot]]\nopened = 2024-01-02\nquantity = {quantity}\n\
                 cost-basis = 500\n[[lots.lot]]\nopened = 2025-01-02\nquantity = 4\ncost-basis = 400\n"
            )
        };
        let (read, sink) = portfolio(&[&lots("6"), SCHWAB]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        assert_eq!(read.accounts[0].positions[0].lots.len(), 2);
        assert_eq!(read.files.iter().map(|file| file.role).collect::<Vec<_>>(), ["holdings", "lots"]);
        // Lots of no day may be older than the position.
        let (read, sink) = portfolio(&[SCHWAB, &lots("5")]);
        let warning = sink.items.iter().find(|item| item.code.id == "lots-behind").unwrap();
        assert_eq!(
            warning.message,
            "the lots of NVDA in ...417 Individual are of an earlier day: 1 shares are new and have no lot: their cost is \
             unknown"
        );
        assert_eq!(warning.place.as_ref().unwrap().locator(), "1.csv:1:1");
        let held: Vec<_> = read.accounts[0].positions[0].lots.iter().map(|lot| lot.cost_basis.is_some()).collect();
        assert_eq!(held, [true, true, false]);
        assert_eq!(problems(&[&lots("6").replace("417", "999"), SCHWAB]), ["lots-unplaced"]);
    }

    #[test]
    fn an_account_or_file_given_twice_is_not_counted_twice() {
        assert_eq!(problems(&[SCHWAB, SCHWAB]), ["duplicate-file"]);
        assert_eq!(problems(&[SCHWAB, &SCHWAB.replace("2026/09/05", "2026/09/04")]), [""; 0]);
        // What was bought and recorded has its lot, where that is all of it.
        let bought = "date,account,side,symbol,quantity,price\n2026-09-01,...417,buy,NVDA,10,170\n";
        let (read, _) = portfolio(&[SCHWAB, &bought.replace("price\n", "price,gain\n").replace(",170", ",170,")]);
        let lots = &read.accounts[0].positions[0].lots;
        assert_eq!((lots.len(), lots[0].cost_basis.unwrap().dollars()), (1, "$1,700.00".to_owned()));
        // Of two days the newer one is taken, in whatever order they come.
        let newer = SCHWAB.replace("2026/09/05", "2026/09/12").replace("\"10\",\"180\"", "\"10\",\"190\"");
        let newer = newer.replace("$1,800.00", "$1,900.00");
        for texts in [[SCHWAB, newer.as_str()], [newer.as_str(), SCHWAB]] {
            let (read, sink) = portfolio(&texts);
            assert!(!sink.has_errors(), "{:?}", sink.items);
            assert_eq!((read.accounts.len(), read.as_of.unwrap().to_string()), (1, "2026-09-12".to_owned()));
            assert_eq!(read.accounts[0].positions[0].value.unwrap().dollars(), "$1,900.00");
            assert!(sink.items.iter().any(|item| item.code.id == "older-export"));
        }
        assert_eq!(problems(&[SCHWAB, &SCHWAB.replace("NVIDIA", "NVIDIA CORP")]), ["duplicate-account"]);
    }

    #[test]
    fn a_total_that_does_not_add_up_is_a_warning_with_the_amount() {
        let (_, sink) = portfolio(&[&SCHWAB.replace("--\",\"$1,800.00", "--\",\"$2,000.00")]);
        let warning = sink.items.iter().find(|item| item.code.id == "total-gap").unwrap();
        assert!(warning.message.ends_with("$200.00 are unexplained"), "{}", warning.message);
        assert_eq!(errors(&SCHWAB.replace("$1,800.00", "$8,100.00")), ["value-gap"]);
        assert_eq!(errors(SCHWAB.split("\"Positions Total").next().unwrap()), ["no-total"]);
    }

    #[test]
    fn what_is_not_used_or_not_known_is_said() {
        let notes =
            |text: &str| -> Vec<&'static str> { portfolio(&[text]).1.items.iter().map(|item| item.code.id).collect() };
        let head = "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\n";
        assert_eq!(
            notes(&format!("sheet\n{head}VTI,V,1,1,1,1\n")),
            ["skipped-row", "account-kind", "no-date", "no-lots"]
        );
        assert_eq!(notes(head), ["no-holdings", "account-kind", "no-date"]);
    }

    #[test]
    fn nothing_at_all_is_an_error_that_names_the_file() {
        let head = "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\n";
        let (_, sink) = portfolio(&[head]);
        assert!(sink.has_errors());
        assert_eq!(sink.items[0].message, "0.csv holds no positions and no cash");
        // Beside a file that holds something, it may be an empty account; and what is written by hand is meant.
        assert!(!portfolio(&[head, SCHWAB]).1.has_errors());
        assert!(!portfolio(&["[[account]]\nname = \"New IRA\"\n"]).1.has_errors());
    }

    #[test]
    fn lines_that_end_in_a_carriage_return_alone_are_read() {
        let (read, sink) = portfolio(&[&SCHWAB.replace('\n', "\r")]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let position = &read.accounts[0].positions[0];
        assert_eq!(position.value.unwrap().dollars(), "$1,800.00");
        assert_eq!(position.place.as_ref().unwrap().locator(), "0.csv:4:1");
    }

    #[test]
    fn every_format_is_documented_and_has_its_own_name() {
        let mut ids: Vec<&str> = super::READERS.iter().map(|reader| reader.id).collect();
        assert!(super::READERS.iter().all(|reader| reader.doc.len() > 60 && !reader.broker.is_empty()));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), super::READERS.len());
    }

    #[test]
    fn a_product_beyond_plausibility_is_an_error() {
        assert_eq!(errors("Ticker,Shares,Price\nVTI,900000000000,900000000000\n"), ["bad-number"]);
    }

    #[test]
    fn the_order_of_files_does_not_matter() {
        let other = SCHWAB.replace("417", "222").replace("Individual", "Roth IRA");
        let (mut a, mut b) = (portfolio(&[SCHWAB, &other]).0, portfolio(&[&other, SCHWAB]).0);
        for read in [&mut a, &mut b] {
            read.files.clear();
            read.accounts.iter_mut().for_each(|account| {
                account.place = None;
                account.kind_origin = crate::model::AccountKindOrigin::Assumed;
                account.positions.iter_mut().for_each(|position| position.place = None);
            });
        }
        assert_eq!(a, b);
    }
}
