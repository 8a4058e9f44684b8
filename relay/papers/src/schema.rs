//! The shape of a transcript as JSON Schema, for whoever reads it with a program of their own.

use dragoman_core::review::TranscriptDocument;
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Where OpenAPI keeps the schemas of named types.
const COMPONENTS: &str = "#/components/schemas/";
/// Where JSON Schema does.
const DEFINITIONS: &str = "#/$defs/";

/// JSON Schema (2020-12) of a [`TranscriptDocument`]: OpenAPI 3.1's schemas are of that dialect, in another place.
pub fn schema() -> Value {
    let mut named: Vec<(String, RefOr<Schema>)> = Vec::new();
    TranscriptDocument::schemas(&mut named);
    let mut root = serde_json::to_value(TranscriptDocument::schema()).unwrap_or_default();
    let definitions: Map<String, Value> = named
        .into_iter()
        .filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)))
        .collect();
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Transcript of an interpreted interview");
    root["$defs"] = Value::Object(definitions);
    move_references(&mut root);
    root
}

fn move_references(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                match field.as_str().and_then(|text| text.strip_prefix(COMPONENTS)) {
                    Some(name) if key == "$ref" => *field = json!(format!("{DEFINITIONS}{name}")),
                    _ => move_references(field),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(move_references),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = schema();
        let text = schema.to_string();
        assert!(!text.contains(COMPONENTS));
        for part in text.split(DEFINITIONS).skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schema["$defs"].get(name).is_some(), "{name} is referred to and not defined");
        }
        assert!(schema["properties"]["entries"].is_object(), "{schema:#}");
    }
}
