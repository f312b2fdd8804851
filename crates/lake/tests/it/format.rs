//! The Parquet profile, read back from the files.

use std::fs::File;
use std::path::Path;

use arrow::datatypes::DataType;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{ParquetMetaData, SortingColumn};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use wsis_lake::{Lake, OBSERVATIONS, OBSERVATIONS_LATEST};
use wsis_model::observation::{KEY, Observation, observation_schema};

use crate::support::{aruba, batches, day, deliver, head, missing, new_lake, obs};

pub(crate) fn footer(path: &Path) -> ParquetMetaData {
    SerializedFileReader::new(File::open(path).unwrap()).unwrap().metadata().clone()
}

pub(crate) fn key_value(footer: &ParquetMetaData, key: &str) -> Option<String> {
    let metadata = footer.file_metadata().key_value_metadata()?;
    metadata.iter().find(|kv| kv.key == key)?.value.clone()
}

#[test]
fn the_lake_profile_is_what_the_architecture_says() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let footer = footer(&lake.path(&head(&lake).files(OBSERVATIONS_LATEST).unwrap()[0]));
    let file = footer.file_metadata();
    assert_eq!(file.version(), 1);
    assert_eq!(file.created_by(), Some("wsis-lake format 1"));
    assert_eq!(key_value(&footer, "wsis.schema").as_deref(), Some("observations/2"));
    let sort = KEY.join(",") + ",recorded_at";
    assert_eq!(key_value(&footer, "wsis.sort"), Some(sort));
    assert_eq!(key_value(&footer, "ARROW:schema"), None, "readers must not see Arrow's own types");
    let group = footer.row_group(0);
    let sorting: Vec<_> = (0..10).chain([19]).collect();
    let declared: Vec<_> = group.sorting_columns().unwrap().iter().map(|c| c.column_idx).collect();
    assert_eq!(declared, sorting);
    assert!(group.sorting_columns().unwrap().iter().all(|c: &SortingColumn| !c.descending));
    for column in group.columns() {
        assert!(matches!(column.compression(), Compression::ZSTD(_)), "{}", column.column_path());
        assert!(column.statistics().is_some(), "{}", column.column_path());
        assert!(column.column_index_offset().is_some() && column.offset_index_offset().is_some());
        assert!(column.bloom_filter_offset().is_none());
        let plain = ["value", "payload_row"].contains(&column.column_path().string().as_str());
        let flag = column.column_descr().physical_type() == parquet::basic::Type::BOOLEAN;
        let dictionary = column.encodings().any(|e| e == Encoding::RLE_DICTIONARY)
            || column.encodings().any(|e| e == Encoding::PLAIN_DICTIONARY);
        assert_eq!(dictionary, !plain && !flag, "{}", column.column_path());
    }
}

#[test]
fn the_columns_are_plain_types_and_only_notes_are_nullable() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let batch = batches(&lake, OBSERVATIONS).into_iter().next().unwrap();
    let (found, wanted) = (batch.schema(), observation_schema());
    for (found, wanted) in found.fields().iter().zip(wanted.fields()) {
        assert_eq!(found.name(), wanted.name());
        assert_eq!(found.data_type(), wanted.data_type(), "{}", found.name());
        assert_eq!(found.is_nullable(), wanted.is_nullable(), "{}", found.name());
        assert_eq!(found.name(), &found.name().to_lowercase());
        assert!(!matches!(found.data_type(), DataType::Utf8View | DataType::Dictionary(..)));
    }
    let nullable: Vec<_> =
        found.fields().iter().filter(|f| f.is_nullable()).map(|f| f.name().clone()).collect();
    assert_eq!(nullable, ["value", "value_text", "source_flag", "footnote", "released_at"]);
}

#[test]
fn q15_a_column_of_nothing_but_null_reads_back() {
    let (_folder, lake) = new_lake();
    let rows = [missing("S", "KEN", 2019), missing("S", "KEN", 2020)];
    deliver(&lake, "a", day(1), &rows);
    let batch = batches(&lake, OBSERVATIONS_LATEST).into_iter().next().unwrap();
    for name in ["value", "value_text", "source_flag", "footnote"] {
        assert_eq!(batch.column_by_name(name).unwrap().null_count(), 2, "{name}");
    }
    crate::support::assert_intact(&lake);
}

#[test]
fn long_and_foreign_texts_survive() {
    let (_folder, lake) = new_lake();
    // Longer than the 64 bytes that statistics keep, cut within a letter there; a long code in
    // the sort key of several rows.
    let long = "Übermäßig lange Fußnote, 数据, ".repeat(300);
    let code = format!("{}{}", "é".repeat(40), "x");
    let rows = [
        Observation { footnote: Some(&long), ..obs(&code, "KEN", 2020, 1.0) },
        Observation { footnote: Some(""), ..obs(&code, "KEN", 2021, 2.0) },
        Observation { footnote: None, ..obs("a", "KEN", 2021, 2.0) },
    ];
    deliver(&lake, "a", day(1), &rows);
    let found = crate::support::rows(&lake, OBSERVATIONS, &["series_code", "year", "footnote"]);
    assert_eq!(
        found,
        [
            ["a", "2021", "NULL"],
            [code.as_str(), "2020", long.as_str()],
            [code.as_str(), "2021", ""]
        ]
    );
    crate::support::assert_intact(&lake);
}

/// Engines take `key=value` folders for columns, which the files have too.
#[test]
fn q2_no_value_stands_in_a_path() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    for file in head(&lake).all_files().unwrap() {
        assert!(!file.path.contains('=') && !file.path.contains("2020"), "{}", file.path);
    }
}

/// A daemon that opened a new lake while another one made it took it for a foreign folder.
#[test]
fn t16_a_new_lake_is_opened_by_many_at_once() {
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("lake");
        let ready = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    ready.wait();
                    Lake::open(&root).unwrap();
                });
            }
        });
    }
}
