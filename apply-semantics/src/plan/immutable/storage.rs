//! What may change of volumes and claims.

use serde_json::Value;

use super::{Change, Findings, at, copy};
use crate::{
    defaults::Quantity,
    plan::semantic::{items, same, text},
};

/// What a volume is of, among the fields of its spec.
const NOT_SOURCES: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

pub(super) fn volume(change: Change<'_>, findings: &mut Findings) {
    let mut new = change.new.clone();
    // The driver may be told later which secret expands its volumes.
    let secret = "spec.csi.controllerExpandSecretRef";
    if at(change.old, "spec.csi").is_some() && at(change.old, secret).is_none() {
        copy(change.old, &mut new, secret);
    }
    let change = change.with(&new);
    let spec = change.node.field("spec").map(crate::types::Field::node);
    for field in spec.into_iter().flat_map(crate::types::Node::fields) {
        if !NOT_SOURCES.contains(&field.name()) {
            let path = format!("spec.{}", field.name());
            findings.keep(change, &path, "the source of a volume is immutable");
        }
    }
}

/// A claim that is bound may ask for more, or for another class of attributes; one that is not may only be bound.
pub(super) fn claim(change: Change<'_>, findings: &mut Findings) {
    let bound = text(change.old, "status.phase") == "Bound";
    let mut new = change.new.clone();
    if text(change.old, "spec.volumeName").is_empty() {
        copy(change.old, &mut new, "spec.volumeName");
    }
    class(change, &mut new);
    if bound {
        if at(&new, "spec.resources.requests").is_some() {
            copy(change.old, &mut new, "spec.resources.requests.storage");
        }
        copy(change.old, &mut new, "spec.volumeAttributesClassName");
    }
    findings.keep(
        change.with(&new),
        "spec",
        "a claim is immutable, but for requests and volumeAttributesClassName once it is bound",
    );
    if bound {
        size(change, findings);
        let attributes = |object| text(object, "spec.volumeAttributesClassName").to_owned();
        if !attributes(change.old).is_empty() && attributes(change.new).is_empty() {
            findings.refuse(
                "spec.volumeAttributesClassName",
                "a class of attributes cannot be taken away",
            );
        }
    }
}

/// A class may be given where there was none, or move from the old annotation to its field.
fn class(change: Change<'_>, new: &mut Value) {
    let annotation = |object: &Value| {
        let annotations = at(object, "metadata.annotations");
        annotations
            .and_then(|all| all.get("volume.beta.kubernetes.io/storage-class"))
            .cloned()
    };
    let (old_class, new_class) = (
        at(change.old, "spec.storageClassName"),
        at(change.new, "spec.storageClassName"),
    );
    let upgraded = old_class.is_none()
        && new_class.is_some()
        && match annotation(change.old) {
            Some(class) => {
                new_class == Some(&class) && annotation(change.new).is_none_or(|kept| kept == class)
            }
            None => true,
        };
    if upgraded {
        copy(change.old, new, "spec.storageClassName");
    }
}

fn size(change: Change<'_>, findings: &mut Findings) {
    let amount = |object, path: &str| Quantity::parse(text(object, path));
    let path = "spec.resources.requests.storage";
    let (Some(old), Some(new)) = (amount(change.old, path), amount(change.new, path)) else {
        return;
    };
    let capacity = amount(change.old, "status.capacity.storage");
    if new < old && capacity.is_none_or(|capacity| new <= capacity) {
        findings.refuse(path, "a claim cannot become smaller than its volume");
    } else if new > old {
        findings.ask("whether a claim may become larger is up to its storage class");
    }
}

/// What a driver says of a node stays, but for how many volumes it can attach.
pub(super) fn csi_node(change: Change<'_>, findings: &mut Findings) {
    let Some(driver_type) = change
        .node
        .field("spec")
        .and_then(|spec| spec.node().field("drivers"))
    else {
        return;
    };
    let crate::types::Shape::List(node) = driver_type.node().shape() else {
        return;
    };
    for old in items(change.old, "spec.drivers") {
        let new = items(change.new, "spec.drivers")
            .iter()
            .find(|new| new.get("name") == old.get("name"));
        let Some(new) = new else { continue };
        let mut new = new.clone();
        copy(old, &mut new, "allocatable");
        if !same(node, Some(old), Some(&new)) {
            findings.refuse(
                format!("spec.drivers[{}]", text(old, "name")),
                "what is said of a driver is immutable",
            );
        }
    }
}
