//! Reads a TOML document into a type and finds everything that is wrong with its form.
//!
//! serde stops at the first mistake. So the document is first held against the type's JSON Schema
//! (the one that is published for editors), which finds every unknown, missing or mistyped field
//! with its place; serde then only sees documents whose form is right.

use std::ops::{Deref, Range};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::suggest;

/// A value with its place in the document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct Located<T>(Spanned<T>);

impl<T> Located<T> {
    /// Byte range of the value.
    pub(crate) fn span(&self) -> Range<usize> {
        self.0.span()
    }

    /// The value, where it stands.
    pub(crate) fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    /// The value alone.
    pub(crate) fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.get_ref()
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The JSON Schema (draft 2020-12) of a document type.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Reads a document. Faults of form and the value can come together: where the document can still
/// be read without its unknown fields, its values are checked in the same run.
pub(crate) fn read<T: DeserializeOwned + JsonSchema>(
    source: &Arc<SourceText>,
) -> (Option<T>, Vec<ConfigError>) {
    let (mut document, syntax) = DeTable::parse_recoverable(source.text());
    if !syntax.is_empty() {
        return (None, syntax_errors(source, &syntax));
    }
    let schema = schema_of::<T>();
    let mut check = FormCheck { source, root: &schema, errors: Vec::new() };
    check.table(&schema, document.get_mut(), 0..0, "");
    let mut errors = check.errors;
    if errors.len() >= FAULTS_MAX {
        let hint = "mend these first";
        let message = format!("{FAULTS_MAX} faults and more; the others are not told");
        errors.push(source.error(ErrorKind::Syntax, 0..0, message, hint));
    }
    match T::deserialize(toml::de::Deserializer::from(document)) {
        Ok(value) => (Some(value), errors),
        Err(error) => {
            // What serde stumbles over was found before; if not, its own words must do.
            if errors.is_empty() {
                errors.push(syntax_error(source, &error));
            }
            (None, errors)
        }
    }
}

/// Keys that stand twice are mistakes of their own. Of the other errors only the first is one for
/// certain: after it the reader has lost its place and takes right lines for wrong ones.
fn syntax_errors(source: &Arc<SourceText>, errors: &[toml::de::Error]) -> Vec<ConfigError> {
    let (twice, other): (Vec<_>, Vec<_>) =
        errors.iter().partition(|error| error.message().starts_with("duplicate key"));
    let first = other.iter().min_by_key(|error| error.span().map_or(0, |span| span.start));
    let twice = twice.iter().filter(|_| other.is_empty());
    twice.chain(first).map(|error| syntax_error(source, error)).collect()
}

fn syntax_error(source: &Arc<SourceText>, error: &toml::de::Error) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    let (message, hint) = match error.message().split_once(", expected ") {
        Some((message, expected)) => (
            message,
            format!("expected {expected} here, or something is not closed on a line above"),
        ),
        None if error.message().starts_with("duplicate key") => {
            (error.message(), "keep one of the two".to_owned())
        }
        None => (error.message(), "see https://toml.io for the form".to_owned()),
    };
    source.error(ErrorKind::Syntax, span, format!("not valid TOML: {message}"), hint)
}

/// From so many faults on no more are looked for: a file of ten thousand is of another form altogether.
const FAULTS_MAX: usize = 200;

/// Whether a character of a text can only be a slip or a trick: it acts on terminals, turns the order of
/// what follows, or has no place in a picture's XML.
fn is_hidden(c: char) -> bool {
    let turns =
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}');
    turns || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// That a text has such a character in it.
fn hidden_in(
    source: &Arc<SourceText>,
    text: &str,
    place: Range<usize>,
    name: &str,
) -> Option<ConfigError> {
    let hidden = text.chars().find(|c| is_hidden(*c))?;
    let found = format!("`{name}` has the hidden character U+{:04X} in it", u32::from(hidden));
    Some(source.error(ErrorKind::InvalidValue, place, found, "remove it"))
}

/// The texts of a document that have hidden characters in them, of one that is read without its form being
/// held against a schema; nothing of what is no TOML.
pub(crate) fn hidden_texts(source: &Arc<SourceText>) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    if let Ok(document) = DeTable::parse(source.text()) {
        walk(source, document.get_ref(), &mut errors);
    }
    errors
}

fn walk(source: &Arc<SourceText>, table: &DeTable<'_>, errors: &mut Vec<ConfigError>) {
    for (key, value) in table {
        walk_value(source, key.get_ref(), value, errors);
    }
}

fn walk_value(
    source: &Arc<SourceText>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    errors: &mut Vec<ConfigError>,
) {
    match value.get_ref() {
        _ if errors.len() >= FAULTS_MAX => {}
        DeValue::String(text) => errors.extend(hidden_in(source, text, value.span(), name)),
        DeValue::Table(table) => walk(source, table, errors),
        DeValue::Array(items) => {
            items.iter().for_each(|item| walk_value(source, name, item, errors));
        }
        _ => {}
    }
}

struct FormCheck<'a> {
    source: &'a Arc<SourceText>,
    root: &'a Value,
    errors: Vec<ConfigError>,
}

impl<'a> FormCheck<'a> {
    /// Follows `$ref`, and `anyOf` with null (an optional value), to the schema that counts.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A chain of references is short; the bound only keeps a malformed schema from looping.
        for _ in 0..8 {
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = reference.trim_start_matches('#');
                schema = self.root.pointer(pointer).unwrap_or(&Value::Null);
            } else if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
                let chosen = options.iter().find(|option| option["type"] != "null");
                schema = chosen.unwrap_or(&Value::Null);
            } else {
                break;
            }
        }
        schema
    }

    fn table(
        &mut self,
        schema: &'a Value,
        table: &mut DeTable<'_>,
        place: Range<usize>,
        name: &str,
    ) {
        let Some(fields) = schema.get("properties").and_then(Value::as_object) else { return };
        let mut unknown = Vec::new();
        for (key, value) in table.iter_mut() {
            let key_text = key.get_ref().as_ref();
            if let Some(field) = fields.get(key_text) {
                self.value(field, value, key_text);
                continue;
            }
            self.errors.push(self.source.error(
                ErrorKind::UnknownField,
                key.span(),
                format!("unknown field `{key_text}`"),
                suggest::hint(key_text, fields.keys().map(String::as_str), "fields here are"),
            ));
            unknown.push(key.clone());
        }
        for key in &unknown {
            table.remove(key);
        }
        let required = schema.get("required").and_then(Value::as_array);
        for field in required.into_iter().flatten().filter_map(Value::as_str) {
            if !table.keys().any(|key| key.get_ref() == field) {
                let message = if name.is_empty() {
                    format!("field `{field}` is missing")
                } else {
                    format!("field `{field}` is missing in `{name}`")
                };
                let hint = format!(
                    "add `{field}`{}",
                    description(fields.get(field).unwrap_or(&Value::Null))
                );
                self.errors.push(self.source.error(
                    ErrorKind::MissingField,
                    place.clone(),
                    message,
                    hint,
                ));
            }
        }
    }

    fn value(&mut self, schema: &'a Value, value: &mut Spanned<DeValue<'_>>, name: &str) {
        if self.errors.len() >= FAULTS_MAX {
            return;
        }
        let outer = schema;
        let schema = self.resolve(schema);
        let kind = kind_of(schema);
        let place = value.span();
        match (kind, value.get_mut()) {
            ("object", DeValue::Table(table)) => self.table(schema, table, place, name),
            ("array", DeValue::Array(items)) => self.array(schema, items, place, name),
            ("string", DeValue::String(text)) => self.word(schema, text, place, name),
            // A word, or a table with one of some fields: `{ header = "X-API-Key" }`.
            ("string", DeValue::Table(table)) if !tables_of(schema).is_empty() => {
                self.choice(schema, table, place, name);
            }
            ("integer", DeValue::Integer(number)) => self.integer(schema, number, place, name),
            ("number", DeValue::Float(number)) => {
                let finite = number.as_str().parse().is_ok_and(f64::is_finite);
                if !finite {
                    self.errors.push(self.source.error(
                        ErrorKind::InvalidValue,
                        place,
                        format!("`{name}` is {number}"),
                        "write a finite number",
                    ));
                }
            }
            ("number", DeValue::Integer(_)) | ("boolean", DeValue::Boolean(_)) => {}
            (kind, found) => self.errors.push(self.source.error(
                ErrorKind::WrongType,
                place,
                format!("`{name}` is {}", type_words(found.type_str())),
                format!("write {}{}", type_words(kind), description(outer)),
            )),
        }
    }

    /// A table that stands for one of several forms: of these the one whose field it has.
    fn choice(
        &mut self,
        schema: &'a Value,
        table: &mut DeTable<'_>,
        place: Range<usize>,
        name: &str,
    ) {
        let forms = tables_of(schema);
        let has = |form: &&&'a Value| {
            let fields = form.get("properties").and_then(Value::as_object);
            fields.is_some_and(|fields| {
                table.keys().any(|key| fields.contains_key(key.get_ref().as_ref()))
            })
        };
        if let Some(form) = forms.iter().find(has) {
            self.table(form, table, place, name);
            return;
        }
        let fields = forms.iter().filter_map(|form| form.get("properties")?.as_object());
        let fields: Vec<String> =
            fields.flat_map(|it| it.keys()).map(|field| format!("{{ {field} = ... }}")).collect();
        let words: Vec<String> =
            allowed_words(schema).into_iter().map(|word| format!("{word:?}")).collect();
        self.errors.push(self.source.error(
            ErrorKind::InvalidValue,
            place,
            format!("`{name}` is a table with none of the fields that it may have"),
            format!("write one of {}", [words, fields].concat().join(", ")),
        ));
    }

    fn array(
        &mut self,
        schema: &'a Value,
        items: &mut toml::de::DeArray<'_>,
        place: Range<usize>,
        name: &str,
    ) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        let count = items.len() as u64;
        let too_few = bound("minItems").is_some_and(|least| count < least);
        let too_many = bound("maxItems").is_some_and(|most| count > most);
        if too_few || too_many {
            let wanted = match (bound("minItems"), bound("maxItems")) {
                (Some(least), Some(most)) if least == most => format!("{least} values"),
                (least, most) => format!(
                    "{} to {} values",
                    least.unwrap_or_default(),
                    most.map_or_else(|| "any number of".to_owned(), |most| most.to_string())
                ),
            };
            self.errors.push(self.source.error(
                ErrorKind::InvalidValue,
                place,
                format!("`{name}` has {count} value{}", if count == 1 { "" } else { "s" }),
                format!("write {wanted}"),
            ));
        }
        if let Some(item_schema) = schema.get("items") {
            for item in items.iter_mut() {
                self.value(item_schema, item, name);
            }
        }
    }

    /// A text; where only some words are allowed, one of them.
    fn word(&mut self, schema: &'a Value, text: &str, place: Range<usize>, name: &str) {
        self.errors.extend(hidden_in(self.source, text, place.clone(), name));
        let words = allowed_words(schema);
        if !words.is_empty() && !words.contains(&text) {
            self.errors.push(self.source.error(
                ErrorKind::InvalidValue,
                place,
                format!("`{name}` is {text:?}"),
                suggest::hint(text, words.iter().copied(), "write one of"),
            ));
        }
    }

    fn integer(
        &mut self,
        schema: &'a Value,
        number: &DeInteger<'_>,
        place: Range<usize>,
        name: &str,
    ) {
        let (least, most) = integer_bounds(schema);
        let parsed = i128::from_str_radix(number.as_str(), number.radix()).ok();
        if parsed.is_none_or(|parsed| !(least..=most).contains(&parsed)) {
            self.errors.push(self.source.error(
                ErrorKind::InvalidValue,
                place,
                format!("`{name}` is {number}"),
                match most {
                    most if most == least => format!("write {least}"),
                    // The end of the type is no bound that anyone set.
                    most if most >= u32::MAX.into() => {
                        format!("write a whole number from {least} on")
                    }
                    most => format!("write a whole number from {least} to {most}"),
                },
            ));
        }
    }
}

/// The JSON Schema type that is not null.
fn kind_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("value")
        }
        // An enumeration with a description for each word carries no type of its own.
        _ if schema.get("oneOf").is_some() || schema.get("enum").is_some() => "string",
        _ => "value",
    }
}

/// The tables among the forms of which a value has one.
fn tables_of(schema: &Value) -> Vec<&Value> {
    let forms = schema.get("oneOf").and_then(Value::as_array);
    forms.into_iter().flatten().filter(|form| form["type"] == "object").collect()
}

fn allowed_words(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array);
    let described = schema.get("oneOf").and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .chain(described.into_iter().flatten().flat_map(|option| {
            let one = option.get("const").into_iter();
            one.chain(option.get("enum").and_then(Value::as_array).into_iter().flatten())
        }))
        .filter_map(Value::as_str)
        .collect()
}

fn integer_bounds(schema: &Value) -> (i128, i128) {
    let by_format: (i128, i128) = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => (0, u32::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        // TOML's own integers end at i64.
        Some("uint64" | "uint") => (0, i64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    let least = schema.get("minimum").and_then(Value::as_i64).map_or(by_format.0, i128::from);
    let most = schema.get("maximum").and_then(Value::as_i64).map_or(by_format.1, i128::from);
    (least.max(by_format.0), most.min(by_format.1))
}

fn type_words(kind: &str) -> &str {
    match kind {
        "string" => "a text in quotation marks",
        "integer" => "a whole number",
        "number" | "float" => "a number",
        "boolean" => "true or false",
        "array" => "a list in [ ]",
        "object" | "table" => "a table",
        "datetime" => "a date or time",
        _ => "another kind of value",
    }
}

/// First sentence of a field's description, as an addition to a hint.
fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let first = text.split(['\n', ';']).next().unwrap_or_default();
    let sentence = first.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let mut letters = sentence.chars();
    letters
        .next()
        .map_or_else(String::new, |head| format!(" ({}{})", head.to_lowercase(), letters.as_str()))
}
