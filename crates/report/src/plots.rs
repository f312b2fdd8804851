//! Charts as files of their own: a picture that carries its title, its source and its colours, and the rows
//! behind it. The drawings are those of [`crate::charts`].

pub mod coverage;
pub mod disagreement;
pub mod profile;
pub mod ranks;
pub mod trajectory;

use maud::{Markup, PreEscaped, html};

use crate::class::Progress;
use crate::palette::LIGHT;

/// Width of a character at the size of the title and of the source, in a wide font (DejaVu Sans); what is wrapped by it
/// fits.
const TITLE_CHAR: i32 = 10;
const SOURCE_CHAR: i32 = 6;

/// Heights of a line of the title and of the source.
const TITLE_LINE: i32 = 18;
const SOURCE_LINE: i32 = 14;

/// Space around everything.
const EDGE: i32 = 12;

/// Most rows that a chart draws; what has more is refused in words.
pub const ROWS_MAX: usize = 300;

/// A chart with all that is needed to draw it or to print what is behind it.
#[derive(Debug, Clone)]
pub struct Plot {
    /// A sentence that says what the chart shows.
    pub title: String,
    /// The same figures in words.
    pub description: String,
    /// Width of the drawing.
    pub width: i32,
    /// Height of the drawing.
    pub height: i32,
    /// The drawing.
    pub drawing: Markup,
    /// Names of the columns of the rows behind it; those with a `#` hold numbers.
    pub columns: &'static [&'static str],
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Plot {
    /// The picture as an SVG document that needs nothing else. `source`: whose figures, which snapshot, which
    /// day.
    pub fn svg(&self, source: &str) -> String {
        let inner = self.width;
        let title = wrapped(&self.title, inner / TITLE_CHAR);
        let sources = wrapped(source, inner / SOURCE_CHAR);
        let lines = |lines: &[String]| i32::try_from(lines.len()).unwrap_or(i32::MAX);
        let top = EDGE + TITLE_LINE * lines(&title) + EDGE / 2;
        let foot = top + self.height + EDGE / 2;
        let height = foot + SOURCE_LINE * lines(&sources) + EDGE;
        let width = inner + 2 * EDGE;
        let numbered =
            |lines: &[String]| -> Vec<(i32, String)> { (1..).zip(lines.to_vec()).collect() };
        let picture = html! {
            svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t d"
                width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) {
                title id="t" { (self.title) }
                desc id="d" { (self.description) " " (source) }
                style { (PreEscaped(style())) }
                rect.page width=(width) height=(height) {}
                @for (at, line) in numbered(&title) {
                    text.title x=(EDGE) y=(EDGE + TITLE_LINE * at - 4) { (line) }
                }
                g transform=(format!("translate({EDGE} {top})")) { (self.drawing) }
                @for (at, line) in numbered(&sources) {
                    text.source x=(EDGE) y=(foot + SOURCE_LINE * at) { (line) }
                }
            }
        };
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", picture.into_string())
    }
}

/// Words in lines of at most so many characters.
fn wrapped(text: &str, most: i32) -> Vec<String> {
    let most = usize::try_from(most).unwrap_or(1).max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The rules of the report that drawings use, with the colours put in: a picture alone has no style sheet whose
/// properties it could ask for.
fn style() -> String {
    let theme = LIGHT;
    let (page, ink, muted, rule, accent, band, hatch) =
        (theme.page, theme.ink, theme.muted, theme.rule, theme.accent, theme.band, theme.hatch);
    let mut css = vec![format!(
        "text{{font:11px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",Arial,sans-serif;\
         fill:{ink}}}.title{{font-size:14px;font-weight:600}}.source,.t2{{fill:{muted}}}.source{{font-size:10px}}\
         .st{{font-weight:600}}.page,.wh{{fill:{page}}}.ax{{stroke:{rule};stroke-width:1;fill:none}}\
         .bd{{fill:{band}}}.ln{{stroke:{accent};stroke-width:2;fill:none;stroke-linejoin:round}}\
         .pt{{fill:{accent}}}.ph{{fill:{page};stroke:{accent};stroke-width:1.5}}\
         .tg{{stroke:{ink};stroke-width:1;stroke-dasharray:5 3;fill:none}}\
         .g{{stroke:{muted};stroke-width:1.5;fill:none}}.da{{stroke-dasharray:4 3}}\
         .hl{{stroke:{hatch};stroke-width:1;fill:none}}.hb{{fill:{page};stroke:{hatch};stroke-width:1}}"
    )];
    for class in Progress::ALL {
        let at = class.index();
        css.push(format!(".f{at}{{fill:{}}}", theme.fills.get(at).unwrap_or(&ink)));
    }
    for (at, fill) in theme.bands.iter().enumerate() {
        css.push(format!(".b{at}{{fill:{fill}}}"));
    }
    css.concat()
}

/// A number as a table of rows has it: exact, and empty where there is none.
pub(crate) fn exact(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
