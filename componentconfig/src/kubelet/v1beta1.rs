//! The types of `kubelet.config.k8s.io/v1beta1`.
//!
//! They mirror `staging/src/k8s.io/kubelet/config/v1beta1/types.go`: a plain field whose value is zero counts as unset,
//! an `Option` is unset only when it is `None`.

mod auth;
mod configuration;
mod defaults;
mod parts;

pub use self::{
    auth::{
        KubeletAnonymousAuthentication, KubeletAuthentication, KubeletAuthorization,
        KubeletWebhookAuthentication, KubeletWebhookAuthorization, KubeletX509Authentication,
    },
    configuration::KubeletConfiguration,
    parts::{
        CrashLoopBackOffConfig, MemoryReservation, MemorySwapConfiguration,
        ShutdownGracePeriodByPodPriority, UserNamespaces,
    },
};
pub use crate::{
    component_base::{LoggingConfiguration, TracingConfiguration},
    core::Taint,
};

crate::kind::kinds!("kubelet.config.k8s.io", "v1beta1": KubeletConfiguration);
