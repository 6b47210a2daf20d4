//! The tax block: the year's net results, and the pieces of a tax function that is not convex.

use super::{Builder, Regime, TaxBlock};
use crate::model::Term;
use crate::tax::{Rates, net};
use crate::units::Money;

impl Builder<'_, '_> {
    /// Returns the tax block, the column of max(0, incremental tax), and the column of the year's tax.
    pub(super) fn tax_block(&mut self) -> (Option<TaxBlock>, Option<usize>, Option<usize>) {
        let ground = &self.draft.ground;
        let settings = &ground.problem.tax;
        let (short_rate, long_rate, ordinary) = (
            Money(settings.short_rate).to_f64(),
            Money(settings.long_rate).to_f64(),
            Money(settings.ordinary_rate).to_f64(),
        );
        let gains: Vec<(usize, Term, f64, f64)> = self
            .open()
            .filter_map(|(column, trade)| trade.gain.map(|(term, gain)| (column, term, gain, trade.most)))
            .filter(|(_, _, gain, _)| *gain != 0.0)
            .collect();
        if gains.is_empty() || (short_rate == 0.0 && long_rate == 0.0 && ordinary == 0.0) {
            return (None, None, None);
        }
        let range = |term: Term, before: f64| {
            let of_term = gains.iter().filter(|(_, own, _, _)| *own == term);
            of_term.fold((before, before), |(lo, hi), (_, _, gain, most)| {
                (lo + (gain * most).min(0.0), hi + (gain * most).max(0.0))
            })
        };
        let (before_short, before_long) = ground.before;
        let (short_range, long_range) = (range(Term::Short, before_short), range(Term::Long, before_long));
        let limit = ground.scale * settings.loss_limit.to_f64();
        let infinity = f64::INFINITY;
        let mut result = |term: Term, before: f64| {
            let column = self.model.column(-infinity, infinity);
            let terms = gains.iter().filter(|(_, own, _, _)| *own == term).map(|(column, _, gain, _)| (*column, -gain));
            let row = self.model.row(before, before, None, terms.chain([(column, 1.0)]));
            self.model.basics.push((row, column));
            column
        };
        let short = result(Term::Short, before_short);
        let long = result(Term::Long, before_long);
        let year = self.model.column(-ordinary * limit, infinity);
        let net_row = self.model.row(-infinity, infinity, None, [(short, 1.0), (long, 1.0)]);
        let mut piece =
            |s: f64, l: f64| self.model.row(-infinity, infinity, None, [(short, -s), (long, -l), (year, 1.0)]);
        let both = piece(short_rate, long_rate);
        let all_long = piece(long_rate, long_rate);
        let all_short = piece(short_rate, short_rate);
        let wages = piece(ordinary, ordinary);
        let (any, up, down) = ((-infinity, infinity), (0.0, infinity), (-infinity, 0.0));
        let mut regimes = Vec::new();
        if short_rate >= long_rate {
            regimes.push(Regime { short: any, long: up, net: up, rows: vec![both, all_long] });
        } else {
            regimes.push(Regime { short: up, long: up, net: up, rows: vec![both] });
            regimes.push(Regime { short: down, long: up, net: up, rows: vec![all_long] });
        }
        regimes.push(Regime { short: any, long: any, net: down, rows: vec![wages] });
        regimes.push(Regime { short: any, long: down, net: up, rows: vec![all_short] });
        let reachable =
            |bounds: (f64, f64), range: (f64, f64)| range.1 >= bounds.0 - 1e-9 && range.0 <= bounds.1 + 1e-9;
        regimes.retain(|regime| {
            reachable(regime.short, short_range)
                && reachable(regime.long, long_range)
                && reachable(regime.net, (short_range.0 + long_range.0, short_range.1 + long_range.1))
        });
        let rates = Rates {
            short: settings.short_rate,
            long: settings.long_rate,
            ordinary: settings.ordinary_rate,
            loss_limit: settings.loss_limit,
        };
        let without =
            net(settings.realised_short - settings.carry_short, settings.realised_long - settings.carry_long, &rates);
        let without = ground.scale * without.tax.to_f64();
        let most = self.draft.tax_budget.map_or(infinity, |(_, most)| most);
        let due = self.model.column(0.0, infinity);
        self.model.row(-without, infinity, None, [(due, 1.0), (year, -1.0)]);
        if let Some((limit, _)) = self.draft.tax_budget {
            self.model.row(-infinity, most, Some(limit), [(due, 1.0)]);
        }
        (Some(TaxBlock { short, long, net_row, regimes }), Some(due), Some(year))
    }
}
