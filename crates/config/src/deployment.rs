//! A whole checked deployment.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use wsis_model::area::AreaList;
use wsis_model::codelist::{CodeLists, DimensionLists};
use wsis_model::correction::Correction;
use wsis_model::framework::{Ages, Framework};
use wsis_model::pipeline::Pipeline;
use wsis_model::rules::{Method, RuleBook};
use wsis_model::scheme::Scheme;

use crate::areas;
use crate::codelists;
use crate::corrections;
use crate::delivered::{asked, undeclared_series};
use crate::error::{ConfigError, ConfigErrors, ErrorKind, SourceText};
use crate::files::{self, Files, WORKSPACE_FILE};
use crate::framework_file::one_survey;
use crate::pipeline::{self, Declared};
use crate::rules;
use crate::schedule::ZoneData;
use crate::schemes;
use crate::suggest;
use crate::tables;
use crate::workspace::{self, Workspace};

/// Everything that a deployment declares, checked.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// `workspace.toml`.
    pub workspace: Workspace,
    /// `pipelines/*.toml`, sorted by id.
    pub pipelines: Vec<Pipeline>,
    /// `pipelines/corrections/*.toml`, sorted by id.
    pub corrections: Vec<Correction>,
    /// `schemas/framework/*.toml`, sorted by id.
    pub frameworks: Vec<Framework>,
    /// The rule book of `schemas/rules/*.toml` that `workspace.toml` names.
    pub rules: RuleBook,
    /// The rules of other organisations, `schemas/rules/others/*.toml`, sorted by id.
    pub schemes: Vec<Scheme>,
    /// `schemas/codelists/ref_area*.csv` and `group_members.csv`.
    pub areas: AreaList,
    /// The other code lists of `schemas/codelists`.
    pub dimensions: DimensionLists,
    /// Warnings that hold wherever it runs.
    standing: Vec<ConfigError>,
    /// For each secret, the name of its environment variable and the warning when it is not set.
    secrets: Vec<(String, ConfigError)>,
}

impl AsRef<Workspace> for Deployment {
    fn as_ref(&self) -> &Workspace {
        &self.workspace
    }
}

/// Where a deployment comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The files built into the program.
    Embedded,
    /// A folder with `workspace.toml` and `pipelines/`, and `schemas/` if it has its own.
    Folder(&'a Path),
}

/// What a check found: warnings do not keep the deployment from being used.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The deployment, if no finding is an error but what drafts leave open: these are not in it.
    pub deployment: Option<Deployment>,
    /// Errors and warnings, sorted by file and line.
    pub findings: Vec<ConfigError>,
    /// Datasets (`undesa/EGDI`) and single series (`worldbank/WDI/SP.POP.TOTL`) that frameworks built into
    /// the program ask for and no pipeline of the folder delivers: a deployment with a few pipelines
    /// of its own is none that is wrong.
    pub not_delivered: BTreeSet<String>,
}

/// Reads and checks everything. `environment` tells the value of an environment variable; a secret
/// that is not set is a warning here, and an error only when its pipeline is about to run (see
/// [`crate::missing_secrets`]).
pub fn check(origin: Origin<'_>, environment: &dyn Fn(&str) -> Option<String>) -> Checked {
    let (files, mut findings) = match origin {
        Origin::Embedded => (Files::embedded(), Vec::new()),
        Origin::Folder(root) => Files::folder(root),
    };
    // Before anything that names a time zone is read.
    if let Some(Ok(source)) = files.text(WORKSPACE_FILE) {
        findings.extend(declare_zones(&source, origin));
    }
    let mut parts = Parts::read(&files, &mut findings);
    let not_delivered = std::mem::take(&mut parts.not_delivered);
    let secrets: Vec<(String, ConfigError)> =
        parts.pipelines.iter().filter_map(Declared::secret_needed).collect();
    sort(&mut findings);
    let standing = findings.clone();
    // A draft that leaves something to a person is no pipeline yet, whatever else it lacks; the others
    // run without it.
    let is_open = |it: &&ConfigError| it.kind == ErrorKind::Undecided;
    let drafts: BTreeSet<&str> =
        findings.iter().filter(is_open).map(|finding| finding.file.as_str()).collect();
    let stops = |it: &ConfigError| it.is_error() && !drafts.contains(it.file.as_str());
    let usable = !findings.iter().any(stops);
    findings.extend(unset(&secrets, environment));
    sort(&mut findings);
    let mut deployment = parts.assemble(standing, secrets).filter(|_| usable);
    if let Some(deployment) = &mut deployment {
        deployment.workspace.set_below(origin);
        if let Origin::Folder(root) = origin {
            let root = below(root);
            for folder in deployment.pipelines.iter_mut().filter_map(|it| it.folder.as_mut()) {
                folder.path = root.join(&folder.path);
            }
        }
    }
    Checked { deployment, findings, not_delivered }
}

impl Workspace {
    /// `workspace.toml` alone, for commands that need nothing else: a fault in a pipeline or a
    /// framework does not keep them from running.
    ///
    /// # Errors
    /// Every error of `workspace.toml`.
    pub fn load(origin: Origin<'_>) -> Result<Self, ConfigErrors> {
        let source = match origin {
            Origin::Embedded => Files::embedded_workspace(),
            Origin::Folder(root) => Files::workspace(root),
        };
        let parsed = source.map_err(|error| vec![error]).and_then(|source| {
            match declare_zones(&source, origin) {
                Some(error) => Err(vec![error]),
                None => workspace::parse(&source),
            }
        });
        let (mut workspace, _) = parsed.map_err(ConfigErrors)?;
        workspace.set_below(origin);
        Ok(workspace)
    }

    /// Puts relative paths below the folder of `workspace.toml`.
    fn set_below(&mut self, origin: Origin<'_>) {
        let Origin::Folder(root) = origin else { return };
        let root = below(root);
        self.lake = root.join(&self.lake);
        if let Some(ca_file) = &mut self.fetch.ca_file {
            *ca_file = root.join(&*ca_file);
        }
        if let Some(zoneinfo) = &mut self.schedule.zoneinfo {
            *zoneinfo = root.join(&*zoneinfo);
        }
    }
}

/// A folder as paths below it are shown: "./lake" is "lake" with more to read.
fn below(root: &Path) -> &Path {
    if root == Path::new(".") { Path::new("") } else { root }
}

/// Takes the time zones of `[schedule] zoneinfo` into use, or the usual ones.
fn declare_zones(source: &Arc<SourceText>, origin: Origin<'_>) -> Option<ConfigError> {
    let table: toml::Table = source.text().parse().ok()?;
    let folder = table.get("schedule").and_then(|it| it.get("zoneinfo")).and_then(|it| it.as_str());
    let Some(written) = folder else {
        // The usual ones are always there.
        let _ = ZoneData::declare(None);
        return None;
    };
    let root = match origin {
        Origin::Embedded => Path::new(""),
        Origin::Folder(root) => root,
    };
    let folder = root.join(written);
    let why = ZoneData::declare(Some(&folder)).err()?;
    Some(source.error(
        ErrorKind::InvalidValue,
        source.find_quoted(written),
        format!("`zoneinfo` {}: {why}", folder.display()),
        "write a folder of compiled time zones, such as \"/usr/share/zoneinfo\"",
    ))
}

/// By file and line, each once.
fn sort(findings: &mut Vec<ConfigError>) {
    findings.sort_by(|a, b| {
        (&a.file, a.line, a.column, &a.message).cmp(&(&b.file, b.line, b.column, &b.message))
    });
    findings.dedup();
}

/// The warnings for secrets that the environment does not hold.
fn unset<'a>(
    secrets: &'a [(String, ConfigError)],
    environment: &'a dyn Fn(&str) -> Option<String>,
) -> impl Iterator<Item = ConfigError> + 'a {
    secrets.iter().filter(|(name, _)| !pipeline::is_set(name, environment)).map(
        |(name, warning)| {
            let mut warning = warning.clone();
            // Whoever asks the environment told already what is wrong with the file.
            if pipeline::is_set(&format!("{name}_FILE"), environment) {
                warning.message = format!("`{name}_FILE` names a file that gives no secret");
            }
            warning
        },
    )
}

impl Deployment {
    /// The deployment built into the program.
    ///
    /// # Errors
    /// Only if the program was built with wrong files, which its tests exclude.
    pub fn embedded() -> Result<Self, ConfigErrors> {
        Self::from_origin(Origin::Embedded)
    }

    /// The deployment of a folder. Paths in its `workspace.toml` are relative to the folder, from
    /// wherever the program is run.
    /// Parts of `schemas/` that the folder does not have are those built into the program.
    ///
    /// # Errors
    /// Every error of every file.
    pub fn load(root: &Path) -> Result<Self, ConfigErrors> {
        Self::from_origin(Origin::Folder(root))
    }

    fn from_origin(origin: Origin<'_>) -> Result<Self, ConfigErrors> {
        let checked = check(origin, &|_| Some("not asked".to_owned()));
        let errors: Vec<ConfigError> =
            checked.findings.into_iter().filter(ConfigError::is_error).collect();
        checked.deployment.ok_or(ConfigErrors(errors))
    }

    /// What will not work as it stands, though the deployment can be used: secrets that the
    /// environment does not hold, and frameworks whose figures no pipeline delivers.
    pub fn warnings(&self, environment: &dyn Fn(&str) -> Option<String>) -> Vec<ConfigError> {
        let mut warnings = self.standing.clone();
        warnings.extend(unset(&self.secrets, environment));
        sort(&mut warnings);
        warnings
    }

    /// What pipelines deliver and no framework scores, by pipeline: of a dataset that none asks for
    /// anything of. Such figures are in the lake and in no scorecard.
    pub fn unscored(&self) -> Vec<&Pipeline> {
        let of_frameworks = self.frameworks.iter().flat_map(|it| &it.indicators);
        let asked: BTreeSet<(&str, &str)> = of_frameworks
            .filter_map(|indicator| indicator.series.as_ref())
            .map(|series| (series.source.as_str(), series.dataset.as_str()))
            .collect();
        let is_asked = |it: &&Pipeline| !asked.contains(&(it.source.as_str(), it.dataset.as_str()));
        self.pipelines.iter().filter(is_asked).collect()
    }

    /// The framework with an id.
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.iter().find(|framework| framework.id == id)
    }

    /// A framework under the rule book of the deployment.
    pub fn method<'a>(&'a self, framework: &'a Framework) -> Method<'a> {
        Method::new(framework, &self.rules).correcting(&self.corrections)
    }

    /// The code lists that decoding uses.
    pub fn code_lists(&self) -> CodeLists {
        CodeLists { areas: self.areas.clone(), dimensions: self.dimensions.clone() }
    }

    /// The pipeline with an id.
    pub fn pipeline(&self, id: &str) -> Option<&Pipeline> {
        self.pipelines.iter().find(|pipeline| pipeline.id == id)
    }

    /// "did you mean": the known pipeline ids nearest to one that is unknown.
    pub fn pipeline_hint(&self, id: &str) -> String {
        let ids = self.pipelines.iter().map(|pipeline| pipeline.id.as_str());
        suggest::hint(id, ids, "pipelines are")
    }
}

/// The parts as far as they could be read.
struct Parts {
    workspace: Option<Workspace>,
    pipelines: Vec<Declared>,
    corrections: Vec<Correction>,
    frameworks: Vec<Framework>,
    rules: Option<RuleBook>,
    schemes: Vec<Scheme>,
    areas: Option<AreaList>,
    dimensions: Option<DimensionLists>,
    not_delivered: BTreeSet<String>,
}

impl Parts {
    fn read(files: &Files, findings: &mut Vec<ConfigError>) -> Self {
        let mut read_workspace = None;
        if let Some(source) = files.text(WORKSPACE_FILE) {
            match source.map_err(|error| vec![error]).and_then(|source| {
                workspace::parse(&source).map(|(workspace, places)| (workspace, source, places))
            }) {
                Ok(read) => read_workspace = Some(read),
                Err(errors) => findings.extend(errors),
            }
        }
        let workspace = read_workspace.as_ref().map(|(workspace, _, _)| workspace);
        let (pipelines, all_read) = read_pipelines(files, workspace, findings);
        findings.extend(pipeline::across(&pipelines));
        let rules = rules::read(files, read_workspace.as_ref(), findings);
        let ages = rules.as_ref().unwrap_or_else(|| rules::house()).ages;
        let (mut frameworks, frameworks_read) = read_frameworks(files, ages, findings);
        if let Some((workspace, source, places)) = &read_workspace
            && frameworks_read
            && !frameworks.iter().any(|(it, _)| it.id == workspace.default_framework)
        {
            let ids = frameworks.iter().map(|(framework, _)| framework.id.as_str());
            findings.push(source.error(
                ErrorKind::UnknownFramework,
                places.framework.clone(),
                format!("unknown framework `{}`", workspace.default_framework),
                suggest::hint(&workspace.default_framework, ids, "frameworks are"),
            ));
        }
        let mut not_delivered = BTreeSet::new();
        // A pipeline that could not be read would make all its series look undeclared.
        if all_read {
            let asked = asked(frameworks.iter().map(|(framework, _)| framework));
            let declared: Vec<&Pipeline> = pipelines.iter().map(|it| &it.pipeline).collect();
            for (framework, source) in &frameworks {
                let (lacking, found) = undeclared_series(framework, source, (&declared, &asked));
                let (slips, others): (Vec<_>, Vec<_>) =
                    found.into_iter().partition(ConfigError::is_error);
                findings.extend(slips);
                if files::is_built_in(source.name()) {
                    not_delivered.extend(lacking);
                } else {
                    findings.extend(others);
                }
            }
        }
        findings.extend(frameworks.iter().flat_map(|(it, source)| one_survey(it, source)));
        frameworks.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        findings.extend(tables::faults(files));
        if let Some((workspace, source, _)) = &read_workspace {
            findings.extend(tables::unpublished(&workspace.publish.csv, source, files));
        }
        let areas = areas::read(files, findings);
        let declared = (pipelines.as_slice(), all_read);
        let corrections = corrections::read(files, declared, areas.as_ref(), findings);
        let own = rules.as_ref().map_or_else(String::new, |rules| rules.id.clone());
        let schemes = schemes::read(files, &own, findings);
        Self {
            workspace: read_workspace.map(|(workspace, _, _)| workspace),
            pipelines,
            corrections,
            frameworks: frameworks.into_iter().map(|(framework, _)| framework).collect(),
            rules,
            schemes,
            areas,
            dimensions: codelists::read(files, findings),
            not_delivered,
        }
    }

    fn assemble(
        self,
        standing: Vec<ConfigError>,
        secrets: Vec<(String, ConfigError)>,
    ) -> Option<Deployment> {
        let mut pipelines: Vec<Pipeline> =
            self.pipelines.into_iter().map(|declared| declared.pipeline).collect();
        pipelines.sort_by(|a, b| a.id.cmp(&b.id));
        Some(Deployment {
            workspace: self.workspace?,
            pipelines,
            corrections: self.corrections,
            frameworks: self.frameworks,
            rules: self.rules?,
            schemes: self.schemes,
            areas: self.areas?,
            dimensions: self.dimensions?,
            standing,
            secrets,
        })
    }
}

/// Also says whether there are any and every file could be read.
fn read_pipelines(
    files: &Files,
    workspace: Option<&Workspace>,
    findings: &mut Vec<ConfigError>,
) -> (Vec<Declared>, bool) {
    let mut pipelines = Vec::new();
    let mut all_read = true;
    for source in files.texts("pipelines") {
        match source
            .map_err(|error| vec![error])
            .and_then(|source| pipeline::parse(&source, workspace))
        {
            Ok(declared) => {
                findings.extend(declared.warnings.iter().cloned());
                pipelines.push(declared);
            }
            Err(errors) => {
                all_read = false;
                findings.extend(errors);
            }
        }
    }
    // Without any pipeline there is nothing to compare with.
    let any = !pipelines.is_empty();
    (pipelines, all_read && any)
}

/// Also says whether every file could be read.
fn read_frameworks(
    files: &Files,
    house: Ages,
    findings: &mut Vec<ConfigError>,
) -> (Vec<(Framework, Arc<SourceText>)>, bool) {
    let mut frameworks: Vec<(Framework, Arc<SourceText>)> = Vec::new();
    let mut all_read = true;
    for source in files.texts("schemas/framework") {
        let read = source.map_err(|error| vec![error]).and_then(|source| {
            crate::framework::parse_under(source.name(), source.text(), house)
                .map(|read| (read, source))
        });
        match read {
            Ok((framework, source)) => {
                if let Some((_, other)) = frameworks.iter().find(|(it, _)| it.id == framework.id) {
                    findings.push(source.error(
                        ErrorKind::Duplicate,
                        source.find_quoted(&framework.id),
                        format!("framework id `{}` is also that of {}", framework.id, other.name()),
                        "give each framework its own id",
                    ));
                }
                frameworks.push((framework, source));
            }
            Err(errors) => {
                all_read = false;
                findings.extend(errors);
            }
        }
    }
    (frameworks, all_read)
}
