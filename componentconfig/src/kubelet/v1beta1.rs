//! The types of `kubelet.config.k8s.io/v1beta1`.
//!
//! They mirror `staging/src/k8s.io/kubelet/config/v1beta1/types.go`: a plain field whose value is zero counts as unset,
//! an `Option` is unset only when it is `None`.

mod auth;
mod config_source;
mod configuration;
mod credential_provider;
mod defaults;
mod parts;
mod records;

pub use self::{
    auth::{
        KubeletAnonymousAuthentication, KubeletAuthentication, KubeletAuthorization,
        KubeletWebhookAuthentication, KubeletWebhookAuthorization, KubeletX509Authentication,
    },
    config_source::{ConfigMapNodeConfigSource, NodeConfigSource, SerializedNodeConfigSource},
    configuration::KubeletConfiguration,
    credential_provider::{CredentialProvider, CredentialProviderConfig, ExecEnvVar},
    parts::{
        CrashLoopBackOffConfig, MemoryReservation, MemorySwapConfiguration,
        ShutdownGracePeriodByPodPriority, UserNamespaces,
    },
    records::{
        ImagePullCredentials, ImagePullIntent, ImagePullSecret, ImagePullServiceAccount,
        ImagePulledRecord,
    },
};
pub use crate::{
    component_base::{LoggingConfiguration, TracingConfiguration},
    core::Taint,
};

crate::kind::kinds!("kubelet.config.k8s.io", "v1beta1": KubeletConfiguration);
