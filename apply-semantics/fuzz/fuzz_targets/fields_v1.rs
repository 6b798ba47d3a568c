//! Any text as FieldsV1: nothing may panic, and what was read must be written so that it reads the same.

#![no_main]

use apply_semantics::fieldset::FieldSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(set) = text.parse::<FieldSet>() else { return };
    let written = set.to_string();
    let again: FieldSet = written.parse().expect("what was written reads");
    assert!(again == set);
    assert_eq!(again.to_string(), written);
    assert!(set.union(&again) == set && set.difference(&again).is_empty());
});
