//! Messages of statistical cubes: observations with components (dimensions, attributes, measures)
//! that the message names itself. A format gives components and records; which component is the
//! area, the period, the value is for the mapping of the pipeline, with what is usual as its default.
//!
//! A body is read twice where its components are known only at its end: once to learn them, once for
//! the records. Nothing but the components and what is said of groups is kept in between.

pub(crate) mod cells;
pub(crate) mod components;
#[cfg(test)]
pub(crate) mod dump;
pub(crate) mod held;
pub(crate) mod json;
#[cfg(test)]
mod peers;
pub(crate) mod period;

use std::borrow::Cow;

use chrono::NaiveDate;
use wsis_model::mapping::Mapping;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::{Format, SourceFile};

use self::components::Components;
use super::Decoder;
use super::lines::{Line, Stands};
use crate::archive;
use crate::mapping::layout::Layout;
use crate::mapping::mapper::Mapper;
use crate::normalise::Normaliser;
use crate::table::Record;
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec};

/// One format of messages.
pub(crate) trait Message: Sync {
    /// What such a body is called in an error.
    fn expected(&self) -> &'static str;

    /// The format.
    fn format(&self) -> Format;

    /// What says that there is no value, besides an empty cell.
    fn missing(&self) -> &'static [&'static str];

    /// Reads a body, unpacked.
    ///
    /// # Errors
    /// When it is no such message, or says that there are no data; over a limit.
    fn each(&self, body: &Body<'_>, take: &mut dyn Take) -> Result<(), DecodeError>;
}

/// The letter of an action, as SDMX-CSV writes it; one that is not known as it stands.
pub(crate) fn action(action: &str) -> &str {
    match action.trim() {
        "" => "",
        "Information" => "I",
        "Append" => "A",
        "Merge" => "M",
        "Replace" => "R",
        "Delete" => "D",
        other => other,
    }
}

/// What a service says in place of its data, by the numbers of SDMX REST.
pub(crate) fn said(code: &str, said: &str) -> DecodeError {
    let key = meaning(code).to_owned();
    let text: String = said.trim().chars().take(300).collect();
    let id: String = code.chars().take(40).collect();
    match id.as_str() {
        "140" | "150" => DecodeError::InvalidParameter { id, key, text },
        _ => DecodeError::Message { id, key, text },
    }
}

/// What the number of such a message means.
pub(crate) fn meaning(code: &str) -> &'static str {
    match code {
        "100" => "no results found",
        "110" => "not authorised",
        "130" | "413" => "the answer would be too large",
        "140" => "the query is not well formed",
        "150" => "the query means nothing",
        "500" => "the service failed",
        "501" => "not implemented",
        "503" => "the service is not available",
        "510" => "the answer is over the limit of the service",
        _ => "a message",
    }
}

/// Whether what a message with that number says may be over when it is asked again.
pub(crate) fn passes(code: &str) -> bool {
    matches!(code, "413" | "500" | "503")
}

/// Whether data beside a message with that number are not all that were asked for.
pub(crate) fn is_partial(code: &str) -> bool {
    matches!(code, "130" | "413" | "500" | "503" | "510")
}

/// A body while it is read.
pub(crate) struct Body<'b> {
    pub(crate) job: &'b DecodeJob<'b>,
    pub(crate) bytes: &'b [u8],
}

/// Takes what is found in a message, in its order.
pub(crate) trait Take {
    /// The components of the records that follow. Gives which of them are wanted: the others may be
    /// left empty.
    ///
    /// # Errors
    /// When a component that the mapping needs is not there.
    fn components(&mut self, components: &Components) -> Result<Vec<bool>, DecodeError>;

    /// The component whose codes have labels that are to be told: that of the area. None where
    /// nobody asks for them.
    fn labelled(&self) -> Option<usize> {
        None
    }

    /// What the message calls a code of that component, before the records that have it. Who tells them
    /// counts them ([`held::Held`]).
    fn label(&mut self, _: &str, _: &str) {}

    /// A record.
    ///
    /// # Errors
    /// Over a limit, or when the work is to stop.
    fn record(&mut self, record: Record<'_>) -> Result<(), DecodeError>;

    /// What stands where records should be, and is none: of how many figures (of one where it is
    /// known of which), why, and its text.
    ///
    /// # Errors
    /// Over a limit, or when the work is to stop.
    fn malformed(
        &mut self,
        figures: (usize, Option<Record<'_>>),
        why: &str,
        text: &str,
    ) -> Result<(), DecodeError>;

    /// Where the records that follow stand in the file, in a format of lines.
    fn stands(&mut self, _: Stands) {}

    /// Something to tell.
    fn remark(&mut self, remark: String);

    /// Date of the last update, as the message states it.
    fn updated(&mut self, date: NaiveDate);
}

impl<M: Message> Decoder for M {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let mapping = job.pipeline.mapping.clone().unwrap_or_default();
        let mut count = Count { job, mapping: &mapping, rows: 0 };
        read(self, job, request, body, &mut count)?;
        Ok(PageInfo::whole(count.rows))
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let mut mapping = job.pipeline.mapping.clone().unwrap_or_default();
        mapping.numbers.missing.extend(self.missing().iter().map(|it| (*it).to_owned()));
        let file = request.file(job.pipeline);
        let label = mapping.areas_of.as_deref().unwrap_or(&job.pipeline.source);
        let rows = Normaliser::new(label, job, out);
        let edition = file.and_then(|file| file.edition);
        let mapper = Mapper::new(rows, &mapping, edition);
        let mut map = Map { job, mapping: &mapping, mapper, layout: None, updated: None };
        read(self, job, request, body, &mut map)?;
        let Map { mut mapper, updated, .. } = map;
        mapper.rows.tell_absent_of(request, file.is_some());
        Ok(PayloadSummary { source_updated: updated, ..mapper.rows.finish() })
    }
}

fn read<M: Message>(
    message: &M,
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
    take: &mut dyn Take,
) -> Result<(), DecodeError> {
    let bytes = plain(message, job, request.file(job.pipeline), body, take)?;
    message.each(&Body { job, bytes: &bytes }, take)
}

/// Unpacks a body that came packed: services pack what they were asked for in advance.
fn plain<'b, M: Message>(
    message: &M,
    job: &DecodeJob<'_>,
    file: Option<&SourceFile>,
    body: &'b [u8],
    take: &mut dyn Take,
) -> Result<Cow<'b, [u8]>, DecodeError> {
    let member = file.and_then(|file| file.member.as_deref());
    let plain = archive::plain(job, (message.format(), member), body, &|_| true)?;
    if let Some(remark) = plain.remark {
        take.remark(remark);
    }
    let empty = plain.body.trim_ascii().is_empty();
    if empty { Err(DecodeError::Empty { expected: message.expected() }) } else { Ok(plain.body) }
}

/// Counts records, under the layout that they would be read by.
struct Count<'a> {
    job: &'a DecodeJob<'a>,
    mapping: &'a Mapping,
    rows: u64,
}

impl Count<'_> {
    fn count(&mut self, records: u64) -> Result<(), DecodeError> {
        self.rows = self.rows.saturating_add(records);
        let limit = self.job.limits.records_max;
        if self.rows > limit {
            return Err(DecodeError::too_large("the number of records", limit, "records_max"));
        }
        Ok(())
    }
}

impl Take for Count<'_> {
    fn components(&mut self, components: &Components) -> Result<Vec<bool>, DecodeError> {
        let layout = components.layout(self.job, self.mapping)?;
        Ok(components.wanted(&layout))
    }

    fn record(&mut self, _: Record<'_>) -> Result<(), DecodeError> {
        self.count(1)
    }

    fn malformed(
        &mut self,
        (figures, _): (usize, Option<Record<'_>>),
        _: &str,
        _: &str,
    ) -> Result<(), DecodeError> {
        self.count(u64::try_from(figures).unwrap_or(u64::MAX))
    }

    fn remark(&mut self, _: String) {}

    fn updated(&mut self, _: NaiveDate) {}
}

/// Makes observations of records.
struct Map<'a> {
    job: &'a DecodeJob<'a>,
    mapping: &'a Mapping,
    mapper: Mapper<'a>,
    layout: Option<Layout<'a>>,
    updated: Option<NaiveDate>,
}

impl Take for Map<'_> {
    fn components(&mut self, components: &Components) -> Result<Vec<bool>, DecodeError> {
        let layout = components.layout(self.job, self.mapping)?;
        self.mapper.begin(&layout);
        let wanted = components.wanted(&layout);
        self.layout = Some(layout);
        Ok(wanted)
    }

    fn labelled(&self) -> Option<usize> {
        self.layout.as_ref()?.area?.column()
    }

    fn label(&mut self, code: &str, label: &str) {
        self.mapper.label(code, label);
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), DecodeError> {
        match &self.layout {
            Some(layout) => self.mapper.take(layout, "", Line::Text(record)),
            None => Ok(()),
        }
    }

    fn stands(&mut self, stands: Stands) {
        self.mapper.rows.stands(stands, "");
    }

    fn malformed(
        &mut self,
        (figures, of): (usize, Option<Record<'_>>),
        why: &str,
        text: &str,
    ) -> Result<(), DecodeError> {
        let of = self.layout.as_ref().zip(of.map(Line::Text));
        self.mapper.malformed((figures, of), why, text)
    }

    fn remark(&mut self, remark: String) {
        self.mapper.rows.remark(remark);
    }

    fn updated(&mut self, date: NaiveDate) {
        self.updated = self.updated.max(Some(date));
    }
}
