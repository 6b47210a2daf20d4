//! Files that belong to other stages or say nothing that is needed: recognised, so that nobody wonders.

use super::{Input, Layout};
use crate::diagnostics::{Diagnostic, Place, Sink};
use crate::market::NOT_MARKET;
use crate::market::pieces::Pieces;

/// Fund holdings, dividends and lists of companies.
pub const LAYOUT: Layout = Layout {
    id: "not-market",
    doc: "Fund holdings of issuers, dividend lists and lists of companies are not market data and are left to their stages.",
    recognises: |input| what(input).is_some(),
    read,
};

fn what(input: &Input<'_>) -> Option<&'static str> {
    let head = &input.head;
    if head.has(&["holdingticker", "weight"]) || head.has(&["name", "assetclass"]) || head.has(&["name", "sedol"]) {
        return Some("fund holdings; give them with the portfolio's reference files");
    }
    if head.has(&["exdate", "amount"]) {
        return Some("dividends; returns come from adjusted closes, so they are not needed");
    }
    let companies = head.has(&["reportdate"]) || head.has(&["name", "sector"]) || head.has(&["security", "gicssector"]);
    companies.then_some("facts about companies, without figures that the screen uses")
}

fn read(input: &Input<'_>, _: &mut Pieces, sink: &mut Sink) {
    if let Some(what) = what(input) {
        sink.push(
            Diagnostic::note(NOT_MARKET, format!("not used as market data: {what}"))
                .at(Place::whole(&input.text.source)),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::market::layouts::testing::market;

    #[test]
    fn other_files_are_named_and_left() {
        for content in [
            "Fund Ticker,Security Identifier,Holding Ticker,Weight\nQQQ,1,NVDA ,9\n",
            "ex_date,ticker,amount\n2005-02-01,TLT,0.345\n",
            "symbol,report_date,Diluted EPS\nA,2024-10-31,1.2\n",
            "Symbol,Security,GICS Sector\nMMM,3M,Industrials\n",
        ] {
            assert_eq!(market(&[("x.csv", content)]).1, ["note market-not-market"], "{content}");
        }
    }
}
