//! The type of the webhook plugins, `apiserver.config.k8s.io/v1`.
//!
//! It mirrors `staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/config/apis/webhookadmission/v1/types.go`.

use serde::{Deserialize, Serialize};

/// How admission webhooks are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookAdmissionConfiguration {
    /// The kubeconfig with the credentials for the webhooks.
    pub kube_config_file: String,
    /// The folder of webhook configurations that are always there.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub static_manifests_dir: String,
}

crate::kind::kinds!("apiserver.config.k8s.io", "v1": WebhookAdmissionConfiguration);
