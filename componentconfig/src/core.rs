//! Types of the Kubernetes core API that configuration files contain.

mod env;
mod taint;
mod time;

pub use self::{
    env::{
        ConfigMapKeySelector, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector,
        ResourceFieldSelector, SecretKeySelector,
    },
    taint::Taint,
    time::{ParseTimeError, Time},
};
