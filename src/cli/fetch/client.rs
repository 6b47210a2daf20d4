//! Requests: https only unless the host is this machine, bounded in size, time and redirects, polite, and repeated where
//! that helps.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::sources::Sending;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::TlsConfig;

/// No answer is larger.
const LARGEST: u64 = 32 << 20;
/// One request takes no longer.
const LONGEST: Duration = Duration::from_secs(30);
/// Redirects that are followed, on the same host.
const REDIRECTS: usize = 3;
/// Times a request is made.
const ATTEMPTS: u32 = 3;
/// The longest wait a site may ask for.
const PATIENCE: u64 = 60;
/// The two sites for closes refuse programs that do not say they are a browser.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Neither https nor this machine.
    #[error("{0} is not https, and only this machine may be asked without")]
    Plain(String),
    /// Not an address.
    #[error("`{0}` is no address")]
    Address(String),
    /// A redirect off the host.
    #[error("the site points to another one, {0}, which is not followed")]
    Elsewhere(String),
    /// Redirect after redirect.
    #[error("the site redirects more than {REDIRECTS} times")]
    Circle,
    /// Too many requests.
    #[error("the site answers 429, too many requests{0}")]
    Busy(String),
    /// Any other status.
    #[error("the site answers {0}")]
    Status(u16),
    /// Too large.
    #[error("the answer is larger than {} MB", LARGEST >> 20)]
    Large,
    /// Not the site, or not safely.
    #[error("its certificate is not accepted ({0}), so nothing is taken from it")]
    Certificate(String),
    /// Broken off, timed out, or refused.
    #[error("{0}")]
    Transport(String),
}

/// Makes requests, on several threads if need be.
pub struct Client {
    agent: Agent,
    longest: Duration,
    /// When a host was asked last, or will be by who waits for it.
    asked: Mutex<BTreeMap<String, Instant>>,
}

enum Again {
    /// It may be better in a while: after so long.
    Later(Failure, Option<Duration>),
    Never(Failure),
}

impl Client {
    /// Returns a client that has asked nobody yet.
    pub fn new() -> Client {
        Client::with(LONGEST, TlsConfig::default())
    }

    fn with(longest: Duration, tls: TlsConfig) -> Client {
        let config = Agent::config_builder()
            .timeout_global(Some(longest))
            .tls_config(tls)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(AGENT)
            .build();
        Client { agent: config.into(), longest, asked: Mutex::default() }
    }

    /// Returns the body of an address, asking its host at most once in `pause`. A key goes in a header or the query.
    pub fn get(&self, address: &str, key: Option<(Sending, &str)>, pause: Duration) -> Result<Vec<u8>, Failure> {
        let (address, header) = match key {
            None => (address.to_owned(), None),
            Some((Sending::Header(name, words), key)) => (address.to_owned(), Some((name, format!("{words}{key}")))),
            Some((Sending::Query(name), key)) => {
                let join = if address.contains('?') { '&' } else { '?' };
                (format!("{address}{join}{name}={key}"), None)
            }
        };
        let header = header.as_ref().map(|(name, value)| (*name, value.as_str()));
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.follow(&address, header, pause) {
                Ok(body) => return Ok(body),
                Err(Again::Never(failure)) => return Err(failure),
                Err(Again::Later(failure, _)) if attempt == ATTEMPTS => return Err(failure),
                Err(Again::Later(_, Some(wait))) => std::thread::sleep(wait),
                Err(Again::Later(..)) => std::thread::sleep(Duration::from_millis((250 << attempt) + jitter())),
            }
        }
    }

    fn follow(&self, address: &str, key: Option<(&str, &str)>, pause: Duration) -> Result<Vec<u8>, Again> {
        let mut address = address.to_owned();
        for _ in 0..=REDIRECTS {
            let here = checked(&address).map_err(Again::Never)?;
            self.wait(here.host().unwrap_or_default(), pause);
            let request = self.agent.get(&address).header("Accept", "text/csv, application/json, text/plain, */*");
            let request = key.into_iter().fold(request, |request, (name, value)| request.header(name, value));
            let transport = |error| transport(error, self.longest);
            let mut response = request.call().map_err(transport)?;
            let status = response.status().as_u16();
            let header =
                |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            match status {
                200 => {
                    return response.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(transport);
                }
                301 | 302 | 303 | 307 | 308 => {
                    let to = header("location").unwrap_or_default();
                    let to = if to.starts_with('/') {
                        format!(
                            "{}://{}{to}",
                            here.scheme_str().unwrap_or("https"),
                            here.authority().map_or("", |a| a.as_str())
                        )
                    } else {
                        to
                    };
                    let next = checked(&to).map_err(Again::Never)?;
                    if next.host() != here.host() {
                        return Err(Again::Never(Failure::Elsewhere(next.host().unwrap_or_default().to_owned())));
                    }
                    address = to;
                }
                429 | 503 => {
                    let asked = header("retry-after").and_then(|text| wanted_wait(&text));
                    let words = asked.map_or_else(String::new, |seconds| format!(" (try again after {seconds} s)"));
                    let failure = if status == 429 { Failure::Busy(words) } else { Failure::Status(status) };
                    return Err(match asked {
                        Some(seconds) if seconds > PATIENCE => Again::Never(failure),
                        seconds => Again::Later(failure, seconds.map(Duration::from_secs)),
                    });
                }
                500..=599 => return Err(Again::Later(Failure::Status(status), None)),
                _ => return Err(Again::Never(Failure::Status(status))),
            }
        }
        Err(Again::Never(Failure::Circle))
    }

    /// Waits until a host may be asked: whoever comes next waits behind.
    fn wait(&self, host: &str, pause: Duration) {
        if is_loopback(host) {
            return;
        }
        let now = Instant::now();
        // Nothing fails under the lock.
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = asked.get(host).and_then(|last| last.checked_add(pause)).map_or(now, |turn| turn.max(now));
        asked.insert(host.to_owned(), turn);
        drop(asked);
        std::thread::sleep(turn - now);
    }
}

/// Returns the seconds that a `Retry-After` asks for: as a number, or until a time (RFC 9110, 10.2.3).
fn wanted_wait(text: &str) -> Option<u64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let until = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        Some(u64::try_from(until).ok()?.saturating_sub(now))
    })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns the address if it may be asked.
fn checked(address: &str) -> Result<Uri, Failure> {
    let uri: Uri = address.parse().map_err(|_| Failure::Address(address.to_owned()))?;
    let host = uri.host().ok_or_else(|| Failure::Address(address.to_owned()))?.to_owned();
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback(&host) => Ok(uri),
        _ => Err(Failure::Plain(host)),
    }
}

fn transport(error: ureq::Error, longest: Duration) -> Again {
    match error {
        ureq::Error::BodyExceedsLimit(_) => Again::Never(Failure::Large),
        ureq::Error::Timeout(_) => {
            Again::Never(Failure::Transport(format!("no whole answer within {} seconds", longest.as_secs())))
        }
        // What TLS finds wrong comes as data that cannot be; another try finds the same.
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            let words = error.to_string();
            Again::Never(match words.strip_prefix("invalid peer certificate: ") {
                Some(why) => Failure::Certificate(why.to_owned()),
                None => Failure::Transport(format!("the connection failed: {words}")),
            })
        }
        ureq::Error::Io(error) => Again::Later(Failure::Transport(format!("the connection failed: {error}")), None),
        error => Again::Never(Failure::Transport(format!("the connection failed: {error}"))),
    }
}

/// Up to a quarter of a second, so that many programs do not ask again at once.
fn jitter() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::from(since.subsec_millis()) % 250)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;

    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};
    use ureq::tls::{Certificate, RootCerts};

    use super::*;

    /// Serves each connection on a thread of its own, and returns the port.
    fn serving(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = Arc::new(serve);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serve = serve.clone();
                std::thread::spawn(move || serve(stream));
            }
        });
        port
    }

    fn heard(stream: &mut impl Read) {
        let (mut request, mut part) = (Vec::<u8>::new(), [0; 1024]);
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            match stream.read(&mut part) {
                Ok(0) | Err(_) => return,
                Ok(count) => request.extend(&part[..count]),
            }
        }
    }

    /// A site that sends a byte now and then is not waited for longer than any other, whether in its head or its body.
    #[test]
    fn a_slow_site_is_given_up_after_the_time_of_one_request() {
        for head in ["HTTP/1.1 200 OK\r\nX-Slow: ", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] {
            let port = serving(move |mut stream| {
                heard(&mut stream);
                let _ = stream.write_all(head.as_bytes());
                while stream.write_all(b"H").is_ok() {
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            let client = Client::with(Duration::from_secs(1), TlsConfig::default());
            let begun = Instant::now();
            let failure = client.get(&format!("http://127.0.0.1:{port}/"), None, Duration::ZERO).unwrap_err();
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            assert_eq!(failure.to_string(), "no whole answer within 1 seconds", "{head}");
        }
    }

    /// Packed answers are unpacked, and bounded by what comes out of them.
    #[test]
    fn packed_answers_are_read_and_bounded() {
        let answer = |bytes: usize| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&vec![b'x'; bytes]).unwrap();
            let packed = packed.finish().unwrap();
            let port = serving(move |mut stream| {
                heard(&mut stream);
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&packed));
            });
            Client::new().get(&format!("http://127.0.0.1:{port}/"), None, Duration::ZERO)
        };
        assert_eq!(answer(100_000).unwrap(), vec![b'x'; 100_000]);
        let large = usize::try_from(LARGEST).unwrap() + 1;
        assert_eq!(answer(large).unwrap_err().to_string(), "the answer is larger than 32 MB");
    }

    /// A site with a certificate of a test's own authority, until a year.
    fn tls(authority: &rcgen::Issuer<'_, rcgen::KeyPair>, name: &str, until: i32) -> u16 {
        let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = Arc::new(versions.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap());
        serving(move |stream| {
            let Ok(connection) = ServerConnection::new(config.clone()) else { return };
            let mut stream = StreamOwned::new(connection, stream);
            heard(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            let _ = stream.flush();
        })
    }

    /// A certificate that ended, is of another site, or is of nobody known.
    #[test]
    fn a_certificate_that_cannot_be_verified_is_refused_at_once() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let authority = rcgen::Issuer::new(params, key);
        let known = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[Certificate::from_der(root.der()).to_owned()]))
            .build();
        let asked = |port: u16, tls: TlsConfig| {
            let client = Client::with(Duration::from_secs(5), tls);
            client
                .get(&format!("https://localhost:{port}/"), None, Duration::ZERO)
                .map_err(|failure| failure.to_string())
        };
        assert_eq!(asked(tls(&authority, "localhost", 4000), known.clone()), Ok(b"ok".to_vec()));
        for (name, until, roots, words) in [
            ("localhost", 2021, known.clone(), "expired"),
            ("example.org", 4000, known, "not valid for"),
            ("localhost", 4000, TlsConfig::default(), "UnknownIssuer"),
        ] {
            let said = asked(tls(&authority, name, until), roots).unwrap_err();
            assert!(said.starts_with("its certificate is not accepted (") && said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn a_host_is_asked_by_one_thread_after_the_other() {
        let client = Client::new();
        let pause = Duration::from_millis(60);
        let start = Instant::now();
        std::thread::scope(|scope| {
            for host in ["a.example", "a.example", "a.example", "b.example", "localhost"] {
                let client = &client;
                scope.spawn(move || client.wait(host, pause));
            }
        });
        assert!(start.elapsed() >= 2 * pause);
    }
}
