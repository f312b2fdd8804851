//! Queries that somebody types, one after the other, over one snapshot.

use super::Asker;
use super::typed::{Heard, Typed};
use crate::failure::Failure;
use crate::output;

const HELP: &str = "A query ends with `;` and may take several lines.\n\
                    \\d          tables\n\
                    \\d TABLE    columns of a table\n\
                    \\q          end (also Ctrl-D)\n\
                    Ctrl-C stops the query that runs, or drops what was typed.\n\
                    Queries are kept for the next time (WSIS_HISTORY names the file, or nothing);\n\
                    one that begins with a space is not.";

/// Tables by name, without those in which the engine keeps its own.
const TABLES: &str = "SELECT table_name, table_type FROM information_schema.tables \
                      WHERE table_schema <> 'information_schema' ORDER BY table_name";

/// What a line asks for.
enum Asked<'a> {
    Help,
    End,
    /// A query, and the words that asked for it.
    Query {
        query: String,
        typed: String,
    },
    More,
    Unknown(&'a str),
}

/// Reads queries until the end of input.
pub(super) async fn run(asker: &Asker) -> Result<(), Failure> {
    if !asker.global.quiet {
        output::note(&format!("snapshot {}; \\? tells more, \\q ends", asker.view.snapshot().id));
    }
    let mut typed = Typed::start()?;
    let mut text = String::new();
    loop {
        let prompt = if text.is_empty() { "wsis> " } else { "  ... " };
        let heard = tokio::select! {
            heard = typed.line(prompt) => heard?,
            // A terminal in which lines are edited tells of Ctrl-C itself.
            () = interrupt() => Heard::Cleared,
        };
        let line = match heard {
            Heard::Line(line) => line,
            Heard::Cleared => {
                text.clear();
                continue;
            }
            Heard::End => break,
        };
        match asked(&mut text, &line) {
            Asked::End => break,
            Asked::More => {}
            Asked::Help => output::note(HELP),
            Asked::Unknown(word) => output::note(&format!("no command {word:?}; \\? lists them")),
            Asked::Query { query, typed: as_typed } => {
                typed.keep(&as_typed);
                if let Err(failure) = asker.answer(&query, interrupt()).await {
                    output::note(&format!("error: {failure}"));
                }
            }
        }
    }
    Ok(())
}

/// The query that one line of a shell stands for, where queries are piped: `\\d` and `\\d TABLE` are no
/// SQL, and people type them.
pub(super) fn of_word(text: &str) -> Option<String> {
    let word = text.trim();
    let is_word = word.starts_with("\\d") && word.lines().count() == 1;
    match asked(&mut String::new(), word) {
        Asked::Query { query, .. } if is_word => Some(query),
        _ => None,
    }
}

/// Adds a line to what was typed so far.
fn asked<'a>(text: &mut String, line: &'a str) -> Asked<'a> {
    let word = line.trim();
    let query = |query, typed: &str| Asked::Query { query, typed: typed.to_owned() };
    if text.is_empty() {
        match word {
            "" => return Asked::More,
            "\\?" | "help" => return Asked::Help,
            "\\q" | "exit" | "quit" => return Asked::End,
            "\\d" => return query(TABLES.to_owned(), line),
            _ => {}
        }
        if let Some(table) = word.strip_prefix("\\d ") {
            let table = table.trim().trim_end_matches(';').replace('"', "");
            return query(format!("DESCRIBE \"{table}\""), line);
        }
        if word.starts_with('\\') {
            return Asked::Unknown(word);
        }
    }
    text.push_str(line);
    if word.ends_with(';') {
        let text = std::mem::take(text);
        return Asked::Query { typed: text.clone(), query: text };
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
    use super::{Asked, TABLES, asked};

    #[test]
    fn trial_n14_a_query_may_take_several_lines() {
        let mut text = String::new();
        assert!(matches!(asked(&mut text, "SELECT 1"), Asked::More));
        let Asked::Query { query, typed } = asked(&mut text, "  + 1;") else { panic!("no query") };
        assert_eq!((query.as_str(), text.as_str()), ("SELECT 1\n  + 1;", ""));
        assert_eq!(query, typed);
        // As the history gives it back.
        assert!(
            matches!(asked(&mut text, &typed), Asked::Query { query: again, .. } if again == query)
        );
        assert!(matches!(asked(&mut text, "\\d"), Asked::Query { query, .. } if query == TABLES));
        assert!(matches!(asked(&mut text, "\\d runs;"), Asked::Query { query, typed }
                if query == "DESCRIBE \"runs\"" && typed == "\\d runs;"));
        // The space that keeps a line out of the history stays before it.
        for line in [" \\d runs", " \\d"] {
            assert!(matches!(asked(&mut text, line), Asked::Query { typed, .. } if typed == line));
        }
        assert!(matches!(asked(&mut text, "\\x"), Asked::Unknown("\\x")));
        assert!(matches!(asked(&mut text, "\\q"), Asked::End));
    }
}
