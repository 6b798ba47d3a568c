//! Prints the CustomResourceDefinitions of all kinds, or of those named, as YAML.
//!
//! `cargo run -p machine-api --features schemars --example crds -- Cluster Machine > crds.yaml`
#![allow(clippy::print_stdout, reason = "what it is for")]

use machine_api::crd;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    for definition in crd::definitions() {
        if wanted.is_empty() || wanted.iter().any(|kind| kind == definition.kind()) {
            println!(
                "---\n{}",
                componentconfig::yaml::write(&definition.to_value()).trim_end()
            );
        }
    }
}
