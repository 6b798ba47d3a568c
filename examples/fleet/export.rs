//! A service that several clusters export.

use std::collections::{BTreeMap, BTreeSet};

use cluster_id::{
    id::ClusterId,
    mcs::{Export, Record, Report, ServiceExport, ServiceKey, Version, desired},
};
use examples::table::Table;
use serde_json::{Value, json};

use crate::{
    Failure,
    world::{World, tell},
};

pub(crate) fn export(world: &mut World) -> Result<(), Failure> {
    // The younger export has another port behind the same name.
    for (cluster, port) in [("eu-1", 80), ("us-1", 8080)] {
        world.clock.advance(60);
        let site = world.site(cluster)?;
        site.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))?;
        let service =
            json!({"ports": [{"name": "http", "port": port}], "selector": {"app": "web"}});
        site.apply(json!({"apiVersion": "v1", "kind": "Service", "metadata": named("web"), "spec": service}))?;
        let object = json!({"apiVersion": "multicluster.x-k8s.io/v1beta1", "kind": "ServiceExport", "metadata": named("web")});
        let live: ServiceExport = serde_json::from_value(site.apply(object)?)?;
        let export = Export::new(&live, Some(serde_json::from_value(service)?));
        let uid = site.uid.clone();
        let membership = world.roster.membership(&uid).ok_or("only members export")?;
        let record = Record {
            version: Version {
                epoch: membership.epoch,
                revision: 1,
            },
            report: Report::Exported(export.ok_or("the export was not created")?),
        };
        world.exports.record(&key()?, &membership.id, record);
    }
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    world.site("us-2")?.apply(namespace)?;
    tell("Clusters export the service shop/web", &import(world)?);
    Ok(())
}

fn key() -> Result<ServiceKey, Failure> {
    Ok(ServiceKey::new("shop", "web")?)
}

fn named(name: &str) -> Value {
    json!({"name": name, "namespace": "shop"})
}

/// Writes the import into every member that has the namespace, takes it out of the others, and says what came of it.
pub(crate) fn import(world: &mut World) -> Result<Table<4>, Failure> {
    let mut members: BTreeMap<ClusterId, String> = BTreeMap::new();
    let mut namespaces = BTreeSet::new();
    for site in world.sites.values() {
        let Some(membership) = world.roster.membership(&site.uid) else {
            site.delete(&object())?;
            continue;
        };
        members.insert(membership.id.clone(), site.name.clone());
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        if site.get(&namespace)?.is_some() {
            namespaces.insert(membership.id.clone());
        }
    }
    let exports = world.exports.exports(&key()?);
    let desired = desired(&key()?, &exports, &namespaces);
    let mut table = Table::new(["CLUSTER", "IMPORT", "EXPORT", "WHY"]);
    for (id, name) in &members {
        let site = world.site(name)?;
        let imported = if let Some(import) = desired.imports.get(id) {
            let mut import = serde_json::to_value(import)?;
            // The status is the controller's, and is written by itself.
            if let Some(import) = import.as_object_mut() {
                import.remove("status");
            }
            site.apply(import)?;
            "yes"
        } else {
            site.delete(&object())?;
            "no"
        };
        let conditions = desired.exports.get(id).into_iter().flatten();
        let told: Vec<String> = conditions.map(ToString::to_string).collect();
        let exported = if told.is_empty() { "no" } else { "yes" };
        let why = match desired.absence(id) {
            Some(absence) if told.is_empty() => {
                cluster_id::Explain::explanation(&absence).to_string()
            }
            _ => told.join("; "),
        };
        table.row([name, imported, exported, &why]);
    }
    Ok(table)
}

fn object() -> Value {
    json!({"apiVersion": "multicluster.x-k8s.io/v1beta1", "kind": "ServiceImport", "metadata": named("web")})
}
