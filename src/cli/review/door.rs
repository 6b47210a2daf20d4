//! Who may come in: decided from the head of a request alone, before any of its body is read.
//!
//! What is guarded against: other pages open in the browser (they have no cookie, and their `Origin` is not ours), names that
//! are made to point at this machine (their `Host` is not ours), other programs on it (they know no token), and requests
//! that are too large.

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, StatusCode, Uri};

/// Largest body that is read.
pub const LARGEST: u64 = 64 << 10;

/// What a request that may come in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The address with the token: a cookie is given for it.
    Enter,
    /// The page.
    Page,
    /// What it looks like.
    Style,
    /// What it does.
    Script,
    /// The proposal as `advise --json` prints it.
    Proposal,
    /// A question to the session, by its place in [`ASKS`].
    Ask(&'static str),
}

/// What the page may ask.
pub const ASKS: [&str; 5] = ["plan", "more", "why", "preview", "save"];

/// The address and the secrets of a run.
pub struct Door {
    port: u16,
    token: String,
    cookie: String,
}

impl Door {
    /// Makes the secrets of a run.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new(port: u16) -> anyhow::Result<Door> {
        Ok(Door { port, token: secret()?, cookie: secret()? })
    }

    /// Returns the address to open.
    pub fn address(&self) -> String {
        format!("http://{}/?token={}", self.host(), self.token)
    }

    /// Returns the header that gives the browser its cookie. Cookies are of a host with all its ports, so its name has the port.
    pub fn given(&self) -> String {
        format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie_name(), self.cookie)
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn cookie_name(&self) -> String {
        format!("broaden-{}", self.port)
    }

    /// Says what a request is for, or why it may not come in.
    ///
    /// # Errors
    /// The status and what to say.
    pub fn ask(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Way, (StatusCode, &'static str)> {
        const NO: StatusCode = StatusCode::FORBIDDEN;
        // One `Host`, and the address of this page: a name that somebody else makes point here is none.
        if only(headers, &HOST) != Some(&self.host()) || uri.authority().is_some() {
            return Err((StatusCode::MISDIRECTED_REQUEST, "this page has another address"));
        }
        if headers.contains_key(ORIGIN) && only(headers, &ORIGIN) != Some(&format!("http://{}", self.host())) {
            return Err((NO, "a page of another origin may not ask"));
        }
        let asks = method == Method::POST;
        if !asks && method != Method::GET {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are answered"));
        }
        let token = uri.query().and_then(|query| query.strip_prefix("token="));
        if !asks && uri.path() == "/" && token.is_some_and(|token| same(token, &self.token)) {
            return Ok(Way::Enter);
        }
        if !self.has_cookie(headers) {
            return Err((NO, "open the address that `broaden review` printed: it has the token"));
        }
        // Every browser of today says where a request comes from.
        let from = only(headers, &HeaderName::from_static("sec-fetch-site"));
        if from.is_some_and(|from| from != "same-origin" && (asks || from != "none")) {
            return Err((NO, "another site may not ask"));
        }
        if asks {
            if !headers.contains_key(ORIGIN) {
                return Err((NO, "a request that asks must say its origin"));
            }
            if only(headers, &CONTENT_TYPE) != Some("application/json") {
                return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "only JSON is read"));
            }
        }
        let length = headers.get(CONTENT_LENGTH).map(|length| length.to_str().ok().and_then(|n| n.parse::<u64>().ok()));
        if length.is_some_and(|length| length.is_none_or(|length| length > LARGEST)) {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "the request is too large"));
        }
        // A list of names, and no files: no path can lead anywhere else.
        let way = match (asks, uri.path()) {
            (false, "/") => Some(Way::Page),
            (false, "/style.css") => Some(Way::Style),
            (false, "/script.js") => Some(Way::Script),
            (false, "/proposal.json") => Some(Way::Proposal),
            (false, _) => None,
            (true, path) => ASKS.into_iter().find(|name| path.strip_prefix('/') == Some(name)).map(Way::Ask),
        };
        way.ok_or((StatusCode::NOT_FOUND, "there is nothing here"))
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie_name();
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(key, value)| key == name && same(value, &self.cookie))
    }
}

/// Returns a header that stands there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// Compares without telling by its time how much is right.
fn same(given: &str, secret: &str) -> bool {
    given.len() == secret.len() && given.bytes().zip(secret.bytes()).fold(0, |all, (one, two)| all | (one ^ two)) == 0
}

/// Returns 256 random bits in letters and digits.
fn secret() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the system gives no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door() -> Door {
        Door { port: 4000, token: "t0".repeat(32), cookie: "c0".repeat(32) }
    }

    /// Asks with the headers of the page itself, some of them others or left out.
    fn ask(method: Method, uri: &str, other: &[(&'static str, Option<&str>)]) -> Result<Way, u16> {
        let cookie = format!("a=b; broaden-4000={}", "c0".repeat(32));
        let mut all = vec![
            ("host", Some("127.0.0.1:4000")),
            ("origin", Some("http://127.0.0.1:4000")),
            ("cookie", Some(cookie.as_str())),
            ("content-type", Some("application/json")),
            ("sec-fetch-site", Some("same-origin")),
        ];
        all.retain(|(name, _)| other.iter().all(|(others, _)| others != name));
        let mut headers = HeaderMap::new();
        for (name, value) in all.iter().chain(other).filter_map(|(name, value)| Some((*name, (*value)?))) {
            headers.append(name, value.parse().unwrap());
        }
        door().ask(&method, &uri.parse().unwrap(), &headers).map_err(|(status, _)| status.as_u16())
    }

    #[test]
    fn the_page_gets_what_it_asks_for() {
        assert_eq!(ask(Method::GET, "/", &[]), Ok(Way::Page));
        assert_eq!(ask(Method::GET, "/", &[("sec-fetch-site", Some("none")), ("origin", None)]), Ok(Way::Page));
        assert_eq!(ask(Method::POST, "/plan", &[]), Ok(Way::Ask("plan")));
        let (enter, none) = (format!("/?token={}", "t0".repeat(32)), &[("cookie", None), ("origin", None)]);
        assert_eq!(ask(Method::GET, &enter, none), Ok(Way::Enter));
    }

    #[test]
    fn strangers_stay_outside() {
        for host in [None, Some("evil.example:4000"), Some("127.0.0.1"), Some("localhost:4000"), Some("127.0.0.1:4001")]
        {
            assert_eq!(ask(Method::GET, "/", &[("host", host)]), Err(421), "{host:?}");
        }
        assert_eq!(
            ask(Method::GET, "/", &[("host", Some("127.0.0.1:4000")), ("host", Some("127.0.0.1:4000"))]),
            Err(421)
        );
        assert_eq!(ask(Method::GET, "http://evil.example/", &[]), Err(421));
        for origin in ["http://evil.example", "null", "https://127.0.0.1:4000", "http://127.0.0.1:4000.evil.example"] {
            assert_eq!(ask(Method::GET, "/", &[("origin", Some(origin))]), Err(403), "{origin}");
            assert_eq!(ask(Method::POST, "/save", &[("origin", Some(origin))]), Err(403), "{origin}");
        }
        assert_eq!(ask(Method::POST, "/save", &[("origin", None)]), Err(403));
        for site in ["cross-site", "same-site"] {
            assert_eq!(ask(Method::GET, "/", &[("sec-fetch-site", Some(site))]), Err(403), "{site}");
        }
        assert_eq!(ask(Method::POST, "/save", &[("sec-fetch-site", Some("none"))]), Err(403));
    }

    #[test]
    fn without_a_secret_nothing_is_answered() {
        let wrong = format!("broaden-4000={}", "c1".repeat(32));
        let other = format!("broaden-4001={}", "c0".repeat(32));
        for cookie in [None, Some("broaden-4000="), Some(&wrong), Some(&other)] {
            for path in ["/", "/style.css", "/script.js", "/proposal.json", "/?token=", "/?token=t0t0", "/nothing"] {
                assert_eq!(ask(Method::GET, path, &[("cookie", cookie)]), Err(403), "{path}");
            }
        }
        // The token is no cookie, and asks for nothing but one.
        let token = "t0".repeat(32);
        assert_eq!(ask(Method::POST, &format!("/save?token={token}"), &[("cookie", None)]), Err(403));
        assert_eq!(ask(Method::GET, &format!("/proposal.json?token={token}"), &[("cookie", None)]), Err(403));
    }

    #[test]
    fn no_path_leads_elsewhere() {
        for path in ["/../Cargo.toml", "/%2e%2e/etc/passwd", "//etc/passwd", "/style.css/../..", "/plan", "/STYLE.CSS"]
        {
            assert_eq!(ask(Method::GET, path, &[]), Err(404), "{path}");
        }
        assert_eq!(ask(Method::POST, "/", &[]), Err(404));
        assert_eq!(ask(Method::PUT, "/save", &[]), Err(405));
        assert_eq!(ask(Method::OPTIONS, "/save", &[]), Err(405));
    }

    #[test]
    fn what_is_too_large_or_no_json_is_not_read() {
        for length in ["104857600", "65537", "-1", "99999999999999999999999"] {
            assert_eq!(ask(Method::POST, "/plan", &[("content-length", Some(length))]), Err(413), "{length}");
        }
        for kind in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            assert_eq!(ask(Method::POST, "/plan", &[("content-type", kind)]), Err(415), "{kind:?}");
        }
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, two) = (secret().unwrap(), secret().unwrap());
        assert!(one.len() == 64 && one != two);
        assert!(door().given().contains("HttpOnly; SameSite=Strict"));
    }
}
