//! Interactive Brokers: a report of PortfolioAnalyst as CSV, with its section of open positions.
//!
//! Laid out as the statement is, with sections of its own. `Value` is in the currency of the row, and `FXRateToBase` turns
//! it into that of the account; cash stands among the positions.

use super::{Statement, has_sections, settle};
use crate::diagnostics::{Diagnostic, Place};
use crate::holdings::draft;
use crate::holdings::identity;
use crate::holdings::input::Input;
use crate::holdings::report::Report;
use crate::holdings::table::{Columns, Row};
use crate::holdings::{Detection, Found, REFUSED, ReaderEntry, dates, kinds};
use crate::model::{Account, AssetKind};
use crate::units::{Money, Price, Shares};

/// What the reader does.
const DOC: &str = "Reads a report of PortfolioAnalyst of Interactive Brokers (CSV, in English) that has the section Open Position\n\
Summary, with cash among its rows. A report of several accounts together is refused: it does not say whose a position is.\n\
Values in other currencies are converted at the rates of the rows. The sum is compared with the ending net asset value of\n\
Key Statistics, and with the totals of each kind of instrument. There are no lots in it: the activity statement has them.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "ibkr-portfolio-analyst",
    broker: "Interactive Brokers PortfolioAnalyst report",
    doc: DOC,
    download: "Performance & Reports > PortfolioAnalyst > Reports > CSV",
    needs: &[],
    detect,
    read,
};

const POSITIONS: &str = "Open Position Summary";

/// The columns of the positions without which nothing is known.
const NEEDS: &[&[&str]] =
    &[&["financialinstrument"], &["currency"], &["symbol"], &["quantity"], &["value"], &["fxratetobase"]];

fn detect(input: &Input<'_>) -> Detection {
    let introduced = input.head.rows().any(|row| row.text(0) == "Introduction");
    Detection::when(introduced && has_sections(input))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let table = input.table(report);
    let mut account = Account::new("ibkr", "portfolio-analyst");
    account.cash_per_currency = true;
    account.place = table.row(0).map(|row| row.place());
    let mut statement = Statement { cash_report: true, english: true, ..Statement::default() };
    let (mut header, mut known, mut introduced) = (Columns::default(), false, 0);
    for row in table.rows().filter(|row| !row.is_blank()) {
        match (row.text(0), row.text(1)) {
            (section, "Header") => {
                header = Columns::of(&row);
                known |= section == POSITIONS && header.has(NEEDS);
            }
            ("Introduction", "Data") => {
                introduced += 1;
                introduce(&row, &header, &mut account);
            }
            (POSITIONS, "MetaInfo") if row.text(2) == "As Of" => dated(&mut account, row.text(3)),
            (POSITIONS, "Data") if known && row.text(2) == "Total" => total(&row, &header, &mut statement, report),
            (POSITIONS, "Data") if known => holding(&row, &header, &mut account, &mut statement, report),
            ("Key Statistics", "Data") => {
                let total = row.number(header.find(&["endingnav"]), report).map(Money);
                statement.total = total.map(|total| (total, row.place()));
            }
            (_, "Data" | "MetaInfo" | "Total" | "SubTotal" | "Notes" | "") => {}
            _ => report.skipped(&row, "it is not a row of a report"),
        }
    }
    let refused = match () {
        () if introduced > 1 => Some((
            "the report is of several accounts together, and does not say whose a position is",
            "make the report for each account by itself",
        )),
        () if !known => Some((
            "the report has no section of open positions",
            "choose `Open Position Summary` among the sections of the report and download it again",
        )),
        () => None,
    };
    if let Some((message, hint)) = refused {
        report.push(Diagnostic::error(REFUSED, message).at(Place::whole(input.source)).hint(hint));
        return Found { role: "refused", ..Found::default() };
    }
    settle(&mut account, statement, report);
    Found { accounts: vec![account], ..Found::default() }
}

fn introduce(row: &Row<'_>, header: &Columns, account: &mut Account) {
    let text = |name: &str| row.get(header.find(&[name]));
    account.id = Some(text("account").to_owned()).filter(|id| !id.is_empty());
    let alias = Some(text("alias")).filter(|alias| !alias.is_empty());
    account.name = Some(alias.unwrap_or(text("accounttype")).to_owned()).filter(|name| !name.is_empty());
    account.base_currency = text("basecurrency").to_owned();
    // The end of `January 1, 2026 to July 17, 2026 (Daily)`.
    dated(account, text("analysisperiod").rsplit(" to ").next().unwrap_or_default());
}

fn dated(account: &mut Account, text: &str) {
    if let Some(when) = dates::find(text) {
        account.as_of = Some(when.date);
        account.as_of_text = Some(when.text);
    }
}

/// Keeps the total of a kind of instrument in a currency.
fn total(row: &Row<'_>, header: &Columns, statement: &mut Statement, report: &mut Report) {
    let text = |name: &str| row.get(header.find(&[name])).to_owned();
    if let Some(total) = row.number(header.find(&["value"]), report) {
        let key = (text("financialinstrument"), text("currency"));
        statement.totals.entry(key).or_default().push((Money(total), row.place()));
    }
}

fn holding(row: &Row<'_>, header: &Columns, account: &mut Account, statement: &mut Statement, report: &mut Report) {
    let column = |name: &str| header.find(&[name]);
    let needed = ["symbol", "quantity", "value", "fxratetobase"].map(column);
    if !report.fits(row, header.width(), &needed) {
        return;
    }
    let (symbol, name) = (row.get(column("symbol")), row.get(column("description")));
    let (kind, currency) = (row.get(column("financialinstrument")), row.get(column("currency")));
    if let Some(rate) = row.number(column("fxratetobase"), report) {
        statement.rates.entry(currency.to_owned()).or_insert(rate);
    }
    let value = row.number(column("value"), report).map(Money);
    *statement.sums.entry((kind.to_owned(), currency.to_owned())).or_default() += value.unwrap_or_default();
    if kind == "Cash" {
        account.cash.extend(value.map(|value| (currency.to_owned(), value)));
        return;
    }
    let said = match kind {
        "Stocks" => kinds::security(symbol, name),
        "ETFs" => AssetKind::Etf,
        other if other.contains("Option") => AssetKind::Option,
        other if other.contains("Bond") || other.contains("Bill") => AssetKind::Bond,
        other if other.contains("Fund") => AssetKind::MutualFund,
        other if other.contains("Crypto") => AssetKind::Crypto,
        _ => AssetKind::Other,
    };
    let mut position = identity::identify(symbol, name, Some(said));
    position.symbol = Some(symbol.into());
    position.quantity = row.number(column("quantity"), report).map(Shares);
    position.price = row.number(column("closeprice"), report).map(Price);
    position.value = value;
    position.cost_basis = row.number(column("cost basis"), report).map(Money);
    position.currency = currency.into();
    position.place = Some(row.place());
    if kind.starts_with("Future") || kind.starts_with("CFD") {
        draft::without_notional(&mut position, report);
    }
    account.positions.push(position);
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};
    use crate::model::AssetKind;

    const HEAD: &str = "\
Introduction,Header,Name,Account,Alias,BaseCurrency,AccountType,AnalysisPeriod,PerformanceMeasure
Introduction,Data,J Doe,U1234567,Roth,USD,Individual,\"January 1, 2026 to November 20, 2026 (Daily)\",TWR
Key Statistics,Header,BeginningNAV,EndingNAV,CumulativeReturn
Key Statistics,Data,50000,NAV,3.1
Open Position Summary,MetaInfo,As Of,\"November 20, 2026\"
Open Position Summary,Header,Date,FinancialInstrument,Currency,Symbol,Description,Sector,Quantity,ClosePrice,Value,Cost Basis,UnrealizedP&L,FXRateToBase
";
    const ROWS: &str = "\
Open Position Summary,Data,11/20/2026,ETFs,USD,VTI,VANGUARD TOTAL STOCK MKT ETF,Broad,100,300,30000,20000,10000,1
Open Position Summary,Data,Total,ETFs,USD,,,,,,30000,20000,10000
Open Position Summary,Data,11/20/2026,Stocks,USD,BRK B,BERKSHIRE HATHAWAY INC-CL B,Financials,10,500,5000,4000,1000,1
Open Position Summary,Data,Total,Stocks,USD,,,,,,5000,4000,1000
Open Position Summary,Data,11/20/2026,Options,USD,VTI   261218C00350000,VTI 18DEC26 350 C,Broad,-1,2.5,-250,-300,50,1
Open Position Summary,Data,11/20/2026,Cash,EUR,EUR,Euro,Cash,100,1,100, , ,1.15
Open Position Summary,Data,11/20/2026,Cash,USD,USD,US Dollar,Cash,1250.5,1,1250.5, , ,1
";

    #[test]
    fn positions_cash_and_short_options_add_up_to_the_net_asset_value() {
        let text = HEAD.replace("NAV,3.1", "36115.5,3.1") + ROWS;
        let account = one(&text);
        assert_eq!(
            (account.label().as_str(), account.as_of.unwrap().to_string().as_str()),
            ("...4567 Roth", "2026-11-20")
        );
        let held: Vec<_> = account
            .positions
            .iter()
            .map(|own| (own.canonical.as_ref().unwrap().to_string(), own.kind, own.value.unwrap().dollars()))
            .collect();
        assert_eq!(held[0], ("VTI".to_owned(), AssetKind::Etf, "$30,000.00".to_owned()));
        assert_eq!(held[1], ("BRK.B".to_owned(), AssetKind::Equity, "$5,000.00".to_owned()));
        assert_eq!((held[2].1, held[2].2.as_str()), (AssetKind::Option, "-$250.00"));
        assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$20,000.00");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$1,250.50");
        assert_eq!(account.cash_in("EUR").unwrap().dollars(), "$100.00");
    }

    #[test]
    fn a_row_that_is_missing_is_seen_in_its_totals() {
        let text = HEAD.replace("NAV,3.1", "36115.5,3.1") + ROWS;
        let cut = text.lines().filter(|line| !line.contains(",BRK B,")).collect::<Vec<_>>().join("\n");
        assert_eq!(errors(&cut), ["total-gap", "total-gap"]);
        assert_eq!(errors(&text.replace(",30000,20000,10000\n", ",3000,20000,10000\n")), ["total-gap"]);
    }

    /// In an account of another currency the rates are to that one.
    #[test]
    fn rates_are_to_the_currency_of_the_account() {
        let text = HEAD.replace("NAV,3.1", "14000,3.1").replace(",USD,Individual", ",CAD,Individual");
        let row =
            "Open Position Summary,Data,11/20/2026,Stocks,USD,NVDA,NVIDIA CORP,Technology,50,200,10000,5000,5000,1.4\n";
        let (read, _) = portfolio(&[&(text + row)]);
        assert_eq!(read.accounts[0].base_currency, "CAD");
        assert_eq!(read.accounts[0].positions[0].details.value_base.unwrap().dollars(), "$14,000.00");
    }

    #[test]
    fn what_does_not_say_whose_it_is_or_what_is_held_is_refused() {
        let text = HEAD.replace("NAV,3.1", "36115.5,3.1") + ROWS;
        let second = "Introduction,Data,J Doe,U7654321,,USD,Individual,\"January 1, 2026 to November 20, 2026 (Daily)\",TWR\nKey";
        assert_eq!(errors(&text.replacen("Key", second, 1)), ["refused-file"]);
        let (without, _) = text.split_once("Open Position").unwrap();
        assert_eq!(errors(without), ["refused-file"]);
        assert_eq!(errors(&text.replace("FXRateToBase", "Rate")), ["refused-file"]);
    }
}
