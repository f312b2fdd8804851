//! A loopback server that misbehaves on request. Plain sockets, so that it can cut bodies,
//! reset connections and lie about lengths.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How a path answers.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Status, headers, body; with the right length.
    Plain(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// 200 with this body and an entity tag; 304 when the tag comes back.
    Tagged(&'static str, Vec<u8>),
    /// Promises this many bytes more than it sends, then closes.
    Short(Vec<u8>, usize),
    /// A chunked body without end.
    Endless,
    /// A gzip body.
    Gzip(Vec<u8>),
    /// One byte, and then silence for so long.
    Drip(Duration),
    /// Says again and again that an answer is to come (RFC 9110, 15.2), at once or after a pause.
    Early(Duration),
    /// 200 with this JSON after a while.
    Late(Duration, Vec<u8>),
    /// Closes with a reset before any answer.
    Reset,
}

/// A request as received.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Path and query.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    /// Answers by path and query; the last one repeats.
    script: BTreeMap<String, Vec<Answer>>,
    seen: Vec<Seen>,
    /// Requests that are under way, and the most that were at one time.
    under_way: (usize, usize),
}

/// The server; ends with the runtime.
#[derive(Clone)]
pub(crate) struct Faulty {
    state: Arc<Mutex<State>>,
    address: std::net::SocketAddr,
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Answer {
    Answer::Plain(200, vec![("content-type", "application/json".to_owned())], body.into())
}

/// A small gzip body that unpacks to 8 MiB of zeros.
pub(crate) fn bomb() -> Answer {
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("content-encoding", "gzip".to_owned()),
    ];
    Answer::Plain(200, headers, gzip(&vec![0; 8 << 20]))
}

pub(crate) fn status(status: u16) -> Answer {
    Answer::Plain(status, vec![], format!("error {status}").into_bytes())
}

impl Faulty {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { state, address }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn url(&self, path: &str) -> url::Url {
        self.base().parse::<url::Url>().unwrap().join(path).unwrap()
    }

    /// Sets the answers of a path, in order; the last one repeats.
    pub(crate) fn script(&self, target: &str, answers: Vec<Answer>) {
        self.state.lock().unwrap().script.insert(target.to_owned(), answers);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// How many requests were under way at one time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.state.lock().unwrap().under_way.1
    }

    pub(crate) fn count(&self, target: &str) -> usize {
        self.seen().iter().filter(|seen| seen.target == target).count()
    }
}

async fn serve(socket: TcpStream, state: Arc<Mutex<State>>) {
    let mut socket = BufReader::new(socket);
    let mut line = String::new();
    if socket.read_line(&mut line).await.unwrap_or(0) == 0 {
        return;
    }
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.unwrap_or(0) <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let tag = headers.get("if-none-match").cloned();
    let answer = {
        let mut state = state.lock().unwrap();
        state.seen.push(Seen { target: target.clone(), headers });
        state.under_way.0 += 1;
        state.under_way.1 = state.under_way.1.max(state.under_way.0);
        match state.script.get_mut(&target) {
            None => status(404),
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers.first().cloned().unwrap_or_else(|| status(404)),
        }
    };
    // The other side may hang up at any time; that is what the tests are about.
    let _ = reply(socket.into_inner(), answer, tag).await;
    state.lock().unwrap().under_way.0 -= 1;
}

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn whole(
    socket: &mut TcpStream,
    status: u16,
    headers: &[(&str, String)],
    body: &[u8],
    promised: usize,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value.as_str(), "\r\n"]);
    }
    if status != 304 {
        head.extend(["content-length: ", &promised.to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body).await?;
    socket.shutdown().await
}

async fn reply(mut socket: TcpStream, answer: Answer, tag: Option<String>) -> std::io::Result<()> {
    let json = || ("content-type", "application/json".to_owned());
    match answer {
        Answer::Plain(status, headers, body) => {
            whole(&mut socket, status, &headers, &body, body.len()).await
        }
        Answer::Tagged(known, _) if tag.as_deref() == Some(known) => {
            whole(&mut socket, 304, &[], b"", 0).await
        }
        Answer::Tagged(known, body) => {
            let headers = [json(), ("etag", known.to_owned())];
            whole(&mut socket, 200, &headers, &body, body.len()).await
        }
        Answer::Short(body, missing) => {
            whole(&mut socket, 200, &[json()], &body, body.len() + missing).await
        }
        Answer::Gzip(body) => {
            let body = gzip(&body);
            let headers = [json(), ("content-encoding", "gzip".to_owned())];
            whole(&mut socket, 200, &headers, &body, body.len()).await
        }
        Answer::Late(wait, body) => {
            tokio::time::sleep(wait).await;
            whole(&mut socket, 200, &[json()], &body, body.len()).await
        }
        Answer::Endless => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
            socket.write_all(head.as_bytes()).await?;
            let piece = vec![b' '; 4096];
            loop {
                socket.write_all(b"1000\r\n").await?;
                socket.write_all(&piece).await?;
                socket.write_all(b"\r\n").await?;
            }
        }
        Answer::Drip(silence) => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[";
            socket.write_all(head.as_bytes()).await?;
            tokio::time::sleep(silence).await;
            Ok(())
        }
        Answer::Early(pause) => loop {
            socket.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").await?;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        },
        Answer::Reset => {
            // Closing with unread input makes the kernel send a reset.
            drop(socket);
            Ok(())
        }
    }
}
