//! The providers on loopback, a deployment that asks them, and a proxy between the two.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use wsis_upstream::{Options, Server};

use crate::program::deployment;

/// The providers on loopback, alive as long as the value.
pub(crate) struct Providers {
    _runtime: tokio::runtime::Runtime,
    server: Server,
}

impl Providers {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = runtime.block_on(Server::start(Options::default())).unwrap();
        Self { _runtime: runtime, server }
    }

    /// The root of a provider's protocol.
    pub(crate) fn base_url(&self, source: &str) -> String {
        self.server.base_url(source)
    }

    /// `127.0.0.1:PORT` of a base URL.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = self.server.base_url("worldbank");
        let rest = url.strip_prefix("http://").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }
}

/// Three protocols are enough here: the other pipelines would ask the world.
const KEPT: [(&str, &str); 3] =
    [("worldbank-wdi", "worldbank"), ("undesa-egdi", "undesa"), ("unsd-sdg", "unsd")];

/// A deployment whose pipelines ask the loopback services, through `address` if given.
pub(crate) fn pointed_at(providers: &Providers, address: Option<SocketAddr>) -> TempDir {
    let folder = deployment();
    for entry in std::fs::read_dir(folder.path().join("pipelines")).unwrap() {
        let path = entry.unwrap().path();
        let id = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if !KEPT.iter().any(|(kept, _)| *kept == id) {
            std::fs::remove_file(&path).unwrap();
        }
    }
    for (file, source) in KEPT {
        let mut url = providers.server.base_url(source);
        if let Some(address) = address {
            url = url.replace(&providers.address().to_string(), &address.to_string());
        }
        set(
            &folder.path().join(format!("pipelines/{file}.toml")),
            "base_url",
            &format!("\"{url}\""),
        );
    }
    let workspace = folder.path().join("workspace.toml");
    set(&workspace, "allow_http", "[\"127.0.0.1\"]");
    set(&workspace, "allow_private", "[\"127.0.0.1\"]");
    folder
}

/// Sets a top-level key of a TOML file that has the key on a line of its own.
pub(crate) fn set(file: &Path, key: &str, value: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut done = false;
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if !done && line.split('=').next().unwrap().trim() == key {
                done = true;
                return format!("{key} = {value}");
            }
            line.to_owned()
        })
        .collect();
    assert!(done, "{} has no {key}", file.display());
    std::fs::write(file, lines.join("\n")).unwrap();
}

/// Passes connections on to `target` and holds each answer back for a while.
pub(crate) fn slow_proxy(target: SocketAddr, delay: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(target).unwrap());
            let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || pass_on(client, to_server, Duration::ZERO));
            std::thread::spawn(move || pass_on(server, to_client, delay));
        }
    });
    address
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        std::thread::sleep(delay);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _closed_already = to.shutdown(Shutdown::Both);
}

/// Passes connections on to a server until it is told to say nothing any more: then it takes
/// connections and everything that is sent, and answers nobody.
pub(crate) struct Silencer {
    pub(crate) address: SocketAddr,
    is_silent: Arc<AtomicBool>,
}

impl Silencer {
    pub(crate) fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_silent = Arc::new(AtomicBool::new(false));
        let silent = Arc::clone(&is_silent);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for client in listener.incoming() {
                let client = client.unwrap();
                if silent.load(Ordering::SeqCst) {
                    held.push(client);
                    continue;
                }
                let server = TcpStream::connect(target).unwrap();
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to) in [(client, server), back] {
                    let silent = Arc::clone(&silent);
                    std::thread::spawn(move || pass_on_unless(&silent, from, to));
                }
            }
        });
        Self { address, is_silent }
    }

    pub(crate) fn say_nothing(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }
}

fn pass_on_unless(silent: &AtomicBool, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read) = from.read(&mut buffer) {
        if silent.load(Ordering::SeqCst) {
            if read == 0 {
                // Open, so that the other side goes on waiting.
                std::thread::sleep(Duration::from_mins(5));
                return;
            }
            continue;
        }
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _closed_already = to.shutdown(Shutdown::Both);
}

/// Answers every request with one body, and counts them.
pub(crate) fn serve_always(body: Vec<u8>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4_096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match client.read(&mut buffer) {
                    Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            count.fetch_add(1, Ordering::SeqCst);
            let length = body.len();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _gone = client.write_all(head.as_bytes()).and_then(|()| client.write_all(&body));
        }
    });
    (address, asked)
}
