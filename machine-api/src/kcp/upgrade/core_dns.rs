//! CoreDNS, if a control plane says which version it is to have.

use apply_semantics::op::Operation;
use serde_json::{Value, json};

use super::{
    UpgradeError, change, change_again, corefile::CorefileError, image::Image, image_of, migrate,
    with_image,
};
use crate::{
    bootstrap::v1beta2::ClusterConfiguration, controlplane::v1beta2::KubeadmControlPlane, core_dns,
    facts, labels, version::Version,
};

/// The name of all that belongs to it.
const NAME: &str = "coredns";
/// The volume with its configuration.
const VOLUME: &str = "config-volume";
/// Where its configuration is.
const COREFILE: &str = "/data/Corefile";
const KEY: &str = "Corefile";
/// Where it is kept while another one is put in its place.
const BACKUP: &str = "/data/Corefile-backup";
const BACKUP_KEY: &str = "Corefile-backup";

/// Registries of Kubernetes, in which the image moved a step down.
const REGISTRIES: [&str; 2] = ["k8s.gcr.io", "registry.k8s.io"];
/// The first version that is there.
const MOVED: (u64, u64, u64) = (1, 8, 0);

/// What there is of CoreDNS in a cluster, all in `kube-system`.
#[derive(Clone, Copy, Debug)]
pub struct CoreDns<'a> {
    /// The ConfigMap `coredns`.
    pub config_map: &'a Value,
    /// The Deployment `coredns`.
    pub deployment: &'a Value,
}

/// What brings CoreDNS to the image that a control plane wants, in this order: what it is told is copied aside, it is made to read the
/// copy, what it is told becomes what the new version understands, and the new version reads that. Nothing if it is to be left alone.
///
/// Interrupted after any of them, it begins anew from the copy. Cluster API begins from what is half changed.
///
/// # Errors
/// Objects are not as kubeadm makes them, or there is no way to the version that is wanted.
pub fn core_dns(
    kcp: &KubeadmControlPlane,
    observed: CoreDns<'_>,
) -> Result<Vec<Operation>, UpgradeError> {
    let CoreDns {
        config_map,
        deployment,
    } = observed;
    let configuration = &kcp.spec.kubeadm_config_spec.cluster_configuration;
    if facts::has_annotation(&kcp.metadata, labels::SKIP_COREDNS)
        || *configuration == ClusterConfiguration::default()
    {
        return Ok(Vec::new());
    }
    let text = |pointer: &str| config_map.pointer(pointer).and_then(Value::as_str);
    let corefile = text(COREFILE).ok_or(UpgradeError::NoCorefile)?;
    let from = image_of(deployment, NAME).ok_or(UpgradeError::NoContainer)?;
    let Some(wanted) = wanted(kcp, from)? else {
        return Ok(Vec::new());
    };
    let source = match text(BACKUP) {
        Some(kept) if reads(deployment, BACKUP_KEY) => kept,
        _ => corefile,
    };
    let migrated = migrate(wanted.from, wanted.to, source)?;
    let copied = with_texts(config_map.clone(), source, source);
    let aside = reading(deployment.clone(), BACKUP_KEY);
    let changed = with_texts(config_map.clone(), &migrated, source);
    let done = with_image(reading(deployment.clone(), KEY), NAME, &wanted.image);
    let map_is_new = change(config_map, &copied).is_none();
    let deployment_is_new = change(deployment, &aside).is_none();
    // What an object was before is only known for the first write.
    let then = |first: bool, from: &Value, to: &Value| {
        if first {
            change(from, to)
        } else {
            change_again(from, to)
        }
    };
    let operations = [
        change(config_map, &copied),
        change(deployment, &aside),
        then(map_is_new, &copied, &changed),
        then(deployment_is_new, &aside, &done),
    ];
    Ok(operations.into_iter().flatten().collect())
}

struct Wanted {
    from: (u64, u64, u64),
    to: (u64, u64, u64),
    image: String,
}

/// The image that is wanted; none if it is there.
fn wanted(kcp: &KubeadmControlPlane, image: &str) -> Result<Option<Wanted>, UpgradeError> {
    let configuration = &kcp.spec.kubeadm_config_spec.cluster_configuration;
    let current = Image::read_canonical(image)?;
    let from_tag = current.tag.as_deref();
    let from_tag = from_tag.ok_or_else(|| UpgradeError::NoTag(image.to_owned()))?;
    let to_tag = match configuration.dns.image_tag.as_str() {
        "" => from_tag,
        tag => tag,
    };
    let (from, to) = (version(from_tag)?, version(to_tag)?);
    let current_repository = current.repository();
    let repositories = [
        &configuration.dns.image_repository,
        &configuration.image_repository,
    ];
    let mut repositories = repositories.into_iter().filter(|one| !one.is_empty());
    let repository = repositories.next().unwrap_or(&current_repository);
    let repository = repository.trim_end_matches('/');
    let moved = REGISTRIES.contains(&repository) && current.name() == NAME && numbers(&to) >= MOVED;
    let name = if moved {
        format!("{NAME}/{NAME}")
    } else {
        current.name().to_owned()
    };
    let wanted = format!("{repository}/{name}:{to_tag}");
    if wanted == image {
        return Ok(None);
    }
    if from.cmp_without_pre_releases(&to).is_gt() {
        return Err(UpgradeError::Older {
            from: from_tag.to_owned(),
            to: to_tag.to_owned(),
        });
    }
    // Without another version there is nothing to look up, but a version that is not known is not touched.
    core_dns::migration(numbers(&from), numbers(&from)).map_err(CorefileError::NoWay)?;
    Ok(Some(Wanted {
        from: numbers(&from),
        to: numbers(&to),
        image: wanted,
    }))
}

/// A tag has no `+`, so versions have `_` in its place there.
fn version(tag: &str) -> Result<Version, UpgradeError> {
    Ok(tag.replace('_', "+").parse()?)
}

fn numbers(version: &Version) -> (u64, u64, u64) {
    (version.major(), version.minor(), version.patch())
}

fn with_texts(mut config_map: Value, corefile: &str, backup: &str) -> Value {
    if let Some(data) = config_map
        .pointer_mut("/data")
        .and_then(Value::as_object_mut)
    {
        data.insert(KEY.to_owned(), json!(corefile));
        data.insert(BACKUP_KEY.to_owned(), json!(backup));
    }
    config_map
}

/// Which keys of the ConfigMap its volume shows.
fn keys(deployment: &mut Value) -> impl Iterator<Item = &mut Value> {
    let volumes = deployment.pointer_mut("/spec/template/spec/volumes");
    let volumes = volumes.and_then(Value::as_array_mut);
    let ours = volumes.into_iter().flatten().filter(|volume| {
        let text = |pointer: &str| volume.pointer(pointer).and_then(Value::as_str);
        text("/name") == Some(VOLUME) && text("/configMap/name") == Some(NAME)
    });
    ours.filter_map(|volume| volume.pointer_mut("/configMap/items")?.as_array_mut())
        .flatten()
        .filter_map(|item| item.get_mut("key"))
        .filter(|key| [KEY, BACKUP_KEY].map(Some).contains(&key.as_str()))
}

fn reads(deployment: &Value, key: &str) -> bool {
    keys(&mut deployment.clone()).any(|found| found.as_str() == Some(key))
}

fn reading(mut deployment: Value, key: &str) -> Value {
    for found in keys(&mut deployment) {
        *found = json!(key);
    }
    deployment
}
