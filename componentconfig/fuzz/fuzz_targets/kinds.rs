//! Any document as any kind: read, completed, validated, converted to every version, printed in every way and read again.
//!
//! The kind is the one that the document says it is, or else the first byte chooses it.
#![no_main]

use std::sync::LazyLock;

use componentconfig::{
    Compat, Document, GroupVersionKind, Policy, Registry, conversion::Target, print::Print, yaml,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::kubernetes);
static WITH_BUGS: LazyLock<Registry> =
    LazyLock::new(|| Registry::kubernetes().compat(Compat::Upstream));

fuzz_target!(|text: &str| {
    let Some(value) = document(text) else { return };
    let document = Document::from_value("f", &value);
    let loaded = REGISTRY.load_any(&document, Policy::Strict);
    // The bugs of upstream let more pass, never less; other than with the tokens of kubeadm.
    let tokens = value["kind"] == "InitConfiguration";
    let bugs = WITH_BUGS.load_any(&document, Policy::Strict);
    assert!(loaded.is_err() || bugs.is_ok() || tokens);
    let Ok(effect) = REGISTRY.print(&value, Print::Effective) else {
        assert!(loaded.is_err(), "loaded, but not printed");
        return;
    };
    for mode in [Print::Minimal, Print::Effective, Print::Upstream] {
        let printed = REGISTRY.print(&value, mode).expect("printed another way");
        let read = yaml::read_strict(&yaml::write(&printed)).expect("what is printed can be read");
        let again = REGISTRY
            .print(&read, Print::Effective)
            .expect("what is printed is of the kind");
        if mode != Print::Upstream {
            assert_eq!(again, effect, "{mode:?}");
        }
    }
    if loaded.is_ok() {
        let again = REGISTRY.load_any(&Document::from_value("f", &effect), Policy::Strict);
        assert!(again.is_ok(), "{again:?}");
    }
    convert(&value);
});

/// The document, as one of a known kind.
fn document(text: &str) -> Option<Value> {
    if let Ok(document) = yaml::parse("f", text)
        && let Some(kind) = document.gvk().filter(|kind| REGISTRY.knows(kind))
    {
        // Fields of other cases name the kind of a document, too.
        return Some(of_kind(document.to_value(), kind));
    }
    let (first, rest) = text.split_at_checked(1)?;
    let kinds: Vec<&GroupVersionKind> = REGISTRY.kinds().collect();
    let kind = kinds[usize::from(first.as_bytes()[0]) % kinds.len()];
    Some(of_kind(
        yaml::read(rest).ok().filter(Value::is_object)?,
        kind,
    ))
}

fn of_kind(mut value: Value, kind: &GroupVersionKind) -> Value {
    value["apiVersion"] = kind.api_version().into();
    value["kind"] = kind.kind().into();
    value
}

fn convert(value: &Value) {
    let from = GroupVersionKind::parse(
        value["apiVersion"].as_str().unwrap(),
        value["kind"].as_str().unwrap(),
    );
    let from = from.expect("a known kind");
    let newest = REGISTRY.convert(std::slice::from_ref(value), &Target::Newest);
    newest.expect("there is a way to the newest version");
    let versions = REGISTRY
        .kinds()
        .filter(|kind| kind.group() == from.group() && kind.kind() == from.kind());
    for to in versions {
        let there = REGISTRY.convert(
            std::slice::from_ref(value),
            &Target::Version(to.group_version()),
        );
        let there = there.expect("there is a way to every version");
        let back = REGISTRY.convert(&there.documents, &Target::Version(from.group_version()));
        back.expect("there is a way back");
    }
}
