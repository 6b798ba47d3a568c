//! kubeadm's phases, on top of the parts that make files.

mod ahead;
mod certs;
mod external;
mod kubeconfigs;
mod kubelet_finalize;
mod kubelet_start;
mod non_root;
mod static_pods;
#[cfg(test)]
mod testing;

pub use ahead::keys_to_make;
pub use certs::certs;
pub use external::check_external_authorities;
pub use kubeconfigs::{ClusterKubeconfig, KUBECONFIGS, kubeconfig};
pub use kubelet_finalize::kubelet_finalize;
pub use kubelet_start::kubelet_start;
pub use static_pods::{control_plane, etcd};

use crate::kubeadm::InitContext;
use crate::{Compat, Content, Cx, Draft, Note, PhaseError, Plan};

/// Nothing to do, and why.
fn noted(note: Note) -> Plan {
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
