//! The scoring method: values of indicators in, scorecards of Action Lines out.
//!
//! Everything but [`read`] is pure: no I/O, no clock, no threads, no DataFusion, so that the
//! same panel and framework give the same bytes anywhere. The HDI, the EGDI and the IDI run
//! through the same code as the Action Lines, described as [`wsis_model::framework::Framework`].
//!
//! Order of reading: [`normalise`] and [`aggregate`] (one number), [`levels`] and [`plan`] (the tree),
//! [`reading`] and [`indicator`] (one indicator in one window), [`progress`] (classes), [`line`] (one line),
//! [`score()`] (everything).

pub mod aggregate;
pub mod audit;
pub mod books;
pub mod clamp;
pub mod class;
pub mod column;
pub mod contribution;
pub mod copeland;
pub mod core_set;
pub mod decided;
pub mod disparity;
mod dispute;
mod evaluated;
pub mod explain;
pub mod fingerprint;
pub mod gaps;
pub mod grade;
mod graded;
pub mod group;
pub mod indicator;
mod judgement;
pub mod levels;
pub mod line;
pub mod normalise;
pub mod outcomes;
pub mod pace;
pub mod panel;
pub mod path_words;
pub mod paths;
pub mod plan;
mod position;
pub mod progress;
pub mod rank;
pub mod ranking;
pub mod read;
pub mod reading;
pub mod result;
pub mod rounding;
pub mod sample;
pub mod schemes;
mod score;
pub mod sum;
pub mod summary;
pub mod tables;
pub mod targets;
pub mod trajectory;
pub mod uncertainty;
pub mod universe;
pub mod unscored;
pub mod yearly;

pub use explain::{Explanation, explain};
pub use panel::{Cell, Corrected, Panel, PanelBuilder, PanelError};
pub use read::{ScorecardError, read_corrected, read_panel};
pub use result::{
    Class, Grade, GroupScore, IndicatorScore, LineScore, LineSummary, Missing, Reading, Scorecard,
};
pub use score::score;
pub use tables::{Table, TableError};
