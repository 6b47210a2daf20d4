//! Wash sales (IRC 1091) see every account of the files, options to buy, and what has no purchase date: a loss that may be
//! washed is not booked without a word.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use broaden::diagnostics::{Sink, Source};
use broaden::model::{RawFile, Side};
use broaden::pipeline::{self, Inputs};
use broaden::proposal::Proposal;

const CONFIG: &str = "
[tax]
short-rate = \"37%\"
long-rate = \"20%\"
[limits.turnover]
max = \"20%\"
[limits.one]
kind = \"position-cap\"
symbols = [\"NVDA\"]
max = \"15%\"
";

/// 100 NVDA at 180 that cost 30,000 in 2024, in a taxed account.
const OWN: &str = "
[[account]]
name = \"Individual\"
id = \"A-1111\"
kind = \"taxable\"
cash = 1000
as-of = 2026-11-20
[[account.position]]
symbol = \"NVDA\"
price = 180
lot = [{ opened = 2024-01-10, quantity = 100, cost-basis = \"30000\" }]
[[account.position]]
symbol = \"BND\"
price = 74
lot = [{ opened = 2020-01-10, quantity = 500, cost-basis = \"37000\" }]
";

/// Another account with NVDA, as `lots` says.
fn roth(lots: &str, more: &str) -> String {
    format!(
        "[[account]]\nname = \"Other\"\nid = \"B-2222\"\nkind = \"roth\"\ncash = 0\nas-of = 2026-11-20\n{more}\n\
         [[account.position]]\nsymbol = \"NVDA\"\nprice = 180\n{lots}\n"
    )
}

const LATELY: &str = "lot = [{ opened = 2026-11-15, quantity = 100, cost-basis = \"18500\" }]";

fn advise(other: &str, config: &str, trades: &str) -> (Proposal, Vec<String>) {
    let mut holdings = vec![RawFile::new("p.toml", format!("{OWN}{other}").into_bytes())];
    if !trades.is_empty() {
        let rows = format!("date,account,symbol,side,quantity,gain,outside\n{trades}\n");
        holdings.push(RawFile::new("trades.csv", rows.into_bytes()));
    }
    let inputs = Inputs {
        holdings,
        config: Some(Source::file("broaden.toml", format!("{CONFIG}{config}"))),
        as_of: "2026-11-20".parse().ok(),
        today: "2026-11-20".parse().unwrap(),
        ..Inputs::default()
    };
    let mut sink = Sink::default();
    let proposal = pipeline::advise(&inputs, &mut sink);
    let said: Vec<String> = sink.items.iter().map(|item| format!("{}: {}", item.code.id, item.message)).collect();
    assert!(proposal.is_some(), "{said:?}");
    (proposal.unwrap(), said)
}

/// Whether NVDA is sold at a loss in the taxed account, and what is said of replacements without a date.
fn outcome(other: &str, config: &str, trades: &str) -> (bool, Vec<String>) {
    let (proposal, said) = advise(other, config, trades);
    let loss = |trade: &&broaden::trades::Trade| {
        trade.side == Side::Sell && trade.lot.as_ref().and_then(|lot| lot.gain).is_some_and(|gain| gain.is_negative())
    };
    let asked = said.into_iter().filter_map(|said| said.strip_prefix("undated-replacement: ").map(str::to_owned));
    (proposal.trades.iter().any(|trade| loss(&trade)), asked.collect())
}

#[test]
fn without_a_replacement_the_loss_is_taken() {
    assert_eq!(outcome("", "", ""), (true, vec![]));
}

/// Five days before the plan a Roth bought 100: the loss would be lost for good (Rev. Rul. 2008-5), traded in or not.
#[test]
fn purchases_in_accounts_that_are_in_no_figure_are_replacements() {
    let out = "[accounts.\"...2222\"]\nout-of-scope = true\n";
    assert_eq!(outcome(&roth(LATELY, ""), "", ""), (false, vec![]));
    assert_eq!(outcome(&roth(LATELY, ""), out, ""), (false, vec![]));
    assert_eq!(outcome(&roth(LATELY, "currency = \"CAD\""), "", ""), (false, vec![]));
    let old = "lot = [{ opened = 2026-10-15, quantity = 100, cost-basis = \"18500\" }]";
    assert_eq!(outcome(&roth(old, ""), out, ""), (true, vec![]));
}

#[test]
fn what_has_no_purchase_date_is_asked_about() {
    let keep = "[accounts.\"...2222\"]\ndo-not-sell = [\"NVDA\"]\n";
    for config in [keep, "[accounts.\"...2222\"]\nout-of-scope = true\n"] {
        let (sold, asked) = outcome(&roth("quantity = 100", ""), config, "");
        assert!(sold && asked.len() == 1, "{asked:?}");
        assert!(asked[0].contains("...2222 Other holds NVDA with no purchase date"), "{asked:?}");
        assert!(asked[0].contains("was any of it, or a dividend, bought since 2026-10-21?"), "{asked:?}");
    }
}

/// What is sold out together with the loss was a replacement all the same, if it was bought within the 30 days before.
#[test]
fn what_is_sold_with_the_loss_is_asked_about_too() {
    let bonds = "quantity = 10\n[[account.position]]\nsymbol = \"BND\"\nprice = 74\nquantity = 1000";
    let none = "[limits.two]\nkind = \"position-cap\"\nsymbols = [\"NVDA\"]\nmax = \"0%\"\n";
    let (proposal, said) = advise(&roth(bonds, ""), none, "");
    let sold =
        |account: &str| proposal.trades.iter().any(|own| own.side == Side::Sell && own.account.contains(account));
    assert!(sold("Other") && sold("Individual"));
    let left = |own: &&broaden::trades::Trade| own.account.contains("Other") && own.quantity.to_f64() < 10.0;
    assert!(!proposal.trades.iter().any(|own| left(&own)), "all ten are sold");
    assert!(said.iter().any(|said| said.starts_with("undated-replacement: ")), "{said:?}");
}

/// "A contract or option so to acquire" is a replacement (IRC 1091(a)): bought seven days before, or held of unknown date.
#[test]
fn options_to_buy_are_replacements() {
    let call = |symbol: &str, side: &str| outcome("", "", &format!("2026-11-13,Individual,{symbol},{side},1,,no")).0;
    assert!(!call("NVDA270115C00150000", "buy"));
    assert!(call("NVDA270115P00150000", "buy"));
    assert!(call("AAPL270115C00250000", "buy"));
    let held = "[[account]]\nname = \"Other\"\nid = \"B-2222\"\nkind = \"taxable\"\ncash = 0\nas-of = 2026-11-20\n\
                [[account.position]]\nname = \"NVDA 01/15/2027 150.00 C\"\nsymbol = \"NVDA270115C00150000\"\n\
                kind = \"option\"\nprice = 40\nquantity = 1\n";
    let (_, asked) = outcome(held, "", "");
    assert!(asked.iter().any(|asked| asked.contains("holds an option to buy NVDA")), "{asked:?}");
}

/// Who places orders from a ticket sees there what bears on them: the demo sells NVDA at a loss, and its IRA holds undated shares.
#[test]
fn a_ticket_leads_with_what_must_be_known_before() {
    let ticket = crate::program::run(&["advise", "portfolios/demo", "--format", "ticket"]).done().out;
    let head = ticket.split("=====").next().unwrap();
    let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["KNOW BEFORE YOU ACT warning: NVDA is sold at a loss of $284.40", "holds NVDA with no purchase date"] {
        assert!(head.contains(part), "{part}: {head}");
    }
}
