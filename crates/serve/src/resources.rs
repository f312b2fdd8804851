//! What may be asked: one list, from which the routes, the checks of parameters and the description are made.

/// A list of rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resource {
    /// Its address.
    pub(crate) path: &'static str,
    /// Where its rows come from.
    pub(crate) kind: Kind,
    /// What it is.
    pub(crate) title: &'static str,
    /// What narrows it.
    pub(crate) params: &'static [Param],
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A table of the scorecard.
    Scored(&'static str),
    /// The observations in force.
    Observations,
    /// A table of the ledger.
    Ledger(&'static str),
    /// The states of the lake.
    Snapshots,
}

impl Kind {
    /// The contract of its columns, where there is one.
    pub(crate) const fn table(self) -> Option<&'static str> {
        match self {
            Self::Scored(table) => Some(table),
            Self::Observations => Some("observations_latest"),
            Self::Ledger(_) | Self::Snapshots => None,
        }
    }
}

/// What narrows a list, or says of which state it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    Line,
    Area,
    Indicator,
    Group,
    Window,
    Year,
    Source,
    Dataset,
    Series,
    Pipeline,
    Framework,
    AsOf,
    Snapshot,
    Format,
    Limit,
    Cursor,
}

impl Param {
    /// Its name, what it means, and an example.
    pub(crate) const fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Line => ("line", "Codes of lines, with commas between them.", "C2"),
            Self::Area => ("area", "Codes or names of economies, with commas between them.", "NAM"),
            Self::Indicator => ("indicator", "Codes of indicators, with commas between them.", ""),
            Self::Group => ("group", "Names of groups of economies.", "Africa"),
            Self::Window => {
                ("window", "Review window, FROM-TO, one of the framework's.", "2015-2020")
            }
            Self::Year => ("year", "A year, or FROM-TO.", "2020"),
            Self::Source => ("source", "Ids of sources.", "worldbank"),
            Self::Dataset => ("dataset", "Datasets of sources.", "WDI"),
            Self::Series => {
                ("series", "Codes of series, as the source writes them.", "IT.NET.USER.ZS")
            }
            Self::Pipeline => ("pipeline", "Ids of pipelines.", "worldbank-wdi"),
            Self::Framework => {
                ("framework", "Id of the framework; without it the default one.", "")
            }
            Self::AsOf => (
                "as_of",
                "As it was known at this instant: a day, meant to its end in UTC, or RFC 3339.",
                "",
            ),
            Self::Snapshot => ("snapshot", "As the lake was after this commit.", ""),
            Self::Format => ("format", "json, csv, parquet or arrow; before `Accept`.", "csv"),
            Self::Limit => ("limit", "Most rows of this answer.", "100"),
            Self::Cursor => {
                ("cursor", "Where an answer goes on, as the one before has it in `next`.", "")
            }
        }
    }

    /// Its name.
    pub(crate) const fn word(self) -> &'static str {
        self.about().0
    }
}

/// What every list takes.
const EVERY: [Param; 5] =
    [Param::AsOf, Param::Snapshot, Param::Format, Param::Limit, Param::Cursor];

impl Resource {
    /// All parameters that it takes.
    pub(crate) fn takes(&self) -> impl Iterator<Item = Param> + Clone {
        let by_method = match self.kind {
            Kind::Scored(_) | Kind::Observations => Some(Param::Framework),
            Kind::Ledger(_) | Kind::Snapshots => None,
        };
        self.params.iter().copied().chain(by_method).chain(EVERY)
    }
}

/// What the explanation of a score takes besides its path.
pub(crate) const OF_EXPLANATION: [Param; 5] =
    [Param::Window, Param::Framework, Param::AsOf, Param::Snapshot, Param::Format];

const fn list(
    path: &'static str,
    kind: Kind,
    title: &'static str,
    params: &'static [Param],
) -> Resource {
    Resource { path, kind, title, params }
}

/// The rows of one line.
pub(crate) const ONE_LINE: Resource = list(
    "/v1/lines/{line}",
    Kind::Scored("lines"),
    "One line, with what it holds in each window.",
    &[Param::Window],
);

/// The derivation of one score.
pub(crate) const EXPLANATION: &str = "/v1/explain/{line}/{area}";

/// All lists, in the order in which they are shown.
pub(crate) const ALL: [Resource; 17] = [
    list(
        "/v1/lines",
        Kind::Scored("lines"),
        "The lines with what each holds in each window.",
        &[Param::Line, Param::Window],
    ),
    list(
        "/v1/indicators",
        Kind::Scored("indicators"),
        "The indicators, with the lines that each serves.",
        &[Param::Indicator, Param::Line],
    ),
    list("/v1/areas", Kind::Scored("areas"), "The areas.", &[Param::Area]),
    list(
        "/v1/groups",
        Kind::Scored("group_members"),
        "Groups of economies: who is a member, and in which years.",
        &[Param::Group, Param::Area],
    ),
    list(
        "/v1/observations",
        Kind::Observations,
        "The observations in force, as their sources give them.",
        &[Param::Indicator, Param::Area, Param::Year, Param::Source, Param::Dataset, Param::Series],
    ),
    list(
        "/v1/scores",
        Kind::Scored("line_scores"),
        "The score of each line, economy and window.",
        &[Param::Line, Param::Area, Param::Window],
    ),
    list(
        "/v1/scores/indicators",
        Kind::Scored("indicator_scores"),
        "The score of each indicator, economy and window, with the figures behind it.",
        &[Param::Indicator, Param::Area, Param::Window],
    ),
    list(
        "/v1/scores/groups",
        Kind::Scored("group_scores"),
        "The score of each line, group of economies and window.",
        &[Param::Line, Param::Group, Param::Window],
    ),
    list(
        "/v1/scores/years",
        Kind::Scored("line_years"),
        "The middle of each line year by year.",
        &[Param::Line, Param::Year],
    ),
    list(
        "/v1/gaps",
        Kind::Scored("gaps"),
        "What the method asks for and does not find, one by one.",
        &[Param::Line, Param::Indicator, Param::Area, Param::Window],
    ),
    list(
        "/v1/gaps/counts",
        Kind::Scored("gap_counts"),
        "The same, counted by line and indicator.",
        &[Param::Line, Param::Indicator, Param::Window],
    ),
    list(
        "/v1/gaps/measurability",
        Kind::Scored("measurability"),
        "What can be measured of each line.",
        &[Param::Line, Param::Window],
    ),
    list(
        "/v1/trajectories",
        Kind::Scored("trajectories"),
        "How far each line and indicator is from its path to the target.",
        &[Param::Window],
    ),
    list(
        "/v1/runs",
        Kind::Ledger("runs"),
        "What ran, with what it brought, newest first.",
        &[Param::Pipeline],
    ),
    list(
        "/v1/freshness",
        Kind::Ledger("freshness"),
        "The state of each pipeline, since when, and whose turn it is.",
        &[Param::Pipeline],
    ),
    list(
        "/v1/promises",
        Kind::Ledger("promises"),
        "Release dates, and what became of them.",
        &[Param::Pipeline],
    ),
    list("/v1/snapshots", Kind::Snapshots, "The states of the lake, newest first.", &[]),
];
