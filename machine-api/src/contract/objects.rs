//! What objects of providers say, whatever their kind.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::ContractVersion;
use crate::{
    bootstrap::v1beta2::KubeadmConfig,
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{APIEndpoint, FailureDomain, MachineAddress},
    version::ParseVersionError,
};

/// The object of an infrastructure provider that stands for a whole cluster.
pub trait InfraCluster {
    /// What it says.
    fn infra_cluster_facts(&self) -> InfraClusterFacts;
}

/// The object of an infrastructure provider that stands for a machine.
pub trait InfraMachine {
    /// What it says.
    fn infra_machine_facts(&self) -> InfraMachineFacts;
}

/// The object of a bootstrap provider that stands for how a machine becomes a node.
pub trait BootstrapConfig {
    /// What it says.
    fn bootstrap_config_facts(&self) -> BootstrapConfigFacts;
}

/// The object of a control plane provider.
pub trait ControlPlane {
    /// What it says.
    fn control_plane_facts(&self) -> ControlPlaneFacts;

    /// Whether it is still on its way to its first version.
    fn is_provisioning(&self) -> bool {
        let facts = self.control_plane_facts();
        facts.status_versions.is_empty() && facts.status_version.is_empty()
    }

    /// Whether it has machines of a lower version than it is to have, or of one that cannot be compared.
    ///
    /// # Errors
    /// A version cannot be read.
    fn is_upgrading(&self) -> Result<bool, ParseVersionError> {
        let facts = self.control_plane_facts();
        let wanted = facts.version.unwrap_or_default();
        super::is_older_than(&wanted, &facts.status_versions, &facts.status_version)
    }
}

/// What the infrastructure of a cluster says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfraClusterFacts {
    /// Whether it is made.
    pub provisioned: bool,
    /// Where the API server is reached, if the provider chooses the place.
    pub control_plane_endpoint: Option<APIEndpoint>,
    /// The failure domains, by name.
    pub failure_domains: Vec<FailureDomain>,
}

/// What the infrastructure of a machine says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfraMachineFacts {
    /// The id of the machine at the provider.
    pub provider_id: Option<String>,
    /// Whether it is made.
    pub provisioned: bool,
    /// Its addresses.
    pub addresses: Vec<MachineAddress>,
    /// The failure domain that it is in.
    pub failure_domain: Option<String>,
}

/// What a bootstrap configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootstrapConfigFacts {
    /// Whether the data is there.
    pub data_secret_created: bool,
    /// The Secret that it is in.
    pub data_secret_name: Option<String>,
}

/// What a control plane says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlPlaneFacts {
    /// Whether it answered once.
    pub initialized: bool,
    /// The version that it is to have.
    pub version: Option<String>,
    /// The version that it has; empty if it says none.
    pub status_version: String,
    /// The versions of its machines.
    pub status_versions: Vec<String>,
    /// Where the API server is reached, if the provider chooses the place.
    pub control_plane_endpoint: Option<APIEndpoint>,
    /// How many machines it is to have; `None` if it is not made of machines.
    pub replicas: Option<i32>,
    /// How many machines it has.
    pub status_replicas: Option<i32>,
    /// How many of them are ready.
    pub ready_replicas: Option<i32>,
    /// How many of them are available.
    pub available_replicas: Option<i32>,
    /// How many of them match what is wanted.
    pub up_to_date_replicas: Option<i32>,
}

/// An object of any kind, read as a version of the contract says.
///
/// ```
/// use machine_api::contract::{ContractVersion, InfraMachine, Untyped};
/// use serde_json::json;
///
/// let old = json!({"spec": {"providerID": "demo://1"}, "status": {"ready": true}});
/// let new = json!({"spec": {"providerID": "demo://1"}, "status": {"initialization": {"provisioned": true}}});
/// let facts = |object, version| Untyped::new(object, version).infra_machine_facts();
/// assert!(facts(&old, ContractVersion::V1Beta1).provisioned);
/// assert_eq!(facts(&old, ContractVersion::V1Beta1), facts(&new, ContractVersion::V1Beta2));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Untyped<'a> {
    object: &'a Value,
    version: ContractVersion,
}

impl<'a> Untyped<'a> {
    /// Reads an object as that version of the contract says.
    pub const fn new(object: &'a Value, version: ContractVersion) -> Self {
        Self { object, version }
    }

    fn at(&self, pointer: &str) -> Option<&'a Value> {
        self.object
            .pointer(pointer)
            .filter(|value| !value.is_null())
    }

    fn text(&self, pointer: &str) -> Option<String> {
        let text = self.at(pointer)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn number(&self, pointer: &str) -> Option<i32> {
        i32::try_from(self.at(pointer)?.as_i64()?).ok()
    }

    fn is_true(&self, older: &str, newer: &str) -> bool {
        let pointer = match self.version {
            ContractVersion::V1Beta1 => older,
            ContractVersion::V1Beta2 => newer,
        };
        self.at(pointer) == Some(&Value::Bool(true))
    }

    fn list<T: serde::de::DeserializeOwned>(&self, pointer: &str) -> Vec<T> {
        let items = self.at(pointer).and_then(Value::as_array).into_iter();
        items
            .flatten()
            .filter_map(|item| T::deserialize(item).ok())
            .collect()
    }

    fn endpoint(&self) -> Option<APIEndpoint> {
        let host = self.text("/spec/controlPlaneEndpoint/host")?;
        let port = self.number("/spec/controlPlaneEndpoint/port")?;
        (port != 0).then_some(APIEndpoint { host, port })
    }

    /// The older contract says how many are not available.
    fn available_replicas(&self) -> Option<i32> {
        let wanted = self.number("/spec/replicas");
        let missing = match self.version {
            ContractVersion::V1Beta1 => self.number("/status/unavailableReplicas"),
            ContractVersion::V1Beta2 => None,
        };
        match (wanted, missing) {
            (Some(wanted), Some(missing)) => Some(wanted.saturating_sub(missing).max(0)),
            _ => self.number("/status/availableReplicas"),
        }
    }

    /// A map in the older contract, a list in the newer one.
    fn failure_domains(&self) -> Vec<FailureDomain> {
        let pointer = "/status/failureDomains";
        let mut domains: Vec<FailureDomain> = match self.version {
            ContractVersion::V1Beta2 => self.list(pointer),
            ContractVersion::V1Beta1 => {
                let map = self.at(pointer).and_then(Value::as_object).into_iter();
                map.flatten()
                    .filter_map(|(name, domain)| {
                        let domain: FailureDomain = serde::Deserialize::deserialize(domain).ok()?;
                        let name = name.clone();
                        Some(FailureDomain { name, ..domain })
                    })
                    .collect()
            }
        };
        for domain in &mut domains {
            domain.control_plane.get_or_insert(false);
        }
        domains.sort_by(|a, b| a.name.cmp(&b.name));
        domains
    }
}

impl InfraCluster for Untyped<'_> {
    fn infra_cluster_facts(&self) -> InfraClusterFacts {
        InfraClusterFacts {
            provisioned: self.is_true("/status/ready", "/status/initialization/provisioned"),
            control_plane_endpoint: self.endpoint(),
            failure_domains: self.failure_domains(),
        }
    }
}

impl InfraMachine for Untyped<'_> {
    fn infra_machine_facts(&self) -> InfraMachineFacts {
        InfraMachineFacts {
            provider_id: self.text("/spec/providerID"),
            provisioned: self.is_true("/status/ready", "/status/initialization/provisioned"),
            addresses: self.list("/status/addresses"),
            // The older place is read where there is nothing in the newer one.
            failure_domain: self
                .text("/status/failureDomain")
                .or_else(|| self.text("/spec/failureDomain")),
        }
    }
}

impl BootstrapConfig for Untyped<'_> {
    fn bootstrap_config_facts(&self) -> BootstrapConfigFacts {
        BootstrapConfigFacts {
            data_secret_created: self
                .is_true("/status/ready", "/status/initialization/dataSecretCreated"),
            data_secret_name: self.text("/status/dataSecretName"),
        }
    }
}

impl ControlPlane for Untyped<'_> {
    fn control_plane_facts(&self) -> ControlPlaneFacts {
        let up_to_date = match self.version {
            ContractVersion::V1Beta1 => "/status/updatedReplicas",
            ContractVersion::V1Beta2 => "/status/upToDateReplicas",
        };
        let versions = self.at("/status/versions").and_then(Value::as_array);
        ControlPlaneFacts {
            initialized: self.is_true(
                "/status/initialized",
                "/status/initialization/controlPlaneInitialized",
            ),
            version: self.text("/spec/version"),
            status_version: self.text("/status/version").unwrap_or_default(),
            status_versions: versions
                .into_iter()
                .flatten()
                .filter_map(|item| Some(item.get("version")?.as_str()?.to_owned()))
                .collect(),
            control_plane_endpoint: self.endpoint(),
            replicas: self.number("/spec/replicas"),
            status_replicas: self.number("/status/replicas"),
            ready_replicas: self.number("/status/readyReplicas"),
            available_replicas: self.available_replicas(),
            up_to_date_replicas: self.number(up_to_date),
        }
    }
}

impl BootstrapConfig for KubeadmConfig {
    fn bootstrap_config_facts(&self) -> BootstrapConfigFacts {
        BootstrapConfigFacts {
            data_secret_created: self.status.initialization.data_secret_created == Some(true),
            data_secret_name: Some(self.status.data_secret_name.clone())
                .filter(|name| !name.is_empty()),
        }
    }
}

impl ControlPlane for KubeadmControlPlane {
    fn control_plane_facts(&self) -> ControlPlaneFacts {
        let versions = self.status.versions.iter();
        ControlPlaneFacts {
            initialized: self.status.initialization.control_plane_initialized == Some(true),
            version: Some(self.spec.version.clone()).filter(|version| !version.is_empty()),
            status_version: self.status.version.clone(),
            status_versions: versions.map(|version| version.version.clone()).collect(),
            control_plane_endpoint: None,
            replicas: self.spec.replicas,
            status_replicas: self.status.replicas,
            ready_replicas: self.status.ready_replicas,
            available_replicas: self.status.available_replicas,
            up_to_date_replicas: self.status.up_to_date_replicas,
        }
    }
}

/// How a provider writes what it has to say: the fields of `spec` that are its own, and the status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Fields of `spec`.
    pub spec: Map<String, Value>,
    /// Fields of `status`.
    pub status: Map<String, Value>,
}

impl Written {
    fn set(fields: &mut Map<String, Value>, name: &str, value: Value) {
        if !value.is_null() && value != json!([]) && value != json!({}) {
            fields.insert(name.to_owned(), value);
        }
    }

    fn flag(&mut self, version: ContractVersion, older: &str, newer: &str, on: bool) {
        match version {
            ContractVersion::V1Beta1 => self.status.insert(older.to_owned(), json!(on)),
            ContractVersion::V1Beta2 => self
                .status
                .insert("initialization".to_owned(), json!({ newer: on })),
        };
    }
}

impl InfraClusterFacts {
    /// As that version of the contract has it.
    pub fn written(&self, version: ContractVersion) -> Written {
        let mut written = Written::default();
        Written::set(
            &mut written.spec,
            "controlPlaneEndpoint",
            json!(self.control_plane_endpoint),
        );
        written.flag(version, "ready", "provisioned", self.provisioned);
        let domains = match version {
            ContractVersion::V1Beta2 => json!(self.failure_domains),
            ContractVersion::V1Beta1 => {
                let domains = self.failure_domains.iter();
                let map: BTreeMap<&str, Value> = domains
                    .map(|domain| {
                        let mut value = json!(domain);
                        if let Some(fields) = value.as_object_mut() {
                            fields.remove("name");
                        }
                        (domain.name.as_str(), value)
                    })
                    .collect();
                json!(map)
            }
        };
        Written::set(&mut written.status, "failureDomains", domains);
        written
    }
}

impl InfraMachineFacts {
    /// As that version of the contract has it.
    pub fn written(&self, version: ContractVersion) -> Written {
        let mut written = Written::default();
        Written::set(&mut written.spec, "providerID", json!(self.provider_id));
        written.flag(version, "ready", "provisioned", self.provisioned);
        Written::set(&mut written.status, "addresses", json!(self.addresses));
        let domain = json!(self.failure_domain);
        match version {
            ContractVersion::V1Beta1 => Written::set(&mut written.spec, "failureDomain", domain),
            ContractVersion::V1Beta2 => Written::set(&mut written.status, "failureDomain", domain),
        }
        written
    }
}

impl BootstrapConfigFacts {
    /// As that version of the contract has it.
    pub fn written(&self, version: ContractVersion) -> Written {
        let mut written = Written::default();
        written.flag(
            version,
            "ready",
            "dataSecretCreated",
            self.data_secret_created,
        );
        Written::set(
            &mut written.status,
            "dataSecretName",
            json!(self.data_secret_name),
        );
        written
    }
}

impl ControlPlaneFacts {
    /// As that version of the contract has it: the status, and the endpoint if the provider chose it.
    pub fn written(&self, version: ContractVersion) -> Written {
        let mut written = Written::default();
        Written::set(
            &mut written.spec,
            "controlPlaneEndpoint",
            json!(self.control_plane_endpoint),
        );
        written.flag(
            version,
            "initialized",
            "controlPlaneInitialized",
            self.initialized,
        );
        let up_to_date = match version {
            ContractVersion::V1Beta1 => "updatedReplicas",
            ContractVersion::V1Beta2 => "upToDateReplicas",
        };
        for (name, number) in [
            ("replicas", self.status_replicas),
            ("readyReplicas", self.ready_replicas),
            ("availableReplicas", self.available_replicas),
            (up_to_date, self.up_to_date_replicas),
        ] {
            Written::set(&mut written.status, name, json!(number));
        }
        if !self.status_version.is_empty() {
            Written::set(&mut written.status, "version", json!(self.status_version));
        }
        let versions = self.status_versions.iter();
        let versions: Vec<Value> = versions
            .map(|version| json!({"version": version}))
            .collect();
        Written::set(&mut written.status, "versions", json!(versions));
        written
    }
}
