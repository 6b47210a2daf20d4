//! In which order a table writes its days: month first, as in the United States, or day first.

use super::part::Part;
use crate::diagnostics::Diagnostic;
use crate::holdings::dates::{self, Order};
use crate::holdings::report::Report;
use crate::holdings::{BAD_DATE, COLUMNS_BY_NAME};

/// Returns the order of the days of a file, by all that can be read in one order alone. Where none is there, month first,
/// unless the numbers are written as where the day stands first: then it may be either.
pub fn of_file(parts: &[Part<'_, '_>], elsewhere: bool) -> Order {
    let cells = parts.iter().flat_map(|part| {
        let (symbol, name) = (part.cells.symbol, part.cells.name);
        // The name of a bond has the day of its end, in the broker's order.
        let columns = (0..part.names.width()).filter(move |column| Some(*column) != symbol && Some(*column) != name);
        columns.flat_map(|column| part.rows.iter().map(move |row| row.text(column)))
    });
    dates::order(cells).unwrap_or(if elsewhere { Order::Either } else { Order::MonthFirst })
}

/// Returns the order of the days of a column, else that of the file, and says what is read otherwise than month first.
pub fn of_column(part: &Part<'_, '_>, column: usize, file: Order, report: &mut Report) -> Order {
    let own = dates::order(part.rows.iter().map(|row| row.text(column)));
    let order = own.unwrap_or(file);
    let mut doubtful = part.rows.iter().filter(|row| dates::is_ambiguous(row.text(column)));
    let Some(first) = doubtful.next() else { return order };
    let (cell, name, others) = (first.text(column), part.header.text(column), doubtful.count());
    let problem = match order {
        Order::MonthFirst => return order,
        Order::DayFirst => {
            let message = format!("`{cell}` in `{name}` is read day first, as other days of the file are written");
            Diagnostic::note(COLUMNS_BY_NAME, message)
        }
        Order::Either => {
            let more = if others == 0 { String::new() } else { format!(" (and {others} more)") };
            let why = match own {
                Some(_) => "other days of the column can be read in one order alone, and not all in the same",
                None => {
                    "other days or the numbers of the file are not written month first, and nothing in the column tells"
                }
            };
            let message = format!(
                "`{cell}`{more} in `{name}` may have the day or the month first, and is taken as unknown: {why}"
            );
            Diagnostic::warning(BAD_DATE, message)
        }
    };
    report.push(problem.at(first.cell_place(column)).hint("write days as 2025-12-31"));
    order
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    /// Returns the days of the lots of a table, and the codes of its warnings.
    fn days(text: &str) -> (Vec<String>, Vec<&'static str>) {
        let (read, sink) = portfolio(&[text]);
        let positions = read.accounts.iter().flat_map(|account| &account.positions);
        let day = |day: Option<chrono::NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let found = positions.flat_map(|held| held.lots.iter().map(|lot| day(lot.opened))).collect();
        let warned = sink.items.iter().filter(|item| item.code.id == "bad-date").map(|item| item.code.id);
        (found, warned.collect())
    }

    #[test]
    fn one_cell_that_can_only_be_day_first_tells_of_the_column() {
        let head = "Symbol,Shares,Price,Cost Basis,Date Acquired\n";
        let rows = "NVDA,100,180,9000,25/11/2025\nAAPL,100,250,9000,05/12/2025\n";
        assert_eq!(days(&format!("{head}{rows}")), (vec!["2025-11-25".to_owned(), "2025-12-05".to_owned()], vec![]));
        let rows = "NVDA,100,180,9000,11/25/2025\nAAPL,100,250,9000,05/12/2025\n";
        assert_eq!(days(&format!("{head}{rows}")), (vec!["2025-11-25".to_owned(), "2025-05-12".to_owned()], vec![]));
        // Another column tells too, and nothing leaves it as it is in the United States.
        let other = "Symbol,Shares,Price,Cost Basis,Date Acquired,Reviewed\nAAPL,100,250,9000,05/12/2025,30/11/2026\n";
        assert_eq!(days(other).0, ["2025-12-05"]);
        assert_eq!(days(&format!("{head}AAPL,100,250,9000,05/12/2025\n")), (vec!["2025-05-12".to_owned()], vec![]));
    }

    #[test]
    fn a_day_that_may_be_either_is_unknown_and_told() {
        let head = "Symbol,Shares,Price,Cost Basis,Date Acquired\n";
        let rows = "NVDA,100,180,9000,25/11/2025\nAAPL,100,250,9000,05/12/2025\nVTI,1,300,100,11/25/2025\n";
        let told = ["2025-11-25", "-", "2025-11-25"].map(str::to_owned).to_vec();
        assert_eq!(days(&format!("{head}{rows}")), (told, vec!["bad-date"]));
        // Decimal commas are written where the day stands first.
        let text = "Symbol;Shares;Price;Cost Basis;Date Acquired\nAAPL;100;250,50;9000,25;05/12/2025\n";
        assert_eq!(days(text), (vec!["-".to_owned()], vec!["bad-date"]));
        let text = "Symbol;Shares;Price;Cost Basis;Date Acquired\nAAPL;100;250,50;9000,25;05.12.2025\n";
        assert_eq!(days(text), (vec!["2025-12-05".to_owned()], vec![]));
    }

    #[test]
    fn the_day_of_the_figures_is_read_in_the_order_of_the_file() {
        let day = |text: &str| portfolio(&[text]).0.as_of.map(|day| day.to_string());
        let rows = "Symbol,Shares,Price,Date Acquired\nVTI,10,300,25/11/2025\n";
        assert_eq!(day(&format!("As of 05/12/2026\n{rows}")).as_deref(), Some("2026-12-05"));
        let dated = |first: &str| format!("Symbol;Shares;Price;Date\nVTI;10;300,50;{first}\nBND;10;70,25;{first}\n");
        assert_eq!(day(&dated("25/11/2026")).as_deref(), Some("2026-11-25"));
        assert_eq!(day(&dated("05/12/2026")), None);
    }
}
