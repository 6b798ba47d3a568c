//! The certificates of a cluster, and the administrator's kubeconfig.

use apply_semantics::op::{ObjectRef, Operation, WriteOptions};
use serde_json::{Value, json};

use super::Work;
use crate::{
    certificates::{
        self, AUTHORITY_DAYS, KeyPair, Needed, Purpose, SECRET_TYPE, kubeconfig, kubeconfig_secret,
    },
    conditions,
    driver::{Chain, Context, chain},
    meta::{Condition, ConditionStatus, OwnerReference},
    propagation::controller_reference,
    provider::{KeyPairRequest, Provider},
};

/// A client certificate is made anew when it ends in less than so many seconds: half a year.
const RENEWAL_SECONDS: i64 = 365 * 86_400 / 2;

impl<P: Provider> Context<'_, P> {
    /// All certificates that the first machine needs. Those that are missing are made, as long as there was no machine. Says
    /// whether to go on.
    pub(super) fn certificates(&mut self, work: &mut Work<'_>) -> bool {
        let (kcp, cluster) = (work.current, work.cluster);
        let configuration = &kcp.spec.kubeadm_config_spec.cluster_configuration;
        let initialized = conditions::has_status(
            &kcp.status.conditions,
            "Initialized",
            &ConditionStatus::True,
        );
        let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
        let owner = controller_reference(kcp);
        let mut missing = Vec::new();
        for needed in certificates::needed(configuration) {
            let Some(secret) = self
                .snapshot
                .secret(namespace, &needed.purpose.secret_name(name))
            else {
                missing.push(needed);
                continue;
            };
            if let Err(error) = KeyPair::of_secret(secret) {
                return self.no_certificates(work, &error);
            }
            self.own_secret(secret, &owner);
        }
        if missing.is_empty() {
            let condition = available(ConditionStatus::True, "Available", String::new());
            super::set(&mut work.desired, condition, self.now);
            return true;
        }
        if missing.iter().any(|needed| needed.external) {
            return self.no_certificates(work, &"external certificate not found");
        }
        if initialized {
            let names: Vec<String> = missing.iter().map(|one| one.purpose.to_string()).collect();
            let names = names.join(", ");
            let (noun, verb) = match missing.len() {
                1 => ("certificate", "is"),
                _ => ("certificates", "are"),
            };
            let message = format!(
                "Cluster {noun} for {names} {verb} not available, please check cluster certificate secrets"
            );
            self.fails(work.chain.subject.clone(), "CertificatesMissing", &message);
            let condition = available(ConditionStatus::False, "NotAvailable", message);
            super::set(&mut work.desired, condition, self.now);
            return true;
        }
        self.make_certificates(work, &missing, &owner);
        false
    }

    /// What is made is only used once it is kept.
    fn make_certificates(
        &mut self,
        work: &mut Work<'_>,
        missing: &[Needed],
        owner: &OwnerReference,
    ) {
        let (kcp, cluster) = (work.current, work.cluster);
        let configuration = &kcp.spec.kubeadm_config_spec.cluster_configuration;
        let days = match configuration.ca_certificate_validity_period_days {
            0 => AUTHORITY_DAYS,
            days => days,
        };
        let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
        for needed in missing {
            let pair = self.provider.key_pair(&KeyPairRequest {
                cluster,
                purpose: needed.purpose,
                days,
                algorithm: &configuration.encryption_algorithm,
                now: self.now,
            });
            match pair {
                Ok(pair) => {
                    let secret = needed.purpose.secret(namespace, name, &pair, Some(owner));
                    self.create_secret(secret);
                }
                Err(error) => {
                    self.no_certificates(work, &error);
                    return;
                }
            }
        }
        self.look_again(1_u32);
    }

    fn no_certificates(&mut self, work: &mut Work<'_>, error: &impl ToString) -> bool {
        self.fails(work.chain.subject.clone(), "CertificatesFailed", error);
        let message = "Please check controller logs for errors".to_owned();
        let condition = available(ConditionStatus::Unknown, "InternalError", message);
        super::set(&mut work.desired, condition, self.now);
        false
    }

    /// The administrator's kubeconfig: made, and made anew before it ends. Says whether to go on.
    pub(super) fn kubeconfig(&mut self, work: &mut Work<'_>) -> bool {
        let (kcp, cluster) = (work.current, work.cluster);
        let (namespace, name) = (&cluster.metadata.namespace, &cluster.metadata.name);
        let owner = controller_reference(kcp);
        let current = self
            .snapshot
            .secret(namespace, &Purpose::Kubeconfig.secret_name(name));
        let subject = work.chain.subject.clone();
        if let Some(secret) = current {
            self.own_secret(secret, &owner);
            let owners = secret.pointer("/metadata/ownerReferences");
            let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
            let ours = owners.any(|one| one.get("uid") == Some(&json!(owner.uid)));
            match self.is_near_its_end(secret) {
                _ if !ours => return true,
                Ok(false) => return true,
                Ok(true) => {}
                Err(error) => {
                    self.fails(subject, "KubeconfigFailed", &error);
                    return true;
                }
            }
        }
        let authority = self
            .snapshot
            .secret(namespace, &Purpose::ClusterCa.secret_name(name));
        let Some(authority) = authority.and_then(|secret| KeyPair::of_secret(secret).ok()) else {
            self.look_again(30_u32);
            return false;
        };
        let algorithm = &kcp.spec.kubeadm_config_spec.cluster_configuration;
        let algorithm = &algorithm.encryption_algorithm;
        let client = match self.provider.administrator(&authority, algorithm, self.now) {
            Ok(client) => client,
            Err(error) => {
                self.fails(subject, "KubeconfigFailed", &error);
                return true;
            }
        };
        let endpoint = &cluster.spec.control_plane_endpoint;
        let endpoint = host_port(&endpoint.host, endpoint.port);
        let text = kubeconfig(name, &endpoint, &authority, &client);
        let secret = kubeconfig_secret(namespace, name, &text, &owner);
        match current {
            None => self.create_secret(secret),
            Some(current) => {
                let mut desired = current.clone();
                if let (Some(desired), Some(data)) = (desired.as_object_mut(), secret.get("data")) {
                    desired.insert("data".to_owned(), data.clone());
                }
                let mut chain = Chain::new(subject);
                chain.change(current, &desired);
                self.plan.chains.push(chain);
            }
        }
        true
    }

    fn is_near_its_end(&self, secret: &Value) -> Result<bool, String> {
        let text = certificates::value(secret, "value").map_err(|error| error.to_string())?;
        let text = text.unwrap_or_default();
        let Some(certificate) = certificates::client_certificate(text.expose()) else {
            return Err("the kubeconfig has no client certificate".to_owned());
        };
        let end = self.provider.not_after(&certificate);
        let end = end.map_err(|error| error.to_string())?;
        Ok(end.unix() - self.now.unix() < RENEWAL_SECONDS)
    }

    /// A Secret that Cluster API made belongs to the control plane; one of the user stays the user's.
    fn own_secret(&mut self, secret: &Value, owner: &OwnerReference) {
        let made = secret.get("type").and_then(Value::as_str) == Some(SECRET_TYPE);
        let owners = secret.pointer("/metadata/ownerReferences");
        let owners: Vec<OwnerReference> = owners
            .and_then(|owners| serde::Deserialize::deserialize(owners).ok())
            .unwrap_or_default();
        if !made || owners.contains(owner) {
            return;
        }
        let mut others = owners;
        others.retain(|one| one.controller != Some(true) && one.uid != owner.uid);
        others.push(owner.clone());
        let mut desired = secret.clone();
        if let Some(Value::Object(metadata)) = desired.get_mut("metadata") {
            metadata.insert("ownerReferences".to_owned(), json!(others));
        }
        let mut chain = Chain::new("Secret");
        chain.change(secret, &desired);
        self.plan.chains.push(chain);
    }

    fn create_secret(&mut self, secret: Value) {
        let Ok(target) = ObjectRef::of(&secret) else {
            return;
        };
        let mut chain = Chain::new(format!("Secret {}", target.name));
        let options = WriteOptions::new(chain::MANAGER);
        let operation = Operation::create(target.collection(), secret, options);
        chain.operations.push(operation);
        self.plan.chains.push(chain);
    }
}

/// A host with its port; one of IPv6 in brackets.
pub(in crate::driver) fn host_port(host: &str, port: i32) -> String {
    if host.contains(':') {
        return format!("[{host}]:{port}");
    }
    format!("{host}:{port}")
}

fn available(status: ConditionStatus, reason: &str, message: String) -> Condition {
    Condition {
        r#type: "CertificatesAvailable".to_owned(),
        status,
        reason: reason.to_owned(),
        message,
        ..Condition::default()
    }
}
