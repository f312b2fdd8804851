//! Queries that somebody types, one after the other, over one snapshot.

use super::Asker;
use super::typed::{Heard, Typed};
use crate::failure::Failure;
use crate::output;

const HELP: &str = "A query ends with `;` and may take several lines.\n\
                    \\d          tables\n\
                    \\d TABLE    columns of a table\n\
                    \\x          a column below the other, or a table again\n\
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
    /// To show answers the other way.
    Expanded,
    More,
    Unknown(&'a str),
}

/// A step of what was piped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To show answers the other way.
    Expanded,
    /// A text to be shown.
    Help(&'static str),
    /// A query.
    Query(String),
}

/// Reads queries until the end of input.
pub(super) async fn run(asker: &Asker, mut expanded: bool) -> Result<(), Failure> {
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
            Asked::Expanded => {
                expanded = !expanded;
                let how = if expanded { "a column below the other" } else { "as tables" };
                output::note(&format!("answers are shown {how}"));
            }
            Asked::Unknown(word) => output::note(&unknown(word)),
            Asked::Query { query, typed: as_typed } => {
                typed.keep(&as_typed);
                if let Err(failure) = asker.answer(&query, expanded, interrupt()).await {
                    output::note(&format!("error: {failure}"));
                }
            }
        }
    }
    Ok(())
}

/// What was piped, step by step. Words of the shell (`\\d`, `\\x`) are no SQL, and people type them: a text
/// that begins with one is read line by line as the shell would. Any other is one query as it stands.
pub(super) fn steps(piped: &str) -> Result<Vec<Step>, Failure> {
    if !piped.trim_start().starts_with('\\') {
        return Ok(vec![Step::Query(piped.to_owned())]);
    }
    let (mut text, mut steps) = (String::new(), Vec::new());
    for line in piped.lines() {
        match asked(&mut text, line) {
            Asked::End => return Ok(steps),
            Asked::More => {}
            Asked::Help => steps.push(Step::Help(HELP)),
            Asked::Expanded => steps.push(Step::Expanded),
            Asked::Query { query, .. } => steps.push(Step::Query(query)),
            Asked::Unknown(word) => return Err(Failure::usage(unknown(word))),
        }
    }
    if !text.trim().is_empty() {
        steps.push(Step::Query(text));
    }
    Ok(steps)
}

fn unknown(word: &str) -> String {
    format!("no command {word:?}; \\? lists them")
}

/// Adds a line to what was typed so far.
fn asked<'a>(text: &mut String, line: &'a str) -> Asked<'a> {
    let word = line.trim();
    let query = |query, typed: &str| Asked::Query { query, typed: typed.to_owned() };
    if text.is_empty() {
        match word {
            "" => return Asked::More,
            "\\?" | "help" => return Asked::Help,
            "\\x" => return Asked::Expanded,
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
    use super::{Asked, HELP, Step, TABLES, asked, steps};

    /// `\\d` as the first line of several was "Expected: an SQL statement".
    #[test]
    fn trial_p137_words_of_the_shell_are_understood_where_queries_are_piped() {
        let query = |text: &str| Step::Query(text.to_owned());
        let of = |text: &str| steps(text).unwrap();
        assert_eq!(of("\\d\nselect 1;\n"), [query(TABLES), query("select 1;")]);
        let described = "DESCRIBE \"line_scores\"";
        assert_eq!(
            of("\n\\x\n\\d line_scores\nselect\n 1"),
            [Step::Expanded, query(described), query("select\n 1\n")]
        );
        assert_eq!(of("\\?\n\\q\nselect 1;"), [Step::Help(HELP)]);
        // A text without such a word at its head is one query, whatever stands in its lines.
        let whole = "select 'a;\n\\d'";
        assert_eq!(of(whole), [query(whole)]);
        let error = steps("\\dt\n").unwrap_err().to_string();
        assert!(error.contains("no command \"\\\\dt\""), "{error}");
    }

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
        assert!(matches!(asked(&mut text, "\\x"), Asked::Expanded));
        assert!(matches!(asked(&mut text, "\\z"), Asked::Unknown("\\z")));
        assert!(matches!(asked(&mut text, "\\q"), Asked::End));
    }
}
