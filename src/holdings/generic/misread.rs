//! Tables that were read as something else than a careful person reads in them.

use crate::holdings::testing::{one, portfolio, problems};
use crate::model::AssetKind;
use crate::units::Money;

/// One coin was its price in dollars of cash, and ten without a name were shares of a stock.
#[test]
fn a_coin_quoted_in_dollars_is_a_coin_in_any_number() {
    for (quantity, value) in [(1, 3000), (10, 30_000)] {
        for (symbol, name, kind) in [
            ("ETH-USD", "Ethereum USD", ",Cryptocurrency"),
            ("ETH-USD", "", ","),
            ("FOO-USD", "", ","),
            ("FOO-USD", "Foo USD", ",Crypto"),
            ("BTC-USD", "", ",Stock"),
            ("", "Ethereum USD", ","),
        ] {
            let text = format!(
                "Symbol,Name,Shares,Price,Value,Type\nVTI,Vanguard Total Stock Market ETF,10,300,3000,ETF\n\
                 {symbol},{name},{quantity},3000,{value}{kind}\n"
            );
            let account = &portfolio(&[&text]).0.accounts[0];
            assert!(account.cash.is_empty(), "{text}");
            let coin = &account.positions[1];
            assert_eq!((coin.kind, coin.value.unwrap().dollars()), (AssetKind::Crypto, Money(value.into()).dollars()));
            assert!(!coin.kind.is_tradable(), "{text}");
        }
    }
}

/// 5,000 dollars of Apple's note at 99.12 are $4,956 (5000 x 99.12 / 100), and not $495,600.
#[test]
fn the_price_of_a_bond_is_that_of_a_hundred_of_its_face() {
    for (head, row) in [
        ("Symbol,Name,Shares,Price,Cost Basis", "037833AK6,APPLE INC,5000,99.12,5000"),
        ("Symbol,Name,Shares,Price", "037833AK6,,5000,99.12"),
        ("CUSIP,Symbol,Name,Shares,Price", "x,037833AK6,APPLE INC,5000,99.12"),
        ("Symbol,Name,Type,Shares,Price", "037833AK6,APPLE INC,Bond,5000,99.12"),
        ("Symbol,Name,Shares,Price", ",APPLE INC NOTE 2.4% 05/03/2033,5000,99.12"),
        ("Symbol,Name,Shares,Price,Value", "037833AK6,APPLE INC,5000,99.12,4956"),
    ] {
        let account = one(&format!("{head}\n{row}\n"));
        let bond = &account.positions[0];
        assert_eq!((bond.kind, bond.value.unwrap().dollars()), (AssetKind::Bond, "$4,956.00".to_owned()), "{row}");
    }
    // The number of a share or a fund is of one share, and a certificate may be listed at one for each dollar.
    for (row, value) in [
        ("58507M107,MEDEXAMPLE HLDGS ESCROW,50,2.5,", "$125.00"),
        ("09261F572,BTC LPATH IDX 2050 N,10,50,", "$500.00"),
        ("02587DN38,AMERICAN EXPRESS CD 4% 2027,10000,1.00,10000", "$10,000.00"),
    ] {
        let account = one(&format!("Symbol,Name,Shares,Price,Value\n{row}\n"));
        assert_eq!(account.positions[0].value.unwrap().dollars(), value, "{row}");
    }
}

/// The total is of 10 x 300 + 5000 x 99.12 / 100 + 2 x 5 x 100 = 3000 + 4956 + 1000.
#[test]
fn a_total_below_bonds_and_options_is_their_sum() {
    let text = "Symbol,Name,Shares,Price\nVTI,Vanguard Total Stock Market ETF,10,300\n037833AK6,APPLE INC,5000,99.12\n\
                VTI 12/18/2026 310 C,,2,5\n";
    let total = "Symbol,Name,Shares,Price,Value\n".to_owned()
        + &text.lines().skip(1).map(|line| format!("{line},\n")).collect::<String>()
        + "Total,,,,8956\n";
    assert!(!problems(&[&total]).contains(&"total-gap"), "{:?}", portfolio(&[&total]).1.items);
    assert_eq!(portfolio(&[&total]).0.accounts[0].positions.len(), 3);
}

#[test]
fn the_value_of_a_bond_is_asked_for_where_its_numbers_may_mean_two_things() {
    for (row, value) in [
        // Five bonds of 1,000, or five dollars; a price of 1,000 or of 100; of a dollar.
        ("037833AK6,APPLE INC,5,99.12", "$4.96"),
        ("037833AK6,APPLE INC,5000,991.2", "$49,560.00"),
        ("037833AK6,APPLE INC,5000,0.9912", "$4,956.00"),
    ] {
        let text = format!("Symbol,Name,Shares,Price\n{row}\n");
        assert_eq!(problems(&[&text]), ["unclear-symbol"], "{row}");
        assert_eq!(portfolio(&[&text]).0.accounts[0].positions[0].value.unwrap().dollars(), value, "{row}");
    }
}

/// Money that is called funds was a stock, and no word said so.
#[test]
fn funds_that_are_money_are_cash() {
    for name in
        ["Unsettled funds", "Uninvested Funds", "Settled funds", "Money Funds", "Money Market Funds", "UNSETTLED FUNDS"]
    {
        for row in [format!("{name},,,,500"), format!(",{name},,,500"), format!("{name},,500,1,500")] {
            let text =
                format!("Symbol,Name,Shares,Price,Value\nVTI,Vanguard Total Stock Market ETF,10,300,3000\n{row}\n");
            let account = one(&text);
            let funds = account.positions.iter().filter(|held| held.kind.is_cash()).filter_map(|held| held.value);
            let cash = account.cash_in("USD").into_iter().chain(funds).sum::<Money>();
            assert_eq!(cash.dollars(), "$500.00", "{row}");
        }
    }
}
