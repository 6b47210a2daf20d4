//! Random households: accounts of every kind, lots with gains and losses, look-through, spreads, budgets, whole shares.
//! The same seed gives the same household on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use broaden::model::{
    Limit, LotId, LotOrigin, Measure, PastTrade, Reaction, Risk, Side, Symbol, Target, TaxTreatment, Term,
};
use broaden::plan::{Decided, Mode, PlanAccount, PlanLot, Problem, Security, TaxSettings, WashSales};
use broaden::units::{Decimal, Money, Price, Shares, Weight};

/// A small generator (splitmix64), so that no dependency decides what a seed means.
pub struct Dice(u64);

impl Dice {
    /// Returns the generator of a seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x1234_5678))
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// Returns a whole number from 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
    /// Returns a whole number in a range, both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }
    /// Returns true in so many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    /// Returns one of some things.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(things.len()).unwrap_or(0);
        things.get(usize::try_from(self.below(count)).unwrap_or(0))
    }
    /// Puts things in another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for end in (1..things.len()).rev() {
            let other = usize::try_from(self.below(u64::try_from(end + 1).unwrap_or(1))).unwrap_or(0);
            things.swap(end, other);
        }
    }
}

/// Symbol, price in cents, percent of tech, half-spread in basis points, buyable.
const SYMBOLS: [(&str, i64, i64, i64, bool); 10] = [
    ("NVDA", 10_000, 100, 5, false),
    ("MSFT", 21_150, 100, 2, false),
    ("QQQ", 5_000, 50, 0, false),
    ("VTV", 5_000, 8, 0, false),
    ("XOM", 10_000, 0, 0, false),
    ("VOO", 48_217, 33, 1, false),
    ("SPY", 52_391, 33, 1, true),
    ("XLI", 5_000, 0, 2, true),
    ("IWM", 13_725, 14, 2, true),
    ("XLF", 13_725, 2, 2, true),
];

/// What a generator may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// What the reference model of the worked cases knows: caps, targets, budgets, spreads, whole shares.
    Plain,
    /// Everything: minimum trades, tickets, floors, sleeve maxima, menus, locks, past trades, priced mode, average cost,
    /// risk caps.
    Full,
}

fn cents(amount: i64) -> Money {
    Money(Decimal::new(amount, 2))
}

fn percent(value: i64) -> Weight {
    Weight(Money(Decimal::new(value, 2)).to_f64())
}

fn limit(id: &str, measure: Measure) -> Limit {
    Limit { id: id.to_owned(), kind: "random", measure, origin: "random".to_owned() }
}

/// Returns the household of a seed.
pub fn household(seed: u64, shape: Shape) -> Problem {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let full = shape == Shape::Full;
    let as_of = "2026-06-30".parse().unwrap_or_default();
    let kinds = [TaxTreatment::Taxable, TaxTreatment::Traditional, TaxTreatment::Roth, TaxTreatment::Taxable];
    let count = 1 + dice.below(3);
    let mut accounts: Vec<PlanAccount> = (0..count)
        .map(|index| PlanAccount {
            id: format!("A{index}"),
            kind: if index == 0 {
                TaxTreatment::Taxable
            } else {
                dice.pick(&kinds).copied().unwrap_or(TaxTreatment::Roth)
            },
            cash: cents(if dice.chance(50) { 0 } else { dice.between(0, 500_000) }),
            flow: Money::ZERO,
            reserve: Money::ZERO,
            menu: None,
            neutral: None,
            do_not_buy: Vec::new(),
            do_not_sell: Vec::new(),
            increment: Decimal::ONE,
        })
        .collect();
    if dice.chance(20) {
        let flow = dice.between(-800_000, 800_000);
        if let Some(account) = accounts.first_mut() {
            account.flow = cents(flow);
        }
    }
    if full && dice.chance(20) {
        let reserve = cents(dice.between(0, 100_000));
        if let Some(account) = accounts.last_mut() {
            account.reserve = reserve;
        }
    }
    let mut securities = BTreeMap::new();
    let mut tech = BTreeMap::new();
    for (name, price, share, spread, _) in SYMBOLS {
        let identity = if name == "SPY" || name == "VOO" { "sp500" } else { name };
        let spread = if dice.chance(50) { Decimal::from(spread) } else { Decimal::ZERO };
        securities.insert(
            Symbol::new(name),
            Security { price: Price(Decimal::new(price, 2)), half_spread_bps: spread, identity: identity.to_owned() },
        );
        tech.insert(Symbol::new(name), Money(Decimal::new(share, 2)).to_f64());
    }
    let dates = ["2019-03-01", "2023-05-05", "2025-08-20", "2026-03-10", "2026-06-20", "2025-07-10"];
    let lots = (0..dice.between(2, 24)).map(|index| lot(dice, index, count, &dates, full)).collect::<Vec<_>>();
    let mut limits = vec![limit(
        "tech",
        Measure::ExposureCap {
            coefficients: tech.clone(),
            cap: percent(dice.between(5, 60)),
            trigger: percent(if full && dice.chance(20) { 2 } else { 0 }),
        },
    )];
    if dice.chance(50) {
        let coefficients: BTreeMap<Symbol, f64> = [
            (Symbol::new("NVDA"), 1.0),
            (Symbol::new("QQQ"), 0.08),
            (Symbol::new("SPY"), 0.07),
            (Symbol::new("VOO"), 0.07),
        ]
        .into_iter()
        .collect();
        let cap = percent(dice.between(5, 30));
        limits.push(limit("pos:NVDA", Measure::ExposureCap { coefficients, cap, trigger: Weight(0.0) }));
    }
    if dice.chance(40) {
        limits.push(limit("gain_budget", Measure::GainBudget(cents(dice.between(0, 400_000)))));
    }
    if dice.chance(40) {
        limits.push(limit("max_turnover", Measure::Turnover(percent(dice.between(1, 30)))));
    }
    if dice.chance(20) {
        let symbol = dice.pick(&SYMBOLS).map_or("NVDA", |row| row.0);
        limits.push(limit("do_not_sell", Measure::DoNotSell(vec![Symbol::new(symbol)])));
    }
    let mut buyable = Vec::new();
    let mut targets = Vec::new();
    for (name, ..) in SYMBOLS.iter().filter(|row| row.4) {
        if dice.chance(75) {
            buyable.push(Symbol::new(name));
            if dice.chance(75) {
                targets.push(Target {
                    id: format!("under:{name}"),
                    symbol: Symbol::new(name),
                    weight: percent(dice.between(1, 15)),
                    reaction: Reaction::Fill,
                    origin: "random".to_owned(),
                });
            }
        }
    }
    let realised = |dice: &mut Dice| if dice.chance(30) { cents(dice.between(-600_000, 600_000)) } else { Money::ZERO };
    let carried = |dice: &mut Dice| if dice.chance(20) { cents(dice.between(0, 500_000)) } else { Money::ZERO };
    let tax = TaxSettings {
        short_rate: Decimal::new(dice.between(10, 45), 2),
        long_rate: Decimal::new(dice.between(0, 24), 2),
        ordinary_rate: Decimal::new(dice.between(10, 45), 2),
        loss_limit: cents(300_000),
        realised_short: realised(dice),
        realised_long: realised(dice),
        carry_short: carried(dice),
        carry_long: carried(dice),
        filing: None,
        deferral_weight: 1.0,
    };
    let mut problem = Problem {
        as_of,
        accounts,
        securities,
        lots,
        fixed: Vec::new(),
        limits,
        targets,
        buyable,
        tax,
        trades: Vec::new(),
        identities: BTreeMap::new(),
        average_cost: BTreeSet::new(),
        wash_sales: WashSales::Block,
        caps_after_costs: true,
        whole_shares: dice.chance(30),
        near_long_term_days: if dice.chance(20) { 45 } else { 0 },
        set_aside_tax: dice.chance(20),
        kept_for_tax: Money::ZERO,
        ticket: Money::ZERO,
        mode: Mode::Lexicographic,
        sleeves: BTreeSet::new(),
        trim_order: BTreeMap::new(),
        route: None,
        neutral: None,
        elsewhere: BTreeMap::new(),
        in_dollars: BTreeSet::new(),
        decided: Decided::default(),
    };
    if full {
        extras(dice, &mut problem, &tech);
    }
    problem
}

fn lot(dice: &mut Dice, index: i64, accounts: u64, dates: &[&str], full: bool) -> PlanLot {
    let (symbol, price, ..) = dice.pick(&SYMBOLS).copied().unwrap_or(SYMBOLS[0]);
    let whole = dice.between(1, 120);
    let quantity =
        if dice.chance(10) { Decimal::new(whole * 1_000 + dice.between(1, 999), 3) } else { Decimal::from(whole) };
    let ratio = dice.between(20, 140);
    let basis = (Decimal::new(price, 2) * quantity * Decimal::new(ratio, 2)).round_dp(2);
    let acquired = dice.pick(dates).and_then(|date| date.parse().ok());
    let unknown_date = full && dice.chance(5);
    PlanLot {
        id: LotId::new(usize::try_from(index).unwrap_or_default()),
        origin: LotOrigin { own: format!("L{index:02}"), ..LotOrigin::default() },
        account: format!("A{}", dice.below(accounts)),
        symbol: Symbol::new(symbol),
        quantity: Shares(quantity),
        basis: (!(full && dice.chance(5))).then_some(Money(basis)),
        acquired: acquired.filter(|_| !unknown_date),
        term: unknown_date.then_some(if dice.chance(50) { Term::Long } else { Term::Short }),
        locked: (full && dice.chance(3)).then(|| "restricted until 2027".to_owned()),
        unlocks: None,
    }
}

fn extras(dice: &mut Dice, problem: &mut Problem, tech: &BTreeMap<Symbol, f64>) {
    if dice.chance(30) {
        problem.limits.push(limit("min_trade", Measure::MinTrade(cents(dice.between(1_000, 100_000)))));
    }
    if dice.chance(15) {
        let most = u32::try_from(dice.between(0, 6)).unwrap_or(6);
        problem.limits.push(limit("max_trades", Measure::MaxTrades(most)));
    }
    if dice.chance(10) {
        problem.ticket = cents(dice.between(100, 1_500));
    }
    if dice.chance(25) {
        let measure = Measure::ExposureFloor { coefficients: tech.clone(), floor: percent(dice.between(2, 40)) };
        problem.limits.push(limit("core", measure));
    }
    if dice.chance(25) {
        let symbols = vec![Symbol::new("XLI"), Symbol::new("XLF")];
        problem.limits.push(limit("sleeves", Measure::BuyCap { symbols, cap: percent(dice.between(1, 20)) }));
    }
    if dice.chance(15) {
        problem.limits.push(limit("tax_budget", Measure::TaxBudget(cents(dice.between(0, 100_000)))));
    }
    if dice.chance(5) {
        problem.limits.push(limit("buy_only", Measure::BuyOnly));
    }
    if dice.chance(10) {
        problem.limits.push(limit("do_not_buy", Measure::DoNotBuy(vec![Symbol::new("IWM")])));
    }
    if dice.chance(15)
        && let Some(account) = problem.accounts.last_mut()
    {
        account.menu = Some(vec![Symbol::new("SPY"), Symbol::new("XLF")]);
    }
    if dice.chance(10)
        && let Some(account) = problem.accounts.first_mut()
    {
        account.do_not_sell = vec![Symbol::new("NVDA")];
        account.increment = Decimal::new(1, 3);
    }
    if dice.chance(20) {
        for _ in 0..dice.between(1, 3) {
            let symbol = dice.pick(&SYMBOLS).map_or("NVDA", |row| row.0);
            let date = ["2026-06-15", "2026-05-31", "2026-05-30", "2026-07-10"]
                .get(usize::try_from(dice.below(4)).unwrap_or(0))
                .copied();
            let gain = cents(dice.between(-50_000, 50_000));
            problem.trades.push(PastTrade {
                date: date.unwrap_or_default().parse().unwrap_or_default(),
                account: format!("A{}", dice.below(3)),
                symbol: Symbol::new(symbol),
                side: if dice.chance(50) { Side::Sell } else { Side::Buy },
                quantity: Shares(Decimal::from(dice.between(1, 20))),
                gain: dice.chance(80).then_some(gain),
                outside: dice.chance(20),
                place: None,
                details: Default::default(),
            });
        }
    }
    if dice.chance(10) {
        problem.mode =
            Mode::Priced { cap: Decimal::new(dice.between(1, 30), 2), target: Decimal::new(dice.between(1, 30), 2) };
    }
    if dice.chance(10) {
        problem.wash_sales = WashSales::Warn;
    }
    if dice.chance(15) {
        average_cost(dice, problem);
    }
    if dice.chance(10) {
        let risk = if dice.chance(50) { Risk::Mad } else { Risk::Cvar { level: 0.75 } };
        let cap = Weight(Money(Decimal::new(dice.between(2, 40), 3)).to_f64());
        let moves =
            |dice: &mut Dice| (0..12).map(|_| Money(Decimal::new(dice.between(-100, 110), 3)).to_f64()).collect();
        let returns = SYMBOLS.iter().map(|row| (Symbol::new(row.0), moves(dice))).collect();
        let trigger = percent(i64::from(dice.chance(20)));
        problem.limits.push(limit("risk", Measure::RiskCap { risk, returns: Arc::new(returns), cap, trigger }));
    }
}

/// Puts one holding of the first account at average cost.
fn average_cost(dice: &mut Dice, problem: &mut Problem) {
    let Some(row) = dice.pick(&SYMBOLS) else { return };
    let symbol = Symbol::new(row.0);
    let is_own = |lot: &PlanLot| lot.account == "A0" && lot.symbol == symbol;
    let own: Vec<&PlanLot> = problem.lots.iter().filter(|lot| is_own(lot)).collect();
    let shares: Decimal = own.iter().map(|lot| lot.quantity.decimal()).sum();
    let Some(basis) = own.iter().map(|lot| lot.basis.map(Money::decimal)).sum::<Option<Decimal>>() else { return };
    if shares.is_zero() {
        return;
    }
    for lot in problem.lots.iter_mut().filter(|lot| is_own(lot)) {
        lot.basis = Some(Money((basis * lot.quantity.decimal() / shares).round_dp(6)));
    }
    problem.average_cost.insert(("A0".to_owned(), symbol));
}
