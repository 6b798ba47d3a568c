//! Any template over data of any shape: nothing may panic, and what is filled twice is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use machine_api::template::{Missing, Template};
use serde_json::{Value, json};

fuzz_target!(|input: (&str, &str)| {
    let (text, data) = input;
    let data: Value = serde_json::from_str(data)
        .unwrap_or_else(|_| json!({"a": {"b": [1, "x", null]}, "n": 1.5, "s": "text", "v": "v1.36.0"}));
    if let Ok(template) = Template::parse(text) {
        let _ = template.render(&data);
    }
    if let Ok(template) = Template::parse_sprig(text) {
        let first = template.fill(&data, Missing::Nothing);
        if !text.contains("rand") && !text.contains("now") && !text.contains("uuid") {
            assert!(first.is_ok() == template.fill(&data, Missing::Nothing).is_ok());
        }
        let _ = template.fill(&data, Missing::Error);
    }
});
