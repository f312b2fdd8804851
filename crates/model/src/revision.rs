//! The schema of revisions: each statement that followed another one of the same observation.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::observation::{KEY, column, observation_schema};

/// What became of the statement before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Another value, a value where there was none, or none where there was one.
    Revised,
    /// The source no longer gives the observation.
    Withdrawn,
    /// The source gives it again.
    Restored,
    /// The same value; unit, status, flag or footnote are others.
    Annotated,
    /// Any of these, from the very body of the statement before: the source changed nothing, it is
    /// read otherwise here.
    Reread,
    /// Any of these, by hand here: the dataset was brought back as it was in an earlier snapshot.
    Corrected,
    /// Ended by hand here: nobody asks the source for it any more.
    Retired,
}

impl Kind {
    /// Stable name, as in the column `change`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Revised => "revised",
            Self::Withdrawn => "withdrawn",
            Self::Restored => "restored",
            Self::Annotated => "annotated",
            Self::Reread => "reread",
            Self::Corrected => "corrected",
            Self::Retired => "retired",
        }
    }
}

/// Column that says what became of the statement before: a [`Kind`].
pub const CHANGE: &str = "change";

/// What is stated, as `old_NAME` and `new_NAME`.
pub const FACTS: [&str; 5] =
    [column::VALUE, column::UNIT, column::OBS_STATUS, column::SOURCE_FLAG, column::FOOTNOTE];

/// Where a statement comes from, as `old_NAME`, and `NAME` of the one that followed.
pub const ORIGIN: [&str; 4] =
    [column::RECORDED_AT, column::RELEASED_AT, column::PAYLOAD, column::PAYLOAD_ROW];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let observed = observation_schema();
    let of = |name: &str, named: String| {
        observed.field_with_name(name).ok().map(|field| field.clone().with_name(named))
    };
    let key = KEY.iter().filter_map(|name| of(name, (*name).to_owned()));
    let year = of(column::YEAR, column::YEAR.to_owned());
    let change = Field::new(CHANGE, DataType::Utf8, false);
    let facts = FACTS.iter().flat_map(|name| {
        [of(name, format!("old_{name}")), of(name, format!("new_{name}"))].into_iter().flatten()
    });
    let origin = ORIGIN.iter().flat_map(|name| {
        [of(name, format!("old_{name}")), of(name, (*name).to_owned())].into_iter().flatten()
    });
    Arc::new(Schema::new(
        key.chain(year).chain([change]).chain(facts).chain(origin).collect::<Vec<_>>(),
    ))
});

/// The Arrow schema of `revisions`: the key, the year, [`CHANGE`], [`FACTS`] and [`ORIGIN`].
pub fn revision_schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}
