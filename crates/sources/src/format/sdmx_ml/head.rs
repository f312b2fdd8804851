//! What a message says of itself: which message it is, its header, its footer, and the message of an
//! error in place of data.

use super::xml::{Element, Elements};
use crate::format::message;
use crate::{DecodeError, text};

/// What is expected, in errors.
pub(super) const EXPECTED: &str = "an SDMX-ML message of data";

/// What a header says.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Whether the message is a generic one.
    pub(super) is_generic: bool,
    /// Whether measures have types of their own.
    pub(super) is_explicit: bool,
    /// Structures by their identifiers, and the dimension at the observation of each.
    structures: Vec<(String, String)>,
    /// The action on all data sets that name none.
    pub(super) action: String,
}

impl Head {
    /// Of a message with this root.
    pub(super) fn of(root: &Element<'_>) -> Self {
        Self { is_generic: root.name().starts_with("Generic"), ..Self::default() }
    }

    pub(super) fn read(
        &mut self,
        elements: &mut Elements<'_>,
        header: &Element<'_>,
    ) -> Result<(), DecodeError> {
        while let Some(child) = elements.child_of(header)? {
            match child.name() {
                "Structure" => {
                    let id = elements.attribute(&child, "structureID")?;
                    let at_obs = elements.attribute(&child, "dimensionAtObservation")?;
                    let explicit = elements.attribute(&child, "explicitMeasures")?;
                    self.is_explicit |= matches!(explicit.as_str(), "true" | "1");
                    self.structures.push((id, at_obs));
                    elements.skip(&child)?;
                }
                "DataSetAction" => self.action = elements.text(&child)?,
                _ => elements.skip(&child)?,
            }
        }
        Ok(())
    }

    /// The dimension at the observation of a data set of a structure; none for all of them, and
    /// where nothing says it.
    pub(super) fn at_obs(&self, structure: &str) -> Option<String> {
        let named = self.structures.iter().find(|(id, _)| id == structure);
        let found = named.or(match self.structures.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        let (_, at_obs) = found?;
        (!at_obs.is_empty() && at_obs != "AllDimensions").then(|| at_obs.clone())
    }
}

/// The root of a message of data.
///
/// # Errors
/// When the document is another one, and what it is; when it is the message of an error, and what
/// that says.
pub(super) fn root<'t>(elements: &mut Elements<'t>) -> Result<Element<'t>, DecodeError> {
    let Some(root) = elements.child()? else {
        return Err(elements.broken("it has no element"));
    };
    let other = |found: String| DecodeError::Shape { found, expected: EXPECTED };
    match root.name() {
        "GenericData"
        | "GenericTimeSeriesData"
        | "StructureSpecificData"
        | "StructureSpecificTimeSeriesData"
        | "CompactData"
        | "MessageGroup" => Ok(root),
        "Error" => Err(error_message(elements, &root)?),
        "Structure" => Err(other(
            "a message of structures (code lists, definitions), which has no figures".to_owned(),
        )),
        "CrossSectionalData" | "UtilityData" => Err(other(format!(
            "{} of SDMX 1.0 or 2.0, which is not read: ask the service for another form",
            root.shown()
        ))),
        "html" => Err(DecodeError::Html { expected: EXPECTED, start: "<html>".to_owned() }),
        _ => Err(other(format!("XML that begins with an element {}", root.shown()))),
    }
}

/// A document that is nothing but the message of an error.
fn error_message(
    elements: &mut Elements<'_>,
    root: &Element<'_>,
) -> Result<DecodeError, DecodeError> {
    let (mut code, mut said) = (String::new(), Vec::new());
    while let Some(child) = elements.child_of(root)? {
        if child.name() == "ErrorMessage" {
            if code.is_empty() {
                code = elements.attribute(&child, "code")?;
            }
            while let Some(part) = elements.child_of(&child)? {
                said.push(elements.text(&part)?);
                said.truncate(20);
            }
        } else {
            elements.skip(&child)?;
        }
    }
    Ok(message::said(&code, &text::joined(said.iter().map(String::as_str), " ")))
}

/// The footer: what the service says beside its data, or in place of them.
///
/// # Errors
/// When it says that the data are not all here (413: they will lie at another address), or that
/// something failed.
pub(super) fn footer(
    elements: &mut Elements<'_>,
    footer: &Element<'_>,
    tell: &mut dyn FnMut(String),
) -> Result<(), DecodeError> {
    while let Some(child) = elements.child_of(footer)? {
        if child.name() != "Message" {
            elements.skip(&child)?;
            continue;
        }
        let code = elements.attribute(&child, "code")?;
        let severity = elements.attribute(&child, "severity")?;
        let mut said = Vec::new();
        while let Some(part) = elements.child_of(&child)? {
            said.push(elements.text(&part)?);
            said.truncate(20);
        }
        let said = text::joined(said.iter().map(String::as_str), " ");
        if severity == "Error" || message::is_partial(&code) {
            return Err(message::said(&code, &said));
        }
        let code: String = code.chars().take(40).collect();
        tell(format!(
            "the service says beside its data ({code}, {}): {said}",
            message::meaning(&code)
        ));
    }
    Ok(())
}
