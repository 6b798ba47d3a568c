//! `addon`: CoreDNS and kube-proxy.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/addons.go` and `cmd/kubeadm/app/phases/addons`.

use apply_semantics::op::{ListOptions, ResourceRef};
use serde_json::{Value, json};

use super::api::with_api;
use super::noted;
use super::upload::{all, map_with};
use crate::kubeadm::api::{ApiDraft, target_of};
use crate::kubeadm::objects::{SYSTEM, coredns, kube_proxy};
use crate::kubeadm::patches::Patches;
use crate::kubeadm::{InitContext, net};
use crate::{Cx, Flag, Node, Note, PhaseError, Plan};

const ALL_FLAGS: [&str; 12] = [
    "config",
    "kubeconfig",
    "kubernetes-version",
    "image-repository",
    "dry-run",
    "apiserver-advertise-address",
    "control-plane-endpoint",
    "apiserver-bind-port",
    "pod-network-cidr",
    "feature-gates",
    "service-dns-domain",
    "service-cidr",
];
const DNS_FLAGS: [&str; 8] = [
    "config",
    "kubeconfig",
    "kubernetes-version",
    "image-repository",
    "dry-run",
    "feature-gates",
    "service-dns-domain",
    "service-cidr",
];
const PROXY_FLAGS: [&str; 9] = [
    "config",
    "kubeconfig",
    "kubernetes-version",
    "image-repository",
    "dry-run",
    "apiserver-advertise-address",
    "control-plane-endpoint",
    "apiserver-bind-port",
    "pod-network-cidr",
];
/// The address of DNS among those of services.
const DNS_INDEX: u32 = 10;

/// The phase `addon` with `coredns` and `kube-proxy`.
pub fn addon() -> Node<InitContext> {
    let print = || Flag::switch("print-manifest");
    Node::new(
        "addon",
        "Install required addons for passing conformance tests",
    )
    .children([
        Node::run_all("Install all the addons").inherit_flags(ALL_FLAGS),
        Node::new(
            "coredns",
            "Install the CoreDNS addon to a Kubernetes cluster",
        )
        .inherit_flags(DNS_FLAGS)
        .local_flags([print()])
        .after(["wait-control-plane", "upload-config"])
        .run(plan_coredns),
        Node::new(
            "kube-proxy",
            "Install the kube-proxy addon to a Kubernetes cluster",
        )
        .inherit_flags(PROXY_FLAGS)
        .local_flags([print()])
        .after(["wait-control-plane", "upload-config"])
        .run(plan_kube_proxy),
    ])
}

/// The objects of CoreDNS, in the order that they are made in.
///
/// # Errors
/// A subnet of services has no address for DNS, or a patch of the Deployment cannot be applied.
pub fn coredns_objects(cx: &Cx<'_, InitContext>, replicas: u64) -> Result<Vec<Value>, PhaseError> {
    let cluster = &cx.config.cluster;
    let address = net::service_address(&cluster.networking.service_subnet, DNS_INDEX)?;
    let deployment = coredns::deployment(&cx.config.images().dns(), replicas);
    let mut objects = vec![coredns::config(&cluster.networking.dns_domain)];
    objects.extend(coredns::rights());
    objects.push(patched(cx, deployment)?);
    objects.push(coredns::service(&address.to_string()));
    Ok(objects)
}

/// The objects of kube-proxy, in the order that they are made in.
///
/// # Errors
/// The control plane has no endpoint that could be reached.
pub fn kube_proxy_objects(cx: &Cx<'_, InitContext>) -> Result<Vec<Value>, PhaseError> {
    let context = cx.config;
    let (config, given) = (&context.kube_proxy, context.kube_proxy_user_supplied);
    let mut objects = vec![
        kube_proxy::config(config, given, &context.control_plane_url()?),
        kube_proxy::daemon_set(&context.images().kubernetes(kube_proxy::NAME)),
    ];
    objects.extend(kube_proxy::rights());
    Ok(objects)
}

/// The manifests of CoreDNS as `--print-manifest` prints them.
///
/// # Errors
/// As [`coredns_objects`].
pub fn coredns_manifests(cx: &Cx<'_, InitContext>) -> Result<Vec<Value>, PhaseError> {
    let order = [
        "Deployment",
        "ConfigMap",
        "Service",
        "ClusterRole",
        "ClusterRoleBinding",
        "ServiceAccount",
    ];
    Ok(manifests(coredns_objects(cx, coredns::REPLICAS)?, &order))
}

/// The manifests of kube-proxy as `--print-manifest` prints them.
///
/// # Errors
/// As [`kube_proxy_objects`].
pub fn kube_proxy_manifests(cx: &Cx<'_, InitContext>) -> Result<Vec<Value>, PhaseError> {
    let order = [
        "ServiceAccount",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "ConfigMap",
        "DaemonSet",
    ];
    let mut objects = manifests(kube_proxy_objects(cx)?, &order);
    for object in &mut objects {
        // The checksum belongs to what is kept in the cluster.
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("annotations");
        }
        spell_out(object);
    }
    Ok(objects)
}

fn manifests(objects: Vec<Value>, order: &[&str]) -> Vec<Value> {
    let place = |object: &Value| {
        order
            .iter()
            .position(|kind| object.get("kind") == Some(&json!(kind)))
    };
    let mut objects = objects;
    objects.sort_by_key(place);
    objects.into_iter().map(without_status).collect()
}

/// The printed manifest says of a mount that it may be written to, which is what an object says by saying nothing.
fn spell_out(object: &mut Value) {
    let path = "/spec/template/spec/containers/0/volumeMounts";
    let mounts = object.pointer_mut(path).and_then(Value::as_array_mut);
    for mount in mounts
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        if mount.get("name") == Some(&json!("xtables-lock")) {
            mount.insert("readOnly".to_owned(), json!(false));
        }
    }
}

fn without_status(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    object
}

fn patched(cx: &Cx<'_, InitContext>, deployment: Value) -> Result<Value, PhaseError> {
    match cx.config.patches_folder() {
        None => Ok(deployment),
        Some(folder) => {
            let patches = Patches::read(cx.files, folder)?;
            Ok(patches.apply("corednsdeployment", deployment, None)?)
        }
    }
}

fn plan_coredns(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    if cx.config.cluster.dns.disabled {
        let text = "the DNS add-on is switched off in the configuration";
        return Ok(noted(Note::info("addon.disabled", text)));
    }
    with_api(cx, |wanted| {
        let replicas = replicas(wanted)?;
        for object in coredns_objects(cx, replicas)? {
            if object.get("kind") == Some(&json!("ConfigMap")) {
                corefile(wanted, object)?;
            } else {
                wanted.object(object)?;
            }
        }
        Ok(())
    })
}

/// How many replicas there are: a number that somebody chose stays.
fn replicas(wanted: &ApiDraft<'_, '_>) -> Result<u64, PhaseError> {
    let options = ListOptions::default().labels("k8s-app=kube-dns");
    let deployments = ResourceRef::of_kind("apps/v1", "Deployment");
    let found = wanted.api().list(deployments, Some(SYSTEM), options)?;
    let first = found
        .first()
        .and_then(|deployment| deployment.pointer("/spec/replicas"));
    Ok(first.and_then(Value::as_u64).unwrap_or(coredns::REPLICAS))
}

/// A configuration that is there stays as it is, whoever wrote it.
fn corefile(wanted: &mut ApiDraft<'_, '_>, map: Value) -> Result<(), PhaseError> {
    let Some(live) = wanted.api().get(&target_of(&map)?)? else {
        return wanted.object(map);
    };
    let path = format!("/data/{}", coredns::COREFILE);
    if live.pointer(&path) != map.pointer(&path) {
        let text = "the configuration of CoreDNS was changed and stays as it is";
        wanted.note(Note::info("addon.corefile-kept", text));
    }
    Ok(())
}

fn plan_kube_proxy(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    if cx.config.cluster.proxy.disabled {
        let text = "the kube-proxy add-on is switched off in the configuration";
        return Ok(noted(Note::info("addon.disabled", text)));
    }
    with_api(cx, |wanted| {
        let mut objects = kube_proxy_objects(cx)?.into_iter();
        if let Some(map) = objects.next() {
            map_with(wanted, cx.config, map, kube_proxy::CONFIG_KEY)?;
        }
        all(wanted, objects)
    })
}
