//! Templates of providers: they belong to the cluster, so that they go with it.

use serde_json::{Value, json};

use super::{Chain, Context};
use crate::{
    cloning::without_suffix,
    core::v1beta2::{Cluster, ContractVersionedObjectReference, MachineSpec},
    machine_set::status::MissingTemplates,
    propagation::owner_reference,
};

impl<P> Context<'_, P> {
    /// The templates that machines are made from. Says which are missing.
    pub(super) fn own_templates(
        &mut self,
        cluster: &Cluster,
        spec: &MachineSpec,
    ) -> MissingTemplates {
        let config = &spec.bootstrap.config_ref;
        MissingTemplates {
            bootstrap: !config.name.is_empty() && !self.own_template(cluster, config),
            infrastructure: !self.own_template(cluster, &spec.infrastructure_ref),
        }
    }

    /// Makes a template one of the cluster's. Says whether it is there; what is no template is not looked for.
    pub(super) fn own_template(
        &mut self,
        cluster: &Cluster,
        reference: &ContractVersionedObjectReference,
    ) -> bool {
        if without_suffix(&reference.kind) == reference.kind {
            return true;
        }
        let namespace = &cluster.metadata.namespace;
        let Some(template) = self.snapshot.find(namespace, reference) else {
            return false;
        };
        let owner = json!(owner_reference(cluster));
        let owners = template.pointer("/metadata/ownerReferences");
        let mut owners = owners
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let place = (
            namespace.clone(),
            format!("{} {}", reference.kind, reference.name),
        );
        if owners.contains(&owner) || !self.owned.insert(place) {
            return true;
        }
        owners.retain(|one| one.get("uid") != owner.get("uid"));
        owners.push(owner);
        let mut desired = template.clone();
        if let Some(Value::Object(metadata)) = desired.get_mut("metadata") {
            metadata.insert("ownerReferences".to_owned(), json!(owners));
        }
        let mut chain = Chain::new(format!("{} {}", reference.kind, reference.name));
        chain.change(template, &desired);
        self.plan.chains.push(chain);
        true
    }
}
