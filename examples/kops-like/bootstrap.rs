//! What each machine is told on its first boot: its bootstrap data, in a Secret of its name.

use std::time::SystemTime;

use apply_semantics::op::{ObjectRef, Operation, Reason, WriteOptions};
use bootstrap_phases::{
    Secret,
    kubeadm::{objects::token, tokens},
};
use componentconfig::{
    kubeadm::token::BootstrapToken,
    scalar::{Bytes, Duration},
};
use examples::{failure::Failure, stand_in};
use machine_api::{
    Compat,
    bootstrap::v1beta2::KubeadmConfig,
    bootstrap_data::{self, Certificates, Decision, Observed, Role},
    certificates::{KeyPair, Purpose, SECRET_TYPE},
    labels,
    provider::{CertificateSource as _, MachineRequest},
};
use serde_json::{Value, json};

use crate::{
    api::{MANAGER, NAMESPACE},
    cloud::Cloud,
};

/// What machines of the control plane sign with.
const SIGNING: [Purpose; 4] = [
    Purpose::ClusterCa,
    Purpose::EtcdCa,
    Purpose::FrontProxyCa,
    Purpose::ServiceAccount,
];

impl Cloud {
    /// Makes the data of a machine, if it may have it by now. Answers the name of its Secret, or why there is none yet.
    pub(crate) fn bootstrap_data(
        &self,
        request: &MachineRequest<'_>,
    ) -> Result<Result<String, String>, Failure> {
        let (machine, cluster) = (request.machine, request.cluster);
        let name = machine.metadata.name.clone();
        if self.api.get("v1", "Secret", &name)?.is_some() {
            return Ok(Ok(name));
        }
        let config = &machine.spec.bootstrap.config_ref.name;
        let Some(mut config) = self.api.find::<KubeadmConfig>(config)? else {
            return Ok(Err(format!("there is no KubeadmConfig {config}")));
        };
        let lock = self.init_lock()?;
        let decision = bootstrap_data::decide(&Observed {
            cluster,
            machine,
            config: &config,
            init_lock: lock.as_deref(),
        });
        let role = match decision {
            Decision::Render(role) => role,
            other => {
                let why = other.explain(machine);
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                return Ok(Err(why.join("; ")));
            }
        };
        let mut certificates = Certificates::default();
        for purpose in SIGNING {
            let secret = self
                .api
                .get("v1", "Secret", &purpose.secret_name(&self.cluster))?;
            let Some(secret) = secret else {
                return Ok(Err(format!("there is no {purpose} of the cluster")));
            };
            certificates.set(purpose, KeyPair::of_secret(&secret).map_err(Failure::run)?);
        }
        let hashes = match &certificates.cluster_ca {
            Some(authority) => self
                .public_key_hashes(&authority.certificate)
                .map_err(Failure::run)?,
            None => Vec::new(),
        };
        if role == Role::Init {
            self.lock_init(&name)?;
        } else {
            if role == Role::JoinControlPlane {
                self.workload.set_version(&machine.spec.version)?;
            }
            let token = self.token(&name, &certificates)?;
            config
                .spec
                .join_configuration
                .discovery
                .bootstrap_token
                .token = token.as_str().into();
        }
        let data = bootstrap_data::render(&bootstrap_data::Input {
            cluster,
            machine,
            config: &config,
            role,
            certificates: &certificates,
            ca_cert_hashes: &hashes,
            control_plane_version: None,
            secrets: &|_: &str, _: &str| None,
            compat: Compat::Fixed,
        })
        .map_err(Failure::run)?;
        let value = Bytes::from(data.value.expose().as_bytes().to_vec());
        let format = Bytes::from(data.format.as_str().as_bytes().to_vec());
        self.create(json!({
            "apiVersion": "v1", "kind": "Secret", "type": SECRET_TYPE,
            "metadata": {
                "name": name, "namespace": NAMESPACE,
                "labels": {labels::CLUSTER_NAME: self.cluster},
                "ownerReferences": [machine_api::propagation::owner_reference(machine)],
            },
            "data": {"value": value, "format": format},
        }))?;
        Ok(Ok(name))
    }

    /// The token that a machine joins with. It follows from the authority's key: a run that goes on makes no other one.
    fn token(&self, machine: &str, certificates: &Certificates) -> Result<String, Failure> {
        let key = certificates
            .cluster_ca
            .as_ref()
            .map(|authority| authority.key.expose());
        let key = Secret::new(key.unwrap_or_default());
        let made = tokens::derived(&key, machine.as_bytes()).map_err(Failure::run)?;
        let text = made.expose();
        let token = BootstrapToken {
            token: Some(made),
            description: format!("joins {machine}"),
            ttl: Some(Duration::from_mins(15)),
            usages: ["signing", "authentication"].map(str::to_owned).to_vec(),
            groups: vec!["system:bootstrappers:kubeadm:default-node-token".to_owned()],
            ..BootstrapToken::default()
        };
        if let Some(secret) = token::secret(&token, SystemTime::now()) {
            let server = &self.workload.server;
            let target = ObjectRef::of(&secret).map_err(Failure::run)?;
            let create = Operation::create(target.collection(), secret, WriteOptions::new(MANAGER));
            match server.execute(&create) {
                Err(refusal) if refusal.reason != Reason::AlreadyExists => {
                    return Err(Failure::run(refusal));
                }
                _ => stand_in::sign_cluster_info(server).map_err(Failure::run)?,
            }
        }
        Ok(text)
    }

    /// The machine that makes the cluster.
    fn init_lock(&self) -> Result<Option<String>, Failure> {
        let lock = self
            .api
            .get("v1", "ConfigMap", &format!("{}-lock", self.cluster))?;
        Ok(lock.and_then(|lock| Some(lock.pointer("/data/machine")?.as_str()?.to_owned())))
    }

    fn lock_init(&self, machine: &str) -> Result<(), Failure> {
        self.create(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("{}-lock", self.cluster), "namespace": NAMESPACE, "labels": {labels::CLUSTER_NAME: self.cluster}},
            "data": {"machine": machine},
        }))
    }

    /// Makes an object, unless it is there.
    fn create(&self, object: Value) -> Result<(), Failure> {
        let target = ObjectRef::of(&object).map_err(Failure::run)?;
        let create = Operation::create(target.collection(), object, WriteOptions::new(MANAGER));
        match self.api.call(&create) {
            Err(refusal) if refusal.reason != Reason::AlreadyExists => Err(Failure::run(refusal)),
            _ => Ok(()),
        }
    }
}
