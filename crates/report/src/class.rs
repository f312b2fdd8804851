//! Progress classes as a reader meets them: a word, a shape and a colour, never a colour alone.

/// Progress class of an economy, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Progress {
    /// Meets the target now.
    TargetMet,
    /// Nearly the pace that the target asks for, or more.
    OnTrack,
    /// A good part of it.
    Moderate,
    /// Little of it, or none.
    Limited,
    /// Moving away from the target.
    Regressing,
    /// The target year is past and the target not met.
    DeadlineMissed,
    /// No class, for a reason given in words.
    #[default]
    NotAssessable,
}

impl Progress {
    /// Every class, best first. "Not assessable" is no place in that order, so it comes last.
    pub const ALL: [Self; 7] = [
        Self::TargetMet,
        Self::OnTrack,
        Self::Moderate,
        Self::Limited,
        Self::Regressing,
        Self::DeadlineMissed,
        Self::NotAssessable,
    ];

    /// Position in [`Self::ALL`]; also the number in the CSS classes `k0` to `k6`.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TargetMet => "target met",
            Self::OnTrack => "on track",
            Self::Moderate => "moderate",
            Self::Limited => "limited",
            Self::Regressing => "regressing",
            Self::DeadlineMissed => "deadline missed",
            Self::NotAssessable => "not assessable",
        }
    }

    /// The shape, as a character. None is an emoji.
    pub const fn shape(self) -> &'static str {
        match self {
            Self::TargetMet => "\u{25CF}",
            Self::OnTrack => "\u{25B2}",
            Self::Moderate => "\u{25C6}",
            Self::Limited => "\u{25A0}",
            Self::Regressing => "\u{25BC}",
            Self::DeadlineMissed => "\u{2715}",
            Self::NotAssessable => "\u{25A8}",
        }
    }
}

/// Number of economies per class, in the order of [`Progress::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassCounts(pub [u32; 7]);

impl ClassCounts {
    /// Number of economies in a class.
    pub fn of(&self, class: Progress) -> u32 {
        self.0.get(class.index()).copied().unwrap_or_default()
    }

    /// Number of economies in all classes.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// Number of economies with a class.
    pub fn assessed(&self) -> u32 {
        self.total() - self.of(Progress::NotAssessable)
    }

    /// Classes with at least one economy, best first.
    pub fn present(&self) -> impl Iterator<Item = (Progress, u32)> + '_ {
        Progress::ALL.into_iter().map(|class| (class, self.of(class))).filter(|(_, n)| *n > 0)
    }

    /// "12 on track, 3 limited", for alternative texts.
    pub fn words(&self) -> String {
        let parts: Vec<String> =
            self.present().map(|(class, n)| format!("{n} {}", class.word())).collect();
        if parts.is_empty() { "no economy".to_owned() } else { parts.join(", ") }
    }
}
