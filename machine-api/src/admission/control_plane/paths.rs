//! Which fields of a KubeadmControlPlane can be changed.

use componentconfig::field::{FieldError, Path};
use serde_json::{Map, Value};

use super::check;
use crate::controlplane::v1beta2::KubeadmControlPlane;

/// Fields that can be changed: at these paths, or, with `*`, anywhere below. Paths begin at `spec`, except the first.
const CHANGEABLE: [&str; 66] = [
    "kubeadmConfigSpec.clusterConfiguration.etcd",
    "kubeadmConfigSpec.clusterConfiguration.etcd.*",
    "kubeadmConfigSpec.clusterConfiguration.etcd.local",
    "kubeadmConfigSpec.clusterConfiguration.etcd.local.*",
    "kubeadmConfigSpec.clusterConfiguration.etcd.external.*",
    "kubeadmConfigSpec.clusterConfiguration.dns",
    "kubeadmConfigSpec.clusterConfiguration.dns.*",
    "kubeadmConfigSpec.clusterConfiguration.imageRepository",
    "kubeadmConfigSpec.clusterConfiguration.featureGates",
    "kubeadmConfigSpec.clusterConfiguration.featureGates.*",
    "kubeadmConfigSpec.clusterConfiguration.apiServer",
    "kubeadmConfigSpec.clusterConfiguration.apiServer.*",
    "kubeadmConfigSpec.clusterConfiguration.controllerManager",
    "kubeadmConfigSpec.clusterConfiguration.controllerManager.*",
    "kubeadmConfigSpec.clusterConfiguration.scheduler",
    "kubeadmConfigSpec.clusterConfiguration.scheduler.*",
    "kubeadmConfigSpec.clusterConfiguration.certificateValidityPeriodDays",
    "kubeadmConfigSpec.clusterConfiguration.encryptionAlgorithm",
    "kubeadmConfigSpec.initConfiguration.nodeRegistration",
    "kubeadmConfigSpec.initConfiguration.nodeRegistration.*",
    "kubeadmConfigSpec.initConfiguration.patches.directory",
    "kubeadmConfigSpec.initConfiguration.patches",
    "kubeadmConfigSpec.initConfiguration.skipPhases",
    "kubeadmConfigSpec.initConfiguration.bootstrapTokens",
    "kubeadmConfigSpec.initConfiguration.localAPIEndpoint",
    "kubeadmConfigSpec.initConfiguration.localAPIEndpoint.*",
    "kubeadmConfigSpec.initConfiguration.timeouts",
    "kubeadmConfigSpec.initConfiguration.timeouts.*",
    "kubeadmConfigSpec.joinConfiguration.nodeRegistration",
    "kubeadmConfigSpec.joinConfiguration.nodeRegistration.*",
    "kubeadmConfigSpec.joinConfiguration.patches.directory",
    "kubeadmConfigSpec.joinConfiguration.patches",
    "kubeadmConfigSpec.joinConfiguration.skipPhases",
    "kubeadmConfigSpec.joinConfiguration.caCertPath",
    "kubeadmConfigSpec.joinConfiguration.controlPlane",
    "kubeadmConfigSpec.joinConfiguration.controlPlane.*",
    "kubeadmConfigSpec.joinConfiguration.discovery",
    "kubeadmConfigSpec.joinConfiguration.discovery.*",
    "kubeadmConfigSpec.joinConfiguration.timeouts",
    "kubeadmConfigSpec.joinConfiguration.timeouts.*",
    "kubeadmConfigSpec.bootCommands",
    "kubeadmConfigSpec.preKubeadmCommands",
    "kubeadmConfigSpec.postKubeadmCommands",
    "kubeadmConfigSpec.files",
    "kubeadmConfigSpec.verbosity",
    "kubeadmConfigSpec.users",
    "kubeadmConfigSpec.ntp",
    "kubeadmConfigSpec.ntp.*",
    "kubeadmConfigSpec.ignition",
    "kubeadmConfigSpec.ignition.*",
    "kubeadmConfigSpec.diskSetup",
    "kubeadmConfigSpec.diskSetup.*",
    "kubeadmConfigSpec.format",
    "kubeadmConfigSpec.mounts",
    "machineTemplate.metadata",
    "machineTemplate.metadata.*",
    "machineTemplate.spec",
    "machineTemplate.spec.*",
    "replicas",
    "version",
    "remediation",
    "remediation.*",
    "machineNaming",
    "machineNaming.*",
    "rollout",
    "rollout.*",
];

/// An error for every field that changes and must not. Metadata can be changed; the status is compared as well.
pub(super) fn forbidden_changes(
    old: &KubeadmControlPlane,
    new: &KubeadmControlPlane,
) -> Vec<FieldError> {
    let (old, new) = (check::shown(old), check::shown(new));
    let (Value::Object(old), Value::Object(new)) = (&old, &new) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    changed(old, new, &mut Vec::new(), &mut changes);
    changes.retain(|path| !changeable(path));
    let place = |path: &Vec<String>| {
        path.iter()
            .fold(Path::default(), |place, name| place.child(name.clone()))
    };
    let errors = changes
        .iter()
        .map(|path| FieldError::forbidden(place(path), "cannot be modified"));
    errors.collect()
}

/// The paths that a JSON merge patch from one object to the other names.
fn changed(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    at: &mut Vec<String>,
    changes: &mut Vec<Vec<String>>,
) {
    let removed = old
        .keys()
        .filter(|key| !new.contains_key(*key))
        .map(|key| (key, None));
    let kept = new.iter().map(|(key, value)| (key, Some(value)));
    for (key, value) in removed.chain(kept) {
        at.push(key.clone());
        match (old.get(key), value) {
            (Some(old), Some(new)) if old == new => {}
            (Some(Value::Object(old)), Some(Value::Object(new))) => changed(old, new, at, changes),
            (None, Some(Value::Object(new))) => changed(&Map::new(), new, at, changes),
            _ => changes.push(at.clone()),
        }
        at.pop();
    }
}

fn changeable(path: &[String]) -> bool {
    match path {
        [first, _, ..] if first == "metadata" => true,
        [first, rest @ ..] if first == "spec" => {
            CHANGEABLE.iter().any(|pattern| matches(pattern, rest))
        }
        _ => false,
    }
}

fn matches(pattern: &str, path: &[String]) -> bool {
    let mut names = pattern.split('.');
    for name in path {
        match names.next() {
            Some("*") => return true,
            Some(expected) if expected == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_end_or_leave_the_rest_open() {
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        assert!(matches("a.b", &path("a.b")));
        assert!(matches("a.*", &path("a.b.c")));
        assert!(!matches("a.*", &path("a")));
        assert!(!matches("a.b", &path("a")));
        assert!(!matches("a.b", &path("a.b.c")));
    }
}
