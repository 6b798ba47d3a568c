//! What changes inside of a cluster with the version of its control plane.

use apply_semantics::op::{ObjectRef, Operation, Refusal, ResourceRef, WriteOptions};
use serde_json::Value;

use super::{RETRY_SECONDS, Work};
use crate::{
    driver::{Chain, Context, chain::MANAGER},
    explain::Why,
    kcp::upgrade::{self, CoreDns, UpgradeError},
    provider::Provider,
    version::Version,
};

/// Where kubeadm has everything.
const NAMESPACE: &str = "kube-system";

impl<P: Provider> Context<'_, P> {
    /// What machines join with is that of the new version before the first of them is made. Says whether to go on. Follows
    /// `updateControlPlane` of Cluster API.
    pub(super) fn prepare_rollout(&mut self, work: &Work<'_>) -> bool {
        let mut operations = Vec::new();
        match self.preparations(work, &mut operations) {
            Ok(()) if operations.is_empty() => true,
            Ok(()) => {
                self.change_inside(work, operations);
                false
            }
            Err(problem) => {
                self.upgrade_fails(work, "RolloutNotPrepared", &problem);
                false
            }
        }
    }

    fn preparations(
        &mut self,
        work: &Work<'_>,
        operations: &mut Vec<Operation>,
    ) -> Result<(), String> {
        let version: Version = work.current.spec.version.parse().map_err(text)?;
        if let Some(binding) = upgrade::permissions(&version) {
            let target = ObjectRef::of(&binding).map_err(text)?;
            if self.look_inside(work, &target)?.is_none() {
                let options = WriteOptions::new(MANAGER);
                let create = Operation::create(target.collection(), binding, options);
                operations.push(create);
            }
        }
        #[cfg(feature = "bootstrap-data")]
        {
            let target = system("v1", "ConfigMap", "kubeadm-config");
            let map = self.look_inside(work, &target)?;
            let map = map.ok_or("the cluster has no ConfigMap kubeadm-config")?;
            let part = upgrade::Part::Machines;
            operations
                .extend(upgrade::cluster_configuration(work.current, &map, part).map_err(text)?);
        }
        Ok(())
    }

    /// kube-proxy and CoreDNS follow when all machines are as they are to be. Follows the end of `reconcile` of Cluster API.
    pub(super) fn update_add_ons(&mut self, work: &Work<'_>) {
        let meta = &work.cluster.metadata;
        let key = (meta.namespace.clone(), meta.name.clone());
        let answers = self.nodes.get(&key).is_some_and(Option::is_some);
        if work.machines.is_empty() || !answers {
            return;
        }
        let found = self.add_ons(work);
        match found {
            Ok(operations) if operations.is_empty() => {}
            Ok(operations) => self.change_inside(work, operations),
            Err(problem) => self.upgrade_fails(work, "AddOnsNotUpdated", &problem),
        }
    }

    fn add_ons(&mut self, work: &Work<'_>) -> Result<Vec<Operation>, String> {
        let kcp = work.current;
        let mut operations = Vec::new();
        let target = system("apps/v1", "DaemonSet", "kube-proxy");
        if let Some(daemon_set) = self.look_inside(work, &target)? {
            operations.extend(upgrade::kube_proxy(kcp, &daemon_set).map_err(text)?);
        }
        // One after the other, as Cluster API does: what fails of CoreDNS keeps nothing of kube-proxy.
        if !operations.is_empty() {
            return Ok(operations);
        }
        let config_map = self.look_inside(work, &system("v1", "ConfigMap", "coredns"))?;
        let deployment = self.look_inside(work, &system("apps/v1", "Deployment", "coredns"))?;
        let (Some(config_map), Some(deployment)) = (&config_map, &deployment) else {
            return Ok(operations);
        };
        let core_dns = upgrade::core_dns(
            kcp,
            CoreDns {
                config_map,
                deployment,
            },
        );
        let core_dns = core_dns.map_err(|error: UpgradeError| error.to_string())?;
        if core_dns.is_empty() {
            return Ok(operations);
        }
        #[cfg(feature = "bootstrap-data")]
        {
            let target = system("v1", "ConfigMap", "kubeadm-config");
            let map = self.look_inside(work, &target)?;
            let map = map.ok_or("the cluster has no ConfigMap kubeadm-config")?;
            let part = upgrade::Part::CoreDns;
            operations.extend(upgrade::cluster_configuration(kcp, &map, part).map_err(text)?);
        }
        operations.extend(core_dns);
        Ok(operations)
    }

    /// An object inside of the cluster; `None` if it is not there.
    fn look_inside(
        &mut self,
        work: &Work<'_>,
        target: &ObjectRef,
    ) -> Result<Option<Value>, String> {
        let meta = &work.cluster.metadata;
        let place = (meta.namespace.as_str(), meta.name.as_str());
        let get = Operation::get(target.clone());
        match self.provider.execute(place, &get, self.now) {
            Ok(outcome) => Ok(outcome.into_object()),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(Refusal { message, .. }) => Err(format!("{get}: {message}")),
        }
    }

    fn change_inside(&mut self, work: &Work<'_>, operations: Vec<Operation>) {
        let subject = work.chain.subject.clone();
        let texts: Vec<String> = operations.iter().map(ToString::to_string).collect();
        let evidence = format!("inside of the cluster: {}", texts.join(", "));
        let why = Why::new(subject.clone(), "ClusterFollows", evidence);
        self.plan.why.push(why);
        let mut chain = Chain::new(subject);
        for operation in operations {
            chain.inside(work.cluster, operation);
        }
        self.plan.chains.push(chain);
        self.look_again(1_u32);
    }

    fn upgrade_fails(&mut self, work: &Work<'_>, reason: &'static str, problem: &String) {
        self.fails(work.chain.subject.clone(), reason, problem);
        self.look_again(RETRY_SECONDS);
    }
}

fn system(api_version: &str, kind: &str, name: &str) -> ObjectRef {
    let resource = ResourceRef::of_kind(api_version, kind);
    resource.within(NAMESPACE).named(name)
}

#[allow(clippy::needless_pass_by_value, reason = "errors are mapped")]
fn text(error: impl ToString) -> String {
    error.to_string()
}
