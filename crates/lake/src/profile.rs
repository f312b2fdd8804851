//! The Parquet profile, stated in full so that no default of a library can move it.

use arrow::datatypes::{DataType, Schema};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

/// Version of the column layout of a kind of rows, in `wsis.schema`.
fn version(kind: &str) -> u32 {
    match kind {
        crate::snapshot::OBSERVATIONS => OBSERVATIONS_VERSION,
        crate::snapshot::QUARANTINE => QUARANTINE_VERSION,
        _ => 1,
    }
}

/// 2: `freq`, `time_period`, `period_start`; `released_at` in place of `source_updated`.
pub(crate) const OBSERVATIONS_VERSION: u32 = 2;
/// 2: of each record also its place in the file (`payload_place`), the question that its body answers,
/// for which years, and until when it was in quarantine; all null in what is read from files of 1.
const QUARANTINE_VERSION: u32 = 2;

/// Where a file goes decides its codec and the size of its row groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Inside the lake: ZSTD(3).
    Lake,
    /// `public/`: SNAPPY, which every browser reader knows.
    Public,
}

impl Place {
    /// Rows of a row group.
    pub(crate) const fn row_group(self) -> usize {
        match self {
            Self::Lake => 131_072,
            Self::Public => 65_536,
        }
    }
}

/// Writer properties for a table sorted by `sort`.
///
/// `value` and other numbers with few repeats (`payload_row`) are PLAIN without a dictionary:
/// measured a quarter smaller than with one.
pub(crate) fn properties(
    place: Place,
    schema: &Schema,
    kind: &str,
    sort: &[String],
    extra: &[(String, String)],
) -> WriterProperties {
    let codec = match place {
        Place::Lake => Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()),
        Place::Public => Compression::SNAPPY,
    };
    let mut metadata = vec![
        KeyValue::new("wsis.schema".to_owned(), format!("{kind}/{}", version(kind))),
        KeyValue::new("wsis.sort".to_owned(), sort.join(",")),
    ];
    metadata.extend(extra.iter().map(|(k, v)| KeyValue::new(k.clone(), v.clone())));
    let sorting = sort
        .iter()
        .filter_map(|name| schema.index_of(name).ok())
        .filter_map(|at| i32::try_from(at).ok())
        .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false })
        .collect();
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("wsis-lake format 1".to_owned())
        .set_compression(codec)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(1024 * 1024)
        .set_data_page_size_limit(1024 * 1024)
        .set_data_page_row_count_limit(20_000)
        .set_write_batch_size(1024)
        .set_max_row_group_row_count(Some(place.row_group()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(64))
        .set_column_index_truncate_length(Some(64))
        .set_offset_index_disabled(false)
        .set_bloom_filter_enabled(false)
        .set_sorting_columns(Some(sorting))
        .set_key_value_metadata(Some(metadata));
    for field in schema.fields() {
        let plain = matches!(field.data_type(), DataType::Float64)
            || field.name() == wsis_model::observation::column::PAYLOAD_ROW;
        if plain {
            let path = ColumnPath::from(field.name().as_str());
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::PLAIN);
        }
    }
    builder.build()
}
