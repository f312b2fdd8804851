//! A drawing as a picture of dots (PNG).

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, Query};
use resvg::usvg::{Options, Tree};

use crate::failure::Failure;

/// Dots for each unit of the drawing, both ways: sharp on paper and on small screens.
const DOTS: f32 = 2.0;

/// Most dots of a picture: 100 MB while it is drawn. The longest chart, of 300 rows, has a third.
const DOTS_MAX: u64 = 25_000_000;

/// Fonts that are looked for first: wide ones with the letters of the names of all economies.
const FONTS: [&str; 8] = [
    "Noto Sans",
    "DejaVu Sans",
    "Segoe UI",
    "Roboto",
    "Liberation Sans",
    "Arial",
    "Helvetica",
    "Ubuntu",
];

/// What is said where a machine has no letters to draw with.
const NO_FONTS: &str = "a PNG is drawn with the fonts of this machine, and it has none: install one (Noto Sans or \
    DejaVu Sans, say), or write SVG, which is drawn with the fonts of whoever looks at it";

/// Draws an SVG document.
///
/// # Errors
/// No fonts here, or a drawing that is too large or cannot be read.
pub(crate) fn png(svg: &str) -> Result<Vec<u8>, Failure> {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    png_with(svg, fonts)
}

fn png_with(svg: &str, mut fonts: Database) -> Result<Vec<u8>, Failure> {
    let family = family(&fonts).ok_or_else(|| Failure::ran(NO_FONTS))?;
    fonts.set_sans_serif_family(&family);
    let options = Options { fontdb: Arc::new(fonts), font_family: family, ..Options::default() };
    let told =
        |what: &dyn std::fmt::Display| Failure::ran(format!("the chart cannot be drawn: {what}"));
    let tree = Tree::from_str(svg, &options).map_err(|error| told(&error))?;
    let size = tree.size().to_int_size().scale_by(DOTS).ok_or_else(|| told(&"it has no size"))?;
    let dots = u64::from(size.width()) * u64::from(size.height());
    if dots > DOTS_MAX {
        return Err(told(&format!("{dots} dots, at most {DOTS_MAX}; write SVG")));
    }
    let mut picture =
        Pixmap::new(size.width(), size.height()).ok_or_else(|| told(&"no memory for it"))?;
    resvg::render(&tree, Transform::from_scale(DOTS, DOTS), &mut picture.as_mut());
    picture.encode_png().map_err(|error| told(&error))
}

/// The font that text is drawn with: of those looked for first, else any.
fn family(fonts: &Database) -> Option<String> {
    let is_there = |name: &&str| {
        let query = Query { families: &[Family::Name(name)], ..Query::default() };
        fonts.query(&query).is_some()
    };
    let first = FONTS.into_iter().find(is_there).map(str::to_owned);
    first.or_else(|| Some(fonts.faces().next()?.families.first()?.0.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\">\
        <rect width=\"40\" height=\"20\" style=\"fill:#1F5FA8\"/><text y=\"15\">C2</text></svg>";

    #[test]
    fn trial_p218_no_picture_without_letters() {
        let refused = png_with(SVG, Database::new()).unwrap_err().to_string();
        assert!(refused.contains("fonts of this machine") && refused.contains("SVG"), "{refused}");
    }

    #[test]
    fn trial_p218_a_picture_has_two_dots_for_each_unit() {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        if family(&fonts).is_none() {
            return;
        }
        let found = png(SVG).unwrap();
        assert_eq!(found.get(..8), Some(&b"\x89PNG\r\n\x1a\n"[..]));
        assert_eq!(found.get(16..24), Some(&[0, 0, 0, 80, 0, 0, 0, 40][..]));
        let large = SVG.replace("\"40\"", "\"9000\"").replace("\"20\"", "\"9000\"");
        assert!(png(&large).unwrap_err().to_string().contains("dots"));
    }
}
