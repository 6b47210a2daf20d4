//! Which tables a file has, which column of each is what, and what stands above and between them.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{ImportMapping, titles};
use crate::diagnostics::Diagnostic;
use crate::diagnostics::text::masked;
use crate::holdings::dates::Order;
use crate::holdings::draft::Cells;
use crate::holdings::report::Report;
use crate::holdings::table::{Columns, Row, Table};
use crate::holdings::{
    BAD_DATE, BAD_NUMBER, COLUMNS_BY_NAME, FOREIGN, SKIPPED_ROW, accounts, currencies, dates, options,
};
use crate::model::{AssetKind, Currency, Position, Symbol};

/// One of the tables that stand under one another.
pub struct Part<'t, 'm> {
    /// What stands above it and may name its account.
    pub title: Option<Row<'t>>,
    /// The account that a line such as `Account: Roth IRA` above it names.
    pub account: Option<&'t str>,
    /// The account that such a line above an earlier table names: sections of one account.
    earlier: Option<&'t str>,
    /// That line and what stands between it and the table.
    pub preamble: Vec<Row<'t>>,
    pub header: Row<'t>,
    pub names: Columns,
    pub mapping: Cow<'m, ImportMapping>,
    pub cells: Cells,
    pub rows: Vec<Row<'t>>,
    /// The column that says which positions are short, and that of the strikes of options.
    pub side: Option<usize>,
    pub strike: Option<usize>,
    /// The column that says which rows are held no more.
    pub over: Option<usize>,
    /// In which order its days are written.
    pub order: Order,
}

impl Part<'_, '_> {
    pub fn role(&self, role: &str) -> Option<usize> {
        self.mapping.column(&self.names, role)
    }

    /// Returns whether a column says in which account a row is.
    fn names_accounts(&self) -> bool {
        ["account", "account-number"].iter().any(|role| self.role(role).is_some())
    }

    /// Returns the account that the title names, where no column does: that of one of several tables, or one whose words
    /// tell how an account is taxed.
    pub fn titled(&self, several: bool) -> Option<&str> {
        if self.names_accounts() {
            return None;
        }
        let title = self.title.and_then(|title| title.only()).map(|title| title.trim_end_matches(':'));
        let told = |title: &&str| titles::may_be_account(title) && (several || accounts::guess(title).is_some());
        self.account.or(title.filter(told)).or(self.earlier)
    }

    /// Returns the account that a single text between the rows names, by words that tell how it is taxed.
    pub fn between<'t>(&self, only: &'t str) -> Option<&'t str> {
        let label = only.trim_end_matches(':');
        let short = label.split_whitespace().count() <= 6;
        let words = || label.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        let named = words().any(|word| matches!(word.as_str(), "account" | "acct")) && words().count() > 1;
        let told = short
            && titles::may_be_account(label)
            && (accounts::guess(label).is_some() || named || titles::is_number(label));
        Some(label).filter(|_| told && !self.names_accounts())
    }
}

impl Part<'_, '_> {
    /// Returns whether a row lists what is only watched: it has a symbol, and nothing of shares or value.
    pub fn is_unheld(&self, row: &Row<'_>) -> bool {
        let cells = &self.cells;
        let numbers = [cells.quantity, cells.value, cells.cost];
        numbers.iter().flatten().all(|column| row.text(*column).is_empty() || row.text(*column) == "-")
    }

    /// Names the contract of an option whose parts stand in columns: its day, its side and its strike.
    pub fn contract(&self, row: &Row<'_>, position: &mut Position) {
        if position.kind != AssetKind::Option || position.canonical.is_some() {
            return;
        }
        let day =
            self.names.find(&["expiration", "expiration date", "expiry", "expiry date", "exp date", "exp", "exp."]);
        let Some(day) = dates::in_order(row.get(day), self.order) else { return };
        let sides = ["call/put", "put/call", "c/p", "right", "option type", "type", "kind", "p/c"];
        let is_side =
            |text: &&str| matches!(text.to_lowercase().as_str(), "call" | "put" | "c" | "p" | "calls" | "puts");
        // `Short Call` says it in one of its words.
        let words = sides.iter().flat_map(|name| row.get(self.names.find(&[name])).split([' ', '-']));
        let side = words.into_iter().find(is_side);
        let Some(side) = side.and_then(|side| side.get(..1)) else { return };
        let written = format!(
            "{} {day} {} {}",
            row.get(self.cells.symbol),
            row.get(self.strike).trim_start_matches('$'),
            side.to_uppercase()
        );
        if let Some(occ) = options::parse(&written).and_then(|contract| contract.occ()) {
            position.canonical = Some(Symbol::new(&occ));
            position.symbol = Some(written);
            position.details.multiplier = Some(100);
        }
    }
}

impl Part<'_, '_> {
    /// Says in which currency a position is: by its row, by the names of the columns, else by its ticker. A value in another
    /// currency than the price is one of the account.
    pub fn denominate(&self, position: &mut Position, of_row: Option<Currency>, row: &Row<'_>, report: &mut Report) {
        let (value, price) = (self.mapping.currency("value"), self.mapping.currency("price"));
        let Some(named) = value.or(price) else {
            position.currency = of_row.unwrap_or_else(|| self.currency_of(row, report));
            return;
        };
        match of_row.filter(|of_row| *of_row != named && price.is_none()) {
            Some(of_row) => {
                let worth = position.value.take();
                position.details.value_base = worth.filter(|_| named == Currency::USD);
                position.currency = of_row;
            }
            None => {
                position.price = position.price.filter(|_| price.is_none() || price.as_ref() == Some(&named));
                position.currency = named;
            }
        }
    }

    /// Returns the currency of a row that names none: that of its ticker's exchange, else the dollar.
    fn currency_of(&self, row: &Row<'_>, report: &mut Report) -> Currency {
        let symbol = row.get(self.cells.symbol);
        if let Some(code) = currencies::of_exchange(symbol) {
            return code.into();
        }
        // Tickers of Asian exchanges are numbers, and none in New York is.
        let number = (4..=6).contains(&symbol.len()) && symbol.bytes().all(|byte| byte.is_ascii_digit());
        if !number || self.header.get(self.cells.symbol).is_ascii() {
            return Currency::USD;
        }
        let message = format!("the currency of `{symbol}` is not in the file; the row has no value in dollars");
        report.push(
            Diagnostic::warning(FOREIGN, message).at(row.place()).hint("download it with the column of the currency"),
        );
        Currency::UNKNOWN
    }
}

/// Takes a file apart into tables, and the rows above the first of them.
pub fn parts<'t, 'm>(table: &'t Table<'t>, mapping: &'m ImportMapping) -> (Vec<Row<'t>>, Vec<Part<'t, 'm>>) {
    let (mut above, mut parts) = (Vec::<Row<'t>>::new(), Vec::<Part<'t, 'm>>::new());
    for row in table.rows().filter(|row| !row.is_blank()) {
        if row.is_data() {
            parts.last_mut().map_or(&mut above, |part| &mut part.rows).push(row);
            continue;
        }
        let names = Columns::of(&row);
        let own = || mapping.name.is_empty().then(|| ImportMapping::of(&names)).flatten();
        let header = if mapping.fits(&names) { Some(Cow::Borrowed(mapping)) } else { own().map(Cow::Owned) };
        let before = parts.last_mut().map_or(&mut above, |part| &mut part.rows);
        let Some(mapping) = header else {
            before.push(row);
            continue;
        };
        // The day may stand between the title and the table.
        let dated = |row: &Row<'_>| row.only().is_some_and(|text| dates::find(text).is_some());
        let title = before.iter().rposition(|row| !dated(row)).filter(|at| {
            before
                .get(*at)
                .is_some_and(|row| row.only().is_some() && !is_remark(row) && titles::account_line(row).is_none())
        });
        let title = title.map(|at| before.remove(at));
        let account = before.iter().rposition(|row| titles::account_line(row).is_some());
        let preamble = account.map(|at| before.split_off(at)).unwrap_or_default();
        let account = preamble.first().and_then(titles::account_line);
        let earlier = parts.last().and_then(|part| part.account.or(part.earlier));
        let cells = mapping.cells(&names);
        let strike = names.find(&["strike", "strike price"]);
        parts.push(Part {
            title,
            account,
            earlier,
            preamble,
            header: row,
            names,
            mapping,
            cells,
            rows: Vec::new(),
            side: None,
            strike,
            over: None,
            order: Order::MonthFirst,
        });
    }
    (above, parts)
}

fn is_remark(row: &Row<'_>) -> bool {
    row.text(0).starts_with('#') || row.text(0).starts_with("//")
}

impl<'t> Part<'t, '_> {
    /// Takes the remarks out. One that reads as a holding is told: people write a ticker as `#NVDA`, and number their rows.
    pub fn leave_remarks_out(&mut self, report: &mut Report) {
        let numbers = self.cells.symbol != Some(0) && self.cells.name != Some(0);
        let is_number = |text: &str| {
            text.strip_prefix('#')
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (cells, width) = (self.cells, self.names.width());
        self.rows.retain(|row| {
            if !is_remark(row) || numbers && is_number(row.text(0)) {
                return true;
            }
            let attached =
                row.text(0).strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
            let held = row.quiet(cells.quantity).filter(|shares| !shares.is_zero() && row.len() <= width);
            if let Some(shares) = held {
                let message = format!(
                    "a line that begins with # is a remark: {shares} of `{}` do not count",
                    masked(row.text(0))
                );
                let hint =
                    "take the # away if it is held; `# ` with a blank behind it leaves a holding out without this";
                let problem = if attached { Diagnostic::warning } else { Diagnostic::note };
                report.push(problem(SKIPPED_ROW, message).at(row.place()).hint(hint));
            }
            false
        });
    }
}

/// Returns the day that a line above the table or a remark says, as in `As of 2026-11-20`.
pub fn told_day(rows: &[Row<'_>], order: Order, report: &mut Report) -> Option<NaiveDate> {
    const WORDS: &[&str] = &["as of", "date", "updated", "downloaded", "generated", "exported"];
    let mut day = None;
    for row in rows {
        let text = row.joined();
        let lower = text.to_lowercase();
        let dated = WORDS.iter().any(|word| lower.contains(word));
        match dates::find_in_order(&text, order).filter(|_| dated) {
            Some(when) => day = Some(when.date),
            None if dated && order == Order::Either && text.split_whitespace().any(dates::is_ambiguous) => {
                let message = format!("`{}` may have the day or the month first, and is not used", masked(&text));
                report.push(Diagnostic::warning(BAD_DATE, message).at(row.place()).hint("write the day as 2025-12-31"));
            }
            None if !is_remark(row) => report.skipped(row, "it stands before the header"),
            None => {}
        }
    }
    day
}

/// Returns whether the numbers have a comma for the decimal point: one has it last, or before other than three digits, and
/// none has a point there.
pub fn has_commas(parts: &[Part<'_, '_>]) -> bool {
    let (mut commas, mut points) = (false, false);
    for part in parts {
        let cells = &part.cells;
        for column in [cells.quantity, cells.price, cells.value, cells.cost, cells.cost_per_share].into_iter().flatten()
        {
            for text in part.rows.iter().map(|row| row.text(column)).filter(|text| !text.contains(char::is_alphabetic))
            {
                let behind = |separator: char| text.rsplit_once(separator).map(|(_, digits)| digits.trim_end().len());
                match (behind('.'), behind(',')) {
                    (Some(point), Some(comma)) => *(if comma < point { &mut commas } else { &mut points }) = true,
                    (None, Some(digits)) => commas |= digits != 3,
                    (Some(digits), None) => points |= digits != 3,
                    (None, None) => {}
                }
            }
        }
    }
    commas && !points
}

/// Notes which column was taken for what.
pub fn by_names(part: &Part<'_, '_>, report: &mut Report) {
    let (columns, width) = (&part.mapping.columns, part.names.width());
    let taken: Vec<String> = columns.iter().map(|(role, name)| format!("`{name}` is the {role}")).collect();
    let used = columns.keys().map(|role| part.role(role)).chain([part.side, part.over]);
    let used: Vec<Option<usize>> = used.collect();
    let unused: Vec<String> = (0..width)
        .filter(|column| !used.contains(&Some(*column)))
        .map(|column| part.header.text(column))
        .filter(|name| !name.is_empty())
        // A damaged header has what stood in a row.
        .map(|name| format!("`{}`", masked(name)))
        .collect();
    // What may be the price or the value and is not known as either would leave everything without one.
    let is_amount = |column: &usize| {
        let mut held = part.rows.iter().filter(|row| row.quiet(part.cells.quantity).is_some()).peekable();
        let told = |row: &Row<'_>| row.quiet(Some(*column)).is_some() && !row.text(*column).contains('%');
        held.peek().is_some() && held.all(told)
    };
    let priced = part.cells.price.is_some() || part.cells.value.is_some();
    let amount = (0..width).find(|column| !priced && !used.contains(&Some(*column)) && is_amount(column));
    if let Some(column) = amount {
        let message = format!(
            "no column is known to hold prices or values, and `{}` is not used",
            masked(part.header.text(column))
        );
        report.push(
            Diagnostic::warning(COLUMNS_BY_NAME, message)
                .at(part.header.cell_place(column))
                .hint("if it holds them, call it `Price` or `Value`, or map it with [import.NAME] in broaden.toml"),
        );
    }
    let unused = if unused.is_empty() { String::new() } else { format!("; not used: {}", unused.join(", ")) };
    let message = format!("no broker's format; read by its column names: {}{unused}", taken.join(", "));
    report.push(
        Diagnostic::note(COLUMNS_BY_NAME, message)
            .at(part.header.place())
            .hint("say otherwise in [import.NAME] of broaden.toml"),
    );
}

/// Reports, in a file with semicolons, numbers such as `1.000` or `1,000` that are one thousand or one: nothing in the file
/// says which.
pub fn thousands(rows: &[Row<'_>], cells: &Cells, report: &mut Report) -> bool {
    let columns = [cells.quantity, cells.price, cells.value, cells.cost, cells.cost_per_share];
    let numbers = || rows.iter().flat_map(|row| columns.into_iter().flatten().map(move |column| (*row, column)));
    let grouped = |text: &str| {
        let separator = if text.contains('.') { '.' } else { ',' };
        let mut groups = text.split(separator);
        groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && {
            let mut rest = groups.peekable();
            rest.peek().is_some() && rest.all(|group| group.len() == 3)
        }
    };
    let digits = |row: &Row<'_>, column| row.text(column).trim_start_matches(['-', '+', '$']).to_owned();
    let told = numbers().any(|(row, column)| {
        let text = digits(&row, column);
        text.contains(['.', ',']) && !grouped(&text)
    });
    let doubtful = numbers().find(|(row, column)| grouped(&digits(row, *column)));
    let Some((row, column)) = doubtful.filter(|_| !told) else { return false };
    let message = format!("`{}` may be thousands or decimals: nothing in the file says which", row.text(column));
    report.push(
        Diagnostic::error(BAD_NUMBER, message)
            .at(row.cell_place(column))
            .hint("map the columns with [import.NAME] in broaden.toml, with decimal = \"comma\" or \"point\""),
    );
    true
}

#[cfg(test)]
mod tests {
    use crate::config::Document;
    use crate::diagnostics::{Severity, Sink, Source};
    use crate::holdings;
    use crate::holdings::generic::read_imports;
    use crate::holdings::testing::{one, portfolio};
    use crate::model::RawFile;

    #[test]
    fn tables_under_one_another_are_accounts_of_their_own() {
        let text = "Brokerage\nTicker,Shares,Price,Value\nVTI,10,300,3000\nBND,10,70,700\nTotal,,,3700\n\n\
            Roth IRA:\nSymbol,Quantity,Market Value\nAAPL,10,2000\nCash,,500\nTotal,,2500\nGrand total,,6200\n";
        let (read, sink) = portfolio(&[text]);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let told: Vec<_> = read
            .accounts
            .iter()
            .map(|account| (account.label(), account.kind.id(), account.positions.len(), account.cash.len()))
            .collect();
        assert_eq!(told, [("Brokerage".to_owned(), "taxable", 2, 0), ("Roth IRA".to_owned(), "roth", 1, 1)]);
        assert!(!sink.items.iter().any(|item| item.code.id == "total-gap"), "{:?}", sink.items);
        // Classes of one account are no accounts.
        let (read, _) =
            portfolio(&["Stocks\nTicker,Shares,Price\nAAPL,10,200\n\nETFs\nTicker,Shares,Price\nVTI,10,300\n"]);
        assert_eq!((read.accounts.len(), read.accounts[0].positions.len()), (1, 2));
        // A header that is printed again belongs to the same table.
        let (read, _) = portfolio(&["Ticker,Shares,Price\nVTI,10,300\n\nTicker,Shares,Price\nBND,10,70\n"]);
        assert_eq!(read.accounts.len(), 1);
        assert_eq!(read.accounts[0].positions.len(), 2);
        // A table of transactions below is seen.
        let below = "Ticker,Shares,Price\nVTI,10,300\n\nTicker,Shares,Price,Action\nBND,10,70,Buy\n";
        assert_eq!(crate::holdings::testing::errors(below), ["refused-file"]);
    }

    #[test]
    fn accounts_named_between_rows_or_once_for_several_are_theirs() {
        let told = |text: &str| -> Vec<(String, &'static str, usize)> {
            let (read, sink) = portfolio(&[text]);
            assert!(!sink.has_errors(), "{:?}", sink.items);
            read.accounts.iter().map(|account| (account.label(), account.kind.id(), account.positions.len())).collect()
        };
        let two = vec![("Brokerage".to_owned(), "taxable", 1), ("Roth IRA".to_owned(), "roth", 2)];
        let (head, rows) = ("Symbol,Shares,Price", ["VTI,10,300", "NVDA,10,180", "BND,10,70"]);
        let between = format!("{head}\nBrokerage,,\n{}\nRoth IRA,,\n{}\n{}\n", rows[0], rows[1], rows[2]);
        assert_eq!(told(&between), two);
        let once = format!("Account,{head}\nBrokerage,{}\nRoth IRA,{}\n,{}\n", rows[0], rows[1], rows[2]);
        assert_eq!(told(&once), two);
        let lines = format!(
            "Account:,Brokerage\n{head}\n{}\n\nAccount:,Roth IRA\nAs of:,11/20/2026\n{head}\n{}\n{}\n",
            rows[0], rows[1], rows[2]
        );
        assert_eq!(told(&lines), two);
        // Classes and cash are no accounts.
        let classes =
            format!("{head}\nStocks,,\n{}\nCash and equivalents,,\nCash,5,1\nFixed Income,,\n{}\n", rows[1], rows[2]);
        assert_eq!(told(&classes), [("generic".to_owned(), "taxable", 2)]);
    }

    /// Husband and wife have a Roth IRA each: one name, two accounts.
    #[test]
    fn accounts_of_one_name_are_told_apart_by_their_owners() {
        let of = |text: &str| {
            let (read, sink) = portfolio(&[text]);
            assert!(!sink.has_errors(), "{:?}", sink.items);
            let mut found: Vec<_> = read
                .accounts
                .iter()
                .map(|own| (own.label(), own.kind.id(), own.positions.len(), own.cash.len()))
                .collect();
            found.sort();
            found
                .into_iter()
                .map(|(label, kind, held, cash)| format!("{label} {kind} {held} {cash}"))
                .collect::<Vec<_>>()
        };
        let rows = "Owner,Account,Ticker,Shares,Price\nAnn,Roth IRA,VTI,10,300\nBob,Roth IRA,VTI,20,300\n,,BND,5,70\n\
                    Bob,Brokerage,CASH,1000,1\nJoint,12345678,NVDA,5,180\n";
        assert_eq!(
            of(rows),
            [
                "...5678 Joint taxable 1 0",
                "Ann Roth IRA roth 1 0",
                "Bob Brokerage taxable 0 1",
                "Bob Roth IRA roth 2 0"
            ]
        );
        // Without an account it is theirs.
        let bare = "Ticker,Shares,Price,Account Owner\nVTI,10,300,Ann\nVTI,20,300,Bob\n";
        assert_eq!(of(bare), ["Ann taxable 1 0", "Bob taxable 1 0"]);
        // A mapping names the column as it likes.
        let mut sink = Sink::default();
        let config = "[import.sheet]\nsymbol = \"T\"\nquantity = \"N\"\nowner = \"Whose\"\naccount = \"A\"\n";
        let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
        let imports = read_imports(&document, &mut sink);
        let file = RawFile::new("0.csv", b"T,N,Whose,A\nVTI,10,Ann,IRA\nVTI,20,Bob,IRA\n".to_vec());
        let read = holdings::read_with(&[file], &[], &imports, &mut sink);
        assert_eq!(read.accounts.iter().map(|own| own.label()).collect::<Vec<_>>(), ["Ann IRA", "Bob IRA"]);
    }

    /// Employer plans head their table with the plan and the day.
    #[test]
    fn a_title_and_a_day_stand_above_a_table() {
        let text = "Plan: Example University 403(b)\nAs of 11/20/2026\nInvestment,Units,Unit Value,Balance\n\
                    CREF Stock R3,100,600,60000\nTIAA Traditional,,,40000\nTotal,,,100000\n";
        let (read, _) = portfolio(&[text]);
        let account = &read.accounts[0];
        assert_eq!((account.label().as_str(), account.kind.id()), ("Plan: Example University 403(b)", "401k"));
        assert_eq!(account.as_of.unwrap().to_string(), "2026-11-20");
        assert_eq!(account.positions.len(), 2);
    }

    /// Sections of one account, which is named once above all of them; its number is known for one and masked.
    #[test]
    fn sections_of_an_account_that_is_named_above_them_are_one() {
        let head = "Market Value,Shares,Description,Symbol,Unrealized Gain/(Loss),Last Price";
        let text = format!(
            "My Brokerage - Holdings Report\nAccount: 5567-8890 (Joint)\nAs of: Nov 20, 2026\n\nEQUITIES\n{head}\n\
             \"18,233.00\",100,NVIDIA CORP,NVDA,\"9,233.00\",182.33\n\"(2,684.00)\",(10),APPLE INC (SHORT),AAPL,(184.00),268.40\n\
             \"15,549.00\",,Subtotal Equities,,,\n\nFUNDS\n{head}\n\"61,275.00\",100,VANGUARD S&P 500 ETF,VOO,\"20,275.00\",612.75\n\
             \"61,275.00\",,Subtotal Funds,,,\n\nCASH AND SWEEP\n{head}\n\"4,321.09\",4321.09,FDIC INSURED DEPOSIT SWEEP,,,1.00\n\
             \"(1,000.00)\",,MARGIN BALANCE,,,\n\"3,321.09\",,Subtotal Cash,,,\n\n\"80,145.09\",,TOTAL ACCOUNT VALUE,,,\n"
        );
        let (read, sink) = portfolio(&[&text]);
        assert!(sink.items.iter().all(|item| item.severity == Severity::Note), "{:?}", sink.items);
        assert_eq!(read.accounts.iter().map(|own| own.label()).collect::<Vec<_>>(), ["...8890 Joint"]);
        let account = &read.accounts[0];
        let held: Vec<_> = account.positions.iter().map(|own| own.value.unwrap().dollars()).collect();
        assert_eq!(held, ["$18,233.00", "-$2,684.00", "$61,275.00"]);
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$3,321.09");
        assert_eq!(account.as_of.unwrap().to_string(), "2026-11-20");
    }

    /// A sheet in another language is told its columns and where to say what they are; said so, it is read.
    #[test]
    fn a_table_in_another_language_is_told_how_to_be_read() {
        let text = "Depotauszug;Familie Muster;20.11.2026\n;;;\nKurs;Bezeichnung;St\u{fc}ck;Marktwert;Ticker;Einstand\n\
                    182.33;NVIDIA CORP;1'250;227'912.50;NVDA;45'000.00\n;Barbestand USD;;12'345.60;;\n;Summe;;240'258.10;;\n";
        let (_, sink) = portfolio(&[text]);
        let said = &sink.items[0];
        let columns = "the columns `Kurs`, `Bezeichnung`, `St\u{fc}ck`, `Marktwert`, `Ticker`, `Einstand`, and";
        assert!(said.message.contains(columns), "{}", said.message);
        assert!(said.hint.as_ref().is_some_and(|hint| hint.contains("import.sheet.symbol")), "{:?}", said.hint);
        let mut sink = Sink::default();
        let config = "import.sheet.symbol = \"Ticker\"\nimport.sheet.quantity = \"St\u{fc}ck\"\nimport.sheet.value = \"Marktwert\"\n\
                      import.sheet.price = \"Kurs\"\nimport.sheet.cost = \"Einstand\"\nimport.sheet.name = \"Bezeichnung\"\n";
        let document = Document::load(Some(Source::file("broaden.toml", config)), &[], &mut sink);
        let imports = read_imports(&document, &mut sink);
        let file = RawFile::new("depot.csv", text.as_bytes().to_vec());
        let read = holdings::read_with(&[file], &[], &imports, &mut sink);
        assert!(!sink.has_errors(), "{:?}", sink.items);
        let account = &read.accounts[0];
        assert_eq!(account.positions[0].value.unwrap().dollars(), "$227,912.50");
        assert_eq!(account.positions[0].quantity.unwrap().text(), "1,250");
        assert_eq!(account.cash_in("USD").unwrap().dollars(), "$12,345.60");
    }

    /// A number alone or a word such as `account` heads the rows of an account, and `Tax Lots` does not.
    #[test]
    fn numbers_and_persons_head_their_rows() {
        let head = "Symbol,Quantity,Price,Value";
        for (first, second) in [("X12345678", "Y87654321"), ("...1234", "...5678"), ("Ann's account", "Bob's account")]
        {
            let (read, _) = portfolio(&[&format!("{head}\n{first}\nVTI,10,300,3000\n{second}\nBND,5,70,350\n")]);
            assert_eq!(read.accounts.len(), 2, "{first}");
        }
        let lots = format!("Positions\n{head}\nVTI,10,300,3000\n\nTax Lots\n{head}\nVTI,6,300,1800\nVTI,4,300,1200\n");
        assert!(!crate::holdings::testing::errors(&lots).is_empty());
    }

    #[test]
    fn two_accounts_of_one_name_stay_two() {
        for (head, first, second) in [
            ("Account,Account Number", "Individual,11111", "Individual,22222"),
            ("Institution,Account", "Fidelity,Roth IRA", "Schwab,Roth IRA"),
            ("Broker,Account Type", "Fidelity,Roth IRA", "Schwab,Taxable"),
            ("Account Type", "Roth IRA", "Taxable"),
            ("Account ID", "11111", "22222"),
            ("Acct No.", "11111", "22222"),
        ] {
            let text = format!("{head},Symbol,Shares,Price,Value\n{first},VTI,10,300,3000\n{second},BND,10,70,700\n");
            let (read, _) = portfolio(&[&text]);
            assert_eq!(read.accounts.len(), 2, "{text}");
        }
        // What a position is paid with is no account.
        let text = "Account Type,Symbol,Shares,Price,Value\nCash,VTI,10,300,3000\nMargin,BND,10,70,700\n";
        assert_eq!(one(text).positions.len(), 2);
    }
}
