//! What every face of the system asks for, and says in its own way: the command line, the daemon,
//! a server. Nothing here prints, and nothing knows how its answers are shown.
//!
//! | where | what |
//! | --- | --- |
//! | [`Place`] | where a deployment and its lake are: to be loaded, or opened |
//! | [`App`] | a deployment with its lake: views, scores, accounts, publishing |
//! | [`names`] | what a text means: a framework, a line, an economy, a group |
//! | [`Scores`] | the scorecard of one view, with all that it was computed from |
//! | [`publish`] | the tables of a scorecard as one set of `public/v1` |
//! | [`accounts`] | runs, states and release dates as tables |
//! | [`promises`] | how agencies keep their dates |
//! | [`evidence`] | the report of a scorecard, and the archived bodies behind a figure |
//! | [`figures`] | observations in force, a part at a time |
//! | [`snapshots`] | the states of the lake, newest first |
//! | [`deliveries`] | figures that come by two ways, compared |
//! | [`validate`] | the scores of a line beside a table that somebody published |
//! | [`diff`] | what two frameworks differ in, and what that does to scores, ranks and classes |
//! | [`draft`] | a pipeline proposed for a file that nobody has described yet |
//! | [`submit`] | what a file that is handed in would change |
//! | [`machine`] | what a deployment asks of the machine that it stands on |
//! | [`undeclared()`] | figures in force that no pipeline declares |
//! | [`tables`] | the computed tables of SQL, each computed when a query asks for it |

pub mod accounts;
mod app;
pub mod deliveries;
pub mod diff;
pub mod draft;
mod error;
pub mod evidence;
pub mod figures;
mod look;
pub mod machine;
pub mod names;
mod place;
pub mod promises;
pub mod publish;
mod scores;
pub mod snapshots;
pub mod submissions;
pub mod submit;
pub mod tables;
mod undeclared;
pub mod validate;

pub use app::{App, PublishedState, known, view};
pub use error::AppError;
pub use look::{Look, Review, judged_at, known_of, told};
pub use place::{Place, behind, ledger, ledger_address, must_be_a_lake};
pub use scores::{NOT_IN_SAMPLE, Scores};
pub use undeclared::{Undeclared, undeclared};
