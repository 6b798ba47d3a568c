//! Any file as one for kubeadm and as one of any component: read, checked, migrated, with the bugs of upstream and without.
#![no_main]

use std::sync::LazyLock;

use componentconfig::{
    Compat, DocumentSet, Policy, Registry,
    conversion::Target,
    kubeadm::{Facts, HostAddress, LoadOptions, load_init, migrate, migrate_with},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::kubernetes);

fuzz_target!(|text: &str| {
    let Ok(set) = DocumentSet::read("f", text) else {
        return;
    };
    let facts = facts();
    let _ = REGISTRY.check(&set, Policy::Strict);
    let _ = load_init(&set, &Facts::default(), LoadOptions::init());
    let bugs = LoadOptions {
        compat: Compat::Upstream,
        ..LoadOptions::migrate()
    };
    let _ = migrate_with(&set, &facts, bugs);
    if let Ok(migration) = migrate(&set, &facts) {
        let text = migration
            .documents
            .iter()
            .map(Value::to_string)
            .collect::<Vec<_>>()
            .join("\n---\n");
        let set = DocumentSet::read("f", &text).expect("what is migrated can be read");
        let again = migrate(&set, &facts).expect("what is migrated is valid");
        assert_eq!(again.documents, migration.documents);
    }
    let values: Vec<Value> = set.iter().map(|document| document.to_value()).collect();
    let _ = REGISTRY.convert(&values, &Target::Newest);
});

fn facts() -> Facts {
    Facts {
        hostname: Some("host".to_owned()),
        address: HostAddress::found("192.0.2.10".parse().unwrap()),
        cri_sockets: Some(Vec::new()),
        tokens: vec!["abcdef.0123456789abcdef".parse().unwrap(); 4],
        discovery_file_exists: Some(true),
        ..Facts::default()
    }
}
