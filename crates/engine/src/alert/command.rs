//! A program of the deployment's own, which reads JSON.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Alert, json};

const TIMEOUT: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs a program with the alert on its standard input, and ends it when it takes too long.
pub(super) async fn run(command: &[String], alert: &Alert) -> Result<(), String> {
    let (command, input) = (command.to_vec(), json(alert));
    tokio::task::spawn_blocking(move || run_to_end(&command, input, TIMEOUT))
        .await
        .unwrap_or_else(|_| Err("the thread of the program ended unexpectedly".to_owned()))
}

fn run_to_end(command: &[String], input: Vec<u8>, timeout: Duration) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("no program is named".to_owned());
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // On a thread: a program that does not read must not hold us up. Nor need it read.
        thread::spawn(move || stdin.write_all(&input));
    }
    let said = child.stderr.take().map(|stderr| {
        thread::spawn(move || {
            let mut said = Vec::new();
            // Errors leave what was read until then.
            let _ = stderr.take(4_096).read_to_end(&mut said);
            said
        })
    });
    let status = wait(&mut child, timeout)
        .map_err(|error| format!("{program}: {error}"))?
        .ok_or_else(|| format!("{program} took more than {} s and was ended", timeout.as_secs()))?;
    if status.success() {
        return Ok(());
    }
    let said = said.and_then(|said| said.join().ok()).unwrap_or_default();
    Err(format!("{program} ended with {status}: {}", crate::fetch::excerpt(&said)))
}

/// None when it had to be ended.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > timeout {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> Result<(), String> {
        let command = ["sh", "-c", script].map(str::to_owned);
        run_to_end(&command, b"{\"to\":\"failing\"}".to_vec(), timeout)
    }

    #[test]
    fn a_program_reads_the_alert_and_its_failure_is_told() {
        let long = Duration::from_secs(20);
        assert_eq!(shell("grep -q failing", long), Ok(()));
        assert_eq!(
            shell("echo 'no such room' >&2; exit 3", long).unwrap_err(),
            "sh ended with exit status: 3: no such room"
        );
        assert_eq!(shell("exit 0", long), Ok(()), "one that does not read");
        let slow = shell("exec sleep 20", Duration::from_millis(50)).unwrap_err();
        assert!(slow.contains("was ended"), "{slow}");
        let none = run_to_end(&["/nowhere/tell".to_owned()], Vec::new(), long).unwrap_err();
        assert!(none.starts_with("cannot start /nowhere/tell"), "{none}");
    }
}
