//! What all control plane machines have in common.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::meta::EnvVar;
use crate::omit;
use crate::open_enum::open_enum;

open_enum! {
    /// The algorithm of keys.
    pub enum EncryptionAlgorithmType {
        /// ECDSA with the curve P-256.
        EcdsaP256 = "ECDSA-P256",
        /// ECDSA with the curve P-384.
        EcdsaP384 = "ECDSA-P384",
        /// RSA with 2048 bits.
        Rsa2048 = "RSA-2048",
        /// RSA with 3072 bits.
        Rsa3072 = "RSA-3072",
        /// RSA with 4096 bits.
        Rsa4096 = "RSA-4096",
    }
}

/// What `kubeadm init` is told about the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterConfiguration {
    /// The etcd.
    #[serde(skip_serializing_if = "omit::zero")]
    pub etcd: Etcd,
    /// Where the API server is reached; set by the provider if it chooses the place.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub control_plane_endpoint: String,
    /// The API server.
    #[serde(skip_serializing_if = "omit::zero")]
    pub api_server: APIServer,
    /// The controller manager.
    #[serde(skip_serializing_if = "omit::zero")]
    pub controller_manager: ControllerManager,
    /// The scheduler.
    #[serde(skip_serializing_if = "omit::zero")]
    pub scheduler: Scheduler,
    /// The DNS service.
    #[serde(skip_serializing_if = "omit::zero")]
    pub dns: DNS,
    /// The folder of certificates.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub certificates_dir: String,
    /// Where images come from.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub image_repository: String,
    /// Features of kubeadm that are turned on or off.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feature_gates: BTreeMap<String, bool>,
    /// How many days certificates are valid.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1, "maximum" = 1095)))]
    pub certificate_validity_period_days: i32,
    /// How many days certificates of authorities are valid.
    #[serde(skip_serializing_if = "omit::zero")]
    #[cfg_attr(feature = "schemars", schemars(extend("minimum" = 1, "maximum" = 36500)))]
    pub ca_certificate_validity_period_days: i32,
    /// Algorithm of the keys.
    #[serde(skip_serializing_if = "EncryptionAlgorithmType::is_unset")]
    #[cfg_attr(feature = "schemars", schemars(extend("enum" = serde_json::json!(["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"]))))]
    pub encryption_algorithm: EncryptionAlgorithmType,
}

/// The API server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct APIServer {
    /// Flags of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name", "value"]), "minItems" = 1, "maxItems" = 100, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.all(x, self.exists_one(y, x.name == y.name))", "message": "extraArgs name must be unique"}]))))]
    pub extra_args: Vec<Arg>,
    /// Paths of the host that the component sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_volumes: Vec<HostPathMount>,
    /// Environment variables of the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_envs: Option<Vec<EnvVar>>,
    /// Further names in the certificate of the API server.
    #[serde(rename = "certSANs", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 253}))))]
    pub cert_sans: Vec<String>,
}

/// The controller manager.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerManager {
    /// Flags of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name", "value"]), "minItems" = 1, "maxItems" = 100, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.all(x, self.exists_one(y, x.name == y.name))", "message": "extraArgs name must be unique"}]))))]
    pub extra_args: Vec<Arg>,
    /// Paths of the host that the component sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_volumes: Vec<HostPathMount>,
    /// Environment variables of the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_envs: Option<Vec<EnvVar>>,
}

/// The scheduler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct Scheduler {
    /// Flags of the component.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name", "value"]), "minItems" = 1, "maxItems" = 100, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.all(x, self.exists_one(y, x.name == y.name))", "message": "extraArgs name must be unique"}]))))]
    pub extra_args: Vec<Arg>,
    /// Paths of the host that the component sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_volumes: Vec<HostPathMount>,
    /// Environment variables of the component.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_envs: Option<Vec<EnvVar>>,
}

/// The DNS service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct DNS {
    /// Where images come from.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub image_repository: String,
    /// The tag of the image.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub image_tag: String,
}

/// The etcd, local or external.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct Etcd {
    /// An etcd on the control plane machines.
    #[serde(skip_serializing_if = "omit::zero")]
    pub local: LocalEtcd,
    /// An etcd that is there already.
    #[serde(skip_serializing_if = "omit::zero")]
    pub external: ExternalEtcd,
}

/// An etcd on the control plane machines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(rename_all = "camelCase", default)]
pub struct LocalEtcd {
    /// Where images come from.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub image_repository: String,
    /// The tag of the image.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub image_tag: String,
    /// The folder of the data.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub data_dir: String,
    /// Flags of etcd.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = serde_json::json!(["name", "value"]), "minItems" = 1, "maxItems" = 100, "x-kubernetes-validations" = serde_json::json!([{"rule": "self.all(x, self.exists_one(y, x.name == y.name))", "message": "extraArgs name must be unique"}]))))]
    pub extra_args: Vec<Arg>,
    /// Environment variables of etcd.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100)))]
    pub extra_envs: Option<Vec<EnvVar>>,
    /// Further names in the server's certificate.
    #[serde(rename = "serverCertSANs", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 253}))))]
    pub server_cert_sans: Vec<String>,
    /// Further names in the peers' certificate.
    #[serde(rename = "peerCertSANs", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 100, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 253}))))]
    pub peer_cert_sans: Vec<String>,
}

/// An etcd that is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["endpoints", "caFile", "certFile", "keyFile"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalEtcd {
    /// Its endpoints.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("x-kubernetes-list-type" = "atomic", "minItems" = 1, "maxItems" = 50, "items" = serde_json::json!({"type": "string", "minLength": 1, "maxLength": 512}))))]
    pub endpoints: Vec<String>,
    /// The file with the authority's certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub ca_file: String,
    /// The file with the client's certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub cert_file: String,
    /// The file with the client's key.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub key_file: String,
}

/// A path of the host that a component sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "hostPath", "mountPath"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct HostPathMount {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub name: String,
    /// The path on the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub host_path: String,
    /// The path in the pod.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 512)))]
    pub mount_path: String,
    /// Whether it cannot be written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// What the path is on the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path_type: String,
}

/// A flag of a component; a name may be there more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(extend("required" = serde_json::json!(["name", "value"]))))]
#[serde(rename_all = "camelCase", default)]
pub struct Arg {
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 1, "maxLength" = 256)))]
    pub name: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(extend("minLength" = 0, "maxLength" = 1024)))]
    pub value: Option<String>,
}
