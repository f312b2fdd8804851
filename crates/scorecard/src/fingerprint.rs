//! A hash of everything that decides a score besides the figures: framework, rules, code lists and
//! program. A version is a promise of a person; the fingerprint shows whether it was kept.

use sha2::{Digest, Sha256};
use wsis_model::area::AreaList;
use wsis_model::framework::Framework;
use wsis_model::rules::Method;

/// Length of a fingerprint in hexadecimal digits: enough to tell methods apart, short enough to
/// be printed beside a version.
const LENGTH: usize = 16;

/// Fingerprint of a method: equal for equal framework, rule book, areas and program version, whatever
/// the order of files and the comments in them.
pub fn fingerprint(method: Method<'_>, areas: &AreaList) -> String {
    let mut hash = Sha256::new();
    // A window that somebody asks for is no other method.
    let mut framework = Framework { windows: Vec::new(), ..method.framework.clone() };
    framework.indicators.sort_by(|a, b| a.code.cmp(&b.code));
    framework.nodes.sort_by(|a, b| a.code.cmp(&b.code));
    for node in &mut framework.nodes {
        node.children.sort_by(|a, b| a.code.cmp(&b.code));
    }
    let memberships = areas.memberships();
    let mut areas: Vec<_> = areas.areas().iter().collect();
    areas.sort_by(|a, b| a.code.cmp(&b.code));
    // The texts of `Debug` hold every field of the values, and numbers in their shortest form.
    for part in [
        format!("program {}", env!("CARGO_PKG_VERSION")),
        format!("framework {framework:?}"),
        format!("rules {:?}", method.rules),
        format!("areas {areas:?}"),
        format!("groups {memberships:?}"),
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(LENGTH).map(hex).collect()
}

/// A hexadecimal digit.
fn hex(half: u8) -> char {
    char::from_digit(u32::from(half), 16).unwrap_or('0')
}
