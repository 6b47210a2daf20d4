//! From the accounts of single files to one household: none twice, lots joined, settings applied, everything in its
//! canonical order.

use std::collections::{BTreeMap, BTreeSet};

use super::lots::{self, LotFile};
use super::report::Report;
use super::settings::{self, AccountSettings};
use super::{DUPLICATE_ACCOUNT, NO_DATE, NO_LOTS, OLDER_EXPORT, draft};
use crate::diagnostics::{Diagnostic, Place, text};
use crate::model::{Account, AssetKind, Portfolio, Position, Symbol};
use crate::units::Decimal;

/// What makes an account the same in two files: broker, number or mask, and name. `None` where no number is known.
fn identity(account: &Account) -> Option<(String, String, Option<String>)> {
    let number = account.id.clone().or_else(|| account.mask.clone())?;
    Some((account.broker.clone(), number, account.name.clone()))
}

/// Adds the accounts of a file that are not there already.
pub(super) fn add(accounts: &mut Vec<Account>, found: Vec<Account>, own: bool, report: &mut Report) {
    let mut known: BTreeMap<_, Option<Place>> =
        accounts.iter().filter_map(|account| Some((identity(account)?, account.place.clone()))).collect();
    for account in found {
        let Some(identity) = identity(&account) else {
            accounts.push(account);
            continue;
        };
        let Some(other) = known.get(&identity) else {
            if !own {
                known.insert(identity, account.place.clone());
            }
            accounts.push(account);
            continue;
        };
        let twin = accounts.iter_mut().find(|other| self::identity(other).as_ref() == Some(&identity));
        if let Some(twin) = twin
            && let (Some(one), Some(two)) = (twin.as_of, account.as_of)
            && one != two
        {
            let (older, newer) = (one.min(two), one.max(two));
            let message =
                format!("{} is in two files: that of {newer} is taken, that of {older} is not", account.label());
            let mut note = Diagnostic::note(OLDER_EXPORT, message).hint("the older file may be deleted");
            if let Some(place) = if two > one { &twin.place } else { &account.place } {
                note = note.at(place.clone());
            }
            report.push(note);
            if two > one {
                *twin = account;
            }
            continue;
        }
        let mut error = Diagnostic::error(DUPLICATE_ACCOUNT, format!("{} is in the files twice", account.label()))
            .hint("keep the newer of the two; counting both would double the account");
        if let Some(place) = &account.place {
            error = error.at(place.clone());
        }
        if let Some(place) = other {
            error = error.with(place.clone(), "also here");
        }
        report.push(error);
    }
}

/// Joins lots, applies the settings and puts everything into its canonical order.
pub(super) fn finish(portfolio: &mut Portfolio, lots: Vec<LotFile>, settings: &[AccountSettings], report: &mut Report) {
    portfolio.accounts.iter_mut().for_each(tidy);
    name_by_cusip(&mut portfolio.accounts);
    same_numbers(&portfolio.accounts, report);
    same_holdings(&portfolio.accounts, report);
    number_namesakes(&mut portfolio.accounts);
    let (whole, joined) = (portfolio.accounts.len(), !lots.is_empty());
    lots::join(&mut portfolio.accounts, lots, (&portfolio.trades, settings), report);
    lots::recorded(&mut portfolio.accounts, &portfolio.trades, settings);
    // Lots without their positions file make accounts of their own.
    portfolio.accounts.iter_mut().skip(whole).for_each(tidy);
    number_namesakes(&mut portfolio.accounts);
    for account in &mut portfolio.accounts {
        lots::number(account);
        if joined {
            account.positions.iter_mut().filter(|position| !position.lots.is_empty()).for_each(draft::trim);
        }
        gather_cash(account);
        draft::plausible(account, report);
    }
    settings::apply(&mut portfolio.accounts, settings, report);
    undated(&portfolio.accounts, report);
    without_lots(&portfolio.accounts, report);
    portfolio.accounts.sort_by_cached_key(|account| (account.own_label(), in_files(account)));
    portfolio
        .trades
        .sort_by(|a, b| (a.date, &a.account, &a.symbol, a.side).cmp(&(b.date, &b.account, &b.symbol, b.side)));
    portfolio.files.sort();
    portfolio.as_of = portfolio.accounts.iter().filter_map(|account| account.as_of).max();
}

/// Numbers the accounts that would be called the same, so that an order says where it belongs: in the order of their
/// numbers, brokers and places in the files.
fn number_namesakes(accounts: &mut [Account]) {
    let mut called: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, account) in accounts.iter().enumerate() {
        called.entry(account.own_label()).or_default().push(index);
    }
    for mut indices in called.into_values().filter(|indices| indices.len() > 1) {
        indices.sort_by_cached_key(|index| accounts.get(*index).map(in_files));
        for (place, index) in indices.into_iter().enumerate() {
            if let Some(account) = accounts.get_mut(index) {
                account.namesake = place + 1;
            }
        }
    }
}

/// The order of accounts of one name.
fn in_files(account: &Account) -> (Option<String>, String, Option<(String, usize)>) {
    let place = account.place.as_ref().map(|place| (place.source.name.clone(), place.span().start));
    (account.id.clone(), account.broker.clone(), place)
}

/// Longest name kept; brokers' own are far shorter.
const LONGEST_NAME: usize = 120;

/// Takes out of names what could move a cursor or reverse the reading direction, cuts them, and masks account numbers in
/// them: every output prints names.
fn tidy(account: &mut Account) {
    let clean = |text: &mut String| *text = text::plain(text).trim().to_owned();
    let cut = |text: &mut String| {
        if let Some((end, _)) = text.char_indices().nth(LONGEST_NAME).filter(|_| text.len() > LONGEST_NAME) {
            text.truncate(end);
            text.truncate(text.trim_end().len());
        }
    };
    if let Some(name) = &mut account.name {
        clean(name);
        *name = text::shortened(name);
        // Only now: a masked number is longer than some that it hides.
        cut(name);
    }
    for position in &mut account.positions {
        for text in std::iter::once(&mut position.name).chain(&mut position.symbol) {
            clean(text);
            cut(text);
        }
        position.symbol.take_if(|symbol| symbol.is_empty());
        draft::trim(position);
    }
}

/// Gives a position that is known by its CUSIP alone the ticker that another file prints beside it, unless two files print
/// two.
fn name_by_cusip(accounts: &mut [Account]) {
    let mut known: BTreeMap<Box<str>, Option<(Symbol, AssetKind)>> = BTreeMap::new();
    for position in accounts.iter().flat_map(|account| &account.positions) {
        let Some((cusip, ticker)) = position.details.cusip.as_ref().zip(position.canonical.as_ref()) else { continue };
        let told = Some((ticker.clone(), position.kind));
        let entry = known.entry(cusip.clone()).or_insert_with(|| told.clone());
        if entry.as_ref().is_some_and(|(other, _)| other != ticker) {
            *entry = None;
        }
    }
    for position in accounts.iter_mut().flat_map(|account| &mut account.positions) {
        let number = position.details.cusip.as_deref().filter(|cusip| position.symbol.as_deref() == Some(*cusip));
        let Some(Some((ticker, kind))) = number.and_then(|cusip| known.get(cusip)) else { continue };
        if position.canonical.is_none() && !matches!(position.kind, AssetKind::Bond | AssetKind::Option) {
            (position.canonical, position.kind) = (Some(ticker.clone()), *kind);
            position.symbol = Some(ticker.to_string());
        }
    }
}

/// Warns of one account number under two names, or of the end of a number that another file prints in full: it may be one
/// account, exported twice. With the same holdings it is.
fn same_numbers(accounts: &[Account], report: &mut Report) {
    let mut seen: BTreeMap<(&str, String), &Account> = BTreeMap::new();
    for account in accounts {
        let Some(number) = account.id.as_deref().or(account.mask.as_deref()) else { continue };
        let end: Vec<char> = number.chars().filter(|c| c.is_alphanumeric()).rev().take(SHORTEST_MASK).collect();
        if end.len() < SHORTEST_MASK {
            continue;
        }
        let Some(other) = seen.get(&(account.broker.as_str(), end.iter().collect())) else {
            seen.insert((&account.broker, end.iter().collect()), account);
            continue;
        };
        // Two full numbers that end alike are two accounts.
        let in_full = account.id.is_some() && other.id.is_some();
        let same = held(account) == held(other) && !account.positions.is_empty();
        if in_full && account.id != other.id || !in_full && !same {
            continue;
        }
        let (first, second) = (other.label(), account.label());
        let mut problem = match same {
            true => Diagnostic::error(
                DUPLICATE_ACCOUNT,
                format!("{first} and {second} are one account: they hold the same"),
            )
            .hint("leave one of the two files out; counting both would double the account"),
            false => Diagnostic::warning(
                DUPLICATE_ACCOUNT,
                format!("{first} and {second} have the same number and are counted as two accounts"),
            )
            .hint("if they are one account, leave the older file out"),
        };
        if let Some(place) = &account.place {
            problem = problem.at(place.clone());
        }
        if let Some(place) = other.place.as_ref().filter(|_| same) {
            problem = problem.with(place.clone(), "also here");
        }
        report.push(problem);
    }
}

/// What is no broker and shows what is held at others.
const TRACKERS: &[&str] = &[
    "yahoo",
    "empower",
    "ghostfolio",
    "wealthfolio",
    "portfolio-performance",
    "plaid",
    "snaptrade",
    "beancount",
    "hledger",
];

/// Accounts up to which each is compared with all.
const MOST_COMPARED: usize = 1_000;

/// Reports accounts of two files of which one has no number to tell, or is a table of no broker, when they hold the same: a
/// list of one's own beside the broker's export, its lots, or the export of another day. Counted as two they double.
fn same_holdings(accounts: &[Account], report: &mut Report) {
    let number = |account: &Account| -> Option<String> {
        let number = account.id.as_deref().or(account.mask.as_deref())?;
        let end: Vec<char> = number.chars().filter(|c| c.is_alphanumeric()).rev().take(SHORTEST_MASK).collect();
        Some(end.iter().collect())
    };
    let file = |account: &Account| account.place.as_ref().map(|place| place.source.name.clone());
    let files: BTreeSet<_> = accounts.iter().filter_map(file).collect();
    if files.len() < 2 {
        return;
    }
    if accounts.len() > MOST_COMPARED {
        let message = format!("{} accounts are too many to look for one that is in two files", accounts.len());
        report.push(Diagnostic::warning(DUPLICATE_ACCOUNT, message).hint("give the files of one household"));
        return;
    }
    let invested = |account: &Account| -> BTreeMap<String, Option<Decimal>> {
        let positions = account.positions.iter().filter(|position| !position.kind.is_cash());
        let symbol =
            |position: &Position| position.canonical.as_ref().map_or_else(|| position.label(), Symbol::to_string);
        positions.map(|position| (symbol(position), position.quantity.map(|quantity| quantity.decimal()))).collect()
    };
    // One of them may round.
    let agree = |one: &Option<Decimal>, other: Option<&Option<Decimal>>| match (one, other) {
        (Some(one), Some(Some(other))) => {
            (*one - *other).abs() <= Decimal::new(1, 2).min(one.abs().saturating_mul(Decimal::new(1, 3)))
        }
        (one, other) => other == Some(one),
    };
    let all: Vec<_> =
        accounts.iter().map(|account| (account, number(account), file(account), invested(account))).collect();
    for (at, (one, number, file, held)) in all.iter().enumerate() {
        for (other, other_number, other_file, other_held) in all.iter().skip(at + 1) {
            let generic = [one, other].iter().any(|account| account.broker == "generic");
            let tracked = [one, other].iter().any(|account| TRACKERS.contains(&account.broker.as_str()));
            let unnumbered = number.is_none() || other_number.is_none();
            let same_number = number.is_some() && number == other_number;
            let comparable = unnumbered && (generic || tracked || one.broker == other.broker)
                || same_number && (generic || one.broker != other.broker);
            if file.is_none() || file == other_file || !comparable {
                continue;
            }
            let (fewer, more) = if held.len() <= other_held.len() { (held, other_held) } else { (other_held, held) };
            let within = fewer.iter().all(|(symbol, shares)| agree(shares, more.get(symbol)));
            let same = within && (fewer.len() > 1 || fewer.len() == 1 && more.len() == 1);
            // Of another day some shares may differ; two lists of one's own are two people's as well.
            let exported =
                !generic && one.layout != "portfolio" && one.broker == other.broker && one.name == other.name;
            let alike = exported && fewer.len() > 2 && fewer.keys().eq(more.keys());
            if !same && !alike {
                continue;
            }
            let (first, second) = (one.label(), other.label());
            let message = format!("{first} and {second} are in two files and hold the same; each is counted");
            let message = match same_number {
                true if generic => {
                    format!("{first} and {second} are one account: they have one number and hold the same")
                }
                true => format!(
                    "{first} and {second} end alike and hold the same, so they may be one account; each is counted"
                ),
                false => message,
            };
            // Two brokers may have given the same last figures.
            let severe = if same_number && same && generic { Diagnostic::error } else { Diagnostic::warning };
            let problem = severe(DUPLICATE_ACCOUNT, message)
                .hint("if they are one account, leave one of the files out; lots alone go into a file of [[lots]]");
            let problem = other.place.iter().fold(problem, |problem, place| problem.at(place.clone()));
            report.push(one.place.iter().fold(problem, |problem, place| problem.with(place.clone(), "also here")));
        }
    }
}

/// The fewest characters that brokers leave of a number.
const SHORTEST_MASK: usize = 3;

/// Returns what an account holds, in no order: labels and quantities.
fn held(account: &Account) -> Vec<(String, Option<String>)> {
    let shares = |position: &Position| position.quantity.map(|quantity| quantity.text());
    let mut held: Vec<_> = account.positions.iter().map(|position| (position.label(), shares(position))).collect();
    held.sort();
    held
}

/// Leaves one amount of cash per currency, the base currency first.
fn gather_cash(account: &mut Account) {
    let base = account.base_currency.clone();
    let mut sums = BTreeMap::<(bool, String), crate::units::Money>::new();
    for (currency, amount) in account.cash.drain(..) {
        *sums.entry((currency != base, currency)).or_default() += amount;
    }
    account.cash_per_currency |= sums.keys().any(|(foreign, _)| *foreign);
    account.cash = sums.into_iter().map(|((_, currency), amount)| (currency, amount)).collect();
}

/// Notes, once per file, that its day is not known.
fn undated(accounts: &[Account], report: &mut Report) {
    let mut seen = BTreeSet::new();
    for account in accounts.iter().filter(|account| account.as_of.is_none()) {
        let Some(place) = &account.place else { continue };
        if seen.insert(place.source.name.clone()) {
            report.push(
                Diagnostic::note(NO_DATE, format!("{} does not say of which day its figures are", place.source.name))
                    .at(Place::whole(&place.source))
                    .hint("give --as-of DATE"),
            );
        }
    }
}

/// Notes, per taxable account, that positions have no lots, since that costs something.
fn without_lots(accounts: &[Account], report: &mut Report) {
    for account in accounts.iter().filter(|account| account.kind.is_taxable()) {
        let without = |position: &&Position| {
            position.lots.is_empty() && position.kind.is_tradable() && position.obstacle().is_none()
        };
        let count = account.positions.iter().filter(without).count();
        if count > 0 {
            let (noun, each) =
                if count == 1 { ("position has", "it counts") } else { ("positions have", "each counts") };
            report.push(
                Diagnostic::note(
                    NO_LOTS,
                    format!(
                        "{}: {count} {noun} no lots in the files; {each} as one lot of unknown date",
                        account.label()
                    ),
                )
                .hint("give the broker's lot files too, or a TOML file of [[lots]]: which lot is sold decides the tax"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    #[test]
    fn a_name_that_masking_makes_longer_reads_back_the_same() {
        let name = "x".repeat(100) + " 123456 and more";
        let (read, _) = portfolio(&[&format!("[[account]]\nname = \"{name}{name}\"\ncash = 1\n")]);
        let text = crate::holdings::to_toml(&read);
        assert_eq!(crate::holdings::to_toml(&portfolio(&[&text]).0), text);
        assert!(text.contains("...3456") && !text.contains("123456"), "{text}");
    }

    #[test]
    fn a_symbol_behind_a_control_character_reads_back_the_same() {
        let head = "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\n";
        for symbol in ["\u{5}91282CLW9", "\u{5}", "VTI\u{5}"] {
            let (read, sink) = portfolio(&[&format!("{head}{symbol},U S TREASURY NOTE 4.250% 11/15/34,1,1,1,1\n")]);
            assert!(!sink.has_errors(), "{:?}", sink.items);
            let text = crate::holdings::to_toml(&read);
            assert_eq!(crate::holdings::to_toml(&portfolio(&[&text]).0), text);
        }
    }

    #[test]
    fn accounts_that_hold_the_same_are_told() {
        let fidelity = "Account Number,Account Name,Symbol,Description,Quantity,Last Price,Current Value,Type\n\
            Z1234567,Individual,VTI,V,10,$300.00,$3000.00,Cash\nZ1234567,Individual,BND,B,5,$70.00,$350.00,Cash\n";
        let lots = "Symbol,Date Acquired,Shares,Price,Value\nVTI,01/02/2020,6,300,1800\nVTI,01/02/2021,4,300,1200\n\
            BND,01/02/2021,5,70,350\n";
        let told = |files: &[&str]| -> Vec<&str> {
            let codes = crate::holdings::testing::problems(files);
            codes.into_iter().filter(|code| *code == "duplicate-account").collect()
        };
        assert_eq!(told(&[fidelity, lots]), ["duplicate-account"]);
        // A list of one's own may round, and a tracker knows no numbers.
        let rounded = "Symbol,Shares,Price,Value\nVTI,10.004,300,3001.20\nBND,5,70,350\n";
        let yahoo = "Symbol,Current Price,Date,Time,Change,Open,High,Low,Volume,Trade Date,Purchase Price,Quantity,Commission,High Limit,Low Limit,Comment\n\
            VTI,300,2026/11/20,16:00 EDT,,,,,,,,10,,,,\nBND,70,2026/11/20,16:00 EDT,,,,,,,,5,,,,\n";
        assert_eq!(told(&[fidelity, rounded]), ["duplicate-account"]);
        assert_eq!(told(&[fidelity, yahoo]), ["duplicate-account"]);
        let numbered = "Account,Symbol,Shares,Price,Value\nZ1234567,VTI,10,300,3000\nZ1234567,BND,5,70,350\n";
        assert_eq!(told(&[fidelity, numbered]), ["duplicate-account"]);
        assert!(portfolio(&[fidelity, numbered]).1.has_errors());
        let day = |shares: u32| {
            format!(
                "Symbol,Name,Quantity,Avg. Price,Cost Basis,Value\nVTI,V,{shares},1,1,3000\nBND,B,5,1,1,350\nVXUS,X,5,1,1,300\n"
            )
        };
        assert_eq!(told(&[&day(10), &day(11)]), ["duplicate-account"]);
        // Another person's may have the same funds.
        let hers = "Symbol,Shares,Price,Value\nVTI,7,300,2100\nBND,5,70,350\n";
        assert_eq!(told(&[fidelity, hers]), Vec::<&str>::new());
        assert_eq!(told(&[&numbered.replace("Z1234567", "Z7654321"), fidelity]), Vec::<&str>::new());
    }

    #[test]
    fn lots_alone_make_an_account_whose_name_hides_numbers_too() {
        let (read, _) = portfolio(&["\"VTI Lot Details for Family 11112222X-4321 as of 02:45 AM ET, 08/25/2020\"\n\n\
            \"Open Date\",\"Quantity\",\"Price\",\"Cost Basis\"\n\"08/24/2020\",\"5\",\"$215.00\",\"$1,050.00\"\n"]);
        assert_eq!(read.accounts[0].label(), "Family ...4321");
    }

    #[test]
    fn an_account_that_two_formats_hold_is_not_counted_twice() {
        let csv = "\"Positions for account Individual ...678 as of 09:04 PM ET, 2026/09/05\"\n\n\
            \"Symbol\",\"Description\",\"Qty (Quantity)\",\"Price\",\"Mkt Val (Market Value)\",\"Cost Basis\",\"Asset Type\",\n\
            \"VTI\",\"VANGUARD\",\"10\",\"300\",\"$3,000.00\",\"$900.00\",\"ETF\",\n\
            \"Positions Total\",\"\",\"--\",\"--\",\"$3,000.00\",\"$900.00\",\"--\",\n";
        let ofx = "OFXHEADER:100\n\n<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><DTASOF>20260905<CURDEF>USD<INVACCTFROM><BROKERID>schwab.com<ACCTID>12345678</INVACCTFROM>\
            <INVPOSLIST><POSSTOCK><INVPOS><SECID><UNIQUEID>922908769<UNIQUEIDTYPE>CUSIP</SECID><POSTYPE>LONG<UNITS>10<UNITPRICE>300<MKTVAL>3000</INVPOS></POSSTOCK></INVPOSLIST><INVBAL><AVAILCASH>0</INVBAL></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>\n";
        let codes = |texts: &[&str]| crate::holdings::testing::problems(texts);
        assert_eq!(codes(&[csv, ofx]), ["duplicate-account"]);
        // Another account may end in the same digits.
        assert_eq!(codes(&[csv, &ofx.replace("<UNITS>10", "<UNITS>5").replace("3000", "1500")]), [""; 0]);
        // A broker calls itself otherwise there, or another broker gave the same last figures.
        for broker in ["ameritrade.com", "0062", ""] {
            let (read, sink) = portfolio(&[csv, &ofx.replace("schwab.com", broker)]);
            assert!(sink.items.iter().any(|item| item.code.id == "duplicate-account"), "{broker}");
            assert_eq!((read.accounts.len(), sink.has_errors()), (2, false), "{broker}");
        }
        let other = ofx.replace("schwab.com", "vanguard.com").replace("12345678", "12345999");
        assert_eq!(codes(&[csv, &other]), [""; 0]);
    }
}
