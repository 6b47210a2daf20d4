//! Interactive Brokers Flex queries: CSV of version 1 (sections told apart by their headers), version 2 (wrapped in
//! BOF, BOA, BOS lines) and XML.

mod rows;

use std::collections::BTreeMap;

use rows::{Line, csv, xml};

use super::draft;
use super::identity;
use super::input::Input;
use super::report::Report;
use super::{Detection, Found, NO_CASH, ReaderEntry, SKIPPED_ROW, dates, kinds, lots};
use crate::diagnostics::Diagnostic;
use crate::model::{Account, AssetKind, Currency, Lot, Position};
use crate::units::{Decimal, Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads Flex queries of Interactive Brokers: CSV with or without section codes, and XML.\n\
The query must hold Open Positions; Cash Report adds the cash. Columns may be any, in any order. Rows of level SUMMARY\n\
are positions, rows of level LOT their lots; with LOT alone the lots are added up. Bonds are priced in percent of\n\
their face although the file gives a multiplier of 1.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "ibkr-flex",
    broker: "Interactive Brokers Flex query",
    doc: DOC,
    download: "Performance & Reports > Flex Queries > Activity Flex Query, as XML or CSV",
    needs: POSITIONS,
    detect,
    read,
};

const ACCOUNT: &[&str] = &["clientaccountid", "accountid"];
const QUANTITY: &[&str] = &["quantity", "position"];
const POSITIONS: &[&[&str]] = &[ACCOUNT, &["symbol"], QUANTITY, &["markprice", "positionvalue"]];
const CASH: &[&[&str]] = &[ACCOUNT, &["endingcash"]];

fn detect(input: &Input<'_>) -> Detection {
    let xml = input.text().trim_start().starts_with('<') && input.text().contains("<FlexQueryResponse");
    Detection::when(xml || input.has(POSITIONS) || input.has(CASH))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut query = Query::default();
    if input.text().trim_start().starts_with('<') {
        xml(input, &mut query, report)
    } else {
        csv(input, &mut query, report)
    }
    query.finish(report)
}

#[derive(Default)]
struct Query {
    layout: &'static str,
    /// The last day that the query covers, for rows that have no date of their own.
    day: Option<chrono::NaiveDate>,
    found: Found,
    /// Positions made of lots because no summary row came, by account and key.
    holdings: BTreeMap<(usize, String), usize>,
    from_lots: BTreeMap<(usize, String), bool>,
    base: BTreeMap<usize, String>,
    /// What the statement around a section says of its account.
    statement: BTreeMap<String, String>,
    /// Cash of all currencies in the base currency, where the query asked for no more.
    base_cash: BTreeMap<usize, Money>,
    /// Rates of the dollar to the base currency that its rows show.
    dollar: BTreeMap<usize, Decimal>,
    /// The newest day of the positions and of the cash of each account: a query may be broken out by day.
    days: [BTreeMap<usize, chrono::NaiveDate>; 2],
}

/// What a row of an account is of, by the days that are kept of both.
const POSITIONS_DAY: usize = 0;
const CASH_DAY: usize = 1;

impl Query {
    fn account(&mut self, line: &Line) -> usize {
        let id = line.get(ACCOUNT).to_owned();
        let index = self.found.account(&id, |account| {
            account.broker = "ibkr".to_owned();
            account.id = Some(id.clone());
            account.name = Some(line.get(&["accountalias", "acctalias"]).to_owned()).filter(|name| !name.is_empty());
            account.cash_per_currency = true;
            account.place = Some(line.place.clone());
        });
        if let Some(account) = self.found.accounts.get_mut(index) {
            let day = dates::leading(line.get(&["reportdate", "todate"])).or(self.day);
            account.as_of = account.as_of.max(day);
        }
        index
    }

    /// Returns whether a row is of the newest day so far; what was read of older days is forgotten.
    fn is_newest(&mut self, what: usize, index: usize, line: &Line, report: &mut Report) -> bool {
        let day = dates::leading(line.get(&["reportdate", "todate"])).or(self.day);
        let (Some(day), Some(days)) = (day, self.days.get_mut(what)) else { return true };
        let newest = *days.entry(index).or_insert(day);
        if day != newest {
            let older = day.min(newest);
            let message = format!("the rows of {older} are not used: the query has those of a later day too");
            report.push(Diagnostic::note(SKIPPED_ROW, message).at(line.place.clone()));
        }
        if day > newest {
            days.insert(index, day);
            if let Some(account) = self.found.accounts.get_mut(index) {
                match what {
                    POSITIONS_DAY => account.positions.clear(),
                    _ => account.cash.clear(),
                }
            }
            if what == POSITIONS_DAY {
                self.holdings.retain(|(account, _), _| *account != index);
                self.from_lots.retain(|(account, _), _| *account != index);
            }
        }
        day >= newest
    }

    /// The account's own section names its currency; else the rate of 1 among its rows does.
    fn base_currency(&mut self, line: &Line) {
        let currency = line.get(&["currency", "currencyprimary"]);
        if currency.len() == 3 && !line.get(ACCOUNT).is_empty() {
            let index = self.account(line);
            self.base.insert(index, currency.to_owned());
        }
    }

    fn cash(&mut self, line: &Line, report: &mut Report) {
        let index = self.account(line);
        if !self.is_newest(CASH_DAY, index, line, report) {
            return;
        }
        let currency = line.get(&["currencyprimary", "currency"]).to_owned();
        if currency == "BASE_SUMMARY" {
            self.base_cash.extend(line.number(&["endingcash"], report).map(|cash| (index, Money(cash))));
        }
        if currency.len() != 3 {
            return;
        }
        if let (Some(amount), Some(account)) =
            (line.number(&["endingcash"], report), self.found.accounts.get_mut(index))
        {
            account.cash.push((currency, Money(amount)));
        }
    }

    fn position(&mut self, line: &Line, report: &mut Report) {
        let index = self.account(line);
        if !self.is_newest(POSITIONS_DAY, index, line, report) {
            return;
        }
        let key = (index, format!("{} {}", line.get(&["conid"]), line.get(&["symbol"])));
        let is_lot = line.get(&["levelofdetail"]).eq_ignore_ascii_case("LOT");
        let position = position(line, report);
        let rate = line.number(&["fxratetobase"], report);
        if position.currency == Currency::USD {
            self.dollar.extend(rate.map(|rate| (index, rate)));
        }
        if rate == Some(Decimal::ONE) {
            self.base.entry(index).or_insert_with(|| position.currency.to_string());
        }
        let Some(account) = self.found.accounts.get_mut(index) else { return };
        let existing = self.holdings.get(&key).copied();
        if !is_lot {
            if self.from_lots.get(&key) == Some(&true) {
                // The summary came after its lots.
                if let Some(old) = existing.and_then(|at| account.positions.get_mut(at)) {
                    *old = Position { lots: std::mem::take(&mut old.lots), ..position };
                }
                self.from_lots.insert(key, false);
            } else {
                self.holdings.insert(key.clone(), account.positions.len());
                self.from_lots.insert(key, false);
                account.positions.push(position);
            }
            return;
        }
        let mut lot = Lot::new(line.get(&["opendatetime"]).to_owned(), position.quantity.unwrap_or(Shares::ZERO));
        lot.opened = dates::leading(line.get(&["opendatetime"]));
        lot.cost_basis = position.cost_basis;
        lot.place = Some(line.place.clone());
        match existing.and_then(|at| account.positions.get_mut(at)) {
            Some(whole) => {
                whole.lots.push(lot);
                if self.from_lots.get(&key) == Some(&true) {
                    whole.quantity = whole.quantity.zip(position.quantity).map(|(a, b)| a + b);
                    whole.value = whole.value.zip(position.value).map(|(a, b)| a + b);
                    whole.details.value_base =
                        whole.details.value_base.zip(position.details.value_base).map(|(a, b)| a + b);
                    whole.cost_basis = whole.cost_basis.zip(position.cost_basis).map(|(a, b)| a + b);
                }
            }
            None => {
                self.holdings.insert(key.clone(), account.positions.len());
                self.from_lots.insert(key, true);
                account.positions.push(Position { lots: vec![lot], ..position });
            }
        }
    }

    fn finish(mut self, report: &mut Report) -> Found {
        for (index, account) in self.found.accounts.iter_mut().enumerate() {
            self.layout.clone_into(&mut account.layout);
            account.base_currency = self.base.get(&index).cloned().unwrap_or_else(|| "USD".to_owned());
            // No row is in the base currency: where the dollar's rate is known, the values are turned into dollars.
            if let Some(rate) = self.dollar.get(&index).filter(|_| !self.base.contains_key(&index)) {
                for position in &mut account.positions {
                    let value = position.details.value_base.and_then(|value| value.decimal().checked_div(*rate));
                    position.details.value_base = value.map(Money);
                }
            }
            let base = account.base_currency.clone();
            if account.cash.is_empty() {
                account.cash.extend(self.base_cash.get(&index).map(|cash| (base.clone(), *cash)));
            }
            if account.cash.is_empty() && !account.positions.is_empty() && !report.has_errors() {
                let message = format!("{}: the query has no section with cash; its cash is not known", account.label());
                let warning =
                    Diagnostic::warning(NO_CASH, message).hint("add Cash Report to the query and run it again");
                report.push(account.place.iter().fold(warning, |warning, place| warning.at(place.clone())));
            }
            account.cash.sort_by_key(|(currency, _)| *currency != base);
            close(account, report);
        }
        self.found
    }
}

fn close(account: &mut Account, report: &mut Report) {
    for position in &mut account.positions {
        draft::complete(position, report);
        lots::check(position, report);
    }
}

fn position(line: &Line, report: &mut Report) -> Position {
    let class = line.get(&["assetclass", "assetcategory"]);
    let sub = line.get(&["subcategory"]);
    let said = match class {
        "STK" if sub.eq_ignore_ascii_case("ETF") => Some(AssetKind::Etf),
        "STK" if sub.is_empty() => None,
        "STK" => Some(AssetKind::Equity),
        "OPT" => Some(AssetKind::Option),
        "BOND" | "BILL" => Some(AssetKind::Bond),
        "FUND" => Some(AssetKind::MutualFund),
        "CRYPTO" => Some(AssetKind::Crypto),
        "" => None,
        _ => Some(AssetKind::Other),
    };
    let symbol = line.get(&["symbol"]);
    let mut position = identity::identify(symbol, line.get(&["description"]), said);
    if !symbol.is_empty() {
        position.symbol = Some(symbol.into());
    }
    position.quantity = line.number(QUANTITY, report).map(Shares);
    position.price = line.number(&["markprice"], report).map(Price);
    position.value = line.number(&["positionvalue"], report).map(Money);
    let currency = line.get(&["currencyprimary", "currency"]);
    if !currency.is_empty() {
        position.currency = currency.to_owned().into();
    }
    let rate = line.number(&["fxratetobase"], report);
    position.details.isin = Some(line.get(&["isin"])).filter(|isin| kinds::is_isin(isin)).map(Box::from);
    position.details.cusip = Some(line.get(&["cusip"])).filter(|cusip| !cusip.is_empty()).map(Box::from);
    let multiplier = line.number(&["multiplier"], report).and_then(|units| u32::try_from(units).ok());
    position.details.multiplier = multiplier.filter(|units| (2..=1_000_000).contains(units));
    let value = position.value.or_else(|| position.product());
    position.details.value_base = value.zip(rate).map(|(value, rate)| value.times(rate));
    position.cost_basis = line.number(&["costbasismoney"], report).map(Money).or_else(|| {
        let each = line.number(&["costbasisprice"], report)?;
        let units = position.quantity?.decimal().checked_mul(position.unit_factor())?;
        units.checked_mul(each).map(Money)
    });
    position.place = Some(line.place.clone());
    if matches!(class, "FUT" | "CFD" | "FXCFD") {
        draft::without_notional(&mut position, report);
    }
    position
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::{errors, one, portfolio};

    #[test]
    fn version_two_with_section_codes_is_read() {
        let account = one(
            "\"BOF\",\"U1234567\",\"q\",\"1\"\n\"BOA\",\"U1234567\"\n\"BOS\",\"POST\",\"Open Positions\"\n\
             \"HEADER\",\"POST\",\"ClientAccountID\",\"Symbol\",\"Quantity\",\"MarkPrice\",\"PositionValue\",\"LevelOfDetail\",\"OpenDateTime\",\"AssetClass\"\n\
             \"DATA\",\"POST\",\"U1234567\",\"T 4 1/4\",\"2000\",\"98.562\",\"1971.24\",\"SUMMARY\",\"\",\"BOND\"\n\
             \"DATA\",\"POST\",\"U1234567\",\"IBM\",\"3\",\"10\",\"30\",\"LOT\",\"2025-12-02;10:58:02\",\"STK\"\n\
             \"DATA\",\"POST\",\"U1234567\",\"IBM\",\"4\",\"10\",\"40\",\"LOT\",\"20230403;095853\",\"STK\"\n\
             \"EOS\",\"POST\",\"3\"\n\"BOS\",\"CRTT\",\"Cash Report\"\n\"HEADER\",\"CRTT\",\"ClientAccountID\",\"CurrencyPrimary\",\"EndingCash\"\n\
             \"DATA\",\"CRTT\",\"U1234567\",\"USD\",\"0\"\n\"EOS\",\"CRTT\",\"1\"\n\"EOA\",\"U1234567\"\n\"EOF\",\"U1234567\"\n",
        );
        assert_eq!((account.layout.as_str(), account.positions.len()), ("flex-v2", 2));
        assert_eq!(account.positions[1].quantity.unwrap().text(), "7");
        assert_eq!(account.positions[1].lots[1].opened.unwrap().to_string(), "2023-04-03");
    }

    const XML: &str = "<FlexQueryResponse queryName=\"q\"><FlexStatements><FlexStatement accountId=\"U1234567\"><OpenPositions>\
        <OpenPosition accountId=\"U1234567\" currency=\"EUR\" fxRateToBase=\"1.1\" assetCategory=\"STK\" subCategory=\"COMMON\" symbol=\"A&amp;B\" position=\"4\" markPrice=\"10\" positionValue=\"40\" costBasisMoney=\"20\" levelOfDetail=\"SUMMARY\" reportDate=\"20260904\" />\
        </OpenPositions><CashReport><CashReportCurrency accountId=\"U1234567\" currency=\"BASE_SUMMARY\" endingCash=\"5\" /><CashReportCurrency accountId=\"U1234567\" currency=\"USD\" endingCash=\"5\" /></CashReport></FlexStatement></FlexStatements></FlexQueryResponse>";

    #[test]
    fn xml_is_read() {
        let account = one(XML);
        assert_eq!(account.cash.len(), 1);
        let position = &account.positions[0];
        assert_eq!(
            (position.symbol.as_deref(), position.details.value_base.unwrap().dollars().as_str()),
            (Some("A&B"), "$44.00")
        );
        assert_eq!(account.as_of.unwrap().to_string(), "2026-09-04");
        assert_eq!(errors(XML.split("<CashReport>").next().unwrap()), ["bad-xml"]);
    }

    fn flex(statements: &str) -> String {
        format!("<FlexQueryResponse queryName=\"q\"><FlexStatements>{statements}</FlexStatements></FlexQueryResponse>")
    }

    #[test]
    fn of_a_query_by_day_the_newest_day_is_read() {
        let day = |day: &str, price: &str| {
            format!(
                r#"<FlexStatement accountId="U1234567" fromDate="{day}" toDate="{day}"><AccountInformation accountId="U1234567" currency="USD"/><OpenPositions><OpenPosition accountId="U1234567" currency="USD" fxRateToBase="1" assetCategory="STK" symbol="NVDA" position="100" markPrice="{price}" costBasisMoney="9000" levelOfDetail="SUMMARY" reportDate="{day}"/></OpenPositions><CashReport><CashReportCurrency accountId="U1234567" currency="USD" endingCash="5{price}"/></CashReport></FlexStatement>"#
            )
        };
        let (older, newer) = (day("20261119", "180"), day("20261120", "190"));
        for days in [format!("{older}{newer}"), format!("{newer}{older}")] {
            let account =
                one(&format!("<FlexQueryResponse><FlexStatements>{days}</FlexStatements></FlexQueryResponse>"));
            assert_eq!((account.positions.len(), account.as_of.unwrap().to_string().as_str()), (1, "2026-11-20"));
            assert_eq!(account.positions[0].price.unwrap().dollars(), "$190.00");
            assert_eq!(account.cash_in("USD").unwrap().dollars(), "$5,190.00");
        }
    }

    #[test]
    fn cash_in_the_base_currency_alone_is_cash() {
        let account = one(&flex(
            "<FlexStatement accountId=\"U1234567\" toDate=\"20261120\"><AccountInformation accountId=\"U1234567\" currency=\"USD\" />\
             <OpenPositions><OpenPosition accountId=\"U1234567\" currency=\"USD\" fxRateToBase=\"1\" assetCategory=\"STK\" symbol=\"NVDA\" position=\"100\" markPrice=\"180\" positionValue=\"18000\" /></OpenPositions>\
             <CashReport><CashReportCurrency accountId=\"U1234567\" currency=\"BASE_SUMMARY\" endingCash=\"-8000\" /></CashReport></FlexStatement>",
        ));
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "-$8,000.00");
    }

    #[test]
    fn rows_without_an_account_are_those_of_the_statement_around_them() {
        let statement = |id: &str, alias: &str, symbol: &str, price: u32, cost: u32, cash: u32| {
            format!(
                "<FlexStatement accountId=\"{id}\" toDate=\"2026-11-20\"><AccountInformation accountId=\"{id}\" acctAlias=\"{alias}\" currency=\"USD\" />\
                 <OpenPositions><OpenPosition assetCategory=\"STK\" symbol=\"{symbol}\" position=\"10\" markPrice=\"{price}\" currency=\"USD\" fxRateToBase=\"1\" costBasisPrice=\"{cost}\"/></OpenPositions>\
                 <CashReport><CashReportCurrency currency=\"USD\" endingCash=\"{cash}\"/></CashReport></FlexStatement>"
            )
        };
        let (first, second) = (
            statement("U1111111", "Taxable", "NVDA", 180, 90, 100),
            statement("U2222222", "Roth IRA", "VTI", 300, 200, 200),
        );
        let (read, sink) = portfolio(&[&flex(&(first + &second))]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let told: Vec<_> = read
            .accounts
            .iter()
            .map(|account| {
                let position = &account.positions[0];
                (
                    account.label(),
                    position.value.unwrap().dollars(),
                    position.cost_basis.unwrap().dollars(),
                    account.cash_in("USD").unwrap().dollars(),
                )
            })
            .collect();
        let account = |label: &str, value: &str, cost: &str, cash: &str| {
            (label.to_owned(), value.to_owned(), cost.to_owned(), cash.to_owned())
        };
        assert_eq!(
            told,
            [
                account("...1111 Taxable", "$1,800.00", "$900.00", "$100.00"),
                account("...2222 Roth IRA", "$3,000.00", "$2,000.00", "$200.00")
            ]
        );
    }

    #[test]
    fn values_are_turned_into_dollars_where_another_currency_is_the_base() {
        let row = |currency: &str, rate: &str, symbol: &str, value: u32| {
            format!(
                "<OpenPosition accountId=\"U1234567\" currency=\"{currency}\" fxRateToBase=\"{rate}\" assetCategory=\"STK\" symbol=\"{symbol}\" position=\"100\" positionValue=\"{value}\" />"
            )
        };
        let rows = row("EUR", "0.93", "SAP", 20_000) + &row("USD", "0.80", "NVDA", 18_000);
        let account = one(&flex(&format!(
            "<FlexStatement accountId=\"U1234567\" toDate=\"20261120\"><OpenPositions>{rows}</OpenPositions><CashReport><CashReportCurrency currency=\"USD\" endingCash=\"0\"/></CashReport></FlexStatement>"
        )));
        let values: Vec<String> =
            account.positions.iter().map(|position| position.base_value().unwrap().dollars()).collect();
        assert_eq!(values, ["$23,250.00", "$18,000.00"]);
        assert_eq!(errors(&XML.replace("position=\"4\"", "position=\"4\" position=\"400\"")), ["bad-xml"]);
        assert_eq!(errors(&XML.replace("position=\"4\"", "position=4")), ["bad-xml"]);
    }
}
