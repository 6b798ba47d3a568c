//! Any file: no panic, and every document lies behind the one before.
#![no_main]

use componentconfig::{DocumentSet, diagnostic::Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match DocumentSet::read("f", text) {
    Ok(set) => {
        let lines: Vec<_> = set.iter().map(|document| document.first_line()).collect();
        assert!(lines.is_sorted());
        assert!(lines.iter().all(|line| *line as usize <= text.split('\n').count()));
    }
    Err(report) => {
        assert!(report.has_errors());
        report.render(&[Source { name: "f", text }]);
    }
});
