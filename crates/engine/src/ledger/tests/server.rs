//! A PostgreSQL of a test's own, from Debian's package, gone when the test is.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The only user of the server.
const USER: &str = "wsis";

pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    child: Child,
    programs: PathBuf,
}

impl Server {
    /// None, said aloud, where PostgreSQL is not installed; CI has it.
    pub(crate) fn start() -> Option<Self> {
        Self::prepared(|_| {})
    }

    /// Speaks TLS with this certificate and key, both in PEM, and refuses to speak without.
    pub(crate) fn start_in_tls(certificate: &str, key: &str) -> Option<Self> {
        Self::prepared(|data| {
            let put = |name: &str, text: &str| std::fs::write(data.join(name), text).unwrap();
            put("server.crt", certificate);
            put("server.key", key);
            put("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
            let conf = std::fs::OpenOptions::new().append(true).open(data.join("postgresql.conf"));
            conf.unwrap().write_all(b"ssl = on\n").unwrap();
            let own = |program: &str, how: &str| {
                let done = Command::new(program).arg(how).arg(data.join("server.key")).status();
                assert!(done.unwrap().success());
            };
            own("chmod", "600");
            if is_root() {
                own("chown", "postgres");
            }
        })
    }

    fn prepared(change: impl FnOnce(&Path)) -> Option<Self> {
        let Some(programs) = programs() else {
            wsis_reference::leave_out("PostgreSQL (Debian package postgresql) is missing");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            // The server refuses to run as root, and its user must reach the folder.
            let status = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(status.unwrap().success());
        }
        let data = folder.path().join("data");
        let made = as_user(&programs.join("initdb"))
            .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", USER, "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        change(&data);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = serve(&programs, folder.path(), port);
        let server = Self { folder, port, child, programs };
        server.wait();
        Some(server)
    }

    pub(crate) fn address(&self, database: &str) -> String {
        self.address_with(database, "disable")
    }

    pub(crate) fn address_with(&self, database: &str, sslmode: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}?sslmode={sslmode}", self.port)
    }

    /// Ends all connections, as an upgrade does.
    pub(crate) fn restart(&mut self) {
        self.end();
        self.child = serve(&self.programs, self.folder.path(), self.port);
        self.wait();
    }

    fn wait(&self) {
        for _ in 0..600 {
            let ready = Command::new(self.programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL did not start within 30 s");
    }

    fn end(&mut self) {
        let _ = as_user(&self.programs.join("pg_ctl"))
            .args(["stop", "-s", "-m", "fast", "-D"])
            .arg(self.folder.path().join("data"))
            .status();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn serve(programs: &Path, folder: &Path, port: u16) -> Child {
    as_user(&programs.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-F", "-k"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}
