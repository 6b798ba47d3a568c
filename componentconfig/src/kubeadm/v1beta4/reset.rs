//! `ResetConfiguration`.

use serde::{Deserialize, Serialize};

use super::Timeouts;
use crate::omit;

/// What `kubeadm reset` needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ResetConfiguration {
    /// Whether `/etc/kubernetes/tmp` is cleaned too.
    #[serde(skip_serializing_if = "omit::zero")]
    pub cleanup_tmp_dir: bool,
    /// Where the certificates to remove lie. Unset: `/etc/kubernetes/pki`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub certificates_dir: String,
    /// The endpoint of the container runtime. Unset: what is found on the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cri_socket: String,
    /// Only tells what would be done.
    #[serde(skip_serializing_if = "omit::zero")]
    pub dry_run: bool,
    /// Does not ask for confirmation.
    #[serde(skip_serializing_if = "omit::zero")]
    pub force: bool,
    /// Pre-flight checks whose errors count as warnings; `all` ignores every check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_preflight_errors: Vec<String>,
    /// Phases to skip, by path. The flag `--skip-phases` replaces this list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_phases: Vec<String>,
    /// Flags of umount2(2) to use when folders of the kubelet are unmounted, such as `MNT_DETACH`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmount_flags: Vec<String>,
    /// How long steps may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
}
