//! Whether a machine may have its data, and what it becomes.

use std::fmt;

use serde::Serialize;

use crate::{
    bootstrap::v1beta2::{FileDiscovery, KubeadmConfig},
    conditions,
    core::v1beta2::{Cluster, Machine},
    explain::Why,
    labels,
    meta::ConditionStatus,
};

/// What a machine becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Role {
    /// The first one of the control plane: it makes the cluster.
    Init,
    /// Another one of the control plane.
    JoinControlPlane,
    /// A worker.
    JoinWorker,
}

/// What the decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The machine.
    pub machine: &'a Machine,
    /// Its configuration.
    pub config: &'a KubeadmConfig,
    /// The machine that holds the lock to make the cluster, if one does; only one machine can.
    pub init_lock: Option<&'a str>,
}

/// Why a machine waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Wait {
    /// The cluster has no infrastructure yet.
    Infrastructure,
    /// The control plane does not answer yet, and the machine is a worker.
    ControlPlane,
    /// Another machine makes the cluster.
    InitLock(String),
    /// A machine that joins has no address of the API server.
    Endpoint,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Infrastructure => {
                f.write_str("the infrastructure of the cluster is not provisioned")
            }
            Self::ControlPlane => {
                f.write_str("the control plane is not initialized, and the machine is a worker")
            }
            Self::InitLock(machine) => write!(
                f,
                "Machine {machine} makes the cluster; others join once it did"
            ),
            Self::Endpoint => f.write_str("the endpoint of the control plane is not known"),
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Decision {
    /// The machine has its data: nothing is to be done.
    Done,
    /// Nothing yet.
    Wait(Wait),
    /// The data is made, for this role. For [`Role::Init`] the lock is taken first.
    Render(Role),
}

impl Wait {
    const fn reason(&self) -> &'static str {
        match self {
            Self::Infrastructure => "WaitingForClusterInfrastructure",
            Self::ControlPlane => "WaitingForControlPlane",
            Self::InitLock(_) => "WaitingForInitLock",
            Self::Endpoint => "WaitingForEndpoint",
        }
    }

    const fn remedy(&self) -> &'static str {
        match self {
            Self::Infrastructure => "look at the condition InfrastructureReady of the Cluster",
            Self::ControlPlane => "look at the machines of the control plane",
            Self::InitLock(_) => "wait, or look why that machine has no node",
            Self::Endpoint => {
                "set spec.controlPlaneEndpoint of the Cluster, or the endpoint in the discovery of the configuration"
            }
        }
    }
}

impl Decision {
    /// Why there are data, or why there are none yet.
    pub fn explain(&self, machine: &Machine) -> Vec<Why> {
        let subject = format!("Machine {}", machine.metadata.name);
        vec![match self {
            Self::Done => Why::new(subject, "DataSecretAvailable", "it has its bootstrap data"),
            Self::Wait(wait) => {
                let evidence = format!("there is no bootstrap data yet: {wait}");
                Why::new(subject, wait.reason(), evidence).remedy(wait.remedy())
            }
            Self::Render(Role::Init) => Why::new(subject, "Init", "it makes the cluster"),
            Self::Render(Role::JoinControlPlane) => {
                Why::new(subject, "JoinControlPlane", "it joins the control plane")
            }
            Self::Render(Role::JoinWorker) => {
                Why::new(subject, "JoinWorker", "it joins as a worker")
            }
        }]
    }
}

/// Whether a machine may have its data, and what it becomes.
pub fn decide(observed: &Observed<'_>) -> Decision {
    let Observed {
        cluster,
        machine,
        config,
        init_lock,
    } = observed;
    if !config.status.data_secret_name.is_empty() {
        return Decision::Done;
    }
    if cluster.status.initialization.infrastructure_provisioned != Some(true) {
        return Decision::Wait(Wait::Infrastructure);
    }
    let control_plane = machine.metadata.labels.contains_key(labels::CONTROL_PLANE);
    let conditions = &cluster.status.conditions;
    let initialized = conditions::has_status(
        conditions,
        "ControlPlaneInitialized",
        &ConditionStatus::True,
    );
    if !initialized {
        if !control_plane {
            return Decision::Wait(Wait::ControlPlane);
        }
        let holder = init_lock.filter(|holder| *holder != machine.metadata.name);
        return match holder {
            Some(holder) => Decision::Wait(Wait::InitLock(holder.to_owned())),
            None => Decision::Render(Role::Init),
        };
    }
    let discovery = &config.spec.join_configuration.discovery;
    let by_file = discovery.file != FileDiscovery::default();
    let endpoint = &cluster.spec.control_plane_endpoint;
    let known = !endpoint.host.is_empty() && endpoint.port != 0;
    if !by_file && !known && discovery.bootstrap_token.api_server_endpoint.is_empty() {
        return Decision::Wait(Wait::Endpoint);
    }
    Decision::Render(if control_plane {
        Role::JoinControlPlane
    } else {
        Role::JoinWorker
    })
}
