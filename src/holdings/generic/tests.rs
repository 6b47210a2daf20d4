//! Tables of no broker, and what a careful person reads in them.

use crate::config::Document;
use crate::diagnostics::{Severity, Sink, Source};
use crate::holdings;
use crate::holdings::generic::read_imports;
use crate::holdings::testing::{errors, one, portfolio};
use crate::model::RawFile;
use crate::units::Money;

#[test]
fn a_mapping_decides_which_column_is_what() {
    let mut sink = Sink::default();
    let config = "[import.sheet]\nsymbol = \"Wertpapier\"\nquantity = \"Menge\"\nvalue = \"Wert\"\naccount = \"Depot\"\ndecimal = \"comma\"\nopened = \"Kauf\"\ncash-symbols = [\"Konto\"]\n";
    let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
    let imports = read_imports(&document, &mut sink);
    let file = RawFile::new(
        "x.csv",
        b"Depot;Wertpapier;Kauf;Menge;Wert\nRoth;VTI;2024-01-02;10,5;1.050,00\nRoth;Konto;;;12,34\n;;;;1.062,34\n"
            .to_vec(),
    );
    let read = holdings::read_with(&[file], &[], &imports, &mut sink);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    let account = &read.accounts[0];
    assert_eq!((account.layout.as_str(), account.cash_in("USD").unwrap().dollars().as_str()), ("sheet", "$12.34"));
    assert_eq!(account.positions[0].lots[0].quantity.text(), "10.5");
}

#[test]
fn plain_names_are_read_with_a_note_and_transactions_are_not() {
    let (read, sink) = portfolio(&["Ticker,Shares,Price\nVTI,10,300\n"]);
    assert_eq!(read.accounts[0].positions[0].value.unwrap().dollars(), "$3,000.00");
    assert!(sink.items.iter().any(|item| item.code.id == "columns-by-name"));
    let (_, sink) = portfolio(&["Ticker,Shares,Price,Action\nVTI,10,300,Buy\n"]);
    assert!(sink.items.iter().any(|item| item.code.id == "refused-file"));
}

#[test]
fn currencies_are_read_as_they_are_written_or_the_row_has_no_dollars() {
    let (read, sink) = portfolio(&[
        "Symbol,Name,Shares,Price,Value,Currency\nSAP,SAP SE,100,200,20000,Euro\nSHEL,Shell PLC,100,25,2500,£\n\
        RY,Royal Bank,100,150,15000,C$\nX,X,1,1,1,Brass\nVTI,Vanguard Total Stock Market ETF,10,300,3000,US$\n",
    ]);
    let found: Vec<&str> = read.accounts[0].positions.iter().map(|position| position.currency.as_str()).collect();
    assert_eq!(found, ["EUR", "GBP", "CAD", "XXX", "USD"]);
    assert!(sink.items.iter().any(|item| item.code.id == "foreign-currency" && item.message.contains("`Brass`")));
    let (read, _) = portfolio(&["Symbol,Shares,Price\nVFV.TO,10,100\nTSE:SHOP,1,100\nBRK.B,1,400\n"]);
    let found: Vec<&str> = read.accounts[0].positions.iter().map(|position| position.currency.as_str()).collect();
    assert_eq!(found, ["CAD", "CAD", "USD"]);
}

#[test]
fn a_last_row_without_its_cells_is_cut_off() {
    let errors = crate::holdings::testing::errors;
    assert_eq!(errors("Symbol,Shares,Price\nVTI,10,300\nS000015X"), ["short-row"]);
    assert_eq!(errors("Symbol,Shares,Price\nVTI,10,300\nwritten by hand"), [""; 0]);
}

#[test]
fn thousands_that_may_be_decimals_are_in_doubt() {
    let errors = crate::holdings::testing::errors;
    assert_eq!(errors("Symbol;Shares;Price;Value\nAAPL;1.000;250;250.000\nMSFT;2.000;400;800.000\n"), ["bad-number"]);
    assert_eq!(errors("Symbol;Shares;Price\nVTI;1,234;300\nBND;2,500;70\n"), ["bad-number"]);
    assert_eq!(errors("Symbol;Shares;Price;Value\nAAPL;1.000;250;250.00\n"), [""; 0]);
    assert_eq!(errors("Symbol,Shares,Price,Value\nAAPL,1.000,250,250.000\n"), [""; 0]);
    // A comma that can be nothing else tells.
    let (read, sink) = portfolio(&["Symbol;Shares;Price;Value\nAAPL;1.000;200,50;200.500,00\nMSFT;5;400;2.000\n"]);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    let told: Vec<_> = read.accounts[0]
        .positions
        .iter()
        .map(|held| (held.quantity.unwrap().text(), held.value.unwrap().dollars()))
        .collect();
    assert_eq!(told, [("1,000".to_owned(), "$200,500.00".to_owned()), ("5".to_owned(), "$2,000.00".to_owned())]);
    assert_eq!(errors("Symbol;Shares;Price;Value\nAAPL;1,5;200.50;300.75\n"), ["bad-number"]);
}

#[test]
fn a_cost_that_is_not_printed_follows_from_the_gain() {
    let (read, _) = portfolio(&[
        "Ticker,Shares,Price,Value,Unrealized Gain/Loss\nVTI,10,300,3000,1000\nBND,10,70,700,-50\nX,1,1,1,0\n",
    ]);
    let costs: Vec<_> =
        read.accounts[0].positions.iter().map(|position| position.cost_basis.map(Money::dollars)).collect();
    assert_eq!(costs, [Some("$2,000.00".to_owned()), Some("$750.00".to_owned()), None]);
}

#[test]
fn a_list_of_tickers_and_shares_is_holdings_without_a_price() {
    for head in ["ticker,shares", "Symbol,Qty", "TICKER;Quantity", "company_name,stock ticker,shares_owned"] {
        let separator = if head.contains(';') { ";" } else { "," };
        let row = |cells: &[&str]| cells.join(separator);
        let (first, second): (&[&str], &[&str]) = match head.split(separator).count() {
            3 => (&["Vanguard", "VTI", "10"], &["Apple", "AAPL", "2.5"]),
            _ => (&["VTI", "10"], &["AAPL", "2.5"]),
        };
        let (read, sink) =
            portfolio(&[&format!("# mine, as of 2026-11-20\n{head}\n{}\n// sold MSFT\n{}\n", row(first), row(second))]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let account = &read.accounts[0];
        let told: Vec<_> =
            account.positions.iter().map(|held| (held.label(), held.quantity.unwrap().text(), held.value)).collect();
        assert_eq!(told, [("VTI".to_owned(), "10".to_owned(), None), ("AAPL".to_owned(), "2.5".to_owned(), None)]);
        assert_eq!(account.as_of.unwrap().to_string(), "2026-11-20");
    }
    // Lots below their position would double it.
    assert_eq!(
        crate::holdings::testing::errors("Symbol,Quantity\nVTI,10\n01/05/2024,4\n02/05/2024,6\n"),
        ["refused-file"]
    );
}

#[test]
fn costs_are_known_under_each_of_their_names() {
    for (column, cell) in [
        ("avgcost", "200"),
        ("avg_cost", "200"),
        ("average price", "200"),
        ("Average Cost", "200"),
        ("Purchase_Price", "200"),
        ("book cost", "2000"),
        ("cost_basis", "2000"),
        ("Cost Basis (USD)", "2000"),
        ("book value", "2000"),
        ("Invested", "2000"),
    ] {
        let (read, _) = portfolio(&[&format!("Ticker,Shares,market_value,{column}\nVTI,10,3000,{cell}\n")]);
        let position = &read.accounts[0].positions[0];
        assert_eq!(position.cost_basis.map(Money::dollars).as_deref(), Some("$2,000.00"), "{column}");
        assert_eq!(position.value.map(Money::dollars).as_deref(), Some("$3,000.00"), "{column}");
    }
}

#[test]
fn a_sheet_with_chinese_names_is_read_and_its_numbered_tickers_are_not_in_dollars() {
    let (read, sink) =
        portfolio(&["代码,名称,数量,现价,市值,成本价\nAAPL,苹果,10,200,2000,150\n00700,腾讯,100,600,60000,400\n"]);
    let account = &read.accounts[0];
    assert_eq!(account.positions[0].cost_basis.unwrap().dollars(), "$1,500.00");
    assert_eq!(account.positions[1].currency.as_str(), "XXX");
    assert!(sink.items.iter().any(|item| item.code.id == "foreign-currency"));
    let (read, _) = portfolio(&["股票代號,股數,市值,幣種\nAAPL,10,2000,美元\n00700,100,60000,港币\n"]);
    let told: Vec<&str> = read.accounts[0].positions.iter().map(|position| position.currency.as_str()).collect();
    assert_eq!(told, ["USD", "HKD"]);
}

#[test]
fn the_funds_of_a_plan_need_no_ticker_and_goods_are_no_funds() {
    let (read, sink) = portfolio(&[
        "401(k) Plan\nFund,Shares,Price,Balance\nTarget Retirement 2050 Trust,100,55.12,5512.00\nC Fund,10,90,900\nTotal,,,6412\n",
    ]);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    let account = &read.accounts[0];
    assert_eq!((account.kind.id(), account.positions.len()), ("401k", 2));
    assert_eq!(account.positions[0].value.unwrap().dollars(), "$5,512.00");
    assert_eq!(
        crate::holdings::testing::errors("Description,Quantity,Price,Amount\nWidget,10,2,20\n"),
        ["unrecognised-file"]
    );
}

fn costs(text: &str) -> (Vec<Option<String>>, Vec<&'static str>) {
    let (read, sink) = portfolio(&[text]);
    let warned = sink.items.iter().filter(|item| item.severity > Severity::Note).map(|item| item.code.id).collect();
    let positions = read.accounts.iter().flat_map(|account| &account.positions);
    (positions.map(|position| position.cost_basis.map(Money::dollars)).collect(), warned)
}

#[test]
fn a_cost_is_that_of_one_share_or_of_all_as_the_numbers_say() {
    let dollars = |amounts: &[&str]| amounts.iter().map(|amount| Some((*amount).to_owned())).collect::<Vec<_>>();
    let head = "Symbol,Shares,Price,Cost,Value";
    let both = dollars(&["$2,000.00", "$900.00"]);
    // A gain beside it leaves no doubt, and without one the doubt is named.
    let gained = format!("{head},Gain\nVTI,10,300,200,3000,1000\nNVDA,10,180,90,1800,900\n");
    assert_eq!(costs(&gained), (both.clone(), vec![]));
    let one = format!("{head}\nVTI,10,300,200,3000\nNVDA,10,180,90,1800\n");
    assert_eq!(costs(&one), (both.clone(), vec!["columns-by-name"]));
    let all = format!("{head}\nVTI,10,300,2000,3000\nNVDA,10,180,900,1800\n");
    assert_eq!(costs(&all), (both.clone(), vec![]));
    let mixed = format!("{head}\nVTI,10,300,2000,3000\nNVDA,10,180,100,1800\n");
    assert_eq!(costs(&mixed), (dollars(&["$2,000.00", "$100.00"]), vec!["columns-by-name"]));
    // Two columns tell each other apart.
    assert_eq!(costs("Symbol,Shares,Price,Cost,Cost Basis\nVTI,10,300,200,2000\n"), (dollars(&["$2,000.00"]), vec![]));
}

#[test]
fn a_gain_in_percent_or_as_a_ratio_is_no_amount() {
    let head = "Symbol,Shares,Price,Value,Gain";
    assert_eq!(costs(&format!("{head}\nVTI,10,300,3000,25%\n")), (vec![None], vec![]));
    assert_eq!(costs(&format!("{head}\nVTI,10,300,3000,0.25\n")), (vec![None], vec!["columns-by-name"]));
    assert_eq!(costs(&format!("{head}\nVTI,10,300,25%,1\n")).1, ["bad-number"]);
}

#[test]
fn a_bare_word_is_less_than_one_that_says_what_it_is() {
    let value = |text: &str| {
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        read.accounts[0].positions[0].value.map(Money::dollars).unwrap_or_default()
    };
    assert_eq!(value("Ticker,Shares,Price,Current Price\nVTI,10,200,300\n"), "$3,000.00");
    assert_eq!(value("Ticker,Shares,Value,Market Value\nVTI,10,2000,3000\n"), "$3,000.00");
    let errors = crate::holdings::testing::errors;
    assert_eq!(errors("Symbol,Shares,Price,Value,Price,Value\nVTI,10,290,2900,300,3000\n"), ["refused-file"]);
    // What was paid stands beside the day when it was.
    assert_eq!(errors("Symbol,Shares,Purchase Date,Price\nAAPL,10,2024-01-02,150\n"), ["columns-by-name"]);
    assert_eq!(errors("Symbol,Shares,Purchase Date,Price,Cost\nAAPL,10,2024-01-02,150,1000\n"), [""; 0]);
}

#[test]
fn a_currency_in_the_name_of_a_column_is_that_of_its_amounts() {
    let told = |text: &str| {
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let held = &read.accounts[0].positions[0];
        let base = held.details.value_base.map(|value| value.decimal().normalize().to_string());
        (held.currency.to_string(), held.value.map(|value| value.decimal().normalize().to_string()), base)
    };
    let in_it = |code: &str, value: &str| (code.to_owned(), Some(value.to_owned()), None);
    assert_eq!(told("Ticker,Shares,Price (£),Value (£)\nSHEL,100,25,2500\n"), in_it("GBP", "2500"));
    assert_eq!(told("Ticker;Shares;Price €;Value €\nSAP;100;200,50;20050\n"), in_it("EUR", "20050"));
    assert_eq!(told("Ticker,Shares,Price (pence),Value (GBP)\nSHEL,100,2500,2500\n"), in_it("GBP", "2500"));
    assert_eq!(told("Ticker,Shares,Market Value (C$)\nSHOP,100,2500\n"), in_it("CAD", "2500"));
    assert_eq!(told("Ticker,Shares,Price (USD),Value (USD)\nVTI,10,300,3000\n"), in_it("USD", "3000"));
    // Of two columns for one amount that in dollars.
    assert_eq!(told("Ticker,Shares,Value (EUR),Value (USD)\nVTI,10,2700,3000\n"), in_it("USD", "3000"));
    // A value in dollars beside a price in the currency of its row.
    let (code, value, base) = told("Ticker,Shares,Price,Currency,Value (USD)\nSAP,100,200,EUR,23250\n");
    assert_eq!((code.as_str(), value.as_deref(), base.as_deref()), ("EUR", Some("20000"), Some("23250")));
}

#[test]
fn what_is_short_is_owed_and_an_option_is_one_by_its_strike() {
    let (read, _) = portfolio(&["Symbol,Side,Shares,Price,Value\nVTI,Long,10,300,3000\nGME,Short,10,25,250\n"]);
    let short = &read.accounts[0].positions[1];
    assert_eq!((short.quantity.unwrap().text().as_str(), short.value.unwrap().dollars().as_str()), ("-10", "-$250.00"));
    for (column, cell) in [("Type", "Call"), ("Strike Price", "200"), ("Asset Class", "OPT")] {
        let text = format!("Symbol,{column},Quantity,Price,Value\nAAPL,{cell},1,5.00,500\nAAPL,,10,200,2000\n");
        let (read, sink) = portfolio(&[&text]);
        let kinds: Vec<&str> = read.accounts[0].positions.iter().map(|position| position.kind.id()).collect();
        assert_eq!(kinds, ["option", "equity"], "{column}: {:?}", sink.items);
    }
}

#[test]
fn what_is_only_watched_and_what_a_fund_holds_are_no_holdings() {
    let errors = crate::holdings::testing::errors;
    assert_eq!(errors("Symbol,Name,Last Price,Shares\nAAPL,Apple,200,\nVTI,Vanguard,300,0\n"), ["refused-file"]);
    for text in [
        "Date,Account,StockTicker,CUSIP,SecurityName,Shares,Price,MarketValue,Weightings,NetAssets,SharesOutstanding\n11/20/2026,PTLC,AAPL,037833100,Apple Inc,1000,200,200000,6.67%,3000000,100000\n",
        "Number,Holding Name,Ticker,Identifier (FIGI),Shares,Market Value,% of Net Assets\n1,NVIDIA Corp,NVDA US,BBG000BBJQV0,1000,$180000,20%\n",
        "TradeDate,AccountTicker,StockTicker,SecurityDescription,Shares,Price,MarketValue,HoldingsPercent\n11/20/2026,SOXL,NVDA,NVIDIA,1000,180,180000,20\n",
        "Ticker,Security Description,Shares,Market Value,% of Fund\nNVDA,NVIDIA,1000,180000,20\n",
        "Symbol,Name,Percent of Assets,Quantity Held,Market Value\nAAPL,Apple,6.5,1000,200000\n",
        "Ticker,Name,Sector,Market Value,Notional Value,Quantity,Price\nNVDA,NVIDIA,IT,180000,180000,1000,180\n",
    ] {
        let (_, sink) = portfolio(&[text]);
        assert!(sink.items[0].message.starts_with("this is a list of what a fund holds"), "{:?}", sink.items);
    }
    // A table with weights that says what was paid or whose it is is somebody's own.
    assert_eq!(errors("Account,Symbol,Shares,Price,Weight\nIRA,VTI,10,300,62.5%\n"), [""; 0]);
    assert_eq!(errors("Symbol,Shares,Price,Weight\nVTI,10,300,62.5%\n"), ["unrecognised-file"]);
}

#[test]
fn a_figure_of_the_sheets_own_counts_only_with_a_warning() {
    let head = "Symbol,Name,Shares,Price,Value\nVTI,Vanguard,10,300,3000\nNVDA,NVIDIA,10,180,1800\n";
    let errors = crate::holdings::testing::errors;
    for label in ["Last month", "House", "Mortgage"] {
        assert_eq!(errors(&format!("{head}{label},,,,4700\n")), ["no-shares"], "{label}");
    }
    for label in ["Gain/Loss", "Total Gain", "Total Cost"] {
        let (read, sink) = portfolio(&[&format!("{head}{label},,,,1900\n")]);
        assert!(!sink.items.iter().any(|item| item.severity > Severity::Note), "{label}: {:?}", sink.items);
        assert_eq!(read.accounts[0].positions.len(), 2, "{label}");
    }
    // A fund may have a value alone.
    assert_eq!(errors(&format!("{head}VFIFX,,,,500\n,Target Retirement 2050 Fund,,,700\n")), [""; 0]);
    // Two columns that say how much, and not the same.
    assert_eq!(errors("Symbol,Quantity,Shares,Price\nVTI,10,12,300\n"), ["columns-by-name"]);
    assert_eq!(errors("Symbol,Quantity,Shares,Price\nVTI,10,10,300\n"), [""; 0]);
}

#[test]
fn a_short_position_is_owed_however_the_column_says_so() {
    let text = "Symbol,Side,Shares,Price,Value\nTSLA,short,5,400,-2000\nVTI,long,10,300,3000\n";
    assert_eq!(one(text).positions[0].quantity.unwrap().text(), "-5");
    for (name, short, long) in
        [("Type", "Short", "ETF"), ("Long/Short", "S", "L"), ("Position Side", "short position", "long position")]
    {
        let text = format!("Symbol,{name},Shares,Price,Value\nTSLA,{short},5,400,2000\nVTI,{long},10,300,3000\n");
        assert_eq!(one(&text).positions[0].value.unwrap().dollars(), "-$2,000.00", "{text}");
    }
}

#[test]
fn what_is_paid_in_cash_is_no_cash() {
    let account = one("Symbol,Type,Shares,Price,Value\nVTI,Cash,10,300,3000\nNVDA,Margin,5,180,900\n");
    assert!(account.positions.iter().all(|position| !position.kind.is_cash()));
}

#[test]
fn what_was_sold_is_not_held() {
    let account = one(
        "Symbol,Status,Shares,Price,Value\nVTI,Open,10,300,3000\nNVDA,Closed,5,180,900\nMSFT,Unvested,5,400,2000\n",
    );
    assert_eq!(account.positions.len(), 1);
    let text = "Symbol,Shares,Buy Price,Current Price,Sell Price\nVTI,10,200,300,\nNVDA,5,100,180,150\n";
    assert_eq!(errors(text), ["refused-file"]);
}

#[test]
fn a_short_name_for_the_whole_is_a_total() {
    let text = "Symbol,Name,Shares,Price,Value\nVTI,V,10,300,3000\nBND,B,10,70,700\nNLV,,,,3700\n";
    assert_eq!(one(text).positions.len(), 2);
}

#[test]
fn amounts_that_are_not_known_as_prices_are_told() {
    assert_eq!(errors("Symbol,Shares,Current\nVTI,10,300\nBND,10,70\n")[0], "columns-by-name");
    assert!(!errors("Symbol,Shares,Target\nVTI,10,60%\nBND,10,40%\n").contains(&"columns-by-name"));
}

#[test]
fn the_last_price_counts_before_the_close_of_the_day_before() {
    let account = one("Symbol,Shares,Close,Last\nVTI,10,290,300\n");
    assert_eq!(account.positions[0].value.unwrap().dollars(), "$3,000.00");
    for name in ["Mkt Price", "Live Price", "Today's Price", "Price/Share"] {
        let account = one(&format!("Symbol,Shares,Avg Cost,{name}\nVTI,10,200,300\n"));
        assert_eq!(account.positions[0].value.unwrap().dollars(), "$3,000.00", "{name}");
    }
}

#[test]
fn a_line_behind_a_hash_that_reads_as_a_holding_is_told() {
    let head = "Symbol,Shares,Price,Value\nVTI,10,300,3000\n";
    assert_eq!(errors(&format!("{head}#NVDA,5,180,900\n")), ["skipped-row"]);
    for remark in ["# NVDA,5,180,900", "# sold in May", "#House,,,4700"] {
        assert_eq!(errors(&format!("{head}{remark}\n")), [""; 0], "{remark}");
    }
    // A number of the row is no remark.
    assert_eq!(one("#,Symbol,Shares,Price\n#1,VTI,10,300\n#2,BND,5,70\n").positions.len(), 2);
}

#[test]
fn the_value_of_everything_is_no_holding_wherever_it_stands() {
    let (head, rows) = ("Symbol,Name,Shares,Price,Value\n", ["VTI,V,10,300,3000\n", "BND,B,5,100,500\n"]);
    for label in ["NLV", "NetLiq", "Net Liquidation", "NAV", "TOT", "Mine", "EQUITY"] {
        let whole = format!("{label},,,,3500\n");
        for text in [[&whole, rows[0], rows[1]], [rows[0], &whole, rows[1]], [rows[0], rows[1], &whole]] {
            let (read, _) = portfolio(&[&format!("{head}{}", text.concat())]);
            assert_eq!(read.accounts[0].positions.len(), 2, "{text:?}");
        }
    }
    assert_eq!(one(&format!("{head}{}NLV,,1,3500,3500\n", rows.concat())).positions.len(), 2);
    // Of another day it is a total that does not add up, and a ticker with shares is one.
    assert_eq!(errors(&format!("{head}{}NLV,,,,3600\n", rows.concat())), ["total-gap"]);
    assert_eq!(one(&format!("{head}{}NAV,,10,5,50\n", rows.concat())).positions.len(), 3);
    assert_eq!(errors(&format!("{head}{}XYZQ,,,,700\n", rows.concat())), ["no-shares"]);
}

#[test]
fn words_for_nothing_may_be_tickers() {
    let labels = |text: &str| one(text).positions.iter().map(|held| held.label()).collect::<Vec<_>>();
    assert_eq!(labels("Symbol,Shares,Price\nNA,10,3\nNULL,5,70\nVTI,1,300\n"), ["NA", "NULL", "VTI"]);
    let named = "Symbol,Name,Shares,Price,Value\nNA,Nano Labs Ltd,10,3,30\nNA,Target Retirement 2050 Trust,5,70,350\n";
    assert_eq!(labels(named), ["NA", "Target Retirement 2050 Trust"]);
    assert_eq!(errors("Symbol,Name,Shares,Price\nNA,Nano Labs,10,3\n"), ["unclear-symbol"]);
}

#[test]
fn a_coin_and_a_stock_of_one_ticker_are_told_apart_by_their_price() {
    let kinds = |text: &str| one(text).positions.iter().map(|held| held.kind.id()).collect::<Vec<_>>();
    let head = "Symbol,Shares,Price,Value\n";
    assert_eq!(kinds(&format!("{head}BTC,0.5,60000,30000\nETH,4,3000,12000\nADA,100,0.5,50\n")), ["crypto"; 3]);
    assert_eq!(kinds(&format!("{head}BTC,10,40,400\nBCH,10,28,280\n")), ["equity"; 2]);
    assert_eq!(errors("Symbol,Shares\nBTC,0.5\nVTI,10\n"), ["unclear-symbol"]);
    assert_eq!(errors(&format!("{head}LTC,10,90,900\n")), ["unclear-symbol"]);
}

#[test]
fn an_option_without_its_strike_is_one_of_a_hundred_shares() {
    let head = "Symbol,Shares,Price,Value\n";
    let account = one(&format!("{head}VTI,10,300,3000\nSPY 26DEC18,2,5,1000\n"));
    assert_eq!(
        (account.positions[1].kind.id(), account.positions[1].value.unwrap().dollars()),
        ("option", "$1,000.00".to_owned())
    );
    assert_eq!(errors("Symbol,Shares,Price\nVTI,10,300\nSPY 26DEC18,2,5\n"), ["unclear-symbol"]);
}

#[test]
fn a_weight_beside_what_is_held_is_ones_own_unless_it_is_a_funds() {
    let head = "Symbol,Shares,Price,Value,Weight\n";
    assert_eq!(one(&format!("{head}VTI,10,300,3000,81%\nBND,10,70,700,19%\n")).positions.len(), 2);
    assert_eq!(errors(&format!("{head}VTI,1000000,300,300000000,100%\n")), ["refused-file"]);
    assert_eq!(
        errors("Symbol,CUSIP,Shares,Price,Value,Weight\nVTI,922908769,10,300,3000,81%\n"),
        ["unrecognised-file"]
    );
}

#[test]
fn what_was_sold_or_is_only_meant_stands_below_its_own_title() {
    let head = "Symbol,Shares,Price,Value\n";
    for title in ["Sold positions", "Closed Positions", "Watchlist", "To buy", "Target"] {
        for text in [
            format!("Current\n{head}VTI,10,300,3000\n\n{title}\n{head}NVDA,5,180,900\n"),
            format!("{head}VTI,10,300,3000\n\n{title}\nNVDA,5,180,900\n"),
        ] {
            let (read, sink) = portfolio(&[&text]);
            let held: Vec<_> = read.accounts.iter().flat_map(|own| &own.positions).map(|own| own.label()).collect();
            assert_eq!(held, ["VTI"], "{text}");
            assert!(sink.items.iter().any(|item| item.severity == Severity::Warning && item.code.id == "skipped-row"));
        }
    }
    for title in ["Target Retirement", "Past Employer 401k"] {
        let (read, _) = portfolio(&[&format!("{title}\n{head}VTI,10,300,3000\n")]);
        assert_eq!(read.accounts[0].positions.len(), 1, "{title}");
    }
    let years = format!("2026\n{head}VTI,10,300,3000\n\n2025\n{head}VTI,8,280,2240\n");
    assert_eq!(errors(&years), ["refused-file"]);
    assert_eq!(
        errors(&years.replace("2026", "As of 11/20/2026").replace("2025", "As of 11/20/2025")),
        ["refused-file"]
    );
    assert_eq!(errors(&years.replace("2026", "Mine").replace("\n2025\n", "\nYours\n")), [""; 0]);
}

#[test]
fn a_subtotal_above_its_rows_counts_once_and_may_name_their_account() {
    let head = "Symbol,Shares,Price,Value\n";
    let grouped = one(&format!(
        "{head}Equities,,,3600\nVTI,10,300,3000\nVXUS,10,60,600\nBonds,,,350\nBND,5,70,350\nTotal,,,3950\n"
    ));
    assert_eq!(grouped.positions.len(), 3);
    let (read, sink) = portfolio(&[
        "Account,Symbol,Shares,Price,Value\nBrokerage,,,,3000\n,VTI,10,300,3000\nRoth IRA,,,,350\n,BND,5,70,350\n",
    ]);
    assert!(sink.items.iter().all(|item| item.severity == Severity::Note), "{:?}", sink.items);
    let told: Vec<_> = read.accounts.iter().map(|own| (own.label(), own.positions.len())).collect();
    assert_eq!(told, [("Brokerage".to_owned(), 1), ("Roth IRA".to_owned(), 1)]);
}

#[test]
fn the_parts_of_an_option_may_stand_in_columns() {
    let account = one(
        "Symbol,Type,Shares,Expiration,Strike,Price,Value\nVTI,ETF,100,,0,300,30000\nSPY,Call,-1,12/18/2026,$500,4.50,-450\n",
    );
    assert_eq!(account.positions[0].kind.id(), "etf");
    assert_eq!(account.positions[1].canonical.as_ref().unwrap().as_str(), "SPY   261218C00500000");
    assert_eq!(account.positions[1].value.unwrap().dollars(), "-$450.00");
}

#[test]
fn a_cost_has_the_sign_of_its_shares() {
    let head = "Ticker,Shares,Price,Cost,Value\n";
    assert_eq!(costs(&format!("{head}VTI,10,300,-2000,3000\n")).0, [Some("$2,000.00".to_owned())]);
    assert_eq!(costs(&format!("{head}VTI,-10,300,2000,-3000\n")).0, [Some("-$2,000.00".to_owned())]);
}

#[test]
fn habits_of_sheets_that_are_no_holdings() {
    let head = "Symbol,Shares,Price,Value\n";
    let cash = one(&format!("{head}VTI,10,300,3000\nCASH,1,1234.56,1234.56\n"));
    assert_eq!((cash.positions.len(), cash.cash_in("USD").unwrap().dollars()), (1, "$1,234.56".to_owned()));
    assert_eq!(one(&format!("{head}VTI,10,300,3000\nBND,5,70,350\nAverage,7.5,185,1675\n")).positions.len(), 2);
    assert_eq!(one(&format!("{head}VTI,10,300,3000\nAMD,,150,\n")).positions.len(), 1);
    assert_eq!(
        one(&format!("{head}VTI,10,300,3000\n\nData provided by XYZ, delayed 15 minutes, see terms\n")).positions.len(),
        1
    );
    assert_eq!(errors(&format!("{head}VTI,10,300,3000\nEmergency fund,,,600\n")), ["no-shares"]);
    let linked = one(&format!("{head}\"=HYPERLINK(\"\"https://x.y\"\",\"\"VTI\"\")\",10,300,3000\n'BND',5,70,350\n"));
    assert_eq!(linked.positions.iter().map(|own| own.label()).collect::<Vec<_>>(), ["VTI", "BND"]);
    let named = one("Fund,Shares,Price,Value\nVTI - Vanguard Total Stock Market ETF,10,300,3000\n");
    assert_eq!(named.positions[0].canonical.as_ref().unwrap().as_str(), "VTI");
    let (read, _) = portfolio(&["Account,Symbol,Shares,Price\nRoth IRA,VTI,10,300\nroth  ira,BND,5,70\n"]);
    assert_eq!(read.accounts.len(), 1);
}

/// A class of assets is no kind: bonds are priced in percent, and funds of bonds are not.
#[test]
fn the_class_of_assets_does_not_make_a_fund_a_bond_or_cash() {
    let told = |class: &str, symbol: &str, price: &str| {
        let account = one(&format!("Symbol,Asset Class,Quantity,Price\n{symbol},{class},10,{price}\n"));
        (account.positions[0].kind.id(), account.positions[0].value.map(Money::dollars).unwrap_or_default())
    };
    assert_eq!(told("Fixed Income", "AGG", "100"), ("etf", "$1,000.00".to_owned()));
    assert_eq!(told("Bonds", "VBTLX", "10"), ("mutual_fund", "$100.00".to_owned()));
    // Ten may be bonds of 1,000, and the question is named.
    assert_eq!(errors("Symbol,Asset Class,Quantity,Price\n91282CLW9,Bond,10,99\n"), ["unclear-symbol"]);
    let bond = one("Symbol,Asset Class,Quantity,Price\n91282CLW9,Bond,1000,99\n");
    assert_eq!((bond.positions[0].kind.id(), bond.positions[0].value.unwrap().dollars().as_str()), ("bond", "$990.00"));
    assert_eq!(told("Crypto", "IBIT", "60"), ("etf", "$600.00".to_owned()));
    assert_eq!(told("Other", "AAPL", "200"), ("equity", "$2,000.00".to_owned()));
    assert_eq!(told("Alternative Investments", "GLD", "200").0, "etf");
    assert_eq!(told("Futures", "ES", "6000").0, "other");
    let cash = one("Symbol,Asset Class,Quantity\nSGOV,Cash,10\n");
    assert_eq!((cash.positions[0].kind.id(), cash.cash.len()), ("etf", 0));
    let dated = one("Symbol,Name,Type,Quantity,Price\nT,US TREASURY 4.25% 11/15/34,Bond,10000,99\n");
    assert_eq!(dated.positions[0].value.unwrap().dollars(), "$9,900.00");
    // Of an option the value tells, and without one the doubt is named.
    assert_eq!(
        one("Symbol,Category,Quantity,Price,Value\nAAPL,Options,10,200,2000\n").positions[0].kind.id(),
        "equity"
    );
    assert_eq!(errors("Symbol,Category,Quantity,Price\nAAPL,Options,10,5\n"), ["unclear-symbol"]);
}

#[test]
fn one_of_a_thing_that_few_shares_cost_is_told() {
    let head = "Symbol,Name,Quantity,Price,Value\nVTI,V,10,300,3000\n";
    assert_eq!(errors(&format!("{head}HOUSE,12 Main St,1,500000,500000\n")), ["no-shares"]);
    assert_eq!(
        errors(&format!("{head}BRK-A,Berkshire Hathaway,1,700000,700000\nBTC,Bitcoin,1,60000,60000\n")),
        [""; 0]
    );
}

/// In a long file rows of numbers are not looked at as headers, and headers below them are found.
#[test]
fn two_downloads_in_one_long_file_are_seen() {
    let rows: String = (0..300).map(|row| format!("Q{row:03}X,{row},10,{row}0\n")).collect();
    let text = format!("Symbol,Shares,Price,Value\n{rows}");
    assert_eq!(one(&text).positions.len(), 300);
    assert_eq!(errors(&format!("{text}\n{text}")), ["duplicate-account"]);
}

#[test]
fn what_a_sheet_leaves_open_is_told() {
    let head = "Symbol,Shares,Price,Value\nVTI,10,300,3000\n";
    assert_eq!(errors(&format!("{head},5,70,350\n")), ["unclear-symbol"]);
    // A cost of one share by its name, and of all by its size.
    let costs = |cost: &str| errors(&format!("Symbol,Shares,Avg Cost,Price,Value\nVTI,10,{cost},300,3000\n"));
    assert_eq!((costs("2000"), costs("200")), (vec!["columns-by-name"], vec![]));
    // The gain of the day is none of all days.
    let gains = one("Symbol,Shares,Price,Value,Gain,Total Gain\nVTI,10,300,3000,30,1000\n");
    assert_eq!(gains.positions[0].cost_basis.unwrap().dollars(), "$2,000.00");
    // The title of the only table is its title.
    assert_eq!(one("Model 3 Fund Portfolio\nSymbol,Shares,Price,Value\nVTI,10,300,3000\n").positions.len(), 1);
}

/// What is held without a count of shares may be as much as other rows together.
#[test]
fn a_value_that_is_as_large_as_others_is_no_total() {
    let held = |text: &str| portfolio(&[text]).0.accounts.iter().map(|own| own.positions.len()).sum::<usize>();
    assert_eq!(held("Symbol,Shares,Value\nVXUS,,4000\nVTI,,3000\nBND,,1000\n"), 3);
    assert_eq!(held("Fund,Shares,Price,Balance\nFund C,,,4000\nFund A,,,3000\nFund B,,,1000\n"), 3);
    assert_eq!(
        held("Fund,Ticker,Shares,Price,Balance\nStable Value Fund,,,,5000\nVanguard 500,VFIAX,10,500,5000\n"),
        2
    );
    assert_eq!(held("Symbol,Name,Shares,Price,Value\n,Acme LLC,,,3000\nVTI,V,10,300,3000\n"), 2);
    // And two accounts may be of two days, and an amount is no number of an account.
    let head = "Symbol,Shares,Price,Value";
    let days = format!(
        "Brokerage as of 11/20/2026\n{head}\nVTI,10,300,3000\n\nRoth IRA as of 11/19/2026\n{head}\nBND,5,70,350\n"
    );
    assert_eq!(held(&days), 2);
    assert_eq!(one(&format!("{head}\nVTI,10,300,3000\n3350.00,,,\nBND,5,70,350\n")).positions.len(), 2);
}

#[test]
fn options_that_were_sold_and_money_of_other_countries_are_what_they_are() {
    let text = |kind: &str| {
        format!(
            "Ticker,Type,Strike,Expiry,Qty,Price,Value\nAAPL,Stock,,,100,200,20000\nAAPL,{kind},250,12/18/2026,1,3,300\n"
        )
    };
    for kind in ["Short Call", "Covered Call", "Written call"] {
        let account = one(&text(kind));
        let option = &account.positions[1];
        assert_eq!(option.canonical.as_ref().unwrap().as_str(), "AAPL  261218C00250000", "{kind}");
        assert_eq!(
            (option.quantity.unwrap().text().as_str(), option.value.unwrap().dollars().as_str()),
            ("-1", "-$300.00"),
            "{kind}"
        );
    }
    assert_eq!(one(&text("Call")).positions[1].quantity.unwrap().text(), "1");
    let (read, _) = portfolio(&["Symbol,Shares,Price,Value\nVTI,10,300,3000\nEUR,100,1.16,116\n"]);
    let money = &read.accounts[0].positions[1];
    assert_eq!((money.kind.id(), money.value.unwrap().dollars().as_str()), ("cash", "$116.00"));
    let (read, _) = portfolio(&["Symbol,Shares,Price,Value,Currency\nVTI,10,300,3000,USD\nEUR,100,1,100,EUR\n"]);
    assert_eq!(read.accounts[0].cash_in("EUR").unwrap().decimal().to_string(), "100");
}

#[test]
fn a_column_that_says_symbol_among_other_words_is_that_of_the_symbols() {
    let text = "Investment ticker symbol,Investment name,Shares owned,Price,Value (USD)\nVTI,Vanguard,10,300,3000\n";
    assert_eq!(one(text).positions[0].canonical.as_ref().unwrap().as_str(), "VTI");
    assert_eq!(errors("Currency symbol,Shares,Price\n$,10,300\n"), ["unrecognised-file"]);
}
