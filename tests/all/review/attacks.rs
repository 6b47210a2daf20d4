//! Who must not come in, does not: each attack is refused, and the server goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Review, answer};

/// A request of the page, with some of its lines replaced.
fn head(review: &Review, first: &str, other: &[(&str, &str)]) -> String {
    let mut lines = vec![
        ("host", review.host.clone()),
        ("origin", format!("http://{}", review.host)),
        ("cookie", review.cookie.clone()),
        ("content-type", "application/json".to_owned()),
        ("content-length", "2".to_owned()),
    ];
    lines.retain(|(name, _)| other.iter().all(|(others, _)| others != name));
    let all = lines.iter().map(|(name, value)| (*name, value.as_str())).chain(other.iter().copied());
    let lines: String =
        all.filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{first} HTTP/1.1\r\n{lines}\r\n{{}}")
}

#[test]
fn strangers_get_nothing_and_the_server_goes_on() {
    let review = Review::of_the_demo();
    let attack = |first: &str, other: &[(&str, &str)]| answer(&review.send(&head(&review, first, other)));
    assert_eq!(attack("POST /plan", &[]).0, 200);
    for host in ["evil.example", "127.0.0.1", "localhost", "127.0.0.1.evil.example", "[::1]"] {
        assert_eq!(attack("GET /", &[("host", host)]).0, 421, "{host}");
    }
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let (status, body) = attack("POST /plan", &[("origin", origin)]);
        assert!(status == 403 && !body.contains("parts"), "{origin}: {status} {body}");
    }
    for cookie in ["", "broaden=1", "token=1"] {
        for first in ["GET /", "GET /proposal.json", "GET /script.js", "POST /plan", "POST /save", "GET /?token=00"] {
            let (status, body) = attack(first, &[("cookie", cookie)]);
            assert!(status == 403 && !body.contains("<html") && !body.contains("schema"), "{first}: {status} {body}");
        }
    }
    for path in [
        "/../broaden.toml",
        "/..%2fbroaden.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/broaden.toml",
        "/\\..\\x",
    ] {
        let (status, _) = attack(&format!("GET {path}"), &[]);
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(attack("DELETE /plan", &[]).0, 405);
    assert_eq!(attack("POST /plan", &[("sec-fetch-site", "cross-site")]).0, 403);
    // Bytes that are no request, and heads without end.
    for bytes in
        [vec![0xff; 4096], b"GET / HTTP/1.1\r\nx: ".iter().copied().chain(std::iter::repeat_n(b'a', 1 << 20)).collect()]
    {
        assert!(!review.send_bytes(&bytes).contains(" 200 "));
    }
    assert_eq!(attack("POST /plan", &[]).0, 200);
}

/// The answer comes before the body is read, and no body is kept.
#[test]
fn a_hundred_megabytes_are_not_read() {
    let review = Review::of_the_demo();
    let mut request = head(&review, "POST /plan", &[("content-length", "104857600")]).into_bytes();
    request.resize(100 << 20, b' ');
    let told = review.send_bytes(&request);
    // The kernel may take the answer back when a client goes on sending.
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 413 "), "{told}");
    // Without a length it is stopped at the bound.
    let mut request =
        head(&review, "POST /plan", &[("content-length", ""), ("transfer-encoding", "chunked")]).into_bytes();
    request.truncate(request.len() - 2);
    for _ in 0..100 {
        request.extend_from_slice(b"100000\r\n");
        request.extend(std::iter::repeat_n(b' ', 1 << 20));
        request.extend_from_slice(b"\r\n");
    }
    let told = review.send_bytes(&request);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 413 "), "{told}");
    assert_eq!(review.ask("plan", "{}").0, 200);
}

/// Hundreds that say nothing take no place from who asks.
#[test]
fn who_asks_is_answered_among_hundreds_that_say_nothing() {
    let review = Review::of_the_demo();
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..3 {
        idle.extend((0..200).map(|_| TcpStream::connect(&review.host).unwrap()));
        for (number, client) in idle.iter_mut().enumerate() {
            // Those that were sent away do not hear it.
            let _ = client.write_all(if number % 2 == 0 { b"GET / HTTP/1.1\r\nhost:" } else { b"P" });
        }
        let begun = Instant::now();
        let (status, body) = review.get("/style.css");
        assert!(status == 200 && !body.is_empty() && begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}

/// Clients that say nothing, or a byte a second, hold nobody up and are sent away.
#[test]
fn slow_clients_are_sent_away() {
    let review = Review::of_the_demo();
    let begun = Instant::now();
    let mut idle: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(&review.host).unwrap()).collect();
    let mut halves: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(&review.host).unwrap()).collect();
    for half in &mut halves {
        half.write_all(b"GET / HTTP/1.1\r\nhost:").unwrap();
    }
    let mut bodies = TcpStream::connect(&review.host).unwrap();
    bodies.write_all(head(&review, "POST /plan", &[("content-length", "60000")]).as_bytes()).unwrap();
    assert_eq!(review.ask("plan", "{}").0, 200);
    for stream in idle.iter_mut().chain(&mut halves).chain([&mut bodies]) {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut told = Vec::new();
        // Closed, with or without a word; a read that ran out of time is neither.
        let ended = stream.read_to_end(&mut told);
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
        assert!(!String::from_utf8_lossy(&told).contains(" 200 "));
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert_eq!(review.ask("plan", "{}").0, 200);
}
