//! The HTML report and the ticket: what a reader must find, and what no name in a file can do.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what helps a test may fail it")]

use crate::html_sample;

use std::collections::{BTreeMap, BTreeSet};

use broaden::model::{InputFile, Limit, Measure, RawFile, Reaction, Side, Symbol, Target};
use broaden::proposal::{Excluded, Proposal};
use broaden::report::{self, Options};
use broaden::rules::strength::Strength;
use broaden::trades;
use broaden::units::Weight;
use html_sample::{day, money, proposal, with_trades};
use proptest::prelude::*;

const OPTIONS: Options = Options { width: 80, colour: false };

fn html(proposal: &Proposal) -> String {
    report::html::render(proposal, OPTIONS)
}

fn ticket(proposal: &Proposal) -> String {
    report::ticket::render(proposal, OPTIONS)
}

/// A tag as a browser would see it: its name, `/` before it when it closes, and its attributes.
type Tag = (String, Vec<(String, String)>);

/// Reads the tags of a page. Raw `<` outside a tag, or an unquoted attribute value, is a failure: the templates have none.
fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let mut attributes = Vec::new();
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '>').expect("an open tag");
        let name = rest[..name_end].trim_end_matches('/').to_owned();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "!/".contains(c)) && !name.is_empty(), "<{name}");
        rest = &rest[name_end..];
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
                rest = after;
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).expect("an attribute");
            let key = rest[..end].to_owned();
            rest = &rest[end..];
            let mut value = String::new();
            if let Some(after) = rest.strip_prefix("=\"") {
                let close = after.find('"').expect("a closing quote");
                value = after[..close].to_owned();
                rest = &after[close + 1..];
            }
            attributes.push((key, value));
        }
        if name == "style" {
            let end = rest.find("</style>").expect("the end of the style");
            rest = &rest[end..];
        }
        found.push((name, attributes));
    }
    found
}

fn attribute<'a>(tag: &'a Tag, key: &str) -> Option<&'a str> {
    tag.1.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// Fails on tags that are not closed in order.
fn assert_balanced(tags: &[Tag]) {
    const VOID: [&str; 11] =
        ["!doctype", "meta", "link", "input", "rect", "line", "circle", "polyline", "br", "hr", "img"];
    let mut open: Vec<&str> = Vec::new();
    for (name, _) in tags {
        match name.strip_prefix('/') {
            Some(closed) => assert_eq!(open.pop(), Some(closed)),
            None if VOID.contains(&name.as_str()) => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Replaces every name that comes from a file.
fn with_names(text: &str) -> Proposal {
    let mut proposal = proposal();
    let symbol = Symbol::new(text);
    for account in &mut proposal.problem.accounts {
        account.id = format!("{}{text}", account.id);
    }
    for lot in &mut proposal.problem.lots {
        lot.account += text;
        lot.origin.own += text;
    }
    if let Some(security) = proposal.problem.securities.get(&Symbol::new("QQQ")).cloned() {
        proposal.problem.securities.insert(symbol.clone(), security);
    }
    for sale in &mut proposal.plan.sells {
        sale.account += text;
        if sale.symbol == Symbol::new("QQQ") {
            sale.symbol = symbol.clone();
        }
    }
    for buy in &mut proposal.plan.buys {
        buy.account += text;
    }
    for verdict in &mut proposal.verdicts {
        if let Some(reason) = &mut verdict.reason {
            reason.push_str(text);
        }
        verdict.evidence.push_str(text);
        verdict.origin.push_str(text);
    }
    proposal.trades = trades::trades(&proposal.problem, &proposal.plan, &proposal.verdicts, None);
    proposal.do_not_buy = trades::do_not_buy(&proposal.problem, &proposal.trades, &BTreeMap::new());
    for stop in &mut proposal.do_not_buy {
        stop.also = vec![symbol.clone()];
    }
    for account in &mut proposal.portfolio.accounts {
        account.name = Some(text.to_owned());
    }
    for file in &mut proposal.files {
        *file = InputFile::new(&RawFile::new(text, Vec::new()), "holdings");
    }
    for holding in &mut proposal.excluded {
        (holding.label, holding.account, holding.why) = (text.to_owned(), text.to_owned(), text.to_owned());
    }
    for diagnostic in &mut proposal.diagnostics {
        diagnostic.message = text.to_owned();
        diagnostic.hint = Some(text.to_owned());
    }
    for part in &mut proposal.strength.parts {
        part.reading.note = Some(text.to_owned());
        part.distance = text.to_owned();
    }
    proposal.strength.frozen = Some(text.to_owned());
    for issuer in &mut proposal.exposure.issuers {
        issuer.name = text.to_owned();
    }
    for theme in proposal.exposure.themes.values_mut() {
        for part in &mut theme.contributions {
            part.label = text.to_owned();
        }
    }
    if let Some(since) = &mut proposal.since {
        since.name = text.to_owned();
        for order in &mut since.orders {
            (order.account, order.symbol) = (text.to_owned(), text.to_owned());
            order.because = vec![text.to_owned()];
        }
        for cause in &mut since.causes {
            (cause.subject, cause.before) = (text.to_owned(), Some(text.to_owned()));
        }
    }
    for asked in &mut proposal.asked {
        asked.value = text.to_owned();
    }
    for value in &mut proposal.config {
        (value.value, value.origin) = (text.to_owned(), text.to_owned());
    }
    proposal.exposure.unvalued = vec![text.to_owned()];
    proposal.exposure.benchmark.symbol = text.to_owned();
    proposal.plan.notes = vec![text.to_owned()];
    proposal.plan.binding = vec![text.to_owned()];
    proposal.plan.solver = text.to_owned();
    proposal
}

#[test]
fn the_page_needs_nothing_from_outside() {
    let page = html(&proposal());
    assert!(page.contains(
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\""
    ));
    for outside in ["http:", "https:", "//", "url(", "@import", "<script", "<iframe", "<object", "<form", "javascript:"]
    {
        assert!(!page.contains(outside), "{outside}");
    }
    for tag in tags(&page) {
        for (key, value) in &tag.1 {
            assert!(!key.starts_with("on") && !["src", "srcset", "action", "style"].contains(&key.as_str()), "{tag:?}");
            if key == "href" {
                assert!(value.starts_with('#') || value == "data:,", "{value}");
            }
        }
    }
}

#[test]
fn the_page_is_well_formed_and_can_be_read_aloud() {
    let page = html(&proposal());
    let tags = tags(&page);
    assert_balanced(&tags);
    assert!(tags.iter().any(|tag| tag.0 == "html" && attribute(tag, "lang") == Some("en")));

    let levels: Vec<u32> = tags.iter().filter_map(|(name, _)| name.strip_prefix('h')?.parse().ok()).collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "a heading level is skipped: {levels:?}");

    let ids: Vec<&str> = tags.iter().filter_map(|tag| attribute(tag, "id")).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id is used twice");
    for tag in &tags {
        let target = attribute(tag, "href").and_then(|href| href.strip_prefix('#'));
        assert!(target.is_none_or(|target| unique.contains(target)), "{tag:?} leads nowhere");
        for key in ["aria-labelledby", "aria-describedby"] {
            let names = attribute(tag, key).unwrap_or_default();
            assert!(names.split_whitespace().all(|id| unique.contains(id)), "{tag:?}");
        }
    }
    for (index, tag) in tags.iter().enumerate() {
        let next = tags.get(index + 1).map(|tag| tag.0.as_str());
        match tag.0.as_str() {
            "table" => assert_eq!(next, Some("caption")),
            "th" => assert!(matches!(attribute(tag, "scope"), Some("col" | "row" | "rowgroup")), "{tag:?}"),
            "svg" if attribute(tag, "role") == Some("img") => assert_eq!(next, Some("title"), "{tag:?}"),
            // A picture without a title is decoration, or part of a picture.
            "svg" => assert!(attribute(tag, "aria-hidden").is_some() || attribute(tag, "viewBox").is_some(), "{tag:?}"),
            "input" => assert_eq!(tags[index - 1].0, "label"),
            _ => {}
        }
    }
}

#[test]
fn every_trade_is_there_to_be_ticked_with_its_reason() {
    let proposal = proposal();
    let page = html(&proposal);
    assert_eq!(proposal.trades.len(), 7);
    assert_eq!(page.matches("type=\"checkbox\"").count(), 7 + proposal.do_not_buy.len());
    // First every order in one table; of the six one is of two lots, in one card.
    let rows = ["sell", "buy"].map(|side| page.matches(&format!("<tr role=\"row\" class=\"{side}\">")).count());
    assert_eq!((rows[0] + rows[1], page.matches("class=\"whole\"").count()), (6, 1));
    assert!(page.find("<table class=\"ticket\"") < page.find("<ol class=\"orders\">"));
    for trade in &proposal.trades {
        assert!(page.contains(&trade.value.dollars()) && page.contains(&trade.limit_hint.dollars()));
        assert!(trade.reasons().all(|reason| page.contains(&reason.id)));
    }
    for text in [
        "6 orders (7 lines, by lot), sells $20,505, buys $18,760, tax $1,108.35, cost $",
        "long-term gain $6,223.20",
        "short-term loss $311.00",
        "any lot will do: no tax on a sale in this account",
        "<time datetime=\"2026-12-21\">",
        "is still over its limit by 18.0 points, $74,304 (limits.tech)",
        "what stops the plan: limits.turnover",
        "61.3% instead of 56.4%",
        "$50,610 instead of $46,564",
        "would cost about $1,117",
        "six-month return behind SPY by 4.1 points",
        "options are shown and never traded",
        "half of my pay comes from a chip maker already",
        "bound from <bdi>broaden.toml:42</bdi>",
        "No fund, sponsor or broker pays",
        "not investment or tax advice; nothing is executed",
        "microlp 0.6",
        "caution 0.30, stop 0.50",
        "60 AAPL of 2018-01-09 in ...417 Individual: its cost is unknown, so its tax is too",
        "strength</dt><dd>0.50",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for (file, digest) in proposal.files.iter().map(|file| (file.name(), file.sha256())) {
        assert!(page.contains(file) && page.contains(digest));
    }
    assert!(page.contains(&proposal.config_digest));
    assert!(proposal.verdicts.iter().all(|verdict| page.contains(&verdict.id)), "a rule that did not fire is kept");
}

#[test]
fn sells_stand_before_buys() {
    let page = html(&proposal());
    for account in page.split("class=\"account\"").skip(1) {
        let orders = account.split("class=\"stops\"").next().unwrap();
        let first_buy = orders.find("<li class=\"buy\">").unwrap();
        assert!(orders.rfind("<li class=\"sell\">").unwrap() < first_buy);
    }
}

#[test]
fn an_empty_household_has_a_page_too() {
    let mut proposal = proposal();
    proposal.trades.clear();
    proposal.verdicts.clear();
    proposal.plan = Default::default();
    proposal.exposure = Default::default();
    proposal.portfolio = Default::default();
    proposal.strength = Strength::without_data();
    proposal.do_not_buy.clear();
    proposal.excluded.clear();
    proposal.has_market = false;
    let page = html(&proposal);
    assert_balanced(&tags(&page));
    for text in [
        "Nothing. Every limit holds, so nothing is sold; rotation is off, so nothing is bought.",
        "there are no market files",
        "none was needed",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf%"));
    assert!(ticket(&proposal).contains("Nothing to do:\n    every limit holds"));
}

#[test]
fn a_limit_that_cannot_be_repaired_is_not_called_kept() {
    let mut proposal = proposal();
    proposal.trades.clear();
    assert!(html(&proposal).contains("Nothing. What is over its limit is not sold; what stops the plan: "));
}

#[test]
fn unknown_is_not_zero() {
    let mut proposal = proposal();
    let unknown = Excluded { account: "a".into(), label: "b".into(), value: None, why: "c".into(), counted: true };
    proposal.excluded = vec![unknown];
    for trade in &mut proposal.trades {
        if let Some(lot) = &mut trade.lot {
            (lot.gain, lot.cost_per_dollar) = (None, None);
        }
    }
    let page = html(&proposal);
    assert!(page.contains("gain unknown: the file has no cost basis"));
    assert!(page.contains("<bdi>a</bdi><small><bdi>c</bdi></small></th><td role=\"cell\" class=\"left\"><bdi>b</bdi></td><td role=\"cell\"><bdi>unknown</bdi>"));
}

/// With partial data the weights are those of the signals that have a value, and the products are right.
#[test]
fn weights_of_the_signals_at_hand_add_up() {
    let mut proposal = proposal();
    let weighed = proposal.strength.parts.iter().position(|part| part.weight > 0.0).unwrap();
    proposal.strength.parts[weighed].reading.value = None;
    let known = proposal.strength.parts.iter().filter(|part| part.reading.value.is_some());
    let sum: f64 = known.map(|part| proposal.strength.weight_of(part)).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
}

/// A limit is the reason of a sale only if the plan without it sells another number of these shares.
#[test]
fn what_a_sale_only_serves_is_not_its_reason() {
    let mut proposal = proposal();
    let sale = proposal.trades.iter().position(|trade| trade.reasons().count() > 1).unwrap();
    let ids: Vec<String> = proposal.trades[sale].reasons().map(|reason| reason.id.clone()).collect();
    let symbol = proposal.trades[sale].symbol.clone();
    let zero = broaden::units::Shares::ZERO;
    let difference = broaden::proposal::Difference {
        sales: vec![(symbol, broaden::units::Shares(5.into()), zero)],
        buys: Vec::new(),
        tax: money("0"),
        sold: money("0"),
    };
    // Nothing known, or nothing decides alone: all of them together.
    assert!(!words("text", &proposal).contains("it counts to"));
    proposal.what_if.without = ids.iter().map(|id| (id.clone(), None)).collect();
    assert!(!words("text", &proposal).contains("it counts to"));
    proposal.what_if.without.insert(ids[1].clone(), Some(difference));
    for format in ["text", "md", "html", "ticket"] {
        let said = words(format, &proposal);
        assert!(said.contains("also serves") || said.contains("it counts to"), "{format}: {said}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&report::json::render(&proposal, Options { width: 80, colour: false })).unwrap();
    let decides: Vec<bool> = json["trades"][sale]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["decides"].as_bool().unwrap())
        .collect();
    assert_eq!(decides, (0..ids.len()).map(|at| at == 1).collect::<Vec<_>>());
}

/// More than 2% beyond what must stay, with its cause, in every format; cash has a row before and after.
#[test]
fn idle_cash_is_a_warning_with_its_cause() {
    let mut proposal = proposal();
    proposal.plan.nothing.cash = proposal.plan.outcome.cash.clone();
    let few = ["text", "md", "html", "json"].map(|format| words(format, &proposal));
    assert!(few.iter().all(|said| !said.contains("lies idle")));
    let most = proposal.plan.outcome.value.times("0.1".parse().unwrap());
    *proposal.plan.outcome.cash.values_mut().next().unwrap() += most;
    for format in ["text", "md", "html", "json"] {
        let said = words(format, &proposal);
        assert!(said.contains("of cash, 10.") && said.contains("lies idle after the plan: "), "{format}: {said}");
    }
    assert!(words("text", &proposal).contains(" cash 0.4% 10.4%"), "{}", words("text", &proposal));
}

/// Two dollars over a limit are not "0.0 points".
#[test]
fn less_than_a_tenth_of_a_point_is_said_in_dollars() {
    let mut proposal = proposal();
    proposal.plan.outcome.excess.insert("limits.mag7".to_owned(), money("2"));
    for format in ["text", "md", "html", "json"] {
        let said = words(format, &proposal);
        assert!(
            said.contains("mag7 is still over its limit by $2") && !said.contains("over by 0.0 points"),
            "{format}: {said}"
        );
    }
}

#[test]
fn hostile_names_are_only_text() {
    let shape = |page: &str| -> Vec<(String, Vec<String>)> {
        tags(page).into_iter().map(|(name, keys)| (name, keys.into_iter().map(|(key, _)| key).collect())).collect()
    };
    let plain = html(&with_names("plain"));
    for hostile in [
        "<script>alert(1)</script>",
        "\"' onload=alert(1) x=\"",
        "</style></title></svg><img src=x onerror=alert(1)>",
        "&lt;b&gt;{{ version }}{% raw %}",
        "=HYPERLINK(\"http://example.com\",\"x\")",
        "\u{202e}abc\u{2066}\u{200f}",
        "a\u{0}b\u{1b}[31m\r\nc\u{9b}",
        "<!--",
        "]]>",
    ] {
        let page = html(&with_names(hostile));
        assert_eq!(shape(&page), shape(&plain), "{hostile}");
        let marks =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{200f}';
        assert!(!page.contains(marks), "{hostile:?}");
        assert!(!ticket(&with_names(hostile)).contains(marks), "{hostile:?}");
        assert!(!page.contains("<bdi>=") && !page.contains("<small>="), "a pasted cell would be a formula");
    }
}

/// In every format: no character that moves a cursor or turns the text, no cell that a spreadsheet would run, no markup.
#[test]
fn hostile_names_are_only_text_in_every_format() {
    for hostile in [
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://example.com\",\"x\")",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\u{202e}abc\u{2066}\u{200f}\u{61c}\u{2028}",
        "a\u{0}b\u{1b}[31m\u{1b}]0;title\u{7}\r\nc\u{9b}2J\u{7f}",
        "| a | [x](javascript:alert(1)) `b` |",
    ] {
        let proposal = with_names(hostile);
        for renderer in report::RENDERERS {
            for (width, colour) in [(80, false), (120, false)] {
                let text = (renderer.render)(&proposal, Options { width, colour });
                let odd = text.chars().find(|c| {
                    (c.is_control() && !matches!(c, '\n' | '\r'))
                        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                });
                assert_eq!(odd, None, "{} of {hostile:?}", renderer.id);
            }
            let text = (renderer.render)(&proposal, Options { width: 80, colour: false });
            match renderer.id {
                "csv" | "ibkr" => {
                    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
                    for cell in
                        reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
                    {
                        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                        assert!(!formula || cell.parse::<f64>().is_ok(), "{}: {cell}", renderer.id);
                    }
                }
                "md" => assert!(!text.contains("<script") && !text.contains("[x](")),
                "html" => assert!(!text.contains("<script")),
                "json" => {
                    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(value["plan"]["solver"], hostile, "JSON keeps the text as it is");
                }
                _ => {}
            }
        }
    }
}

/// A name of 10,000 characters spoils no line that people read.
#[test]
fn endless_names_spoil_no_line_of_text() {
    let proposal = with_names(&"x".repeat(10_000));
    for width in [80, 120] {
        let text = report::text::render(&proposal, Options { width, colour: false });
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 2 * width, "{longest} columns at {width}");
    }
}

#[test]
fn endless_names_are_cut() {
    let long = html(&with_names(&"x".repeat(10_000)));
    assert!(!long.contains(&"x".repeat(601)));
    assert!(long.len() < 200_000, "{}", long.len());
    assert!(ticket(&with_names(&"\u{5d0}".repeat(10_000))).lines().all(|line| line.chars().count() < 700));
}

#[test]
fn colours_have_contrast() {
    let page = html(&proposal());
    let luminance = |hex: &str| {
        let full: String = if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&full[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    };
    let palettes: Vec<&str> =
        page.match_indices("--back:#").map(|(at, _)| &page[at..at + page[at..].find('}').unwrap()]).collect();
    assert_eq!(palettes.len(), 3, "light, dark and print");
    for palette in palettes {
        let colour = |name: &str| {
            let start = palette.find(&format!("--{name}:#")).expect(name) + name.len() + 4;
            let end = palette[start..].find(';').map_or(palette.len(), |end| start + end);
            luminance(&palette[start..end])
        };
        let contrast = |a: &str, b: &str| {
            let (a, b) = (colour(a), colour(b));
            (a.max(b) + 0.05) / (a.min(b) + 0.05)
        };
        // WCAG 2.2: 4.5 for text (1.4.3), 3 for what must be told apart in a picture (1.4.11).
        for text in ["text", "soft", "link", "warn"] {
            for back in ["back", "shade", "warn-back"] {
                assert!(contrast(text, back) >= 4.5, "{text} on {back}: {:.2} in {palette}", contrast(text, back));
            }
        }
        for part in ["now", "after", "cap", "mark"] {
            assert!(contrast(part, "shade") >= 3.0, "{part}: {:.2} in {palette}", contrast(part, "shade"));
        }
    }
}

#[test]
fn the_ticket_names_lots_and_sells_first() {
    let text = ticket(&proposal());
    let position = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is missing:\n{text}"));
    let order = [
        "...417 Individual, taxable",
        "1. SELL, $9,481.16 in all. Choose \"specific identification\" and these lots.",
        "[ ] SELL 52 NVDA   limit about $182.29 (price used $182.33)   $9,481.16",
        "40 shares bought 2021-03-02 (lot NVDA #0 NVDA-2), long-term gain $6,223.20",
        "12 shares bought 2026-02-11 (lot NVDA #0 NVDA-7), short-term loss $311.00",
        "2. WAIT until the sells are filled.",
        "3. BUY, $7,789.16 in all.",
        "[ ] BUY 38 XLI   limit about $148.03",
        "cash after, at the prices used: $2,896.11",
        "[ ] NVDA (nor NVDL) until 2026-12-21",
        "...8812 Roth IRA, roth",
        "1. SELL, $11,024.10 in all.\n",
        "any lot will do:",
    ];
    let positions: Vec<usize> = order.iter().map(|part| position(part)).collect();
    assert!(positions.is_sorted(), "{positions:?}");
    assert!(text.lines().all(|line| line.chars().count() <= 91), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// No name changes the structure of the page, and the same proposal gives the same bytes.
    #[test]
    fn any_name_is_only_text(name in "\\PC{0,80}|[<>&\"'=/ a-z!\\-]{0,80}") {
        let proposal = with_names(&name);
        let page = html(&proposal);
        let names = |page: &str| tags(page).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        prop_assert_eq!(page.clone(), html(&proposal));
        // An empty label has no note; everything else stays.
        let name = if name.trim().is_empty() { "" } else { "plain" };
        if !name.is_empty() {
            prop_assert_eq!(names(&page).iter().filter(|tag| *tag != "small" && *tag != "/small").count(),
                names(&html(&with_names(name))).iter().filter(|tag| *tag != "small" && *tag != "/small").count());
        }
        assert_balanced(&tags(&page));
    }

    /// The quantities of a ticket are those of the trades, whatever the mix.
    #[test]
    fn tickets_lose_no_share(count in 0_usize..40) {
        let proposal = with_trades(count);
        let text = ticket(&proposal);
        let orders = |verb: &str| -> i64 {
            let lines = text.lines().filter_map(|line| line.trim().strip_prefix("[ ] ")?.strip_prefix(verb)?.split_whitespace().next());
            lines.map(|quantity| quantity.replace(',', "").parse::<i64>().unwrap()).sum()
        };
        let traded = |side: Side| -> i64 {
            let all = proposal.trades.iter().filter(|trade| trade.side == side);
            all.map(|trade| trade.quantity.text().replace(',', "").parse::<i64>().unwrap()).sum()
        };
        prop_assert_eq!(orders("SELL"), traded(Side::Sell));
        prop_assert_eq!(orders("BUY"), traded(Side::Buy));
    }
}

#[test]
fn file_names_pick_the_formats() {
    for (name, format) in [("report.html", "html"), ("monday.ticket.txt", "ticket"), ("report.txt", "text")] {
        assert_eq!(report::by_name(name).map(|renderer| renderer.id), Some(format));
    }
}

#[test]
fn dates_and_money_of_the_sample_agree() {
    // The figures above are worth something only if the sample adds up.
    let proposal = proposal();
    let sum = |side| {
        let all = proposal.trades.iter().filter(|trade| trade.side == side);
        all.map(|trade| trade.value).sum::<broaden::units::Money>()
    };
    assert_eq!((sum(Side::Sell), sum(Side::Buy)), (money("20505.26"), money("18760.25")));
    assert_eq!(proposal.do_not_buy[0].until, day("2026-12-21"));
}

/// Text and Markdown as one line, with what their layout adds taken away.
/// The explanation of the whole plan, on lines as long as it likes.
fn explained(proposal: &Proposal) -> String {
    report::text::draw(&broaden::explain::whole(proposal), Options { width: 10_000, colour: false })
}

fn words(format: &str, proposal: &Proposal) -> String {
    let text = (report::RENDERERS.iter().find(|renderer| renderer.id == format).unwrap().render)(proposal, OPTIONS);
    text.replace(['\\', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_report_says_that_the_tax_of_lots_is_before_netting() {
    let proposal = proposal();
    for format in ["text", "html", "md"] {
        let text = words(format, &proposal);
        assert!(
            text.contains("own, before gains and losses are netted: the lines need not add up"),
            "{format}: {text}"
        );
    }
    assert!(html(&proposal).contains("cents are the lot's own tax per dollar sold, before netting"));
    assert!(words("md", &proposal).contains("before gains and losses are netted"));
    let mut bought = proposal;
    bought.trades.retain(|trade| trade.side == Side::Buy);
    for format in ["text", "html", "md"] {
        assert!(!words(format, &bought).contains("own, before gains and losses are netted"), "{format}");
    }
}

#[test]
fn every_report_says_which_sleeve_the_smallest_order_overshoots() {
    let mut proposal = proposal();
    let (none, sleeve) = (proposal.clone(), Symbol::new("IWM"));
    proposal.problem.targets.push(Target {
        id: "sleeves.IWM".to_owned(),
        symbol: sleeve,
        weight: Weight(0.002),
        reaction: Reaction::Fill,
        origin: "default".to_owned(),
    });
    let measure = Measure::MinTrade(money("5000"));
    proposal.problem.limits.push(Limit {
        id: "trading.min-trade".to_owned(),
        kind: "trading",
        measure,
        origin: "default".to_owned(),
    });
    let found = broaden::explain::overshot(&proposal);
    assert_eq!(found.len(), 1);
    let said = found[0].text();
    assert!(said.contains("the smallest order (trading.min-trade is $5,000.00)"), "{said}");
    for format in ["text", "html", "md", "json"] {
        assert!(words(format, &proposal).contains(&said), "{format}: {said}");
        assert!(!words(format, &none).contains("above what it is brought to"), "{format}");
    }
    assert!(explained(&proposal).contains(&said));
}
