//! `kubeadm init` as a library: the workflow, and a configuration ready to run.

use std::sync::Arc;

use componentconfig::{
    DocumentSet, Report,
    kubeadm::{Facts, LoadOptions, load_init},
};

use super::{HostFacts, InitContext, flags, phases, pki::KeySource};
use crate::Workflow;

/// The workflow `init`, as far as it needs files only: `certs`, `kubeconfig`, `etcd`, `control-plane`, `kubelet-start` and
/// `kubelet-finalize`, in kubeadm's order and with its names and flags. Further phases can be added before it is built.
///
/// ```
/// use bootstrap_phases::{MemFiles, Runner, kubeadm::{self, HostFacts, pki::FixedKeys}};
/// use componentconfig::kubeadm::Facts;
///
/// let text = "
/// apiVersion: kubeadm.k8s.io/v1beta4
/// kind: InitConfiguration
/// localAPIEndpoint: {advertiseAddress: 10.1.2.3}
/// nodeRegistration: {name: cp-1}
/// ---
/// apiVersion: kubeadm.k8s.io/v1beta4
/// kind: ClusterConfiguration
/// kubernetesVersion: v1.36.1
/// encryptionAlgorithm: ECDSA-P256
/// ";
/// let flow = kubeadm::init_workflow().build()?;
/// let keys = std::sync::Arc::new(FixedKeys::seeded("docs"));
/// let context = kubeadm::init_context("init.yaml", text, &Facts::default(), HostFacts::default(), keys)?;
/// let files = MemFiles::new();
/// let runner = Runner::new(&flow, &files);
/// let plan = runner.plan(&context)?;
/// assert!(plan.changes().any(|change| change.change.path() == "/etc/kubernetes/manifests/etcd.yaml"));
/// assert!(runner.run(&context)?.changes() > 30);
/// assert!(runner.plan(&context)?.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn init_workflow() -> Workflow<InitContext> {
    Workflow::new("init")
        .flags(flags::command_flags())
        .phase_flags(flags::phase_flags())
        .phases([
            phases::certs(),
            phases::kubeconfig(),
            phases::etcd(),
            phases::control_plane(),
            phases::kubelet_start(),
            phases::kubelet_finalize(),
        ])
}

/// What the phases of `init` work from, out of the text of a configuration file. `source` is the name that diagnostics carry.
///
/// # Errors
/// Everything that is wrong with the configuration, with its places.
pub fn init_context(
    source: &str,
    text: &str,
    facts: &Facts,
    host: HostFacts,
    keys: Arc<dyn KeySource>,
) -> Result<InitContext, Report> {
    let set = DocumentSet::read(source, text)?;
    let loaded = load_init(&set, facts, LoadOptions::init())?;
    Ok(InitContext::loaded(loaded.config).host(host).keys(keys))
}
