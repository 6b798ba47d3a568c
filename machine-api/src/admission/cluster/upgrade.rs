//! Which class and which version an existing Cluster can be given.

use componentconfig::field::{Errors, FieldError, Path};

use super::{super::class, Request, Warnings, class_key, is_managed};
use crate::{
    contract,
    core::v1beta2::{Cluster, ClusterClass, Machine, MachineDeployment, MachinePool},
    labels,
    selector::Selector,
    version::Version,
};

pub(super) fn validate(
    new: &Cluster,
    old: &Cluster,
    class: Option<&ClusterClass>,
    at: &Path,
    request: &Request<'_>,
    errors: &mut Errors,
    warnings: &mut Warnings,
) {
    let place = at.child("class");
    let (namespace, name) = class_key(new);
    let Some(class) = class else {
        let detail = format!("ClusterClass {namespace}/{name} not found");
        return errors.push(FieldError::internal(place, detail));
    };
    if !is_managed(old) || old.spec.topology.class_ref.name.is_empty() {
        if !new
            .metadata
            .annotations
            .contains_key(labels::UNSAFE_UPDATE_CLASS_NAME)
        {
            errors.forbidden(&place, "classRef cannot be set on an existing Cluster");
        }
        return;
    }
    version(
        new,
        old,
        class,
        &at.child("version"),
        request,
        errors,
        warnings,
    );
    if class_key(old) != class_key(new) {
        let (old_namespace, old_name) = class_key(old);
        match request.get::<ClusterClass>(old_namespace, old_name) {
            Some(was) => class::compatible(&was, class, errors),
            None => errors.forbidden(
                &place,
                format!(
                    "valid ClusterClass with name \"{old_namespace}/{old_name}\" could not be retrieved, change from class \
                     \"{old_namespace}/{old_name}\" to class \"{namespace}/{name}\" cannot be validated"
                ),
            ),
        }
    }
}

fn version(
    new: &Cluster,
    old: &Cluster,
    class: &ClusterClass,
    at: &Path,
    request: &Request<'_>,
    errors: &mut Errors,
    warnings: &mut Warnings,
) {
    let text = new.spec.topology.version.as_str();
    let to = text.parse::<Version>();
    if to.is_err() {
        errors.invalid(at, text, "version must be a valid semantic version");
    }
    let old_text = old.spec.topology.version.as_str();
    let from = old_text.parse::<Version>();
    if from.is_err() {
        errors.invalid(at, old_text, "old version must be a valid semantic version");
    }
    if new
        .metadata
        .annotations
        .contains_key(labels::UNSAFE_UPDATE_VERSION)
    {
        warnings.push(format!(
            "Skipping version validation for Cluster because annotation {:?} is set.",
            labels::UNSAFE_UPDATE_VERSION
        ));
        return;
    }
    if let (Ok(from), Ok(to)) = (from, to)
        && from.to_string() != to.to_string()
        && let Err(detail) = step(&from, &to, new, old, class, request)
    {
        errors.invalid(at, text, detail);
    }
}

/// Not down, not too far up, and not while the previous upgrade is still going on.
fn step(
    from: &Version,
    to: &Version,
    new: &Cluster,
    old: &Cluster,
    class: &ClusterClass,
    request: &Request<'_>,
) -> Result<(), String> {
    if to.cmp_without_pre_releases(from).is_lt() {
        return Err(format!(
            "version cannot be decreased from \"{from}\" to \"{to}\""
        ));
    }
    let spec = &class.spec;
    let has_plan = !spec.kubernetes_versions.is_empty()
        || !spec
            .upgrade
            .external
            .generate_upgrade_plan_extension
            .is_empty();
    let ceiling = (from.major(), from.minor().saturating_add(2));
    if !has_plan && (to.major(), to.minor()) >= ceiling {
        return Err(format!(
            "version cannot be increased from \"{from}\" to \"{to}\""
        ));
    }
    let pending = new.metadata.annotations.get(labels::PENDING_HOOKS);
    if pending.is_some_and(|hooks| hooks.split(',').any(|hook| hook == "AfterClusterUpgrade")) {
        return Err(
            "version cannot be changed when the \"AfterClusterUpgrade\" hook is still blocking"
                .to_owned(),
        );
    }
    let busy: Vec<String> = [
        control_plane(old, from, request),
        deployments(old, from, request),
        pools(old, from, request),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect();
    match &*busy {
        [] => Ok(()),
        [one] => Err(format!("version cannot be changed: {one}")),
        more => Err(format!("version cannot be changed: [{}]", more.join(", "))),
    }
}

fn control_plane(
    cluster: &Cluster,
    version: &Version,
    request: &Request<'_>,
) -> Result<(), String> {
    let reference = &cluster.spec.control_plane_ref;
    let namespace = &cluster.metadata.namespace;
    let found = request.objects.get(
        &reference.api_group,
        &reference.kind,
        namespace,
        &reference.name,
    );
    let prefix = "failed to check if control plane is upgrading";
    let control_plane = found.ok_or_else(|| {
        format!("{prefix}: failed to get control plane object: it does not exist")
    })?;
    let text = control_plane
        .pointer("/spec/version")
        .and_then(serde_json::Value::as_str);
    let text =
        text.ok_or_else(|| format!("{prefix}: failed to get control plane version: it has none"))?;
    let found: Version = text.parse().map_err(|error| {
        format!("{prefix}: failed to parse control plane version {text}: {error}")
    })?;
    if found.to_string() != version.to_string() {
        return Err(format!(
            "Cluster.spec.topology.version {version} was not propagated to control plane yet (control plane version {found})"
        ));
    }
    if contract::is_provisioning(&control_plane) {
        return Err("control plane is currently provisioning".to_owned());
    }
    match contract::is_upgrading(&control_plane) {
        Ok(false) => Ok(()),
        Ok(true) => Err("control plane is still completing a previous upgrade".to_owned()),
        Err(error) => Err(format!("{prefix}: {error}")),
    }
}

/// Whether labels say that an object is made from the topology of the Cluster.
fn is_of(metadata: &crate::meta::ObjectMeta, cluster: &Cluster) -> bool {
    metadata.labels.get(labels::CLUSTER_NAME) == Some(&cluster.metadata.name)
        && metadata
            .labels
            .get(labels::TOPOLOGY_OWNED)
            .is_some_and(String::is_empty)
}

fn deployments(cluster: &Cluster, version: &Version, request: &Request<'_>) -> Result<(), String> {
    let namespace = &cluster.metadata.namespace;
    let mut busy = Vec::new();
    let deployments = request.list::<MachineDeployment>(namespace).into_iter();
    for deployment in deployments.filter(|one| is_of(&one.metadata, cluster)) {
        let name = &deployment.metadata.name;
        let text = &deployment.spec.template.spec.version;
        let found: Version = text.parse().map_err(|error| {
            format!("failed to check if MachineDeployment {name} is upgrading: failed to parse version {text}: {error}")
        })?;
        if found.to_string() != version.to_string() || is_upgrading(&deployment, request)? {
            busy.push(name.clone());
        }
    }
    if busy.is_empty() {
        return Ok(());
    }
    Err(format!(
        "there are still MachineDeployments completing a previous upgrade: [{}]",
        busy.join(", ")
    ))
}

/// Whether a MachineDeployment has machines of another version.
fn is_upgrading(deployment: &MachineDeployment, request: &Request<'_>) -> Result<bool, String> {
    let name = &deployment.metadata.name;
    let version = &deployment.spec.template.spec.version;
    let selector = Selector::new(&deployment.spec.selector).map_err(|error| {
        format!("failed to check if MachineDeployment {name} is upgrading: {error}")
    })?;
    let machines = request
        .list::<Machine>(&deployment.metadata.namespace)
        .into_iter();
    for machine in machines.filter(|machine| selector.matches(&machine.metadata.labels)) {
        if machine.spec.version.is_empty() {
            return Err(format!(
                "failed to check if MachineDeployment {name} is upgrading: Machine {} has no version",
                machine.metadata.name
            ));
        }
        let kubelet = machine
            .status
            .node_info
            .map(|node| node.kubelet_version)
            .unwrap_or_default();
        if machine.spec.version != *version || !kubelet.is_empty() && kubelet != *version {
            return Ok(true);
        }
    }
    Ok(false)
}

fn pools(cluster: &Cluster, version: &Version, request: &Request<'_>) -> Result<(), String> {
    let namespace = &cluster.metadata.namespace;
    let pools = request.list::<MachinePool>(namespace).into_iter();
    let pools: Vec<_> = pools.filter(|one| is_of(&one.metadata, cluster)).collect();
    let mut busy = Vec::new();
    for pool in &pools {
        let name = &pool.metadata.name;
        let text = &pool.spec.template.spec.version;
        let found: Version = text.parse().map_err(|error| {
            format!("failed to check if MachinePool {name} is upgrading: failed to parse version {text}: {error}")
        })?;
        if found.to_string() != version.to_string() || is_pool_upgrading(pool, cluster, request)? {
            busy.push(name.clone());
        }
    }
    if busy.is_empty() {
        return Ok(());
    }
    Err(format!(
        "there are still MachinePools completing a previous upgrade: [{}]",
        busy.join(", ")
    ))
}

/// Whether a MachinePool has nodes of another version.
fn is_pool_upgrading(
    pool: &MachinePool,
    cluster: &Cluster,
    request: &Request<'_>,
) -> Result<bool, String> {
    let metadata = &cluster.metadata;
    let workload = request.objects.workload(&metadata.namespace, &metadata.name).ok_or(
        "failed to check if MachinePools are upgrading: unable to get client for workload cluster",
    )?;
    for node in &pool.status.node_refs {
        let found = workload.get("", "Node", "", &node.name).ok_or_else(|| {
            format!(
                "failed to check if MachinePool {} is upgrading: failed to get Node {}",
                pool.metadata.name, node.name
            )
        })?;
        let kubelet = found
            .pointer("/status/nodeInfo/kubeletVersion")
            .and_then(serde_json::Value::as_str);
        if kubelet != Some(pool.spec.template.spec.version.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}
