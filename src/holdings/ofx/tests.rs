//! Statements written by hand, with what a careful person reads in them.

use crate::holdings::testing::{errors, one, portfolio, problems};
use crate::model::AssetKind;

/// Version 1: values without end tags.
fn sgml(statements: &str, securities: &str) -> String {
    format!(
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\n\
         <OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261121<FI><ORG>Vanguard<FID>15103</FI></SONRS></SIGNONMSGSRSV1>\n\
         <INVSTMTMSGSRSV1>{statements}</INVSTMTMSGSRSV1><SECLISTMSGSRSV1><SECLIST>{securities}</SECLIST></SECLISTMSGSRSV1></OFX>\n"
    )
}

fn statement(account: &str, inside: &str) -> String {
    format!(
        "<INVSTMTTRNRS><TRNUID>0<STATUS><CODE>0<SEVERITY>INFO</STATUS><INVSTMTRS><DTASOF>20261120160000.000[-5:EST]<CURDEF>USD\
         <INVACCTFROM><BROKERID>vanguard.com<ACCTID>{account}</INVACCTFROM>\
         <INVTRANLIST><DTSTART>20260101<DTEND>20261120<BUYMF><INVBUY><SECID><UNIQUEID>922908769<UNIQUEIDTYPE>CUSIP</SECID><UNITS>99<UNITPRICE>1</INVBUY></BUYMF></INVTRANLIST>\
         {inside}</INVSTMTRS></INVSTMTTRNRS>"
    )
}

fn held(tag: &str, id: &str, units: &str, price: &str, value: &str) -> String {
    format!(
        "<{tag}><INVPOS><SECID><UNIQUEID>{id}<UNIQUEIDTYPE>CUSIP</SECID><HELDINACCT>CASH<POSTYPE>LONG<UNITS>{units}\
         <UNITPRICE>{price}<MKTVAL>{value}<DTPRICEASOF>20261120<MEMO></INVPOS></{tag}>"
    )
}

fn list(positions: &[String]) -> String {
    format!("<INVPOSLIST>{}</INVPOSLIST>", positions.concat())
}

fn known(tag: &str, id: &str, name: &str, ticker: &str) -> String {
    format!(
        "<{tag}><SECINFO><SECID><UNIQUEID>{id}<UNIQUEIDTYPE>CUSIP</SECID><SECNAME>{name}<TICKER>{ticker}</SECINFO></{tag}>"
    )
}

fn cash(available: &str) -> String {
    format!("<INVBAL><AVAILCASH>{available}<MARGINBALANCE>0<SHORTBALANCE>0</INVBAL>")
}

#[test]
fn stocks_funds_bonds_and_cash_are_read_with_their_names() {
    let positions = list(&[
        held("POSSTOCK", "922908769", "10", "300.00", "3000.00"),
        held("POSMF", "922908728", "20.5", "100.00", "2050.00"),
        held("POSDEBT", "912797KX4", "10000", "98.50", "9850.00"),
        held("POSOTHER", "09261F572", "3", "50", "150"),
    ]);
    let text = sgml(
        &statement("12345678", &(positions + &cash("67.83"))),
        &[
            known("STOCKINFO", "922908769", "VANGUARD TOTAL STOCK MARKET ETF", "VTI"),
            known("MFINFO", "922908728", "VANGUARD TOTAL STK MKT INDEX ADMIRAL", "VTSAX"),
            known("DEBTINFO", "912797KX4", "US TREASURY BILL DUE 12/24/26", ""),
            known("OTHERINFO", "09261F572", "BTC LPATH IDX 2050 N &amp; CO", "09261F572"),
        ]
        .concat(),
    );
    let account = one(&text);
    assert_eq!((account.label().as_str(), account.broker.as_str()), ("...5678", "vanguard"));
    assert_eq!(account.as_of.unwrap().to_string(), "2026-11-20");
    assert_eq!(account.cash_in("USD").unwrap().dollars(), "$67.83");
    let told: Vec<_> = account
        .positions
        .iter()
        .map(|position| {
            (position.label(), position.kind, position.quantity.unwrap().text(), position.value.unwrap().dollars())
        })
        .collect();
    let row = |label: &str, kind, quantity: &str, value: &str| {
        (label.to_owned(), kind, quantity.to_owned(), value.to_owned())
    };
    assert_eq!(
        told,
        [
            row("VTI", AssetKind::Etf, "10", "$3,000.00"),
            row("VTSAX", AssetKind::MutualFund, "20.5", "$2,050.00"),
            row("912797KX4", AssetKind::Bond, "10,000", "$9,850.00"),
            row("09261F572", AssetKind::MutualFund, "3", "$150.00"),
        ]
    );
    assert_eq!(account.positions[3].name, "BTC LPATH IDX 2050 N & CO");
    // The same in version 2, with end tags.
    let leaves = [
        "DTASOF",
        "CURDEF",
        "BROKERID",
        "ACCTID",
        "UNIQUEID",
        "UNIQUEIDTYPE",
        "HELDINACCT",
        "POSTYPE",
        "UNITS",
        "UNITPRICE",
        "MKTVAL",
        "DTPRICEASOF",
        "SECNAME",
        "TICKER",
        "AVAILCASH",
    ];
    let mut xml = text.split_once("\n\n").unwrap().1.replace("<MEMO>", "<MEMO/>");
    for leaf in leaves {
        let parts: Vec<&str> = xml.split(&format!("<{leaf}>")).collect();
        let ended =
            |part: &&str| part.split_once('<').map(|(value, rest)| format!("<{leaf}>{value}</{leaf}><{rest}")).unwrap();
        xml = parts[0].to_owned() + &parts[1..].iter().map(ended).collect::<String>();
    }
    let again = one(&format!("<?xml version=\"1.0\"?>\n<?OFX OFXHEADER=\"200\" VERSION=\"220\"?>\n{xml}"));
    let labels = |account: &crate::model::Account| -> Vec<String> {
        account.positions.iter().map(|position| format!("{} {:?}", position.label(), position.value)).collect()
    };
    assert_eq!((labels(&again), again.cash), (labels(&account), account.cash));
}

#[test]
fn a_cusip_without_a_ticker_is_known_by_the_table_or_by_another_file() {
    let positions =
        list(&[held("POSSTOCK", "037833100", "10", "200", "2000"), held("POSSTOCK", "00000A105", "5", "40", "200")]);
    let ofx = sgml(&statement("12345678", &(positions + &cash("0"))), "");
    let account = one(&ofx);
    assert_eq!(account.positions.iter().map(|position| position.label()).collect::<Vec<_>>(), ["AAPL", "00000A105"]);
    let flex = "<FlexQueryResponse queryName=\"q\"><FlexStatements><FlexStatement accountId=\"U1234567\"><OpenPositions>\
        <OpenPosition accountId=\"U1234567\" currency=\"USD\" fxRateToBase=\"1\" assetCategory=\"STK\" symbol=\"GLPI\" cusip=\"00000A105\" position=\"4\" markPrice=\"40\" positionValue=\"160\" levelOfDetail=\"SUMMARY\" reportDate=\"20261120\" />\
        </OpenPositions><CashReport><CashReportCurrency accountId=\"U1234567\" currency=\"USD\" endingCash=\"5\" /></CashReport></FlexStatement></FlexStatements></FlexQueryResponse>";
    let (read, _) = portfolio(&[&ofx, flex]);
    let ours = read.accounts.iter().find(|account| account.broker == "vanguard").unwrap();
    let position = &ours.positions[1];
    assert_eq!((position.label().as_str(), position.kind), ("GLPI", AssetKind::Equity));
    assert_eq!(position.details.cusip.as_deref(), Some("00000A105"));
}

#[test]
fn cash_is_never_the_sweep_fund_twice() {
    let fund = || held("POSMF", "922906300", "1000", "1", "1000.00");
    let stock = || held("POSSTOCK", "922908769", "10", "300", "3000");
    let names = known("MFINFO", "922906300", "VANGUARD FEDERAL MONEY MARKET", "VMFXX");
    let total = |amount: &str| {
        format!(
            "<BALLIST><BAL><NAME>Total Account Value<DESC>all of it<BALTYPE>DOLLAR<VALUE>{amount}<DTASOF>20261120</BAL></BALLIST>"
        )
    };
    // (available cash, balances beside it) -> (cash beside the fund, problems)
    for (available, more, beside, said) in [
        ("1000.00", String::new(), "$0.00", vec![]),
        ("0", String::new(), "$0.00", vec![]),
        ("1500.00", String::new(), "$500.00", vec!["cash-twice"]),
        ("400.00", String::new(), "$0.00", vec!["cash-twice"]),
        ("400.00", total("4400.00"), "$400.00", vec![]),
        ("1000.00", total("5000.00"), "$1,000.00", vec![]),
        ("1500.00", total("4500.00"), "$500.00", vec![]),
    ] {
        let balances = format!("<INVBAL><AVAILCASH>{available}<MARGINBALANCE>0<SHORTBALANCE>0{more}</INVBAL>");
        let text = sgml(&statement("12345678", &(list(&[stock(), fund()]) + &balances)), &names);
        let (read, _) = portfolio(&[&text]);
        let account = &read.accounts[0];
        assert_eq!(account.cash_in("USD").unwrap().dollars(), beside, "{available} {more}");
        assert_eq!(account.positions[1].kind, AssetKind::MoneyMarket);
        assert_eq!(errors(&text), said, "{available} {more}");
    }
    // A loan on margin is owed, once.
    for (balances, cash) in [
        ("<AVAILCASH>16.73<MARGINBALANCE>-819.20", "-$802.47"),
        ("<AVAILCASH>-819.20<MARGINBALANCE>-819.20", "-$819.20"),
        ("<MARGINBALANCE>-819.20", "-$819.20"),
    ] {
        let text = sgml(
            &statement("12345678", &format!("{}<INVBAL>{balances}<SHORTBALANCE>0</INVBAL>", list(&[stock()]))),
            "",
        );
        assert_eq!(one(&text).cash_in("USD").unwrap().dollars(), cash, "{balances}");
    }
}

#[test]
fn the_sources_of_a_plan_are_one_holding_and_its_loans_are_none() {
    let source = |source: &str, units: &str, value: &str| {
        held("POSMF", "315911750", units, "200.00", value).replace("<MEMO>", &format!("<INV401KSOURCE>{source}"))
    };
    let plan = list(&[source("PRETAX", "10", "2000.00"), source("MATCH", "5.25", "1050.00")])
        + "<INV401K><EMPLOYERNAME>Example<LOANINFO><LOANID>1<CURRENTLOANBAL>500.00</LOANINFO></INV401K>\
           <INV401KBAL><CASHBAL>12.00<PRETAX>2000<MATCH>1050<TOTAL>3062.00</INV401KBAL>";
    let text = sgml(&statement("12345678", &plan), &known("MFINFO", "315911750", "FIDELITY 500 INDEX FUND", ""));
    let account = one(&text);
    assert_eq!((account.kind, account.positions.len()), (crate::model::TaxTreatment::K401, 1));
    let position = &account.positions[0];
    assert_eq!((position.label().as_str(), position.quantity.unwrap().text().as_str()), ("FXAIX", "15.25"));
    assert_eq!(
        (position.value.unwrap().dollars().as_str(), account.cash_in("USD").unwrap().dollars().as_str()),
        ("$3,050.00", "$12.00")
    );
    let (_, sink) = portfolio(&[&text]);
    assert!(sink.items.iter().any(|item| item.message.starts_with("a loan of $500.00")));
    assert_eq!(errors(&text.replace("<TOTAL>3062.00", "<TOTAL>4062.00")), ["total-gap"]);
}

#[test]
fn an_option_is_the_contract_that_the_list_spells_out() {
    let option = held("POSOPT", "9999999A1", "2", "3.00", "600.00").replace("LONG", "SHORT");
    let info = "<OPTINFO><SECINFO><SECID><UNIQUEID>9999999A1<UNIQUEIDTYPE>OTHER</SECID><SECNAME>CALL ON VANGUARD<TICKER></SECINFO>\
        <OPTTYPE>CALL<STRIKEPRICE>310.00<DTEXPIRE>20261218<SHPERCTRCT>0<SECID><UNIQUEID>922908769<UNIQUEIDTYPE>CUSIP</SECID></OPTINFO>";
    let account = one(&sgml(&statement("12345678", &(list(&[option]) + &cash("0"))), info));
    let position = &account.positions[0];
    assert_eq!(position.label(), "VTI   261218C00310000");
    assert_eq!((position.kind, position.details.multiplier), (AssetKind::Option, Some(100)));
    assert_eq!(
        (position.quantity.unwrap().text().as_str(), position.value.unwrap().dollars().as_str()),
        ("-2", "-$600.00")
    );
}

#[test]
fn a_position_in_another_currency_has_its_value_in_the_accounts() {
    let foreign = held("POSSTOCK", "803054204", "10", "200", "2000")
        .replace("<MEMO>", "<CURRENCY><CURRATE>1.1<CURSYM>EUR</CURRENCY>");
    let account = one(&sgml(
        &statement("12345678", &(list(&[foreign]) + &cash("0"))),
        &known("STOCKINFO", "803054204", "SAP SE", "SAP"),
    ));
    let position = &account.positions[0];
    assert_eq!((position.currency.as_str(), position.base_value().unwrap().dollars().as_str()), ("EUR", "$2,200.00"));
}

#[test]
fn every_statement_of_a_file_is_an_account_and_a_bank_is_none() {
    let one_of =
        |account: &str| statement(account, &(list(&[held("POSSTOCK", "922908769", "1", "300", "300")]) + &cash("1")));
    let bank = "<STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>99</BANKACCTFROM><LEDGERBAL><BALAMT>5000<DTASOF>20261120</LEDGERBAL></STMTRS></STMTTRNRS>";
    let (read, sink) = portfolio(&[&sgml(&(one_of("11112222") + &one_of("33334444") + bank), "")]);
    assert!(!sink.has_errors(), "{:?}", sink.items);
    assert_eq!(read.accounts.iter().map(|account| account.label()).collect::<Vec<_>>(), ["...2222", "...4444"]);
    assert!(sink.items.iter().any(|item| item.message.contains("$5,000.00 of a bank account")));
    assert_eq!(errors(&sgml(bank, "")), ["refused-file"]);
}

#[test]
fn what_is_not_all_there_is_refused_or_named() {
    let positions = list(&[held("POSSTOCK", "922908769", "10", "300", "3000")]) + &cash("0");
    let text = sgml(&statement("12345678", &positions), "");
    assert_eq!(errors(&text.replace("<INVPOSLIST>", "<X>").replace("</INVPOSLIST>", "</X>")), ["refused-file"]);
    let (_, sink) = portfolio(&[&text.replace("INVPOSLIST", "X")]);
    assert!(sink.items[0].message.contains("transactions only"), "{}", sink.items[0].message);
    assert!(sink.items[0].hint.as_ref().unwrap().contains("Vanguard OfxDownload"), "{:?}", sink.items[0].hint);
    assert_eq!(errors(text.split("</INVPOSLIST>").next().unwrap()), ["bad-xml"]);
    assert_eq!(errors(&text.replace("POSSTOCK", "POSCOIN")), ["bad-xml"]);
    assert_eq!(errors(&text.replace("<UNITS>10<", "<UNITS>one<")), ["bad-number"]);
    // A comma is the decimal point of some countries, and no separator of thousands.
    assert_eq!(one(&text.replace("<UNITS>10<", "<UNITS>10,0<")).positions[0].quantity.unwrap().text(), "10");
    assert_eq!(errors(&text.replace("<MKTVAL>3000<", "<MKTVAL>3,000<")), ["bad-number"]);
    assert_eq!(errors(&text.replace("<MKTVAL>3000<", "<MKTVAL>4000<")), ["value-gap"]);
    // The same account twice is not counted twice, whatever the file's name.
    assert_eq!(problems(&[&text, &text.replace("<MKTVAL>3000<", "<MKTVAL>3000.00<")]), ["duplicate-account"]);
    assert_eq!(problems(&[&text, &text.replace("20261120", "20261119")]), [""; 0]);
}

/// A statement without the standard's balance held no cash at all, without a word.
#[test]
fn cash_that_the_standard_has_no_place_for_is_read_or_missed() {
    let held = list(&[held("POSSTOCK", "922908769", "10", "300.00", "3000.00")]);
    let known = known("STOCKINFO", "922908769", "VANGUARD TOTAL STOCK MARKET ETF", "VTI");
    let of = |inside: &str| sgml(&statement("12345678", &format!("{held}{inside}")), &known);
    let balance = |name: &str, value: &str| format!("<BAL><NAME>{name}<DESC>{name}<BALTYPE>DOLLAR<VALUE>{value}</BAL>");
    let listed = |inside: &str| of(&format!("<INVBAL><BALLIST>{inside}</BALLIST></INVBAL>"));
    assert_eq!(errors(&of("")), ["no-cash"]);
    assert_eq!(errors(&listed(&balance("Cash Buying Power", "900"))), ["no-cash"]);
    assert_eq!(errors(&listed(&(balance("Cash", "500") + &balance("Cash available", "400")))), ["no-cash"]);
    for name in ["Cash", "Cash Balance", "Available cash"] {
        assert_eq!(one(&listed(&balance(name, "500"))).cash_in("USD").unwrap().dollars(), "$500.00", "{name}");
    }
    // What makes up the whole leaves no cash out, and a total beyond it is told.
    assert!(one(&listed(&balance("Total Value", "3000.00"))).cash.is_empty());
    assert_eq!(errors(&listed(&balance("Total Value", "3500.00"))), ["no-cash", "total-gap"]);
}
