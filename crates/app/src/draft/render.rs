//! A proposal as the TOML of a pipeline, every guess with a comment on what it rests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use url::Url;
use wsis_model::payload::RawId;
use wsis_sources::propose::{Guess, MappingProposal, Proposal, SeriesProposal};

use super::{Place, Provider, Trial};

/// Columns of a comment.
const WIDTH: usize = 110;
/// Findings of the trial that are repeated.
const FINDINGS: usize = 8;
/// Years after the last one of the file that are asked for: the next editions.
const YEARS_AHEAD: i32 = 5;

/// What is drafted.
pub(super) struct File<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) place: &'a Place<'a>,
    pub(super) body: &'a [u8],
    pub(super) proposal: &'a Proposal,
}

/// The text under way.
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A comment, broken into lines.
    fn comment(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in plain(text).split(' ').filter(|word| !word.is_empty()) {
            if line.chars().count() + word.chars().count() >= WIDTH && line.len() > 1 {
                self.line(&line);
                "#  ".clone_into(&mut line);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }

    /// What only a person can say: one line, so that it is found.
    fn decide(&mut self, text: &str) {
        self.line(&format!("# DECIDE: {}", plain(text)));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.line(&format!("{name} = {value}"));
    }

    fn guess(&mut self, name: &str, value: &str, because: &str) {
        self.comment(because);
        self.field(name, value);
    }
}

/// Text of others on one line, without what a terminal or an editor would obey.
fn plain(text: &str) -> String {
    let is_sign = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_sign(c) { ' ' } else { c }).collect()
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}') =>
            {
                // A string takes any amount of text.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", quoted.join(", "))
}

/// A key of an inline table.
fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { quoted(name) }
}

impl File<'_> {
    /// The text of the pipeline.
    pub(super) fn text(&self, provider: &Provider, trial: Option<&Trial>) -> String {
        let mut text = Text("#:schema ../schemas/pipeline.schema.json\n".to_owned());
        self.head(&mut text, trial);
        self.identity(&mut text, provider);
        Self::gates(&mut text, trial);
        if let Some(mapping) = &self.proposal.mapping {
            mapped(&mut text, mapping);
            self.document(&mut text, mapping);
        }
        if !self.proposal.asks_for_series {
            self.file(&mut text);
        }
        for series in &self.proposal.series {
            one_series(&mut text, series);
        }
        if self.proposal.series_left_out > 0 {
            text.line("");
            text.decide(&format!(
                "{} more series are in the file and not declared here: add those that are wanted",
                self.proposal.series_left_out
            ));
        }
        text.0
    }

    fn head(&self, text: &mut Text, trial: Option<&Trial>) {
        let proposal = self.proposal;
        let from = match self.place {
            Place::Url(url) => {
                // A parameter may be a key.
                let mut shown = (*url).clone();
                shown.set_query(None);
                shown.into()
            }
            Place::File(_) => self.name.to_owned(),
        };
        text.comment(&format!(
            "Draft by `wsis new pipeline` of {from} ({} bytes, SHA-256 {}).",
            self.body.len(),
            RawId::of(self.body)
        ));
        text.comment(&format!("Source {}: {}.", proposal.source.value, proposal.source.because));
        text.comment(&format!(
            "Format {}: {}.",
            proposal.format.value.code(),
            proposal.format.because
        ));
        for seen in &proposal.seen {
            text.comment(&format!("Seen: {seen}."));
        }
        if let Some(trial) = trial {
            text.comment(&format!(
                "Tried out: {} figures accepted ({} without a value), {} records set aside.",
                trial.accepted, trial.missing, trial.quarantined
            ));
            for (reason, (count, example)) in &trial.reasons {
                text.comment(&format!("Set aside as {reason}: {count}, such as: {example}"));
            }
            for finding in trial.findings.iter().take(FINDINGS) {
                text.comment(&format!("The run would tell: {finding}"));
            }
        }
        text.line("#");
        text.comment(
            "Lines with DECIDE are for a person. `wsis check` names what must be decided before it runs.",
        );
        for decide in &proposal.decide {
            text.decide(decide);
        }
    }

    fn identity(&self, text: &mut Text, provider: &Provider) {
        let proposal = self.proposal;
        text.field("id", &quoted(self.id));
        text.decide("the title that readers see");
        text.field("title", &quoted(&title(self.name)));
        if let Some((agency, because)) = &provider.agency {
            text.guess("agency", &quoted(agency), because);
        } else {
            text.decide("the agency that answers for the figures, an [[agency]] of workspace.toml");
            text.field("agency", "\"DECIDE\"");
        }
        text.field("source", &quoted(proposal.source.value));
        if let Some(dataset) = &proposal.dataset {
            text.guess("dataset", &quoted(&dataset.value), &dataset.because);
        } else {
            text.decide("the name of the dataset, which stays with its figures");
            text.field("dataset", &quoted(&self.id.to_ascii_uppercase().replace('-', "_")));
        }
        match &provider.base_url {
            _ if provider.folder => {
                text.decide(&format!(
                    "where the file comes from: an address (base_url in place of folder), or this folder, \
                     into which it is handed in; `wsis submit {} FILE` takes one by hand",
                    self.id
                ));
                text.field("folder", &quoted(&format!("inbox/{}", self.id)));
            }
            Some(url) => text.field("base_url", &quoted(url)),
            None => {
                text.decide("the root of the service");
                text.field("base_url", "\"DECIDE\"");
            }
        }
        for (field, what) in [
            ("homepage", "a page about the data for people, https://..."),
            ("licence", "the licence of the data, as the provider states it"),
            ("citation", "how to cite the source"),
        ] {
            text.decide(what);
            text.field(field, "\"DECIDE\"");
        }
        let (first, last) = proposal.years.unwrap_or((2000, 2025));
        let because = match proposal.years {
            Some(_) => {
                format!("the file speaks of {first} to {last}; the next editions are read too")
            }
            None => "the file says no year".to_owned(),
        };
        let ahead = last.saturating_add(YEARS_AHEAD).min(2100);
        text.guess("years", &format!("[{first}, {ahead}]"), &because);
    }

    fn gates(text: &mut Text, trial: Option<&Trial>) {
        let Some(trial) = trial.filter(|it| it.accepted > 0) else { return };
        text.line("\n[gates]");
        let most = trial.accepted - trial.accepted / 10;
        let because = format!("nine tenths of the {} figures of the file", trial.accepted);
        text.guess("rows_min", &most.max(1).to_string(), &because);
        let all = trial.accepted + trial.quarantined;
        if trial.quarantined * 20 > all {
            text.decide(&format!(
                "{} of {all} records are set aside: leave rows out by `keep`, or raise \
                 quarantined_share_max; as it stands a gate holds the file",
                trial.quarantined
            ));
        }
    }

    fn file(&self, text: &mut Text) {
        let proposal = self.proposal;
        text.line("\n[[file]]");
        let path = match self.place {
            Place::Url(_) => self.name.to_owned(),
            Place::File(_) => {
                text.comment("`*` in it stands for any characters: of several files the last by name is read");
                self.name.replace(['\\', '/'], "_")
            }
        };
        text.field("path", &quoted(&path));
        text.field("format", &quoted(proposal.format.value.code()));
        if let Place::Url(url) = self.place {
            parameters(text, url);
        }
        if let Some(member) = &proposal.member {
            text.guess("member", &quoted(&member.value), &member.because);
        }
        if let Some(sheet) = &proposal.sheet {
            text.guess("sheet", &quoted(&sheet.value), &sheet.because);
        }
        if let Some(edition) = &proposal.edition {
            text.guess("edition", &edition.value.to_string(), &edition.because);
        }
    }

    /// Where the records of a JSON document stand. What is handed in has no next page.
    fn document(&self, text: &mut Text, mapping: &MappingProposal) {
        let is_file = matches!(self.place, Place::File(_));
        let (pages, parts): (Vec<_>, Vec<_>) =
            mapping.document.iter().partition(|(part, _)| is_file && *part == "next");
        if !parts.is_empty() || !pages.is_empty() {
            text.line("\n[mapping.document]");
        }
        for (_, next) in pages {
            text.decide(&format!(
                "the document names a next page in {:?}: a file has to hold all records, or the service is \
                 asked at its address (next = {:?})",
                next.value, next.value
            ));
        }
        for (part, path) in parts {
            text.guess(part, &quoted(&path.value), &path.because);
        }
    }
}

/// The parameters of an address, which a pipeline has by name. One that looks like a key is not written down.
fn parameters(text: &mut Text, url: &Url) {
    let mut known = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        let is_key = wsis_config::is_key(&name);
        if is_key {
            text.decide(&format!(
                "the parameter {name:?} seems to be a key: name the variable that holds it in `secret_env`, \
                 and the parameter in `secret_in`"
            ));
        } else if known.insert(name.clone(), value).is_some() {
            text.decide(&format!(
                "the address had the parameter {name:?} several times, of which one can be declared"
            ));
        }
    }
    if !known.is_empty() {
        let each = known.iter().map(|(name, value)| format!("{} = {}", key(name), quoted(value)));
        let all = each.collect::<Vec<_>>().join(", ");
        text.comment(
            "{first_year} and {last_year} in a value stand for the years that are asked for",
        );
        text.field("query", &format!("{{ {all} }}"));
    }
}

/// Words out of the name of a file.
fn title(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words = stem.replace(['_', '-'], " ");
    let words = plain(&words).split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { "Untitled".to_owned() } else { words }
}

fn mapped(text: &mut Text, mapping: &MappingProposal) {
    text.line("\n[mapping]");
    let signs = [
        ("delimiter", &mapping.delimiter),
        ("decimal", &mapping.decimal),
        ("thousands", &mapping.thousands),
    ];
    for (name, sign) in signs {
        if let Some(sign) = sign {
            text.guess(name, &quoted(&sign.value.to_string()), &sign.because);
        }
    }
    if let Some(rows) = &mapping.header_rows {
        text.guess("header_rows", &rows.value.to_string(), &rows.because);
    }
    if let Some(encoding) = &mapping.encoding {
        text.guess("encoding", &quoted(encoding.value.code()), &encoding.because);
    }
    if let Some(percent) = &mapping.percent {
        text.guess("percent", "true", &percent.because);
    }
    if let Some(areas_of) = &mapping.areas_of {
        text.guess("areas_of", &quoted(&areas_of.value), &areas_of.because);
    }
    if let Some(frequencies) = &mapping.frequencies {
        text.guess("frequencies", &list(frequencies.value.iter().copied()), &frequencies.because);
    }
    several(text, "missing", &mapping.missing);
    several(text, "marks", &mapping.marks);
    several(text, "fill_down", &mapping.fill_down);
    several(text, "ignore", &mapping.ignore);
    if !mapping.keep.is_empty() {
        text.line("keep = [");
        for keep in &mapping.keep {
            text.comment(&keep.because);
            let part = |name: &str, texts: &[String]| {
                let texts = list(texts.iter().map(String::as_str));
                if texts == "[]" { String::new() } else { format!(", {name} = {texts}") }
            };
            let (is, not) = (part("is", &keep.value.is), part("not", &keep.value.not));
            text.line(&format!("    {{ column = {}{is}{not} }},", quoted(&keep.value.column)));
        }
        text.line("]");
    }
    if !mapping.columns.is_empty() {
        text.line("\n[mapping.columns]");
        for (part, heading) in &mapping.columns {
            text.guess(part, &quoted(&heading.value), &heading.because);
        }
    }
    if !mapping.dimensions.is_empty() {
        text.line("\n[mapping.dimensions]");
        for (name, heading) in &mapping.dimensions {
            text.guess(&key(name), &quoted(&heading.value), &heading.because);
        }
    }
}

/// A list of texts, each on a line with on what it rests.
fn several(text: &mut Text, name: &str, guesses: &[Guess<String>]) {
    if guesses.is_empty() {
        return;
    }
    text.line(&format!("{name} = ["));
    for guess in guesses {
        text.line(&format!("    {}, # {}", quoted(&guess.value), plain(&guess.because)));
    }
    text.line("]");
}

fn one_series(text: &mut Text, series: &SeriesProposal) {
    text.line("\n[[series]]");
    let bounds = match series.bounds {
        Some((low, high)) => format!(", from {low} to {high}"),
        None => String::new(),
    };
    // Of a format that brings its own mapping the figures are counted for all series together.
    if series.figures > 0 {
        text.comment(&format!("{} figures in the file{bounds}.", series.figures));
    }
    text.field("code", &quoted(&series.code));
    let title = if series.title.trim().is_empty() { &series.code } else { &series.title };
    text.field("title", &quoted(title));
    if let Some(unit) = &series.unit {
        text.guess("unit", &quoted(&unit.value), &format!("{} says so", unit.because));
    } else {
        let written = series
            .source_unit
            .as_deref()
            .map_or(String::new(), |it| format!("; the file writes {it:?}"));
        text.decide(&format!(
            "the unit of measure: INDEX, PERCENT, NUMBER, PER_100_POP, RANK, ...{written}"
        ));
        text.field("unit", "\"DECIDE\"");
    }
    let parts = [("column", &series.column), ("named", &series.named)];
    for (name, value) in parts {
        if let Some(value) = value {
            text.field(name, &quoted(value));
        }
    }
    let unit = series.unit.as_ref().map(|it| it.value.as_str());
    if let Some(source_unit) = series.source_unit.as_deref().filter(|it| Some(*it) != unit) {
        text.field("source_unit", &quoted(source_unit));
    }
}
