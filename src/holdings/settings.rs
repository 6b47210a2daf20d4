//! What the user says about an account: `[accounts."...417"]`.

use chrono::NaiveDate;

use super::relief::Relief;
use super::report::Report;
use super::{AMBIGUOUS_ACCOUNT, NO_WITHHOLDING, accounts};
use crate::config::{Document, Fields, Kind, Param, UNMATCHED};
use crate::diagnostics::{Diagnostic, Place, Sink, nearest, text};
use crate::model::{Account, AccountKindOrigin, Lot, Symbol, TaxTreatment};
use crate::units::{Decimal, Money, Shares, Weight};

/// The keys of `[accounts."..."]`.
pub const PARAMS: &[Param] = &[
    Param::optional(
        "kind",
        Kind::Choice(&["taxable", "traditional", "roth", "hsa", "401k"]),
        "How the account is taxed: taxable, traditional, roth, hsa or 401k. Without it the account's name decides, and the guess is printed.",
    ),
    Param::optional("do-not-buy", Kind::Symbols, "Tickers never bought in this account."),
    Param::optional("do-not-sell", Kind::Symbols, "Tickers never sold in this account."),
    Param::optional(
        "menu",
        Kind::Symbols,
        "The only tickers that can be bought here: the fund menu of an employer plan. Without it a 401(k) buys only what it holds.",
    ),
    Param::optional(
        "neutral",
        Kind::Symbol,
        "What is bought here with the cash that sleeves do not take, where it is not `neutral` of [sleeves]: one of the menu.",
    ),
    Param::optional(
        "average-cost",
        Kind::Symbols,
        "Funds whose basis is the average of all shares here: one basis for all, and the oldest are sold first.",
    ),
    Param::with_default(
        "lot-relief",
        Kind::Choice(Relief::IDS),
        "\"fifo\"",
        "What the broker sells where no lot is named: fifo (the oldest), hifo (the dearest) or specific (lots are always named).",
    ),
    Param::with_default("reserve", Kind::Money, "0", "Dollars of cash to keep in this account."),
    Param::optional(
        "reserve-share",
        Kind::Weight,
        "Share of this account to keep in cash; `cash-reserve` of [household] without it.",
    ),
    Param::with_default("deposit", Kind::Money, "0", "Dollars about to be added, available to this run."),
    Param::with_default(
        "withdraw",
        Kind::Money,
        "0",
        "Dollars about to be taken out; sales raise them if cash does not suffice.",
    ),
    Param::with_default(
        "withhold",
        Kind::Weight,
        "0",
        "Share of what is taken out of a traditional account, a 401(k) or an HSA that is withheld for its tax.",
    ),
    Param::optional(
        "fractional",
        Kind::Number(0.000_001, 1.0),
        "Smallest tradable part of a share, such as 0.001; whole shares without it.",
    ),
    Param::with_default(
        "out-of-scope",
        Kind::Flag,
        "false",
        "Show the account, but count it in no figure and trade nothing in it.",
    ),
    Param::optional(
        "locked",
        Kind::Table,
        "Tickers not to be sold before a date: { NVDA = \"2027-02-11\" } (vesting, ESPP, blackout).",
    ),
];

/// What the config says about one account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountSettings {
    /// The key as written: a full number, a mask, `...8812`, or a name.
    pub name: String,
    /// Where the table stands.
    pub place: Place,
    /// How the account is taxed.
    pub kind: Option<TaxTreatment>,
    /// Never bought here.
    pub do_not_buy: Vec<Symbol>,
    /// Never sold here.
    pub do_not_sell: Vec<Symbol>,
    /// The only symbols that can be bought here.
    pub menu: Option<Vec<Symbol>>,
    /// What takes here what sleeves do not.
    pub neutral: Option<Symbol>,
    /// Held at average cost here.
    pub average_cost: Vec<Symbol>,
    /// What the broker sells where no lot is named.
    pub lot_relief: Relief,
    /// Cash to keep.
    pub reserve: Money,
    /// Share of the account to keep in cash.
    pub reserve_share: Option<Weight>,
    /// Cash to come.
    pub deposit: Money,
    /// Cash to go.
    pub withdraw: Money,
    /// Share of it that is withheld where it is income.
    pub withhold: Weight,
    /// Smallest tradable part of a share; `None` for whole shares.
    pub fractional: Option<Decimal>,
    /// Shown and counted, never traded.
    pub out_of_scope: bool,
    /// Not to be sold before a date.
    pub locked: Vec<(Symbol, NaiveDate)>,
}

impl AccountSettings {
    /// Returns whether the entry means an account: by its full number, its mask, its last four characters, its label
    /// or its name.
    pub fn matches(&self, account: &Account) -> bool {
        key_matches(&self.name, account)
    }
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns whether a key of the config or of a lots file means an account.
pub fn key_matches(key: &str, account: &Account) -> bool {
    let wanted = alphanumeric(key);
    if wanted.is_empty() {
        return false;
    }
    let (number, mask) = (account.id.as_deref().map(alphanumeric), account.mask.as_deref().map(alphanumeric));
    if number.as_deref() == Some(wanted.as_str()) || mask.as_deref() == Some(wanted.as_str()) {
        return true;
    }
    let is_mask = key.trim_start().starts_with(['.', '\u{2026}', 'X', 'x', '*']);
    let tail = alphanumeric(key.trim_start_matches(['.', '\u{2026}', 'X', 'x', '*', '-', ' ']));
    let ends = |whole: &str, end: &str| end.len() >= 3 && whole.ends_with(end);
    if is_mask && number.as_deref().is_some_and(|number| ends(number, &tail)) {
        return true;
    }
    if let Some(mask) = mask.as_deref() {
        // A full number against a mask, or a mask of four against one of three.
        let numeric = tail.chars().any(|c| c.is_ascii_digit());
        if number.is_none() && numeric && (ends(&tail, mask) || is_mask && ends(mask, &tail)) {
            return true;
        }
    }
    account.name.as_deref().map(alphanumeric).is_some_and(|name| name == wanted)
        || alphanumeric(&account.label()) == wanted
}

/// Reads `[accounts]`. Problems are pushed to the sink.
pub fn read(document: &Document, sink: &mut Sink) -> Vec<AccountSettings> {
    let Some(section) = document.root.table("accounts") else { return Vec::new() };
    let mut all = Vec::new();
    for (name, node, table) in section.tables() {
        let mut fields = Fields::new(table, format!("accounts.{name:?}"), Some(node.key_place.clone()), PARAMS, sink);
        let symbols = |fields: &Fields<'_>, key: &str| -> Option<Vec<Symbol>> {
            Some(fields.symbols(key)?.into_iter().map(|(symbol, _)| symbol).collect())
        };
        let (menu, neutral) = (symbols(&fields, "menu"), fields.symbol("neutral"));
        if let (Some(menu), Some(neutral)) = (&menu, &neutral)
            && !menu.contains(neutral)
        {
            let message = format!("{neutral} is not on the menu of this account");
            fields.reject("neutral", message, "name a fund of `menu`, or add it there");
        }
        let mut locked = Vec::new();
        if let Some((table, _)) = fields.table("locked") {
            for (symbol, node) in &table.entries {
                let text = match &node.value {
                    crate::config::NodeValue::Text(text) | crate::config::NodeValue::Date(text) => text.as_str(),
                    _ => "",
                };
                match NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d") {
                    Ok(date) => locked.push((Symbol::new(symbol), date)),
                    Err(_) => fields.reject(
                        "locked",
                        format!("`locked` of {symbol} is not a date"),
                        "write a date such as \"2027-02-11\"",
                    ),
                }
            }
        }
        all.push(AccountSettings {
            name: name.to_owned(),
            place: node.key_place.clone(),
            kind: fields.text("kind").and_then(|id| TaxTreatment::from_id(&id)),
            do_not_buy: symbols(&fields, "do-not-buy").unwrap_or_default(),
            do_not_sell: symbols(&fields, "do-not-sell").unwrap_or_default(),
            menu,
            neutral,
            average_cost: symbols(&fields, "average-cost").unwrap_or_default(),
            lot_relief: fields.text("lot-relief").and_then(|id| Relief::from_id(&id)).unwrap_or_default(),
            reserve: fields.money("reserve").unwrap_or_default(),
            reserve_share: fields.weight("reserve-share"),
            deposit: fields.money("deposit").unwrap_or_default(),
            withdraw: fields.money("withdraw").unwrap_or_default(),
            withhold: fields.weight("withhold").unwrap_or_default(),
            fractional: fields
                .number("fractional")
                .and_then(|step| Decimal::try_from(step).ok())
                .map(|step| step.round_dp(6)),
            out_of_scope: fields.flag("out-of-scope").unwrap_or(false),
            locked,
        });
    }
    all
}

/// Applies the entries to the accounts, decides the kinds that no entry decides, and reports entries that match
/// nothing or more than one account.
pub fn apply(accounts: &mut [Account], settings: &[AccountSettings], report: &mut Report) {
    for entry in settings {
        let matching: Vec<usize> =
            accounts.iter().enumerate().filter(|(_, account)| entry.matches(account)).map(|(index, _)| index).collect();
        match matching.as_slice() {
            [] => unmatched(entry, accounts, report),
            [index] => {
                if let Some(account) = accounts.get_mut(*index) {
                    set(account, entry, report);
                }
            }
            several => {
                let labels: Vec<String> =
                    several.iter().filter_map(|index| accounts.get(*index)).map(Account::label).collect();
                report.push(
                    Diagnostic::error(
                        AMBIGUOUS_ACCOUNT,
                        format!("`{}` means several accounts: {}", entry.name, labels.join(", ")),
                    )
                    .at(entry.place.clone())
                    .hint("name the account as it is called here, or by the last digits of its number"),
                );
            }
        }
    }
    for account in accounts.iter_mut() {
        if account.kind_origin == AccountKindOrigin::Assumed {
            accounts::decide(account, report);
        }
    }
    for entry in settings.iter().filter(|entry| entry.withhold.0 > 0.0) {
        let already_taxed = |account: &&Account| entry.matches(account) && !account.kind.is_income_when_withdrawn();
        if let Some(account) = accounts.iter().find(already_taxed) {
            let message = format!(
                "`withhold` of {} would do nothing: what leaves a {} account is no income, so nothing of it is withheld",
                account.label(),
                account.kind.id()
            );
            let hint = "take it out, or set `kind` if the account is taxed otherwise";
            report.push(Diagnostic::error(NO_WITHHOLDING, message).at(entry.place.clone()).hint(hint));
        }
    }
}

fn unmatched(entry: &AccountSettings, accounts: &[Account], report: &mut Report) {
    // Without any account nothing was looked for.
    if accounts.is_empty() {
        return;
    }
    let labels: Vec<String> = accounts.iter().map(Account::label).collect();
    let names =
        accounts.iter().flat_map(|account| [account.name.clone(), account.tail().map(|tail| format!("...{tail}"))]);
    let names: Vec<String> = names.flatten().collect();
    let hint = match nearest(&entry.name, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("accounts in the files: {}", labels.join(", ")),
    };
    report.push(
        Diagnostic::warning(UNMATCHED, format!("no account of the files matches `{}`", text::shortened(&entry.name)))
            .at(entry.place.clone())
            .hint(hint),
    );
}

fn set(account: &mut Account, entry: &AccountSettings, report: &mut Report) {
    if let Some(kind) = entry.kind {
        if let AccountKindOrigin::Config(Some(place)) = &account.kind_origin
            && account.kind != kind
        {
            report.push(
                Diagnostic::error(
                    AMBIGUOUS_ACCOUNT,
                    format!("{} is said to be both {} and {}", account.label(), account.kind.id(), kind.id()),
                )
                .at(entry.place.clone())
                .with(place.clone(), format!("{} here", account.kind.id()))
                .hint("keep one of the two"),
            );
        }
        account.kind = kind;
        account.kind_origin = AccountKindOrigin::Config(Some(entry.place.clone()));
    }
    for symbol in &entry.average_cost {
        if !account.positions.iter().any(|position| position.canonical.as_ref() == Some(symbol)) {
            report.push(
                Diagnostic::warning(
                    UNMATCHED,
                    format!("`average-cost` names {symbol}, which {} does not hold", account.label()),
                )
                .at(entry.place.clone())
                .hint("is the ticker right?"),
            );
        }
    }
    for (symbol, date) in &entry.locked {
        let mut any = false;
        for position in account.positions.iter_mut().filter(|position| position.canonical.as_ref() == Some(symbol)) {
            any = true;
            if position.lots.is_empty() {
                let mut lot = Lot::new("", position.quantity.unwrap_or(Shares::ZERO));
                lot.cost_basis = position.cost_basis;
                position.lots.push(lot);
            }
            for lot in &mut position.lots {
                lot.locked_until = lot.locked_until.max(Some(*date));
            }
        }
        if !any {
            report.push(
                Diagnostic::warning(
                    UNMATCHED,
                    format!("`locked` names {symbol}, which {} does not hold", account.label()),
                )
                .at(entry.place.clone())
                .hint("is the ticker right?"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: Option<&str>, mask: Option<&str>, name: &str) -> Account {
        let mut account = Account::new("x", "y");
        account.id = id.map(str::to_owned);
        account.mask = mask.map(str::to_owned);
        account.name = Some(name.to_owned());
        account
    }

    #[test]
    fn an_account_is_named_in_any_way_a_user_knows_it() {
        let full = account(Some("Z12348812"), None, "Roth IRA");
        for key in ["Z12348812", "z1234-8812", "...8812", "XXXX-8812", "Roth IRA", "roth_ira", "...8812 Roth IRA"] {
            assert!(key_matches(key, &full), "{key}");
        }
        let masked = account(None, Some("417"), "Individual");
        for key in ["...417", "417", "1234-5417", "individual"] {
            assert!(key_matches(key, &masked), "{key}");
        }
        for key in ["...812x", "8813", "Roth", "", "...", "...2"] {
            assert!(!key_matches(key, &full), "{key}");
        }
    }

    fn apply_text(text: &str, mut accounts: Vec<Account>) -> (Vec<Account>, Vec<String>) {
        let mut sink = Sink::default();
        let document = Document::load(Some(crate::diagnostics::Source::file("broaden.toml", text)), &[], &mut sink);
        let settings = read(&document, &mut sink);
        let mut report = Report::default();
        apply(&mut accounts, &settings, &mut report);
        report.finish(&mut sink);
        (accounts, sink.items.iter().map(|item| format!("{} {}", item.code.id, item.message)).collect())
    }

    #[test]
    fn settings_decide_and_what_they_do_not_decide_is_said() {
        let (accounts, said) = apply_text(
            "[accounts.\"...417\"]\nkind = \"roth\"\n[accounts.\"Rotth\"]\nkind = \"roth\"\n",
            vec![account(None, Some("417"), "Individual"), account(None, Some("9"), "Roth")],
        );
        assert_eq!(accounts.iter().map(|a| a.kind).collect::<Vec<_>>(), [TaxTreatment::Roth, TaxTreatment::Roth]);
        assert_eq!(
            said,
            [
                "unmatched-entry no account of the files matches `Rotth`",
                "account-kind ...9 Roth is read as roth (from `Roth` in its name)"
            ]
        );
    }

    /// Withholding is of income: what leaves the others is taken out whole, whatever the config says.
    #[test]
    fn withholding_where_nothing_is_withheld_is_refused() {
        let of = |kind: &str, share: &str| {
            let text = format!("[accounts.Own]\nkind = \"{kind}\"\nwithdraw = 60000\nwithhold = \"{share}\"\n");
            apply_text(&text, vec![account(None, None, "Own")]).1
        };
        for kind in ["taxable", "roth"] {
            let said = format!(
                "no-withholding `withhold` of Own would do nothing: what leaves a {kind} account is no income, so nothing of it \
                 is withheld"
            );
            assert_eq!(of(kind, "10%"), [said]);
            assert_eq!(of(kind, "0%"), [""; 0]);
        }
        for kind in ["traditional", "401k", "hsa"] {
            assert_eq!(of(kind, "10%"), [""; 0]);
        }
    }

    #[test]
    fn an_entry_for_two_accounts_is_an_error() {
        let (_, said) = apply_text(
            "[accounts.Roth]\nkind = \"hsa\"\n",
            vec![account(None, Some("111"), "Roth"), account(None, Some("222"), "Roth")],
        );
        assert_eq!(said[0], "ambiguous-account `Roth` means several accounts: ...111 Roth, ...222 Roth");
    }
}
