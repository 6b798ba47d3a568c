//! Types of the Kubernetes core API that configuration files contain.

#[cfg(feature = "kubelet")]
mod env;
#[cfg(feature = "kubelet")]
mod taint;
mod time;

pub use self::time::{ParseTimeError, Time};
#[cfg(feature = "kubelet")]
pub use self::{
    env::{
        ConfigMapKeySelector, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector,
        ResourceFieldSelector, SecretKeySelector,
    },
    taint::Taint,
};
