//! Machines of a control plane that are made, and what was made for machines that were not.

use componentconfig::Kind;
use serde_json::json;

use super::{MANAGER, Work};
use crate::{
    bootstrap::v1beta2::KubeadmConfig,
    core::v1beta2::ContractVersionedObjectReference,
    driver::{Chain, Context, new_machine::reference},
    kcp::{self, Remediation},
    labels,
    provider::Provider,
};

impl<P: Provider> Context<'_, P> {
    /// Makes a machine: its infrastructure first, then its configuration, then itself. What is made and not used, since the rest was
    /// refused, is deleted the next time.
    pub(super) fn make_machine(
        &mut self,
        work: &mut Work<'_>,
        failure_domain: Option<&str>,
        remediation: Option<&Remediation>,
        joins: bool,
    ) {
        let (kcp, cluster) = (work.current, work.cluster);
        let template = &kcp.spec.machine_template.spec.infrastructure_ref;
        let subject = work.chain.subject.clone();
        let Some(template) = self.snapshot.find(&kcp.metadata.namespace, template) else {
            work.reported.template_missing = true;
            self.fails(subject, "InfrastructureTemplateNotFound", &template.name);
            return;
        };
        let machine =
            kcp::new_machine(kcp, cluster, failure_domain, remediation, &mut *self.random);
        let mut machine = match machine {
            Ok(machine) => machine,
            Err(error) => {
                self.fails(subject, "MachineGenerationFailed", &error);
                return;
            }
        };
        let name = machine.metadata.name.clone();
        let infrastructure = kcp::infrastructure(kcp, cluster, &name, template);
        let config = match kcp::kubeadm_config(kcp, cluster, &name, joins) {
            Ok(config) => json!(config),
            Err(error) => {
                self.fails(subject, "BootstrapTemplateCloningFailed", &error);
                return;
            }
        };
        machine.spec.infrastructure_ref = reference(&infrastructure);
        machine.spec.bootstrap.config_ref = reference(&config);
        // The end of a remediation is remembered when its machine is there. What is said besides may be said anyway.
        let mut chain = Chain::new(subject);
        let chain = if remediation.is_some() {
            let annotations = &mut work.desired.metadata.annotations;
            annotations.remove(labels::REMEDIATION_IN_PROGRESS);
            &mut work.chain
        } else {
            &mut chain
        };
        for object in [infrastructure, config, json!(machine)] {
            chain.apply(object, MANAGER);
        }
        if remediation.is_none() {
            let chain = std::mem::replace(chain, Chain::new(""));
            self.plan.chains.push(chain);
        }
    }

    /// Deletes what was made for machines that were not made after that.
    pub(super) fn clean_up_control_plane(&mut self, work: &Work<'_>) {
        let kcp = work.current;
        let template = &kcp.spec.machine_template.spec.infrastructure_ref;
        let config = ContractVersionedObjectReference {
            kind: KubeadmConfig::GVK.kind().to_owned(),
            name: String::new(),
            api_group: KubeadmConfig::GVK.group().to_owned(),
        };
        let subject = work.chain.subject.clone();
        self.delete_unused(subject, [template, &config], |object| {
            kcp::is_made_by(object, kcp)
        });
    }
}
