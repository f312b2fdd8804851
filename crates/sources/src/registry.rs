//! Every source, in one place: what `wsis check` knows of it, how it is asked, and what reads its
//! bodies.

use std::io::BufRead;

use wsis_model::observation::RowSink;
use wsis_model::pipeline::{Format, Pipeline};

use crate::format::eurostat_tsv::EurostatTsv;
use crate::format::json_stat::JsonStat;
use crate::format::records::Records;
use crate::format::sdmx_csv::SdmxCsv;
use crate::format::sdmx_json::SdmxJson;
use crate::format::sdmx_ml::SdmxMl;
use crate::format::{Decoder, declared, undesa, unsd, worldbank};
use crate::job;
use crate::provider::{self, Provider};
use crate::{
    ContentKind, DecodeError, DecodeJob, PageInfo, PayloadSummary, PlanError, RequestSpec, Source,
};

/// A source: what is known of it before anything is asked, and its three parts.
pub struct SourceKind {
    /// Id: `Pipeline::source`, and the `source` column.
    pub id: &'static str,
    /// Whether it gives table files only, and no series by a service.
    pub files_only: bool,
    /// Whether a pipeline says how its records become observations.
    pub mapped: Mapped,
    /// Whether every file is the table of one edition.
    pub editions: bool,
    /// Whether its service has several databases, asked by their numbers.
    pub databases: bool,
    /// The only series that it can have; none when its codes are open.
    pub series: Option<&'static [&'static str]>,
    /// Rises whenever the same bytes would give other rows.
    version: u32,
    provider: &'static dyn Provider,
    /// What reads its bodies, by format.
    decoders: &'static [(Format, &'static dyn Decoder)],
}

/// Whether a pipeline of a source has a `[mapping]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mapped {
    /// Its formats say themselves what a record means.
    Never,
    /// Its formats do, and a pipeline may add to it.
    Perhaps,
    /// Nothing can be read without one.
    Always,
}

/// The sources, sorted by id.
pub static REGISTRY: [SourceKind; 5] = [
    SourceKind {
        id: "data360",
        files_only: false,
        mapped: Mapped::Perhaps,
        editions: false,
        databases: false,
        series: None,
        version: 4,
        provider: &provider::Data360,
        decoders: &[(Format::SdmxCsv, &SdmxCsv { areas_of: Some("worldbank") })],
    },
    SourceKind {
        id: "file",
        files_only: true,
        mapped: Mapped::Always,
        editions: false,
        databases: false,
        series: None,
        version: 4,
        provider: &provider::Files,
        decoders: &[
            (Format::Csv, &declared::Declared),
            (Format::Tsv, &declared::Declared),
            (Format::Xlsx, &declared::Declared),
            (Format::Ods, &declared::Declared),
            (Format::Json, &Records),
            (Format::SdmxCsv, &SdmxCsv { areas_of: None }),
            (Format::SdmxMl, &SdmxMl),
            (Format::SdmxJson, &SdmxJson),
            (Format::JsonStat, &JsonStat),
            (Format::EurostatTsv, &EurostatTsv),
        ],
    },
    SourceKind {
        id: "undesa",
        files_only: true,
        mapped: Mapped::Never,
        editions: true,
        databases: false,
        series: Some(&["EGDI", "OSI", "HCI", "TII", "EPI", "EGDI_RANK"]),
        version: 5,
        provider: &provider::Editions,
        decoders: &[(Format::Csv, &undesa::Table), (Format::Xlsx, &undesa::Table)],
    },
    SourceKind {
        id: "unsd",
        files_only: false,
        mapped: Mapped::Never,
        editions: false,
        databases: false,
        series: None,
        version: 5,
        provider: &provider::Unsd,
        decoders: &[(Format::Csv, &unsd::CSV), (Format::Json, &unsd::JSON)],
    },
    SourceKind {
        id: "worldbank",
        files_only: false,
        mapped: Mapped::Never,
        editions: false,
        databases: true,
        series: None,
        version: 5,
        provider: &provider::WorldBank,
        decoders: &[(Format::Csv, &worldbank::BULK), (Format::Json, &worldbank::JSON)],
    },
];

/// The source with an id.
pub fn source(id: &str) -> Option<&'static dyn Source> {
    SourceKind::of(id).map(|kind| kind as &dyn Source)
}

impl SourceKind {
    /// The source with an id.
    pub fn of(id: &str) -> Option<&'static Self> {
        REGISTRY.iter().find(|kind| kind.id == id)
    }

    /// The formats of files that it reads.
    pub fn formats(&self) -> impl Iterator<Item = Format> + '_ {
        self.decoders.iter().map(|(format, _)| *format)
    }

    /// Whether it reads files of a format.
    pub fn reads(&self, format: Format) -> bool {
        self.formats().any(|known| known == format)
    }

    /// What reads the body of a request: by the format of the file that it stands for, else the
    /// first that reads such content.
    fn decoder(
        &self,
        pipeline: &Pipeline,
        request: &RequestSpec,
    ) -> Result<&'static dyn Decoder, DecodeError> {
        let declared = request.file(pipeline).map(|file| file.format);
        let declared = declared.filter(|it| ContentKind::of(*it) == request.expect);
        let fits = |format: Format| match declared {
            Some(declared) => format == declared,
            None => ContentKind::of(format) == request.expect,
        };
        let found = self.decoders.iter().find(|(format, _)| fits(*format));
        let unknown =
            DecodeError::UnknownKind { source_id: self.id.to_owned(), kind: request.expect };
        found.map(|(_, decoder)| *decoder).ok_or(unknown)
    }
}

impl Source for SourceKind {
    fn id(&self) -> &'static str {
        self.id
    }

    fn decoder_version(&self) -> u32 {
        self.version
    }

    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
        if !pipeline.files.is_empty() {
            return provider::plan_files(pipeline, self);
        }
        if self.files_only || pipeline.series.is_empty() {
            let wanted = self.provider.wanted();
            return Err(PlanError::Nothing { pipeline: pipeline.id.clone(), wanted });
        }
        pipeline.series.iter().map(|series| self.provider.series(pipeline, series)).collect()
    }

    fn years(&self, pipeline: &Pipeline, request: &str) -> (i32, i32) {
        self.provider.years(pipeline, request)
    }

    fn locate(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<RequestSpec, DecodeError> {
        job::guarded(|| provider::locate(job, request, body))
    }

    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        self.decoder(job.pipeline, request)?.inspect(job, request, body)
    }

    fn read(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let decoder = self.decoder(job.pipeline, request)?;
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        decoder.decode(job, request, &bytes, out)
    }
}
