//! What a text means: a framework, a line, an economy, a group, a pipeline. Judged by the deployment alone,
//! before a lake is opened, so that a slip is told at once and with the name that was meant.

use std::collections::{BTreeMap, BTreeSet};

use wsis_config::{Deployment, hint, listed, nearest};
use wsis_model::area::{Area, AreaKind, AreaMatch, GroupKind};
use wsis_model::framework::{Framework, Node};

use crate::error::AppError;

/// The framework with an id, or the default one.
///
/// # Errors
/// [`AppError::Asked`] for an id that there is not.
pub fn framework<'a>(
    deployment: &'a Deployment,
    id: Option<&str>,
) -> Result<&'a Framework, AppError> {
    let id = id.unwrap_or(&deployment.workspace.default_framework);
    deployment.framework(id).ok_or_else(|| {
        let known = deployment.frameworks.iter().map(|it| it.id.as_str());
        AppError::Asked(format!("no framework {id:?}; {}", hint(id, known, "there are")))
    })
}

/// The reported node with a code, compared without regard to case.
///
/// # Errors
/// [`AppError::Asked`] for a code that there is not.
pub fn line<'a>(framework: &'a Framework, code: &str) -> Result<&'a Node, AppError> {
    let known = || framework.reported.iter().map(String::as_str);
    let found = known().find(|line| line.eq_ignore_ascii_case(code));
    found.and_then(|line| framework.node(line)).ok_or_else(|| {
        // A slip in so short a code as C12 could be any of several.
        let meant = if code.chars().count() > 3 {
            hint(code, known(), "there are")
        } else {
            format!("there are: {}", listed(known()))
        };
        AppError::Asked(format!(
            "no line {code:?} in framework {}; {meant}; `wsis list lines` shows all",
            framework.id
        ))
    })
}

/// The codes of a line and of an economy that a command is asked about, where it is.
///
/// # Errors
/// As [`line`] and [`area`].
pub fn line_and_area(
    deployment: &Deployment,
    framework: &Framework,
    asked: (Option<&str>, Option<&str>),
) -> Result<(Option<String>, Option<String>), AppError> {
    let of_line = asked.0.map(|it| line(framework, it).map(|it| it.code.clone())).transpose()?;
    let of_area = asked.1.map(|it| area(deployment, it).map(|it| it.code.clone())).transpose()?;
    Ok((of_line, of_area))
}

/// The line with this code, for whoever might have meant an indicator: the error suggests both.
///
/// # Errors
/// [`AppError::Asked`] for a code that there is not.
pub fn line_or_indicator<'a>(framework: &'a Framework, code: &str) -> Result<&'a Node, AppError> {
    let lines = || framework.reported.iter().map(String::as_str);
    if lines().any(|line| line.eq_ignore_ascii_case(code)) {
        return line(framework, code);
    }
    let with_target = framework.indicators.iter().filter(|it| it.target.is_some());
    let known = lines().chain(with_target.map(|it| it.code.as_str()));
    Err(AppError::Asked(format!(
        "no line or indicator {code:?} with a target in framework {}; {}; `wsis list lines` and `wsis list indicators` \
         show all",
        framework.id,
        hint(code, known, "there are")
    )))
}

/// The names of the agency that a framework has for it: alone, and together with others ("ITU and UNICEF").
///
/// # Errors
/// [`AppError::Asked`] for a name that there is not.
pub fn agencies(framework: &Framework, name: &str) -> Result<Vec<String>, AppError> {
    let named: BTreeSet<&str> =
        framework.indicators.iter().map(|indicator| indicator.agency.as_str()).collect();
    let parts = |agency: &'_ str| -> Vec<String> {
        agency.split(" and ").flat_map(|part| part.split(", ")).map(str::to_owned).collect()
    };
    let is_it = |agency: &&str| {
        agency.eq_ignore_ascii_case(name)
            || parts(agency).iter().any(|part| part.eq_ignore_ascii_case(name))
    };
    let found: Vec<String> = named.iter().copied().filter(is_it).map(str::to_owned).collect();
    if found.is_empty() {
        let each: Vec<String> = named.iter().flat_map(|agency| parts(agency)).collect();
        let known: BTreeSet<&str> =
            named.iter().copied().chain(each.iter().map(String::as_str)).collect();
        return Err(AppError::Asked(format!(
            "no agency {name:?} in framework {}; {}; `wsis gaps --by agency` shows all",
            framework.id,
            hint(name, known.iter().copied(), "there are")
        )));
    }
    Ok(found)
}

/// The economy with this code or name, in any case.
///
/// # Errors
/// [`AppError::Asked`] for a name that there is not, or that is no economy's of today.
pub fn area<'a>(deployment: &'a Deployment, text: &str) -> Result<&'a Area, AppError> {
    let areas = &deployment.areas;
    let found = areas.get(&text.to_ascii_uppercase()).or_else(|| {
        let named = areas.areas().iter().find(|area| area.name.eq_ignore_ascii_case(text));
        named.or_else(|| match areas.find("*", text) {
            AreaMatch::One(area) => Some(area),
            AreaMatch::Many(_) | AreaMatch::None => None,
        })
    });
    match found {
        Some(area) if area.kind == AreaKind::Economy => Ok(area),
        Some(area) => Err(AppError::Asked(format!(
            "{} ({}) is no economy of today; scores are of economies, their groups stand in \
             public/v1/group_scores",
            area.name, area.code
        ))),
        None => {
            let economies = areas.areas().iter().filter(|area| area.kind == AreaKind::Economy);
            // A slip of three letters is every other code: names only.
            let names = economies.map(|area| area.name.as_str());
            let slip = nearest(text, names).filter(|_| text.chars().count() > 3);
            let meant = slip.map_or_else(
                || {
                    "write ISO 3166-1 alpha-3 or the name the UN uses, for example NAM or Namibia"
                        .into()
                },
                |name| format!("did you mean `{name}`?"),
            );
            Err(AppError::Asked(format!("no area {text:?}; {meant}; `wsis list areas` shows all")))
        }
    }
}

/// A group of economies: its name, and what makes it one.
pub struct Group {
    /// As `--group` takes it.
    pub name: String,
    /// `region`, `subregion`, `income` or `special`.
    pub kind: &'static str,
    /// Codes of its members.
    pub members: Vec<String>,
}

/// Every group that has a member at the end of a year, by kind and name.
pub fn groups(deployment: &Deployment, year: i32) -> Vec<Group> {
    let list = &deployment.areas;
    let mut found: BTreeMap<(u8, &'static str, &str), Vec<String>> = BTreeMap::new();
    for area in list.areas().iter().filter(|area| area.kind == AreaKind::Economy) {
        let mut names =
            vec![(0, "region", area.region.as_str()), (1, "subregion", area.subregion.as_str())];
        let dated = list.groups(area, year);
        for (place, kind) in [(2, GroupKind::Income), (3, GroupKind::Special)] {
            let of_kind = dated.get(&kind).into_iter().flatten();
            names.extend(of_kind.map(|name| (place, kind.code(), *name)));
        }
        for name in names.into_iter().filter(|(.., name)| !name.is_empty()) {
            found.entry(name).or_default().push(area.code.clone());
        }
    }
    let group = |((_, kind, name), members): ((u8, &'static str, &str), Vec<String>)| Group {
        name: name.to_owned(),
        kind,
        members,
    };
    found.into_iter().map(group).collect()
}

/// Refuses a name that is no group's in any year.
///
/// # Errors
/// [`AppError::Asked`] for such a name.
pub fn check_group(deployment: &Deployment, name: &str) -> Result<(), AppError> {
    let areas = deployment.areas.areas().iter().flat_map(|area| [&area.region, &area.subregion]);
    let dated = deployment.areas.memberships().iter();
    let dated = dated.filter(|it| it.kind != GroupKind::Universe).map(|it| &it.group);
    let names = areas.chain(dated).map(String::as_str).filter(|name| !name.is_empty());
    let known: BTreeSet<&str> = names.collect();
    if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(AppError::Asked(format!(
        "no group {name:?}; {}; `wsis list groups` shows all",
        hint(name, known.iter().copied(), "there are")
    )))
}

/// Members of the group with a name, in any case, at the end of a year.
pub fn group(deployment: &Deployment, name: &str, year: i32) -> Vec<String> {
    let groups = groups(deployment, year);
    let named = groups.into_iter().filter(|group| group.name.eq_ignore_ascii_case(name));
    named.flat_map(|group| group.members).collect()
}

/// Refuses ids of pipelines that are not declared.
///
/// # Errors
/// [`AppError::Asked`] for the first of them.
pub fn check_pipelines<S: AsRef<str>>(deployment: &Deployment, ids: &[S]) -> Result<(), AppError> {
    match ids.iter().map(AsRef::as_ref).find(|id| deployment.pipeline(id).is_none()) {
        None => Ok(()),
        Some(id) => {
            let hint = deployment.pipeline_hint(id);
            Err(AppError::Asked(format!("no pipeline {id:?}; {hint}")))
        }
    }
}
