//! The server is killed while it saves: config, decisions and orders are each the old file or the new one, whole, and the
//! next save completes them. `BROADEN_KILLS=100 cargo test review::killed -- --ignored --nocapture` kills as often as it is
//! told to.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Review;
use crate::kills::{contents, random};

/// Moves a threshold, rejects a line, and returns the request that saves both.
fn moved(review: &Review) -> String {
    let asked = json!({
        "set": {"limits.turnover.max": 6},
        "decided": {"sell-AAPL-417-2025-12-11": {"choice": "reject"}},
    });
    let (status, told) = review.ask("plan", &asked.to_string());
    assert_eq!(status, 200, "{told}");
    let told: Value = serde_json::from_str(&told).unwrap();
    let revision = told["revision"].as_u64().unwrap();
    json!({"revision": revision, "rules": true, "decisions": true, "orders": true}).to_string()
}

fn files(review: &Review) -> (BTreeMap<PathBuf, Vec<u8>>, usize) {
    let (mut found, mut staged) = (BTreeMap::new(), 0);
    contents(review.folder(), &mut found, &mut staged);
    let names = found.into_iter().map(|(path, bytes)| (path.strip_prefix(review.folder()).unwrap().to_owned(), bytes));
    (names.collect(), staged)
}

/// Kills so many; returns how many had saved all before, how many nothing, and how many left something staged.
fn kill(times: usize) -> (usize, usize, usize) {
    let review = Review::of_the_demo();
    let before = files(&review).0;
    let request = moved(&review);
    let begun = Instant::now();
    assert_eq!(review.ask("save", &request).0, 200);
    let lasts = begun.elapsed();
    let expected = files(&review).0;
    assert!(expected.len() > before.len() + 2, "{:?}", expected.keys());
    let (mut all, mut none, mut left, mut seed) = (0, 0, 0, 88_172_645_463_325_252);
    for round in 0..times {
        let mut review = Review::of_the_demo();
        let request = moved(&review);
        let (host, cookie, length) = (&review.host, &review.cookie, request.len());
        let head = format!(
            "POST /save HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all((head + &request).as_bytes()).unwrap();
        if round % 2 == 0 {
            std::thread::sleep(lasts.mul_f64((random(&mut seed) % 1000) as f64 / 1000.0));
        } else {
            // Just when something is being written.
            let begun = Instant::now();
            while files(&review).1 == 0 && begun.elapsed() < 2 * lasts {
                std::thread::sleep(Duration::from_micros(50));
            }
            std::thread::sleep(Duration::from_micros(random(&mut seed) % 3000));
        }
        review.child.kill().unwrap();
        review.child.wait().unwrap();
        let (after, staged) = files(&review);
        left += usize::from(staged > 0);
        all += usize::from(after == expected);
        none += usize::from(after == before);
        for (name, bytes) in &after {
            let is_whole = before.get(name) == Some(bytes) || expected.get(name) == Some(bytes);
            assert!(is_whole, "{round}: {} is half of something", name.display());
        }
        assert!(before.keys().all(|name| after.contains_key(name)), "{round}: something is lost");
        let household = std::mem::replace(&mut review.household, tempfile::tempdir().unwrap());
        let next = Review::of(household);
        let request = moved(&next);
        let (status, told) = next.ask("save", &request);
        assert_eq!(status, 200, "{round}: {told}");
        assert_eq!(files(&next).0, expected, "{round}");
    }
    (all, none, left)
}

#[test]
fn a_save_that_is_killed_leaves_whole_files_and_the_next_completes_them() {
    kill(3);
}

#[test]
#[ignore = "kills for as long as it is told to"]
fn kills_for_long() {
    let times: usize = std::env::var("BROADEN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (all, none, left) = kill(times);
    println!(
        "{times} servers killed: {all} had saved all, {none} nothing, {left} left something staged; all completed by the next"
    );
}
