//! Writing a portfolio as TOML, such that reading it gives the same portfolio.

use crate::holdings::kinds;
use crate::model::{AccountKindOrigin, AssetKind, Currency, HeldIn, Portfolio, Position, Term};
use crate::units::{Decimal, Money, Price, Shares};

/// Returns the portfolio as TOML that reads back to the same portfolio. Account numbers are cut to their last four
/// characters; a guessed tax treatment is a comment, so that it stays a guess.
pub fn to_toml(portfolio: &Portfolio) -> String {
    let mut out = Writer::default();
    out.line("# A portfolio for broaden. Amounts are exact; an absent cost basis is unknown, not zero.");
    for account in &portfolio.accounts {
        out.line("\n[[account]]");
        out.text("name", account.name.as_deref());
        out.text("mask", account.tail().as_deref());
        match account.kind_origin {
            AccountKindOrigin::Config(_) => out.text("kind", Some(account.kind.id())),
            _ => out
                .line(&format!("# kind = {:?}    # a guess; remove the first # to make it certain", account.kind.id())),
        }
        out.text("as-of", account.as_of_text.clone().or_else(|| account.as_of.map(|day| day.to_string())).as_deref());
        out.text("broker", Some(&account.broker));
        out.text("layout", Some(&account.layout));
        let base = Currency::from(&account.base_currency);
        if base != Currency::USD {
            out.text("currency", Some(&base));
        }
        if account.cash_per_currency {
            let rows: Vec<String> =
                account.cash.iter().map(|(code, amount)| format!("{} = \"{amount}\"", quote(code))).collect();
            out.line(&format!("cash-in = {{ {} }}", rows.join(", ")));
        } else {
            out.amount("cash", account.cash_in(&account.base_currency).map(Money::decimal));
        }
        out.amount("pending", account.pending.map(Money::decimal));
        out.amount("reported-total", account.reported_total.map(Money::decimal));
        for position in &account.positions {
            write_position(&mut out, position, base);
        }
    }
    out.0
}

fn write_position(out: &mut Writer, position: &Position, base: Currency) {
    out.line("\n[[account.position]]");
    out.text("symbol", position.symbol.as_deref());
    out.text("name", Some(position.name.as_str()).filter(|name| !name.is_empty()));
    out.text("kind", Some(position.kind.id()));
    out.amount("quantity", position.quantity.map(Shares::decimal));
    out.amount("price", position.price.map(Price::decimal));
    out.amount("value", position.value.filter(|_| !position.value_computed).map(Money::decimal));
    out.amount("value-base", position.details.value_base.map(Money::decimal));
    out.amount("cost-basis", position.cost_basis.map(Money::decimal));
    if position.currency != base {
        out.text("currency", Some(&position.currency));
    }
    out.text("isin", position.details.isin.as_deref());
    let implied = |cusip: &&str| position.symbol.as_deref() == Some(*cusip) && kinds::is_cusip(cusip);
    out.text("cusip", position.details.cusip.as_deref().filter(|cusip| !implied(cusip)));
    if let Some(multiplier) = position
        .details
        .multiplier
        .filter(|_| position.kind != AssetKind::Option || position.details.multiplier != Some(100))
    {
        out.line(&format!("multiplier = {multiplier}"));
    }
    if position.core {
        out.line("core = true");
    }
    out.text("held-in", position.held_in.map(HeldIn::word));
    for lot in &position.lots {
        out.line("\n[[account.position.lot]]");
        out.text("id", Some(&lot.id));
        out.text("opened", lot.opened.map(|day| day.to_string()).as_deref());
        out.amount("quantity", Some(lot.quantity.decimal()));
        out.amount("cost-basis", lot.cost_basis.map(Money::decimal));
        out.amount("unit-cost", lot.unit_cost.map(Price::decimal));
        out.text("term", lot.term.map(Term::id));
        if lot.wash_sale {
            out.line("wash-sale = true");
        }
        out.amount("disallowed-loss", lot.disallowed_loss.map(Money::decimal));
        out.text("locked-until", lot.locked_until.map(|day| day.to_string()).as_deref());
        out.text("hold", lot.hold.as_deref());
        out.amount("gift-value", lot.gift_value.map(Money::decimal));
    }
}

#[derive(Default)]
struct Writer(String);

impl Writer {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }
    fn text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.line(&format!("{key} = {}", quote(value)));
        }
    }
    fn amount(&mut self, key: &str, value: Option<Decimal>) {
        if let Some(value) = value {
            self.line(&format!("{key} = \"{value}\""));
        }
    }
}

/// A TOML string: the toml crate decides the quoting.
fn quote(text: &str) -> String {
    toml::Value::String(text.replace(['\n', '\r'], " ")).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::diagnostics::Sink;
    use crate::holdings::{key_matches, read, to_toml};
    use crate::model::{
        Account, AccountKindOrigin, AssetKind, Lot, Portfolio, Position, RawFile, Symbol, TaxTreatment, Term,
    };
    use crate::units::{Decimal, Money, Price, Shares};

    /// Two lots of the largest at the largest price are just below the trillion that is refused.
    fn amount() -> impl Strategy<Value = Decimal> {
        (-700_000_i64..700_000, 0..5_u32).prop_map(|(value, scale)| Decimal::new(value, scale))
    }

    fn text() -> impl Strategy<Value = String> {
        "[A-Za-z\"'\\\\#=é€ .-]{1,20}"
            .prop_map(|text| text.trim().to_owned())
            .prop_filter("not empty", |text| !text.is_empty())
    }

    fn lot() -> impl Strategy<Value = Lot> {
        let day = proptest::option::of((2000..2030_i32, 1..13_u32, 1..28_u32));
        (amount(), proptest::option::of(amount()), day, any::<bool>(), any::<bool>()).prop_map(
            |(quantity, cost, day, sale, long)| {
                let mut lot = Lot::new("", Shares(quantity));
                lot.cost_basis = cost.map(Money);
                lot.opened = day.and_then(|(year, month, day)| chrono::NaiveDate::from_ymd_opt(year, month, day));
                lot.wash_sale = sale;
                lot.locked_until = lot.opened.filter(|_| sale);
                lot.term = Some(if long { Term::Long } else { Term::Short });
                lot
            },
        )
    }

    fn position() -> impl Strategy<Value = Position> {
        let numbers =
            (amount(), proptest::option::of(amount()), proptest::option::of(amount()), proptest::option::of(amount()));
        (
            prop_oneof!["[A-Z]{1,4}", Just("BRK/B".to_owned())],
            text(),
            numbers,
            proptest::collection::vec(lot(), 0..3),
            0..3_usize,
        )
            .prop_map(|(symbol, name, (quantity, price, value, cost), lots, kind)| {
                let kind = [AssetKind::Equity, AssetKind::Etf, AssetKind::Crypto]
                    .get(kind)
                    .copied()
                    .unwrap_or(AssetKind::Other);
                let mut position = Position::new(kind, name);
                // `CRDA` is Crawford's class A.
                position.canonical = Some(Symbol::new(crate::reference::share_class(&symbol).unwrap_or(&symbol)));
                position.symbol = Some(symbol);
                let held: Shares = lots.iter().map(|lot: &Lot| lot.quantity).sum();
                position.quantity = Some(if lots.is_empty() { Shares(quantity) } else { held });
                position.price = price.map(Price);
                position.value = value.map(Money);
                position.cost_basis = cost.map(Money);
                position.lots = lots;
                position
            })
    }

    fn account() -> impl Strategy<Value = Account> {
        (text(), "[0-9]{4}", 0..5_usize, proptest::option::of(amount()), proptest::collection::vec(position(), 0..4))
            .prop_map(|(name, mask, kind, cash, positions)| {
                let mut account = Account::new("broaden", "toml");
                account.name = Some(name);
                account.mask = Some(mask);
                account.kind = TaxTreatment::ALL.get(kind).copied().unwrap_or(TaxTreatment::Taxable);
                account.kind_origin = AccountKindOrigin::Config(None);
                account.cash = cash.map(|cash| ("USD".to_owned(), Money(cash))).into_iter().collect();
                account.positions = positions;
                account
            })
    }

    /// Forgets places, which differ by nature, and what is derived.
    fn bare(mut portfolio: Portfolio) -> Portfolio {
        portfolio.files.clear();
        for account in &mut portfolio.accounts {
            account.place = None;
            account.namesake = 0;
            account.kind_origin = AccountKindOrigin::Assumed;
            for position in &mut account.positions {
                position.place = None;
                if std::mem::take(&mut position.value_computed) {
                    position.value = None;
                }
                for lot in &mut position.lots {
                    lot.place = None;
                    lot.id = String::new();
                }
            }
        }
        portfolio
    }

    /// An order for one of them says for which, and that name means it everywhere.
    #[test]
    fn accounts_of_one_name_are_told_apart() {
        let account = |cash: u32| format!("[[account]]\nname = \"Brokerage\"\nkind = \"taxable\"\ncash = {cash}\n");
        let text = [account(1), account(2), account(3).replace("Brokerage", "Roth")].concat();
        let found = read(&[RawFile::new("p.toml", text.into_bytes())], &[], &mut Sink::default());
        let called: Vec<String> = found.accounts.iter().map(Account::label).collect();
        assert_eq!(called, ["Brokerage (1)", "Brokerage (2)", "Roth"]);
        let meant = |key: &str| found.accounts.iter().map(|account| key_matches(key, account)).collect::<Vec<_>>();
        assert_eq!(meant("Brokerage (2)"), [false, true, false]);
        assert_eq!(meant("Brokerage"), [true, true, false]);
    }

    #[test]
    fn a_ticker_that_looks_like_nothing_is_read() {
        let text = "[[account]]\nname = \"A\"\n[[account.position]]\nsymbol = \"NA\"\nkind = \"equity\"\nquantity = 3\nprice = 10\n";
        let file = RawFile::new("p.toml", text.as_bytes().to_vec());
        let found = read(&[file], &[], &mut Sink::default());
        assert_eq!(found.accounts[0].positions[0].canonical, Some(Symbol::new("NA")));
    }

    proptest! {
        #[test]
        fn a_portfolio_reads_back_the_same(accounts in proptest::collection::vec(account(), 0..3)) {
            let mut portfolio = Portfolio { accounts, ..Portfolio::default() };
            portfolio.accounts.sort_by_key(Account::label);
            let text = to_toml(&portfolio);
            let file = RawFile::new("p.toml", text.clone().into_bytes());
            let mut sink = Sink::default();
            let again = read(&[file], &[], &mut sink);
            if portfolio.accounts.is_empty() {
                return Ok(());
            }
            prop_assert!(!sink.has_errors(), "{:?}\n{text}", sink.items.iter().map(|item| &item.message).collect::<Vec<_>>());
            prop_assert_eq!(bare(again), bare(portfolio), "{}", text);
        }
    }
}
