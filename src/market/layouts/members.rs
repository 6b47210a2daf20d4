//! Who was in the index when: `ticker,start_date,end_date`.

use super::{Input, Layout};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::BAD_ROWS;
use crate::market::pieces::Pieces;
use crate::market::{cells, dates, text};
use crate::model::Symbol;

/// Membership intervals.
pub const LAYOUT: Layout = Layout {
    id: "membership",
    doc: "`ticker,start_date,end_date` (or `symbol,from,to`): a ticker counts on days with start <= day < end; an empty \
          end means that it is still a member.",
    recognises: |input| {
        let head = &input.head;
        head.column(&TICKER).is_some() && head.column(&START).is_some() && head.column(&END).is_some()
    },
    read,
};

const TICKER: [&str; 2] = ["ticker", "symbol"];
const START: [&str; 4] = ["startdate", "start", "from", "dateadded"];
const END: [&str; 4] = ["enddate", "end", "to", "dateremoved"];

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let column = |names: &[&str]| input.head.column(names).unwrap_or(usize::MAX);
    let (ticker, start, end) = (column(&TICKER), column(&START), column(&END));
    let mut bad = None;
    let starts: Vec<String> = input
        .rows()
        .filter_map(|line| text::cells(line.text, input.head.delimiter).get(start).map(ToString::to_string))
        .collect();
    let order = input.order(starts.iter().map(String::as_str), sink);
    for line in input.rows() {
        let cells = text::cells(line.text, input.head.delimiter);
        let cell = |column: usize| cells.get(column).map_or("", |cell| cell).trim();
        let date = |column: usize| dates::stamp(cell(column), order).map(|stamp| stamp.date);
        let open = cells::is_null(cell(end)) || cell(end).starts_with("9999");
        let until = if open { Some(None) } else { date(end).map(Some) };
        match (cell(ticker), date(start), until) {
            ("", _, _) => {}
            (name, Some(from), Some(until)) => {
                pieces.members.entry(Symbol::new(name)).or_default().push((from, until));
            }
            _ => {
                bad.get_or_insert(line.number);
            }
        }
    }
    if let Some(line) = bad {
        sink.push(
            Diagnostic::warning(BAD_ROWS, "memberships without readable dates are left out, the first here")
                .at(Place::line(&input.text.source, line))
                .hint("dates are written 2026-11-20; an empty end means still a member"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::model::Symbol;

    #[test]
    fn a_member_counts_from_its_start_until_the_day_before_its_end() {
        let (market, codes) =
            market(&[("m.csv", "ticker,start_date,end_date\nBRK.B,2010-02-16,\nX,2000-01-03,2001-01-02\nY,bad,\n")]);
        assert_eq!(codes, ["warning market-bad-rows"]);
        let members = market.members().unwrap();
        let is = |symbol: &str, day: &str| members.contains(&Symbol::new(symbol), day.parse().unwrap());
        assert!(is("BRK-B", "2010-02-16") && !is("BRK-B", "2010-02-15"));
        assert!(is("X", "2001-01-01") && !is("X", "2001-01-02"));
    }

    #[test]
    fn other_spellings_of_dates_and_of_no_end_are_read() {
        let content = "symbol;from;to\nA;13/01/2020;NaN\nB;02/01/2020;9999-12-31\nC;02/01/2020;14/01/2020\n";
        let (market, codes) = market(&[("m.csv", content)]);
        assert!(codes.is_empty(), "{codes:?}");
        let count = |day: &str| market.members().unwrap().count(day.parse().unwrap());
        assert_eq!((count("2020-01-02"), count("2020-01-13"), count("2020-01-14")), (2, 3, 2));
    }
}
