//! Every colour of the report, light and dark, as constants that tests measure.
//!
//! The fills of the classes are those of the design. Three of them (on track, moderate, limited)
//! reach only 3.2 to 4.3 : 1 on white, enough for a shape but not for a letter, so shapes that
//! stand in text use an ink of the same hue with at least 4.5 : 1.

use std::fmt::Write as _;

/// The colours of one theme.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Page.
    pub page: &'static str,
    /// Table heads, stripes and notes.
    pub panel: &'static str,
    /// Text.
    pub ink: &'static str,
    /// Secondary text.
    pub muted: &'static str,
    /// Hairlines, decoration only.
    pub rule: &'static str,
    /// The one accent: links, medians, the economy in focus.
    pub accent: &'static str,
    /// Quartile band and peers, behind the accent.
    pub band: &'static str,
    /// Stripes of the hatching for "no data".
    pub hatch: &'static str,
    /// Areas of the classes, in the order of [`crate::class::Progress::ALL`].
    pub fills: [&'static str; 7],
    /// Shapes of the classes inside text, same order.
    pub inks: [&'static str; 7],
    /// Five bands of the map, lowest score first: lightness alone orders them.
    pub bands: [&'static str; 5],
}

/// Light theme.
pub const LIGHT: Theme = Theme {
    page: "#FFFFFF",
    panel: "#F4F6F8",
    ink: "#1A1F26",
    muted: "#4A5360",
    rule: "#C9D0D8",
    accent: "#1F5FA8",
    band: "#C5D5E8",
    hatch: "#6B7280",
    fills: ["#1B6CA8", "#2E8B57", "#B58900", "#C8691C", "#B0312B", "#4A1E5C", "#6B7280"],
    inks: ["#1B6CA8", "#22704A", "#7A5C00", "#9C4A0C", "#B0312B", "#4A1E5C", "#59606C"],
    bands: ["#E3EDF7", "#AFCBE6", "#6FA3D1", "#2F72B3", "#123F73"],
};

/// Dark theme.
pub const DARK: Theme = Theme {
    page: "#14171C",
    panel: "#1D222A",
    ink: "#E8EBEF",
    muted: "#B0B8C3",
    rule: "#3A424D",
    accent: "#7DB5F0",
    band: "#2F4560",
    hatch: "#A4ACB8",
    fills: ["#6CB4EE", "#5CC08A", "#D9B23C", "#F09A5E", "#F28B84", "#E3CFFB", "#A4ACB8"],
    inks: ["#6CB4EE", "#5CC08A", "#D9B23C", "#F09A5E", "#F28B84", "#E3CFFB", "#A4ACB8"],
    bands: ["#223A55", "#33608F", "#4F8AC4", "#8CBBE6", "#D6E8F9"],
};

impl Theme {
    /// The theme as CSS custom properties.
    pub fn properties(&self) -> String {
        let mut css = format!(
            "--page:{};--panel:{};--ink:{};--muted:{};--rule:{};--accent:{};--band:{};--hatch:{};",
            self.page,
            self.panel,
            self.ink,
            self.muted,
            self.rule,
            self.accent,
            self.band,
            self.hatch
        );
        for (at, (fill, ink)) in self.fills.iter().zip(self.inks).enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(css, "--f{at}:{fill};--i{at}:{ink};");
        }
        for (at, band) in self.bands.iter().enumerate() {
            let _ = write!(css, "--b{at}:{band};");
        }
        css
    }
}
