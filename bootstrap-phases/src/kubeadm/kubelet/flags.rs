//! `kubeadm-flags.env`: flags that differ from node to node (`cmd/kubeadm/app/phases/kubelet/flags.go`).

use std::{error::Error, fmt};

use componentconfig::{
    core::Taint,
    kubeadm::v1beta4::{Arg, NodeRegistrationOptions},
};

use super::quote::quote;
use crate::kubeadm::arguments::{self, arg};

const VARIABLE: &str = "KUBELET_KUBEADM_ARGS=";

/// What the flags of a kubelet follow from.
#[derive(Clone, Copy, Debug)]
pub struct NodeFlags<'a> {
    /// How the node registers itself.
    pub registration: &'a NodeRegistrationOptions,
    /// The name of the host, in lower case.
    pub host_name: &'a str,
    /// The endpoint of the container runtime, if the kubelet's configuration does not hold it.
    pub runtime_endpoint: Option<&'a str>,
    /// Whether the kubelet sets the taints when it registers. On control-plane nodes a later phase does.
    pub with_taints: bool,
}

/// The flags of a node's kubelet.
pub fn flags(node: &NodeFlags<'_>) -> Vec<String> {
    let registration = node.registration;
    let mut defaults: Vec<Arg> = Vec::new();
    if let Some(endpoint) = node.runtime_endpoint {
        defaults.push(arg("container-runtime-endpoint", endpoint));
    }
    let taints = registration.taints.as_deref().unwrap_or_default();
    if node.with_taints && !taints.is_empty() {
        let taints: Vec<String> = taints.iter().map(taint).collect();
        defaults.push(arg("register-with-taints", taints.join(",")));
    }
    let name = arguments::value(&registration.kubelet_extra_args, "hostname-override")
        .unwrap_or(&registration.name);
    if !name.is_empty() && name != node.host_name {
        defaults.push(arg("hostname-override", name));
    }
    arguments::to_command(defaults, &registration.kubelet_extra_args)
}

/// The file that the kubelet's service reads its flags from.
pub fn flags_file(flags: &[String]) -> String {
    format!("{VARIABLE}{}\n", quote(&flags.join(" ")))
}

/// The flags of such a file. A flag without value is joined with what follows it, and left out if nothing does.
///
/// The text is cut at blanks, whatever they were meant to be: values with blanks do not come back as they were.
///
/// # Errors
/// The file does not begin with the variable.
pub fn read_flags_file(text: &str) -> Result<Vec<String>, FlagsFileError> {
    let quoted = text.trim().strip_prefix(VARIABLE).ok_or(FlagsFileError)?;
    let mut words = quoted.trim_matches('"').split_whitespace();
    let mut flags = Vec::new();
    while let Some(word) = words.next() {
        if word.contains('=') {
            flags.push(word.to_owned());
        } else if let Some(value) = words.next() {
            flags.push(format!("{word}={value}"));
        }
    }
    Ok(flags)
}

/// A file that does not set the kubelet's flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagsFileError;

impl fmt::Display for FlagsFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file does not begin with {VARIABLE}")
    }
}

impl Error for FlagsFileError {}

/// A taint as a flag: `key=value:effect`, without what is empty.
fn taint(taint: &Taint) -> String {
    match (taint.value.is_empty(), taint.effect.is_empty()) {
        (true, true) => taint.key.clone(),
        (true, false) => format!("{}:{}", taint.key, taint.effect),
        (false, true) => format!("{}={}:", taint.key, taint.value),
        (false, false) => format!("{}={}:{}", taint.key, taint.value, taint.effect),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_registers_with_its_taints() {
        let registration = NodeRegistrationOptions {
            name: "n".into(),
            taints: Some(vec![Taint {
                key: "a".into(),
                effect: "NoSchedule".into(),
                ..Taint::default()
            }]),
            ..NodeRegistrationOptions::default()
        };
        let mut node = NodeFlags {
            registration: &registration,
            host_name: "h",
            runtime_endpoint: Some("unix:///run/x"),
            with_taints: true,
        };
        assert_eq!(
            flags(&node),
            [
                "--container-runtime-endpoint=unix:///run/x",
                "--hostname-override=n",
                "--register-with-taints=a:NoSchedule"
            ]
        );
        node.runtime_endpoint = None;
        node.with_taints = false;
        node.host_name = "n";
        assert_eq!(flags_file(&flags(&node)), "KUBELET_KUBEADM_ARGS=\"\"\n");
    }
}
