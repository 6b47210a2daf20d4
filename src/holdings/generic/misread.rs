//! Tables that were read as something else than a careful person reads in them.

use crate::holdings::testing::portfolio;
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
