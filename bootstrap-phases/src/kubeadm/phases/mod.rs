//! kubeadm's phases, on top of the parts that make files.

mod certs;
mod external;
mod kubeconfigs;
#[cfg(test)]
mod testing;

pub use certs::certs;
pub use external::check_external_authorities;
pub use kubeconfigs::{ClusterKubeconfig, KUBECONFIGS, kubeconfig};

use crate::{Note, Plan};

/// Nothing to do, and why.
fn noted(note: Note) -> Plan {
    Plan {
        notes: vec![note],
        ..Plan::up_to_date()
    }
}
