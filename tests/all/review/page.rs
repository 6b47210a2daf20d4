//! The page in a real browser.

use serde_json::{Value, json};

use super::Review;
use super::chrome::Chrome;

/// The lines of the table: `Sell 20 AAPL`, `$5,368.00`.
const LINES: &str = "[...document.querySelectorAll('[data-line]:not(.kept)')].map(row => \
                     [row.querySelector('.order').textContent.trim(), row.querySelector('.value').textContent.trim()])";

/// Opens the page and waits until it is whole.
fn opened(review: &Review, chrome: &mut Chrome) {
    chrome.open(&review.address());
    chrome.until("document.getElementById('state').dataset.whole === '0'");
}

fn dollars(cents: &str) -> String {
    let (sign, digits) = cents.strip_prefix('-').map_or(("", cents), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap();
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    format!("{sign}${out}.{cents}")
}

/// What the page shows is what `advise --json` says.
fn assert_same(chrome: &mut Chrome, said: &Value) {
    let lines = said["trades"].as_array().unwrap().iter().map(|trade| {
        let (side, text) = (trade["side"].as_str().unwrap(), |key: &str| trade[key].as_str().unwrap());
        let verb = if side == "sell" { "Sell" } else { "Buy" };
        json!([format!("{verb} {} {}", text("quantity"), text("symbol")), dollars(text("value"))])
    });
    assert_eq!(chrome.value(LINES), Value::Array(lines.collect()));
    let totals = chrome.text("document.getElementById('totals').textContent");
    let tax = said["plan"]["outcome"]["tax"].as_str().unwrap();
    assert!(totals.contains(&dollars(tax.trim_start_matches('-'))), "{tax} in {totals}");
}

#[test]
fn a_slider_plans_again_and_says_what_it_changed() {
    let review = Review::of_the_demo();
    let Some(mut chrome) = Chrome::start(1280, 900) else { return };
    opened(&review, &mut chrome);
    assert_eq!(chrome.text("location.pathname + location.search"), "/");
    assert_same(&mut chrome, &serde_json::from_str(&review.advise(&[])).unwrap());
    // To the turnover slider by keyboard, and five steps to the right.
    chrome.key("t");
    chrome.until("document.activeElement.type === 'range'");
    chrome.value("document.querySelector('[data-key=\"limits.turnover.max\"]').focus()");
    for _ in 0..5 {
        chrome.key("ArrowRight");
    }
    chrome.until("document.getElementById('state').textContent.startsWith('planned in')");
    chrome.until("Number(document.getElementById('state').dataset.whole) > 0");
    let said = review.advise(&["--set", "limits.turnover.max=\"7.5%\""]);
    assert_same(&mut chrome, &serde_json::from_str(&said).unwrap());
    let cause = chrome.text("document.querySelector('.cause').textContent");
    assert!(cause.contains("Most sold in a run") && cause.contains("7.5%"), "{cause}");
    assert!(chrome.value("document.querySelectorAll('tr.changed mark').length").as_u64() > Some(0));
    eprintln!("from key to paint: {} ms", chrome.text("document.getElementById('state').dataset.took"));
    // Why, by keyboard: the words of `explain`.
    chrome.value("document.querySelector('[data-line]').focus()");
    chrome.key("w");
    chrome.until("document.getElementById('why').open && document.getElementById('why-text').textContent.length > 20");
    assert!(chrome.text("document.getElementById('why-text').textContent").contains("AAPL"));
    chrome.key("Escape");
    chrome.until("!document.getElementById('why').open");
    // And by hand.
    chrome.click("#totals [data-why]");
    chrome.until("document.getElementById('why-text').textContent.includes('limits.tech')");
    chrome.click("#why form button");
    chrome.until("!document.getElementById('why').open");
    assert_eq!(chrome.said, [""; 0], "the console is not silent");
    let stray: Vec<&String> = chrome
        .requested
        .iter()
        .filter(|url| !url.starts_with(&format!("http://{}/", review.host)) && !url.starts_with("data:"))
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
}

/// What is no range is chosen from a list, and counts as the config's own key does.
#[test]
fn the_fund_that_takes_the_rest_is_chosen() {
    let review = Review::of_the_demo();
    let Some(mut chrome) = Chrome::start(1280, 900) else { return };
    opened(&review, &mut chrome);
    let list = "document.querySelector('select[data-key=\"sleeves.neutral\"]')";
    assert_eq!(chrome.text(&format!("[...{list}.options].slice(0, 2).map(o => o.textContent).join()")), "RSP,VOO");
    chrome.value(&format!("{list}.value = '1'; {list}.dispatchEvent(new Event('input', {{bubbles: true}}))"));
    chrome.until("Number(document.getElementById('state').dataset.whole) > 0");
    assert_same(&mut chrome, &serde_json::from_str(&review.advise(&["--set", "sleeves.neutral=\"VOO\""])).unwrap());
    let cause = chrome.text("document.querySelector('.cause').textContent");
    assert!(cause.contains("Fund that takes the rest") && cause.contains("VOO, not RSP"), "{cause}");
    // What it comes to is in sight wherever one is.
    let bar = chrome.text("document.getElementById('bar').textContent");
    assert!(bar.contains("tech-broad") && bar.contains("cash after"), "{bar}");
    let seen = "document.querySelector('.foot').getBoundingClientRect().bottom <= innerHeight + 1";
    assert_eq!(chrome.value(seen), json!(true));
}

/// Nothing sticks out, everything can be reached, and every control has a name, at both widths and in the dark.
#[test]
fn the_page_holds_up_on_a_phone_and_in_the_dark() {
    let review = Review::of_the_demo();
    let Some(mut chrome) = Chrome::start(1280, 900) else { return };
    for (width, scheme) in [(1280, "light"), (390, "light"), (390, "dark"), (1280, "dark")] {
        chrome.size(width, 850);
        chrome.scheme(scheme);
        chrome.open(&review.address());
        chrome.until("!!document.getElementById('state').dataset.whole");
        assert_eq!(chrome.value("document.documentElement.scrollWidth"), json!(width));
        let beyond = "[...document.querySelectorAll('body *:not(.skip)')].filter(e => { const b = e.getBoundingClientRect(); \
                      return b.width > 1 && (b.right > innerWidth + 1 || b.left < -1) && !e.closest('.hidden,.skip,dialog'); }) \
                      .slice(0, 3).map(e => e.tagName + '.' + e.className.toString()).join()";
        assert_eq!(chrome.text(beyond), "", "{width} {scheme}");
        let nameless = "[...document.querySelectorAll('button,input,svg[role=img],table,dialog')].filter(e => \
                        !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length || \
                        e.textContent.trim() || e.querySelector('title,caption'))).length";
        assert_eq!(chrome.value(nameless), json!(0));
        let small = "Math.min(...[...document.querySelectorAll('button,input')].filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height))";
        assert!(chrome.value(small).as_f64() >= Some(24.0), "a target is too small for a finger");
        let back = chrome.text("getComputedStyle(document.body).backgroundColor");
        assert_eq!(back, if scheme == "dark" { "rgb(20, 24, 29)" } else { "rgb(255, 255, 255)" });
        chrome.picture(&format!("review-{width}-{scheme}.png"));
    }
    assert_eq!(chrome.said, [""; 0], "the console is not silent");
}
