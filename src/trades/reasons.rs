//! Why each line is traded, by the verdicts of the rules.

use super::Reason;
use crate::model::{Measure, Symbol};
use crate::plan::{Plan, Problem};
use crate::rules::Verdict;

/// The reason of a sale that no limit asks for in an account that owes no cash: it pays for what sleeves miss.
pub(super) fn pays_for(problem: &Problem, plan: &Plan, account: &str) -> Option<Reason> {
    let home = problem.accounts.iter().find(|home| home.id == account)?;
    let is_missed = |symbol: &Symbol| problem.targets.iter().any(|target| target.symbol == *symbol);
    let bought = plan.buys.iter().filter(|buy| buy.account == account).map(|buy| &buy.symbol);
    let bought: Vec<&str> = bought.filter(|symbol| is_missed(symbol)).map(Symbol::as_str).collect();
    let is_owed = home.cash + home.flow < home.reserve;
    (!is_owed && !bought.is_empty()).then(|| {
        let evidence = format!("it pays for what sleeves miss: {}", bought.join(", "));
        Reason { id: "cash".to_owned(), evidence }
    })
}

/// What every sale helps to raise in an account that owes cash.
pub(super) fn raises_cash(problem: &Problem, account: &str) -> Option<Reason> {
    let home = problem.accounts.iter().find(|home| home.id == account)?;
    let owed = home.reserve - home.cash - home.flow;
    owed.is_positive().then(|| {
        let evidence = format!("{} of cash is needed in this account", owed.dollars());
        Reason { id: "cash".to_owned(), evidence }
    })
}

/// Returns the caps in need of repair to which the symbol contributes, the most particular first: a single issuer says
/// more than a theme.
pub(super) fn sell_reasons(symbol: &Symbol, verdicts: &[Verdict]) -> Vec<Reason> {
    let mut found: Vec<(usize, &Verdict)> = verdicts
        .iter()
        .filter(|verdict| verdict.fired)
        .filter_map(|verdict| {
            verdict.limits.iter().find_map(|limit| match &limit.measure {
                Measure::ExposureCap { coefficients, .. }
                    if coefficients.get(symbol).is_some_and(|share| *share > 0.0) =>
                {
                    Some((coefficients.len(), verdict))
                }
                Measure::RiskCap { returns, .. }
                    if returns.get(symbol).is_some_and(|moves| moves.iter().any(|change| *change < 0.0)) =>
                {
                    Some((usize::MAX, verdict))
                }
                _ => None,
            })
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
    found.into_iter().map(|(_, verdict)| reason(verdict)).collect()
}

pub(super) fn buy_reasons(symbol: &Symbol, verdicts: &[Verdict]) -> Vec<Reason> {
    verdicts.iter().filter(|v| v.fired && v.targets.iter().any(|target| target.symbol == *symbol)).map(reason).collect()
}

fn reason(verdict: &Verdict) -> Reason {
    let evidence = match &verdict.reason {
        Some(words) => format!("{} [{words}]", verdict.evidence),
        None => verdict.evidence.clone(),
    };
    Reason { id: verdict.id.clone(), evidence }
}
