//! The description of the interface, made of the same list as its routes (OpenAPI 3.1).

use std::collections::BTreeMap;

use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Required,
    ResponseBuilder,
};
use wsis_config::tables::{self, ColumnType, Table};

use crate::form::Form;
use crate::problem::PROBLEM;
use crate::resources::{self, EXPLANATION, OF_EXPLANATION, ONE_LINE, Param, Resource};

/// Problems that every address may answer with.
const PROBLEMS: [(&str, &str); 8] = [
    ("400", "A parameter is not understood, or the answer would be too large."),
    ("404", "There is no such thing."),
    ("405", "The server is only read."),
    ("406", "There is no such form of the answer."),
    ("409", "The cursor is of another state or question."),
    ("429", "Too many requests of one client."),
    ("500", "The reason is in the log of the server."),
    ("503", "The lake is empty, or the answer takes too long."),
];

/// The description, as JSON.
pub(crate) fn document() -> String {
    let contracts = tables::embedded().unwrap_or_default();
    let contract = |name: &str| contracts.iter().find(|table| table.name == name);
    let mut paths = PathsBuilder::new();
    for resource in resources::ALL.iter().chain([&ONE_LINE]) {
        let rows = rows(resource.kind.table().and_then(contract));
        paths = paths.path(resource.path, item(list(resource, rows)));
    }
    paths = paths.path(EXPLANATION, item(explanation()));
    let info = InfoBuilder::new()
        .title("WSIS indicators: lines, scores, observations and where they come from")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Read only. Every answer names the snapshot of the lake, the fingerprint of the method, and \
             whether its figures are a sample.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let document: OpenApi = OpenApiBuilder::new().info(info).paths(paths.build()).build();
    document.to_json().unwrap_or_default()
}

fn item(operation: OperationBuilder) -> PathItem {
    PathItem::new(HttpMethod::Get, operation)
}

fn parameter(param: Param) -> ParameterBuilder {
    let (name, meaning, example) = param.about();
    let builder = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(meaning))
        .schema(Some(schema_of(param)));
    if example.is_empty() { builder } else { builder.example(Some(example.into())) }
}

fn schema_of(param: Param) -> Schema {
    let text = ObjectBuilder::new().schema_type(Type::String);
    match param {
        Param::Format => text.enum_values(Some(Form::ALL.map(Form::word))).into(),
        Param::Limit | Param::Snapshot => {
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).into()
        }
        _ => text.into(),
    }
}

fn in_path(name: &str, meaning: &str, example: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(meaning))
        .schema(Some(Schema::from(ObjectBuilder::new().schema_type(Type::String))))
        .example(Some(example.into()))
}

fn list(resource: &Resource, rows: Schema) -> OperationBuilder {
    let mut answer = ResponseBuilder::new().description("Rows, in a fixed order.");
    for form in Form::ALL {
        let content = match form {
            Form::Json => ContentBuilder::new().schema(Some(whole(rows.clone()))),
            _ => ContentBuilder::new(),
        };
        answer = answer.content(form.media(), content.build());
    }
    let mut operation = OperationBuilder::new()
        .operation_id(Some(word(resource.path)))
        .summary(Some(resource.title))
        .response("200", answer.build());
    if resource.path.contains("{line}") {
        operation = operation.parameter(in_path("line", "Code of a line.", "C2"));
    }
    for param in resource.takes() {
        operation = operation.parameter(parameter(param));
    }
    with_problems(operation)
}

fn explanation() -> OperationBuilder {
    let object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("snapshot", ObjectBuilder::new().schema_type(Type::Integer))
        .property("explanation", ObjectBuilder::new().schema_type(Type::Object))
        .property("payloads", ObjectBuilder::new().schema_type(Type::Object));
    let content = ContentBuilder::new().schema(Some(Schema::from(object))).build();
    let answer = ResponseBuilder::new()
        .description(
            "The derivation of a score, down to the bodies that its figures were read from.",
        )
        .content(Form::Json.media(), content);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(word(EXPLANATION)))
        .summary(Some("The derivation of one score."))
        .parameter(in_path("line", "Code of a line.", "C2"))
        .parameter(in_path("area", "Code or name of an economy.", "NAM"))
        .response("200", answer.build());
    for param in OF_EXPLANATION {
        operation = operation.parameter(parameter(param));
    }
    with_problems(operation)
}

fn with_problems(mut operation: OperationBuilder) -> OperationBuilder {
    operation =
        operation.response("304", ResponseBuilder::new().description("You have it.").build());
    for (status, meaning) in PROBLEMS {
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("type", ObjectBuilder::new().schema_type(Type::String))
            .property("title", ObjectBuilder::new().schema_type(Type::String))
            .property("status", ObjectBuilder::new().schema_type(Type::Integer))
            .property("detail", ObjectBuilder::new().schema_type(Type::String));
        let content = ContentBuilder::new().schema(Some(Schema::from(object))).build();
        let answer = ResponseBuilder::new().description(meaning).content(PROBLEM, content);
        operation = operation.response(status, answer.build());
    }
    operation
}

/// `/v1/scores/groups` as a name: `scores_groups`.
fn word(path: &str) -> String {
    let parts = path.split('/').filter(|part| !part.is_empty() && *part != "v1");
    parts.map(|part| part.trim_matches(['{', '}'])).collect::<Vec<_>>().join("_")
}

/// Rows by the contract of their table.
fn rows(contract: Option<&Table>) -> Schema {
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    for column in contract.map_or(&[][..], |table| &table.columns) {
        let (kind, format) = match column.column_type {
            ColumnType::Int32 => (Type::Integer, Some("int32")),
            ColumnType::Int64 => (Type::Integer, Some("int64")),
            ColumnType::Float64 => (Type::Number, Some("double")),
            ColumnType::Boolean => (Type::Boolean, None),
            ColumnType::Date => (Type::String, Some("date")),
            ColumnType::Instant => (Type::String, Some("date-time")),
            ColumnType::Text => (Type::String, None),
        };
        let kind = if column.nullable {
            SchemaType::Array(vec![kind, Type::Null])
        } else {
            SchemaType::Type(kind)
        };
        let format = format.map(|it| utoipa::openapi::SchemaFormat::Custom(it.to_owned()));
        let property = ObjectBuilder::new()
            .schema_type(kind)
            .format(format)
            .description(Some(column.meaning.clone()));
        object = object.property(column.name.clone(), property);
    }
    object.into()
}

/// An answer with its rows.
fn whole(rows: Schema) -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let maybe =
        || ObjectBuilder::new().schema_type(SchemaType::Array(vec![Type::String, Type::Null]));
    let count = || ObjectBuilder::new().schema_type(Type::Integer);
    let facts = BTreeMap::from([
        ("framework", text()),
        ("method_fingerprint", text()),
        ("as_of", maybe()),
        ("sample", maybe()),
        ("next", maybe()),
        ("snapshot", count()),
        ("count", count()),
    ]);
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    for (name, property) in facts {
        object = object.property(name, property).required(name);
    }
    let array = ArrayBuilder::new().items(RefOr::T(rows)).build();
    object = object.property("rows", Schema::Array(array)).required("rows");
    RefOr::T(object.into())
}
