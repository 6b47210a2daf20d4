//! Deposits and withdrawals: exposure, rules and plan see one household, as it is after them.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use broaden::diagnostics::{Sink, Source};
use broaden::model::{Measure, RawFile, Side};
use broaden::pipeline::{self, Inputs, WhatIf};
use broaden::proposal::Proposal;
use broaden::report::{self, Options};
use broaden::units::{Decimal, Money};

const FUND: &str = "
[[account]]
name = \"Roth\"
id = \"TEST-1234\"
kind = \"roth\"
cash = CASH
as-of = 2026-11-20

[[account.position]]
symbol = \"QQQ\"
price = 600
quantity = 100
";

fn inputs(holdings: &str, config: &str, what_if: WhatIf) -> Inputs {
    let caps = "[limits.tech]\nbase = \"45%\"\nmin = \"30%\"\n[limits.mag7]\nbase = \"30%\"\n";
    let config = Source::file("broaden.toml", format!("{caps}{config}"));
    Inputs {
        holdings: vec![RawFile::new("household.toml", holdings.as_bytes().to_vec())],
        config: Some(config),
        what_if,
        today: chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        ..Inputs::default()
    }
}

fn advise(holdings: &str, config: &str, what_if: WhatIf) -> Proposal {
    let mut sink = Sink::default();
    let found = pipeline::advise(&inputs(holdings, config, what_if), &mut sink);
    assert!(found.is_some(), "{:?}", sink.items);
    found.unwrap()
}

fn deposit(amount: &str) -> WhatIf {
    WhatIf { deposit: vec![amount.to_owned()], ..WhatIf::default() }
}

fn withdraw(amount: &str) -> WhatIf {
    WhatIf { withdraw: vec![amount.to_owned()], ..WhatIf::default() }
}

fn fired(proposal: &Proposal) -> bool {
    proposal.verdicts.iter().find(|verdict| verdict.id == "limits.tech").unwrap().fired
}

fn sold(proposal: &Proposal) -> Money {
    proposal.trades.iter().filter(|trade| trade.side == Side::Sell).map(|trade| trade.value).sum()
}

fn dollars(amount: i64) -> Money {
    Money(Decimal::from(amount))
}

/// What was measured is what the plan was made from: the value, and every cap.
fn agree(proposal: &Proposal, words: &str) {
    let nothing = &proposal.plan.nothing;
    assert_eq!(proposal.exposure.value, nothing.value, "{words}");
    let mut compared = 0;
    for verdict in &proposal.verdicts {
        if let (Some(measured), Some(before)) = (verdict.measured, nothing.weights.get(&verdict.id)) {
            assert!((measured.0 - before).abs() < 1e-9, "{words}: {} {measured:?} {before}", verdict.id);
            let over = verdict.over().unwrap_or(0.0);
            assert!(!verdict.fired || over > 0.0, "{words}: {}", verdict.id);
            compared += 1;
        }
    }
    assert!(compared >= 3, "{words}: {compared}");
    for account in &proposal.problem.accounts {
        let own = |side| {
            let own = proposal.trades.iter().filter(move |trade| trade.account == account.id && trade.side == side);
            own.map(|trade| trade.value).sum::<Money>()
        };
        let cash = account.cash + account.flow + own(Side::Sell) - own(Side::Buy);
        let after = proposal.plan.outcome.cash[&account.id];
        // Less spreads: no more than ten basis points.
        let spreads = (own(Side::Sell) + own(Side::Buy)).times(Decimal::new(1, 3));
        assert!(after <= cash && cash - after <= spreads, "{words}: {cash:?} {after:?}");
    }
}

/// QQQ is two thirds tech: of $60,000 in it and $20,000 in cash half is; with as much cash again, it is below the cap.
#[test]
fn a_deposit_may_bring_a_cap_below_its_limit() {
    let holdings = FUND.replace("CASH", "20000");
    let without = advise(&holdings, "", WhatIf::default());
    assert!(fired(&without) && sold(&without).is_positive());
    let configured = "[accounts.TEST-1234]\ndeposit = 20000\n";
    for (words, with) in [
        ("option", advise(&holdings, "", deposit("20000"))),
        ("config", advise(&holdings, configured, WhatIf::default())),
    ] {
        assert_eq!(with.exposure.value, dollars(100_000), "{words}");
        assert!(!fired(&with) && with.trades.is_empty(), "{words}: {:?}", with.trades);
        agree(&with, words);
    }
}

#[test]
fn a_withdrawal_may_break_a_cap_and_every_report_says_what_its_figures_are_of() {
    let holdings = FUND.replace("CASH", "40000");
    let before = advise(&holdings, "", WhatIf::default());
    assert!(!fired(&before) && before.trades.is_empty());
    let after = advise(&holdings, "", withdraw("30000"));
    assert!(fired(&after) && sold(&after).is_positive());
    agree(&after, "withdrawal");
    let limit = after.verdicts.iter().find(|verdict| verdict.id == "limits.tech").unwrap();
    let now = limit.measured.unwrap().percent();
    let options = Options { width: 200, colour: false };
    let text = report::text::render(&after, options);
    assert!(text.contains("Every figure is after this: $30,000.00 leaves ...1234 Roth\n"), "{text}");
    assert!(text.contains(&format!("is {now} of all you own, through funds too; your limit is 45.0%")), "{text}");
    // The same weight stands in what is owned, in the reason, in what changes and in the rule.
    assert!(text.matches(now.as_str()).count() >= 3, "{text}");
}

#[test]
fn cash_that_is_yet_to_be_raised_counts_below_zero_and_is_said() {
    let proposal = advise(&FUND.replace("CASH", "5000"), "", withdraw("15000"));
    agree(&proposal, "beyond the cash");
    assert_eq!((proposal.exposure.value, proposal.exposure.cash), (dollars(50_000), dollars(-10_000)));
    assert!(sold(&proposal) >= dollars(10_000));
    let words = "$15,000.00 leaves ...1234 Roth, $10,000.00 of it yet to be raised by sales; before the trades weights \
                 are of what stays, and cash that is yet to be raised counts below zero";
    let options = Options { width: 400, colour: false };
    assert!(report::text::render(&proposal, options).contains(words));
    assert!(report::html::render(&proposal, options).contains(words));
    let markdown = report::markdown::render(&proposal, options);
    assert!(markdown.contains(&format!("Every figure is after this: {words}\n")), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&report::json::render(&proposal, options)).unwrap();
    let flow = serde_json::json!([{"account": "...1234 Roth", "amount": "-15000.00", "to_raise": "10000.00"}]);
    assert_eq!(json["flows"], flow);
    assert_eq!(json["accounts"][0]["cash"], "5000.00");
}

#[test]
fn measured_and_planned_agree_whatever_comes_and_goes() {
    let other = FUND.replace("CASH", "3000").replace("TEST-1234", "TEST-5678").replace("roth", "taxable");
    let other = other
        .replace("Roth", "Individual")
        .replace("quantity = 100", "lot = [{ opened = 2020-01-02, quantity = 50, cost-basis = 9000 }]");
    let holdings = FUND.replace("CASH", "20000") + &other;
    let (roth, individual) = ("TEST-1234", "TEST-5678");
    for amount in [1, 499, 10_000, 25_000, 80_000, 1_000_000] {
        let ask = |account: &str| vec![format!("{account}={amount}")];
        let into = |account| WhatIf { deposit: ask(account), ..WhatIf::default() };
        let out = |account| WhatIf { withdraw: ask(account), ..WhatIf::default() };
        let mut asked = vec![into(roth), into(individual)];
        asked.push(WhatIf { deposit: ask(roth), withdraw: vec![format!("{individual}=7000.55")], ..WhatIf::default() });
        if amount <= 80_000 {
            asked.push(out(roth));
        }
        if amount <= 25_000 {
            asked.extend([
                out(individual),
                WhatIf { deposit: ask(individual), withdraw: ask(roth), ..WhatIf::default() },
            ]);
        }
        for what_if in asked {
            let words = format!("{what_if:?}");
            let plain = advise(&holdings, "", WhatIf::default());
            let proposal = advise(&holdings, "", what_if);
            agree(&proposal, &words);
            let flows: Money = proposal.flows().iter().map(|flow| flow.amount).sum();
            assert_eq!(proposal.exposure.value, plain.exposure.value + flows, "{words}");
        }
    }
}

/// A margin debit of one account is not what a withdrawal from another needs.
#[test]
fn a_debit_elsewhere_gives_a_withdrawal_no_more_turnover() {
    let debit = FUND.replace("CASH", "-10000").replace("TEST-1234", "TEST-5678").replace("Roth", "Margin");
    let holdings = FUND.replace("CASH", "20000") + &debit;
    let proposal = advise(&holdings, "", withdraw("TEST-1234=5000"));
    let limit = proposal.problem.limits.iter().find_map(|limit| match limit.measure {
        Measure::Turnover(most) => Some(most.0),
        _ => None,
    });
    // 5% of the $130,000 before, as a share of the $125,000 that stay.
    assert!((limit.unwrap() - 0.05 * 130.0 / 125.0).abs() < 1e-9, "{limit:?}");
}

#[test]
fn what_is_taken_out_of_everything_leaves_nothing_to_weigh() {
    let said = |amount: &str| -> Option<String> {
        let mut sink = Sink::default();
        let plan = pipeline::advise(&inputs(&FUND.replace("CASH", "5000"), "", withdraw(amount)), &mut sink);
        assert_eq!(plan.is_none(), sink.has_errors());
        sink.items.into_iter().find(|item| item.code.id == "negative-value").map(|item| item.message)
    };
    let words = "after the withdrawals, what is owned is worth $0.00, so no weight can be measured";
    assert_eq!(said("65000").as_deref(), Some(words));
    // Of shares that are worth more than what is left, none could be sold without selling too much.
    let words = "after the withdrawals, $64.99 of $65,000.00 are left, too little to plan with";
    assert_eq!(said("64935.01").as_deref(), Some(words));
    assert_eq!(said("64935"), None);
}

#[test]
fn exposure_measures_after_what_the_config_says_comes_and_goes() {
    let config = "[accounts.TEST-1234]\nwithdraw = 30000\n";
    let inputs = inputs(&FUND.replace("CASH", "40000"), config, WhatIf::default());
    let mut sink = Sink::default();
    let setup = pipeline::configure(&inputs, &mut sink);
    let measured = pipeline::measured(&inputs, &setup, &mut sink).unwrap();
    assert_eq!(measured.household.value, dollars(70_000));
    assert_eq!(measured.accounts[0].exposure.value, dollars(70_000));
    let choice = report::exposure::Choice::default();
    let text = report::exposure::render(&measured, choice, Options { width: 200, colour: false });
    assert!(text.contains("every figure is after this: $30,000.00 leaves ...1234 Roth\n"), "{text}");
}

/// Who places orders from a ticket sees there what must come before the purchases, and what the cash is after.
#[test]
fn a_ticket_says_what_comes_and_what_is_taken_out() {
    let options = Options { width: 88, colour: false };
    let leaving = advise(&FUND.replace("CASH", "5000"), "", withdraw("15000"));
    let ticket = report::ticket::render(&leaving, options);
    let words = "WITHDRAW $15,000.00 once the sells have settled: the cash below is after it.\n\ncash after";
    assert!(ticket.contains(words), "{ticket}");
    let coming = advise(&FUND.replace("CASH", "-5000"), "", deposit("7000"));
    assert!(sold(&coming).is_positive());
    let ticket = report::ticket::render(&coming, options);
    assert!(
        ticket.contains("\n1. DEPOSIT $7,000.00 first: the purchases and the cash below count on it.\n\n2. SELL"),
        "{ticket}"
    );
}

#[test]
fn money_of_an_account_in_no_figure_is_refused() {
    let other = FUND.replace("CASH", "9000").replace("TEST-1234", "TEST-8888").replace("Roth", "Apart");
    let foreign = other.replace("TEST-8888", "TEST-7777").replace("cash = 9000", "currency = \"EUR\"");
    let holdings = FUND.replace("CASH", "20000") + &other + &foreign;
    let scope = "[accounts.TEST-8888]\nout-of-scope = true\n";
    let configured = format!("{scope}withdraw = 5\n");
    for (config, what_if) in [
        (scope, deposit("8888=1000")),
        (scope, withdraw("8888=1000")),
        (scope, deposit("7777=1000")),
        (scope, withdraw("7777=1000")),
        (configured.as_str(), WhatIf::default()),
    ] {
        let mut sink = Sink::default();
        assert!(pipeline::advise(&inputs(&holdings, config, what_if.clone()), &mut sink).is_none(), "{what_if:?}");
        assert!(sink.has_errors(), "{what_if:?}");
        assert!(sink.items.iter().any(|item| item.code.id == "flow-outside"), "{what_if:?}: {:?}", sink.items);
    }
    assert!(!advise(&holdings, scope, WhatIf::default()).exposure.value.is_zero());
}

#[test]
fn money_on_its_way_out_cannot_be_withdrawn_too() {
    let holdings = FUND.replace("CASH", "9000\npending = -2500").replace("quantity = 100", "quantity = 1");
    let worth = |amount: &str| {
        let mut sink = Sink::default();
        let found = pipeline::advise(&inputs(&holdings, "", withdraw(amount)), &mut sink);
        let said = sink.items.iter().find(|item| item.code.id == "withdrawal-too-large");
        (found.is_some(), said.map(|item| item.message.clone()))
    };
    assert_eq!(worth("7000"), (true, None));
    let words = "$7,200.00 is to be withdrawn from ...1234 Roth, which is worth $7,100.00";
    assert_eq!(worth("7200"), (false, Some(words.to_owned())));
}
