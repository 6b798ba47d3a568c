//! Any text: no panic; a duration prints as it reads.
#![no_main]

use componentconfig::scalar::Duration;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(duration) = text.parse::<Duration>() {
        assert_eq!(duration.to_string().parse(), Ok(duration));
    }
});
