//! The service account of a pod, and its token where containers look for it; as `plugin/pkg/admission/serviceaccount` of Kubernetes
//! has it. Only where every namespace has an account: elsewhere no pod could be made without one.

use serde_json::{Value, json};

use crate::{
    ids::Ids,
    kinds::{
        prepare::Cx,
        read::{at, has, list, path, put, text},
    },
};

const DEFAULT: &str = "default";
const VOLUME: &str = "kube-api-access-";
const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Gives a new pod its service account, and that account's token and secrets for images.
pub(in crate::kinds) fn complete(pod: &mut Value, cx: &dyn Cx) -> Result<(), String> {
    if !cx.keeps_accounts() {
        return Ok(());
    }
    let metadata = at(pod, "metadata");
    if !path(metadata, &["annotations", MIRROR]).is_null() {
        return check_mirror(at(pod, "spec"));
    }
    let namespace = text(metadata, "namespace").to_owned();
    // The same pod has the same volumes in every run.
    let digits = text(metadata, "uid").replace('-', "");
    let seed = digits
        .get(..16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok());
    let Some(spec) = pod.get_mut("spec") else {
        return Ok(());
    };
    let name = match text(spec, "serviceAccountName") {
        "" => DEFAULT.to_owned(),
        name => name.to_owned(),
    };
    let accounts = cx.objects("v1", "ServiceAccount", Some(&namespace));
    let mut accounts = accounts.into_iter();
    let account = accounts.find(|account| text(at(account, "metadata"), "name") == name);
    let Some(account) = account else {
        return Err(format!(
            "error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"
        ));
    };
    put(spec, "serviceAccountName", name.as_str());
    put(spec, "serviceAccount", name);
    let wanted = at(spec, "automountServiceAccountToken").as_bool();
    let wanted = wanted.or_else(|| at(&account, "automountServiceAccountToken").as_bool());
    if wanted.unwrap_or(true) {
        mount(spec, &Ids::new(seed.unwrap_or_default()).suffix());
    }
    let secrets = list(&account, "imagePullSecrets");
    if list(spec, "imagePullSecrets").is_empty() && !secrets.is_empty() {
        put(spec, "imagePullSecrets", secrets.to_vec());
    }
    Ok(())
}

/// What a kubelet shows of its own pods names nothing that the API has.
fn check_mirror(spec: &Value) -> Result<(), String> {
    if !text(spec, "serviceAccountName").is_empty() {
        return Err("a mirror pod may not reference service accounts".to_owned());
    }
    let sources = |volume: &Value| list(at(volume, "projected"), "sources").to_vec();
    for volume in list(spec, "volumes") {
        if has(volume, "secret") {
            return Err("a mirror pod may not reference secrets".to_owned());
        }
        if sources(volume)
            .iter()
            .any(|source| has(source, "serviceAccountToken"))
        {
            return Err(
                "a mirror pod may not use ServiceAccountToken volume projections".to_owned(),
            );
        }
    }
    Ok(())
}

/// Mounts a token into all containers that have nothing at its place.
fn mount(spec: &mut Value, suffix: &str) {
    let volumes = list(spec, "volumes");
    let mut names = volumes.iter().map(|volume| text(volume, "name"));
    let held = names
        .find(|name| name.starts_with(VOLUME))
        .map(str::to_owned);
    let is_new = held.is_none();
    let volume = held.unwrap_or_else(|| format!("{VOLUME}{suffix}"));
    let mut mounted = false;
    for key in ["initContainers", "containers"] {
        let containers = spec.get_mut(key).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let mut mounts = list(container, "volumeMounts").to_vec();
            if mounts.iter().all(|mount| text(mount, "mountPath") != MOUNT) {
                mounts.push(json!({"name": volume, "readOnly": true, "mountPath": MOUNT}));
                put(container, "volumeMounts", mounts);
                mounted = true;
            }
        }
    }
    if mounted && is_new {
        let mut volumes = list(spec, "volumes").to_vec();
        volumes.push(token_volume(&volume));
        put(spec, "volumes", volumes);
    }
}

fn token_volume(name: &str) -> Value {
    json!({
        "name": name,
        "projected": {
            "defaultMode": 0o644,
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
            ],
        },
    })
}
