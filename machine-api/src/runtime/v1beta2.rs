//! Version v1beta2 of the group `runtime.cluster.x-k8s.io`.

mod extension_config;

pub use extension_config::{
    ClientConfig, ExtensionConfig, ExtensionConfigSpec, ExtensionConfigStatus, ExtensionHandler,
    FailurePolicy, GroupVersionHook, ServiceReference,
};
