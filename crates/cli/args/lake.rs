//! Words of `wsis lake`.

use clap::Subcommand;

/// `wsis lake …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum LakeCommand {
    /// Bring a lake that an older program made over to the format of today
    #[command(
        after_help = "No statement, body or snapshot is lost: the next snapshot has the same \
        statements. Older programs cannot read the lake afterwards. A lake of today's format stays as \
        it is.\n\nExample:\n  wsis lake upgrade --lake lake/"
    )]
    Upgrade,
    /// Compare the lake with its own account, as `wsis verify` does
    #[command(
        after_help = "Reads everything: the chain of snapshots, documents, data files, bodies and \
        published files; and compares what is in force with all that was ever said.\n\n\
        Example:\n  wsis lake verify --lake lake/ --format json"
    )]
    Verify {
        /// Leave the ledger out: for a copy of the lake alone
        #[arg(long)]
        without_ledger: bool,
    },
    /// Put many small files together; readers see no difference
    #[command(
        after_help = "Each dataset that gets rid of enough files makes a snapshot. Older snapshots \
        keep their files, so this frees no space.\n\nExamples:\n  wsis lake compact --lake lake/\n  \
        wsis lake compact --spared-min 1 --format json"
    )]
    Compact {
        /// Leave a table of a dataset as it is unless it gets rid of that many files
        #[arg(long, value_name = "FILES", default_value_t = 8,
              value_parser = clap::value_parser!(u64).range(1..))]
        spared_min: u64,
    },
    /// Remove what no snapshot names: leftovers of crashes, drafts, records of stopped runs
    #[command(
        after_help = "Never a body, and nothing that any snapshot names. A lake with a damaged \
        document is left as it is.\n\nExamples:\n  wsis lake gc --dry-run\n  \
        wsis lake gc --grace 30d --format json"
    )]
    Gc {
        /// Leave what is younger: a number with d (days), h (hours) or m (minutes)
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_time)]
        grace: std::time::Duration,
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Bring a dataset's figures back as they were in force in an earlier snapshot
    #[command(
        after_help = "What came since is kept, and told as corrected by hand (`SELECT ... FROM revisions`), \
        not as an act of the source. The bodies that it came in are held from then on: `wsis accept` \
        takes them. No run of the dataset's pipelines may be under way.\n\n\
        Example:\n  wsis lake restore worldbank/WDI --snapshot 7 --because \"a table of another year\""
    )]
    Restore {
        /// SOURCE/DATASET
        dataset: String,
        /// The snapshot to go back to
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
        snapshot: u64,
        /// Why, in words
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
    /// End figures that no pipeline declares any more: a dataset, or a series of it
    #[command(
        after_help = "They are no longer in force; what was known of them stays on record, told as retired by \
        hand. What a pipeline still declares is refused: the next run would bring it back.\n\n\
        Example:\n  wsis lake retire file/MENAGES/SK_M --because \"declared by mistake\""
    )]
    Retire {
        /// SOURCE/DATASET or SOURCE/DATASET/SERIES
        what: String,
        /// Why, in words
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
    /// Give up what either of lake and ledger knows and the other has lost
    #[command(
        after_help = "A lake that lost its snapshots is not run on: it would begin anew without a \
        word. Restore it from a copy; an older one is filled again by the next ingest. Only where there \
        is none, this lets it begin anew. A ledger that was lost is restored likewise; only where there is \
        no copy, this lets `wsis verify` pass without it. Nothing of the lake is changed; the ledger keeps \
        the reason, and `wsis verify` repeats it.\n\n\
        Example:\n  wsis lake forget-history --because \"disk lost, no copy\""
    )]
    ForgetHistory {
        /// Why, in words
        #[arg(long, value_name = "TEXT")]
        because: String,
    },
}

/// `7d`, `12h`, `30m`.
fn parse_time(text: &str) -> Result<std::time::Duration, String> {
    const DAY_S: u64 = 86_400;
    let wrong =
        || format!("{text:?} is no time; a number with d, h or m would be right, such as 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number = text.strip_suffix(unit).unwrap_or_default();
    let seconds = match unit {
        'd' => DAY_S,
        'h' => 3_600,
        'm' => 60,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    // A hundred years: more is a slip of the hand.
    let all = number.checked_mul(seconds).filter(|all| *all <= 36_525 * DAY_S).ok_or_else(wrong)?;
    Ok(std::time::Duration::from_secs(all))
}
