//! SDMX observation status (code list `CL_OBS_STATUS`, version 2.2).

/// One code of SDMX `CL_OBS_STATUS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObsStatus {
    /// `A` normal value.
    Normal,
    /// `B` time series break.
    Break,
    /// `D` definition differs.
    DefinitionDiffers,
    /// `E` estimated value.
    Estimated,
    /// `F` forecast value.
    Forecast,
    /// `I` imputed value.
    Imputed,
    /// `L` missing value; data exist but were not collected.
    NotCollected,
    /// `M` missing value; data cannot exist.
    CannotExist,
    /// `N` not significant.
    NotSignificant,
    /// `O` missing value.
    Missing,
    /// `P` provisional value.
    Provisional,
    /// `Q` missing value; suppressed.
    Suppressed,
    /// `U` low reliability.
    LowReliability,
    /// `V` unvalidated value.
    Unvalidated,
}

impl ObsStatus {
    /// Every status, in code order.
    pub const ALL: [Self; 14] = [
        Self::Normal,
        Self::Break,
        Self::DefinitionDiffers,
        Self::Estimated,
        Self::Forecast,
        Self::Imputed,
        Self::NotCollected,
        Self::CannotExist,
        Self::NotSignificant,
        Self::Missing,
        Self::Provisional,
        Self::Suppressed,
        Self::LowReliability,
        Self::Unvalidated,
    ];

    /// The SDMX code, one letter.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Normal => "A",
            Self::Break => "B",
            Self::DefinitionDiffers => "D",
            Self::Estimated => "E",
            Self::Forecast => "F",
            Self::Imputed => "I",
            Self::NotCollected => "L",
            Self::CannotExist => "M",
            Self::NotSignificant => "N",
            Self::Missing => "O",
            Self::Provisional => "P",
            Self::Suppressed => "Q",
            Self::LowReliability => "U",
            Self::Unvalidated => "V",
        }
    }

    /// The status of an SDMX code, if it is one of those above.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Whether there is a value beside it; else the status is why there is none.
    pub const fn has_value(self) -> bool {
        !matches!(self, Self::NotCollected | Self::CannotExist | Self::Missing | Self::Suppressed)
    }

    /// Whether the value was computed by someone rather than reported (half weight as origin,
    /// docs/METHOD.md section 6).
    pub const fn is_estimate(self) -> bool {
        matches!(self, Self::Estimated | Self::Forecast | Self::Imputed)
    }
}
