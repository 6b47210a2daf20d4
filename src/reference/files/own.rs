//! The user's own CSV: `symbol,sector[,name,issuer,kind,identity,multiple]`, one instrument a line.

use std::sync::Arc;

use csv::StringRecord;

use super::grid::{Input, cell};
use super::{Format, Reading};
use crate::config::IMPOSSIBLE_VALUE;
use crate::diagnostics::{Diagnostic, Place, Sink, Source};
use crate::model::Symbol;
use crate::reference::{Contents, Entry, Instrument, InstrumentKind, Registry, UNKNOWN_SECTOR, sector_named};

/// The layout.
pub const FORMAT: Format = Format {
    id: "instruments",
    doc: "\
Your own instruments as CSV, for when there are more than fit in broaden.toml. Recognised by the columns symbol and
sector (also ticker; case does not matter) when it is none of the issuers' layouts. Further columns: name, issuer, kind
(stock, etf, mutual-fund, money-market), identity, multiple. Sectors are GICS codes, ids, or the names Yahoo,
Morningstar and Nasdaq use. An entry of broaden.toml wins over a line of the file.",
    read,
};

/// One line.
#[derive(Debug)]
pub(crate) struct Row {
    line: usize,
    symbol: String,
    sector: String,
    name: String,
    issuer: String,
    kind: String,
    identity: String,
    multiple: String,
}

fn read(input: &Input) -> Option<Reading> {
    let grid = input.grid()?;
    let header = grid.header(&["symbol", "sector"]).or_else(|| grid.header(&["ticker", "sector"]))?;
    let column = |names: &[&str]| grid.column(header, names);
    let symbol = column(&["symbol", "ticker"]);
    let names = ["sector", "name", "issuer", "kind", "identity", "multiple"];
    let [sector, name, issuer, kind, identity, multiple] = names.map(|name| column(&[name]));
    let text = |cells: &StringRecord, column| cell(cells, column).to_owned();
    let rows = grid.lines.iter().skip(header + 1).filter(|(_, cells)| !cell(cells, symbol).is_empty());
    let rows = rows.map(|(line, cells)| Row {
        line: *line,
        symbol: text(cells, symbol),
        sector: text(cells, sector),
        name: text(cells, name),
        issuer: text(cells, issuer),
        kind: text(cells, kind),
        identity: text(cells, identity),
        multiple: text(cells, multiple),
    });
    Some(Reading::Instruments(rows.collect()))
}

/// Puts the lines into the registry, each with the file and line as its origin.
pub(crate) fn apply(registry: &mut Registry, rows: Vec<Row>, source: &Arc<Source>, sink: &mut Sink) {
    for row in rows {
        let symbol = Symbol::new(&row.symbol);
        let known = registry.entries.get(&symbol);
        let mut instrument = known.map_or_else(|| Instrument::unknown(&symbol), |entry| entry.instrument.clone());
        let mut contents = known.and_then(|entry| entry.contents().cloned());
        instrument.origin = format!("{}:{}", source.name, row.line);
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        instrument.name = given(&row.name).unwrap_or(instrument.name);
        instrument.issuer = given(&row.issuer).unwrap_or(instrument.issuer);
        instrument.identity_group = given(&row.identity).or(instrument.identity_group);
        let mut wrong = |message: String, hint: &str| {
            let problem = Diagnostic::error(IMPOSSIBLE_VALUE, message);
            sink.push(problem.at(Place::line(source, row.line)).hint(hint));
        };
        match row.multiple.parse() {
            Ok(multiple) if f64::abs(multiple) <= 5.0 => instrument.multiple = multiple,
            _ if row.multiple.is_empty() => {}
            _ => wrong(format!("`{}` is no multiple", row.multiple), "write a number from -5 to 5, such as 3"),
        }
        match row.kind.to_lowercase().as_str() {
            "" => {}
            "stock" => instrument.kind = InstrumentKind::Stock,
            "etf" => instrument.kind = InstrumentKind::Etf,
            "mutual-fund" | "mutual_fund" | "fund" => instrument.kind = InstrumentKind::MutualFund,
            "money-market" | "money_market" => instrument.kind = InstrumentKind::MoneyMarket,
            _ => wrong(
                format!("`{}` is no kind of instrument", row.kind),
                "write stock, etf, mutual-fund or money-market",
            ),
        }
        match sector_named(&row.sector) {
            Some(sector) if instrument.kind == InstrumentKind::Stock => {
                instrument.sector = Some(sector);
                contents = None;
            }
            Some(sector) => {
                contents =
                    Some(Contents { sectors: [(sector, 1.0)].into(), pool: symbol.to_string(), ..Contents::default() });
            }
            None if row.sector.is_empty() => {}
            None => sink.push(
                Diagnostic::error(UNKNOWN_SECTOR, format!("`{}` is not a GICS sector", row.sector))
                    .at(Place::line(source, row.line))
                    .hint("write a two-digit code such as 45, or a name such as Industrials"),
            ),
        }
        registry.entries.insert(symbol, Entry::new(instrument, contents));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{load, text};
    use super::*;
    use crate::model::Sector;
    use crate::reference::TECH_BROAD;

    #[test]
    fn what_cannot_be_is_said_with_its_line() {
        let csv = "ticker,sector,kind,multiple\nZZA,45,stonk,\nZZB,45,etf,thrice\nZZC,45,etf,9\nzzd,45,etf,-1\n";
        let (registry, problems) = load(&[text("mine.csv", csv)], None, "");
        assert_eq!(
            problems,
            [
                "impossible-value `stonk` is no kind of instrument",
                "impossible-value `thrice` is no multiple",
                "impossible-value `9` is no multiple",
            ]
        );
        assert_eq!(registry.theme_fraction(&Symbol::new("ZZD"), TECH_BROAD), -1.0);
    }

    #[test]
    fn the_users_own_instruments_come_as_csv() {
        let csv =
            "Symbol,Sector,Name,Kind\nZZA,Consumer Cyclical,Zed Apparel,\nZZF,45,Zed Tech Fund,etf\nZZB,nowhere,,\n";
        let (registry, problems) = load(&[text("mine.csv", csv)], None, "[instruments.ZZA]\nissuer = \"zed\"\n");
        assert_eq!(problems, ["unknown-sector `nowhere` is not a GICS sector"]);
        let zza = registry.get(&Symbol::new("ZZA")).unwrap();
        assert_eq!((zza.sector, zza.name.as_str()), (Some(Sector::ConsumerDiscretionary), "Zed Apparel"));
        assert_eq!(registry.get(&Symbol::new("ZZF")).unwrap().origin, "mine.csv:3");
        assert_eq!(registry.theme_fraction(&Symbol::new("ZZF"), TECH_BROAD), 1.0);
    }
}
