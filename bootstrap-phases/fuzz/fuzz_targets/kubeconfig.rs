//! Kubeconfigs: no input panics, and no error quotes the input.
#![no_main]

use bootstrap_phases::kubeadm::kubeconfig::Kubeconfig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    match Kubeconfig::parse(text) {
        Ok(kubeconfig) => drop(format!("{kubeconfig:?}")),
        Err(error) => {
            let shown = error.to_string();
            let text = String::from_utf8_lossy(text);
            // Digits do not stand in our sentences, but for a line and a column.
            let foreign = text
                .split(|c: char| !c.is_ascii_digit())
                .filter(|word| word.len() >= 8);
            for word in foreign {
                assert!(!shown.contains(word), "{shown}");
            }
        }
    }
});
