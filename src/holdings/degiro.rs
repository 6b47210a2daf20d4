//! DEGIRO: the portfolio in any of its languages. The columns keep their places: product, ISIN, quantity, closing
//! price, currency (under a name that says "local value"), amount (without a name), value in the base currency.

use super::draft;
use super::identity;
use super::input::Input;
use super::report::Report;
use super::table::{Row, plain};
use super::{Detection, Found, ReaderEntry, kinds, totals};
use crate::model::{Account, Position};
use crate::units::{Money, Price, Shares};

/// What the reader does.
pub const DOC: &str = "Reads the portfolio of DEGIRO in English, Dutch, German, French and other languages: the header is known by its\n\
ISIN column and its unnamed sixth column. Decimal commas and points are told apart. Securities are known by ISIN, with\n\
no ticker, no cost and no date.";

/// The registry entry.
pub const READER: ReaderEntry = ReaderEntry {
    id: "degiro",
    broker: "DEGIRO portfolio",
    doc: DOC,
    download: "Portfolio > Export > CSV",
    needs: &[],
    detect,
    read,
};

fn base_currency(row: &Row<'_>) -> Option<String> {
    let isin = plain(row.text(1));
    let last = row.text(6).to_owned();
    let code = last
        .split_whitespace()
        .last()
        .filter(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()));
    let columns = (isin.ends_with("/isin") || isin == "isin") && row.text(5).is_empty() && row.len() >= 7;
    code.filter(|_| columns).map(str::to_owned)
}

fn detect(input: &Input<'_>) -> Detection {
    Detection::when(input.head.rows().any(|row| base_currency(&row).is_some()))
}

fn read(input: &Input<'_>, report: &mut Report) -> Found {
    let mut table = input.table(report);
    table.style = table.decimal_style(3..7);
    let mut account = Account::new("degiro", "portfolio");
    let mut started = false;
    for row in table.rows().filter(|row| !row.is_blank()) {
        if let Some(base) = base_currency(&row) {
            account.base_currency = base;
            account.place = Some(row.place());
            started = true;
            continue;
        }
        if !started {
            report.skipped(&row, "it stands before the header");
            continue;
        }
        if !report.fits(&row, 7, &[Some(6)]) {
            continue;
        }
        let (isin, currency) = (row.text(1), row.text(4));
        if totals::says_total(row.text(0)) && isin.is_empty() {
            report.skipped(&row, "it is a total");
            continue;
        }
        if row.is_null(Some(1)) && row.is_null(Some(2)) {
            let own = *currency == *account.base_currency;
            account.cash.extend(
                row.number(Some(if own { 6 } else { 5 }), report).map(|cash| (currency.to_owned(), Money(cash))),
            );
            continue;
        }
        let name = row.text(0);
        let kind = kinds::guess(Some("?"), name);
        let mut position = if kinds::is_isin(isin) {
            let mut position = Position::new(kind, name.to_owned());
            position.details.isin = Some(isin.into());
            position
        } else {
            identity::identify(isin, name, Some(kind))
        };
        position.quantity = row.number(Some(2), report).map(Shares);
        position.price = row.number(Some(3), report).map(Price);
        position.currency = currency.into();
        position.value = row.number(Some(5), report).map(Money);
        position.details.value_base = row.number(Some(6), report).map(Money);
        position.place = Some(row.place());
        account.positions.push(position);
    }
    draft::close(&mut account, None, report);
    Found { accounts: vec![account], ..Found::default() }
}

#[cfg(test)]
mod tests {
    use crate::holdings::testing::portfolio;

    #[test]
    fn other_languages_are_read() {
        for header in [
            "Produkt,Symbol/ISIN,Anzahl,Schlußkurs,Wert,,Wert in EUR",
            "Produit,Symbole/ISIN,Quantité,Clôture,Valeur locale,,Montant en EUR",
        ] {
            let (read, _) = portfolio(&[&format!(
                "{header}\nAMAZON.COM INC,US0231351067,65,\"313,00\",USD,\"20.345,00\",\"17.463,52\"\n"
            )]);
            let position = &read.accounts[0].positions[0];
            assert_eq!(position.details.value_base.unwrap().decimal().to_string(), "17463.52");
            assert_eq!((&*position.currency, position.details.isin.as_deref()), ("USD", Some("US0231351067")));
        }
    }
}
