//! What the names of a table leave in doubt, and what its numbers say of it.

use super::part::Part;
use crate::diagnostics::Diagnostic;
use crate::holdings::report::Report;
use crate::holdings::table::Row;
use crate::holdings::{BAD_NUMBER, COLUMNS_BY_NAME, Found, NO_SHARES, REFUSED, SKIPPED_ROW, UNCLEAR, draft, kinds};
use crate::model::{Account, AssetKind, Position};
use crate::reference;
use crate::units::{Decimal, Money, Shares};

/// Names of a cost that may be that of one share or of all.
const EITHER: &[&str] = &["cost", "basis", "original cost"];
/// Names of a price that may be what was paid.
const PAID: &[&str] = &["price", "share price", "unit price", "price per share", "price $"];

/// What no household has in a table with weights, in dollars, and what even a small fund has twice.
const SMALLEST_FUND: i64 = 40_000_000;

/// Looks for what would make figures wrong: two columns of one name, percents where amounts belong, rows that are only
/// watched, and prices that may be what was paid. Returns whether the table cannot be read.
pub fn refuse(part: &Part<'_, '_>, report: &mut Report) -> bool {
    let cells = &part.cells;
    let amounts = [cells.quantity, cells.price, cells.value, cells.cost, cells.cost_per_share];
    for column in amounts.into_iter().flatten() {
        let name = part.header.text(column);
        let twin = (column + 1..part.names.width()).find(|other| part.header.text(*other).eq_ignore_ascii_case(name));
        if let Some(twin) = twin.filter(|twin| part.rows.iter().any(|row| row.text(column) != row.text(*twin))) {
            report.push(
                Diagnostic::error(REFUSED, format!("two columns are called `{name}`, and their cells differ"))
                    .at(part.header.cell_place(twin))
                    .hint("give one of the two another name"),
            );
            return true;
        }
        let percent = part.rows.iter().find(|row| row.text(column).ends_with('%'));
        if let Some(row) = percent.filter(|_| Some(column) != cells.price) {
            report.push(
                Diagnostic::error(BAD_NUMBER, format!("`{}` in the column `{name}` is no amount", row.text(column)))
                    .at(row.cell_place(column))
                    .hint("call the column after what it is, such as `Gain %`"),
            );
            return true;
        }
    }
    for (role, column) in [("quantity", cells.quantity), ("value", cells.value)] {
        let others = part.names.names().enumerate().filter(|(other, name)| {
            Some(*other) != column
                && !super::is_foreign(name)
                && super::role_of(name).is_some_and(|(found, _)| found == role)
        });
        for (other, _) in others {
            let numbers = |row: &&Row<'_>| row.quiet(column).zip(row.quiet(Some(other)));
            let apart = |row: &&Row<'_>| {
                numbers(row).is_some_and(|(a, b)| (a - b).abs() > a.abs() * Decimal::new(5, 3) && !b.is_zero())
            };
            if let Some(row) = part.rows.iter().find(apart) {
                let (name, unused) = (part.header.get(column), part.header.text(other));
                let message = format!("`{name}` is taken as the {role}, and `{unused}` beside it says otherwise");
                report.push(
                    Diagnostic::warning(COLUMNS_BY_NAME, message)
                        .at(row.cell_place(other))
                        .hint("say which counts in [import.NAME] of broaden.toml"),
                );
            }
        }
    }
    let held = |row: &&Row<'_>| {
        [cells.quantity, cells.value]
            .into_iter()
            .any(|column| row.quiet(column).is_some_and(|number| !number.is_zero()))
    };
    let some = part.rows.iter().filter(|row| row.filled(2) == 2).count();
    if some > 0 && !part.rows.iter().any(|row| held(&row)) {
        report.push(
            Diagnostic::error(REFUSED, "no row says how many shares are held: the symbols are only watched")
                .at(part.header.place())
                .hint("fill in the number of shares, or give the positions of the account"),
        );
        return true;
    }
    let weights = part.names.find(super::NOT_HOLDINGS).filter(|_| {
        !["cost", "cost-per-share", "gain", "account", "account-number", "owner", "opened"]
            .iter()
            .any(|role| part.role(role).is_some())
    });
    if let Some(weights) = weights {
        let total =
            part.rows.iter().filter_map(|row| row.quiet(cells.value)).fold(Decimal::ZERO, Decimal::saturating_add);
        let name = part.header.text(weights);
        let place = part.header.cell_place(weights);
        if total > Decimal::from(SMALLEST_FUND) {
            report.push(
                Diagnostic::error(
                    REFUSED,
                    format!("with a column `{name}` and so much in it this is a list of what a fund holds"),
                )
                .at(place)
                .hint("give it with --funds; a table of your own is known by a column with its cost or its account"),
            );
            return true;
        }
        report.push(
            Diagnostic::note(COLUMNS_BY_NAME, format!("beside `{name}` the table is taken as your own holdings"))
                .at(place)
                .hint("if it is what a fund holds, give it with --funds"),
        );
    }
    if let (Some(price), Some(opened)) = (cells.price, part.role("opened")) {
        let alone = cells.value.is_none() && cells.cost.is_none() && cells.cost_per_share.is_none();
        let name = part.header.text(price);
        if alone && PAID.contains(&name.to_lowercase().as_str()) {
            let message = format!(
                "`{name}` beside `{}` is taken as the price of today; it may be what was paid",
                part.header.text(opened)
            );
            report.push(
                Diagnostic::warning(COLUMNS_BY_NAME, message)
                    .at(part.header.cell_place(price))
                    .hint("if it is what was paid, call it `Cost per share`; the market files give the price"),
            );
        }
    }
    false
}

/// What of the shares that are listed only few cost.
const DEAREST_SHARE: i64 = 5_000;

/// Warns of a row with a value alone that no name of a fund explains: it may be a line of the sheet's own figures.
pub fn without_shares(row: &Row<'_>, position: &Position, report: &mut Report) {
    // A house is one of its kind.
    let once = position.quantity == Some(Shares(Decimal::ONE))
        && position.price.is_some_and(|price| price.decimal() >= Decimal::from(DEAREST_SHARE))
        && !position.kind.is_cash()
        && matches!(position.kind, AssetKind::Equity | AssetKind::Other)
        && position.details.cusip.is_none();
    let bare = position.quantity.is_none() && position.price.is_none() && position.value.is_some();
    if !bare && !once {
        return;
    }
    let symbol = position.symbol.as_deref().unwrap_or_default();
    // Capitals alone may be short for the whole: only what is known is a ticker.
    let fund = symbol.len() == 5 && symbol.ends_with('X') && symbol.bytes().all(|byte| byte.is_ascii_uppercase());
    let ticker = (fund || reference::is_listed(symbol)) && row.texts().any(|text| text == symbol);
    let listed = position.canonical.as_ref().is_some_and(|ticker| reference::is_listed(ticker.as_str()));
    if ticker || once && listed || kinds::is_fund(&position.label()) {
        return;
    }
    let value = position.value.unwrap_or_default().dollars();
    let value = if once { position.price.map_or(value, |price| Money(price.decimal()).dollars()) } else { value };
    let message = match once {
        true => format!("one `{}` counts as a holding of {value}, which few shares cost", position.label()),
        false => format!("`{}` has neither shares nor a price, and counts as a holding of {value}", position.label()),
    };
    report.push(
        Diagnostic::warning(NO_SHARES, message)
            .at(row.place())
            .hint("if it is none, put `# ` before the line or leave it out"),
    );
}

/// Warns of a row that does not say what is held.
pub fn without_name(row: &Row<'_>, position: &Position, report: &mut Report) {
    if position.symbol.is_none() && position.name.is_empty() && position.details.cusip.is_none() {
        report.push(
            Diagnostic::warning(UNCLEAR, "a row has neither a symbol nor a name, and counts as an unnamed holding")
                .at(row.place())
                .hint("write what it is, or leave it out if it is none"),
        );
    }
}

/// Warns where the costs of one share, by their name, are nearer to the value of all than to the price, in every row.
pub fn each_is_of_all(part: &Part<'_, '_>, report: &mut Report) {
    let cells = &part.cells;
    let Some(column) = cells.cost_per_share else { return };
    let far = |row: &Row<'_>| {
        let positive = |column| row.quiet(column).filter(|number| *number > Decimal::ZERO);
        let (quantity, cost) = (positive(cells.quantity)?, positive(cells.cost_per_share)?);
        let value = positive(cells.value).or_else(|| quantity.checked_mul(positive(cells.price)?))?;
        let price = positive(cells.price).or_else(|| value.checked_div(quantity))?;
        if quantity < Decimal::TWO {
            return None;
        }
        let apart = |a: Decimal, b: Decimal| a.max(b).checked_div(a.min(b));
        Some(apart(cost, value)? < apart(cost, price)?)
    };
    let told: Vec<bool> = part.rows.iter().filter_map(far).collect();
    let Some(row) = part.rows.iter().find(|row| far(row) == Some(true)).filter(|_| told.iter().all(|far| *far)) else {
        return;
    };
    let message = format!(
        "`{}` is taken as the cost of one share, and is nearer to the value of all shares in every row",
        part.header.text(column)
    );
    report.push(
        Diagnostic::warning(COLUMNS_BY_NAME, message)
            .at(row.cell_place(column))
            .hint("call the column `Total cost` if it is that, or say which in [import.NAME] of broaden.toml"),
    );
}

/// Takes out rows with a value alone that is the sum of everything else, in the account or in the file: a total that stands
/// above or between what it counts.
pub fn sums_of_others(found: &mut Found, report: &mut Report) {
    let bare =
        |position: &Position| position.quantity.is_none() && position.price.is_none() && position.value.is_some();
    let sum = |account: &Account| -> (usize, Money) {
        let values = account.positions.iter().filter_map(|position| position.value);
        let cash = account.cash.iter().map(|(_, amount)| *amount);
        values.chain(cash).fold((0, Money::ZERO), |(rows, sum), value| (rows + 1, sum + value))
    };
    let positions = || found.accounts.iter().flat_map(|account| &account.positions);
    if !positions().any(bare) || positions().filter(|position| position.quantity.is_some()).nth(1).is_none() {
        return;
    }
    let all =
        found.accounts.iter().map(sum).fold((0, Money::ZERO), |(rows, total), (more, one)| (rows + more, total + one));
    for account in &mut found.accounts {
        let own = sum(account);
        account.positions.retain(|position| {
            let Some(value) = position.value.filter(|value| bare(position) && !value.is_zero()) else { return true };
            // A fund may be held without a count of shares, and a ticker is one.
            let symbol = position.symbol.as_deref().unwrap_or_default();
            if reference::is_listed(symbol) || kinds::is_fund(&position.label()) {
                return true;
            }
            // Two rows may be as large as each other.
            let is_sum = [own, all].iter().any(|(rows, sum)| *rows > 2 && draft::agree(*sum - value, value, *rows));
            if is_sum {
                let message = format!("`{}` is not used: its value is the sum of the other rows", position.label());
                let note = Diagnostic::note(SKIPPED_ROW, message);
                report.push(position.place.iter().fold(note, |note, place| note.at(place.clone())));
            }
            !is_sum
        });
    }
}

/// Returns whether the cells of the column of costs are those of one share, and reports where that is in doubt. A gain
/// beside them tells; else what is nearer to the price than to the value is of one share.
pub fn is_of_one_share(part: &Part<'_, '_>, report: &mut Report) -> bool {
    let Some(column) = part.cells.cost.filter(|_| part.cells.cost_per_share.is_none()) else { return false };
    let is_gain = |name: &str| name == "total change" || super::role_of(name).is_some_and(|(role, _)| role == "gain");
    let gains: Vec<usize> =
        part.names.names().enumerate().filter(|(_, name)| is_gain(name)).map(|(column, _)| column).collect();
    let votes: Vec<(Row<'_>, bool, bool)> = part.rows.iter().filter_map(|row| vote(row, part, &gains)).collect();
    let of_one = votes.iter().filter(|(_, one, _)| *one).count();
    let told = votes.iter().all(|(_, _, told)| *told);
    let either = EITHER.contains(&part.header.text(column).to_lowercase().as_str());
    let all = of_one == votes.len();
    if of_one == 0 || told && all || !either && !all || !either && votes.len() < 2 {
        return told && all && of_one > 0;
    }
    let name = part.header.text(column);
    let row = votes.iter().find(|(_, one, _)| *one).map(|(row, ..)| row.cell_place(column));
    let message = match all {
        true => format!("`{name}` is taken as the cost of one share: it is nearer to the price than to the value"),
        false => format!(
            "`{name}` is taken as the cost of all shares; in {of_one} of {} rows it may be that of one",
            votes.len()
        ),
    };
    let warning = Diagnostic::warning(COLUMNS_BY_NAME, message);
    report.push(
        row.into_iter()
            .fold(warning, |warning, place| warning.at(place))
            .hint("call the column `Cost per share` or `Total cost`, or say which in [import.NAME] of broaden.toml"),
    );
    all
}

/// Returns whether the cost of a row is that of one share, and whether a gain says so; `None` where nothing tells.
fn vote<'t>(row: &Row<'t>, part: &Part<'t, '_>, gains: &[usize]) -> Option<(Row<'t>, bool, bool)> {
    let cells = &part.cells;
    let positive = |column| row.quiet(column).filter(|number| *number > Decimal::ZERO);
    let (quantity, cost) = (positive(cells.quantity)?, positive(cells.cost)?);
    let value = positive(cells.value).or_else(|| quantity.checked_mul(positive(cells.price)?))?;
    let price = positive(cells.price).or_else(|| value.checked_div(quantity))?;
    // With about one share the two are the same.
    if (quantity - Decimal::ONE).abs() < Decimal::new(5, 1) {
        return None;
    }
    let near = |a: Decimal, b: Decimal| (a - b).abs() <= value * Decimal::new(5, 3);
    for column in gains.iter().copied() {
        let Some(gain) = row.quiet(Some(column)).filter(|_| !row.text(column).contains('%')) else { continue };
        let (of_all, of_one) = (value - cost, value - quantity.saturating_mul(cost));
        match (near(gain, of_all), near(gain, of_one)) {
            (true, false) => return Some((*row, false, true)),
            (false, true) => return Some((*row, true, true)),
            _ => {}
        }
    }
    let apart = |a: Decimal, b: Decimal| a.max(b).checked_div(a.min(b));
    Some((*row, apart(cost, price)? < apart(cost, value)?, false))
}

/// Returns whether the gains are shares of the value and no amounts: a spreadsheet keeps 50% as 0.5, and each is less than a
/// hundredth of its value.
pub fn gains_are_ratios(part: &Part<'_, '_>, report: &mut Report) -> bool {
    let (Some(column), None, None) = (part.cells.gain, part.cells.cost, part.cells.cost_per_share) else {
        return false;
    };
    let gains: Vec<(Row<'_>, Decimal, Decimal)> = part
        .rows
        .iter()
        .filter(|row| !row.text(column).contains('%'))
        .filter_map(|row| {
            let product = || row.quiet(part.cells.quantity)?.checked_mul(row.quiet(part.cells.price)?);
            Some((*row, row.quiet(Some(column))?, row.quiet(part.cells.value).or_else(product)?))
        })
        .filter(|(_, gain, _)| !gain.is_zero())
        .collect();
    let small = |(_, gain, value): &(Row<'_>, Decimal, Decimal)| gain.abs() * Decimal::ONE_HUNDRED < value.abs();
    let Some((row, ..)) = gains.first().filter(|_| gains.iter().all(small)) else { return false };
    let message = format!(
        "`{}` is less than a hundredth of every value, so it may be a ratio: no cost follows from it",
        part.header.text(column)
    );
    report.push(
        Diagnostic::warning(COLUMNS_BY_NAME, message)
            .at(row.cell_place(column))
            .hint("give the cost itself, or say what the column is in [import.NAME] of broaden.toml"),
    );
    true
}

/// Returns the column that says whether a position is long or short, where it says nothing else.
pub fn side(part: &Part<'_, '_>) -> Option<usize> {
    const NAMES: &[&str] = &["side", "long/short", "l/s", "direction", "position", "position side", "position type"];
    let is_side = |text: &str| is_short(text) || matches!(text.to_lowercase().as_str(), "long" | "l" | "long position");
    let columns = (0..part.names.width()).zip(part.names.names());
    let mut columns = columns.filter(|(column, _)| Some(*column) != part.cells.symbol);
    let found = columns.find(|(column, name)| {
        let mut filled = part.rows.iter().map(|row| row.text(*column)).filter(|text| !text.is_empty()).peekable();
        // A letter alone says so only below such a name, and of a lot a word may tell its tax: `Term`, `Holding Period`.
        let named = NAMES.contains(name);
        let of_tax = ["term", "holding", "period", "gain"].iter().any(|word| name.contains(word));
        let term = !named && (of_tax || part.role("opened").is_some());
        filled.peek().is_some() && !term && filled.all(|text| is_side(text) && (text.len() > 1 || named))
    });
    found.map(|(column, _)| column)
}

/// Returns whether the cell of such a column says that the position is owed.
pub fn is_short(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "short" | "s" | "short position")
}

/// Returns whether the kind of an option says that it was sold: `Short Call`, `Covered Call`, `Cash-Secured Put`.
pub fn is_written(kind: &str) -> bool {
    let lower = kind.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    has(&["call", "calls", "put", "puts"]) && has(&["short", "sold", "written", "covered", "secured"])
}
