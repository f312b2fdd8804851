//! The command line: names stay, flags may grow.

mod framework;
mod gaps;
mod hand_in;
mod lake;
mod plot;
mod rules;
mod schedule;
mod submissions;
mod validate;

use std::path::PathBuf;

pub(crate) use framework::{Diff, FrameworkCommand};
pub(crate) use gaps::{GapsAsked, GapsBy};
pub(crate) use hand_in::{Accepted, New, Submission};
pub(crate) use lake::LakeCommand;
pub(crate) use plot::{Chart, Form, Plot};
pub(crate) use rules::RulesCommand;
pub(crate) use schedule::Schedule;
pub(crate) use submissions::{SubmissionsAsked, SubmissionsBy};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use validate::Validate;

/// Scores the WSIS Action Lines from the sources' own figures.
#[derive(Debug, Parser)]
#[command(
    name = "wsis",
    version,
    max_term_width = 100,
    propagate_version = true,
    after_help = "Exit codes: 0 done; 1 ran but something failed or was held; 2 wrong usage or \
                  configuration.\nStart with `wsis demo`: offline, in any folder, in about a minute."
)]
pub(crate) struct Cli {
    /// What everything else needs to know.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Folder with workspace.toml, pipelines/ and schemas/ [default: this folder where it has a
    /// workspace.toml, else the copies inside the program]
    #[arg(long, global = true, value_name = "DIR", env = "WSIS_ROOT")]
    pub(crate) root: Option<PathBuf>,
    /// Folder of the lake [default: `lake` of workspace.toml]
    #[arg(long, global = true, value_name = "DIR", env = "WSIS_LAKE")]
    pub(crate) lake: Option<PathBuf>,
    /// Address of a ledger in PostgreSQL [default: `ledger` of workspace.toml, else a file in the
    /// lake]
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS",
        env = "WSIS_LEDGER",
        hide_env_values = true
    )]
    pub(crate) ledger: Option<String>,
    /// Form of log lines on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORM")]
    pub(crate) log_format: LogFormat,
    /// Form of the output
    #[arg(id = "format", long = "format", global = true, value_enum, default_value_t = Form::Table,
          value_name = "FORMAT")]
    pub(crate) form: Form,
    /// The same of every command but `plot`.
    #[arg(skip)]
    pub(crate) format: Format,
    /// No progress and no hints
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// More detail on standard error; twice for all of it
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// Comma-separated values with a header line
    Csv,
}

/// What `wsis list` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listed {
    /// Action Lines, or what a framework reports in their place
    Lines,
    /// Indicators with their series
    Indicators,
    /// Groups of economies, as of today
    Groups,
    /// Review windows
    Windows,
    /// Frameworks
    Frameworks,
    /// Economies with their codes
    Areas,
}

/// Form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Which state of the lake.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "What was known when")]
pub(crate) struct Look {
    /// As it was known at this instant: a day (2026-07-01, to its end in UTC) or an instant
    /// (2026-07-01T12:00:00Z) [default: now]
    #[arg(long, value_name = "DATE", value_parser = parse_as_of)]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// As the lake was after that commit; with --as-of what that snapshot knows of the instant
    /// [default: the newest]
    #[arg(long, value_name = "N")]
    pub(crate) snapshot: Option<u64>,
}

/// Review window and framework.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Review {
    /// Framework of schemas/framework/ [default: `default_framework` of workspace.toml]
    #[arg(long, value_name = "ID")]
    pub(crate) framework: Option<String>,
    /// Review window as FROM-TO [default: the newest that has scores]
    #[arg(long, value_name = "FROM-TO", value_parser = parse_window)]
    pub(crate) window: Option<(i32, i32)>,
    /// Which state of the lake.
    #[command(flatten)]
    pub(crate) look: Look,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the whole way offline on a small set of real figures
    #[command(after_help = "Example:\n  wsis demo --out wsis-demo\n  wsis demo --format json")]
    Demo {
        /// Folder for the lake and the report
        #[arg(long, value_name = "DIR", default_value = "wsis-demo")]
        out: PathBuf,
    },
    /// Check workspace.toml, pipelines/ and schemas/
    #[command(
        after_help = "Examples:\n  wsis check\n  wsis check --root deployment/ --format json\n  \
                            wsis check --live worldbank-wdi   are its codes and addresses still there?"
    )]
    Check {
        /// Exit code 1 where there are warnings
        #[arg(long, conflicts_with = "live")]
        strict: bool,
        /// Ask the live services whether every declared code and address is there; nothing is ingested.
        /// Exit code 1 where one is not
        #[arg(long)]
        live: bool,
        /// Pipelines to ask about; none means all
        #[arg(value_name = "PIPELINE", requires = "live")]
        pipelines: Vec<String>,
    },
    /// Run ingests now
    #[command(after_help = "Examples:\n  wsis ingest                     every pipeline\n  \
                            wsis ingest worldbank-wdi       one\n  \
                            wsis ingest --offline           replay the archive, no network\n  \
                            wsis ingest worldbank-wdi --backfill 1990 1999\n  \
                            wsis ingest --re-decode         what today's decoders read differently")]
    Ingest {
        /// Pipelines to run; none means all
        #[arg(value_name = "PIPELINE")]
        pipelines: Vec<String>,
        /// Replay the raw archive instead of asking the sources
        #[arg(long)]
        offline: bool,
        /// Ask again even where the source says that nothing changed
        #[arg(long)]
        force: bool,
        /// Take what a gate would hold: figures that vanish, change or are quarantined in large
        /// shares; look at `wsis runs` first
        #[arg(long)]
        accept: bool,
        /// Ask for these years, in steps, instead of those of the pipeline; goes on where it was
        /// stopped
        #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with = "offline")]
        backfill: Option<Vec<i32>>,
        /// Read what was last received with today's program, and show what it reads differently
        #[arg(long, conflicts_with_all = ["offline", "backfill", "force"])]
        re_decode: bool,
        /// Commit what `--re-decode` shows
        #[arg(long, requires = "re_decode")]
        commit: bool,
        /// Exit code 1 where rows went to quarantine, also within the gates
        #[arg(long)]
        strict: bool,
        /// Years of one step of a backfill
        #[arg(long, value_name = "YEARS", default_value_t = 5, requires = "backfill",
              value_parser = clap::value_parser!(u32).range(1..=100))]
        step: u32,
    },
    /// Look at what a gate held, record by record, and take it over
    #[command(after_help = Accepted::EXAMPLES)]
    Accept(Accepted),
    /// Look at a file and draft what describes it
    #[command(subcommand)]
    New(New),
    /// Take a file that somebody handed in: show what would change, or take it over
    #[command(after_help = Submission::EXAMPLES)]
    Submit(Submission),
    /// List runs, or show one
    #[command(after_help = "Examples:\n  wsis runs\n  wsis runs 0193… --format json")]
    Runs {
        /// A run id or its first characters
        #[arg(value_name = "ID")]
        id: Option<String>,
        /// How many runs to list
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: usize,
        /// Those that had ended by then
        #[command(flatten)]
        look: Look,
    },
    /// Compute scorecards from the lake and publish them
    #[command(
        after_help = "Examples:\n  wsis score\n  wsis score --framework egdi --format json\n  \
                            wsis score --as-of 2026-07-01   as known on that day; publishes nothing"
    )]
    Score {
        /// Every line, also where none has a figure
        #[arg(long)]
        all: bool,
        /// Write the tables even if those of this snapshot, by this method, are there
        #[arg(long)]
        force: bool,
        /// What to compute
        #[command(flatten)]
        review: Review,
    },
    /// Show the scorecard of one Action Line
    #[command(after_help = "Examples:\n  wsis scorecard C2\n  wsis scorecard C2 --area NAM\n  \
                            wsis scorecard C7-egov --group Africa --format csv > egov-africa.csv")]
    Scorecard {
        /// Action Line (C1 to C11, C7-egov, …)
        line: String,
        /// Only this area: ISO 3166-1 alpha-3, or its name
        #[arg(long, value_name = "AREA", conflicts_with = "group")]
        area: Option<String>,
        /// Only members of this group (a UN region, an income group, LDC, LLDC, SIDS)
        #[arg(long, value_name = "GROUP")]
        group: Option<String>,
        /// Every economy, also those that are no member State and have no figure here [default: the
        /// member States, and others with a figure]
        #[arg(long)]
        all: bool,
        /// What to compute
        #[command(flatten)]
        review: Review,
    },
    /// Compare the scores of a framework with a table that its publisher printed
    #[command(
        after_help = "The table is CSV with a heading. Economies are codes or names in any language \
        that is known; a score agrees when it rounds to the published one. Exit code 1 where \
        something published is not computed, or otherwise.\n\nExamples:\n  \
        wsis validate egdi --against EGOV_DATA_2024.csv --value-column E_Index\n  \
        wsis validate hdi --against hdi.csv --window 2017-2022 --keep year=2022 --all"
    )]
    Validate(Validate),
    /// Show how one score came about, down to the archived bytes
    #[command(after_help = "Example:\n  wsis explain C2 NAM --window 2015-2020")]
    Explain {
        /// Action Line
        line: String,
        /// Area: ISO 3166-1 alpha-3, or its name
        area: String,
        /// What to compute
        #[command(flatten)]
        review: Review,
    },
    /// Whether the indicators of a line measure one thing: weights, shape, correlation, alpha
    #[command(
        after_help = "Over the economies that count, by current values and their scores. CSV has every pair of \
        indicators.\n\nExamples:\n  wsis audit C2 --window 2015-2020\n  wsis audit C2 --format csv > pairs.csv"
    )]
    Audit {
        /// Action Line
        line: String,
        /// What to compute
        #[command(flatten)]
        review: Review,
    },
    /// Count what the method asks for and does not find, by line, agency, indicator or economy
    #[command(after_help = GapsAsked::EXAMPLES)]
    Gaps(GapsAsked),
    /// Count what was submitted to registers and consultations, by the line that it names
    #[command(after_help = SubmissionsAsked::EXAMPLES)]
    Submissions(SubmissionsAsked),
    /// Compare figures that come by two ways
    #[command(
        after_help = "An indicator that several providers deliver (the UN Statistics Division and the \
        World Bank, say) is scored by its first delivery; here the others are held against it.\n\n\
        Examples:\n  wsis deliveries\n  wsis deliveries account-ownership --format csv"
    )]
    Deliveries {
        /// Every cell that differs, of this indicator only
        #[arg(value_name = "INDICATOR")]
        indicator: Option<String>,
        /// What to compare
        #[command(flatten)]
        review: Review,
    },
    /// List figures that are read otherwise than their sources give them
    #[command(
        after_help = "`pipelines/corrections/*.toml` says which figures of sources are known to be wrong, and what \
        is read in their place. Here each is listed with whether it is applied: not where the source gives \
        another value by now, nor after the day until which it holds.\n\n\
        Examples:\n  wsis corrections\n  wsis corrections --format json"
    )]
    Corrections {
        /// In which framework
        #[command(flatten)]
        review: Review,
    },
    /// Frameworks: what there is, what one states, and what a change of it does before it is published
    #[command(subcommand)]
    Framework(FrameworkCommand),
    /// Classes of progress by the house and by the rules of other organisations
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Ask the lake in SQL (read only)
    #[command(after_help = "Examples:\n  \
        wsis sql \"SELECT year, value FROM observations_latest WHERE ref_area = 'NAM' AND series_code = \
        'IT.NET.USER.ZS' ORDER BY year\"\n  \
        wsis sql \"SELECT table_name FROM information_schema.tables\"\n  \
        wsis sql \"SELECT count(*) FROM observations_as_of('2026-07-01')\"\n  \
        wsis sql \"SELECT change, count(*) FROM revisions GROUP BY change\"\n  \
        wsis sql - < query.sql           the statement of a file\n  \
        wsis sql                         a shell, on a terminal")]
    Sql {
        /// One SELECT statement; `-` reads it from standard input [default: a shell on a terminal,
        /// else standard input]
        query: Option<String>,
        /// Most rows to return [default: `result_rows_max` of workspace.toml]
        #[arg(long, value_name = "N")]
        rows: Option<u64>,
        /// Show a column below the other, row by row: for rows wider than the terminal
        #[arg(long, short = 'x')]
        expanded: bool,
        /// Which state of the lake.
        #[command(flatten)]
        look: Look,
    },
    /// Write the HTML report
    #[command(after_help = "Example:\n  wsis report --out wsis-report.html")]
    Report {
        /// File to write
        #[arg(long, value_name = "FILE", default_value = "wsis-report.html")]
        out: PathBuf,
        /// What to compute
        #[command(flatten)]
        review: Review,
    },
    /// Draw a chart into a file, or print the rows behind it
    #[command(after_help = Plot::EXAMPLES)]
    Plot(Plot),
    /// Run pipelines by their schedules, see when they run and how fresh their data are
    #[command(
        subcommand,
        after_help = "Examples:\n  wsis schedule run --listen 127.0.0.1:9464\n  \
                                        wsis schedule next --count 3\n  wsis schedule list"
    )]
    Schedule(Schedule),
    /// Show release dates that agencies announced, and apart from them those expected here
    #[command(
        after_help = "Examples:\n  wsis promises\n  wsis promises --agency undesa --format csv"
    )]
    Promises {
        /// Only this agency, an id of workspace.toml
        #[arg(long, value_name = "ID")]
        agency: Option<String>,
        /// Judge as of this instant; a day means its beginning [default: now]
        #[arg(long, value_name = "INSTANT", value_parser = parse_instant,
              conflicts_with_all = ["as_of", "snapshot"])]
        at: Option<DateTime<Utc>>,
        /// Judge by what was known then.
        #[command(flatten)]
        look: Look,
    },
    /// List the names that other commands take
    #[command(after_help = "Examples:\n  wsis list lines\n  wsis list areas --format csv\n  \
                            wsis list windows --framework egdi")]
    List {
        /// What to list
        #[arg(value_enum)]
        what: Listed,
        /// Framework of lines, indicators and windows [default: `default_framework` of
        /// workspace.toml]
        #[arg(long, value_name = "ID")]
        framework: Option<String>,
    },
    /// Write the completions of a shell to standard output
    #[command(
        after_help = "Examples:\n  wsis completions bash > ~/.local/share/bash-completion/completions/wsis\n  \
                            wsis completions zsh > ~/.zfunc/_wsis"
    )]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Check that every file of the lake is what the snapshot says
    #[command(after_help = "Example:\n  wsis verify --lake lake/")]
    Verify {
        /// Leave the ledger out: for a copy of the lake alone
        #[arg(long)]
        without_ledger: bool,
    },
    /// Look after the lake itself
    #[command(
        subcommand,
        after_help = "Examples:\n  wsis lake verify --lake lake/\n  wsis lake compact --lake lake/\n  \
        wsis lake gc --dry-run --lake lake/"
    )]
    Lake(LakeCommand),
}

fn parse_instant(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    // As our tables write it.
    let minute = || Some(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok()?.and_utc());
    let instant = text.parse::<DateTime<Utc>>().ok().or_else(minute).or_else(day);
    instant.ok_or_else(|| {
        "an instant is a day or RFC 3339, for example 2026-03-01 or 2026-03-01T00:00:00Z".to_owned()
    })
}

fn parse_as_of(text: &str) -> Result<DateTime<Utc>, String> {
    wsis_lake::parse_as_of(text).ok_or_else(|| {
        "a day, which is meant to its end in UTC, or an instant (RFC 3339), for example 2026-07-01 \
         or 2026-07-01T12:00:00Z"
            .to_owned()
    })
}

fn parse_window(text: &str) -> Result<(i32, i32), String> {
    // A number may have a sign; a year has none.
    let year = |text: &str| {
        let digits = text.trim();
        digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.parse::<i32>().ok())?
    };
    let window = text.split_once('-').and_then(|(from, to)| Some((year(from)?, year(to)?)));
    let possible = wsis_model::period::YEAR_RANGE;
    match window {
        Some((from, to)) if from < to && possible.contains(&from) && possible.contains(&to) => {
            Ok((from, to))
        }
        _ => Err(format!(
            "a window is FROM-TO with FROM before TO, years from {} to {}, for example 2015-2020",
            possible.start(),
            possible.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_window;

    #[test]
    fn trial_p135_a_window_has_years_and_no_signs() {
        assert_eq!(parse_window("2015-2020"), Ok((2015, 2020)));
        for wrong in ["+2020-2025", "2020-+2025", "-2020-2025", "2020", "2020-", "2025-2020"] {
            assert!(parse_window(wrong).is_err(), "{wrong}");
        }
    }
}
