//! What admission says of an object that is complete and valid, in the order of the plugins that a server has by default:
//! `LimitRanger`, `PodSecurity`, `RuntimeClass`.

mod limits;
mod pod_security;
mod runtime_class;
mod service_account;

use serde_json::Value;

use super::{
    cause::Cause,
    prepare::Cx,
    read::{has, text},
};

pub(super) use limits::add_defaults;
pub(super) use runtime_class::complete as add_runtime;
pub(super) use service_account::complete as add_account;

/// Why a write is not admitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    Forbidden(String),
    Invalid(Vec<Cause>),
}

/// Judges a new object, or one that takes the place of an old one, and tells what to warn of.
///
/// # Errors
/// It is not admitted.
pub(crate) fn judge(
    object: &Value,
    old: Option<&Value>,
    subresource: Option<&str>,
    cx: &dyn Cx,
) -> Result<Vec<String>, Denied> {
    let forbidden = Denied::Forbidden;
    match (text(object, "apiVersion"), text(object, "kind")) {
        ("v1", "Pod") => {
            if old.is_none() || subresource == Some("resize") {
                limits::check_pod(object, cx).map_err(forbidden)?;
            }
            let warnings = pod_security::of_pod(object, old, subresource, cx);
            let warnings = warnings.map_err(forbidden)?;
            if old.is_none() {
                runtime_class::check(object, cx).map_err(forbidden)?;
            }
            Ok(warnings)
        }
        _ if subresource.is_some() || !has(object, "kind") => Ok(Vec::new()),
        ("v1", "PersistentVolumeClaim") => {
            limits::check_claim(object, cx).map_err(forbidden)?;
            Ok(Vec::new())
        }
        ("v1", "Namespace") => pod_security::of_namespace(object, old, cx).map_err(Denied::Invalid),
        _ => Ok(pod_security::of_template(object, cx)),
    }
}
