//! A program of the deployment's own, which reads JSON.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{Alert, json};

const TIMEOUT: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// For so long what it said is waited for once it and its children are gone.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Runs a program with the alert on its standard input, in a process group of its own. The group
/// is ended with it, and when it takes too long: what it leaves behind must not hold us up.
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
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // On a thread: a program that does not read must not hold us up. Nor need it read.
        thread::spawn(move || stdin.write_all(&input));
    }
    let (say, said) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || {
            let mut said = Vec::new();
            // Errors leave what was read until then.
            let _ = stderr.take(4_096).read_to_end(&mut said);
            say.send(said)
        });
    }
    let group = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    let ended = wait(&mut child, timeout);
    if let Some(group) = group {
        // That nothing of it is left is the usual case.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // Ended like the others of its group when it took too long.
    let _ = child.wait();
    let status = ended
        .map_err(|error| format!("{program}: {error}"))?
        .ok_or_else(|| format!("{program} took more than {} s and was ended", timeout.as_secs()))?;
    if status.success() {
        return Ok(());
    }
    // A child that left the group may keep the pipe open for as long as it likes.
    let said = said.recv_timeout(LAST_WORD).unwrap_or_default();
    Err(format!("{program} ended with {status}: {}", crate::fetch::excerpt(&said)))
}

/// None when it takes too long.
fn wait(child: &mut Child, timeout: Duration) -> std::io::Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > timeout {
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
    fn trial_x14_r19_what_a_program_leaves_behind_is_ended_and_does_not_hold_us_up() {
        let start = Instant::now();
        let long = Duration::from_secs(20);
        let told = shell("sleep 60 & echo $! >&2; exit 3", long).unwrap_err();
        assert!(told.starts_with("sh ended with exit status: 3: "), "{told}");
        let child: i32 = told.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(shell("sleep 60 & exit 0", long), Ok(()));
        // Children that take over the time limit of their parent, and one that leaves the group.
        let slow = shell("sleep 60 & sleep 60", Duration::from_millis(50)).unwrap_err();
        assert!(slow.contains("was ended"), "{slow}");
        let away = shell("setsid sleep 4 & exit 4", long).unwrap_err();
        assert!(away.starts_with("sh ended with exit status: 4"), "{away}");
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
        // The child is gone, or dead and not yet collected by whoever does that here.
        let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z "), "{state}");
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
