//! In which form an answer is written, and writing it within its limit.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use arrow::json::WriterBuilder;
use arrow::json::writer::JsonArray;
use axum::http::{HeaderMap, header};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use wsis_config::hint;
use wsis_lake::{CsvRows, SAMPLE};

use crate::about::About;
use crate::problem::Problem;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON document.
    Json,
    /// RFC 4180.
    Csv,
    /// Parquet, SNAPPY.
    Parquet,
    /// A stream of Arrow IPC.
    Arrow,
}

impl Form {
    /// All, the one first that whoever says nothing gets.
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Parquet, Self::Arrow];

    /// As `format=` names it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// As `Accept` names it.
    pub(crate) const fn media(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }

    /// As `Content-Type` says it.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            other => other.media(),
        }
    }

    /// The form with a word.
    pub(crate) fn named(word: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|form| form.word().eq_ignore_ascii_case(word));
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::word);
            Problem::parameter(format!("format {word:?}; {}", hint(word, known, "there are")))
        })
    }

    /// The form that `Accept` prefers, of some that there are (RFC 9110 12.5.1).
    pub(crate) fn accepted(headers: &HeaderMap, of: &[Self]) -> Result<Self, Problem> {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
        let ranges: Vec<(&str, f64)> = values.flat_map(|it| it.split(',')).map(range).collect();
        let Some(&first) = of.first() else { return Ok(Self::Json) };
        if ranges.is_empty() {
            return Ok(first);
        }
        let mut best: Option<(f64, Self)> = None;
        for &form in of {
            let weight = weight(&ranges, form.media());
            if weight > best.map_or(0.0, |(weight, _)| weight) {
                best = Some((weight, form));
            }
        }
        best.map(|(_, form)| form).ok_or_else(|| {
            let known: Vec<&str> = of.iter().map(|form| form.media()).collect();
            Problem::form(format!("`Accept` names none of {}", known.join(", ")))
        })
    }
}

/// A media range with its weight.
fn range(text: &str) -> (&str, f64) {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().unwrap_or_default();
    let weight = parts.find_map(|it| it.strip_prefix("q=").or_else(|| it.strip_prefix("Q=")));
    let weight = weight.and_then(|it| it.parse::<f64>().ok()).filter(|it| it.is_finite());
    (range, weight.unwrap_or(1.0))
}

/// The weight of a media type: that of the most exact range that it is in.
fn weight(ranges: &[(&str, f64)], media: &str) -> f64 {
    let family = media.split('/').next().unwrap_or_default();
    let exact = |range: &str| range.eq_ignore_ascii_case(media);
    let within =
        |range: &str| range.strip_suffix("/*").is_some_and(|it| it.eq_ignore_ascii_case(family));
    let of = |is: &dyn Fn(&str) -> bool| ranges.iter().find(|(it, _)| is(it)).map(|(_, q)| *q);
    of(&exact).or_else(|| of(&within)).or_else(|| of(&|it| it == "*/*")).unwrap_or(0.0)
}

/// Writes up to a limit.
pub(crate) struct Capped {
    bytes: Vec<u8>,
    most: usize,
    is_over: bool,
}

impl Capped {
    pub(crate) const fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, is_over: false }
    }

    /// What was written; a problem where it was too much, or could not be.
    fn done<E: std::fmt::Display>(self, written: Result<(), E>) -> Result<Vec<u8>, Problem> {
        match written {
            _ if self.is_over => Err(Problem::too_large(self.most)),
            Ok(()) => Ok(self.bytes),
            Err(error) => Err(Problem::failed(&error)),
        }
    }
}

impl Write for &mut Capped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len().saturating_add(bytes.len()) > self.most {
            self.is_over = true;
            return Err(std::io::Error::other("the answer is too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Rows in a form, with what they are of.
pub(crate) fn written(
    form: Form,
    schema: &SchemaRef,
    rows: &[RecordBatch],
    about: &About,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    let mut out = Capped::new(most);
    let written = match form {
        Form::Json => json(&mut out, rows, about),
        Form::Csv => csv(&mut out, schema, rows, about),
        Form::Parquet => parquet(&mut out, schema, rows, about),
        Form::Arrow => arrow_stream(&mut out, schema, rows, about),
    };
    out.done(written)
}

/// A document as JSON.
pub(crate) fn document(value: &impl serde::Serialize, most: usize) -> Result<Vec<u8>, Problem> {
    let mut out = Capped::new(most);
    let written = serde_json::to_writer(&mut out, value);
    out.done(written)
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// One object: what the rows are of, and the rows.
fn json(mut out: &mut Capped, rows: &[RecordBatch], about: &About) -> Result<(), Failed> {
    let head = serde_json::to_string(about)?;
    // The rows stand in the same object as the rest.
    let open = head.strip_suffix('}').unwrap_or(&head);
    out.write_all(open.as_bytes())?;
    out.write_all(b",\"rows\":")?;
    let mut array = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut *out);
    let rows: Vec<&RecordBatch> = rows.iter().filter(|batch| batch.num_rows() > 0).collect();
    if rows.is_empty() {
        drop(array);
        out.write_all(b"[]")?;
    } else {
        array.write_batches(&rows)?;
        array.finish()?;
    }
    out.write_all(b"}\n")?;
    Ok(())
}

fn csv(
    out: &mut Capped,
    schema: &SchemaRef,
    rows: &[RecordBatch],
    about: &About,
) -> Result<(), Failed> {
    let mark = about.sample.is_some().then_some(SAMPLE);
    let mut table = CsvRows::new(out, schema, mark)?;
    for batch in rows {
        table.write(batch)?;
    }
    table.finish()?;
    Ok(())
}

fn parquet(
    out: &mut Capped,
    schema: &SchemaRef,
    rows: &[RecordBatch],
    about: &About,
) -> Result<(), Failed> {
    let fact = |(name, value): (&str, String)| KeyValue::new(name.to_owned(), value);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(about.facts().into_iter().map(fact).collect()))
        .build();
    let mut table = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
    for batch in rows {
        table.write(batch)?;
    }
    table.close()?;
    Ok(())
}

fn arrow_stream(
    out: &mut Capped,
    schema: &SchemaRef,
    rows: &[RecordBatch],
    about: &About,
) -> Result<(), Failed> {
    let facts = about.facts().into_iter().map(|(name, value)| (name.to_owned(), value));
    let schema = Schema::new_with_metadata(schema.fields().clone(), facts.collect());
    let mut stream = StreamWriter::try_new(out, &schema)?;
    for batch in rows {
        stream.write(batch)?;
    }
    stream.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &'static str) -> Result<Form, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, axum::http::HeaderValue::from_static(value));
        Form::accepted(&headers, &Form::ALL)
    }

    #[test]
    fn trial_p302_the_form_is_the_one_that_accept_prefers() {
        assert_eq!(accepted("text/csv"), Ok(Form::Csv));
        assert_eq!(accepted("text/csv;q=0.2, application/json;q=0.1"), Ok(Form::Csv));
        assert_eq!(accepted("text/html,application/xhtml+xml,*/*;q=0.8"), Ok(Form::Json));
        assert_eq!(accepted("application/*"), Ok(Form::Json));
        assert_eq!(accepted("application/vnd.apache.arrow.stream"), Ok(Form::Arrow));
        assert_eq!(accepted("application/json;q=0, */*"), Ok(Form::Csv));
        assert!(accepted("image/png").is_err());
        assert_eq!(Form::accepted(&HeaderMap::new(), &Form::ALL), Ok(Form::Json));
    }
}
