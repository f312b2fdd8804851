//! A hash of everything that decides a score besides the figures: framework, rules, corrections, code
//! lists and program. A version is a promise of a person; the fingerprint shows whether it was kept.

use sha2::{Digest, Sha256};
use wsis_model::area::AreaList;
use wsis_model::framework::Framework;
use wsis_model::rules::Method;

/// Length of a fingerprint in hexadecimal digits: enough to tell methods apart, short enough to
/// be printed beside a version.
const LENGTH: usize = 16;

/// Fingerprint of a method: equal for equal framework, rule book, corrections of its figures, areas and program version, whatever
/// the order of files and the comments in them.
pub fn fingerprint(method: Method<'_>, areas: &AreaList) -> String {
    let memberships = areas.memberships();
    let mut areas: Vec<_> = areas.areas().iter().collect();
    areas.sort_by(|a, b| a.code.cmp(&b.code));
    let mut parts = vec![
        format!("program {}", env!("CARGO_PKG_VERSION")),
        framework_text(method.framework),
        rules_text(method),
        format!("areas {areas:?}"),
        format!("groups {memberships:?}"),
    ];
    // Of other frameworks' figures they decide nothing here.
    let corrections: Vec<_> = method.corrections().collect();
    if !corrections.is_empty() {
        parts.push(format!("corrections {corrections:?}"));
    }
    digest(&parts)
}

/// Fingerprint of the framework alone: what its version stands for.
pub fn of_framework(framework: &Framework) -> String {
    digest(&[framework_text(framework)])
}

/// Fingerprint of the rule book alone: what its version stands for.
pub fn of_rules(method: Method<'_>) -> String {
    digest(&[rules_text(method)])
}

/// Fingerprint of texts in their order.
pub fn of_texts(texts: &[String]) -> String {
    digest(texts)
}

// The texts of `Debug` hold every field of the values, and numbers in their shortest form.

fn framework_text(framework: &Framework) -> String {
    // A window that somebody asks for is no other method.
    let mut framework = Framework { windows: Vec::new(), ..framework.clone() };
    framework.indicators.sort_by(|a, b| a.code.cmp(&b.code));
    framework.nodes.sort_by(|a, b| a.code.cmp(&b.code));
    for node in &mut framework.nodes {
        node.children.sort_by(|a, b| a.code.cmp(&b.code));
    }
    // Fields that came after versions had been given: a framework that has none of them is what it was, and
    // nobody is told to raise its version.
    let text = format!("framework {framework:?}");
    LATER.iter().fold(text, |text, later| text.replace(later, ""))
}

/// Fields without anything in them, as `Debug` writes them.
const LATER: &[&str] =
    &["limit: None, ", "commitments: [], ", "commitments_source: None, ", "dated_targets: [], "];

fn rules_text(method: Method<'_>) -> String {
    let text = format!("rules {:?}", method.rules);
    LATER_RULES.iter().fold(text, |text, later| text.replace(later, ""))
}

/// The same of rule books.
const LATER_RULES: &[&str] = &["trajectories: None, "];

fn digest(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
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
