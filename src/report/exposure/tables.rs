//! The tables of the exposure page: themes, contributions, sectors, issuers, accounts.

use super::chart::{bar, rounded};
use super::{Measured, Page, cap, label, name_of, over, signed};
use crate::diagnostics::counted;
use crate::exposure::Exposure;
use crate::model::Subject;
use crate::reference::{MAG7, TECH_BROAD};
use crate::units::{Money, Weight};

/// A row of a table with a bar at its end.
struct Row {
    cells: Vec<String>,
    weight: f64,
    mark: Option<f64>,
}

impl Row {
    fn new<const N: usize>(cells: [String; N], weight: f64, mark: Option<f64>) -> Row {
        Row { cells: cells.to_vec(), weight, mark }
    }

    /// A row without a bar: a heading or a sum.
    fn bare<const N: usize>(cells: [String; N]) -> Row {
        Row::new(cells, 0.0, None)
    }
}

/// Bars narrower than this say nothing and are left out.
const NARROWEST: usize = 8;
/// Longest name in a narrow and in a wide terminal.
const NAMES: (usize, usize) = (16, 34);
/// Longest label of an account or issuer in a column of its own.
const LABELS: usize = 18;

/// Lays out rows; bars take the width that is left. Columns that are blank go, and those of `spare`, in that order, where
/// the terminal is too narrow.
fn draw(page: &mut Page, alignment: &str, spare: &[usize], mut rows: Vec<Row>) {
    let longest = if page.options.width < 80 { NAMES.0 } else { NAMES.1 };
    for name in rows.iter_mut().filter_map(|row| row.cells.first_mut()) {
        *name = cut(name, longest);
    }
    let wide = |rows: &[Row], at: usize| {
        rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let mut kept: Vec<usize> = (0..alignment.len()).filter(|at| wide(&rows, *at) > 0).collect();
    let needed = |kept: &[usize]| kept.iter().map(|at| wide(&rows, *at) + 2).sum::<usize>();
    for at in spare {
        if needed(&kept) > page.options.width {
            kept.retain(|column| column != at);
        }
    }
    let width = page.options.width.saturating_sub(needed(&kept) + 2);
    let alignment: String = alignment.chars().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, c)| c).collect();
    for row in &mut rows {
        row.cells = kept.iter().filter_map(|at| row.cells.get(*at).cloned()).collect();
    }
    let scale = rows.iter().flat_map(|row| [row.weight.abs(), row.mark.unwrap_or(0.0)]).fold(0.0, f64::max);
    let drawn = width >= NARROWEST;
    let cells = rows.into_iter().map(|row| {
        let mut cells = row.cells;
        if drawn {
            cells.push(bar(row.weight, row.mark, scale, width));
        }
        cells
    });
    let cells: Vec<Vec<String>> = cells.collect();
    page.table(2, &format!("{alignment}<"), &cells);
}

fn percent(weight: Option<f64>) -> String {
    weight.map_or_else(String::new, |weight| Weight(weight).percent())
}

/// The themes beside the benchmark and their caps.
pub fn themes(page: &mut Page, measured: &Measured) {
    page.heading("HOW MUCH IS TECH", &legend(measured));
    let household = &measured.household;
    let mut rows = vec![Row::bare(["", "you", &name_of(measured), "limit", ""].map(str::to_owned))];
    let mut ids: Vec<&str> = measured.themes.iter().map(|(id, _)| id.as_str()).collect();
    ids.sort_by_key(|id| (*id != TECH_BROAD, id.to_owned()));
    let mut remarks = Vec::new();
    for id in ids {
        let Some(theme) = household.themes.get(id) else { continue };
        let verdict = cap(measured, |about| matches!(about, Subject::Theme(theme) if theme == id));
        let other = household.benchmark.themes.get(id).copied();
        let limit = verdict.and_then(|verdict| verdict.bound).map_or_else(String::new, Weight::percent);
        let cells = [id.to_owned(), theme.weight.percent(), percent(other), limit, over(measured, verdict)];
        rows.push(Row::new(cells, theme.weight.0, other));
        let through = ["  through funds".to_owned(), theme.through_funds.percent()].map(Some);
        rows.push(Row::bare([through[0].clone(), through[1].clone(), None, None, None].map(Option::unwrap_or_default)));
        if let Some((low, high)) = household.interval(id) {
            let blind = match household.unclassified {
                Weight(unknown) if unknown < 0.0005 => String::new(),
                unknown => format!("; {} of the value is not known at all", unknown.percent()),
            };
            let (low, high, hidden) = (low.percent(), high.percent(), theme.hidden_words());
            remarks.push(format!("{id} is between {low} and {high}: {hidden}{blind}"));
        }
    }
    draw(page, "<>>><", &[], rows);
    let invested = 1.0 - household.cash_weight.0;
    if invested > 0.0 && household.cash_weight.0 >= 0.0005 {
        let tech = Weight(household.tech().0 / invested).percent();
        page.sentence(2, &format!("without cash {TECH_BROAD} is {tech} of what is invested"));
    }
    for remark in remarks {
        page.sentence(2, &remark);
    }
}

fn legend(measured: &Measured) -> String {
    format!("# you, | {}", name_of(measured))
}

/// What every position adds to a theme; what is printed adds up to what is printed as the sum.
pub fn contributions(page: &mut Page, measured: &Measured, id: &str, about: &str, most: usize) {
    let Some(theme) = measured.household.themes.get(id) else { return };
    page.heading(&format!("WHAT ADDS TO {id}"), "");
    page.sentence(2, &format!("counts {about}"));
    let parts = &theme.contributions;
    let tenths = rounded(&parts.iter().map(|part| part.weight.0).collect::<Vec<_>>(), 0.001);
    let dollars = rounded(&parts.iter().map(|part| part.amount().to_f64()).collect::<Vec<_>>(), 1.0);
    let whole = |amount: f64| Money::from_f64(amount).whole_dollars();
    let mut rows = vec![Row::bare(["", "in", "value", "counts", "adds", "adds"].map(str::to_owned))];
    // One more row is no longer than saying that there is one more.
    let shown = if parts.len() <= most + 1 { parts.len() } else { most };
    for ((part, tenth), amount) in parts.iter().zip(&tenths).zip(&dollars).take(shown) {
        let cells = [
            part.label.clone(),
            cut(label(measured, part.account), LABELS),
            part.value.whole_dollars(),
            Weight(part.fraction).percent(),
            whole(*amount),
            Weight(*tenth).percent(),
        ];
        rows.push(Row::new(cells, part.weight.0, None));
    }
    let rest = parts.len() - shown;
    if rest > 0 {
        let (amount, tenth): (f64, f64) = (dollars.iter().skip(shown).sum(), tenths.iter().skip(shown).sum());
        let value: Money = parts.iter().skip(shown).map(|part| part.value).sum();
        let blank = String::new();
        let cells = [
            counted(rest, "smaller one", "smaller ones"),
            blank.clone(),
            value.whole_dollars(),
            blank,
            whole(amount),
            Weight(tenth).percent(),
        ];
        rows.push(Row::bare(cells));
    }
    let (amount, tenth) = (dollars.iter().sum(), tenths.iter().sum());
    let blank = String::new;
    rows.push(Row::bare(["all of it".to_owned(), blank(), blank(), blank(), whole(amount), Weight(tenth).percent()]));
    draw(page, "<<>>>>", &[2, 1], rows);
}

/// Cuts a text for a column; `~` says that it was cut.
fn cut(text: &str, longest: usize) -> String {
    match text.chars().count() > longest {
        true => text.chars().take(longest.saturating_sub(1)).chain(['~']).collect(),
        false => text.to_owned(),
    }
}

/// Every sector, and what is in none, beside the benchmark.
pub fn sectors(page: &mut Page, measured: &Measured) {
    let household = &measured.household;
    page.heading("SECTORS", &legend(measured));
    let mut rows = vec![Row::bare(["", "you", &name_of(measured), "active", "limit", ""].map(str::to_owned))];
    let active = household.active_sectors();
    let mut order: Vec<_> = active.iter().collect();
    let own = |sector| household.sectors.get(sector).copied().unwrap_or_default();
    order.sort_by(|a, b| own(b.0).0.total_cmp(&own(a.0).0).then(a.0.cmp(b.0)));
    for (sector, difference) in order {
        let verdict = cap(measured, |about| *about == Subject::Sector(*sector));
        let other = household.benchmark.sectors.get(sector).copied();
        let cells = [
            sector.id().to_owned(),
            own(sector).percent(),
            percent(other),
            signed(*difference),
            verdict.and_then(|verdict| verdict.bound).map_or_else(String::new, Weight::percent),
            over(measured, verdict),
        ];
        rows.push(Row::new(cells, own(sector).0, other));
    }
    for (name, weight) in [
        ("bonds, commodities, other", household.non_equity),
        ("cash, in funds too", household.cash_weight),
        ("options, at market value", household.derivatives),
        ("not classified", household.unclassified),
        ("less what leverage adds", Weight(-household.leverage.0)),
    ] {
        if weight.0.abs() >= 0.0005 {
            let blank = String::new;
            let cells = [name.to_owned(), weight.percent(), blank(), blank(), blank(), blank()];
            rows.push(Row::new(cells, weight.0, None));
        }
    }
    draw(page, "<>>>><", &[3], rows);
}

/// The largest issuers, share classes together, through funds too.
pub fn issuers(page: &mut Page, measured: &Measured, most: usize) {
    let household = &measured.household;
    page.heading("ISSUERS", &format!("share classes together; {}", legend(measured)));
    let head = ["", "you", "in funds", &name_of(measured), "active", "limit", ""].map(str::to_owned);
    let mut rows = vec![Row::bare(head)];
    let shown = if household.issuers.len() <= most + 1 { household.issuers.len() } else { most };
    let known = !household.benchmark.issuers.is_empty();
    for issuer in household.issuers.iter().take(shown) {
        let other = household.benchmark.issuers.get(&issuer.issuer).copied();
        let verdict = cap(measured, |about| matches!(about, Subject::Issuer { id, .. } if *id == issuer.issuer));
        let cells = [
            issuer.name.clone(),
            issuer.weight.percent(),
            issuer.through_funds.percent(),
            percent(other),
            if known { signed(Weight(issuer.weight.0 - other.unwrap_or(0.0))) } else { String::new() },
            verdict.and_then(|verdict| verdict.bound).map_or_else(String::new, Weight::percent),
            over(measured, verdict),
        ];
        rows.push(Row::new(cells, issuer.weight.0, other));
    }
    draw(page, "<>>>>><", &[4, 2], rows);
    let rest: f64 = household.issuers.iter().skip(shown).map(|issuer| issuer.weight.0).sum();
    if household.issuers.len() > shown {
        let count = household.issuers.len() - shown;
        page.sentence(2, &format!("and {count} more, {} together: `--json` lists them all", Weight(rest).percent()));
    }
    let unnamed = household.sectors.values().map(|weight| weight.0).sum::<f64>() - household.named.0;
    if unnamed >= 0.0005 {
        page.sentence(
            2,
            &format!("{} is in funds whose smaller holdings are known by sector only", percent(Some(unnamed))),
        );
    }
}

/// Each account beside the household.
pub fn accounts(page: &mut Page, measured: &Measured) {
    page.heading("ACCOUNTS", &format!("bars: {TECH_BROAD}"));
    let head = ["", "kind", "value", TECH_BROAD, MAG7, "cash", "largest issuer", "", "issuers", "known"];
    let mut rows = vec![Row::bare(head.map(str::to_owned))];
    let row = |label: &str, kind: &str, exposure: &Exposure| {
        let largest = exposure.issuers.first();
        let cells = [
            label.to_owned(),
            kind.to_owned(),
            exposure.value.whole_dollars(),
            exposure.tech().percent(),
            exposure.theme(MAG7).percent(),
            exposure.cash.share_of(exposure.value).map_or_else(String::new, Weight::percent),
            largest.map_or_else(|| "-".to_owned(), |issuer| cut(&issuer.name, LABELS)),
            largest.map_or_else(String::new, |issuer| issuer.weight.percent()),
            exposure.effective_issuers().map_or_else(|| "-".to_owned(), |n| format!("{n:.1}")),
            Weight(exposure.coverage).percent(),
        ];
        Row::new(cells, exposure.tech().0, exposure.benchmark.themes.get(TECH_BROAD).copied())
    };
    for account in &measured.accounts {
        rows.push(row(&account.label, account.kind.id(), &account.exposure));
    }
    rows.push(row("household", "", &measured.household));
    draw(page, "<<>>>><>>>", &[1, 4, 9, 8, 7, 6], rows);
    page.sentence(2, "issuers: effective number of issuers, 1 / sum of squared weights");
}

/// How the household would stand under the rules of funds.
pub fn fund_rules(page: &mut Page, measured: &Measured) {
    page.heading("RULES OF FUNDS", "they bind no household; issuers counted through funds");
    let head = ["", "largest issuer", "at most", "above 5% together", "at most", ""];
    let mut rows = vec![Row::bare(head.map(str::to_owned))];
    for line in measured.household.diversification() {
        rows.push(Row::bare([
            line.rule.id.to_owned(),
            line.largest.percent(),
            line.rule.largest.map_or_else(|| "-".to_owned(), |bound| Weight(bound).percent()),
            line.large_together.percent(),
            Weight(line.rule.large_together).percent(),
            if line.holds { "kept" } else { "broken" }.to_owned(),
        ]));
    }
    draw(page, "<>>>><", &[], rows);
}
