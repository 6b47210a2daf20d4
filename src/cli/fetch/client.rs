//! Requests: https only unless the host is this machine, bounded in size, time and redirects, polite, and repeated where
//! that helps.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::sources::Sending;
use ureq::Agent;
use ureq::http::Uri;

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
    /// Broken off, timed out, refused, or a certificate that cannot be verified.
    #[error("{0}")]
    Transport(String),
}

/// Makes requests, on several threads if need be.
pub struct Client {
    agent: Agent,
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
        let config = Agent::config_builder()
            .timeout_global(Some(LONGEST))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(AGENT)
            .build();
        Client { agent: config.into(), asked: Mutex::default() }
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

fn transport(error: ureq::Error) -> Again {
    match error {
        ureq::Error::BodyExceedsLimit(_) => Again::Never(Failure::Large),
        ureq::Error::Timeout(_) => {
            Again::Never(Failure::Transport(format!("no whole answer within {} seconds", LONGEST.as_secs())))
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
    use super::*;

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
