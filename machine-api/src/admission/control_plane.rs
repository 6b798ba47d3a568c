//! KubeadmControlPlane and KubeadmControlPlaneTemplate.

mod paths;

use componentconfig::field::{Errors, FieldError, Path};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    ipam, kubeadm, only, verdict,
};
use crate::{
    IntOrString,
    bootstrap::v1beta2::{ClusterConfiguration, ExternalEtcd, LocalEtcd},
    controlplane::v1beta2::{
        KubeadmControlPlane, KubeadmControlPlaneRolloutSpec, KubeadmControlPlaneRolloutStrategy,
        KubeadmControlPlaneRolloutStrategyType, KubeadmControlPlaneSpec,
        KubeadmControlPlaneTemplate,
    },
    core_dns, labels,
    names::NameOf,
    version::Version,
};

/// How many days the certificate of an authority is valid if nothing is said.
const CA_VALIDITY_DAYS: i32 = 3650;

impl KubeadmControlPlane {
    /// Whether the control plane may have `replicas` machines: what is asked of the subresource `scale`.
    ///
    /// # Errors
    /// It would have none, or, with etcd on its machines, an even number of them.
    pub fn validate_scale(&self, replicas: i32) -> Result<(), Refusal> {
        if replicas <= 0 {
            return Err(Refusal::Other(
                "replicas should be greater than zero".to_owned(),
            ));
        }
        if replicas % 2 == 0 && !has_external(&self.spec.kubeadm_config_spec.cluster_configuration)
        {
            let message = "replicas cannot be an even number when etcd is stacked";
            return Err(Refusal::Other(message.to_owned()));
        }
        Ok(())
    }

    fn validate(&self, old: Option<&Self>, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let at = path(&["spec"]);
        spec(&self.spec, &at, request, &mut errors);
        if let Some(old) = old {
            errors.extend(paths::forbidden_changes(old, self));
            errors.extend(version_step(old, self));
        }
        let config = &self.spec.kubeadm_config_spec;
        let at = at.child("kubeadmConfigSpec");
        let was = old.map(|old| &old.spec.kubeadm_config_spec.cluster_configuration);
        cluster(
            was,
            &config.cluster_configuration,
            &at.child("clusterConfiguration"),
            &mut errors,
        );
        if let Some(old) = old {
            dns_step(old, self, &mut errors);
        }
        kubeadm::config(config, &at, request.gates, &mut errors);
        kubeadm::control_plane_timeouts(config, &at, &mut errors);
        verdict(self, errors)
    }
}

impl Admit for KubeadmControlPlane {
    fn set_defaults(&mut self, _: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        let spec = &mut self.spec;
        spec.replicas.get_or_insert(1);
        if !spec.version.starts_with('v') {
            spec.version.insert(0, 'v');
        }
        let strategy = &mut spec.rollout.strategy;
        strategy.r#type = KubeadmControlPlaneRolloutStrategyType::RollingUpdate;
        strategy
            .rolling_update
            .max_surge
            .get_or_insert(IntOrString::Int(1));
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None, request)
    }

    fn validate_update(&self, old: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old), request)
    }
}

fn has_external(cluster: &ClusterConfiguration) -> bool {
    cluster.etcd.external != ExternalEtcd::default()
}

fn spec(spec: &KubeadmControlPlaneSpec, at: &Path, request: &Request<'_>, errors: &mut Errors) {
    let cluster = &spec.kubeadm_config_spec.cluster_configuration;
    let place = at.child("replicas");
    match spec.replicas {
        None => errors.required(&place, "is required"),
        Some(..=0) => errors.forbidden(&place, "cannot be less than or equal to 0"),
        Some(_) => {}
    }
    if spec.replicas.is_some_and(|replicas| replicas % 2 == 0) && !has_external(cluster) {
        errors.forbidden(&place, "cannot be an even number when etcd is stacked");
    }
    let machine = at.child("machineTemplate");
    let reference = &spec.machine_template.spec.infrastructure_ref;
    for (name, value) in [
        ("apiGroup", &reference.api_group),
        ("kind", &reference.kind),
        ("name", &reference.name),
    ] {
        if value.is_empty() {
            errors.invalid(
                &machine.child("infrastructure").child(name),
                "",
                "cannot be empty",
            );
        }
    }
    let place = machine.child("spec").child("taints");
    check::taints(
        &spec.machine_template.spec.taints,
        &place,
        request.gates,
        errors,
    );
    check::metadata(
        &spec.machine_template.metadata,
        &machine.child("metadata"),
        errors,
    );
    check::version(&spec.version, &at.child("version"), errors);
    rollout(&spec.rollout, cluster, spec.replicas, at, errors);
    naming(&spec.machine_naming.template, at, errors);
}

fn naming(template: &str, at: &Path, errors: &mut Errors) {
    let what = NameOf::KubeadmControlPlaneMachine {
        kubeadm_control_plane: "kubeadmcontrolplane",
    };
    check::machine_naming(template, what, &at.child("machineNaming"), errors);
}

/// How machines are replaced, and how long certificates are valid.
fn rollout(
    rollout: &KubeadmControlPlaneRolloutSpec,
    cluster: &ClusterConfiguration,
    replicas: Option<i32>,
    at: &Path,
    errors: &mut Errors,
) {
    let strategy = &rollout.strategy;
    if *strategy == KubeadmControlPlaneRolloutStrategy::default() {
        return;
    }
    let place = at.child("rollout").child("strategy");
    if strategy.r#type != KubeadmControlPlaneRolloutStrategyType::RollingUpdate {
        errors.required(&place.child("type"), "only RollingUpdate is supported");
    }
    if let Some(surge) = &strategy.rolling_update.max_surge {
        let place = place.child("rollingUpdate");
        let surge = whole(surge);
        if surge == 0 && replicas.is_some_and(|replicas| replicas < 3) {
            let detail = "when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3";
            errors.required(&place, detail);
        }
        if !matches!(surge, 0 | 1) {
            errors.required(&place.child("maxSurge"), "value must be 1 or 0");
        }
    }
    certificates(rollout.before.certificates_expiry_days, cluster, at, errors);
}

/// A number, or a text read as one: zero if it is none.
fn whole(value: &IntOrString) -> i32 {
    match value {
        IntOrString::Int(number) => *number,
        IntOrString::String(text) => text.parse().unwrap_or_default(),
    }
}

fn certificates(expiry: i32, cluster: &ClusterConfiguration, at: &Path, errors: &mut Errors) {
    let days = cluster.certificate_validity_period_days;
    if days == 0 {
        return;
    }
    let names = [
        "kubeadmConfigSpec",
        "clusterConfiguration",
        "certificateValidityPeriodDays",
    ];
    let place = names
        .into_iter()
        .fold(at.clone(), |at, name| at.child(name));
    match cluster.ca_certificate_validity_period_days {
        0 if days > CA_VALIDITY_DAYS => errors.invalid(
            &place,
            days,
            format!(
                "must be less than or equal to the default value of caCertificateValidityPeriodDays ({CA_VALIDITY_DAYS})"
            ),
        ),
        authority if authority != 0 && days > authority => errors.invalid(
            &place,
            days,
            format!("must be less than or equal to caCertificateValidityPeriodDays ({authority})"),
        ),
        _ => {}
    }
    if expiry != 0 && expiry >= days {
        let place = at
            .child("rollout")
            .child("before")
            .child("certificatesExpiryDays");
        errors.invalid(
            &place,
            expiry,
            format!("must be less than certificateValidityPeriodDays ({days})"),
        );
    }
}

/// Whether a text can be the tag of an image.
fn is_tag(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The version that the tag of an image stands for, in which `_` takes the place of `+`.
fn tag_version(tag: &str) -> Result<Version, String> {
    tag.replace('_', "+")
        .parse::<Version>()
        .map_err(|error| error.to_string())
}

fn cluster(
    old: Option<&ClusterConfiguration>,
    new: &ClusterConfiguration,
    at: &Path,
    errors: &mut Errors,
) {
    let tag = &new.dns.image_tag;
    if !is_tag(tag) {
        errors.forbidden(
            &at.child("dns").child("imageTag"),
            format!("tag {tag} is invalid"),
        );
    }
    if let Some(problem) = tag_version(tag).err().filter(|_| !tag.is_empty()) {
        let detail = format!("failed to parse CoreDNS version: {problem}");
        errors.invalid(&path(&["dns", "imageTag"]), tag.as_str(), detail);
    }
    let place = at.child("etcd");
    let (local, external) = (new.etcd.local != LocalEtcd::default(), has_external(new));
    let tag = &new.etcd.local.image_tag;
    if local && !is_tag(tag) {
        errors.forbidden(
            &place.child("local").child("imageTag"),
            format!("tag {tag} is invalid"),
        );
    }
    if local && external {
        errors.forbidden(
            &place.child("local"),
            "cannot have both external and local etcd",
        );
    }
    if old.is_some_and(|old| has_external(old) != external) {
        let detail = "cannot change between external and local etcd";
        errors.forbidden(&place.child("external"), detail);
    }
}

/// At most one minor version up.
fn version_step(old: &KubeadmControlPlane, new: &KubeadmControlPlane) -> Option<FieldError> {
    let at = path(&["spec", "version"]);
    let (from_text, to_text) = (&old.spec.version, &new.spec.version);
    let (from, to) = match (from_text.parse::<Version>(), to_text.parse::<Version>()) {
        (Err(error), _) => {
            let detail = format!(
                "failed to parse current kubeadmcontrolplane version: {from_text}: {error}"
            );
            return Some(FieldError::internal(at, detail));
        }
        (_, Err(error)) => {
            let detail =
                format!("failed to parse updated kubeadmcontrolplane version: {to_text}: {error}");
            return Some(FieldError::internal(at, detail));
        }
        (Ok(from), Ok(to)) => (from, to),
    };
    let too_far = (to.major(), to.minor()) >= (from.major(), from.minor().saturating_add(2));
    too_far.then(|| {
        let detail = format!("cannot update Kubernetes version from {from_text} to {to_text}");
        FieldError::forbidden(at, detail)
    })
}

/// CoreDNS goes to a version to which its configuration can be migrated.
fn dns_step(old: &KubeadmControlPlane, new: &KubeadmControlPlane, errors: &mut Errors) {
    let tag = |control_plane: &KubeadmControlPlane| {
        let cluster = &control_plane.spec.kubeadm_config_spec.cluster_configuration;
        cluster.dns.image_tag.clone()
    };
    let (from_tag, to_tag) = (tag(old), tag(new));
    if from_tag.is_empty() || to_tag.is_empty() {
        return;
    }
    let at = path(&[
        "spec",
        "kubeadmConfigSpec",
        "clusterConfiguration",
        "dns",
        "imageTag",
    ]);
    let from = match tag_version(&from_tag) {
        Ok(version) => version,
        Err(problem) => {
            let detail = format!("failed to parse current CoreDNS version: {problem}");
            return errors.invalid(&at, from_tag, detail);
        }
    };
    let to = match tag_version(&to_tag) {
        Ok(version) => version,
        Err(problem) => {
            let detail = format!("failed to parse target CoreDNS version: {problem}");
            return errors.invalid(&at, to_tag, detail);
        }
    };
    let numbers = |version: &Version| (version.major(), version.minor(), version.patch());
    if numbers(&from) == numbers(&to) || new.metadata.annotations.contains_key(labels::SKIP_COREDNS)
    {
        return;
    }
    if let Err(problem) = core_dns::migration(numbers(&from), numbers(&to)) {
        errors.forbidden(
            &at,
            format!("cannot migrate CoreDNS up to '{to}' from '{from}': {problem}"),
        );
    }
}

impl Admit for KubeadmControlPlaneTemplate {
    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        if !request.gates.cluster_topology {
            let detail = "can be set only if the ClusterTopology feature flag is enabled";
            return only(self, FieldError::forbidden(path(&["spec"]), detail));
        }
        let mut errors = Errors::default();
        let template = &self.spec.template;
        let (spec, config) = (&template.spec, &template.spec.kubeadm_config_spec);
        let at = path(&["spec", "template", "spec"]);
        rollout(
            &spec.rollout,
            &config.cluster_configuration,
            None,
            &at,
            &mut errors,
        );
        naming(&spec.machine_naming.template, &at, &mut errors);
        let machine = at.child("machineTemplate");
        let place = machine.child("spec").child("taints");
        check::taints(
            &spec.machine_template.spec.taints,
            &place,
            request.gates,
            &mut errors,
        );
        check::metadata(
            &spec.machine_template.metadata,
            &machine.child("metadata"),
            &mut errors,
        );
        let at = at.child("kubeadmConfigSpec");
        cluster(
            None,
            &config.cluster_configuration,
            &at.child("clusterConfiguration"),
            &mut errors,
        );
        kubeadm::config(config, &at, request.gates, &mut errors);
        kubeadm::control_plane_timeouts(config, &at, &mut errors);
        check::metadata(
            &template.metadata,
            &path(&["spec", "template", "metadata"]),
            &mut errors,
        );
        verdict(self, errors)
    }

    /// Nothing changes but what earlier versions set by default.
    fn validate_update(&self, old: &Self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        let (mut old, mut new) = (
            old.spec.template.spec.clone(),
            self.spec.template.spec.clone(),
        );
        kubeadm::previous_defaults(&mut old.kubeadm_config_spec);
        kubeadm::previous_defaults(&mut new.kubeadm_config_spec);
        let (was, now) = (&old.rollout.strategy, &mut new.rollout.strategy);
        if *now == KubeadmControlPlaneRolloutStrategy::default()
            && was.r#type == KubeadmControlPlaneRolloutStrategyType::RollingUpdate
            && was.rolling_update.max_surge == Some(IntOrString::Int(1))
        {
            now.clone_from(was);
        }
        if old == new {
            return Ok(Warnings::new());
        }
        let sentence = "KubeadmControlPlaneTemplate spec.template.spec field is immutable. Please create new resource \
            instead";
        let detail = ipam::changed(sentence, &old, &new);
        only(
            self,
            FieldError::invalid(
                path(&["spec", "template", "spec"]),
                check::shown(self),
                detail,
            ),
        )
    }
}
