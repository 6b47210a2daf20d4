//! Deciding and saving, by hand and by keyboard, and the files that result.

use std::fs;

use serde_json::{Value, json};

use super::Review;
use super::chrome::Chrome;

const FOLDER: &str = "review-2026-11-20";

/// Waits until nothing is being planned, and the last change was possible.
fn settled(chrome: &mut Chrome) {
    chrome.until("document.getElementById('state').textContent.startsWith('planned in')");
    assert_eq!(chrome.text("document.querySelector('#problems [role=alert]')?.textContent ?? ''"), "");
}

fn row(id: &str) -> String {
    format!("document.querySelector('[data-line=\"{id}\"]')")
}

fn is(chrome: &mut Chrome, id: &str, choice: &str) {
    chrome.until(&format!("{}?.dataset.choice === '{choice}'", row(id)));
    settled(chrome);
}

/// What the page holds and the files say is what `advise` says with them.
fn assert_saved(review: &Review, chrome: &mut Chrome, fewer: &str) {
    chrome.until("document.getElementById('saving-said').textContent.startsWith('Written')");
    let config = fs::read_to_string(review.folder().join("broaden.toml")).unwrap();
    let before = include_str!("../../../portfolios/demo/broaden.toml");
    assert_eq!(config, format!("{before}\n[limits.turnover]\nmax = \"6%\"\n"));
    let decisions = fs::read_to_string(review.folder().join(FOLDER).join("decisions.toml")).unwrap();
    let read: toml::Table = decisions.parse().unwrap();
    let names = |key: &str| {
        let list = read[key].as_array().unwrap();
        list.iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        names("accept"),
        ["sell-AAPL-417-2025-12-11", "sell-NVDA-417-2026-03-03", "sell-QQQM-5432-undated"],
        "{decisions}"
    );
    assert_eq!(names("reject"), ["buy-XLB-417"], "{decisions}");
    assert_eq!(read["quantity"]["sell-QQQM-5432-undated"].to_string(), fewer);
    let file = format!("{FOLDER}/decisions.toml");
    let said: Value = serde_json::from_str(&review.advise(&["--decisions", &file])).unwrap();
    let shown: Value = serde_json::from_str(&review.get("/proposal.json").1).unwrap();
    for key in ["trades", "plan", "decided", "config", "exposure", "what_if"] {
        assert_eq!(said[key], shown[key], "{key}");
    }
    let edited =
        said["trades"].as_array().unwrap().iter().find(|trade| trade["id"] == json!("sell-QQQM-5432-undated")).unwrap();
    assert_eq!(edited["quantity"], json!(fewer));
    assert!(said["trades"].as_array().unwrap().iter().all(|trade| trade["id"] != json!("buy-XLB-417")));
    let orders = fs::read_to_string(review.folder().join(FOLDER).join("orders.csv")).unwrap();
    assert_eq!(orders.lines().count(), 1 + said["trades"].as_array().unwrap().len());
    for name in ["orders.ticket.txt", "orders.ibkr.csv"] {
        assert!(review.folder().join(FOLDER).join(name).is_file(), "{name}");
    }
    // A household that was saved into is read as before.
    assert!(fs::read_dir(review.folder()).unwrap().all(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        !name.starts_with(".broaden-") && name != "decisions.toml"
    }));
}

/// One fewer share than is proposed of a line.
fn fewer(chrome: &mut Chrome, id: &str) -> String {
    let shares: u32 = chrome.text(&format!("{}.dataset.shares", row(id))).parse().unwrap();
    (shares - 1).to_string()
}

#[test]
fn by_hand_lines_are_decided_and_everything_is_saved() {
    let review = Review::of_the_demo();
    let Some(mut chrome) = Chrome::start(1280, 900) else { return };
    chrome.open(&review.address());
    // What cannot be is said, and taken back.
    chrome.value(&format!("{}.querySelector('[data-quantity]').select()", row("sell-AAPL-417-2025-12-11")));
    chrome.call("Input.insertText", json!({"text": "100000"}));
    chrome.key("Tab");
    chrome.until("document.querySelector('#problems [role=alert]')?.textContent.includes('20 are held') ?? false");
    assert_eq!(chrome.value("document.querySelectorAll('[data-choice=accept]').length"), json!(0));
    for (id, choice) in
        [("sell-AAPL-417-2025-12-11", "accept"), ("sell-NVDA-417-2026-03-03", "accept"), ("buy-XLB-417", "reject")]
    {
        chrome.click(&format!("[data-line=\"{id}\"] [data-decide={choice}]"));
        is(&mut chrome, id, choice);
    }
    assert!(chrome.text("document.querySelector('.cause').textContent").contains("buy-XLB-417 is rejected"));
    let fewer = fewer(&mut chrome, "sell-QQQM-5432-undated");
    chrome.value(&format!("{}.querySelector('[data-quantity]').select()", row("sell-QQQM-5432-undated")));
    chrome.call("Input.insertText", json!({"text": fewer}));
    chrome.key("Tab");
    is(&mut chrome, "sell-QQQM-5432-undated", "accept");
    // The slider is dragged.
    chrome.value("(() => { const s = document.querySelector('[data-key=\"limits.turnover.max\"]'); s.value = 6; s.dispatchEvent(new Event('input', {bubbles: true})); })()");
    chrome.until("document.querySelector('.cause').textContent.includes('Most sold in a run')");
    settled(&mut chrome);
    chrome.picture("review-decided.png");
    chrome.click("#save");
    chrome.until("document.getElementById('saving').open");
    let difference = chrome.text("document.getElementById('saving-diff').textContent");
    assert!(
        difference.contains("+ [limits.turnover]\n+ max = \"6%\"\n") && !difference.contains("\n- "),
        "{difference}"
    );
    chrome.picture("review-saving.png");
    // Nothing is written before the button.
    let config = review.folder().join("broaden.toml");
    assert_eq!(fs::read_to_string(&config).unwrap(), include_str!("../../../portfolios/demo/broaden.toml"));
    assert!(!review.folder().join(FOLDER).exists());
    chrome.click("#write");
    assert_saved(&review, &mut chrome, &fewer);
    // What a slider returns to is what is saved now.
    chrome.click("#saving form p button:last-child");
    chrome.until("document.querySelector('[data-key=\"limits.turnover.max\"]')?.dataset.today === '6'");
    chrome.until(&format!("{}?.dataset.choice === 'reject'", row("buy-XLB-417")));
    assert_eq!(chrome.said, [""; 0], "the console is not silent");
}

/// What the plan leaves alone is asked for, and kept for good, where the page says why it is not sold.
#[test]
fn a_lot_that_is_not_sold_is_asked_for_or_kept() {
    let review = Review::of_the_demo();
    let Some(mut chrome) = Chrome::start(1280, 900) else { return };
    chrome.open(&review.address());
    let (asked, kept) = ("sell-VOO-417-2023-05-16", "sell-MSFT-417-2020-04-02");
    for id in [asked, kept] {
        assert_eq!(chrome.value(&format!("{}.matches('.kept')", row(id))), json!(true), "{id}");
    }
    chrome.value(&format!("{}.focus()", row(kept)));
    chrome.key("r");
    is(&mut chrome, kept, "reject");
    // How much of it is meant nobody knows before it is said.
    chrome.click(&format!("[data-line=\"{asked}\"] [data-decide=accept]"));
    chrome.until("document.getElementById('state').textContent === 'how many of the 110 shares?'");
    assert_eq!(chrome.value(&format!("document.activeElement.closest('[data-line]') === {}", row(asked))), json!(true));
    chrome.key("5");
    chrome.key("Enter");
    is(&mut chrome, asked, "accept");
    let words = chrome.text(&format!("{}.textContent", row(asked)));
    assert!(words.contains("Sell 5 VOO") && words.contains("not proposed"), "{words}");
    let said = review.advise(&["--quantity", "sell-VOO-417-2023-05-16=5", "--reject", kept]);
    let (said, shown): (Value, Value) =
        (serde_json::from_str(&said).unwrap(), serde_json::from_str(&review.get("/proposal.json").1).unwrap());
    for key in ["trades", "plan", "decided"] {
        assert_eq!(said[key], shown[key], "{key}");
    }
    assert_eq!(chrome.said, [""; 0], "the console is not silent");
}

#[test]
fn the_same_by_keyboard() {
    let review = Review::of_the_demo();
    let Some(mut chrome) = Chrome::start(390, 850) else { return };
    chrome.open(&review.address());
    // From the top: tab to the first line, arrows to the others.
    let go = |chrome: &mut Chrome, id: &str| {
        for _ in 0..30 {
            if chrome.value(&format!("document.activeElement === {}", row(id))) == json!(true) {
                return;
            }
            chrome.key("ArrowDown");
        }
        panic!("{id} is not reached by arrows");
    };
    go(&mut chrome, "sell-AAPL-417-2025-12-11");
    chrome.key("a");
    is(&mut chrome, "sell-AAPL-417-2025-12-11", "accept");
    go(&mut chrome, "sell-NVDA-417-2026-03-03");
    chrome.key("a");
    is(&mut chrome, "sell-NVDA-417-2026-03-03", "accept");
    go(&mut chrome, "buy-XLB-417");
    chrome.key("l");
    is(&mut chrome, "buy-XLB-417", "later");
    chrome.key("u");
    is(&mut chrome, "buy-XLB-417", "");
    go(&mut chrome, "buy-XLB-417");
    chrome.key("r");
    is(&mut chrome, "buy-XLB-417", "reject");
    go(&mut chrome, "sell-QQQM-5432-undated");
    let fewer = fewer(&mut chrome, "sell-QQQM-5432-undated");
    chrome.key("q");
    for digit in fewer.chars() {
        chrome.key(&digit.to_string());
    }
    chrome.key("Enter");
    is(&mut chrome, "sell-QQQM-5432-undated", "accept");
    chrome.key("t");
    for _ in 0..12 {
        if chrome.text("document.activeElement.dataset.key ?? ''") == "limits.turnover.max" {
            break;
        }
        chrome.key("Tab");
    }
    chrome.key("ArrowRight");
    chrome.key("ArrowRight");
    chrome.until("document.querySelector('.cause').textContent.includes('Most sold in a run')");
    settled(&mut chrome);
    chrome.key("s");
    chrome.until("document.getElementById('saving').open");
    for _ in 0..12 {
        if chrome.text("document.activeElement.id") == "write" {
            break;
        }
        chrome.key("Tab");
    }
    chrome.key("Enter");
    assert_saved(&review, &mut chrome, &fewer);
    assert_eq!(chrome.said, [""; 0], "the console is not silent");
}

/// What cannot be is said on the page, and the plan before it stays.
#[test]
fn a_decision_that_cannot_be_says_why() {
    let review = Review::of_the_demo();
    let body = |id: &str, shares: &str| json!({"decided": {id: {"choice": "accept", "shares": shares}}}).to_string();
    for (id, shares, words) in [
        ("sell-AAPL-417-2025-12-11", "100000", "are to be sold"),
        ("buy-XLB-417", "100000", "cash"),
        ("sell-AAPL-417-2025-12-11", "-1", "shares"),
        ("sell-AAPL-417-2025-12-11", "x<img src=x>", "shares"),
        ("no-such-line", "1", "no-such-line"),
    ] {
        let (status, text) = review.ask("plan", &body(id, shares));
        let told: Value = serde_json::from_str(&text).unwrap();
        let problems = told["parts"]["problems"].as_str().unwrap();
        assert!(
            status == 200 && problems.contains("That cannot be") && problems.contains(words),
            "{id} {shares}: {problems}"
        );
        assert!(!problems.contains("<img"), "{problems}");
    }
    assert_eq!(review.ask("plan", r#"{"decided": {"x": {"choice": "burn"}}}"#).0, 400);
}

/// A config that somebody else changed, a plan of another window, and a folder that is in the way stop a save whole.
#[test]
fn a_save_that_would_lose_something_is_refused() {
    let review = Review::of_the_demo();
    let revision = |review: &Review| -> u64 {
        let body = r#"{"set": {"limits.turnover.max": 6}}"#;
        serde_json::from_str::<Value>(&review.ask("plan", body).1).unwrap()["revision"].as_u64().unwrap()
    };
    let at = revision(&review);
    let save = |at: u64| review.ask("save", &json!({"revision": at, "rules": true, "orders": true}).to_string());
    assert_eq!(save(at + 1).0, 409);
    let config = review.folder().join("broaden.toml");
    let mine = fs::read_to_string(&config).unwrap() + "# mine\n";
    fs::write(&config, &mine).unwrap();
    let (status, words) = save(at);
    assert!(status == 409 && words.contains("nothing is written"), "{words}");
    assert_eq!(fs::read_to_string(&config).unwrap(), mine);
    assert!(!review.folder().join(FOLDER).join("orders.csv").exists());
    fs::write(&config, include_str!("../../../portfolios/demo/broaden.toml")).unwrap();
    fs::create_dir_all(review.folder().join(FOLDER).join("orders.ibkr.csv")).unwrap();
    assert_eq!(save(at).0, 409);
    assert_eq!(fs::read_to_string(&config).unwrap(), include_str!("../../../portfolios/demo/broaden.toml"));
    assert!(!review.folder().join(FOLDER).join("orders.csv").exists());
}

/// Orders are of the holdings that were read: with another export beside them nothing is written. And of two windows the one
/// that shows what the other has replaced since loses nothing of it.
#[test]
fn orders_of_other_holdings_and_decisions_of_another_window_are_not_lost() {
    let review = Review::of_the_demo();
    let reject = |id: &str| json!({"decided": {id: {"choice": "reject"}}}).to_string();
    let revision = |text: &str| serde_json::from_str::<Value>(text).unwrap()["revision"].as_u64().unwrap();
    let id = serde_json::from_str::<Value>(&review.get("/proposal.json").1).unwrap()["trades"][0]["id"].clone();
    let at = revision(&review.ask("plan", &reject(id.as_str().unwrap())).1);
    let save = || review.ask("save", &json!({"revision": at, "decisions": true, "orders": true}).to_string());
    assert_eq!(review.ask("preview", "{}").0, 200);
    let other = review.folder().join(FOLDER).join("decisions.toml");
    fs::create_dir_all(other.parent().unwrap()).unwrap();
    fs::write(&other, "reject = [\"of another window\"]\n").unwrap();
    let (status, words) = save();
    assert!(status == 409 && words.contains("is another than when it was shown"), "{words}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "reject = [\"of another window\"]\n");
    // Once it was shown it is replaced.
    assert!(review.ask("preview", "{}").1.contains("\"replaces\":true"));
    let holdings = review.folder().join("trades.csv");
    fs::write(&holdings, "date,account,side,symbol,quantity\n2026-11-20,...417,sell,NVDA,1\n").unwrap();
    let (status, words) = save();
    assert!(status == 409 && words.contains("the household's files are others"), "{words}");
    fs::remove_file(&holdings).unwrap();
    let (status, words) = save();
    assert_eq!(status, 200, "{words}");
    assert!(fs::read_to_string(&other).unwrap().contains(id.as_str().unwrap()));
}

/// Orders are of the rules and prices that were read; what the page itself wrote into the rules is no change.
#[test]
fn orders_of_other_rules_or_prices_are_not_saved() {
    let review = Review::of_the_demo();
    let at = |text: &str| serde_json::from_str::<Value>(text).unwrap()["revision"].as_u64().unwrap();
    let save = |at: u64, rules: bool| {
        review.ask("preview", "{}");
        review.ask("save", &json!({"revision": at, "rules": rules, "orders": true}).to_string())
    };
    let config = review.folder().join("broaden.toml");
    let mine = fs::read_to_string(&config).unwrap();
    let market = review.folder().join("market/stocks.csv");
    let prices = fs::read(&market).unwrap();
    let refused = |words: &str| {
        let (status, said) = save(0, false);
        assert!(status == 409 && said.contains(words) && said.contains("nothing is written"), "{said}");
        assert!(!review.folder().join(FOLDER).exists());
    };
    fs::write(&config, format!("{mine}\n[limits.issuer]\nmax = \"5%\"\n")).unwrap();
    refused("broaden.toml is another than when it was read");
    fs::remove_file(&config).unwrap();
    refused("broaden.toml is another than when it was read");
    fs::write(&config, &mine).unwrap();
    fs::remove_file(&market).unwrap();
    refused("the market files are others than when they were read");
    fs::write(&market, [prices.as_slice(), b"\n"].concat()).unwrap();
    refused("the market files are others than when they were read");
    fs::write(&market, &prices).unwrap();
    let moved = at(&review.ask("plan", r#"{"set": {"limits.turnover.max": 6}}"#).1);
    let (status, said) = save(moved, true);
    assert_eq!(status, 200, "{said}");
    let (status, said) = save(at(&review.ask("preview", "{}").1), false);
    assert_eq!(status, 200, "{said}");
}

/// What came through a pipe cannot be read once more, and is saved all the same.
#[test]
fn holdings_from_a_pipe_are_saved_as_they_were_read() {
    let household = tempfile::tempdir().unwrap();
    let position = "[[account.position]]\nsymbol = \"NVDA\"\nprice = 180\nquantity = 100\n";
    let text = format!("[[account]]\nname = \"A\"\nkind = \"roth\"\ncash = 9000\nas-of = 2026-11-20\n{position}");
    let file = household.path().join("piped.txt");
    fs::write(&file, text).unwrap();
    let review = Review::reading(household, "-", fs::File::open(&file).unwrap());
    let (status, words) = review.ask("save", &json!({"revision": 0, "orders": true}).to_string());
    assert_eq!(status, 200, "{words}");
    assert!(review.folder().join(FOLDER).join("orders.csv").exists(), "{words}");
}
