//! `kubeadm init` as a library: the workflow, and a configuration ready to run.

use std::sync::Arc;

use componentconfig::{
    DocumentSet, Report,
    kubeadm::{Facts, LoadOptions, load_init},
};

use super::{HostFacts, InitContext, flags, phases, pki::KeySource};
use crate::Workflow;

/// The workflow `init`, in kubeadm's order and with its names and flags. Phases that use the API have nothing to do without one
/// ([`InitContext::api`]). Further phases can be added before it is built. What it made can be undone ([`Runner::undo`](crate::Runner::undo)),
/// files as well as objects into which nobody else has written.
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
            phases::preflight(),
            phases::certs().undoable(),
            phases::kubeconfig().undoable(),
            phases::etcd().undoable(),
            phases::control_plane().undoable(),
            phases::kubelet_start().undoable(),
            phases::wait_control_plane(),
            phases::upload_config().undoable(),
            phases::upload_certs().undoable(),
            phases::mark_control_plane().undoable(),
            phases::bootstrap_token().undoable(),
            phases::kubelet_finalize().undoable(),
            phases::addon().undoable(),
            phases::show_join_command(),
        ])
}

/// The list of phases to skip and the add-ons that are switched off, each in accord with the other: an add-on whose phase is
/// skipped is switched off in the configuration that the cluster keeps, and one that is switched off has its phase skipped.
///
/// For whole runs. Follows `manageSkippedAddons` in `cmd/kubeadm/app/cmd/init.go`.
pub fn settle_addons(context: &mut InitContext, mut skip: Vec<String>) -> Vec<String> {
    let is_skipped = |skip: &[String], name: &str| {
        skip.iter()
            .any(|path| path == "addon" || *path == format!("addon/{name}"))
    };
    let cluster = &mut context.cluster;
    for (name, disabled) in [
        ("coredns", &mut cluster.dns.disabled),
        ("kube-proxy", &mut cluster.proxy.disabled),
    ] {
        if is_skipped(&skip, name) {
            *disabled = true;
        } else if *disabled {
            skip.push(format!("addon/{name}"));
        }
    }
    skip
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
