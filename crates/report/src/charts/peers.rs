//! One row of the economy profile's dot plot: the economy among its peers.

use maud::{Markup, html};

use super::Axis;
use crate::number::pixel;

/// First quartile, median and third quartile of the peers' scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quartiles {
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
}

/// Quartiles of values (type 7: linear between order statistics); `None` without values.
pub fn quartiles(values: &[f64]) -> Option<Quartiles> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(Quartiles {
        q1: quantile(&sorted, 1)?,
        median: quantile(&sorted, 2)?,
        q3: quantile(&sorted, 3)?,
    })
}

fn quantile(sorted: &[f64], quarter: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let (at, rest) = (last * quarter / 4, last * quarter % 4);
    let low = *sorted.get(at)?;
    let high = sorted.get(at + 1).copied().unwrap_or(low);
    let part = f64::from(u32::try_from(rest).unwrap_or_default()) / 4.0;
    Some(low + (high - low) * part)
}

/// Scale of the dots: 4 pixels at each end leave room for a whole one.
fn axis(max: f64) -> Axis {
    Axis::new(0.0, max, 4.0, 136.0)
}

/// The axis with the band of some peers, to be drawn under an id: it is the same behind the dot of
/// every economy of a region.
pub fn band(id: &str, peers: Option<Quartiles>, max: f64) -> Markup {
    let x = axis(max);
    html! {
        g id=(id) {
            path.ax d="M4 7H136" {}
            @if let Some(band) = peers {
                @let (from, to) = (pixel(x.at(band.q1)), pixel(x.at(band.q3)));
                rect.bd x=(from) y="3" width=((to - from).max(1)) height="8" {}
                path.g d=(format!("M{} 2V12", pixel(x.at(band.median)))) {}
            }
        }
    }
}

/// A dot for the economy on the [`band`] of its peers. Hidden from assistive technology: score and
/// peers' median stand in the cells beside it.
pub fn dot(score: Option<f64>, band: &str, max: f64) -> Markup {
    html! {
        svg.pd aria-hidden="true" {
            use href=(format!("#{band}")) {}
            @if let Some(score) = score {
                circle.pt cx=(pixel(axis(max).at(score))) cy="7" r="4" {}
            }
        }
    }
}
