//! Queries that somebody types, one after the other, over one snapshot.

use std::io::BufRead;

use super::Asker;
use crate::failure::Failure;
use crate::output;

const HELP: &str = "A query ends with `;` and may take several lines.\n\
                    \\d          tables\n\
                    \\d TABLE    columns of a table\n\
                    \\q          end (also Ctrl-D)\n\
                    Ctrl-C stops the query that runs.";

/// What a line asks for.
enum Asked<'a> {
    Help,
    End,
    Query(String),
    More,
    Unknown(&'a str),
}

/// Reads queries until the end of input.
pub(super) async fn run(asker: &Asker) -> Result<(), Failure> {
    if !asker.global.quiet {
        output::note(&format!("snapshot {}; \\? tells more, \\q ends", asker.snapshot));
    }
    let mut text = String::new();
    loop {
        output::prompt(if text.is_empty() { "wsis> " } else { "  ... " });
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let read = read.map_err(|e| Failure::ran(format!("the terminal cannot be read: {e}")))?;
        if read == 0 {
            break;
        }
        match asked(&mut text, line.trim_end_matches(['\n', '\r'])) {
            Asked::End => break,
            Asked::More => {}
            Asked::Help => output::note(HELP),
            Asked::Unknown(word) => output::note(&format!("no command {word:?}; \\? lists them")),
            Asked::Query(query) => {
                if let Err(failure) = asker.answer(&query, interrupt()).await {
                    output::note(&format!("error: {failure}"));
                }
            }
        }
    }
    Ok(())
}

/// Adds a line to what was typed so far.
fn asked<'a>(text: &mut String, line: &'a str) -> Asked<'a> {
    let word = line.trim();
    if text.is_empty() {
        match word {
            "" => return Asked::More,
            "\\?" | "help" => return Asked::Help,
            "\\q" | "exit" | "quit" => return Asked::End,
            "\\d" => return Asked::Query("SHOW TABLES".to_owned()),
            _ => {}
        }
        if let Some(table) = word.strip_prefix("\\d ") {
            let table = table.trim().trim_end_matches(';').replace('"', "");
            return Asked::Query(format!("DESCRIBE \"{table}\""));
        }
        if word.starts_with('\\') {
            return Asked::Unknown(word);
        }
    }
    text.push_str(line);
    if word.ends_with(';') {
        return Asked::Query(std::mem::take(text));
    }
    text.push('\n');
    Asked::More
}

/// Ctrl-C, while a query runs.
async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, asked};

    #[test]
    fn trial_n14_a_query_may_take_several_lines() {
        let mut text = String::new();
        assert!(matches!(asked(&mut text, "SELECT 1"), Asked::More));
        let Asked::Query(query) = asked(&mut text, "  + 1;") else { panic!("no query") };
        assert_eq!((query.as_str(), text.as_str()), ("SELECT 1\n  + 1;", ""));
        assert!(matches!(asked(&mut text, "\\d"), Asked::Query(q) if q == "SHOW TABLES"));
        assert!(
            matches!(asked(&mut text, "\\d runs;"), Asked::Query(q) if q == "DESCRIBE \"runs\"")
        );
        assert!(matches!(asked(&mut text, "\\x"), Asked::Unknown("\\x")));
        assert!(matches!(asked(&mut text, "\\q"), Asked::End));
    }
}
