//! What is asked of a service, and what a body says of itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use url::Url;
use wsis_model::pipeline::{Format, HAND_IN, Pipeline, SourceFile};

use crate::PlanError;

/// What a body is expected to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentKind {
    /// JSON text.
    Json,
    /// Text of records and fields, separated by commas or otherwise; also packed.
    Csv,
    /// A workbook, of Office Open XML or an OpenDocument spreadsheet.
    Xlsx,
    /// XML text; also packed.
    Xml,
}

impl ContentKind {
    /// What it is, for people.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Csv => "text of records",
            Self::Xlsx => "a workbook",
            Self::Xml => "XML",
        }
    }

    /// What a format is carried by.
    pub const fn of(format: Format) -> Self {
        match format {
            Format::Csv | Format::Tsv | Format::SdmxCsv | Format::EurostatTsv => Self::Csv,
            Format::Xlsx | Format::Ods => Self::Xlsx,
            Format::Json | Format::SdmxJson | Format::JsonStat => Self::Json,
            Format::SdmxMl => Self::Xml,
        }
    }

    /// What a body looks like.
    pub fn seen(body: &[u8]) -> Self {
        let has = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
        match body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start() {
            [b'{' | b'[', ..] => Self::Json,
            [b'<', ..] => Self::Xml,
            [b'P', b'K', ..] if has(b"[Content_Types].xml") || has(b"content.xml") => Self::Xlsx,
            _ => Self::Csv,
        }
    }

    /// The media type that is kept of a body that was handed in.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Xml => "application/xml",
        }
    }

    /// What a media type that was kept so stands for.
    pub fn of_media_type(text: &str) -> Self {
        let all = [Self::Json, Self::Csv, Self::Xlsx, Self::Xml];
        all.into_iter().find(|kind| kind.media_type() == text).unwrap_or(Self::Csv)
    }
}

/// What a request asks for: services count figures and the description of figures apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum RequestKind {
    /// Figures.
    #[default]
    Data,
    /// Code lists, structures of datasets.
    Structure,
}

impl RequestKind {
    /// Stable name, as kept.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Structure => "structure",
        }
    }
}

/// One page to ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestSpec {
    /// Stable name of the request, the same on all its pages: a series code (`IT.NET.USER.ZS`)
    /// or the path of a file (`EGOV_DATA_2018.csv`).
    pub id: String,
    /// Page, from 1. 0 is what says where the first one lies ([`Self::is_list`]).
    pub page: u32,
    /// What to get.
    pub url: Url,
    /// What should come.
    pub expect: ContentKind,
    /// What it asks for.
    pub kind: RequestKind,
    /// Media types that are asked for (`Accept`); none leaves it to the service.
    pub accept: Option<&'static str>,
    /// Whether the key of the service goes along: not to another host than the declared one.
    pub keyed: bool,
    /// For how long the answer is waited for where it is not there yet (404), seconds.
    pub ready_within_s: u32,
}

impl RequestSpec {
    /// The first page of a request for figures, without headers of its own.
    pub fn new(id: impl Into<String>, url: Url, expect: ContentKind) -> Self {
        Self {
            id: id.into(),
            page: 1,
            url,
            expect,
            kind: RequestKind::Data,
            accept: None,
            keyed: true,
            ready_within_s: 0,
        }
    }

    /// Whether it asks for no figures but for the address at which they lie.
    pub const fn is_list(&self) -> bool {
        self.page == 0
    }

    /// The request that a file which was handed in answers. `body` tells what it is where no file of
    /// the pipeline says so.
    ///
    /// # Errors
    /// When no address can be made of its name.
    pub fn handed_in(
        pipeline: &Pipeline,
        request: &str,
        name: &str,
        body: &[u8],
    ) -> Result<Self, PlanError> {
        let expect = match pipeline.file(request) {
            Some(file) => ContentKind::of(file.format),
            None => ContentKind::seen(body),
        };
        Ok(Self::new(request, Self::hand_in_url(pipeline, name)?, expect))
    }

    /// The address of a file that lies at none.
    ///
    /// # Errors
    /// When none can be made of its name.
    pub fn hand_in_url(pipeline: &Pipeline, name: &str) -> Result<Url, PlanError> {
        let root = format!("{HAND_IN}/");
        let failed = |why: String| PlanError::Address {
            pipeline: pipeline.id.clone(),
            url: format!("{root}{name}"),
            why,
        };
        let mut url = Url::parse(&root).map_err(|why| failed(why.to_string()))?;
        match url.path_segments_mut() {
            Ok(mut parts) => drop(parts.pop_if_empty().push(name)),
            Err(()) => return Err(failed("it has no path".to_owned())),
        }
        Ok(url)
    }

    /// The file of a pipeline that it stands for, where it stands for one.
    pub(crate) fn file<'p>(&self, pipeline: &'p Pipeline) -> Option<&'p SourceFile> {
        pipeline.file(&self.id)
    }

    /// The next page, at another address.
    pub(crate) fn following(&self, url: Url) -> Self {
        Self { page: self.page.saturating_add(1), url, ..self.clone() }
    }
}

/// What one body says about itself and the rest of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageInfo {
    /// Records in this body.
    pub rows: u64,
    /// Records over all pages, where the source says so.
    pub total: Option<u64>,
    /// Number of pages, where the source says so; 0 when it has nothing.
    pub pages: Option<u32>,
    /// Date of last update or release; must not change between the pages of one request.
    pub vintage: Option<String>,
    /// The page to ask for next; none on the last one.
    pub next: Option<RequestSpec>,
}

impl PageInfo {
    /// Of a body that is all there is.
    pub(crate) const fn whole(rows: u64) -> Self {
        Self { rows, total: None, pages: Some(1), vintage: None, next: None }
    }
}

/// What a decoder found in one body besides the rows it handed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayloadSummary {
    /// Records found: calls of `accept` plus calls of `reject`.
    pub parsed: u64,
    /// Date of last update as the body states it.
    pub source_updated: Option<NaiveDate>,
    /// Remarks that concern no single row (encoding, unused columns, years not asked for), and
    /// how often each was made.
    pub findings: BTreeMap<String, u64>,
    /// What the source calls the series, so that a later answer can be compared with this one.
    pub said: Said,
}

/// What a source says of its series besides figures: every distinct text, by series and part.
pub type Said = BTreeMap<(String, Part), BTreeSet<String>>;

/// A part of what a source says of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Its title, name or label; of a table without titles the heading of its column.
    Title,
    /// The unit of its figures.
    Unit,
    /// A column of its table, of which no series is named. A year in its heading is any year.
    Column,
    /// A code of a dimension, which stands in place of the series.
    Code,
    /// The licence under which its figures are, of which no series is named.
    Licence,
}

impl Part {
    /// Each.
    pub const ALL: [Self; 5] = [Self::Title, Self::Unit, Self::Column, Self::Code, Self::Licence];

    /// Stable name, as kept.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Unit => "unit",
            Self::Column => "column",
            Self::Code => "code",
            Self::Licence => "licence",
        }
    }

    /// The part with a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.code() == code)
    }
}

/// Words of every finding on columns that nobody asked for.
pub(crate) const NOT_USED: &str = "not used";
/// Words of a finding on a name beside a code that may mean that area, and others.
pub(crate) const MAY_BE: &str = "(whose code was believed) may be";
/// Words of a finding on a name beside a code that may mean anything.
pub(crate) const IN_NO_LIST: &str = "(whose code was believed) is in no list";
/// Words of a finding on what people do not see in a workbook.
pub(crate) const HIDDEN: &str = "hidden";

/// Words of a finding on a sheet that looks like a part of the figures and was not read.
pub(crate) const PASSED_OVER: &str = "passed over beside sheets that were read";

/// Words of a finding on rows of other years than the edition of their file.
pub(crate) const EDITION_IS_OTHER: &str = "which the pipeline says is the edition of the file";

/// What a finding means for the one who ran it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It may change what the figures are: told at once.
    Said,
    /// A column that nobody asked for: told in one line.
    Unused,
    /// How it was read: kept with the run.
    Kept,
}

impl Weight {
    /// Of a finding.
    pub fn of(finding: &str) -> Self {
        let has = |words: &[&str]| words.iter().any(|words| finding.contains(words));
        if has(&[NOW_SAYS, NOT_BEFORE, MAY_BE, IN_NO_LIST, HIDDEN, PASSED_OVER, EDITION_IS_OTHER]) {
            Self::Said
        } else if has(&[NOT_USED]) {
            Self::Unused
        } else {
            Self::Kept
        }
    }
}

/// Words of every finding that tells of a change in what a source says of its series.
pub const NOW_SAYS: &str = "the source now";

/// Words of every finding that tells of a column or code that is new.
pub const NOT_BEFORE: &str = "was not in what landed before";

/// Findings for people, in sorted order: `column "Region" is not used (3 times)`.
pub fn shown(findings: &BTreeMap<String, u64>) -> Vec<String> {
    findings
        .iter()
        .map(|(text, count)| match count {
            1 => text.clone(),
            count => format!("{text} ({count} times)"),
        })
        .collect()
}
