//! kubeadm's phases, on top of the parts that make files.

mod addon;
mod ahead;
pub(crate) mod api;
mod bootstrap_token;
mod certs;
mod external;
mod health;
mod kubeconfigs;
mod kubelet_finalize;
mod kubelet_start;
mod mark_control_plane;
mod non_root;
mod preflight;
mod static_pods;
#[cfg(test)]
mod testing;
mod upload;
mod wait;

pub use addon::{
    addon, coredns_manifests, coredns_objects, kube_proxy_manifests, kube_proxy_objects,
};
pub use ahead::keys_to_make;
pub use bootstrap_token::bootstrap_token;
pub use certs::certs;
pub use external::check_external_authorities;
pub use health::{component_url, kubelet_url};
pub use kubeconfigs::{ClusterKubeconfig, KUBECONFIGS, kubeconfig};
pub use kubelet_finalize::kubelet_finalize;
pub use kubelet_start::kubelet_start;
pub(crate) use kubelet_start::{GATE as NODE_LOCAL_CRI_SOCKET, kubelet_document};
pub use mark_control_plane::mark_control_plane;
pub use preflight::preflight;
pub use static_pods::{control_plane, etcd};
pub(crate) use static_pods::{missing, wanted_pod};
pub(crate) use upload::all;
pub use upload::{upload_certs, upload_config};
pub use wait::{show_join_command, wait_control_plane};

use crate::kubeadm::InitContext;
use crate::{Compat, Content, Cx, Draft, Note, PhaseError, Plan};

/// A phase with these to look at looks at none.
const NOTHING: [&str; 0] = [];

/// Nothing to do, and why.
pub(crate) fn noted(note: Note) -> Plan {
    Plan {
        notes: vec![note],
        ..Plan::up_to_date()
    }
}

/// Wants a file of settings with this text. One that is there takes this mode too; with [`Compat::Upstream`] it keeps its own.
fn settings(
    cx: &Cx<'_, InitContext>,
    draft: &mut Draft<'_>,
    path: &str,
    mode: u32,
    text: String,
) -> Result<(), PhaseError> {
    let there = match cx.config.compat {
        Compat::Upstream => cx.files.stat(path)?,
        Compat::Fixed => None,
    };
    let mode = there.map_or(mode, |stat| stat.mode);
    draft.file(path, mode, Content::text(text))?;
    Ok(())
}
