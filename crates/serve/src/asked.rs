//! What somebody asks: parameters of an address, checked against what there is.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use wsis_app::{App, Look, names};
use wsis_config::{ServeSettings, hint};
use wsis_model::framework::Framework;
use wsis_model::period::YEAR_RANGE;

use crate::cursor::Cursor;
use crate::form::Form;
use crate::problem::Problem;
use crate::resources::Param;

/// Rows of an answer where nobody says how many.
const ROWS: usize = 1_000;

/// Longest value of a parameter, bytes.
const VALUE_MAX: usize = 512;

/// Most values of one parameter.
const VALUES_MAX: usize = 300;

/// A test of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// A text is one of these.
    In(&'static str, Vec<String>),
    /// A list with `;` between its parts holds one of these.
    Holds(&'static str, Vec<String>),
    /// A number is in a range.
    Between(&'static str, i32, i32),
}

/// What somebody asks.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// As it was sent, in its order.
    pairs: Vec<(Param, String)>,
    /// What the path names.
    named: Option<(Param, String)>,
    /// Which state of the lake.
    pub(crate) look: Look,
    /// The form that is named; none: as `Accept` has it.
    form: Option<Form>,
    /// Most rows.
    pub(crate) rows: usize,
    /// Where to go on.
    pub(crate) cursor: Option<Cursor>,
}

impl Asked {
    /// Reads the part of an address behind `?`.
    pub(crate) fn read(
        query: Option<&str>,
        named: Option<(Param, String)>,
        takes: impl Iterator<Item = Param> + Clone,
        settings: &ServeSettings,
    ) -> Result<Self, Problem> {
        let mut pairs: Vec<(Param, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let param = takes.clone().find(|param| param.word() == name).ok_or_else(|| {
                let known = takes.clone().map(Param::word);
                Problem::parameter(format!(
                    "no parameter {name:?} here; {}",
                    hint(&name, known, "there are")
                ))
            })?;
            if pairs.iter().any(|(known, _)| *known == param) {
                return Err(Problem::parameter(format!(
                    "`{name}` stands there twice; write several values with commas between them"
                )));
            }
            if value.len() > VALUE_MAX || value.chars().any(char::is_control) {
                return Err(Problem::parameter(format!(
                    "the value of `{name}` is longer than {VALUE_MAX} bytes or holds signs that no name has"
                )));
            }
            pairs.push((param, value.into_owned()));
        }
        let mut asked =
            Self { pairs, named, look: Look::default(), form: None, rows: 0, cursor: None };
        asked.form = asked.value(Param::Format).map(Form::named).transpose()?;
        asked.cursor = asked.value(Param::Cursor).map(Cursor::read).transpose()?;
        asked.look = asked.looked()?;
        asked.rows = asked.limit(settings)?;
        Ok(asked)
    }

    /// The value of a parameter.
    pub(crate) fn value(&self, param: Param) -> Option<&str> {
        let mut all = self.named.iter().chain(&self.pairs);
        all.find(|(it, _)| *it == param).map(|(_, value)| value.as_str())
    }

    /// Several values.
    fn values(&self, param: Param) -> Result<Vec<&str>, Problem> {
        let Some(text) = self.value(param) else { return Ok(Vec::new()) };
        let values: Vec<&str> = text.split(',').map(str::trim).collect();
        if values.len() > VALUES_MAX || values.iter().any(|it| it.is_empty()) {
            return Err(Problem::parameter(format!(
                "`{}` is {text:?}; write names with commas between them",
                param.word()
            )));
        }
        Ok(values)
    }

    /// The form of the answer.
    pub(crate) fn form(&self, headers: &HeaderMap, of: &[Form]) -> Result<Form, Problem> {
        match self.form {
            None => Form::accepted(headers, of),
            Some(form) if of.contains(&form) => Ok(form),
            Some(form) => Err(Problem::form(format!("this has no form {}", form.word()))),
        }
    }

    fn looked(&self) -> Result<Look, Problem> {
        let as_of = self.value(Param::AsOf).map(|text| {
            let read: Option<DateTime<Utc>> = wsis_lake::parse_as_of(text);
            read.ok_or_else(|| {
                Problem::parameter(format!(
                    "as_of is {text:?}; write a day, which is meant to its end in UTC, or an instant (RFC \
                     3339), for example 2026-07-01 or 2026-07-01T12:00:00Z"
                ))
            })
        });
        let snapshot = self.value(Param::Snapshot).map(|text| {
            text.parse::<u64>().ok().filter(|id| *id > 0).ok_or_else(|| {
                let told = format!("snapshot is {text:?}; write the number of one");
                Problem::parameter(told).seen_at("/v1/snapshots")
            })
        });
        let mut look = Look { as_of: as_of.transpose()?, snapshot: snapshot.transpose()? };
        // What goes on is of the state that it began with.
        match (self.cursor, look.snapshot) {
            (Some(cursor), Some(snapshot)) if cursor.snapshot != snapshot => {
                return Err(Problem::cursor(format!(
                    "the cursor is of snapshot {}, and {snapshot} is asked for",
                    cursor.snapshot
                )));
            }
            (Some(cursor), _) => look.snapshot = Some(cursor.snapshot),
            (None, _) => {}
        }
        Ok(look)
    }

    fn limit(&self, settings: &ServeSettings) -> Result<usize, Problem> {
        let most = settings.rows_max;
        let Some(text) = self.value(Param::Limit) else { return Ok(ROWS.min(most)) };
        text.parse::<usize>().ok().filter(|rows| (1..=most).contains(rows)).ok_or_else(|| {
            Problem::parameter(format!(
                "limit is {text:?}; write a number from 1 to {most} (serve.rows_max)"
            ))
        })
    }

    /// What the rows of a question are, whatever part of them and in whatever form: for its cursor.
    pub(crate) fn question(&self) -> String {
        let apart = [Param::Cursor, Param::Limit, Param::Format, Param::Snapshot];
        let mut parts: Vec<String> = self
            .pairs
            .iter()
            .filter(|(param, _)| !apart.contains(param))
            .map(|(param, value)| format!("{}={value}", param.word()))
            .collect();
        parts.sort();
        parts.join("\n")
    }

    /// The address of what follows.
    pub(crate) fn next(&self, path: &str, cursor: &Cursor) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (param, value) in self.pairs.iter().filter(|(param, _)| *param != Param::Cursor) {
            query.append_pair(param.word(), value);
        }
        query.append_pair(Param::Cursor.word(), &cursor.text());
        format!("{path}?{}", query.finish())
    }

    /// The framework that is meant.
    pub(crate) fn framework<'a>(&self, app: &'a App) -> Result<&'a Framework, Problem> {
        Ok(names::framework(app.deployment(), self.value(Param::Framework))?)
    }

    /// Codes of the lines that are named.
    fn lines(&self, framework: &Framework) -> Result<Vec<String>, Problem> {
        let values = self.values(Param::Line)?.into_iter();
        values.map(|it| Ok(names::line(framework, it)?.code.clone())).collect()
    }

    /// Codes of the areas that are named. A name may hold a comma.
    pub(crate) fn areas(&self, app: &App) -> Result<Vec<String>, Problem> {
        let deployment = app.deployment();
        let code = |text: &str| -> Result<String, Problem> {
            // Of a group of countries, too, by its code as our tables have it.
            if let Some(area) = deployment.areas.get(text) {
                return Ok(area.code.clone());
            }
            Ok(names::area(deployment, text)?.code.clone())
        };
        match self.value(Param::Area) {
            Some(whole) if whole.contains(',') => match code(whole) {
                Ok(code) => Ok(vec![code]),
                Err(_) => self.values(Param::Area)?.into_iter().map(code).collect(),
            },
            _ => self.values(Param::Area)?.into_iter().map(code).collect(),
        }
    }

    /// Codes of the indicators that are named.
    pub(crate) fn indicators(&self, framework: &Framework) -> Result<Vec<String>, Problem> {
        let known = || framework.indicators.iter().map(|it| it.code.as_str());
        let code = |text: &str| {
            let found = known().find(|it| it.eq_ignore_ascii_case(text)).map(str::to_owned);
            found.ok_or_else(|| {
                let told = format!(
                    "no indicator {text:?} in framework {}; {}",
                    framework.id,
                    hint(text, known(), "there are")
                );
                Problem::parameter(told).seen_at("/v1/indicators")
            })
        };
        self.values(Param::Indicator)?.into_iter().map(code).collect()
    }

    /// First and last year of the window that is named.
    pub(crate) fn window(&self, framework: &Framework) -> Result<Option<(i32, i32)>, Problem> {
        let Some(text) = self.value(Param::Window) else { return Ok(None) };
        let all = || framework.windows.iter().map(|it| (it.start, it.end));
        let found = years(text).filter(|years| all().any(|it| it == *years));
        let shown: Vec<String> = all().map(|(from, to)| format!("{from}-{to}")).collect();
        found.map(Some).ok_or_else(|| {
            Problem::parameter(format!(
                "window is {text:?}; framework {} has {}",
                framework.id,
                shown.join(", ")
            ))
        })
    }

    /// First and last of the years that are named.
    pub(crate) fn years(&self) -> Result<Option<(i32, i32)>, Problem> {
        let Some(text) = self.value(Param::Year) else { return Ok(None) };
        let found = years(text).or_else(|| year(text).map(|it| (it, it)));
        found.map(Some).ok_or_else(|| {
            Problem::parameter(format!(
                "year is {text:?}; write a year, or FROM-TO, from {} to {}",
                YEAR_RANGE.start(),
                YEAR_RANGE.end()
            ))
        })
    }

    /// Names of groups, as they are written.
    fn groups(&self, app: &App) -> Result<Vec<String>, Problem> {
        let Some(whole) = self.value(Param::Group) else { return Ok(Vec::new()) };
        let deployment = app.deployment();
        // A name may hold a comma.
        if names::check_group(deployment, whole).is_ok() {
            return Ok(vec![whole.to_owned()]);
        }
        let values = self.values(Param::Group)?;
        for value in &values {
            names::check_group(deployment, value)?;
        }
        Ok(values.into_iter().map(str::to_owned).collect())
    }

    /// Ids of pipelines.
    pub(crate) fn pipelines(&self, app: &App) -> Result<Vec<String>, Problem> {
        let values = self.values(Param::Pipeline)?;
        names::check_pipelines(app.deployment(), &values)?;
        Ok(values.into_iter().map(str::to_owned).collect())
    }

    /// Texts that are not looked up.
    pub(crate) fn texts(&self, param: Param) -> Result<Vec<String>, Problem> {
        Ok(self.values(param)?.into_iter().map(str::to_owned).collect())
    }

    /// The tests of the rows of a table of the scorecard.
    pub(crate) fn tests(
        &self,
        app: &App,
        framework: &Framework,
        table: &str,
    ) -> Result<Vec<Test>, Problem> {
        let lines = self.lines(framework)?;
        let of_line = match table {
            "indicators" => Test::Holds("lines", lines),
            _ => Test::In("line", lines),
        };
        let mut tests = vec![
            of_line,
            Test::In("area", self.areas(app)?),
            Test::In("indicator", self.indicators(framework)?),
            Test::In("group", self.groups(app)?),
        ];
        tests.retain(
            |it| !matches!(it, Test::In(_, values) | Test::Holds(_, values) if values.is_empty()),
        );
        if let Some((start, end)) = self.window(framework)? {
            tests.push(Test::Between("window_start", start, start));
            tests.push(Test::Between("window_end", end, end));
        }
        if let Some((first, last)) = self.years()? {
            tests.push(Test::Between("year", first, last));
        }
        Ok(tests)
    }
}

fn year(text: &str) -> Option<i32> {
    let is_plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    is_plain.then(|| text.parse::<i32>().ok())?.filter(|it| YEAR_RANGE.contains(it))
}

fn years(text: &str) -> Option<(i32, i32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (year(from)?, year(to)?);
    (from <= to).then_some((from, to))
}
