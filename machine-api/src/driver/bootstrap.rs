//! Bootstrap data of machines that kubeadm makes nodes of.
//!
//! Follows the KubeadmConfig controller of Cluster API. What it does not do: tokens that nobody used in time are not prolonged.

use apply_semantics::op::{Operation, ResourceRef, WriteOptions};
use componentconfig::{Kind, core::Time, secret::Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Chain, Context, chain::MANAGER, control_plane::host_port, infrastructure::belong};
use crate::{
    Compat,
    bootstrap::v1beta2::{ExternalEtcd, FileDiscovery, Format, KubeadmConfig},
    bootstrap_data::{Certificates, Decision, Input, Observed, Role, Wait, decide, render},
    certificates::{self, KeyPair, Purpose, base64, secret},
    conditions::{self, Summary},
    contract::{ControlPlane as _, Untyped},
    core::v1beta2::{Cluster, Machine},
    facts,
    meta::{Condition, ConditionStatus, OwnerReference},
    propagation::{controller_reference, owner_reference},
    provider::Provider,
};

/// A token is good for so many seconds.
const TOKEN_SECONDS: i64 = 15 * 60;

/// A configuration that waits is looked at again after so many seconds.
const RETRY_SECONDS: u32 = 30;

impl<P: Provider> Context<'_, P> {
    /// The data of a machine, if its configuration is one of kubeadm. Says whether it is.
    pub(super) fn kubeadm_config(
        &mut self,
        cluster: &Cluster,
        machine: &Machine,
        object: &Value,
    ) -> bool {
        let is_one = object.get("kind").and_then(Value::as_str) == Some(KubeadmConfig::GVK.kind());
        let Some(current) = KubeadmConfig::deserialize(object).ok().filter(|_| is_one) else {
            return false;
        };
        if current.metadata.is_deleting() {
            return true;
        }
        let mut owned = object.clone();
        belong(
            &mut owned,
            &controller_reference(machine),
            &cluster.metadata.name,
        );
        let mut desired = KubeadmConfig::deserialize(&owned).unwrap_or_else(|_| current.clone());
        let meta = &current.metadata;
        let mut chain = Chain::new(format!("KubeadmConfig {}/{}", meta.namespace, meta.name));
        if desired.metadata.owner_references != meta.owner_references {
            // Others write it, too, at first. A token is only made for one that can be written.
            chain.change(&current, &desired);
            self.plan.chains.push(chain);
            self.look_again(1_u32);
            return true;
        }
        let decision = decide(&Observed {
            cluster,
            machine,
            config: &current,
            init_lock: self.init_lock(cluster),
        });
        match decision {
            Decision::Done => self.tell(&mut desired, &ConditionStatus::True, "Available", ""),
            Decision::Wait(wait) => {
                let message = match wait {
                    Wait::Infrastructure => {
                        "Waiting for Cluster status.infrastructureReady to be true"
                    }
                    _ => "Waiting for Cluster control plane to be initialized",
                };
                self.tell(
                    &mut desired,
                    &ConditionStatus::False,
                    "NotAvailable",
                    message,
                );
                self.look_again(RETRY_SECONDS);
            }
            Decision::Render(role) => {
                if let Err(problem) = self.render(cluster, machine, &mut desired, role, &mut chain)
                {
                    self.fails(chain.subject.clone(), "BootstrapDataFailed", &problem);
                    self.tell(
                        &mut desired,
                        &ConditionStatus::False,
                        "NotAvailable",
                        &problem,
                    );
                    self.look_again(RETRY_SECONDS);
                }
            }
        }
        desired.status.observed_generation = meta.generation;
        chain.change(&current, &desired);
        self.plan.chains.push(chain);
        true
    }

    /// Makes the data and its Secret; a machine that joins gets a token first.
    fn render(
        &mut self,
        cluster: &Cluster,
        machine: &Machine,
        config: &mut KubeadmConfig,
        role: Role,
        chain: &mut Chain,
    ) -> Result<(), String> {
        let certificates = self.certificates_of(cluster, config, role)?;
        if role != Role::Init {
            self.discovery(cluster, config, &certificates, chain)?;
        }
        let snapshot = self.snapshot;
        let namespace = &config.metadata.namespace;
        let find = |name: &str, key: &str| {
            let secret = snapshot.secret(namespace, name)?;
            certificates::value(secret, key).ok().flatten()
        };
        let version = snapshot
            .find(&cluster.metadata.namespace, &cluster.spec.control_plane_ref)
            .and_then(|object| {
                let contract = snapshot.contract(&cluster.spec.control_plane_ref);
                Untyped::new(object, contract).control_plane_facts().version
            });
        let hashes = config
            .spec
            .join_configuration
            .discovery
            .bootstrap_token
            .clone();
        let data = render(&Input {
            cluster,
            machine,
            config,
            role,
            certificates: &certificates,
            ca_cert_hashes: &hashes.ca_cert_hashes,
            control_plane_version: version.as_deref(),
            secrets: &find,
            compat: Compat::Fixed,
        })
        .map_err(|error| error.to_string())?;
        let format = match data.format {
            Format::Ignition => "ignition",
            _ => "cloud-config",
        };
        let content = json!({
            "value": base64(data.value.expose()),
            "format": base64(format),
        });
        let owner = OwnerReference {
            controller: Some(true),
            ..owner_reference(config)
        };
        let (namespace, name) = (&config.metadata.namespace, &config.metadata.name);
        let object = secret(
            namespace,
            name,
            &cluster.metadata.name,
            &content,
            Some(&owner),
        );
        chain.apply(object, MANAGER);
        config
            .status
            .data_secret_name
            .clone_from(&config.metadata.name);
        config.status.initialization.data_secret_created = Some(true);
        self.tell(config, &ConditionStatus::True, "Available", "");
        Ok(())
    }

    /// What a machine of the control plane signs with; of others only the authority is asked for.
    fn certificates_of(
        &self,
        cluster: &Cluster,
        config: &KubeadmConfig,
        role: Role,
    ) -> Result<Certificates, String> {
        let configuration = &config.spec.cluster_configuration;
        let purposes: Vec<Purpose> = if role == Role::JoinWorker {
            vec![Purpose::ClusterCa]
        } else {
            let needed = certificates::needed(configuration).into_iter();
            needed.map(|needed| needed.purpose).collect()
        };
        let elsewhere = configuration.etcd.external != ExternalEtcd::default();
        let mut found = Certificates::default();
        for purpose in purposes {
            let name = purpose.secret_name(&cluster.metadata.name);
            let Some(secret) = self.snapshot.secret(&cluster.metadata.namespace, &name) else {
                continue;
            };
            let mut pair = KeyPair::of_secret(secret).map_err(|error| error.to_string())?;
            if purpose == Purpose::EtcdCa && elsewhere {
                pair.key = Secret::default();
            }
            found.set(purpose, pair);
        }
        Ok(found)
    }

    /// Where a joining machine finds the cluster, and how both know each other. Follows `reconcileDiscovery`.
    fn discovery(
        &mut self,
        cluster: &Cluster,
        config: &mut KubeadmConfig,
        certificates: &Certificates,
        chain: &mut Chain,
    ) -> Result<(), String> {
        let discovery = &mut config.spec.join_configuration.discovery;
        if discovery.file != FileDiscovery::default() {
            return Ok(());
        }
        let token = &mut discovery.bootstrap_token;
        if token.ca_cert_hashes.is_empty()
            && let Some(authority) = &certificates.cluster_ca
        {
            let hashes = self.provider.public_key_hashes(&authority.certificate);
            token.ca_cert_hashes = hashes.map_err(|error| error.to_string())?;
        }
        if token.api_server_endpoint.is_empty() {
            let endpoint = &cluster.spec.control_plane_endpoint;
            token.api_server_endpoint = host_port(&endpoint.host, endpoint.port);
        }
        if token.token.is_empty() {
            let made = self.provider.bootstrap_token();
            token.token = made.map_err(|error| error.to_string())?;
            chain.inside(cluster, token_secret(&token.token, self.now)?);
        }
        Ok(())
    }

    /// The machine that makes the cluster: one that has its data, else the oldest of the control plane.
    fn init_lock(&self, cluster: &Cluster) -> Option<&str> {
        let machines = self.snapshot.machines.iter().filter(|machine| {
            machine.metadata.namespace == cluster.metadata.namespace
                && machine.spec.cluster_name == cluster.metadata.name
                && facts::is_control_plane(machine)
        });
        let first = machines.min_by_key(|machine| {
            let waits = machine.spec.bootstrap.data_secret_name.is_none();
            let meta = &machine.metadata;
            (waits, meta.creation_timestamp, meta.name.as_str())
        });
        first.map(|machine| machine.metadata.name.as_str())
    }

    /// Conditions of a configuration.
    fn tell(
        &self,
        config: &mut KubeadmConfig,
        status: &ConditionStatus,
        reason: &str,
        message: &str,
    ) {
        let generation = config.metadata.generation;
        let list = &mut config.status.conditions;
        let condition =
            |kind: &str, status: &ConditionStatus, reason: &str, message: &str| Condition {
                r#type: kind.to_owned(),
                status: status.clone(),
                reason: reason.to_owned(),
                message: message.to_owned(),
                ..Condition::default()
            };
        let mut all = vec![condition("DataSecretAvailable", status, reason, message)];
        if *status == ConditionStatus::True {
            all.push(condition("CertificatesAvailable", status, reason, ""));
        }
        for condition in all {
            conditions::set(list, condition, generation, self.now);
        }
        let parts = ["DataSecretAvailable", "CertificatesAvailable"];
        if let Ok(mut ready) = Summary::of(&parts).compute("Ready", list) {
            let reason = match ready.status {
                ConditionStatus::True => "Ready",
                ConditionStatus::False => "NotReady",
                _ => "ReadyUnknown",
            };
            reason.clone_into(&mut ready.reason);
            conditions::set(list, ready, generation, self.now);
        }
    }
}

/// The Secret by which the API server knows a token.
fn token_secret(token: &Secret, now: Time) -> Result<Operation, String> {
    let parts = token.expose().split_once('.');
    let (id, secret) = parts.ok_or("the provider's token is none: it has no dot")?;
    let end = Time::from_unix(now.unix() + TOKEN_SECONDS);
    let end = end.map_or_else(String::new, |end| end.to_string());
    let data = json!({
        "token-id": base64(id),
        "token-secret": base64(secret),
        "expiration": base64(&end),
        "usage-bootstrap-signing": base64("true"),
        "usage-bootstrap-authentication": base64("true"),
        "auth-extra-groups": base64("system:bootstrappers:kubeadm:default-node-token"),
        "description": base64("token generated by cluster-api-bootstrap-provider-kubeadm"),
    });
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": format!("bootstrap-token-{id}"), "namespace": "kube-system"},
        "data": data,
    });
    let secrets = ResourceRef::of_kind("v1", "Secret").within("kube-system");
    Ok(Operation::create(
        secrets,
        object,
        WriteOptions::new(MANAGER),
    ))
}
