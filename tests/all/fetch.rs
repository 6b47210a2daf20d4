//! `broaden fetch` against a server in this process that speaks each source's format and misbehaves.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assert_cmd::Command;
use chrono::{Datelike, NaiveDate, Weekday};

/// What the server answers a path that begins so: one answer a request, the last for all further ones.
type Answers = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// A whole HTTP answer; an empty one closes the connection, and `ENDLESS` never ends.
fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
}

pub fn ok(body: &str) -> String {
    answer("200 OK", "", body)
}

const ENDLESS: &str = "ENDLESS";

pub struct Server {
    address: String,
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (answers, asked) = (Answers::default(), Arc::new(Mutex::new(Vec::new())));
        let server = Server { address, answers: answers.clone(), asked: asked.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, asked) = (answers.clone(), asked.clone());
                std::thread::spawn(move || serve(stream, &answers, &asked));
            }
        });
        server
    }

    pub fn says(&self, path: &str, list: &[String]) {
        self.answers.lock().unwrap().insert(path.to_owned(), list.to_vec());
    }

    /// The paths asked since the last look.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, answers: &Answers, asked: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut part = [0; 2048];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend(&part[..count]),
        }
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let key = text.lines().find_map(|line| line.strip_prefix("authorization: ")).map(|key| format!(" {key}"));
    asked.lock().unwrap().push(path.clone() + &key.unwrap_or_default());
    let mut answers = answers.lock().unwrap();
    let found = answers.iter_mut().find(|(start, _)| path.starts_with(start.as_str()));
    let reply = match found {
        Some((_, list)) if list.len() > 1 => list.remove(0),
        Some((_, list)) => list[0].clone(),
        None => answer("404 Not Found", "", "no such file"),
    };
    drop(answers);
    if reply == ENDLESS {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
        return;
    }
    let _ = stream.write_all(reply.as_bytes());
    let _ = stream.flush();
    std::thread::sleep(Duration::from_millis(5));
}

pub fn weekdays(count: usize) -> Vec<NaiveDate> {
    let days = NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().iter_days();
    days.filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)).take(count).collect()
}

/// Yahoo's chart JSON of so many days, whose closes a function gives.
pub fn chart(days: &[NaiveDate], close: impl Fn(usize) -> f64) -> String {
    let stamp = |day: &NaiveDate| day.and_hms_opt(14, 30, 0).unwrap().and_utc().timestamp();
    let stamps: Vec<i64> = days.iter().map(stamp).collect();
    let closes: Vec<f64> = (0..days.len()).map(close).collect();
    serde_json::json!({"chart": {"result": [{"meta": {"symbol": "SPY", "currency": "USD", "gmtoffset": -18000, "dataGranularity": "1d"},
        "timestamp": stamps, "indicators": {"quote": [{"close": closes}], "adjclose": [{"adjclose": closes}]}}], "error": null}})
    .to_string()
}

/// A household folder whose sources are all the server.
pub fn household(server: &Server) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = &server.address;
    let config = format!(
        "[fetch]\nfred = \"{at}/fred\"\ntiingo = \"{at}/tiingo\"\nalphavantage = \"{at}/alpha\"\ncboe = \"{at}/cboe\"\nyahoo = \"{at}/yahoo\"\nnasdaq = \"{at}/nasdaq\"\nbreadth = \"{at}/breadth\"\nmembers = \"{at}/members\"\ncompanies = \"{at}/companies\"\nunicorn = \"{at}/unicorn\"\n"
    );
    std::fs::write(folder.path().join("broaden.toml"), config).unwrap();
    folder
}

/// Runs the verb for one name; returns whether it succeeded, and what it said.
fn fetch(folder: &Path, more: &[&str]) -> (bool, String) {
    let output = Command::cargo_bin("broaden").unwrap().arg("fetch").arg(folder).args(more).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.success(), text)
}

fn only(folder: &Path, name: &str) -> (bool, String) {
    fetch(folder, &["--only", name])
}

#[test]
fn every_source_fills_the_folder_and_a_second_run_asks_for_what_is_new() {
    let server = Server::start();
    let folder = household(&server);
    let days = weekdays(60);
    server.says(
        "/yahoo/v8/finance/chart/SPY",
        &[ok(&chart(&days[..50], |row| 700.0 + row as f64)), ok(&chart(&days[35..], |row| 735.0 + row as f64))],
    );
    server.says(
        "/fred/graph/fredgraph.csv?id=UNRATE",
        &[ok("observation_date,UNRATE\n2026-01-01,4.4\n2026-02-01,4.5\n")],
    );
    server.says("/cboe/", &[ok("DATE,OPEN,HIGH,LOW,CLOSE\n01/05/2026,15,15,15,15.5\n01/13/2026,15,15,15,16\n")]);
    server
        .says("/breadth", &[ok("Date,S&P500_Price,Breadth_Index_Raw\n2026-01-05,6000,0.6465\n2026-01-06,6001,0.65\n")]);
    for (name, rows) in [("SPY", "50 rows"), ("UNRATE", "2 rows"), ("VIXCLS", "2 rows"), ("S5TH", "2 rows")] {
        let (done, text) = only(folder.path(), name);
        assert!(done && text.contains(rows), "{name}: {text}");
    }
    let file = |name: &str| std::fs::read_to_string(folder.path().join("market").join(name)).unwrap();
    assert!(
        file("SPY.csv").starts_with("# fetched by broaden from yahoo\nDate,Close,Adj Close\n2026-01-05,700,700\n"),
        "{}",
        file("SPY.csv")
    );
    assert!(file("S5TH.csv").contains("\n2026-01-05,64.6500\n"));
    let manifest: toml::Table = file("fetched.toml").parse().unwrap();
    assert_eq!(manifest["UNRATE.csv"]["last"].as_str(), Some("2026-02-01"));
    // What the folder holds is read as what it is.
    let output = Command::cargo_bin("broaden").unwrap().args(["market", "--json"]).arg(folder.path()).output().unwrap();
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let served = list["rows"].as_array().unwrap().iter().filter(|row| !row["files"].as_array().unwrap().is_empty());
    let mut names: Vec<&str> = served.map(|row| row["save_as"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["S5TH.csv", "SPY.csv", "UNRATE.csv", "VIXCLS.csv"]);
    server.asked();
    let (done, text) = only(folder.path(), "SPY");
    assert!(done && text.contains("10 new rows"), "{text}");
    // The last day less sixteen.
    let from = days[49].checked_sub_days(chrono::Days::new(16)).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    assert!(server.asked()[0].contains(&format!("period1={}&", from.timestamp())));
    assert_eq!(file("SPY.csv").lines().count(), 62);
}

/// The same closes, percentages and rates, saved by hand in the vendors' layouts.
#[test]
fn a_folder_that_only_fetch_filled_gives_the_strength_of_one_filled_by_hand() {
    let server = Server::start();
    let folder = household(&server);
    let days = weekdays(228);
    let close = |symbol: usize, row: usize| 100.0 * (1 + symbol) as f64 + (row * (symbol + 2)) as f64 * 0.25;
    let percent = |row: usize| 40 + row % 30;
    let hand = tempfile::tempdir().unwrap();
    std::fs::write(hand.path().join("broaden.toml"), "").unwrap();
    std::fs::create_dir(hand.path().join("market")).unwrap();
    let save = |name: &str, text: String| std::fs::write(hand.path().join("market").join(name), text).unwrap();
    let table = |head: &str, row: &dyn Fn(usize) -> String| {
        let rows = days.iter().enumerate().map(|(at, day)| format!("{}\n", row(at).replace("DAY", &day.to_string())));
        format!("{head}\n{}", rows.collect::<String>())
    };
    for (at, name) in ["SPY", "RSP", "IWM"].into_iter().enumerate() {
        let body = chart(&days, |row| close(at, row)).replace("\"SPY\"", &format!("\"{name}\""));
        server.says(&format!("/yahoo/v8/finance/chart/{name}?"), &[ok(&body)]);
        let row = |row: usize| format!("DAY,1,1,1,{0},{0},9", close(at, row));
        save(&format!("{name}.csv"), table("Date,Open,High,Low,Close,Adj Close,Volume", &row));
    }
    let raw = |row: usize| format!("DAY,6000,{:.2}", percent(row) as f64 / 100.0);
    server.says("/breadth", &[ok(&table("Date,S&P500_Price,Breadth_Index_Raw", &raw))]);
    save(
        "Percent_$S5TH.csv",
        table("Time,Open,High,Low,Last,Change,%Chg,Volume", &|row| format!("DAY,1,1,1,{},0,0%,0", percent(row))),
    );
    let vix = |row: usize| format!("DAY,15,15,15,{}", 15 + row % 4);
    server.says("/cboe/", &[ok(&table("DATE,OPEN,HIGH,LOW,CLOSE", &vix))]);
    save("VIX_History.csv", table("DATE,OPEN,HIGH,LOW,CLOSE", &vix));
    let rate: String = (1..=9).map(|month| format!("2026-0{month}-01,4.{month}\n")).collect();
    server.says("/fred/graph/fredgraph.csv?id=UNRATE", &[ok(&format!("observation_date,UNRATE\n{rate}"))]);
    save("UNRATE.csv", format!("DATE,UNRATE\n{rate}"));
    fetch(folder.path(), &[]);
    let answer = |folder: &Path| {
        let mut command = Command::cargo_bin("broaden").unwrap();
        let output = command.args(["signals", "--json", "--as-of", "2026-11-18"]).arg(folder).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(json["score"].as_f64().unwrap() > 0.1, "{json}");
        let readings = |key: &str| -> Vec<serde_json::Value> {
            json[key].as_array().unwrap().iter().map(|one| one["value"].clone()).collect()
        };
        (json["score"].clone(), readings("signals"), readings("brakes"))
    };
    assert_eq!(answer(folder.path()), answer(hand.path()));
}

#[test]
fn a_history_that_changed_is_fetched_whole() {
    let server = Server::start();
    let folder = household(&server);
    let days = weekdays(60);
    let whole = |factor: f64| move |row: usize| (700.0 + row as f64) * factor;
    server.says(
        "/yahoo/",
        &[
            ok(&chart(&days[..50], whole(1.0))),
            ok(&chart(&days[35..], |row| (735.0 + row as f64) * 0.5)),
            ok(&chart(&days, whole(0.5))),
        ],
    );
    assert!(only(folder.path(), "SPY").0);
    let at = |name: &str| folder.path().join("market").join(name);
    std::fs::write(at("SPY.csv.bak"), "mine").unwrap();
    let (done, text) = only(folder.path(), "SPY");
    assert!(done && text.contains("fetched whole, because") && text.contains("is 36"), "{text}");
    assert!(text.contains("what was there is ") && text.contains("SPY.csv.2.bak"), "{text}");
    let file = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    assert!(file("SPY.csv").contains("\n2026-01-05,350,350\n"));
    assert!(file("SPY.csv.2.bak").contains("\n2026-01-05,700,700\n"));
    assert_eq!(file("SPY.csv.bak"), "mine");
    // What is kept is not read again.
    let output = Command::cargo_bin("broaden").unwrap().arg("market").arg(folder.path()).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains(".bak"));
}

/// A site that answers with a piece of a history, or with nonsense, has revised nothing.
#[test]
fn a_piece_of_a_history_replaces_none() {
    let server = Server::start();
    let folder = household(&server);
    let rows: String = (1..=9).map(|month| format!("2026-0{month}-01,4.{month}\n")).collect();
    let answer = |rows: &str| ok(&format!("observation_date,UNRATE\n{rows}"));
    server.says("/fred/", &[answer(&rows), answer("2026-08-01,=cmd\n2026-09-01,5\n")]);
    assert!(only(folder.path(), "UNRATE").0);
    let path = folder.path().join("market/UNRATE.csv");
    let before = std::fs::read(&path).unwrap();
    let (done, text) = only(folder.path(), "UNRATE");
    assert!(!done && text.contains("2 rows where the file has 9: the file is left as it is"), "{text}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// What a link leads to, what a name of the config leads to, and what somebody else wrote.
#[cfg(unix)]
#[test]
fn nothing_but_what_was_fetched_is_written_over() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let server = Server::start();
    let folder = household(&server);
    let at = |name: &str| folder.path().join(name);
    let chart = ok(&chart(&weekdays(50), |row| 700.0 + row as f64));
    server.says("/yahoo/", std::slice::from_ref(&chart));
    let holdings = "[[account]]\nname = \"A\"\nid = \"X1\"\nkind = \"roth\"\ncash = 5\nas-of = 2026-01-20\n";
    std::fs::write(at("holdings.toml"), holdings).unwrap();
    std::fs::create_dir(at("market")).unwrap();
    // The manifest is a link, a hard link, or a list of somebody's own.
    symlink("../holdings.toml", at("market/fetched.toml")).unwrap();
    let (done, text) = only(folder.path(), "SPY");
    assert!(!done && text.contains("fetched.toml is ") && text.contains("not overwritten"), "{text}");
    std::fs::remove_file(at("market/fetched.toml")).unwrap();
    std::fs::hard_link(at("holdings.toml"), at("market/fetched.toml")).unwrap();
    let (done, text) = only(folder.path(), "SPY");
    assert!(!done && text.contains("not overwritten"), "{text}");
    std::fs::remove_file(at("market/fetched.toml")).unwrap();
    std::fs::write(at("market/fetched.toml"), "mine = 1\n").unwrap();
    let (done, text) = only(folder.path(), "SPY");
    assert!(!done && text.contains("no list that fetch wrote"), "{text}");
    assert_eq!(std::fs::read_to_string(at("holdings.toml")).unwrap(), holdings);
    assert!(!at("market/SPY.csv").exists(), "the series and its line are written together");
    std::fs::remove_file(at("market/fetched.toml")).unwrap();
    assert!(only(folder.path(), "SPY").0);
    // A link leads where it led, and a mode stays.
    std::fs::create_dir(at("own")).unwrap();
    std::fs::rename(at("market/SPY.csv"), at("own/real.txt")).unwrap();
    std::fs::set_permissions(at("own/real.txt"), std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("../own/real.txt", at("market/SPY.csv")).unwrap();
    std::fs::write(at("market/fetched.toml"), "# what broaden fetch wrote, and from where\ndamaged").unwrap();
    server.says("/yahoo/", &[chart]);
    let (done, text) = only(folder.path(), "SPY");
    assert!(done && text.contains("0 new rows"), "{text}");
    assert!(std::fs::symlink_metadata(at("market/SPY.csv")).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(at("own/real.txt")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(std::fs::read_to_string(at("market/fetched.toml.bak")).unwrap().ends_with("damaged"));
    assert!(std::fs::read_to_string(at("market/fetched.toml")).unwrap().contains("[\"SPY.csv\"]"));
    // A series of the config names no other folder and no other address.
    let (done, text) = fetch(folder.path(), &["--set", "brakes.vix.series=\"../../EVIL&id=X\"", "--dry-run"]);
    assert!(done && text.contains("no such name can be asked for"), "{text}");
    assert!(!text.contains("GET") || !text.lines().any(|line| line.contains("GET") && line.contains("EVIL")), "{text}");
}

/// What each fault is called. Nothing is saved, and what was there stays.
#[test]
fn every_fault_has_its_message_and_leaves_the_file() {
    let server = Server::start();
    let folder = household(&server);
    let days = weekdays(50);
    let good = ok(&chart(&days, |row| 700.0 + row as f64));
    server.says("/yahoo/", std::slice::from_ref(&good));
    assert!(only(folder.path(), "SPY").0);
    let path = folder.path().join("market/SPY.csv");
    let before = std::fs::read(&path).unwrap();
    let to = |place: &str| answer("302 Found", &format!("Location: {place}\r\n"), "");
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n{\"chart\"".to_owned();
    let many = |wait: &str| answer("429 Too Many Requests", wait, "");
    for (reply, words) in [
        (ok("<!DOCTYPE html><html>prove that you are no robot</html>"), "an HTML page, not data"),
        (ok("Exceeded the daily hits limit"), "limit was exceeded"),
        (ok("{\"chart\":{\"result\":null,\"error\":{\"code\":\"Not Found\"}}}"), "a message of the site"),
        (ok(""), "the answer is no data"),
        (ok("\u{0}\u{1}"), "the answer is no data"),
        (answer("404 Not Found", "", ""), "the site answers 404"),
        (answer("500 Internal Server Error", "", ""), "the site answers 500"),
        (many(""), "429, too many requests"),
        (many("Retry-After: 3600\r\n"), "try again after 3600 s"),
        (to("http://example.org/x"), "example.org is not https"),
        (to("https://example.org/x"), "points to another one, example.org"),
        (to("/yahoo/again"), "redirects more than 3 times"),
        (cut, "the connection failed"),
        (ENDLESS.to_owned(), "larger than 32 MB"),
    ] {
        server.says("/yahoo/", &[reply]);
        let (done, text) = only(folder.path(), "SPY");
        assert!(!done && text.contains(words), "{words}: {text}");
        assert!(text.contains("nasdaq: the site answers 404"), "the next source is asked: {text}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{words}");
    }
    // A time that is past asks for no wait, one far ahead for too long a one.
    server.says("/yahoo/", &[many("Retry-After: Fri, 31 Dec 2038 07:28:00 GMT\r\n")]);
    assert!(only(folder.path(), "SPY").1.contains("429, too many requests (try again after "));
    server.says("/yahoo/", &[many("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n"), good.clone()]);
    assert!(only(folder.path(), "SPY").0);
    server.says("/yahoo/", &[many("Retry-After: 1\r\n"), answer("500 Internal Server Error", "", ""), good]);
    let (done, text) = only(folder.path(), "SPY");
    assert!(done && text.contains("0 new rows"), "a site that recovers is asked again: {text}");
}

#[test]
fn the_second_source_serves_where_the_first_does_not() {
    let server = Server::start();
    let folder = household(&server);
    let rows: Vec<serde_json::Value> = weekdays(20)
        .iter()
        .rev()
        .map(|day| serde_json::json!({"date": day.format("%m/%d/%Y").to_string(), "close": "$1,700.10"}))
        .collect();
    server.says(
        "/nasdaq/api/quote/SPY",
        &[ok(&serde_json::json!({"data": {"tradesTable": {"rows": rows}}}).to_string())],
    );
    let (done, text) = only(folder.path(), "SPY");
    assert!(done && text.contains("20 rows to 2026-01-30 from nasdaq"), "{text}");
}

/// Which kind of close each source gives, by the one of Apple on 2020-01-02: 300.35 as traded, 75.0875 after the split of
/// 2020-08-31, 72.27 with the dividends since.
#[test]
fn closes_are_adjusted_for_splits_and_beside_them_for_dividends() {
    let server = Server::start();
    let folder = household(&server);
    let stamps = "1577975400,1598880600";
    server.says(
        "/yahoo/",
        &[ok(&format!(
            "{{\"chart\":{{\"result\":[{{\"meta\":{{\"symbol\":\"AAPL\",\"currency\":\"USD\",\"gmtoffset\":-18000,\"dataGranularity\":\"1d\"}},\"timestamp\":[{stamps}],\"indicators\":{{\"quote\":[{{\"close\":[75.0875,129.04]}}],\"adjclose\":[{{\"adjclose\":[72.27,125.6]}}]}}}}],\"error\":null}}}}"
        ))],
    );
    server.says(
        "/nasdaq/",
        &[ok("{\"data\":{\"tradesTable\":{\"rows\":[{\"date\":\"08/31/2020\",\"close\":\"$129.04\"},{\"date\":\"01/02/2020\",\"close\":\"$75.0875\"}]}}}")],
    );
    server.says(
        "/tiingo/",
        &[ok("date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n\
              2020-01-02,300.35,1,1,1,1,72.27,1,1,1,1,0,1\n2020-08-31,129.04,1,1,1,1,125.6,1,1,1,1,0,4\n")],
    );
    for (source, row) in [
        ("yahoo", "2020-01-02,75.0875,72.27"),
        ("nasdaq", "2020-01-02,75.0875"),
        ("tiingo", "2020-01-02,75.0875,72.27"),
    ] {
        let _ = std::fs::remove_dir_all(folder.path().join("market"));
        let mut command = Command::cargo_bin("broaden").unwrap();
        command.args(["fetch", "--only", "AAPL", "--set", &format!("fetch.sources={{ AAPL = \"{source}\" }}")]);
        let output = command.arg(folder.path()).env("BROADEN_TIINGO_KEY", "k1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains(&format!("from {source}")), "{said}");
        let file = std::fs::read_to_string(folder.path().join("market/AAPL.csv")).unwrap();
        assert_eq!(file.lines().nth(2), Some(row), "{source}");
    }
}

#[test]
fn the_config_chooses_the_sources_of_a_series_and_what_is_held_is_fetched_too() {
    let server = Server::start();
    let folder = household(&server);
    let config = std::fs::read_to_string(folder.path().join("broaden.toml")).unwrap();
    let chosen = |sources: &str| {
        std::fs::write(folder.path().join("broaden.toml"), format!("{config}sources = {sources}\n")).unwrap();
    };
    chosen("{ SPY = [\"nasdaq\", \"yahoo\"], NSHU = \"unicorn\" }");
    let (_, text) = fetch(folder.path(), &["--dry-run"]);
    assert!(text.contains("/nasdaq/api/quote/SPY/") && text.contains("/unicorn/advdec/NYSE_advn.csv"), "{text}");
    assert!(text.contains("/yahoo/v8/finance/chart/RSP?") && text.contains("NSHD.csv: by hand"), "{text}");
    server.says("/unicorn/advdec/NYSE_advn.csv", &[ok("20200207, 1000\n20200210, 1200\n")]);
    let (done, text) = only(folder.path(), "NSHU");
    assert!(done && text.contains("2 rows to 2020-02-10 from unicorn; it stopped "), "{text}");
    chosen("{ SPY = \"stooq\" }");
    let (done, text) = fetch(folder.path(), &["--dry-run"]);
    assert!(!done && text.contains("names no source for SPY") && text.contains("one or a list of fred"), "{text}");
    chosen("{}");
    let holdings = "[[account]]\nname = \"A\"\nid = \"X1\"\nkind = \"roth\"\ncash = 5\nas-of = 2026-01-20\n\
                    [account.cash-in]\nEUR = 7\n[[account.position]]\nsymbol = \"KO\"\nquantity = 5\nprice = 60\n\
                    [[account.position]]\nsymbol = \"PEP\"\nquantity = 5\n";
    std::fs::write(folder.path().join("holdings.toml"), holdings.replace("cash = 5\n", "")).unwrap();
    let (done, text) = fetch(folder.path(), &["--dry-run", "--only", "FEDFUNDS", "--only", "XYZ"]);
    assert!(done && text.contains("fredgraph.csv?id=FEDFUNDS&") && text.contains("chart/XYZ?"), "{text}");
    let (_, text) = fetch(folder.path(), &["--dry-run"]);
    for name in ["KO", "PEP"] {
        assert!(text.contains(&format!("{name}.csv: GET ")), "{text}");
    }
    assert!(text.contains("id=DEXUSEU&"), "{text}");
}

#[test]
fn a_file_saved_by_hand_is_left_alone_and_nothing_is_asked_when_told_so() {
    let server = Server::start();
    let folder = household(&server);
    std::fs::create_dir(folder.path().join("market")).unwrap();
    let path = folder.path().join("market/SPY.csv");
    std::fs::write(&path, "Date,Close\n2026-01-05,700\n").unwrap();
    assert!(only(folder.path(), "SPY").1.contains("saved by hand, left alone"));
    let (done, text) = fetch(folder.path(), &["--dry-run"]);
    assert!(done && text.contains("RSP.csv: GET ") && text.contains("NSHU.csv: by hand, barchart.com"), "{text}");
    let (done, _) = fetch(folder.path(), &["--offline"]);
    assert!(!done, "RSP is missing");
    assert!(server.asked().is_empty());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "Date,Close\n2026-01-05,700\n");
    let (done, text) = fetch(
        folder.path(),
        &[
            "--only",
            "RSP",
            "--set",
            "fetch.yahoo=\"http://example.org\"",
            "--set",
            "fetch.nasdaq=\"http://example.org\"",
        ],
    );
    assert!(!done && text.contains("example.org is not https"), "{text}");
}

/// A key comes from the environment or from a file of the user's alone, and stands in nothing that is written or said.
#[cfg(unix)]
#[test]
fn a_key_is_sent_and_never_shown() {
    use std::os::unix::fs::PermissionsExt;
    const KEY: &str = "s3cretKEY-of_1";
    let server = Server::start();
    let folder = household(&server);
    let run = |variable: &str, more: &[&str]| {
        let mut command = Command::cargo_bin("broaden").unwrap();
        command.arg("fetch").arg(folder.path()).args(["--only", "SPY"]).args(more);
        let command = if variable.is_empty() { &mut command } else { command.env(variable, KEY) };
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!text.contains(KEY), "{text}");
        (output.status.success(), text)
    };
    // Closes as traded, with a split: the one before it is half of what it was.
    let csv = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n\
               2026-01-05,700,1,1,1,1,350,1,1,1,1,0,1\n2026-01-06,351,1,1,1,1,351,1,1,1,1,0,2\n";
    server.says("/tiingo/tiingo/daily/SPY/prices", &[ok(csv)]);
    let (done, text) = run("BROADEN_TIINGO_KEY", &[]);
    assert!(done && text.contains("2 rows to 2026-01-06 from tiingo"), "{text}");
    assert!(server.asked()[0].ends_with(&format!("&format=csv Token {KEY}")));
    let saved = |name: &str| std::fs::read_to_string(folder.path().join("market").join(name)).unwrap();
    assert!(saved("SPY.csv").contains("\n2026-01-05,350,350\n"), "{}", saved("SPY.csv"));
    assert!(!saved("fetched.toml").contains(KEY) && saved("fetched.toml").contains("/tiingo/daily/SPY"));
    // Without a key it is not asked.
    run("", &[]);
    assert!(!server.asked().iter().any(|path| path.contains("tiingo")));
    // A refusal at 200 names the key.
    let refusal = format!("{{\"Note\": \"{KEY}: 25 a day\"}}");
    server.says("/alpha/query", &[ok(&refusal)]);
    let (done, text) = run("BROADEN_ALPHAVANTAGE_KEY", &[]);
    assert!(!done && text.contains("alphavantage: ") && text.contains("***: 25 a day"), "{text}");
    assert!(server.asked().iter().any(|path| path.ends_with(&format!("&datatype=csv&apikey={KEY}"))));
    // A file that others may read, and one that nobody else may.
    let file = folder.path().join(".key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let named = ["--set", "fetch.tiingo-key-file=.key"];
    let (done, text) = run("", &named);
    assert!(!done && text.contains("may be read by others"), "{text}");
    assert!(server.asked().is_empty());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (done, text) = run("", &named);
    assert!(done && text.contains("from tiingo"), "{text}");
    std::fs::write(&file, "a key\r\nX-Evil: 1").unwrap();
    let (done, text) = run("", &named);
    assert!(!done && text.contains("holds no key"), "{text}");
    let (done, text) = run("BROADEN_TIINGO_KEY", &["--dry-run"]);
    assert!(done && text.contains("/tiingo/daily/SPY"), "{text}");
}

/// The market diary is asked only where the config names it; its file grows by the sessions that it is asked on, and serves the
/// advance-decline line.
#[test]
fn the_market_diary_is_asked_where_the_config_says_so_and_its_file_grows() {
    let server = Server::start();
    let folder = household(&server);
    let config = std::fs::read_to_string(folder.path().join("broaden.toml")).unwrap();
    let diary = |day: &str, last: (u32, u32), before: (u32, u32)| {
        let row = |id: &str, last: u32, before: u32| serde_json::json!({"id": id, "name": id, "latestClose": last.to_string(), "previousClose": format!("{},{:03}", before / 1000, before % 1000)});
        let rows = [row("advances", last.0, before.0), row("declines", last.1, before.1)];
        ok(&serde_json::json!({"data": {"timestamp": day, "instrumentSets": [
            {"headerFields": [{"value": "name", "label": "NYSE"}], "instruments": rows}]}})
        .to_string())
    };
    server.says("/diary/market-data", &[diary("Friday, January 9, 2026", (1_700, 1_000), (1_600, 1_100))]);
    assert!(!fetch(folder.path(), &["--dry-run"]).1.contains("diary"));
    assert!(!fetch(folder.path(), &[]).1.contains("diary"));
    std::fs::write(folder.path().join("broaden.toml"), format!("{config}diary = \"{}/diary\"\n", server.address))
        .unwrap();
    assert!(fetch(folder.path(), &["--dry-run"]).1.contains("nyse-diary.csv: GET http://"));
    server.says("/yahoo/v8/finance/chart/SPY?", &[ok(&chart(&weekdays(20), |day| 700.0 + day as f64))]);
    only(folder.path(), "SPY");
    let file = || std::fs::read_to_string(folder.path().join("market/nyse-diary.csv")).unwrap();
    let (_, text) = fetch(folder.path(), &[]);
    assert!(text.contains("nyse-diary.csv: 2 new rows to 2026-01-09 from diary"), "{text}");
    assert!(file().ends_with("\ndate,advancing,declining\n2026-01-08,1600,1100\n2026-01-09,1700,1000\n"), "{}", file());
    server.says("/diary/market-data", &[diary("Monday, January 12, 2026", (1_800, 900), (1_701, 1_000))]);
    let (_, text) = fetch(folder.path(), &[]);
    assert!(text.contains("1 new rows to 2026-01-12 from diary; 2026-01-09 was 1700 and 1000, and is 1701"), "{text}");
    server.says("/diary/market-data", &[diary("Thursday, January 15, 2026", (1_500, 900), (1_400, 1_000))]);
    let (_, text) = fetch(folder.path(), &[]);
    assert!(text.contains("the session of 2026-01-13 is missing"), "{text}");
    assert_eq!(file().lines().count(), 7);
    let before = file();
    server.says("/diary/market-data", &[ok("<!DOCTYPE html><html>")]);
    let (done, text) = fetch(folder.path(), &[]);
    assert!(!done && text.contains("diary: the answer is no market diary"), "{text}");
    assert_eq!(file(), before);
    let output = Command::cargo_bin("broaden").unwrap().args(["market", "--json"]).arg(folder.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("nyse-diary.csv"));
}

/// Sixty members, of which a first run gets thirty.
#[test]
fn the_members_of_an_index_are_fetched_over_several_runs() {
    let server = Server::start();
    let folder = household(&server);
    let names: Vec<String> = (0..60).map(|row| format!("M{row:02}")).collect();
    let list: String = names.iter().map(|name| format!("{name},2020-01-02,\n")).collect();
    let list = format!("ticker,start_date,end_date\n{list}GONE,2010-01-04,2020-06-01\n");
    let days = weekdays(60);
    let answer = |names: &[String], days: &[NaiveDate]| {
        for (row, name) in names.iter().enumerate() {
            let body = chart(days, |day| 50.0 + row as f64 + day as f64).replace("\"SPY\"", &format!("\"{name}\""));
            server.says(&format!("/yahoo/v8/finance/chart/{name}?"), &[ok(&body)]);
        }
    };
    let run = || fetch(folder.path(), &["--constituents"]);
    let (done, text) = run();
    assert!(!done && text.contains("members.csv: the site answers 404"), "{text}");
    server.says("/members", &[ok("ticker,start_date,end_date\nA,2020-01-02,\n")]);
    let (done, text) = run();
    assert!(!done && text.contains("no list of members"), "{text}");
    let today: String = names.iter().map(|name| format!("{name},\"{name}, Inc.\",,,,2020-01-02,,\n")).collect();
    server.says(
        "/companies",
        &[ok(&format!(
            "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded\n{today}"
        ))],
    );
    let (_, text) = run();
    assert!(text.contains("the 60 members of today instead"), "{text}");
    assert!(std::fs::read_to_string(folder.path().join("market/members.csv")).unwrap().contains("\nM00,2020-01-02,\n"));
    std::fs::remove_file(folder.path().join("market/members.csv")).unwrap();
    server.says("/members", &[ok(&list)]);
    answer(&names[..30], &days[..50]);
    let (done, text) = run();
    assert!(!done && text.contains("stocks.csv: 30 of 60 members") && text.contains("run it again"), "{text}");
    let panel = || std::fs::read_to_string(folder.path().join("market/stocks.csv")).unwrap();
    assert_eq!(panel().lines().nth(1).unwrap().split(',').count(), 31);
    answer(&names, &days);
    let (done, text) = run();
    assert!(done && text.contains("stocks.csv: 60 of 60 members to 2026-03-27, 60 asked for now"), "{text}");
    assert_eq!(panel().lines().count(), 62);
    assert!(panel().lines().last().unwrap().starts_with("2026-03-27,109,110,"), "{}", panel());
    server.asked();
    let (done, text) = run();
    assert!(done && text.contains("60 of 60 members to 2026-03-27, 3 asked for now"), "{text}");
    assert_eq!(server.asked().len(), 4);
    // The first of them is no longer traded, and the others go on.
    let on = weekdays(65);
    answer(&names[1..], &on);
    let (done, text) = run();
    assert!(done && text.contains("60 of 60 members to 2026-04-03, 60 asked for now"), "{text}");
    // It is a universe, and its members are known.
    let output = Command::cargo_bin("broaden").unwrap().args(["market", "--json"]).arg(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("stocks.csv"), "{text}");
    // The list is not there for a while; a table of the user's own is left alone.
    server.says("/members", &["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()]);
    let (done, text) = run();
    assert!(done && text.contains("the last one is used"), "{text}");
    std::fs::write(folder.path().join("market/stocks.csv"), "date,A\n2026-01-05,1\n").unwrap();
    let (done, text) = run();
    assert!(done && text.contains("stocks.csv: saved by hand, left alone"), "{text}");
    assert_eq!(panel(), "date,A\n2026-01-05,1\n");
}
