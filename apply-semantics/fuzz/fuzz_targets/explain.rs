//! Any object, and any text as the name of a field: nothing may panic, and every field must be found by its own pointer.

#![no_main]

use apply_semantics::explain::{View, explain};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: (&str, &str)| {
    let (object, name) = input;
    let Ok(object) = serde_json::from_str::<Value>(object) else { return };
    let Ok(explanation) = explain(&object) else { return };
    for field in explanation.fields() {
        let found = explanation.of(&field.pointer()).expect("its own pointer leads to it");
        assert_eq!(found.pointer(), field.pointer());
        assert!(object.pointer(&field.pointer()) == Some(field.value()));
    }
    let _ = explanation.of(name);
    let _ = (explanation.yaml(View::new()), explanation.tree(View::new().unowned()));
    let _ = explanation.conflicts("fuzz", "", &object);
});
