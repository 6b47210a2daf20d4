//! The whole proposal as JSON: money and shares as text, weights as numbers, missing as null, ids as in the config.
//!
//! The types of `wire` are the schema (`schema/proposal.json`, kept equal by a test).

mod decided;
mod flows;
mod route;
mod wire;

use std::collections::BTreeMap;

use super::Options;
use crate::diagnostics::Diagnostic;
use crate::explain::brief::brief;
use crate::explain::{self, Overshot, words};
use crate::model::{Account, AccountKindOrigin};
use crate::plan::{Levels, Outcome};
use crate::proposal::{DISCLAIMER, Proposal, Rung, SCHEMA, Since, WhatIf, cut as fraction};
use crate::rules::Verdict;
use crate::rules::strength::BrakeReading;
use crate::signals::Reading;
use crate::trades::Trade;
use crate::units::{Money, Weight};
pub(super) use flows::{FlowWire, flow};
pub(super) use wire::DiagnosticWire;
use wire::*;

/// Returns the proposal as indented JSON with a final line break.
pub fn render(proposal: &Proposal, _: Options) -> String {
    let mut text = escaped(&serde_json::to_string_pretty(&wire(proposal)).unwrap_or_default());
    text.push('\n');
    text
}

/// Returns the proposal as JSON on one line, without a line break.
pub(super) fn on_one_line(proposal: &Proposal) -> String {
    escaped(&serde_json::to_string(&wire(proposal)).unwrap_or_default())
}

/// Returns the proposal as a value.
pub(super) fn value(proposal: &Proposal) -> serde_json::Value {
    serde_json::to_value(wire(proposal)).unwrap_or_default()
}

/// Escapes what would change how a terminal or an editor shows the text; its meaning stays. The characters can only
/// stand in strings.
pub(super) fn escaped(text: &str) -> String {
    let odd = |c: char| crate::diagnostics::text::is_unseen(c) || (c.is_control() && c != '\n');
    if !text.contains(odd) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if odd(character) {
            // Beyond the first plane a character is two escapes.
            let units =
                character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            out.push_str(&units);
        } else {
            out.push(character);
        }
    }
    out
}

/// Returns the JSON Schema of the proposal.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(ProposalWire)).unwrap_or_default();
    text.push('\n');
    text
}

pub(super) fn money(amount: Money) -> String {
    let cents = amount.to_cents();
    // Nothing has no sign.
    format!("{:.2}", if cents.is_zero() { Money::ZERO } else { cents }.decimal())
}

fn monies(map: &BTreeMap<String, Money>) -> BTreeMap<String, String> {
    map.iter().map(|(key, amount)| (key.clone(), money(*amount))).collect()
}

pub(super) fn fractions<K: ToString>(map: impl IntoIterator<Item = (K, f64)>) -> BTreeMap<String, f64> {
    map.into_iter().map(|(key, weight)| (key.to_string(), fraction(weight))).collect()
}

fn wire(proposal: &Proposal) -> ProposalWire {
    let exposure = &proposal.exposure;
    let contribution = |c: &crate::exposure::Contribution| ContributionWire {
        label: c.label.clone(),
        value: money(c.value),
        fraction: fraction(c.fraction),
        weight: fraction(c.weight.0),
    };
    ProposalWire {
        schema: SCHEMA,
        version: proposal.version.to_owned(),
        disclaimer: DISCLAIMER.to_owned(),
        as_of: proposal.as_of.to_string(),
        config_sha256: proposal.config_digest.clone(),
        config: proposal
            .config
            .iter()
            .map(|value| (value.key.clone(), ConfigWire { value: value.value.clone(), origin: value.origin.clone() }))
            .collect(),
        asked: proposal
            .asked
            .iter()
            .map(|asked| AskedWire { option: asked.option.clone(), value: asked.value.clone() })
            .collect(),
        inputs: proposal
            .files
            .iter()
            .map(|file| InputWire {
                name: file.name().to_owned(),
                sha256: file.sha256().to_owned(),
                role: file.role.to_owned(),
            })
            .collect(),
        accounts: proposal.portfolio.accounts.iter().map(account).collect(),
        flows: proposal.flows().iter().map(flow).collect(),
        prices: proposal.prices(),
        exposure: ExposureWire {
            value: money(exposure.value),
            cash: money(exposure.cash),
            coverage: fraction(exposure.coverage),
            unclassified: fraction(exposure.unclassified.0),
            non_equity: fraction(exposure.non_equity.0),
            effective_lines: (exposure.hhi_lines > 0.0).then(|| fraction(1.0 / exposure.hhi_lines)),
            effective_issuers: (exposure.hhi_issuers > 0.0).then(|| fraction(1.0 / exposure.hhi_issuers)),
            sectors: fractions(exposure.sectors.iter().map(|(sector, weight)| (sector.id(), weight.0))),
            themes: exposure
                .themes
                .iter()
                .map(|(id, theme)| {
                    let contributions = theme.contributions.iter().map(contribution).collect();
                    let (weight, through_funds) = (fraction(theme.weight.0), fraction(theme.through_funds.0));
                    let (low, high) = (fraction(theme.low.0), fraction(theme.high.0));
                    (id.clone(), ThemeWire { weight, low, high, through_funds, contributions })
                })
                .collect(),
            issuers: exposure
                .issuers
                .iter()
                .map(|issuer| IssuerWire {
                    issuer: issuer.issuer.clone(),
                    name: issuer.name.clone(),
                    weight: fraction(issuer.weight.0),
                    through_funds: fraction(issuer.through_funds.0),
                })
                .collect(),
            unknown: exposure.unknown.iter().map(contribution).collect(),
            benchmark: BenchmarkWire {
                symbol: exposure.benchmark.symbol.clone(),
                as_of: exposure.benchmark.as_of.map(|date| date.to_string()),
                sectors: fractions(exposure.benchmark.sectors.iter().map(|(sector, weight)| (sector.id(), *weight))),
                themes: fractions(exposure.benchmark.themes.iter().map(|(id, weight)| (id, *weight))),
            },
        },
        strength: strength(proposal),
        verdicts: proposal.verdicts.iter().map(verdict).collect(),
        trades: proposal.trades.iter().map(|one| trade(proposal, one)).collect(),
        do_not_buy: proposal
            .do_not_buy
            .iter()
            .map(|stop| DoNotBuyWire {
                symbol: stop.symbol.to_string(),
                also: stop.also.iter().map(ToString::to_string).collect(),
                until: stop.until.to_string(),
                instead: stop.instead.as_ref().map(ToString::to_string),
            })
            .collect(),
        exact_tax: proposal.exact_tax.as_ref().map(|tax| ExactTaxWire {
            planned: money(tax.planned),
            exact: money(tax.exact),
            year: tax.year,
            source: tax.source.to_owned(),
            short_rate: tax.rates.0.normalize().to_string(),
            long_rate: tax.rates.1.normalize().to_string(),
            first_rates: tax.first_rates.map(|(short, long)| [short, long].map(|rate| rate.normalize().to_string())),
        }),
        distributions: flows::distributions(&proposal.distributions),
        decided: proposal.decided.as_ref().map(|decided| decided::decided(proposal, decided)),
        excluded: proposal
            .excluded
            .iter()
            .map(|holding| ExcludedWire {
                account: holding.account.clone(),
                label: holding.label.clone(),
                value: holding.value.map(money),
                why: holding.why.clone(),
            })
            .collect(),
        plan: PlanWire {
            solver: proposal.plan.solver.clone(),
            outcome: outcome(&proposal.plan.outcome),
            nothing: outcome(&proposal.plan.nothing),
            bound: proposal.plan.bound.as_ref().map(levels),
            overshot: explain::overshot(proposal).iter().map(overshot).collect(),
            binding: proposal.plan.binding.clone(),
            notes: proposal.plan.notes.clone(),
            reversal_cost: money(proposal.reversal_cost()),
            route: route::route(proposal),
        },
        what_if: what_if(&proposal.what_if),
        brief: brief(proposal),
        since: proposal.since.as_ref().map(since),
        diagnostics: proposal.diagnostics.iter().map(diagnostic).collect(),
    }
}

fn account(account: &Account) -> AccountWire {
    let position = |position: &crate::model::Position| PositionWire {
        symbol: position.label(),
        quantity: position.quantity.map(|quantity| quantity.decimal().normalize().to_string()),
        price: position.price.map(|price| price.decimal().normalize().to_string()),
        value: position.value.map(money),
    };
    AccountWire {
        id: account.label(),
        kind: account.kind.id().to_owned(),
        kind_from: match account.kind_origin {
            AccountKindOrigin::Config(_) => "config",
            AccountKindOrigin::GuessedFromName => "name",
            AccountKindOrigin::Assumed => "assumed",
        }
        .to_owned(),
        broker: account.broker.clone(),
        as_of: account.as_of_text.clone(),
        reported_total: account.reported_total.map(money),
        cash: account.cash_in("USD").map(money),
        positions: account.positions.iter().map(position).collect(),
    }
}

fn since(since: &Since) -> SinceWire {
    SinceWire {
        name: since.name.clone(),
        as_of: since.as_of.clone(),
        same: since.same,
        orders: since
            .orders
            .iter()
            .map(|order| OrderChangeWire {
                account: order.account.clone(),
                side: words::verb(order.side).to_owned(),
                symbol: order.symbol.clone(),
                before: order.before.clone(),
                after: order.after.clone(),
                lots: order
                    .lots
                    .iter()
                    .map(|lot| LotChangeWire {
                        lot: lot.lot.clone(),
                        before: lot.before.clone(),
                        after: lot.after.clone(),
                    })
                    .collect(),
                because: order.because.clone(),
            })
            .collect(),
        causes: since
            .causes
            .iter()
            .map(|cause| CauseWire {
                kind: cause.kind.to_owned(),
                subject: cause.subject.clone(),
                before: cause.before.clone(),
                after: cause.after.clone(),
                origin: cause.origin.clone(),
            })
            .collect(),
        done: since
            .done
            .iter()
            .map(|order| DoneOrderWire {
                account: order.account.clone(),
                side: words::verb(order.side).to_owned(),
                symbol: order.symbol.clone(),
                proposed: order.proposed.decimal().normalize().to_string(),
                done: order.done.decimal().normalize().to_string(),
            })
            .collect(),
        drift: since
            .drift
            .iter()
            .map(|own| DriftWire { id: own.id.clone(), planned: fraction(own.planned), now: fraction(own.now) })
            .collect(),
        notes: since.notes.clone(),
    }
}

fn strength(proposal: &Proposal) -> StrengthWire {
    let strength = &proposal.strength;
    let part = |part: &crate::rules::strength::ScorePart| {
        let Reading { id, kind, value, as_of, coverage, stale, note, .. } = part.reading.clone();
        PartWire {
            id,
            kind: kind.to_owned(),
            value: value.map(fraction),
            as_of: as_of.map(|date| date.to_string()),
            coverage: coverage.map(fraction),
            stale,
            note,
            ramp: part.ramp.map(|(low, high)| [low, high]),
            score: fraction(part.score),
            weight: fraction(part.weight),
            contribution: fraction(part.contribution),
        }
    };
    StrengthWire {
        value: fraction(strength.value.0),
        data: strength.data,
        score: strength.score.map(fraction),
        target: fraction(strength.target),
        multiplier: fraction(strength.multiplier),
        brake: strength.brake.level.word().to_owned(),
        brake_reasons: strength.brake.reasons.clone(),
        frozen: strength.frozen.clone(),
        changes: strength.turns().map(|turns| turns.changes),
        turns: strength.turns().map(|turns| turns.turns),
        parts: strength.parts.iter().map(part).collect(),
        brakes: strength.brakes.iter().map(brake).collect(),
    }
}

fn brake(brake: &BrakeReading) -> BrakeWire {
    let Reading { id, kind, value, as_of, stale, note, .. } = brake.reading.clone();
    BrakeWire {
        id,
        kind: kind.to_owned(),
        value: value.map(fraction),
        as_of: as_of.map(|date| date.to_string()),
        stale,
        note,
        state: brake.state.word().to_owned(),
        caution: brake.caution,
        stop: brake.stop,
        distance: brake.distance.clone(),
    }
}

fn verdict(verdict: &Verdict) -> VerdictWire {
    let weight = |weight: Option<Weight>| weight.map(|weight| fraction(weight.0));
    VerdictWire {
        id: verdict.id.clone(),
        kind: verdict.kind.to_string(),
        subject: verdict.subject.to_string(),
        fired: verdict.fired,
        state: verdict.state().map(|state| state.word().to_owned()),
        measured: weight(verdict.measured),
        low: weight(verdict.range.map(|(low, _)| low)),
        high: weight(verdict.range.map(|(_, high)| high)),
        bound: weight(verdict.bound),
        benchmark: weight(verdict.benchmark),
        evidence: verdict.evidence.clone(),
        origin: verdict.origin.clone(),
        reason: verdict.reason.clone(),
    }
}

fn trade(proposal: &Proposal, trade: &Trade) -> TradeWire {
    let (deciding, _) = proposal.reasons(trade);
    TradeWire {
        id: trade.id.clone(),
        account: trade.account.clone(),
        side: words::verb(trade.side).to_owned(),
        symbol: trade.symbol.to_string(),
        quantity: trade.shares().map(|shares| shares.decimal().normalize().to_string()),
        price: trade.known(trade.price).map(|price| price.decimal().normalize().to_string()),
        value: money(trade.value),
        limit_hint: trade.known(trade.limit_hint).map(|price| price.to_string()),
        lot: trade.lot.as_ref().map(|lot| LotWire {
            id: lot.origin.words_in(&trade.account, &trade.symbol),
            opened: lot.opened.map(|date| date.to_string()),
            term: lot.term.id().to_owned(),
            gain: lot.gain.map(money),
            cost_per_dollar: lot.cost_per_dollar.map(fraction),
            worth: lot.worth.as_ref().map(|worth| WorthWire {
                tax: money(worth.tax),
                deferral_cost: money(worth.deferral_cost),
                years: worth.years,
                growth: worth.growth,
                break_even_if_taxed_later: fraction(worth.break_even.if_taxed_later),
                break_even_if_never_taxed: fraction(worth.break_even.if_never_taxed),
            }),
            next_best: lot.next_best.as_ref().map(|next| NextBestWire {
                lot: next.origin.words_in(&next.account, &trade.symbol),
                account: next.account.clone(),
                opened: next.opened.map(|date| date.to_string()),
                cost_per_dollar: next.cost_per_dollar.map(fraction),
            }),
        }),
        reasons: trade
            .reasons()
            .map(|reason| ReasonWire {
                decides: deciding.iter().any(|deciding| deciding.id == reason.id),
                id: reason.id.clone(),
                evidence: reason.evidence.clone(),
            })
            .collect(),
    }
}

fn outcome(outcome: &Outcome) -> OutcomeWire {
    OutcomeWire {
        levels: levels(&outcome.levels),
        realised_short: money(outcome.realised_short),
        realised_long: money(outcome.realised_long),
        tax: money(outcome.tax),
        trading_cost: money(outcome.trading_cost),
        sold: money(outcome.sold),
        bought: money(outcome.bought),
        value: money(outcome.value),
        cash: monies(&outcome.cash),
        weights: fractions(outcome.weights.iter().map(|(id, weight)| (id, *weight))),
        excess: monies(&outcome.excess),
        gaps: monies(&outcome.gaps),
    }
}

fn what_if(found: &WhatIf) -> WhatIfWire {
    let brief = |outcome: &Outcome| AlternativeWire {
        sold: money(outcome.sold),
        bought: money(outcome.bought),
        tax: money(outcome.tax),
        levels: levels(&outcome.levels),
    };
    let rung = |rung: &Rung| RungWire {
        cap: fraction(rung.cap.0),
        tax: money(rung.tax),
        marginal: rung.marginal.map(money),
        excess: money(rung.excess),
    };
    WhatIfWire {
        fractions: found.fractions.as_ref().map(brief),
        alternatives: found
            .alternatives
            .iter()
            .map(|(which, outcome)| (which.id().to_owned(), brief(outcome)))
            .collect(),
        deadlines: found.deadlines.iter().map(|(by, found)| route::DeadlineWire::new(*by, found)).collect(),
        ladders: found.ladders.iter().map(|(id, rungs)| (id.clone(), rungs.iter().map(rung).collect())).collect(),
    }
}

fn overshot(sleeve: &Overshot) -> OvershotWire {
    OvershotWire {
        id: sleeve.id.clone(),
        short: money(sleeve.short),
        bought: money(sleeve.bought),
        over: money(sleeve.over()),
        text: sleeve.text(),
    }
}

fn levels(levels: &Levels) -> LevelsWire {
    LevelsWire {
        cash_shortfall: money(levels.cash_shortfall),
        excess: money(levels.excess),
        gaps: money(levels.gaps),
        largest_gap: money(levels.largest_gap),
        cost: money(levels.cost),
        turnover: money(levels.turnover),
        signed_tax: money(levels.signed_tax),
    }
}

pub(super) fn diagnostic(diagnostic: &Diagnostic) -> DiagnosticWire {
    DiagnosticWire {
        severity: diagnostic.severity.word().to_owned(),
        code: diagnostic.code.id.to_owned(),
        message: diagnostic.message.clone(),
        place: diagnostic.place.as_ref().map(|place| place.locator()),
        hint: diagnostic.hint.clone(),
    }
}
