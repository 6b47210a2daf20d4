//! Lots that come in a file of their own, and how they join the position they belong to.

use super::relief::{Relief, Relieved, relieve};
use super::report::Report;
use super::settings::AccountSettings;
use super::settings::key_matches;
use super::table::Row;
use super::{LOTS_BEHIND, LOTS_DISAGREE, LOTS_UNPLACED, TOO_LARGE, draft, identity};
use crate::diagnostics::{Diagnostic, Place};
use crate::model::{Account, Lot, PastTrade, Position, Symbol};
use crate::units::{Decimal, Money, Price, Shares};

/// Says that a lot stands in a file without its position: what it is of would be missing from every figure.
pub fn orphan(row: &Row<'_>) -> Diagnostic {
    Diagnostic::error(LOTS_UNPLACED, "a lot stands here, and no row of its position above it")
        .at(row.place())
        .hint("download it again with the positions, and the lots below them")
}

/// Symbols with lots in files of their own; each is looked for among all positions.
const MOST_SYMBOLS: usize = 5000;

/// The lots of one symbol in one account.
#[derive(Clone, Debug)]
pub struct LotFile {
    /// The account as its file describes it.
    pub account: Account,
    /// The account as the user names it in a lots file of the program's own.
    pub key: Option<String>,
    /// The symbol.
    pub symbol: String,
    /// Price per share where printed.
    pub price: Option<Price>,
    /// The lots.
    pub lots: Vec<Lot>,
    /// Where they stand.
    pub place: Option<Place>,
}

impl LotFile {
    /// Returns the lots of a symbol, none yet.
    pub fn new(symbol: String) -> Self {
        LotFile { account: Account::new("", ""), key: None, symbol, price: None, lots: Vec::new(), place: None }
    }

    /// Says whose lots they are.
    #[must_use]
    pub fn of(mut self, account: Account) -> Self {
        self.account = account;
        self
    }

    fn belongs_to(&self, account: &Account) -> bool {
        if let Some(key) = &self.key {
            return key_matches(key, account);
        }
        let ours = self.account.mask.as_deref().or(self.account.id.as_deref());
        let theirs = account.mask.as_deref().or(account.id.as_deref());
        account.broker == self.account.broker
            && match (ours, theirs) {
                (Some(ours), Some(theirs)) => ours.ends_with(theirs) || theirs.ends_with(ours),
                _ => true,
            }
    }

    fn shares(&self) -> Shares {
        self.lots.iter().map(|lot| lot.quantity).sum()
    }

    /// Returns the cost of all lots, `None` when that of any is unknown.
    fn cost(&self) -> Option<Money> {
        self.lots.iter().try_fold(Money::ZERO, |sum, lot| Some(sum + lot.cost_basis?))
    }

    /// Returns the position that the lots alone make.
    fn position(&self) -> Position {
        let mut position = identity::identify(&self.symbol, "", None);
        position.quantity = Some(self.shares());
        position.cost_basis = self.cost();
        position.price = self.price;
        position.lots.clone_from(&self.lots);
        position.place.clone_from(&self.place);
        position
    }
}

/// Gives the largest lot what rounding took: brokers print so many decimals of each lot and of the whole, so that their sum
/// may be off by half a unit of the last digit for each. Whole shares are exact.
fn settle(lots: &mut [Lot], whole: Shares) {
    const FEWEST_DECIMALS: u32 = 3;
    let gap = whole - lots.iter().map(|lot| lot.quantity).sum();
    let decimals = lots.iter().map(|lot| lot.quantity.decimal().normalize().scale());
    let decimals = decimals.chain([whole.decimal().normalize().scale()]).max().unwrap_or_default();
    // The one printed with the fewest decimals is rounded the most.
    let coarse = whole.decimal().scale().max(FEWEST_DECIMALS).min(decimals);
    let unit = |scale: u32| Decimal::new(5, scale + 1);
    let allowed = unit(decimals).saturating_mul(lots.len().into()).saturating_add(unit(coarse));
    if gap.is_zero() || !(FEWEST_DECIMALS..=12).contains(&decimals) || gap.abs().decimal() > allowed {
        return;
    }
    if let Some(largest) = lots.iter_mut().max_by_key(|lot| lot.quantity.abs()) {
        largest.quantity += gap;
    }
}

/// The lots below a row must hold its shares.
pub fn check(position: &mut Position, report: &mut Report) {
    if let Some(whole) = position.quantity {
        settle(&mut position.lots, whole);
    }
    let held: Shares = position.lots.iter().map(|lot| lot.quantity).sum();
    if position.lots.is_empty() || position.quantity == Some(held) {
        return;
    }
    let shares = position.quantity.map_or_else(|| "no number of shares".to_owned(), |quantity| quantity.text());
    let message = format!("the lots of {} add up to {} shares, its row has {shares}", position.label(), held.text());
    let mut error = Diagnostic::error(LOTS_DISAGREE, message).hint("expand all lots on screen before downloading");
    if let Some(place) = &position.place {
        error = error.at(place.clone());
    }
    if let Some(place) = position.lots.last().and_then(|lot| lot.place.clone()) {
        error = error.with(place, "last lot");
    }
    report.push(error);
}

/// Joins lots to the positions they belong to. Lots of an earlier day are brought up to them, those of the same day must
/// agree; a file of lots without its positions file makes an account of its own.
pub fn join(
    accounts: &mut Vec<Account>,
    files: Vec<LotFile>,
    (trades, settings): (&[PastTrade], &[AccountSettings]),
    report: &mut Report,
) {
    let whole = accounts.len();
    if files.len() > MOST_SYMBOLS {
        let error =
            Diagnostic::error(TOO_LARGE, format!("lots of {} symbols are more than a household holds", files.len()))
                .hint("is it a brokerage export?");
        report.push(at(error, files.first().and_then(|file| file.place.as_ref())));
        return;
    }
    for file in files {
        let matching: Vec<usize> = accounts
            .iter()
            .take(whole)
            .enumerate()
            .filter(|(_, account)| file.belongs_to(account))
            .map(|(index, _)| index)
            .collect();
        match matching.as_slice() {
            [index] => {
                if let Some(account) = accounts.get_mut(*index) {
                    let relief = settings.iter().find(|own| own.matches(account)).map(|own| own.lot_relief);
                    join_one(account, file, (trades, relief.unwrap_or_default()), report);
                }
            }
            [] if file.key.is_none() => {
                let same = |account: &&mut Account| {
                    account.label() == file.account.label() && account.broker == file.account.broker
                };
                let position = file.position();
                match accounts.iter_mut().skip(whole).find(same) {
                    Some(account) => account.positions.push(position),
                    None => {
                        let mut account = file.account.clone();
                        account.positions.push(position);
                        accounts.push(account);
                    }
                }
            }
            [] => unplaced(&file, "no account of the files matches", accounts, report),
            _ => unplaced(&file, "several accounts match", accounts, report),
        }
    }
    for position in accounts.iter_mut().skip(whole).flat_map(|account| &mut account.positions) {
        draft::complete(position, report);
    }
}

/// Gives positions without lots those of recorded purchases, where these are all that is held.
pub fn recorded(accounts: &mut [Account], trades: &[PastTrade], settings: &[AccountSettings]) {
    if trades.is_empty() {
        return;
    }
    for account in accounts {
        let relief = settings.iter().find(|own| own.matches(account)).map(|own| own.lot_relief).unwrap_or_default();
        let home = Account { positions: Vec::new(), ..account.clone() };
        for position in account.positions.iter_mut().filter(|own| own.lots.is_empty()) {
            let (Some(held), Some(symbol)) = (position.quantity, position.canonical.clone()) else { continue };
            let mut lots = Vec::new();
            let done = relieve(&mut lots, held, None, (&home, &symbol), trades, relief);
            let explains =
                |done: Relieved| done.without.is_zero() && done.by_order.is_none() && done.bought.is_positive();
            if done.is_some_and(explains) {
                position.lots = lots;
            }
        }
    }
}

fn unplaced(file: &LotFile, why: &str, accounts: &[Account], report: &mut Report) {
    let labels: Vec<String> = accounts.iter().map(Account::label).collect();
    let whose = file.key.clone().unwrap_or_else(|| file.account.label());
    let error = Diagnostic::error(LOTS_UNPLACED, format!("the lots of {} are for `{whose}`, and {why}", file.symbol))
        .hint(format!("accounts in the files: {}", labels.join(", ")));
    report.push(at(error, file.place.as_ref()));
}

fn at(diagnostic: Diagnostic, place: Option<&Place>) -> Diagnostic {
    match place {
        Some(place) => diagnostic.at(place.clone()),
        None => diagnostic,
    }
}

fn join_one(account: &mut Account, mut file: LotFile, (trades, relief): (&[PastTrade], Relief), report: &mut Report) {
    // What is of one day must agree.
    let is_behind = file.account.as_of.is_none_or(|day| account.as_of != Some(day));
    let symbol = identity::identify(&file.symbol, "", None).canonical.unwrap_or_else(|| Symbol::new(&file.symbol));
    let wanted = identity::identify(&file.symbol, "", None);
    let label = account.label();
    let same = |position: &Position| {
        position.symbol == wanted.symbol || (position.canonical.is_some() && position.canonical == wanted.canonical)
    };
    let Some(first) = account.positions.iter().position(same) else {
        let since = file.account.as_of;
        let done = relieve(&mut file.lots, Shares::ZERO, since, (account, &symbol), trades, relief);
        if let Some(done) = done.filter(|_| is_behind) {
            brought_up(&file, &label, &done, report);
            return;
        }
        let error = Diagnostic::error(
            LOTS_DISAGREE,
            format!("the lots hold {} {}, the positions of {label} hold none", file.shares().text(), file.symbol),
        )
        .hint("give positions and lots of the same day");
        report.push(at(error, file.place.as_ref()));
        return;
    };
    let held: Shares = account.positions.iter().filter(|p| same(p)).filter_map(|p| p.quantity).sum();
    settle(&mut file.lots, held);
    if held != file.shares() && held.is_positive() && is_behind {
        let since = file.account.as_of;
        let done = relieve(&mut file.lots, held, since, (account, &symbol), trades, relief);
        done.iter().for_each(|done| brought_up(&file, &label, done, report));
    }
    let shares = file.shares();
    let other = account.positions.get(first).and_then(|position| position.place.clone());
    if account.positions.iter().any(|position| same(position) && !position.lots.is_empty()) {
        let mut error =
            Diagnostic::error(LOTS_DISAGREE, format!("the lots of {} in {label} are given twice", file.symbol))
                .hint("leave out one of the two");
        if let Some(place) = other {
            error = error.with(place, "given here too");
        }
        report.push(at(error, file.place.as_ref()));
        return;
    }
    if held != shares {
        let mut error = Diagnostic::error(
            LOTS_DISAGREE,
            format!(
                "the lots of {} in {label} add up to {} shares, the position has {}",
                file.symbol,
                shares.text(),
                held.text()
            ),
        )
        .hint("give positions and lots of the same day");
        if let Some(place) = other {
            error = error.with(place, format!("{} shares here", held.text()));
        }
        report.push(at(error, file.place.as_ref()));
        return;
    }
    let cost = file.cost();
    combine(account, first, same);
    if let Some(position) = account.positions.get_mut(first) {
        position.lots = file.lots;
        match (position.cost_basis, cost) {
            (None, Some(cost)) => position.cost_basis = Some(cost),
            (Some(printed), Some(cost))
                if (printed - cost).abs() > Money(Decimal::new(2 + position.lots.len() as i64, 2)) =>
            {
                let warning = Diagnostic::warning(
                    super::TOTAL_GAP,
                    format!(
                        "the lots of {} in {label} cost {}, the position {}",
                        file.symbol,
                        cost.dollars(),
                        printed.dollars()
                    ),
                )
                .hint("the costs of the lots are used");
                report.push(at(warning, file.place.as_ref()));
            }
            _ => {}
        }
    }
}

/// Says what was done to lots of an earlier day.
fn brought_up(file: &LotFile, label: &str, done: &Relieved, report: &mut Report) {
    let counted = |shares: Shares| format!("{} shares", shares.text());
    let mut words = Vec::new();
    if done.recorded.is_positive() {
        words.push(format!("{} were sold since, as recorded", counted(done.recorded)));
    }
    if done.bought.is_positive() {
        words.push(format!("{} were bought since, as recorded", counted(done.bought)));
    }
    if let Some((shares, order)) = done.by_order {
        words.push(format!("{} are gone that no record names, taken {order}", counted(shares)));
    }
    if done.without.is_positive() {
        words.push(format!("{} are new and have no lot: their cost is unknown", counted(done.without)));
    }
    if words.is_empty() {
        return;
    }
    let message = format!("the lots of {} in {label} are of an earlier day: {}", file.symbol, words.join("; "));
    let is_known = done.by_order.is_none() && done.without.is_zero();
    let problem = match is_known {
        true => Diagnostic::note(LOTS_BEHIND, message).hint("newer lots of the broker would settle it"),
        false => Diagnostic::warning(LOTS_BEHIND, message)
            .hint("`broaden record` your broker's list of activity, or give its lots of today"),
    };
    report.push(at(problem, file.place.as_ref()));
}

/// Makes one position of several rows of the same symbol, since lots do not say which row they belong to.
fn combine(account: &mut Account, first: usize, same: impl Fn(&Position) -> bool) {
    let others: Vec<Position> = account.positions.extract_if(first + 1.., |position| same(position)).collect();
    for other in others {
        if let Some(position) = account.positions.get_mut(first) {
            position.quantity = position.quantity.zip(other.quantity).map(|(a, b)| a + b);
            position.value = position.value.zip(other.value).map(|(a, b)| a + b);
            position.details.value_base = position.details.value_base.zip(other.details.value_base).map(|(a, b)| a + b);
            position.cost_basis = position.cost_basis.zip(other.cost_basis).map(|(a, b)| a + b);
            position.held_in = None;
        }
    }
}

/// Gives every lot of an account an id that is unique among the lots of its symbol.
pub fn number(account: &mut Account) {
    let mut seen = std::collections::BTreeMap::<(String, String), usize>::new();
    for position in &mut account.positions {
        let label = if position.lots.is_empty() { String::new() } else { position.label() };
        for lot in &mut position.lots {
            if lot.id.is_empty() {
                lot.id = lot.opened.map_or_else(|| "undated".to_owned(), |day| day.to_string());
            }
            loop {
                let count = seen.entry((label.clone(), lot.id.clone())).or_default();
                *count += 1;
                if *count == 1 {
                    break;
                }
                lot.id = format!("{}#{count}", lot.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_that_differ_by_their_last_digit_are_those_of_the_position() {
        let settled = |whole: &str, lots: &[&str]| -> Vec<String> {
            let number = |text: &str| Shares(text.parse().unwrap());
            let mut lots: Vec<Lot> = lots.iter().map(|lot| Lot::new("", number(lot))).collect();
            settle(&mut lots, number(whole));
            lots.iter().map(|lot| lot.quantity.text()).collect()
        };
        assert_eq!(settled("1.0000", &[".3333", ".3333", ".3333"]), ["0.3333", "0.3333", "0.3334"]);
        assert_eq!(settled("10.001", &["5.0004", "5.0004"]), ["5.0004", "5.0006"]);
        // A share, or a tenth of one, is no rounding.
        assert_eq!(settled("11", &["4", "6"]), ["4", "6"]);
        assert_eq!(settled("20", &["10.5", "9.4"]), ["10.5", "9.4"]);
        assert_eq!(settled("1.0000", &[".3333", ".3333"]), ["0.3333", "0.3333"]);
    }
}
