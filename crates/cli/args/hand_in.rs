//! Files that come by hand: `wsis new`, `wsis submit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `wsis new …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum New {
    /// Look at a table, a workbook or a message, and draft the pipeline that reads it
    #[command(
        after_help = "Recognised by their bytes, whatever their names say: CSV and other separated text in any \
        encoding, XLSX, SDMX-CSV, SDMX-ML, SDMX-JSON, JSON-stat, Eurostat's TSV, files of World Bank, Data360, UN \
        SDG database and UN E-Government Survey; also in gzip or zip.\n\n\
        The draft is tried out on the file. Every guess in it says on what it rests; what only a person can say \
        is marked DECIDE, and `wsis check` names what must be decided before the pipeline runs. A file that is \
        there is never overwritten.\n\nExamples:\n  \
        wsis new pipeline ODIN_2024.csv\n  \
        wsis new pipeline https://example.org/data/index.xlsx --id national-index\n  \
        wsis new pipeline survey.zip --out -"
    )]
    Pipeline {
        /// A file, or an https address
        #[arg(value_name = "FILE_OR_URL")]
        what: String,
        /// Id of the pipeline [default: made of the file's name]
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// File to write, `-` for standard output [default: pipelines/ID.toml of the deployment]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// `wsis submit`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Submission {
    /// The pipeline whose file it is
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: String,
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// What it stands for: a `path` of the pipeline's files, or a series of its service [default: the
    /// only one, or the one whose name fits]
    #[arg(long = "as", value_name = "REQUEST")]
    pub(crate) request: Option<String>,
    /// Take it over, in the name of this person
    #[arg(long, value_name = "NAME", requires = "because")]
    pub(crate) accept: Option<String>,
    /// Why it is taken over
    #[arg(long, value_name = "TEXT", requires = "accept")]
    pub(crate) because: Option<String>,
    /// Take it also where a gate holds it: the person has looked at what it would do
    #[arg(long, requires = "accept")]
    pub(crate) past_gates: bool,
    /// Exit code 1 where rows go to quarantine, also within the gates
    #[arg(long)]
    pub(crate) strict: bool,
    /// Framework whose scores are compared [default: `default_framework` of workspace.toml]
    #[arg(long, value_name = "ID", conflicts_with = "accept")]
    pub(crate) framework: Option<String>,
}

impl Submission {
    /// What stands below its help.
    pub(crate) const EXAMPLES: &str = "Without --accept nothing is written: the file is read as a run would read \
        it, with the same gates, and what it would change is shown, in figures and in scores. With it the file is \
        archived under its SHA-256 and committed as the delivery of a run; who took it over and why stand with the \
        run and in the archive.\n\nExamples:\n  \
        wsis submit odin ODIN_2024.csv\n  \
        wsis submit odin ODIN_2024.csv --accept \"A. Person\" --because \"by mail of 3 May, service down\"\n  \
        wsis submit itu-datahub answer.csv --as ITU_DH_INT_USER --format json";
}

/// `wsis accept`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Accepted {
    /// Id of a held run, or its first characters
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Take it over, in the name of this person
    #[arg(long, value_name = "NAME", requires = "because")]
    pub(crate) by: Option<String>,
    /// Why it is taken over
    #[arg(long, value_name = "TEXT", requires = "by")]
    pub(crate) because: Option<String>,
    /// Exit code 1 where rows go to quarantine
    #[arg(long, requires = "by")]
    pub(crate) strict: bool,
}

impl Accepted {
    /// What stands below its help.
    pub(crate) const EXAMPLES: &str = "Without --by nothing is written: what the run received is read again, and every \
        figure that would change and every record that would be quarantined is shown. With it these very bodies \
        are committed; the source is not asked. Who took them over and why stand with the run.\n\nExamples:\n  \
        wsis accept 0193a2\n  \
        wsis accept 0193a2 --by \"A. Person\" --because \"the office confirmed the revision on 3 May\"";
}
