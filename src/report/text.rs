//! The report for the terminal: one screen for a small household, grouped so that the eye finds what is owned, what
//! the market says, what to do, what it costs and what remains.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::{AnsiColor, Style};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::NOTHING};

use super::{Options, plain};
use crate::model::{AccountKindOrigin, Limit, Measure, Side, Symbol, TaxTreatment, Term};
use crate::proposal::{DISCLAIMER, Proposal};
use crate::rules::Verdict;
use crate::trades::Trade;
use crate::units::{Money, Weight};

/// Most rows of a list before the rest is counted.
const MOST_ROWS: usize = 8;

/// Returns the report.
pub fn render(proposal: &Proposal, options: Options) -> String {
    let mut page = Page { text: String::new(), options };
    header(&mut page, proposal);
    owned(&mut page, proposal);
    market(&mut page, proposal);
    to_do(&mut page, proposal);
    changes(&mut page, proposal);
    left(&mut page, proposal);
    quiet_rules(&mut page, proposal);
    excluded(&mut page, proposal);
    footer(&mut page, proposal);
    page.text
}

struct Page {
    text: String,
    options: Options,
}

impl Page {
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(&plain(text.as_ref()));
        self.text.push('\n');
    }

    fn heading(&mut self, title: &str, aside: &str) {
        let bold = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let title = if self.options.colour { format!("{bold}{title}{bold:#}") } else { title.to_owned() };
        self.text.push('\n');
        self.text.push_str(&title);
        if !aside.is_empty() {
            self.text.push_str("   ");
            self.text.push_str(&plain(aside));
        }
        self.text.push('\n');
    }

    /// Wraps a sentence to the width, indented.
    fn sentence(&mut self, indent: usize, text: &str) {
        let width = self.options.width.saturating_sub(indent).max(30);
        let mut line = String::new();
        for word in plain(text).split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                self.text.push_str(&format!("{:indent$}{line}\n", ""));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            self.text.push_str(&format!("{:indent$}{line}\n", ""));
        }
    }

    /// Lays out rows in columns: `<` left, `>` right. Trailing blanks are cut.
    fn layout(&self, alignment: &str, rows: &[Vec<String>]) -> Vec<String> {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for row in rows {
            table.add_row(row.iter().map(|cell| plain(cell)).collect::<Vec<_>>());
        }
        for (index, side) in alignment.chars().enumerate() {
            if let Some(column) = table.column_mut(index) {
                column.set_padding((0, 2));
                column.set_cell_alignment(if side == '>' { CellAlignment::Right } else { CellAlignment::Left });
            }
        }
        table.to_string().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn table(&mut self, indent: usize, alignment: &str, rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        for line in self.layout(alignment, rows) {
            self.text.push_str(format!("{:indent$}{line}", "").trim_end());
            self.text.push('\n');
        }
    }
}

fn header(page: &mut Page, proposal: &Proposal) {
    let count = proposal.portfolio.accounts.len();
    page.line(format!(
        "broaden {}    as of {}    {}    {}",
        proposal.version,
        proposal.as_of,
        counted(count, "account", "accounts"),
        proposal.exposure.value.dollars()
    ));
    page.sentence(0, DISCLAIMER);
    for account in &proposal.portfolio.accounts {
        let how = match &account.kind_origin {
            AccountKindOrigin::Config(_) => continue,
            AccountKindOrigin::GuessedFromName => "from its name",
            AccountKindOrigin::Assumed => "assumed: nothing says otherwise",
        };
        let text = format!("{} read as {} ({how}); set [accounts] to change", account.label(), account.kind.id());
        page.sentence(0, &text);
    }
}

fn owned(page: &mut Page, proposal: &Proposal) {
    let exposure = &proposal.exposure;
    page.heading("WHAT YOU OWN", "");
    let benchmark = if exposure.benchmark.symbol.is_empty() { "benchmark" } else { &exposure.benchmark.symbol };
    let mut rows = vec![vec![String::new(), "you".to_owned(), benchmark.to_owned(), "limit".to_owned(), String::new()]];
    let mut themes: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.kind == "theme-cap").collect();
    themes.sort_by(|a, b| measured(b).total_cmp(&measured(a)));
    for verdict in themes {
        rows.push(owned_row(proposal, verdict, &verdict.subject));
        if let Some(theme) = exposure.themes.get(&verdict.subject) {
            rows.push(plain_row("  through funds", Some(theme.through_funds), None));
        }
    }
    let mut issuers: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.kind == "issuer-cap").collect();
    issuers.sort_by(|a, b| measured(b).total_cmp(&measured(a)));
    for (index, verdict) in issuers.iter().enumerate().filter(|(index, verdict)| *index == 0 || verdict.fired) {
        let label = if index == 0 { format!("largest issuer, {}", verdict.subject) } else { verdict.subject.clone() };
        rows.push(owned_row(proposal, verdict, &label));
    }
    let mut sectors: Vec<_> = exposure.sectors.iter().collect();
    sectors.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(b.0)));
    for (sector, weight) in sectors.into_iter().take(5) {
        let verdict = proposal.verdicts.iter().find(|v| v.kind == "sector-cap" && v.subject == sector.id());
        match verdict {
            Some(verdict) => rows.push(owned_row(proposal, verdict, sector.id())),
            None => rows.push(plain_row(sector.id(), Some(*weight), exposure.benchmark.sectors.get(sector).copied())),
        }
    }
    let count = |hhi: f64| if hhi > 0.0 { format!("{:.1}", 1.0 / hhi) } else { "-".to_owned() };
    rows.push(vec![
        "effective number of issuers".to_owned(),
        count(exposure.hhi_issuers),
        exposure.benchmark.effective_issuers.map_or_else(String::new, |n| format!("{n:.1}")),
        String::new(),
        String::new(),
    ]);
    rows.push(plain_row("cash", exposure.cash.share_of(exposure.value), None));
    page.table(2, "<>>><", &rows);
    page.sentence(2, &format!("known by name or fund: {} of value", Weight(exposure.coverage).percent()));
    for unknown in exposure.unknown.iter().filter(|c| c.weight.0 >= 0.0005).take(MOST_ROWS) {
        let text = format!(
            "unknown: {} ({}); classify it under [instruments.{}]",
            unknown.label,
            unknown.value.dollars(),
            unknown.label
        );
        page.sentence(2, &text);
    }
}

fn measured(verdict: &Verdict) -> f64 {
    verdict.measured.map_or(0.0, |weight| weight.0)
}

fn owned_row(proposal: &Proposal, verdict: &Verdict, label: &str) -> Vec<String> {
    let over = verdict.over().unwrap_or(0.0);
    let note = if over > 0.0005 {
        let dollars = Money::from_f64(over * proposal.exposure.value.to_f64()).whole_dollars();
        let tail = if verdict.fired { "" } else { " (left alone)" };
        format!("over by {:.1} points, {dollars}{tail}", over * 100.0)
    } else {
        String::new()
    };
    vec![
        label.to_owned(),
        verdict.measured.map_or_else(String::new, Weight::percent),
        verdict.benchmark.map_or_else(String::new, Weight::percent),
        verdict.bound.map_or_else(String::new, Weight::percent),
        note,
    ]
}

fn plain_row(label: &str, you: Option<Weight>, benchmark: Option<f64>) -> Vec<String> {
    vec![
        label.to_owned(),
        you.map_or_else(String::new, Weight::percent),
        benchmark.map_or_else(String::new, |weight| Weight(weight).percent()),
        String::new(),
        String::new(),
    ]
}

fn market(page: &mut Page, proposal: &Proposal) {
    let strength = &proposal.strength;
    if !strength.data {
        page.heading("WHAT THE MARKET SAYS", "rotation is off: there is no breadth data");
        let next = if proposal.has_market {
            "the market files say nothing about this day; only the static limits act"
        } else {
            "put price files in a folder `market` beside your holdings, or name one with `--market FOLDER`; \
                    only the static limits act until then"
        };
        page.sentence(2, next);
        return;
    }
    let before = strength.previous.map_or_else(String::new, |(date, value)| format!(" (was {value:.2} on {date})"));
    page.heading("WHAT THE MARKET SAYS", &format!("strength {:.2}{before}", strength.value.0));
    let mut rows = Vec::new();
    for part in strength.parts.iter().filter(|part| part.weight > 0.0) {
        let name = part.reading.id.strip_prefix("signals.").unwrap_or(&part.reading.id).to_owned();
        let stale = if part.reading.stale { "stale" } else { "" };
        rows.push(match (part.reading.value, part.ramp) {
            (Some(value), Some(ends)) => vec![
                name,
                format!("{value:.2}{}", if part.unit == "%" { "%" } else { "" }),
                ramp(ends, part.score),
                format!("{:.2} x {:.2} = {:.2}", part.score, part.weight, part.contribution),
                part.reading.as_of.map_or_else(String::new, |date| date.to_string()),
                stale.to_owned(),
            ],
            _ => {
                let why = part.reading.note.clone().unwrap_or_default();
                let blank = String::new;
                vec![name, "unknown".to_owned(), why, blank(), blank(), blank()]
            }
        });
    }
    page.table(2, "<><>><", &rows);
    if let Some(score) = strength.score {
        page.line(format!(
            "  score {score:.2} x {:.2} (brakes) = {:.2}",
            strength.multiplier,
            score * strength.multiplier
        ));
    }
    let reasons = strength.brake.reasons.join("; ");
    let nearest = strength
        .brakes
        .iter()
        .filter_map(|brake| Some((brake.nearness?, brake)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, brake)| {
            let name = brake.reading.id.strip_prefix("brakes.").unwrap_or(&brake.reading.id);
            let value = brake.reading.value.map_or_else(String::new, |value| format!(" {value:.2}"));
            format!("    nearest: {name}{value}, {}", brake.distance)
        });
    let colon = if reasons.is_empty() { "" } else { ": " };
    page.sentence(
        2,
        &format!("brakes: {}{colon}{reasons}{}", strength.brake.level.word(), nearest.unwrap_or_default()),
    );
    if let Some(why) = &strength.frozen {
        page.sentence(2, &format!("frozen: {why}"));
    }
    let sleeves: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| verdict.kind == "sleeve").collect();
    let inside: Vec<&str> = sleeves.iter().filter(|v| v.bound.is_some()).map(|v| v.subject.as_str()).collect();
    // By reason, so that one reason for all is said once.
    let mut outside: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for verdict in sleeves.iter().filter(|verdict| verdict.bound.is_none()) {
        outside.entry(verdict.evidence.trim_start_matches("out: ")).or_default().push(&verdict.subject);
    }
    let outside: Vec<String> = outside.iter().map(|(why, names)| format!("{} {why}", names.join(" "))).collect();
    let list = |names: String| if names.is_empty() { "none".to_owned() } else { names };
    page.sentence(2, &format!("sleeves in: {}", list(inside.join(" "))));
    if !outside.is_empty() {
        page.sentence(2, &format!("out: {}", outside.join(", ")));
    }
}

/// Draws `40 ----o---- 70`: where the value lies on its ramp.
pub(super) fn ramp((low, high): (f64, f64), score: f64) -> String {
    let at = (score.clamp(0.0, 1.0) * 14.0).round() as usize;
    let bar: String = (0..15).map(|index| if index == at { 'o' } else { '-' }).collect();
    format!("{low} {bar} {high}")
}

fn to_do(page: &mut Page, proposal: &Proposal) {
    let outcome = &proposal.plan.outcome;
    if proposal.trades.is_empty() {
        page.heading("WHAT TO DO", "nothing");
        let why = if proposal.plan.outcome.excess.values().any(|excess| excess.is_positive()) {
            "what is over its limit cannot be sold under the limits on actions; see below"
        } else if proposal.plan.outcome.gaps.values().any(|gap| gap.is_positive()) {
            "every limit holds; what sleeves are short of is below the smallest order, or there is no cash for it"
        } else {
            "every limit holds and no sleeve needs buying"
        };
        page.sentence(2, why);
        return;
    }
    let orders: BTreeSet<(&str, Side, &Symbol)> =
        proposal.trades.iter().map(|trade| (trade.account.as_str(), trade.side, &trade.symbol)).collect();
    let aside = format!(
        "{}    sells {}    buys {}    tax {}    cost {}",
        counted(orders.len(), "order", "orders"),
        outcome.sold.whole_dollars(),
        outcome.bought.whole_dollars(),
        outcome.tax.dollars(),
        proposal.booked_cost().dollars()
    );
    page.heading("WHAT TO DO", &aside);
    if let Some(words) = exact_tax(proposal) {
        page.sentence(2, &words);
    }
    let mut by_account: BTreeMap<&str, Vec<&Trade>> = BTreeMap::new();
    for trade in &proposal.trades {
        by_account.entry(&trade.account).or_default().push(trade);
    }
    for (account, trades) in by_account {
        let kind = proposal.problem.accounts.iter().find(|a| a.id == account).map_or(TaxTreatment::Taxable, |a| a.kind);
        page.line(format!("  {account}, {}", kind.id()));
        let rows: Vec<Vec<String>> = trades.iter().map(|trade| trade_row(trade)).collect();
        for (line, trade) in page.layout("<>>>><", &rows).into_iter().zip(trades) {
            page.line(format!("    {line}"));
            page.sentence(8, &why(trade));
        }
        if let Some(cash) = outcome.cash.get(account) {
            page.line(format!("    cash after: {}", cash.dollars()));
        }
    }
    for stop in &proposal.do_not_buy {
        let also: Vec<String> = stop.also.iter().map(ToString::to_string).collect();
        let also = if also.is_empty() { String::new() } else { format!(" (nor {})", also.join(", ")) };
        let text = format!(
            "do not buy {}{also} anywhere until {} (wash sale); turn off its dividend reinvestment{}",
            stop.symbol,
            stop.until,
            stop.instead.as_ref().map(|other| format!("; {other} may stand in")).unwrap_or_default()
        );
        page.sentence(2, &text);
    }
    let average =
        |trade: &Trade| proposal.problem.average_cost.contains(&(trade.account.clone(), trade.symbol.clone()));
    let dated = |trade: &Trade| {
        trade.lot.as_ref().is_some_and(|lot| lot.gain.is_some() && lot.opened.is_some()) && !average(trade)
    };
    if proposal.trades.iter().any(|trade| trade.side == Side::Sell && average(trade)) {
        page.sentence(2, "shares at average cost are sold oldest first; there are no lots to choose");
    }
    if proposal.trades.iter().any(dated) {
        page.sentence(2, "when selling, choose \"specific identification\" and the lots named above");
    }
}

/// Returns the tax of the plan at the flat rates and by the federal tables; `None` where they say the same.
fn exact_tax(proposal: &Proposal) -> Option<String> {
    let tax = proposal.exact_tax.as_ref().filter(|tax| tax.planned != tax.exact)?;
    let rate = |rate: crate::units::Decimal| format!("{}%", (rate * crate::units::Decimal::ONE_HUNDRED).normalize());
    let both = |(short, long)| format!("{} short-term and {} long-term", rate(short), rate(long));
    let again = tax.first_rates.map(|first| format!("; planned again, since {} was far off", both(first)));
    Some(format!(
        "tax at {}: {}; by the {} federal tables ({}): {}{}",
        both(tax.rates),
        tax.planned.dollars(),
        tax.year,
        tax.source,
        tax.exact.dollars(),
        again.unwrap_or_default()
    ))
}

fn trade_row(trade: &Trade) -> Vec<String> {
    let verb = if trade.side == Side::Sell { "sell" } else { "buy" };
    let lot = trade.lot.as_ref().map(|lot| {
        let opened = lot.opened.map_or_else(|| "of unknown date".to_owned(), |date| date.to_string());
        match lot.gain {
            Some(gain) => {
                let term = if lot.term == Term::Long { "long" } else { "short" };
                let word = if gain.is_negative() { "loss" } else { "gain" };
                format!("lot {opened}  {term}-term {word} {}", gain.abs().whole_dollars())
            }
            None if lot.opened.is_some() => format!("lot {opened}"),
            None => String::new(),
        }
    });
    vec![
        verb.to_owned(),
        trade.quantity.text(),
        trade.symbol.to_string(),
        trade.price.dollars(),
        trade.value.dollars(),
        lot.unwrap_or_default(),
    ]
}

/// Says which rules ask for the trade, and for a sale what the lot costs per dollar and what the next one would.
fn why(trade: &Trade) -> String {
    let reasons: Vec<String> =
        trade.reasons().take(3).map(|reason| format!("{} {}", reason.id, reason.brief)).collect();
    let reasons = reasons.join(", ");
    let Some(lot) = &trade.lot else { return reasons };
    let cents = |cost: Option<f64>| match cost {
        None => "no tax".to_owned(),
        Some(cost) if cost.abs() < 0.0005 => "nothing".to_owned(),
        Some(cost) if cost < 0.0 => format!("a loss that saves {:.1} cents", -cost * 100.0),
        Some(cost) => format!("{:.1} cents of tax", cost * 100.0),
    };
    let next = lot.next_best.as_ref().map(|next| {
        let opened = next.opened.map_or_else(|| "of unknown date".to_owned(), |date| date.to_string());
        let place = if next.account == trade.account { String::new() } else { format!(" in {}", next.account) };
        format!(", the next ({opened}{place}) {}", cents(next.cost_per_dollar))
    });
    format!("{reasons}; per dollar sold this lot costs {}{}", cents(lot.cost_per_dollar), next.unwrap_or_default())
}

fn changes(page: &mut Page, proposal: &Proposal) {
    if proposal.trades.is_empty() {
        return;
    }
    page.heading("WHAT CHANGES", "");
    let mut rows = vec![["", "before", "after", "limit"].map(str::to_owned).to_vec()];
    for verdict in proposal.verdicts.iter().filter(|verdict| verdict.kind != "sleeve") {
        let (Some(before), Some(after)) =
            (proposal.plan.nothing.weights.get(&verdict.id), proposal.plan.outcome.weights.get(&verdict.id))
        else {
            continue;
        };
        if verdict.fired || (before - after).abs() >= 0.0005 {
            rows.push(vec![
                format!("{} ({})", verdict.subject, verdict.id),
                Weight(*before).percent(),
                Weight(*after).percent(),
                verdict.bound.map_or_else(String::new, Weight::percent),
            ]);
        }
    }
    page.table(2, "<>>>", &rows);
}

fn left(page: &mut Page, proposal: &Proposal) {
    let outcome = &proposal.plan.outcome;
    let cent = Money::from_f64(0.5);
    let mut lines = Vec::new();
    if outcome.levels.cash_shortfall.is_positive() {
        let short = outcome.levels.cash_shortfall.dollars();
        lines.push(format!("CASH IS SHORT by {short}: a withdrawal, a reserve or the tax set aside is not covered"));
    }
    for (id, excess) in outcome.excess.iter().filter(|(_, excess)| **excess > cent) {
        let points = excess.share_of(outcome.value).map_or(0.0, |weight| weight.0 * 100.0);
        lines.push(format!("{id} still over by {points:.1} points, {}", excess.whole_dollars()));
    }
    for (id, gap) in outcome.gaps.iter().filter(|(_, gap)| **gap > cent) {
        let blocking = adds_to(proposal, id);
        let why = if blocking.is_empty() {
            String::new()
        } else {
            format!(": buying it would add to {}", blocking.join(", "))
        };
        lines.push(format!("{id} still short of its target by {}{why}", gap.whole_dollars()));
    }
    if !lines.is_empty() {
        page.heading("WHAT WAS LEFT", "");
        for line in lines {
            page.sentence(2, &line);
        }
        if !proposal.plan.binding.is_empty() {
            let shown: Vec<&str> = proposal.plan.binding.iter().take(MOST_ROWS).map(String::as_str).collect();
            let rest = proposal.plan.binding.len() - shown.len();
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            page.sentence(2, &format!("what stops the plan: {}{rest}", shown.join(", ")));
        }
    }
    if !proposal.trades.is_empty()
        && let Some((before, after)) = proposal.stress("limits.tech", 0.2)
    {
        page.heading(
            "DOING NOTHING",
            &format!(
                "a 20% fall in tech would cost {}; after these trades {}",
                before.whole_dollars(),
                after.whole_dollars()
            ),
        );
    }
    if !proposal.trades.is_empty() {
        page.heading(
            "REVERSING THIS",
            &format!(
                "would cost about {}: the tax is not given back, and spreads are paid again",
                proposal.reversal_cost().whole_dollars()
            ),
        );
    }
}

/// Returns the caps that stay exceeded and to which buying the symbol of a target would add.
fn adds_to(proposal: &Proposal, target: &str) -> Vec<String> {
    let Some(target) = proposal.problem.targets.iter().find(|found| found.id == target) else { return Vec::new() };
    let exceeded = |id: &str| proposal.plan.outcome.excess.get(id).is_some_and(|excess| excess.is_positive());
    let adds = |limit: &&Limit| match &limit.measure {
        Measure::ExposureCap { coefficients, .. } => coefficients.get(&target.symbol).is_some_and(|share| *share > 0.0),
        _ => false,
    };
    let limits = proposal.problem.limits.iter().filter(|limit| exceeded(&limit.id)).filter(adds);
    limits.map(|limit| limit.id.clone()).collect()
}

fn quiet_rules(page: &mut Page, proposal: &Proposal) {
    let mut quiet: Vec<&Verdict> = proposal.verdicts.iter().filter(|verdict| !verdict.fired).collect();
    if quiet.is_empty() {
        return;
    }
    page.heading("WHAT DID NOT FIRE", "");
    let nearness = |verdict: &Verdict| if verdict.kind == "buy-cap" { -1.0 } else { verdict.over().unwrap_or(-1.0) };
    quiet.sort_by(|a, b| nearness(b).total_cmp(&nearness(a)).then_with(|| a.id.cmp(&b.id)));
    for verdict in quiet.iter().take(MOST_ROWS) {
        page.sentence(2, &format!("{}: {}", verdict.id, verdict.evidence));
    }
    if quiet.len() > MOST_ROWS {
        page.line(format!("  and {} more: `--json` lists them all", quiet.len() - MOST_ROWS));
    }
}

fn excluded(page: &mut Page, proposal: &Proposal) {
    if proposal.excluded.is_empty() {
        return;
    }
    let total: Money = proposal.excluded.iter().filter_map(|holding| holding.value).map(Money::abs).sum();
    page.heading("SHOWN AND LEFT ALONE", &total.dollars());
    let rows: Vec<Vec<String>> = proposal
        .excluded
        .iter()
        .map(|holding| {
            let label: String = holding.label.chars().take(40).collect();
            let value = holding.value.map_or_else(|| "unknown".to_owned(), Money::dollars);
            vec![holding.account.clone(), label, value, holding.why.clone()]
        })
        .collect();
    page.table(2, "<<><", &rows);
}

fn footer(page: &mut Page, proposal: &Proposal) {
    page.text.push('\n');
    for note in &proposal.plan.notes {
        page.sentence(0, note);
    }
    if let Some(bound) = &proposal.plan.bound {
        let gap = proposal.plan.outcome.levels.excess - bound.excess;
        let text = format!(
            "solver: {}; whole shares leave {} more excess than the best fractional plan",
            proposal.plan.solver,
            if gap.is_positive() { gap.dollars() } else { "no".to_owned() }
        );
        page.sentence(0, &text);
    }
    let defaults = if proposal.has_config {
        ""
    } else {
        " All rules are defaults: `broaden init` writes them to a file you can edit."
    };
    let digest: String = proposal.config_digest.chars().take(12).collect();
    page.sentence(0, &format!("inputs: {}; config {digest}.{defaults}", inputs(proposal)));
}

fn inputs(proposal: &Proposal) -> String {
    let names: Vec<String> = proposal
        .files
        .iter()
        .map(|file| format!("{} ({})", file.name, file.sha256.chars().take(8).collect::<String>()))
        .collect();
    names.join(", ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
