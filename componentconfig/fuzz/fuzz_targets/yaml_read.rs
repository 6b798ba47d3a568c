//! Any text: no panic; what is read is read again from what is written; reading strictly refuses more, never less.
#![no_main]

use componentconfig::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let strict = yaml::read_strict(text);
    let Ok(value) = yaml::read(text) else {
        assert!(strict.is_err(), "read strictly but not leniently");
        return;
    };
    let written = yaml::write(&value);
    let again = yaml::read_strict(&written).expect("what is written can be read");
    assert_eq!(yaml::write(&again), written);
});
