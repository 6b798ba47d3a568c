//! What the exports of a service have in common.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    ApiVersion, ClusterStatus, Condition, Conflict, ConflictReason, Differing, Export, ImportType,
    IpFamily, ServiceImport, ServiceImportKind, ServiceImportSpec, ServiceImportStatus, ServiceKey,
    ServiceSpec, conflict, ports,
};
use crate::{id::ClusterId, meta::ObjectMeta};

/// What the valid exports of a service come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Merged {
    /// The labels of the import.
    pub labels: BTreeMap<String, String>,
    /// The annotations of the import.
    pub annotations: BTreeMap<String, String>,
    /// The import. It has no addresses: every importing cluster gives it its own.
    pub spec: ServiceImportSpec,
    /// The exporting clusters, the oldest export first.
    pub clusters: Vec<ClusterId>,
    /// Where the exports disagree, at most once a field.
    pub conflicts: Vec<Conflict>,
}

/// Merges the exports of one service, at most one a cluster; `None` if none of them is valid.
///
/// The order makes no difference: an older export goes before a younger one, and of two that were created in the same
/// second the one of the cluster that sorts first. Where the exports disagree the oldest decides, but for ports, of which
/// the import has all, and IP families, of which it has those in common.
///
/// ```
/// use std::collections::BTreeMap;
/// use cluster_id::{Explain, mcs::{Export, merge}};
/// use serde_json::json;
///
/// let exports: BTreeMap<_, Export> = serde_json::from_value(json!({
///     "eu": {"createdAt": "2026-01-02T00:00:00Z", "service": {"ports": [{"name": "http", "port": 80}]}},
///     "us": {"createdAt": "2026-01-01T00:00:00Z", "service": {"clusterIP": "None", "ports": [{"name": "http", "port": 80}]}},
/// }))?;
/// let merged = merge(&exports).unwrap();
/// assert_eq!(merged.clusters[0].as_str(), "us");
/// assert_eq!(
///     merged.conflicts[0].evidence(),
///     "type: \"Headless\" as in us, the oldest export, but \"ClusterSetIP\" in eu",
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn merge<'a>(exports: impl IntoIterator<Item = (&'a ClusterId, &'a Export)>) -> Option<Merged> {
    let mut parts: Vec<_> = exports.into_iter().filter_map(Part::new).collect();
    parts.sort_by_key(|part| (part.export.created_at, part.cluster));
    let oldest = *parts.first()?;
    let copies = copies(&parts);
    let families = CommonFamilies::of(&copies);
    let spec = ServiceImportSpec {
        ports: ports::unite(
            copies
                .iter()
                .map(|copies| copies.part.service.ports.as_slice()),
        ),
        ips: Vec::new(),
        import_type: oldest.import_type,
        session_affinity: oldest.service.session_affinity,
        session_affinity_config: oldest.service.session_affinity_config.clone(),
        ip_families: families.common.clone(),
        internal_traffic_policy: oldest.service.internal_traffic_policy,
        traffic_distribution: oldest.service.traffic_distribution.clone(),
    };
    Some(Merged {
        labels: oldest.export.exported_labels.clone(),
        annotations: oldest.export.exported_annotations.clone(),
        conflicts: conflicts(oldest, &copies, &spec, &families),
        spec,
        clusters: parts.iter().map(|part| part.cluster.clone()).collect(),
    })
}

impl Merged {
    /// The import as an object of the stored version, for any cluster that has the namespace.
    pub fn import(&self, key: &ServiceKey) -> ServiceImport {
        let mut metadata = ObjectMeta::named(key.name()).within(key.namespace());
        metadata.labels.clone_from(&self.labels);
        metadata.annotations.clone_from(&self.annotations);
        let clusters = self.clusters.iter().cloned();
        ServiceImport {
            api_version: ApiVersion::default(),
            kind: ServiceImportKind::default(),
            metadata,
            spec: self.spec.clone(),
            status: Some(ServiceImportStatus {
                clusters: clusters.map(|cluster| ClusterStatus { cluster }).collect(),
                conditions: Vec::new(),
            }),
        }
    }

    /// The condition `Conflict`, which is the same for every valid export of the service.
    pub fn condition(&self) -> Condition {
        conflict::condition(&self.conflicts)
    }
}

/// A valid export.
#[derive(Clone, Copy)]
struct Part<'a> {
    cluster: &'a ClusterId,
    export: &'a Export,
    service: &'a ServiceSpec,
    import_type: ImportType,
}

impl<'a> Part<'a> {
    fn new((cluster, export): (&'a ClusterId, &'a Export)) -> Option<Self> {
        let (service, import_type) = export.valid_service()?;
        Some(Self {
            cluster,
            export,
            service,
            import_type,
        })
    }

    fn affinity_timeout(&self) -> Option<i32> {
        let config = self.service.session_affinity_config.as_ref()?;
        config.client_ip.as_ref()?.timeout_seconds
    }

    /// Whether it says the same as another one.
    fn is_copy_of(&self, other: &Self) -> bool {
        self.service == other.service
            && self.export.exported_labels == other.export.exported_labels
            && self.export.exported_annotations == other.export.exported_annotations
    }
}

/// Exports that say the same.
struct Copies<'a> {
    /// The oldest of them.
    part: Part<'a>,
    clusters: Vec<&'a ClusterId>,
}

/// So many sorts of exports are known again; what is none of them stands for itself.
const SORTS: usize = 8;

/// The exports, which come oldest first, with their copies: most exports of a service are copies of each other, and are looked
/// at once.
fn copies<'a>(parts: &[Part<'a>]) -> Vec<Copies<'a>> {
    let mut sorts: Vec<Copies<'a>> = Vec::new();
    for part in parts {
        let mut known = sorts.iter_mut().take(SORTS);
        match known.find(|sort| part.is_copy_of(&sort.part)) {
            Some(sort) => sort.clusters.push(part.cluster),
            None => sorts.push(Copies {
                part: *part,
                clusters: vec![part.cluster],
            }),
        }
    }
    sorts
}

fn conflicts<'a>(
    oldest: Part<'a>,
    copies: &'a [Copies<'a>],
    spec: &ServiceImportSpec,
    families: &CommonFamilies<'a>,
) -> Vec<Conflict> {
    let found = Disagreement { oldest, copies };
    [
        found.ports(spec),
        found.on(ConflictReason::TypeConflict, |part| part.import_type),
        found.on(ConflictReason::SessionAffinityConflict, |part| {
            part.service.session_affinity
        }),
        found.on(ConflictReason::SessionAffinityConfigConflict, |part| {
            part.affinity_timeout()
        }),
        found.on(ConflictReason::AnnotationsConflict, |part| {
            &part.export.exported_annotations
        }),
        found.on(ConflictReason::LabelsConflict, |part| {
            &part.export.exported_labels
        }),
        found.on(ConflictReason::InternalTrafficPolicyConflict, |part| {
            part.service.internal_traffic_policy.unwrap_or_default()
        }),
        found.on(ConflictReason::TrafficDistributionConflict, |part| {
            &part.service.traffic_distribution
        }),
        found.families(families),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Disagreement<'a> {
    oldest: Part<'a>,
    copies: &'a [Copies<'a>],
}

impl<'a> Disagreement<'a> {
    /// A field in which the oldest export decides.
    fn on<T: Ord + Serialize>(
        &self,
        reason: ConflictReason,
        value: impl Fn(&'a Part<'a>) -> T,
    ) -> Option<Conflict> {
        let mut values = self
            .copies
            .iter()
            .map(|copies| (copies, value(&copies.part)));
        let (_, wanted) = values.next()?;
        let differing = values.filter(|(_, value)| *value != wanted);
        self.conflict(reason, &wanted, differing)
    }

    fn ports(&self, spec: &ServiceImportSpec) -> Option<Conflict> {
        let ports = |copies: &'a Copies<'a>| (copies, &copies.part.service.ports);
        let differing = self.copies.iter().map(ports);
        let differing = differing.filter(|(_, ports)| !ports::same(ports, &spec.ports));
        self.conflict(ConflictReason::PortConflict, &spec.ports, differing)
    }

    fn families(&self, families: &CommonFamilies<'a>) -> Option<Conflict> {
        let differing = families.left_out.iter();
        let differing = differing.map(|copies| (*copies, &copies.part.service.ip_families));
        let reason = ConflictReason::IPFamilyConflict;
        self.conflict(reason, &families.common, differing)
    }

    /// Values are told apart as they are, and written down once each.
    fn conflict<T: Ord + Serialize>(
        &self,
        reason: ConflictReason,
        value: &impl Serialize,
        differing: impl Iterator<Item = (&'a Copies<'a>, T)>,
    ) -> Option<Conflict> {
        let mut groups: BTreeMap<T, Vec<ClusterId>> = BTreeMap::new();
        for (copies, value) in differing {
            let clusters = copies.clusters.iter().copied().cloned();
            groups.entry(value).or_default().extend(clusters);
        }
        if groups.is_empty() {
            return None;
        }
        let differing = groups.into_iter().map(|(value, mut clusters)| {
            clusters.sort_unstable();
            let value = shown(&value);
            Differing { value, clusters }
        });
        let mut differing: Vec<Differing> = differing.collect();
        differing.sort_unstable_by(|left, right| left.clusters.cmp(&right.clusters));
        Some(Conflict {
            reason,
            oldest: self.oldest.cluster.clone(),
            value: shown(value),
            differing,
        })
    }
}

/// The values of a conflict are strings, numbers, maps of strings and lists of ports: all of them are JSON.
fn shown(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The families that clients everywhere can reach all backends by.
struct CommonFamilies<'a> {
    /// In the order of the oldest export.
    common: Vec<IpFamily>,
    /// The exports that have none of them. Such an export is left out, since no family at all would cut off everybody.
    left_out: Vec<&'a Copies<'a>>,
}

impl<'a> CommonFamilies<'a> {
    /// An export without families has no say.
    fn of(copies: &'a [Copies<'a>]) -> Self {
        let mut copies = copies
            .iter()
            .filter(|copies| !copies.part.service.ip_families.is_empty());
        let mut common = match copies.next() {
            Some(oldest) => oldest.part.service.ip_families.clone(),
            None => Vec::new(),
        };
        let mut left_out = Vec::new();
        for copies in copies {
            let families = &copies.part.service.ip_families;
            if common.iter().any(|family| families.contains(family)) {
                common.retain(|family| families.contains(family));
            } else {
                left_out.push(copies);
            }
        }
        Self { common, left_out }
    }
}
