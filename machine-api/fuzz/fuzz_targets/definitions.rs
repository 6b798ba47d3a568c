//! Definitions of variables of any shape, and values for them: nothing may panic, and the answer is the same each time.

#![no_main]

use componentconfig::field::Path;
use libfuzzer_sys::fuzz_target;
use machine_api::{core::v1beta2::ClusterClassVariable, variables};
use serde_json::{Value, json};

fuzz_target!(|input: (&str, &str)| {
    let (schema, pattern) = input;
    let schema: Value = serde_json::from_str(schema)
        .unwrap_or_else(|_| json!({
        "type": "array", "items": {"type": "string", "default": schema, "pattern": pattern},
        "x-kubernetes-validations": [{"rule": schema, "messageExpression": pattern}],
    }));
    let definition = json!({"name": "v", "required": true, "schema": {"openAPIV3Schema": schema}});
    let Ok(definition) = serde_json::from_value::<ClusterClassVariable>(definition) else { return };
    let definitions = [definition];
    let found = |at: &Path| -> Vec<String> {
        let errors = variables::validate_definitions(&definitions, None, at);
        errors.iter().map(|error| error.to_string()).collect()
    };
    let at = Path::new("variables");
    assert_eq!(found(&at), found(&at));
});
