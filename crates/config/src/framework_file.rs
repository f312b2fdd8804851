//! One framework file by itself: a draft, before it stands in a deployment.

use std::path::Path;
use std::sync::Arc;

use wsis_model::framework::Framework;
use wsis_model::pipeline::Pipeline;

use crate::delivered::{asked, undeclared_series};
use crate::deployment::Deployment;
use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files;
use crate::framework::{self, Said};

/// What a framework file holds, and what was found in it.
#[derive(Debug, Clone)]
pub struct FrameworkFile {
    /// The framework, if no finding is an error.
    pub framework: Option<Framework>,
    /// Errors and warnings, sorted by line. Of a file whose form is wrong all that is wrong with its
    /// form; only of one whose form is right what is wrong with its values.
    pub findings: Vec<ConfigError>,
}

impl Deployment {
    /// Reads a framework file as if it stood in `schemas/framework/` of the deployment: under its rule
    /// book, and against what its pipelines deliver.
    pub fn framework_file(&self, path: &Path) -> FrameworkFile {
        let (framework, mut findings) = match self.read_framework(path) {
            Ok((framework, findings)) => (Some(framework), findings),
            Err(findings) => (None, findings),
        };
        findings
            .sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
        findings.dedup();
        let is_usable = !findings.iter().any(ConfigError::is_error);
        FrameworkFile { framework: framework.filter(|_| is_usable), findings }
    }

    fn read_framework(
        &self,
        path: &Path,
    ) -> Result<(Framework, Vec<ConfigError>), Vec<ConfigError>> {
        let source = files::lone(path).map_err(|error| vec![error])?;
        let faults = framework::faults_of_form(&source);
        if !faults.is_empty() {
            return Err(faults);
        }
        let framework = framework::parse_under(source.name(), source.text(), self.rules.ages)?;
        let declared: Vec<&Pipeline> = self.pipelines.iter().collect();
        let all = asked(self.frameworks.iter().chain([&framework]));
        let (_, mut findings) = undeclared_series(&framework, &source, (&declared, &all));
        findings.extend(one_survey(&framework, &source));
        Ok((framework, findings))
    }
}

/// Warnings of scores that rest on one survey: two lines that rise together because of it are one
/// finding, not two.
pub(crate) fn one_survey(framework: &Framework, source: &Arc<SourceText>) -> Vec<ConfigError> {
    let warning = |(survey, lines): (String, Vec<String>)| {
        let error = source.error(
            ErrorKind::Framework,
            source.find_quoted(&survey),
            format!("{} rest on one survey: {survey}", lines.join(" and ")),
            "read them as one finding; give one of them an indicator of another source if there is one",
        );
        error.warning()
    };
    let known = Said::of(source).shared_surveys;
    let found = crate::framework::shared_surveys(framework).into_iter();
    found.filter(|(survey, _)| !known.contains(survey)).map(warning).collect()
}
