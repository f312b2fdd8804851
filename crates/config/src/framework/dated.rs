//! Targets with a year, as a line of a framework states them: form and checks.

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::framework::{DatedTarget, Of};

use super::findings::Findings;
use super::form::provenance;
use super::indicator::is_code;
use crate::document::Located;
use crate::rules::RawStatus;

/// Years that a target of the information society can have.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// `{ code = "half-online", text = "...", by = 2015, indicator = "internet-users", value = 50, whole = "WB:WLD", ... }`
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DatedTarget")]
pub(super) struct RawDatedTarget {
    /// Code, unique in its line; one with the code of a commitment stands in its place.
    pub code: Located<String>,
    /// What it says, in short.
    pub text: Located<String>,
    /// Year by which it was to be met.
    pub by: Located<i32>,
    /// Code of the indicator that it is held against; left out where no figure measures it.
    pub indicator: Option<Located<String>>,
    /// Value from which it counts as met, in the unit of the indicator.
    pub value: Option<Located<f64>>,
    /// Whether the value itself does not count ("more than half").
    #[serde(default)]
    pub strict: bool,
    /// Of each economy in these groups; left out: of each that counts.
    #[serde(default)]
    pub groups: Vec<Located<String>>,
    /// Of an aggregate of the source, by its code (`WB:WLD`), and not of each economy.
    pub whole: Option<Located<String>>,
    /// Why there is no indicator, or what is read into the target here.
    #[serde(default)]
    pub note: String,
    /// Who set it.
    pub status: RawStatus,
    /// The document, as a citation.
    pub source: Located<String>,
    /// Whether its text was read there.
    pub verified: bool,
}

/// Checks the dated targets of a line and builds them.
pub(super) fn of_line(
    line: &str,
    raw: Vec<RawDatedTarget>,
    findings: &mut Findings,
) -> Vec<DatedTarget> {
    let mut all: Vec<DatedTarget> = Vec::with_capacity(raw.len());
    for item in raw {
        let name = item.code.get_ref();
        if all.iter().any(|other| other.code == *name) {
            findings.add(
                item.code.span(),
                format!("node `{line}`: dated target `{name}` stands twice"),
                "keep one of the two, or give the other one a code of its own",
            );
        }
        check(line, &item, findings);
        all.push(built(item));
    }
    all
}

fn check(line: &str, item: &RawDatedTarget, findings: &mut Findings) {
    let name = item.code.get_ref();
    let of = format!("node `{line}`: dated target `{name}`");
    findings.filled(line, "dated_targets.text", &item.text);
    findings.filled(line, "dated_targets.source", &item.source);
    if !is_code(name, true) {
        findings.add(
            item.code.span(),
            format!("node `{line}`: code `{name}` of a dated target"),
            "use letters a-z and A-Z, digits, `_`, `.` and `-` only, no space",
        );
    }
    if !YEARS.contains(item.by.get_ref()) {
        findings.add(
            item.by.span(),
            format!("{of}: by is {}", item.by.get_ref()),
            format!("write a year, {} to {}", YEARS.start(), YEARS.end()),
        );
    }
    if let Some(value) = &item.value {
        findings.finite(&of, "value", value);
    }
    match (&item.indicator, &item.value) {
        (Some(_), None) => findings.add(
            item.code.span(),
            format!("{of} names an indicator and no value"),
            "write `value`, from which it counts as met, or leave `indicator` out and say why in `note`",
        ),
        (None, Some(value)) => findings.add(
            value.span(),
            format!("{of} has a value and no indicator"),
            "name the `indicator` that has it",
        ),
        (None, None) if item.note.trim().is_empty() => findings.add(
            item.code.span(),
            format!("{of} has no indicator and does not say why"),
            "say in `note` why no figure can be held against it",
        ),
        _ => {}
    }
    if let Some(whole) = item.whole.as_ref().filter(|_| !item.groups.is_empty()) {
        findings.add(
            whole.span(),
            format!("{of} is of a whole and of each economy in groups"),
            "keep `whole` or `groups`",
        );
    }
}

fn built(item: RawDatedTarget) -> DatedTarget {
    let groups = item.groups.into_iter().map(Located::into_inner).collect();
    DatedTarget {
        code: item.code.into_inner(),
        text: item.text.into_inner(),
        by: item.by.into_inner(),
        indicator: item.indicator.map(Located::into_inner),
        value: item.value.map(Located::into_inner),
        strict: item.strict,
        of: item.whole.map_or(Of::Each { groups }, |code| Of::Whole(code.into_inner())),
        note: item.note,
        provenance: provenance(item.status, item.source, item.verified),
    }
}
