//! What is compared of a proposal: read back from its JSON, or taken from the proposal itself.
//!
//! The names are those of `schema/proposal.json`; everything that an older file may lack is optional.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Proposal;
use crate::model::Side;
use crate::units::Shares;

/// Version of the JSON of a proposal; 1 is that of 0.1.0, which had `plan.whole_bound` and `plan.whole_cost`.
pub const SCHEMA: u32 = 2;

/// The part of a proposal that can differ from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Snapshot {
    /// Version of the format.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// The day of the answer.
    pub as_of: String,
    /// The effective config.
    #[serde(default)]
    pub config: Option<BTreeMap<String, ConfigShot>>,
    /// Options of that run.
    #[serde(default)]
    pub asked: Vec<AskedShot>,
    /// Price of each symbol.
    #[serde(default)]
    pub prices: BTreeMap<String, String>,
    /// What is held.
    pub accounts: Vec<AccountShot>,
    /// What the market says.
    pub strength: StrengthShot,
    /// The orders.
    pub trades: Vec<TradeShot>,
    /// What the plan comes to.
    #[serde(default)]
    pub plan: Option<PlanShot>,
}

/// What a plan comes to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PlanShot {
    /// After its trades.
    #[serde(default)]
    pub outcome: OutcomeShot,
}

/// Weights after trades.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct OutcomeShot {
    /// By limit.
    #[serde(default)]
    pub weights: BTreeMap<String, f64>,
}

/// A value of the config.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ConfigShot {
    /// As TOML.
    pub value: String,
    /// Where it comes from.
    pub origin: String,
}

/// An option of the run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AskedShot {
    /// The option, with its dashes.
    pub option: String,
    /// Its value.
    pub value: String,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AccountShot {
    /// Its label.
    pub id: String,
    /// Its cash in dollars.
    #[serde(default)]
    pub cash: Option<String>,
    /// Its holdings; `None` in files that do not say.
    #[serde(default)]
    pub positions: Option<Vec<PositionShot>>,
}

/// A holding.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PositionShot {
    /// Ticker or name.
    pub symbol: String,
    /// Shares.
    pub quantity: Option<String>,
}

/// The market.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct StrengthShot {
    /// The strength.
    pub value: f64,
    /// All brakes together.
    pub brake: String,
    /// Why nothing is done for rotation, if so.
    pub frozen: Option<String>,
    /// The signals.
    pub parts: Vec<SignalShot>,
}

/// A signal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SignalShot {
    /// Its id.
    pub id: String,
    /// What it read.
    pub value: Option<f64>,
    /// Its part of the score.
    pub weight: f64,
}

/// An order, or the part of one that is of one lot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TradeShot {
    /// Label of the account.
    pub account: String,
    /// `sell` or `buy`.
    pub side: String,
    /// What.
    pub symbol: String,
    /// Shares; `None` where no price was known, and the order was one of dollars.
    pub quantity: Option<String>,
    /// Dollars.
    #[serde(default)]
    pub value: Option<String>,
    /// The lot of a sale.
    #[serde(default)]
    pub lot: Option<LotShot>,
}

/// A lot.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LotShot {
    /// Its id.
    pub id: String,
    /// When it was bought.
    pub opened: Option<String>,
}

/// Cuts float noise, so that the same inputs give the same bytes wherever they run; no minus before a zero.
pub(crate) fn cut(value: f64) -> f64 {
    (value * 1e9).round() / 1e9 + 0.0
}

/// Returns shares as the JSON writes them.
fn shares(quantity: Shares) -> String {
    quantity.decimal().normalize().to_string()
}

impl Snapshot {
    /// Takes the snapshot of a proposal, as reading its JSON would give it.
    pub fn of(proposal: &Proposal) -> Snapshot {
        let config = proposal
            .config
            .iter()
            .map(|value| (value.key.clone(), ConfigShot { value: value.value.clone(), origin: value.origin.clone() }));
        let account = |account: &crate::model::Account| AccountShot {
            id: account.label(),
            cash: account.cash_in("USD").map(|cash| format!("{:.2}", cash.to_cents().decimal())),
            positions: Some(
                account
                    .positions
                    .iter()
                    .map(|position| PositionShot { symbol: position.label(), quantity: position.quantity.map(shares) })
                    .collect(),
            ),
        };
        let trade = |trade: &crate::trades::Trade| TradeShot {
            account: trade.account.clone(),
            side: if trade.side == Side::Sell { "sell" } else { "buy" }.to_owned(),
            symbol: trade.symbol.to_string(),
            quantity: trade.shares().map(shares),
            value: Some(format!("{:.2}", trade.value.decimal())),
            lot: trade.lot.as_ref().map(|lot| LotShot {
                id: lot.origin.words_in(&trade.account, &trade.symbol),
                opened: lot.opened.map(|date| date.to_string()),
            }),
        };
        let strength = &proposal.strength;
        Snapshot {
            schema: SCHEMA,
            version: proposal.version.to_owned(),
            as_of: proposal.as_of.to_string(),
            config: Some(config.collect()),
            asked: proposal
                .asked
                .iter()
                .map(|asked| AskedShot { option: asked.option.clone(), value: asked.value.clone() })
                .collect(),
            prices: proposal.prices(),
            accounts: proposal.portfolio.accounts.iter().map(account).collect(),
            strength: StrengthShot {
                value: cut(strength.value.0),
                brake: strength.brake.level.word().to_owned(),
                frozen: strength.frozen.clone(),
                parts: strength
                    .parts
                    .iter()
                    .map(|part| SignalShot {
                        id: part.reading.id.clone(),
                        value: part.reading.value.map(cut),
                        weight: cut(part.weight),
                    })
                    .collect(),
            },
            trades: proposal.trades.iter().map(trade).collect(),
            plan: Some(PlanShot {
                outcome: OutcomeShot {
                    weights: proposal
                        .plan
                        .outcome
                        .weights
                        .iter()
                        .map(|(id, weight)| (id.clone(), cut(*weight)))
                        .collect(),
                },
            }),
        }
    }
}
