//! The page of a book: which household is over which limit, by how much, and what its plan leaves; and which have none.
//!
//! One file without network, as the report is. Its few lines of script sort the table, and no other script may run: the page's
//! content security policy names it by its digest.

use std::cmp::Reverse;

use askama::Template;
use sha2::{Digest, Sha256};

use super::label::Label;
use crate::diagnostics::counted;
use crate::report::book::{Line, Status};
use crate::units::{Decimal, Money, Weight};

/// The script.
const SCRIPT: &str = include_str!("../../../templates/report/book.js");

/// Most rows of a table: what is further behind is counted.
const MOST: usize = 2_000;

/// What a page tells, gathered line by line; it does not grow with the book.
#[derive(Default)]
pub struct Book {
    over: Vec<Row>,
    /// Limits that are exceeded, in all households.
    breaches: u64,
    failed: Vec<Failure>,
    failures: u64,
    households: u64,
}

struct Row {
    at: u64,
    household: Label,
    limit: Label,
    /// What is measured, its cap, and by how many points it is over: as shown, and as it is sorted.
    measured: Option<f64>,
    bound: Option<f64>,
    excess: Decimal,
    after: Decimal,
    value: Decimal,
    orders: usize,
    tax: Decimal,
}

struct Failure {
    household: Label,
    status: &'static str,
    why: Label,
}

fn amount(text: &str) -> Decimal {
    text.parse().unwrap_or_default()
}

impl Book {
    /// Takes in the next household.
    pub fn add(&mut self, line: &Line) {
        self.households += 1;
        let household = match &line.id {
            Some(id) => Label::name(id),
            None => Label::name(format!("number {}", line.at)),
        };
        if line.status != Status::Planned {
            self.failures += 1;
            if self.failed.len() < MOST {
                let first = line.diagnostics.iter().find(|problem| problem.severity == "error");
                let why = first.map(|problem| Label::words(format!("{}: {}", problem.code, problem.message)));
                let status = line.status.word();
                self.failed.push(Failure { household: household.clone(), status, why: why.unwrap_or_default() });
            }
        }
        let Some(summary) = &line.summary else { return };
        for over in &summary.over {
            self.breaches += 1;
            self.over.push(Row {
                at: line.at,
                household: household.clone(),
                limit: Label::name(format!("{} ({})", over.subject, over.limit)),
                measured: over.measured,
                bound: over.bound,
                excess: amount(&over.excess),
                after: amount(&over.after),
                value: amount(&summary.value),
                orders: summary.orders,
                tax: amount(&summary.tax),
            });
        }
        if self.over.len() > 2 * MOST {
            self.cut();
        }
    }

    /// Keeps those that are most over, the first of equals.
    fn cut(&mut self) {
        self.over.sort_by_key(|row| (Reverse(row.excess), row.at));
        self.over.truncate(MOST);
    }

    /// Returns the page.
    pub fn page(mut self, totals: &str) -> String {
        self.cut();
        let page = Page {
            digest: base64(&Sha256::digest(SCRIPT.as_bytes())),
            script: SCRIPT,
            lead: counted(self.households, "household", "households"),
            totals: totals.lines().map(Label::words).collect(),
            hidden: self.breaches - self.over.len() as u64,
            hidden_failures: self.failures - self.failed.len() as u64,
            rows: self.over,
            failed: self.failed,
        };
        // Writing to memory does not fail.
        page.render().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "report/book.html")]
struct Page {
    digest: String,
    script: &'static str,
    lead: String,
    totals: Vec<Label>,
    rows: Vec<Row>,
    hidden: u64,
    failed: Vec<Failure>,
    hidden_failures: u64,
}

impl Row {
    fn percent(&self, weight: &Option<f64>) -> String {
        weight.map_or_else(String::new, |weight| Weight(weight).percent())
    }

    /// By how many points it is over.
    fn points(&self) -> Option<f64> {
        Some((self.measured? - self.bound?) * 100.0)
    }

    fn points_words(&self) -> String {
        self.points().map_or_else(String::new, |points| format!("{points:.1}"))
    }

    fn dollars(&self, amount: &Decimal) -> String {
        Money(*amount).whole_dollars()
    }

    /// What a column is sorted by.
    fn key(&self, value: &Option<f64>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
}

/// As the content security policy writes a digest (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * at) & 63) as usize).filter(|_| at <= chunk.len());
            text.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::book::{Over, Summary};

    /// RFC 4648, section 10.
    #[test]
    fn digests_are_written_as_browsers_read_them() {
        let pairs = ["", "", "f", "Zg==", "fo", "Zm8=", "foo", "Zm9v", "foob", "Zm9vYg==", "foobar", "Zm9vYmFy"];
        for pair in pairs.chunks(2) {
            assert_eq!(base64(pair[0].as_bytes()), pair[1]);
        }
        assert_eq!(base64(&[0xff, 0xff, 0xfe]), "///+");
    }

    fn line(at: u64, id: &str, excess: u64) -> Line {
        let over = Over {
            limit: "limits.tech".to_owned(),
            subject: "<b>tech</b>".to_owned(),
            measured: Some(0.62),
            bound: Some(0.5),
            excess: format!("{excess}.00"),
            after: "0.00".to_owned(),
        };
        let summary =
            Summary { value: "1000.00".to_owned(), tax: "-5.00".to_owned(), over: vec![over], ..Summary::default() };
        let (id, input) = (Some(id.to_owned()), String::new());
        Line { at, id, status: Status::Planned, input, summary: Some(summary), diagnostics: Vec::new() }
    }

    #[test]
    fn names_are_text_and_only_our_own_script_may_run() {
        let mut book = Book::default();
        book.add(&line(1, "</script><script>alert(1)</script>", 7));
        book.add(&line(2, "=HYPERLINK(1)", 9));
        let page = book.page("2 households");
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains("&#60;script&#62;alert(1)") && page.contains("&#60;b&#62;tech"), "{page}");
        assert!(page.contains("&#39;=HYPERLINK(1)"));
        let digest = base64(&Sha256::digest(page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0));
        assert!(page.contains(&format!("default-src 'none'; script-src 'sha256-{digest}'")), "{digest}");
        // Those most over come first.
        assert!(page.find("HYPERLINK").unwrap() < page.find("alert(1)").unwrap());
        assert!(page.contains("12.0") && page.contains("62.0%") && page.contains("-$5"));
    }

    #[test]
    fn a_page_does_not_grow_with_the_book() {
        let mut book = Book::default();
        (0..10_000).for_each(|at| book.add(&line(at, "a", at)));
        assert!(book.over.len() <= 2 * MOST);
        let page = book.page("");
        assert!(page.contains("8000 more") && page.contains("$9,999") && !page.contains(">$7,999<"));
    }
}
