//! Questions asked for one run, without editing a file: `--keep`, `--only`, `--deposit`, `--withdraw`.
//!
//! They are read here against the accounts and holdings of the run, so that a misspelling is an error with a suggestion
//! and never a question that was silently not asked.

use std::collections::{BTreeMap, BTreeSet};

use super::{BAD_AMOUNT, TWO_ENTRIES, UNKNOWN_ACCOUNT, UNKNOWN_TICKER};
use crate::diagnostics::{Diagnostic, Place, Sink, Source, SourceKind, nearest, text};
use crate::holdings::key_matches;
use crate::model::{Account, Portfolio, Symbol};
use crate::proposal::Asked;
use crate::units::{Money, NumberStyle, Price, parse_number};

/// What a run is asked besides its files and config.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIf {
    /// Tickers that are not sold in any account.
    pub keep: Vec<String>,
    /// The only accounts that are traded in; every one when empty.
    pub only: Vec<String>,
    /// `[ACCOUNT=]AMOUNT` to come, on top of what the config says.
    pub deposit: Vec<String>,
    /// `[ACCOUNT=]AMOUNT` to go, on top of what the config says.
    pub withdraw: Vec<String>,
    /// Prices used instead of those of the files; for asking what a change of prices did.
    pub prices: BTreeMap<Symbol, Price>,
}

/// The same, against the accounts of a portfolio: by their order in it.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Not sold anywhere, with the place on the command line.
    pub keep: Vec<(Symbol, Place)>,
    /// Whether trades are made in each account; empty when in all.
    pub traded: Vec<bool>,
    /// More to come than the config says.
    pub deposits: BTreeMap<usize, Money>,
    /// More to go than the config says.
    pub withdrawals: BTreeMap<usize, Money>,
}

impl WhatIf {
    /// Returns the options in words for the report, as given, with account numbers masked.
    pub fn words(&self) -> Vec<Asked> {
        let asked = |option: &'static str, values: &[String]| {
            let one = move |value: &String| Asked { option: option.to_owned(), value: masked(option, value) };
            values.iter().map(one).collect::<Vec<_>>()
        };
        let mut list = asked("--keep", &self.keep);
        list.extend(asked("--only", &self.only));
        list.extend(asked("--deposit", &self.deposit));
        list.extend(asked("--withdraw", &self.withdraw));
        list
    }

    /// Returns the options that an earlier run was asked.
    pub fn of(asked: &[Asked]) -> WhatIf {
        let values = |option: &str| -> Vec<String> {
            asked.iter().filter(|one| one.option == option).map(|one| one.value.clone()).collect()
        };
        WhatIf {
            keep: values("--keep"),
            only: values("--only"),
            deposit: values("--deposit"),
            withdraw: values("--withdraw"),
            prices: BTreeMap::new(),
        }
    }

    /// Finds what the options mean. Every option that means nothing, or more than one thing, is an error.
    pub fn answer(&self, portfolio: &Portfolio, sink: &mut Sink) -> Answered {
        let mut found = Answered::default();
        let positions = portfolio.accounts.iter().flat_map(|account| &account.positions);
        let known: BTreeSet<&Symbol> = positions.filter_map(|position| position.canonical.as_ref()).collect();
        for text in &self.keep {
            let symbol = Symbol::new(text);
            if known.contains(&symbol) {
                found.keep.push((symbol, given("--keep", text, text)));
                continue;
            }
            let near = nearest(symbol.as_str(), known.iter().map(|symbol| symbol.as_str()));
            let hint = near.map_or_else(
                || "`broaden holdings` lists what is held".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("`{text}` is to be kept, but no account holds it");
            sink.push(Diagnostic::error(UNKNOWN_TICKER, message).at(given("--keep", text, text)).hint(hint));
        }
        if !self.only.is_empty() {
            found.traded = vec![false; portfolio.accounts.len()];
            for text in &self.only {
                if let Some(index) = account("--only", text, text, &portfolio.accounts, sink)
                    && let Some(traded) = found.traded.get_mut(index)
                {
                    *traded = true;
                }
            }
        }
        for (option, texts, flows) in
            [("--deposit", &self.deposit, &mut found.deposits), ("--withdraw", &self.withdraw, &mut found.withdrawals)]
        {
            for text in texts {
                let (name, amount) = match text.rsplit_once('=') {
                    Some((name, amount)) => (Some(name.trim()), amount.trim()),
                    None => (None, text.trim()),
                };
                let money = parse_number(amount, NumberStyle::Point).ok().flatten().map(Money);
                let Some(money) = money.filter(|money| money.is_positive() && !amount.contains('%')) else {
                    let message = format!("`{amount}` is not an amount of dollars above zero");
                    let problem = Diagnostic::error(BAD_AMOUNT, message).at(given(option, text, amount));
                    sink.push(problem.hint(format!("for example `{option} 5000` or `{option} ...1234=5000`")));
                    continue;
                };
                let index = match (name, portfolio.accounts.as_slice()) {
                    (Some(name), accounts) => account(option, text, name, accounts, sink),
                    (None, [_]) => Some(0),
                    (None, accounts) => {
                        let message = format!("`{option} {text}` does not say which account");
                        let hint = format!("write `{option} ACCOUNT={amount}`; {}", listed(accounts));
                        let problem = Diagnostic::error(TWO_ENTRIES, message).at(given(option, text, text));
                        sink.push(problem.hint(hint));
                        None
                    }
                };
                if let Some(index) = index {
                    *flows.entry(index).or_default() += money;
                }
            }
        }
        found
    }
}

impl Answered {
    /// Returns whether trades are made in an account.
    pub fn trades_in(&self, account: usize) -> bool {
        self.traded.get(account).copied().unwrap_or(true)
    }

    /// Returns what comes to an account besides what the config says.
    pub fn deposit(&self, account: usize) -> Money {
        self.deposits.get(&account).copied().unwrap_or_default()
    }

    /// Returns what leaves an account besides what the config says.
    pub fn withdrawal(&self, account: usize) -> Money {
        self.withdrawals.get(&account).copied().unwrap_or_default()
    }
}

/// Returns the place of a part of an option's value.
fn given(option: &str, value: &str, part: &str) -> Place {
    let text = format!("{option} {}", masked(option, value));
    let shown = [part.to_owned(), text::shortened(part)].into_iter().find_map(|part| {
        let start = text.rfind(&part)?;
        Some(start..start + part.len())
    });
    let span = shown.unwrap_or(0..text.len());
    Place::new(&Source::of(SourceKind::CommandLine, option, text), span)
}

/// Masks the number of an account in an option's value; amounts stay.
fn masked(option: &str, value: &str) -> String {
    match (option, value.rsplit_once('=')) {
        ("--deposit" | "--withdraw", Some((account, amount))) => format!("{}={amount}", text::shortened(account)),
        ("--deposit" | "--withdraw", None) => value.to_owned(),
        _ => text::shortened(value),
    }
}

/// Finds the account that a name means: exactly as in `[accounts]`, else by a part of its label.
fn account(option: &str, value: &str, name: &str, accounts: &[Account], sink: &mut Sink) -> Option<usize> {
    let by = |matches: &dyn Fn(&Account) -> bool| -> Vec<usize> {
        accounts.iter().enumerate().filter(|(_, account)| matches(account)).map(|(index, _)| index).collect()
    };
    let mut found = by(&|account| key_matches(name, account));
    if found.is_empty() && name.trim().chars().count() >= 3 {
        let part = name.trim().to_lowercase();
        found = by(&|account| account.label().to_lowercase().contains(&part));
    }
    match found.as_slice() {
        [index] => return Some(*index),
        [] => {
            let names =
                accounts.iter().flat_map(|a| [a.name.clone(), a.tail().map(|tail| format!("...{tail}"))]).flatten();
            let names: Vec<String> = names.collect();
            let hint = match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? {}", listed(accounts)),
                None => listed(accounts),
            };
            let message = format!("no account is called `{}`", text::shortened(name));
            sink.push(Diagnostic::error(UNKNOWN_ACCOUNT, message).at(given(option, value, name)).hint(hint));
        }
        several => {
            let labels: Vec<String> =
                several.iter().filter_map(|index| accounts.get(*index)).map(Account::label).collect();
            let message = format!("`{}` means several accounts: {}", text::shortened(name), labels.join(", "));
            let problem = Diagnostic::error(TWO_ENTRIES, message).at(given(option, value, name));
            sink.push(problem.hint("name the account as it is called here, or by the last digits of its number"));
        }
    }
    None
}

fn listed(accounts: &[Account]) -> String {
    let labels: Vec<String> = accounts.iter().map(Account::label).collect();
    format!("accounts in the files: {}", labels.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AssetKind, Position};

    fn accounts() -> Portfolio {
        let one = |mask: &str, name: &str| {
            let mut account = Account::new("x", "y");
            (account.mask, account.name) = (Some(mask.to_owned()), Some(name.to_owned()));
            let mut position = Position::new(AssetKind::Equity, "NVIDIA");
            position.canonical = Some(Symbol::new("NVDA"));
            account.positions.push(position);
            account
        };
        Portfolio { accounts: vec![one("417", "Individual"), one("5432", "Roth IRA")], ..Portfolio::default() }
    }

    fn ask(what_if: &WhatIf) -> (Answered, Vec<String>) {
        let mut sink = Sink::default();
        let found = what_if.answer(&accounts(), &mut sink);
        let said = |item: &Diagnostic| format!("{} | {}", item.message, item.hint.as_deref().unwrap_or_default());
        (found, sink.items.iter().map(said).collect())
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn accounts_are_found_by_number_name_or_part_of_it() {
        for name in ["5432", "...5432", "Roth IRA", "roth"] {
            let (found, said) = ask(&WhatIf { only: texts(&[name]), ..WhatIf::default() });
            assert_eq!((found.traded, said), (vec![false, true], vec![]), "{name}");
        }
    }

    #[test]
    fn amounts_add_up_by_account() {
        let what_if = WhatIf {
            deposit: texts(&["417=$1,000", "Individual=500.50"]),
            withdraw: texts(&["roth=20"]),
            ..WhatIf::default()
        };
        let (found, said) = ask(&what_if);
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(found.deposit(0).dollars(), "$1,500.50");
        assert_eq!(found.withdrawal(1).dollars(), "$20.00");
    }

    #[test]
    fn what_means_nothing_is_an_error_with_a_suggestion() {
        let list = "accounts in the files: ...417 Individual, ...5432 Roth IRA";
        for (what_if, expected) in [
            (
                WhatIf { keep: texts(&["NVDIA"]), ..WhatIf::default() },
                "`NVDIA` is to be kept, but no account holds it | did you mean `NVDA`?".to_owned(),
            ),
            (
                WhatIf { only: texts(&["Roht IRA"]), ..WhatIf::default() },
                format!("no account is called `Roht IRA` | did you mean `Roth IRA`? {list}"),
            ),
            (
                WhatIf { deposit: texts(&["5000"]), ..WhatIf::default() },
                format!("`--deposit 5000` does not say which account | write `--deposit ACCOUNT=5000`; {list}"),
            ),
            (
                WhatIf { withdraw: texts(&["417=-5"]), ..WhatIf::default() },
                "`-5` is not an amount of dollars above zero | for example `--withdraw 5000` or `--withdraw ...1234=5000`"
                    .to_owned(),
            ),
        ] {
            assert_eq!(ask(&what_if).1, [expected]);
        }
    }

    #[test]
    fn account_numbers_are_masked_and_amounts_are_not() {
        let what_if =
            WhatIf { deposit: texts(&["Z123456789=50000", "50000"]), only: texts(&["Z1234567"]), ..WhatIf::default() };
        let words: Vec<String> = what_if.words().iter().map(Asked::text).collect();
        assert_eq!(words, ["--only ...4567", "--deposit ...6789=50000", "--deposit 50000"]);
        let place = given("--deposit", "123456789=50000", "123456789");
        assert_eq!(&*place.source.text, "--deposit ...6789=50000");
        assert_eq!(place.source.text.get(place.span()), Some("...6789"));
    }
}
