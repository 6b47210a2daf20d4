//! Two columns without a header, `19650301, 550`: Unicorn's advance and decline counts, known by the file's name.

use super::{Input, Layout, bars, is_weekday};
use crate::diagnostics::{Place, Sink};
use crate::market::cells;
use crate::market::dates::{self, DateOrder};
use crate::market::names::symbol_hint;
use crate::market::pieces::{Bars, Basis, Pieces};
use crate::market::special::{self, Special};
use crate::market::text;

/// Headerless pairs.
pub const LAYOUT: Layout = Layout {
    id: "headerless-pairs",
    doc: "Rows of a date and a number without a header; what they are is taken from the file's name (`NYSE_advn.csv`, \
          `S5TH.csv`, `SPY.csv`). Zeros are missing values.",
    recognises: |input| {
        input.head.line == 0
            && input.text.lines().next().filter(|line| line.text.len() < 200).is_some_and(|line| {
                let cells = text::cells(line.text, input.head.delimiter);
                let date = cells.first().and_then(|cell| dates::stamp(cell, DateOrder::MonthFirst));
                cells.len() == 2 && date.is_some() && cells.get(1).is_some_and(|cell| cells::number(cell).is_ok())
            })
    },
    read,
};

fn read(input: &Input<'_>, pieces: &mut Pieces, sink: &mut Sink) {
    let rows = input.dated(sink);
    let Some(name) = symbol_hint(input.stem()) else {
        sink.push(bars::no_symbol(input));
        return;
    };
    if let Some(Special::Breadth(kind)) = special::meaning(&name) {
        let value = |row: &super::Row<'_>| cells::number(row.cell(1)).ok().flatten().filter(|value| *value != 0.0);
        let days = rows.iter().filter(|row| is_weekday(row.stamp.date));
        let values = days.filter_map(|row| Some((row.stamp.date, value(row)?))).collect();
        pieces.add_breadth(
            (kind, Some(special::exchange(&name))),
            input.name(),
            Some(Place::whole(&input.text.source)),
            values,
        );
        return;
    }
    let mut bars = Bars::new(&name, Basis::said_by("", input.stem()), input);
    bars::fill(input, &rows, Some(1), None, &mut bars, sink);
    pieces.add_bars(bars);
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;
    use crate::market::special::Breadth;

    #[test]
    fn a_zero_tail_is_missing() {
        let content = "19650301, 550\n19650302, 590\n19650303, 0\n";
        let (market, codes) = market(&[("NYSE_advn.csv", content)]);
        assert_eq!(market.breadth(Breadth::Advances).unwrap().values, [550.0, 590.0], "{codes:?}");
    }
}
