//! Alerts to a webhook and a mail server on loopback that speak as real ones do.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use wsis_config::{AlertChannel, Means};
use wsis_engine::alert::{Alert, Alerts, Contact};
use wsis_engine::fetch::guard::Guard;
use wsis_engine::freshness::Turn;
use wsis_engine::watch::Watch;
use wsis_engine::{FixedClock, Outcome, SecretLookup, Trust};

use crate::authority::Authority;
use crate::faults::status;
use crate::fetching::now;
use crate::reaching::acceptor;
use crate::station::{A, B, Station, good};

/// Everything that was sent to a server, one conversation each.
type Heard = Arc<Mutex<Vec<String>>>;

fn alert() -> Alert {
    Alert {
        version: 1,
        pipeline: "worldbank-wdi".to_owned(),
        title: "World Development Indicators\r\nBcc: everybody@example.org".to_owned(),
        agency: Contact {
            id: "worldbank".to_owned(),
            name: "World Bank\r\nBcc: everybody@example.org".to_owned(),
            contact: "https://datahelpdesk.worldbank.org".to_owned(),
        },
        from: Some("fresh".to_owned()),
        to: "source_down".to_owned(),
        since: "2026-07-08T03:30:00Z".parse::<DateTime<Utc>>().unwrap(),
        turn: Turn::Agency,
        basis: None,
        reason: "2 of 2 requests failed: connection refused".to_owned(),
        run: Some("0193".to_owned()),
    }
}

pub(crate) fn channel(id: &str, how: Means) -> AlertChannel {
    AlertChannel { id: id.to_owned(), states: Vec::new(), pipelines: Vec::new(), how }
}

pub(crate) fn alerts(channels: Vec<AlertChannel>) -> Alerts {
    let secrets: SecretLookup = Arc::new(|name: &str| {
        let known = [("HOOK_KEY", "Jefe"), ("MAIL_LOGIN", "wsis:hunter2")];
        known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    });
    let own = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    Alerts::new(channels, Arc::new(FixedClock::new(now())), secrets).guarded(Guard::new(&own, &own))
}

/// A service that takes a POST and answers with these, the last one again and again.
pub(crate) async fn webhook(answers: &[u16]) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook/secret-path", listener.local_addr().unwrap());
    let heard = Heard::default();
    let (kept, mut answers) = (Arc::clone(&heard), answers.to_vec());
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = BufReader::new(socket);
            let mut request = String::new();
            let mut length = 0;
            loop {
                let mut line = String::new();
                socket.read_line(&mut line).await.unwrap();
                if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = text.trim().parse().unwrap();
                }
                request.push_str(&line);
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            socket.read_exact(&mut body).await.unwrap();
            request.push_str(&String::from_utf8(body).unwrap());
            kept.lock().unwrap().push(request);
            let code = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
            let answer =
                format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, heard)
}

/// How a mail server answers.
#[derive(Clone, Default)]
struct Manner {
    /// To the receiver, if it refuses.
    refuse: Option<&'static str>,
    /// In TLS from the first byte.
    wrapped: Option<TlsAcceptor>,
    /// In TLS after STARTTLS, which it asks for.
    upgraded: Option<TlsAcceptor>,
}

/// A mail server, its port, and what it heard.
async fn mail_server(manner: Manner) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            // One who does not believe our certificate hangs up.
            let Ok(talk) = serve(socket, &manner).await else { continue };
            kept.lock().unwrap().push(talk);
        }
    });
    (port, heard)
}

async fn serve(socket: TcpStream, manner: &Manner) -> std::io::Result<String> {
    let greet = "220 mail.example ready\r\n";
    if let Some(acceptor) = &manner.wrapped {
        let mut socket = acceptor.accept(socket).await?;
        socket.write_all(greet.as_bytes()).await?;
        return Ok(format!("[TLS]{}", converse(socket, manner).await?.0));
    }
    let mut socket = socket;
    socket.write_all(greet.as_bytes()).await?;
    let (before, socket) = converse(socket, manner).await?;
    match (&manner.upgraded, before.ends_with("STARTTLS\r\n")) {
        (Some(acceptor), true) => {
            let socket = acceptor.accept(socket).await?;
            let inner = Manner { refuse: manner.refuse, ..Manner::default() };
            Ok(format!("{before}[TLS]{}", converse(socket, &inner).await?.0))
        }
        _ => Ok(before),
    }
}

/// One conversation of RFC 5321 (RFC 3207 for STARTTLS), as far as a sender of one mail needs it.
async fn converse<S>(socket: S, manner: &Manner) -> std::io::Result<(String, S)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = BufReader::new(socket);
    let (mut talk, mut in_data) = (String::new(), false);
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await? == 0 {
            return Ok((talk, socket.into_inner()));
        }
        talk.push_str(&line);
        let word = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            _ if in_data && line == ".\r\n" => {
                in_data = false;
                "250 kept"
            }
            _ if in_data => continue,
            "EHLO" if manner.upgraded.is_some() => "250-mail.example\r\n250 STARTTLS",
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
            "STAR" if manner.upgraded.is_some() => "220 go ahead",
            "STAR" => "502 not here",
            "AUTH" => "235 welcome",
            "RCPT" => manner.refuse.unwrap_or("250 known"),
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        socket.write_all(format!("{answer}\r\n").as_bytes()).await?;
        socket.flush().await?;
        if word == "STAR" {
            return Ok((talk, socket.into_inner()));
        }
    }
}

fn mail(server: String, to: &[&str], secret_env: Option<&str>) -> AlertChannel {
    let how = Means::Mail {
        server,
        from: "wsis@agency.example".to_owned(),
        to: to.iter().map(|&to| to.to_owned()).collect(),
        secret_env: secret_env.map(str::to_owned),
    };
    channel("mail", how)
}

#[tokio::test]
async fn a_webhook_gets_signed_json_and_is_tried_again() {
    let (url, heard) = webhook(&[500, 200]).await;
    let secret_env = Some("HOOK_KEY".to_owned());
    let how = Means::Webhook { url: url.parse().unwrap(), secret_env };
    let deliveries = alerts(vec![channel("ops", how)]).send(&alert()).await;
    assert_eq!(deliveries[0].result, Ok(()));
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard.len(), 2, "once more after a 500");
    let (head, body) = heard[1].split_once("\r\n\r\n").unwrap();
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["version"], 1);
    assert_eq!(told["to"], "source_down");
    assert_eq!(told["turn"], "agency");
    assert_eq!(told["since"], "2026-07-08T03:30:00Z");
    assert_eq!(told["agency"]["id"], "worldbank");
    // Checked by another implementation of HMAC.
    let signed = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", "Jefe", "-hex"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .and_then(|mut child| {
            std::io::Write::write_all(&mut child.stdin.take().unwrap(), body.as_bytes())?;
            child.wait_with_output()
        })
        .unwrap();
    let digits = String::from_utf8(signed.stdout).unwrap();
    let digits = digits.trim().rsplit(' ').next().unwrap();
    assert!(head.contains(&format!("x-wsis-signature: sha256={digits}")), "{head}");
}

#[tokio::test]
async fn a_channel_that_fails_is_told_and_keeps_no_other_from_its_turn() {
    let (refusing, refused) = webhook(&[404]).await;
    let (down, tried) = webhook(&[503]).await;
    let (good, heard) = webhook(&[204]).await;
    let hook = |url: &str| Means::Webhook { url: url.parse().unwrap(), secret_env: None };
    let missing = Some("NO_SUCH_KEY".to_owned());
    let keyless = Means::Webhook { url: good.parse().unwrap(), secret_env: missing };
    let closed = hook("http://127.0.0.1:9/secret-path");
    let sent = alerts(vec![
        channel("refusing", hook(&refusing)),
        channel("down", hook(&down)),
        channel("closed", closed),
        channel("keyless", keyless),
        channel("good", hook(&good)),
    ])
    .send(&alert())
    .await;
    let why = |at: usize| sent[at].result.clone().unwrap_err();
    assert_eq!(why(0), "127.0.0.1 answered 404 Not Found to attempt 1");
    assert_eq!(why(1), "127.0.0.1 answered 503 Service Unavailable to attempt 3");
    assert!(why(2).contains("refused") && why(2).contains("attempt 3"), "{}", why(2));
    assert!(sent.iter().all(|it| !format!("{it:?}").contains("secret-path")), "{sent:?}");
    assert_eq!(
        why(3),
        "environment variable NO_SUCH_KEY is not set, or it or the file of NO_SUCH_KEY_FILE is empty"
    );
    assert_eq!(sent[4].result, Ok(()));
    let count = |heard: &Heard| heard.lock().unwrap().len();
    assert_eq!((count(&refused), count(&tried), count(&heard)), (1, 3, 1));
}

#[tokio::test]
async fn a_mail_tells_what_since_when_whose_turn_and_what_to_do() {
    let (port, heard) = mail_server(Manner::default()).await;
    let to = ["one@agency.example", "Two <two@agency.example>"];
    let channel = mail(format!("smtp://127.0.0.1:{port}"), &to, Some("MAIL_LOGIN"));
    let sent = alerts(vec![channel]).send(&alert()).await;
    assert_eq!(sent[0].result, Ok(()));
    while heard.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let talk = heard.lock().unwrap()[0].clone();
    assert!(talk.contains("AUTH PLAIN "), "{talk}");
    assert!(talk.contains("RCPT TO:<one@agency.example>"), "{talk}");
    assert!(talk.contains("RCPT TO:<two@agency.example>"), "{talk}");
    let data = talk.split_once("DATA\r\n").unwrap().1;
    let (head, body) = data.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ");
    let subject = unfolded.lines().find(|line| line.starts_with("Subject: ")).unwrap();
    assert!(
        subject.starts_with("Subject: [wsis] worldbank-wdi: source down since 2026-07-08"),
        "{subject}"
    );
    assert!(!unfolded.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(!talk.contains("RCPT TO:<everybody@example.org>"), "{talk}");
    for words in [
        "State      source down, before: fresh",
        "Since      2026-07-08 03:30 UTC",
        "Why        2 of 2 requests failed: connection refused",
        "https://datahelpdesk.worldbank.org",
        "To look    wsis runs 0193",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
}

#[tokio::test]
async fn a_mail_that_is_refused_says_what_the_server_says() {
    let manner = Manner { refuse: Some("550 no such user here"), ..Manner::default() };
    let (port, _) = mail_server(manner).await;
    let to = |server: String| mail(server, &["gone@agency.example"], None);
    let channels = [format!("smtp://127.0.0.1:{port}"), "smtp://127.0.0.1:9".to_owned()].map(to);
    let sent = alerts(channels.into()).send(&alert()).await;
    let why = |at: usize| sent[at].result.clone().unwrap_err();
    assert!(why(0).contains("no such user here"), "{}", why(0));
    assert!(why(1).contains("smtp://127.0.0.1:9: "), "{}", why(1));
}

/// Mail in TLS from the first byte and by STARTTLS, and a webhook's https: with an authority of
/// the agency's own, which must be declared. The login goes over the wire in TLS only.
#[tokio::test]
async fn mail_servers_are_spoken_to_in_tls_and_an_authority_of_ones_own_is_declared() {
    let authority = Authority::new();
    let acceptor = acceptor(&authority);
    let wrapped = Manner { wrapped: Some(acceptor.clone()), ..Manner::default() };
    let upgraded = Manner { upgraded: Some(acceptor), ..Manner::default() };
    for (manner, scheme, asked) in [(wrapped, "smtps", ""), (upgraded, "smtp", "?tls=required")] {
        let (port, heard) = mail_server(manner).await;
        let server = format!("{scheme}://localhost:{port}{asked}");
        let channel = mail(server, &["one@agency.example"], Some("MAIL_LOGIN"));
        let sent = alerts(vec![channel.clone()]).send(&alert()).await;
        let why = sent[0].result.clone().unwrap_err();
        assert!(why.contains("certificate"), "{why}");
        let trust = Trust::from_pem(authority.pem().as_bytes()).unwrap();
        let sent = alerts(vec![channel]).trusting(trust).send(&alert()).await;
        assert_eq!(sent[0].result, Ok(()), "{scheme}");
        while heard.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let talk = heard.lock().unwrap()[0].clone();
        let (clear, secret) = talk.split_once("[TLS]").unwrap();
        assert!(!clear.contains("AUTH") && !clear.contains("MAIL FROM"), "{clear}");
        assert!(secret.contains("AUTH PLAIN ") && secret.contains("DATA\r\n"), "{secret}");
    }
}

#[tokio::test]
async fn a_mail_server_without_tls_is_refused_when_tls_is_asked_for() {
    let (port, heard) = mail_server(Manner::default()).await;
    let server = format!("smtp://localhost:{port}?tls=required");
    let sent = alerts(vec![mail(server, &["one@agency.example"], Some("MAIL_LOGIN"))])
        .send(&alert())
        .await;
    let why = sent[0].result.clone().unwrap_err();
    assert!(why.contains("STARTTLS"), "{why}");
    assert!(heard.lock().unwrap().iter().all(|talk| !talk.contains("AUTH")), "no login in clear");
}

#[tokio::test]
async fn an_alert_is_sent_once_per_change_of_state_and_not_per_run() {
    let (url, heard) = webhook(&[200]).await;
    let mut station = Station::new().await;
    station.deployment.pipelines[0].timeout_s = 5;
    station.deployment.workspace.fetch.retries = 0;
    let gone = || vec![good(A), status(500), status(500), status(500), good(A)];
    station.script(A, 1, gone());
    station.script(B, 1, vec![good(B), status(500), status(500), status(500), good(B)]);
    let engine = station.engine();
    let how = Means::Webhook { url: url.parse().unwrap(), secret_env: None };
    let clock: Arc<FixedClock> = Arc::clone(&station.clock);
    let watch = Watch::new(
        engine.pipelines().to_vec(),
        station.deployment.workspace.clone(),
        Arc::clone(engine.ledger()),
        clock,
        alerts(vec![channel("ops", how)]),
    );
    let mut states = Vec::new();
    for _ in 0..5 {
        let outcome = station.run().await.outcome;
        let found = watch.look("wdi").await.unwrap().unwrap();
        states.push((outcome, found.state.code()));
        watch.look_at_all().await.unwrap();
    }
    let down = (Outcome::Failed, "source_down");
    let (first, last) = ((Outcome::Committed, "fresh"), (Outcome::Unchanged, "fresh"));
    assert_eq!(states, [first, down, down, down, last]);
    let told: Vec<String> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|request| {
            let body = request.split_once("\r\n\r\n").unwrap().1;
            let told: serde_json::Value = serde_json::from_str(body).unwrap();
            format!("{} to {}", told["from"], told["to"])
        })
        .collect();
    assert_eq!(told, ["\"fresh\" to \"source_down\"", "\"source_down\" to \"fresh\""]);
}

/// Webhooks and mail servers on a network of ones own are declared like sources, also where only
/// the name leads there; nothing is sent to one that is not.
#[tokio::test]
async fn trial_x11_webhooks_and_mail_servers_are_under_the_guard_of_sources() {
    let (url, heard) = webhook(&[200]).await;
    let (port, mails) = mail_server(Manner::default()).await;
    let hook = |url: &str| Means::Webhook { url: url.parse().unwrap(), secret_env: None };
    let mail_to = |host: &str| mail(format!("smtp://{host}:{port}"), &["a@b.example"], None);
    let sent = |guard: Guard| {
        let channels = vec![
            channel("hook", hook(&url)),
            mail_to("127.0.0.1"),
            mail_to("localhost"),
            channel("metadata", hook("https://169.254.169.254/latest/meta-data")),
            channel("mapped", hook("https://[::ffff:10.0.0.1]/")),
        ];
        async move { alerts(channels).guarded(guard).send(&alert()).await }
    };
    let http = ["127.0.0.1".to_owned()];
    for told in sent(Guard::new(&http, &[])).await {
        let why = told.result.unwrap_err();
        assert!(why.contains("add it to allow_private"), "{}: {why}", told.channel);
        assert!(!why.contains("attempt"), "asked again: {why}");
    }
    assert!(heard.lock().unwrap().is_empty() && mails.lock().unwrap().is_empty());
    let own = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let told = sent(Guard::new(&own, &own)).await;
    assert!(told[..3].iter().all(|it| it.result.is_ok()), "{told:?}");
    assert!(told[3..].iter().all(|it| it.result.is_err()), "{told:?}");
}

#[tokio::test]
async fn trial_r17_well_again_is_told_for_every_well_state() {
    let (url, heard) = webhook(&[200]).await;
    let how = || Means::Webhook { url: url.parse().unwrap(), secret_env: None };
    let mut only = channel("only", how());
    only.states = vec!["failing".to_owned()];
    let alerts = alerts(vec![only]);
    for (from, to, told) in [
        ("fresh", "failing", true),
        ("failing", "due", true),
        ("failing", "fresh", true),
        ("due", "fresh", false),
        ("overdue", "fresh", false),
        ("failing", "overdue", false),
    ] {
        heard.lock().unwrap().clear();
        let alert = Alert { from: Some(from.to_owned()), to: to.to_owned(), ..alert() };
        alerts.send(&alert).await;
        assert_eq!(!heard.lock().unwrap().is_empty(), told, "{from} to {to}");
    }
}

/// A service that is out of order for a while, and a program that ends in between.
#[tokio::test]
async fn trial_r18_an_alert_outlives_an_outage_of_its_channel_and_the_end_of_the_program() {
    let (url, heard) = webhook(&[503, 503, 503, 200]).await;
    let mut station = Station::new().await;
    station.deployment.workspace.fetch.retries = 0;
    for code in [A, B] {
        station.script(code, 1, vec![good(code), status(500)]);
    }
    let watch = |station: &Station| {
        let engine = station.engine();
        let how = Means::Webhook { url: url.parse().unwrap(), secret_env: None };
        let clock: Arc<FixedClock> = Arc::clone(&station.clock);
        Watch::new(
            engine.pipelines().to_vec(),
            station.deployment.workspace.clone(),
            Arc::clone(engine.ledger()),
            clock,
            alerts(vec![channel("ops", how)]),
        )
    };
    station.run().await;
    watch(&station).look("wdi").await.unwrap();
    assert_eq!(station.run().await.outcome, Outcome::Failed);
    watch(&station).look("wdi").await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 3, "in vain");
    assert_eq!(station.ledger().alerts_waiting().unwrap(), 1);
    // Another program, later; not before its time.
    let later = watch(&station);
    assert_eq!(later.tell().await.unwrap(), 1);
    assert_eq!(heard.lock().unwrap().len(), 3);
    station.clock.advance(std::time::Duration::from_mins(2));
    assert_eq!(later.tell().await.unwrap(), 0);
    assert_eq!(heard.lock().unwrap().len(), 4);
    let body = heard.lock().unwrap()[3].split_once("\r\n\r\n").unwrap().1.to_owned();
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&told["from"], &told["to"]), (&"fresh".into(), &"source_down".into()));
    station.clock.advance(std::time::Duration::from_hours(2));
    assert_eq!(later.tell().await.unwrap(), 0);
    assert_eq!(heard.lock().unwrap().len(), 4, "told once");
}
