//! Rows that are lots of one position, and the row that is their sum.

use super::part::Part;
use super::whose::Whose;
use crate::diagnostics::Diagnostic;
use crate::holdings::dates::Order;
use crate::holdings::report::Report;
use crate::holdings::table::Row;
use crate::holdings::{BAD_DATE, COLUMNS_BY_NAME, LOTS_DISAGREE, REFUSED, dates};
use crate::model::{Lot, Position};
use crate::units::{Decimal, is_null};

/// Returns whether a row is a lot of the position above it: it has no symbol of its own, or says `Lot 2`.
pub fn is_lot(part: &Part<'_, '_>, row: &Row<'_>) -> bool {
    let none = |column: Option<usize>| {
        let text = row.get(column).to_lowercase();
        let rest = text.strip_prefix("lot").map(|rest| rest.trim_start_matches([' ', '#']));
        is_null(&text) || rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    none(part.cells.symbol) && none(part.cells.name)
}

/// Returns the lines of rows that are the sum of the lots beside them: a row without a day whose shares are those of the
/// dated rows of the same symbol below or above it. Added up, they would count twice. With each whether it stands above lots
/// without a symbol, and names them.
pub fn sums_of_lots(
    part: &Part<'_, '_>,
    opened: Option<usize>,
    whose: &Whose,
    report: &mut Report,
) -> Vec<(usize, bool)> {
    struct Group<'g> {
        rows: Vec<&'g Row<'g>>,
        symbol: String,
        account: String,
        /// The lots have no symbol of their own.
        nameless: bool,
    }
    // A row with a symbol alone, or with the value of all, names lots that have none.
    let headed = part.rows.iter().zip(part.rows.iter().skip(1)).find(|(above, below)| {
        let without = !above.is_null(part.cells.symbol) && above.quiet(part.cells.quantity).is_none();
        without && opened.is_some() && is_lot(part, below) && below.quiet(part.cells.quantity).is_some()
    });
    if let Some((_, lot)) = headed {
        report.push(
            Diagnostic::error(REFUSED, "lots stand below a row that has their symbol and no shares")
                .at(lot.place())
                .hint("write the symbol into each row of a lot, and leave the row above them out"),
        );
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for row in part.rows.iter().filter(|row| row.quiet(part.cells.quantity).is_some()) {
        // Without a ticker a fund is known by its name: two without one are no lots of each other.
        let called = [part.cells.symbol, part.cells.name].into_iter().find(|column| !row.is_null(*column));
        let (symbol, account) = (called.map(|column| row.get(column)).unwrap_or_default(), whose.account(row));
        let nameless = is_lot(part, row);
        match groups.last_mut() {
            Some(group) if nameless || group.symbol == symbol && (account.is_empty() || group.account == *account) => {
                group.nameless |= nameless;
                group.rows.push(row);
            }
            _ => groups.push(Group {
                rows: vec![row],
                symbol: symbol.to_owned(),
                account: account.into_owned(),
                nameless,
            }),
        }
    }
    let is_day = |text: &str| {
        let orders = [Order::MonthFirst, Order::DayFirst];
        orders.iter().any(|order| dates::in_order(text, *order).is_some()) || dates::serial(text).is_some()
    };
    let shares = |row: &Row<'_>| row.quiet(part.cells.quantity).unwrap_or_default();
    let mut found: Vec<(&Row<'_>, bool, bool)> = Vec::new();
    for group in &groups {
        // Without days, the first or last of three or more rows that has the shares of the others.
        let all: Decimal = group.rows.iter().map(|row| shares(row)).sum();
        let is_lot = |row: &Row<'_>| match opened {
            Some(opened) => is_day(row.text(opened)),
            None => all != shares(row) * Decimal::TWO,
        };
        let (lots, whole): (Vec<&Row<'_>>, Vec<&Row<'_>>) = group.rows.iter().copied().partition(|row| is_lot(row));
        let ([whole], false) = (whole.as_slice(), lots.is_empty()) else { continue };
        let mut ends = [group.rows.first(), group.rows.last()].into_iter().flatten();
        if opened.is_none() && (lots.len() < 2 || !ends.any(|row| row.line() == whole.line())) {
            continue;
        }
        let sum: Decimal = lots.iter().map(|row| shares(row)).sum();
        let apart = (sum - shares(whole)).abs();
        let names = group.nameless && group.rows.first().is_some_and(|first| first.line() == whole.line());
        if apart <= Decimal::new(1, 3) * Decimal::from(lots.len()) {
            found.push((whole, names, group.nameless || lots.len() > 1));
        } else if names {
            let message = format!("the lots of {} add up to {sum} shares, its row has {}", group.symbol, shares(whole));
            report.push(Diagnostic::error(LOTS_DISAGREE, message).at(whole.place()).hint("give all lots, or none"));
        }
    }
    // One lot of as many shares may be another lot of unknown day.
    let is_sure = found.iter().any(|(.., sure)| *sure) || found.len() > 1 && found.len() == groups.len();
    if let Some((row, ..)) = found.first().filter(|_| !is_sure) {
        let message = "this row without a day has the shares of the lot beside it: it counts as another lot";
        report.push(
            Diagnostic::warning(COLUMNS_BY_NAME, message)
                .at(row.place())
                .hint("if it is the sum of the lots, leave it out"),
        );
        return Vec::new();
    }
    found.into_iter().map(|(row, names, _)| (row.line(), names)).collect()
}

/// Adds a lot that has a row of its own to its position.
pub fn join(whole: &mut Position, lot: Position) {
    whole.quantity = whole.quantity.zip(lot.quantity).map(|(a, b)| a + b);
    whole.value = whole.value.zip(lot.value).map(|(a, b)| a + b);
    whole.cost_basis = whole.cost_basis.zip(lot.cost_basis).map(|(a, b)| a + b);
    whole.lots.extend(lot.lots);
}

/// Returns the lot that a row is which says when it was bought.
pub fn lot(row: &Row<'_>, (opened, order): (usize, Order), position: &Position, report: &mut Report) -> Option<Lot> {
    let mut lot = Lot::new(String::new(), position.quantity.filter(|quantity| !quantity.is_zero())?);
    let day = row.text(opened);
    lot.opened = dates::in_order(day, order).or_else(|| dates::serial(day));
    // That it may be two days is said once for the column.
    let either = order == Order::Either && dates::is_ambiguous(day);
    if lot.opened.is_none() && !row.is_null(Some(opened)) && !either {
        report.push(
            Diagnostic::warning(BAD_DATE, format!("`{day}` is not a date"))
                .at(row.place())
                .hint("the lot is taken as of unknown date: short-term if it has a gain"),
        );
    }
    lot.cost_basis = position.cost_basis;
    lot.place = position.place.clone();
    Some(lot)
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};
    use crate::units::Decimal;

    #[test]
    fn rows_that_say_when_they_were_bought_are_lots_of_one_position() {
        let (read, _) = portfolio(&[
            "Ticker,Shares,Price,Cost,Purchase Date\nVTI,10,300,2000,2024-01-05\nVTI,5,300,1400,2026-02-03\n",
        ]);
        let position = &read.accounts[0].positions[0];
        assert_eq!((read.accounts[0].positions.len(), position.lots.len()), (1, 2));
        assert_eq!(
            (position.quantity.unwrap().text().as_str(), position.cost_basis.unwrap().dollars().as_str()),
            ("15", "$3,400.00")
        );
        assert_eq!(position.lots[1].opened.unwrap().to_string(), "2026-02-03");
    }

    #[test]
    fn a_lot_below_its_symbol_is_one_of_it() {
        let (read, sink) = portfolio(&[
            "Symbol,Date Acquired,Shares,Price,Cost Basis\nVTI,2024-01-02,10,300,2000\n,2025-01-03,5,300,1200\nBND,2024-01-02,10,70,700\n",
        ]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let held: Vec<_> = read.accounts[0]
            .positions
            .iter()
            .map(|held| (held.label(), held.quantity.unwrap().text(), held.lots.len()))
            .collect();
        assert_eq!(held, [("VTI".to_owned(), "15".to_owned(), 2), ("BND".to_owned(), "10".to_owned(), 1)]);
    }

    #[test]
    fn the_sum_of_the_lots_does_not_count_beside_them() {
        let head = "Symbol,Date Acquired,Shares,Price,Value,Cost Basis\n";
        let lots = "VTI,01/02/2020,6,300,1800,1200\nVTI,02/03/2021,4,300,1200,800\n";
        let nameless = lots.replace("VTI", "");
        for rows in [
            format!("VTI,,10,300,3000,2000\n{lots}"),
            format!("VTI,Various,10,300,3000,2000\n{lots}BND,01/02/2020,1,70,70,70\n"),
            format!("{lots}VTI,,10,300,3000,2000\n"),
            format!("{lots}VTI Total,,10,300,3000,2000\nBND,01/02/2020,1,70,70,70\n"),
            format!("VTI,,10,300,3000,2000\n{nameless}BND,,1,70,70,80\n"),
        ] {
            let account = one(&format!("{head}{rows}"));
            let vti = &account.positions[0];
            assert_eq!(vti.symbol.as_deref(), Some("VTI"), "{rows}");
            assert_eq!((vti.quantity.unwrap().text().as_str(), vti.lots.len()), ("10", 2), "{rows}");
            assert_eq!(vti.cost_basis.unwrap().dollars(), "$2,000.00");
        }
        // A lot of unknown day is a lot, and one that is as large as another is in doubt.
        let unknown = one(&format!("{head}VTI,,3,300,900,600\n{lots}"));
        assert_eq!(unknown.positions[0].quantity.unwrap().text(), "13");
        let doubt = format!("{head}VTI,,10,300,3000,2000\nVTI,01/02/2020,10,300,3000,2000\n");
        assert_eq!(errors(&doubt)[0], "columns-by-name");
        assert_eq!(errors(&format!("{head}VTI,,12,300,3600,2000\n{nameless}")), ["lots-disagree"]);
    }

    #[test]
    fn lots_without_days_or_with_names_of_their_own_are_lots() {
        for text in [
            "Symbol,Shares,Price,Value\nVTI,10,300,3000\nVTI,6,300,1800\nVTI,4,300,1200\n",
            "Symbol,Name,Date Acquired,Shares,Price,Value\nVTI,V,,10,300,3000\n,Lot 1,01/02/2020,6,300,1800\n,Lot 2,02/02/2021,4,300,1200\n",
            "Symbol,Date Acquired,Shares,Price,Value\nVTI,,10,300,3000\nLot,01/02/2020,6,300,1800\nLot,02/02/2021,4,300,1200\n",
        ] {
            let account = one(text);
            let shares: Decimal =
                account.positions.iter().filter_map(|position| position.quantity).map(|q| q.decimal()).sum();
            assert_eq!(shares, Decimal::TEN, "{text}");
        }
        // A total may count the shares of all.
        let total = "Symbol,Date Acquired,Shares,Price,Value\nVTI,01/02/2020,10,300,3000\nBND,01/02/2020,5,70,350\n,,15,,3350\n";
        assert_eq!(one(total).positions.len(), 2);
        let headed =
            "Symbol,Date Acquired,Shares,Price,Value\nVTI,,,,3000\n,01/02/2020,6,300,1800\n,02/02/2021,4,300,1200\n";
        assert!(errors(headed).contains(&"refused-file"));
    }

    /// Collective trusts of a plan have no tickers: the third was taken for the sum of the other two.
    #[test]
    fn holdings_without_a_ticker_are_told_apart_by_their_names() {
        let head = "Account,Fund,Symbol,Shares,Price,Value\n";
        for shares in [[300, 200, 500], [500, 300, 200], [10_000, 10_000, 20_000]] {
            let [a, b, c] = shares;
            let rows = format!(
                "P,US Equity CIT,,{a},25,{}\nP,Intl CIT,n/a,{b},25,{}\nP,Bond CIT,--,{c},25,{}\n",
                a * 25,
                b * 25,
                c * 25
            );
            let account = &portfolio(&[&format!("{head}{rows}")]).0.accounts[0];
            let held: Decimal =
                account.positions.iter().filter_map(|own| own.quantity).map(|held| held.decimal()).sum();
            assert_eq!((account.positions.len(), held), (3, Decimal::from(a + b + c)));
        }
        // Rows of one name are lots of it and their sum.
        let rows = "P,Bond CIT,,500,25,12500\nP,Bond CIT,,300,25,7500\nP,Bond CIT,,200,25,5000\n";
        let account = &portfolio(&[&format!("{head}{rows}")]).0.accounts[0];
        let held: Decimal = account.positions.iter().filter_map(|own| own.quantity).map(|held| held.decimal()).sum();
        assert_eq!(held, Decimal::from(500));
    }

    #[test]
    fn how_long_a_lot_is_held_is_no_side() {
        for head in ["Symbol,Term,Shares,Price,Value", "Symbol,Holding Period,Shares,Price,Value"] {
            let account = one(&format!("{head}\nVTI,Short,10,300,3000\nBND,Long,10,70,700\n"));
            assert_eq!(account.positions[0].quantity.unwrap().text(), "10", "{head}");
        }
        let lots = "Symbol,Type,Date Acquired,Shares,Price,Value\nVTI,Short,01/02/2026,10,300,3000\nBND,Long,01/02/2020,10,70,700\n";
        assert_eq!(one(lots).positions[0].quantity.unwrap().text(), "10");
    }
}
