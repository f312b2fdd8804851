//! What is drawn for a code depends on its number: two codes of a framework may not share one.

use wsis_model::item;

use super::findings::Findings;
use super::form::RawFramework;
use crate::document::Located;

/// Refuses codes of nodes and indicators that have the same number in draws.
pub(super) fn check(raw: &RawFramework, findings: &mut Findings) {
    let places = || {
        let nodes = raw.nodes.iter().map(|node| &node.code);
        nodes.chain(raw.indicators.iter().map(|leaf| &leaf.code))
    };
    let Some((one, other)) = item::collision(places().map(|code| code.get_ref().as_str())) else {
        return;
    };
    let span = places().find(|code| code.get_ref() == other).map(Located::span);
    findings.add(
        span.unwrap_or_default(),
        format!("`{other}` and `{one}` have the same number in draws (FNV-1a, 32 bits)"),
        "rename one of them: else what is drawn for one would be drawn for the other",
    );
}
