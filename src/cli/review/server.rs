//! The way between a browser and the session: sockets, patience and headers, on a thread of its own. The session works on
//! the thread it began on, one request after the other.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderName};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::door::{Door, LARGEST, Way};
use broaden::report::html::review::{SCRIPT, STYLE};

/// How long a client may take for the head of a request, and again for its body.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most clients whose request has not come in whole. One more, and that which has taken longest is sent away: who asks at once
/// is answered at once, however many dawdle.
const CLIENTS: usize = 64;
/// Most bytes of the head of a request.
const HEAD: usize = 16 << 10;

/// The page may show what it is sent, run its one script and ask this server; nothing else, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A request that may come in.
pub struct Asked {
    /// What it is for.
    pub way: Way,
    /// What it says.
    pub body: Bytes,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Answer>,
}

/// What goes back.
pub struct Answer {
    /// 200, unless something is wrong.
    pub status: StatusCode,
    /// Its media type.
    pub kind: &'static str,
    /// The text.
    pub body: String,
}

impl Answer {
    /// Returns an answer.
    pub fn of(kind: &'static str, body: impl Into<String>) -> Answer {
        Answer { status: StatusCode::OK, kind, body: body.into() }
    }

    /// Returns a refusal in plain words.
    pub fn no(status: StatusCode, words: impl Into<String>) -> Answer {
        Answer { status, kind: "text/plain; charset=utf-8", body: words.into() }
    }
}

/// A listener on this machine alone, at a free port, with its secrets.
///
/// # Errors
/// When the system has no port or no random numbers.
pub fn open() -> anyhow::Result<(std::net::TcpListener, Door)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("could not listen on 127.0.0.1")?;
    listener.set_nonblocking(true).context("could not listen on 127.0.0.1")?;
    let door = Door::new(listener.local_addr().context("could not listen on 127.0.0.1")?.port())?;
    Ok((listener, door))
}

/// Serves until the session is gone.
///
/// # Errors
/// When the system gives no event loop.
pub fn serve(listener: std::net::TcpListener, door: Arc<Door>, asks: &Sender<Asked>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        let mut dawdling: VecDeque<(AbortHandle, Arc<AtomicBool>)> = VecDeque::new();
        loop {
            let Ok((socket, _)) = listener.accept().await else {
                // Out of files, for one: others will be closed.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            dawdling.retain(|(client, is_in)| !client.is_finished() && !is_in.load(Relaxed));
            if dawdling.len() >= CLIENTS
                && let Some((longest, _)) = dawdling.pop_front()
            {
                longest.abort();
            }
            let (door, asks, is_in) = (Arc::clone(&door), asks.clone(), Arc::new(AtomicBool::new(false)));
            let came = Arc::clone(&is_in);
            let client = tokio::spawn(async move {
                let service = service_fn(|request| answer(request, &door, &asks, &came));
                let mut server = http1::Builder::new();
                // A request a connection: nobody holds one open, and on one machine a new one costs nothing.
                server.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEAD);
                // A client that goes away, or is too slow, is no news.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
            dawdling.push_back((client.abort_handle(), is_in));
            // Each is heard once before the next comes in.
            tokio::task::yield_now().await;
        }
    })
}

async fn answer(
    request: Request<Incoming>,
    door: &Door,
    asks: &Sender<Asked>,
    came: &AtomicBool,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    Ok(match door.ask(&head.method, &head.uri, &head.headers) {
        Err((status, words)) => response(Answer::no(status, words)),
        // Away from the address with the token, which then stands in no history and no referrer.
        Ok(Way::Enter) => {
            let mut found = response(Answer { status: StatusCode::SEE_OTHER, ..Answer::of("text/plain", "") });
            found.headers_mut().insert(header::LOCATION, header::HeaderValue::from_static("/"));
            if let Ok(cookie) = door.given().parse() {
                found.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            found
        }
        Ok(Way::Style) => response(Answer::of("text/css; charset=utf-8", STYLE)),
        Ok(Way::Script) => response(Answer::of("text/javascript; charset=utf-8", SCRIPT)),
        Ok(way) => response(ask(way, body, asks, came).await),
    })
}

/// Reads what is asked and waits for the session, however long it plans.
async fn ask(way: Way, body: Incoming, asks: &Sender<Asked>, came: &AtomicBool) -> Answer {
    let most = usize::try_from(LARGEST).unwrap_or_default();
    let body = match timeout(PATIENCE, Limited::new(body, most).collect()).await {
        Err(_) => return Answer::no(StatusCode::REQUEST_TIMEOUT, "the request came too slowly"),
        Ok(Err(_)) => return Answer::no(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large, or broke off"),
        Ok(Ok(body)) => body.to_bytes(),
    };
    came.store(true, Relaxed);
    let (reply, answer) = oneshot::channel();
    let gone = || Answer::no(StatusCode::SERVICE_UNAVAILABLE, "broaden has ended");
    if asks.send(Asked { way, body, reply }).is_err() {
        return gone();
    }
    answer.await.unwrap_or_else(|_| gone())
}

/// Puts an answer under the headers that every one has.
fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = answer.status;
    for (name, value) in [
        (header::CONTENT_TYPE, answer.kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}
