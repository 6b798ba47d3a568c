//! Which version of a kind is read, as its definition says.

use std::collections::BTreeMap;

use apply_semantics::op::{ObjectRef, Operation, ResourceRef};
use componentconfig::Kind;
use serde_json::Value;

use super::GroupKind;
use crate::{
    bootstrap::v1beta2::{KubeadmConfig, KubeadmConfigTemplate},
    conditions::plural,
    contract::ContractVersion,
    controlplane::v1beta2::KubeadmControlPlane,
};

/// The kind of definitions.
const KIND: &str = "CustomResourceDefinition";

/// By the name of the definition: the API version to use, and the contract that it follows; none if it is not there, or does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Definitions(BTreeMap<String, Option<(String, ContractVersion)>>);

impl Definitions {
    /// The API version to use for a kind, and the contract that it follows; none if that is not known.
    pub(super) fn of(&self, kind: &GroupKind) -> Option<(String, ContractVersion)> {
        own(kind).or_else(|| self.0.get(&name(kind))?.clone())
    }

    /// Reads the definition of a kind; none if that was done, or need not be.
    ///
    /// All definitions are some megabytes, so they are read one by one, by the name that they get by convention, as Cluster API does.
    pub(super) fn request(&self, kind: &GroupKind) -> Option<Operation> {
        let (group, singular) = kind;
        let name = name(kind);
        if group.is_empty()
            || singular.is_empty()
            || own(kind).is_some()
            || self.0.contains_key(&name)
        {
            return None;
        }
        let definitions = ResourceRef::of_kind("apiextensions.k8s.io/v1", KIND);
        Some(Operation::get(definitions.all().named(name)))
    }

    /// Takes a definition that was read, or that it is not there. Says whether it was one.
    pub(super) fn add(&mut self, target: &ObjectRef, definition: Option<&Value>) -> bool {
        if target.resource.kind != KIND {
            return false;
        }
        let known = definition.and_then(|definition| {
            let (contract, version) = ContractVersion::of(definition)?;
            let group = definition.pointer("/spec/group")?.as_str()?;
            Some((format!("{group}/{version}"), contract))
        });
        self.0.insert(target.name.clone(), known);
        true
    }
}

/// Of kinds that are typed here the version is known, whatever labels their definition has.
fn own((group, kind): &GroupKind) -> Option<(String, ContractVersion)> {
    let own = [
        KubeadmControlPlane::GVK,
        KubeadmConfig::GVK,
        KubeadmConfigTemplate::GVK,
    ];
    let mut own = own.iter();
    let known = own.find(|own| own.group() == group && own.kind() == kind)?;
    Some((known.api_version(), ContractVersion::V1Beta2))
}

fn name((group, kind): &GroupKind) -> String {
    format!("{}.{group}", plural(&kind.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind(group: &str, kind: &str) -> GroupKind {
        (group.to_owned(), kind.to_owned())
    }

    #[test]
    fn a_definition_is_read_once() {
        let mut definitions = Definitions::default();
        let demo = kind("infrastructure.example.com", "DemoPolicy");
        let request = definitions.request(&demo).unwrap();
        let target = request.target().unwrap();
        assert_eq!(target.name, "demopolicies.infrastructure.example.com");
        let definition = json!({
            "metadata": {"labels": {"cluster.x-k8s.io/v1beta1": "v1"}},
            "spec": {"group": "infrastructure.example.com"},
        });
        assert!(definitions.add(&target, Some(&definition)));
        assert_eq!(definitions.request(&demo), None);
        let expected = (
            "infrastructure.example.com/v1".to_owned(),
            ContractVersion::V1Beta1,
        );
        assert_eq!(definitions.of(&demo), Some(expected));
    }

    #[test]
    fn what_is_not_defined_is_not_asked_for_again() {
        let mut definitions = Definitions::default();
        let demo = kind("infrastructure.example.com", "DemoMachine");
        let request = definitions.request(&demo).unwrap();
        definitions.add(&request.target().unwrap(), None);
        assert_eq!(
            (definitions.request(&demo), definitions.of(&demo)),
            (None, None)
        );
    }

    #[test]
    fn kinds_of_kubeadm_are_known_and_no_kind_is_none() {
        let definitions = Definitions::default();
        let config = kind("bootstrap.cluster.x-k8s.io", "KubeadmConfig");
        assert!(definitions.of(&config).is_some());
        assert_eq!(definitions.request(&config), None);
        assert_eq!(definitions.request(&kind("", "")), None);
    }
}
