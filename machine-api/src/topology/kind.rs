//! What MachineDeployments and MachinePools of a topology have in common.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    MachineDeploymentState, MachinePoolState, State, UpgradeTracker, WorkersTracker,
    patches::Holder,
};
use crate::{
    core::v1beta2::{
        ClusterClassTemplateReference, ClusterVariable, MachineDeploymentClass,
        MachineDeploymentTopology, MachineHealthCheck, MachinePoolClass, MachinePoolTopology,
        MachineSpec, ObjectMeta, WorkersClass, WorkersTopology,
    },
    labels, meta,
    names::NameOf,
};

/// What the machines of workers are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The bootstrap configuration, or its template.
    Bootstrap,
    /// The infrastructure, or its template.
    Infrastructure,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Bootstrap, Self::Infrastructure];
}

/// What a topology asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) name: &'a str,
    pub(super) class: &'a str,
    pub(super) metadata: &'a ObjectMeta,
    pub(super) variables: &'a [ClusterVariable],
}

/// What a class offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered<'a> {
    pub(super) class: &'a str,
    pub(super) metadata: &'a ObjectMeta,
    pub(super) bootstrap: &'a ClusterClassTemplateReference,
    pub(super) infrastructure: &'a ClusterClassTemplateReference,
    /// The template of their names; empty for the usual one.
    pub(super) naming: &'a str,
}

/// One kind of workers, with what belongs to one of them.
pub(super) trait Workers: Sized + 'static {
    /// What a topology says of them.
    type Wanted: 'static;
    /// What a class says of them.
    type Class: 'static;

    const KIND: &'static str;
    /// The label with their name in the topology.
    const LABEL: &'static str;
    /// The built-in variable that describes them.
    const VARIABLE: &'static str;
    /// Whether their parts are templates, which machines are made from, rather than objects of their own.
    const OF_TEMPLATES: bool;

    fn all(state: &State) -> &BTreeMap<String, Self>;
    fn all_mut(state: &mut State) -> &mut BTreeMap<String, Self>;
    fn wanted(topology: &WorkersTopology) -> &[Self::Wanted];
    fn classes(class: &WorkersClass) -> &[Self::Class];
    fn asked(wanted: &Self::Wanted) -> Asked<'_>;
    fn offered(class: &Self::Class) -> Offered<'_>;
    fn tracker(tracker: &UpgradeTracker) -> &WorkersTracker;
    fn tracker_mut(tracker: &mut UpgradeTracker) -> &mut WorkersTracker;
    fn naming(topology_name: &str) -> NameOf<'_>;
    fn holder(name: String, part: Part) -> Holder;

    fn metadata(&self) -> &meta::ObjectMeta;
    fn machines(&self) -> &MachineSpec;
    fn replicas(&self) -> Option<i32>;
    fn part(&self, part: Part) -> Option<&Value>;
    fn part_mut(&mut self, part: Part) -> Option<&mut Value>;
    /// The object itself.
    fn shown(&self) -> Value;
    fn health_check(&self) -> Option<&MachineHealthCheck>;

    /// The name of a part that there is.
    fn name_of(&self, part: Part) -> &str {
        let spec = self.machines();
        match (part, self.part(part)) {
            (_, None) => "",
            (Part::Bootstrap, _) => &spec.bootstrap.config_ref.name,
            (Part::Infrastructure, _) => &spec.infrastructure_ref.name,
        }
    }
}

pub(super) fn shown<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// MachineDeployments and MachinePools have the same parts under other names.
macro_rules! workers {
    (
        $kind:ident: $state:ty, $wanted:ty, $class:ty;
        $label:ident, $variable:literal, of templates $of_templates:literal;
        all in $all:ident, parts $bootstrap:ident and $infrastructure:ident, checked by |$this:ident| $check:expr
    ) => {
        impl Workers for $state {
            type Wanted = $wanted;
            type Class = $class;

            const KIND: &'static str = stringify!($kind);
            const LABEL: &'static str = labels::$label;
            const VARIABLE: &'static str = $variable;
            const OF_TEMPLATES: bool = $of_templates;

            fn all(state: &State) -> &BTreeMap<String, Self> {
                &state.$all
            }

            fn all_mut(state: &mut State) -> &mut BTreeMap<String, Self> {
                &mut state.$all
            }

            fn wanted(topology: &WorkersTopology) -> &[Self::Wanted] {
                &topology.$all
            }

            fn classes(class: &WorkersClass) -> &[Self::Class] {
                &class.$all
            }

            fn asked(wanted: &Self::Wanted) -> Asked<'_> {
                Asked {
                    name: &wanted.name,
                    class: &wanted.class,
                    metadata: &wanted.metadata,
                    variables: &wanted.variables.overrides,
                }
            }

            fn offered(class: &Self::Class) -> Offered<'_> {
                Offered {
                    class: &class.class,
                    metadata: &class.metadata,
                    bootstrap: &class.bootstrap.template_ref,
                    infrastructure: &class.infrastructure.template_ref,
                    naming: &class.naming.template,
                }
            }

            fn tracker(tracker: &UpgradeTracker) -> &WorkersTracker {
                &tracker.$all
            }

            fn tracker_mut(tracker: &mut UpgradeTracker) -> &mut WorkersTracker {
                &mut tracker.$all
            }

            fn naming(topology_name: &str) -> NameOf<'_> {
                NameOf::$kind { topology_name }
            }

            fn holder(name: String, part: Part) -> Holder {
                Holder::$kind(name, part)
            }

            fn metadata(&self) -> &meta::ObjectMeta {
                &self.object.metadata
            }

            fn machines(&self) -> &MachineSpec {
                &self.object.spec.template.spec
            }

            fn replicas(&self) -> Option<i32> {
                self.object.spec.replicas
            }

            fn part(&self, part: Part) -> Option<&Value> {
                match part {
                    Part::Bootstrap => self.$bootstrap.as_ref(),
                    Part::Infrastructure => self.$infrastructure.as_ref(),
                }
            }

            fn part_mut(&mut self, part: Part) -> Option<&mut Value> {
                match part {
                    Part::Bootstrap => self.$bootstrap.as_mut(),
                    Part::Infrastructure => self.$infrastructure.as_mut(),
                }
            }

            fn shown(&self) -> Value {
                shown(&self.object)
            }

            fn health_check(&self) -> Option<&MachineHealthCheck> {
                let $this = self;
                $check
            }
        }
    };
}

workers! {
    MachineDeployment: MachineDeploymentState, MachineDeploymentTopology, MachineDeploymentClass;
    TOPOLOGY_DEPLOYMENT_NAME, "machineDeployment", of templates true;
    all in machine_deployments, parts bootstrap_template and infrastructure_machine_template,
    checked by |state| state.machine_health_check.as_ref()
}

workers! {
    MachinePool: MachinePoolState, MachinePoolTopology, MachinePoolClass;
    TOPOLOGY_POOL_NAME, "machinePool", of templates false;
    all in machine_pools, parts bootstrap_object and infrastructure_machine_pool_object,
    checked by |_state| None
}
