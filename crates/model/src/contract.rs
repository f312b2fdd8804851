//! What a pipeline says about the shape of what it reads: what becomes of a column or a code that was not
//! there when its figures last landed (docs/quality.md).

/// What becomes of something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum OnNew {
    /// Nobody is told.
    Ignore,
    /// The run says so.
    #[default]
    Warn,
    /// The run is held until somebody has looked at it.
    Hold,
}

/// The contract of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Contract {
    /// Of a column of a table that is new.
    pub new_columns: OnNew,
    /// Of a code of a dimension that is new.
    pub new_codes: OnNew,
}

impl Contract {
    /// What is left of it when somebody has looked at a delivery and accepts it.
    #[must_use]
    pub fn accepting(self) -> Self {
        Self {
            new_columns: self.new_columns.min(OnNew::Warn),
            new_codes: self.new_codes.min(OnNew::Warn),
        }
    }
}
