//! The providers on loopback, a deployment that asks them, and a proxy between the two.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
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

    /// `127.0.0.1:PORT` of a base URL.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = self.server.base_url("worldbank");
        let rest = url.strip_prefix("http://").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }
}

/// A deployment whose pipelines ask the loopback services, through `address` if given.
pub(crate) fn pointed_at(providers: &Providers, address: Option<SocketAddr>) -> TempDir {
    let folder = deployment();
    for (file, source) in
        [("worldbank-wdi", "worldbank"), ("undesa-egdi", "undesa"), ("unsd-sdg", "unsd")]
    {
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
