//! KubeadmConfig and KubeadmConfigTemplate.

use componentconfig::field::{Errors, Path};

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    verdict,
};
use crate::{
    Gates,
    bootstrap::v1beta2::{
        Encoding, FileSource, Format, IgnitionSpec, KubeConfigAuthExec, KubeConfigAuthProvider,
        KubeadmConfig, KubeadmConfigSpec, KubeadmConfigTemplate, PasswdSource,
    },
    labels,
};

const NOT_WITH_IGNITION: &str = "not supported when spec.format is set to: \"ignition\"";
const IGNITION_IS_OFF: &str =
    "can be set only if the KubeadmBootstrapFormatIgnition feature gate is enabled";
const NO_SECRET_NAME: &str = "secret file source must specify non-empty secret name";
const NO_SECRET_KEY: &str = "secret file source must specify non-empty secret key";

/// What bootstrap data can be made from.
pub(super) fn config(spec: &KubeadmConfigSpec, at: &Path, gates: Gates, errors: &mut Errors) {
    files(spec, at, errors);
    users(spec, at, errors);
    ignition(spec, at, gates, errors);
    for (index, partition) in spec.disk_setup.partitions.iter().enumerate() {
        let total = partition
            .disk_layout
            .iter()
            .map(|part| i64::from(part.percentage))
            .sum::<i64>();
        if total > 100 {
            let at = at
                .child("diskSetup")
                .child("partitions")
                .index(index)
                .child("diskLayout");
            errors.invalid(
                &at,
                total,
                "the sum of all partition percentages must not be greater than 100",
            );
        }
    }
    let user = &spec.join_configuration.discovery.file.kube_config.user;
    if user.auth_provider != KubeConfigAuthProvider::default()
        && user.exec != KubeConfigAuthExec::default()
    {
        let names = [
            "joinConfiguration",
            "discovery",
            "file",
            "kubeconfig",
            "user",
        ];
        let at = names
            .into_iter()
            .fold(at.clone(), |at, name| at.child(name));
        errors.invalid(
            &at,
            check::shown(user),
            "only one of authProvider or exec must be defined",
        );
    }
}

/// On control planes both ways to start wait equally long.
pub(super) fn control_plane_timeouts(spec: &KubeadmConfigSpec, at: &Path, errors: &mut Errors) {
    let text = |seconds: Option<i32>| {
        seconds.map_or_else(|| "unset".to_owned(), |seconds| seconds.to_string())
    };
    let init = text(
        spec.init_configuration
            .timeouts
            .control_plane_component_health_check_seconds,
    );
    let join = text(
        spec.join_configuration
            .timeouts
            .control_plane_component_health_check_seconds,
    );
    if init == join {
        return;
    }
    let detail = format!(
        "controlPlaneComponentHealthCheckSeconds must be set to the same value both in initConfiguration.timeouts ({init}) \
         and in joinConfiguration.timeouts ({join})"
    );
    for (name, value) in [("initConfiguration", init), ("joinConfiguration", join)] {
        let at = at
            .child(name)
            .child("timeouts")
            .child("controlPlaneComponentHealthCheckSeconds");
        errors.invalid(&at, value, detail.as_str());
    }
}

fn files(spec: &KubeadmConfigSpec, at: &Path, errors: &mut Errors) {
    for (index, file) in spec.files.iter().enumerate() {
        let at = at.child("files").index(index);
        let from = file.content_from != FileSource::default();
        if !file.content.is_empty() && from {
            let detail = "only one of content or contentFrom may be specified for a single file";
            errors.invalid(&at, file.path.as_str(), detail);
        }
        if from {
            let secret = &file.content_from.secret;
            source(&secret.name, &secret.key, &at.child("contentFrom"), errors);
        }
        if spec
            .files
            .iter()
            .take(index)
            .any(|earlier| earlier.path == file.path)
        {
            let detail = "path property must be unique among all files";
            errors.invalid(&at.child("path"), file.path.as_str(), detail);
        }
    }
}

fn users(spec: &KubeadmConfigSpec, at: &Path, errors: &mut Errors) {
    for (index, user) in spec.users.iter().enumerate() {
        let at = at.child("users").index(index);
        let from = user.passwd_from != PasswdSource::default();
        if !user.passwd.is_empty() && from {
            let detail = "only one of passwd or passwdFrom may be specified for a single user";
            errors.invalid(&at, user.name.as_str(), detail);
        }
        if from {
            let secret = &user.passwd_from.secret;
            source(&secret.name, &secret.key, &at.child("passwdFrom"), errors);
        }
    }
}

fn source(name: &str, key: &str, at: &Path, errors: &mut Errors) {
    let at = at.child("secret");
    if name.is_empty() {
        errors.required(&at.child("name"), NO_SECRET_NAME);
    }
    if key.is_empty() {
        errors.required(&at.child("key"), NO_SECRET_KEY);
    }
}

fn ignition(spec: &KubeadmConfigSpec, at: &Path, gates: Gates, errors: &mut Errors) {
    let has_settings = spec.ignition != IgnitionSpec::default();
    if !gates.kubeadm_bootstrap_format_ignition {
        if spec.format == Format::Ignition {
            errors.forbidden(&at.child("format"), IGNITION_IS_OFF);
        }
        if has_settings {
            errors.forbidden(&at.child("ignition"), IGNITION_IS_OFF);
        }
        return;
    }
    if spec.format != Format::Ignition {
        if has_settings {
            let detail = "must be set to \"ignition\" if spec.ignition is set";
            errors.invalid(&at.child("format"), spec.format.as_str(), detail);
        }
        return;
    }
    for (index, user) in spec.users.iter().enumerate() {
        if user.inactive == Some(true) {
            errors.forbidden(
                &at.child("users").index(index).child("inactive"),
                NOT_WITH_IGNITION,
            );
        }
    }
    for (index, file) in spec.files.iter().enumerate() {
        if matches!(file.encoding, Encoding::Gzip | Encoding::GzipBase64) {
            errors.forbidden(
                &at.child("files").index(index).child("encoding"),
                NOT_WITH_IGNITION,
            );
        }
    }
    if !spec.boot_commands.is_empty() {
        errors.forbidden(&at.child("bootCommands"), NOT_WITH_IGNITION);
    }
    ignition_disks(spec, &at.child("diskSetup"), errors);
}

fn ignition_disks(spec: &KubeadmConfigSpec, at: &Path, errors: &mut Errors) {
    for (index, partition) in spec.disk_setup.partitions.iter().enumerate() {
        if !partition.table_type.is_empty() && partition.table_type != "gpt" {
            errors.invalid(
                &at.child("partitions").index(index).child("tableType"),
                partition.table_type.as_str(),
                "only partition type \"gpt\" is supported when spec.format is set to \"ignition\"",
            );
        }
    }
    for (index, filesystem) in spec.disk_setup.filesystems.iter().enumerate() {
        let at = at.child("filesystems").index(index);
        if !filesystem.replace_fs.is_empty() {
            errors.forbidden(&at.child("replaceFS"), NOT_WITH_IGNITION);
        }
        if !filesystem.partition.is_empty() {
            errors.forbidden(&at.child("partition"), NOT_WITH_IGNITION);
        }
    }
}

/// The defaults that earlier versions set, and that are no change where they are missing now.
pub(crate) fn previous_defaults(spec: &mut KubeadmConfigSpec) {
    if spec.format.is_unset() {
        spec.format = Format::CloudConfig;
    }
    for policy in [
        &mut spec.init_configuration.node_registration.image_pull_policy,
        &mut spec.join_configuration.node_registration.image_pull_policy,
    ] {
        if policy.is_empty() {
            "IfNotPresent".clone_into(policy);
        }
    }
    let exec = &mut spec.join_configuration.discovery.file.kube_config.user.exec;
    if *exec != KubeConfigAuthExec::default() && exec.api_version.is_empty() {
        "client.authentication.k8s.io/v1".clone_into(&mut exec.api_version);
    }
}

impl Admit for KubeadmConfig {
    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        config(&self.spec, &path(&["spec"]), request.gates, &mut errors);
        verdict(self, errors)
    }

    fn validate_update(&self, _: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate_create(request)
    }
}

impl Admit for KubeadmConfigTemplate {
    /// Only for dry runs of topologies, so that templates of earlier versions show no difference.
    fn set_defaults(&mut self, _: Option<&Self>, request: &Request<'_>) -> Result<(), Refusal> {
        if request.dry_run
            && self
                .metadata
                .annotations
                .contains_key(labels::TOPOLOGY_DRY_RUN)
        {
            previous_defaults(&mut self.spec.template.spec);
        }
        Ok(())
    }

    fn validate_create(&self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let at = path(&["spec", "template"]);
        config(
            &self.spec.template.spec,
            &at.child("spec"),
            request.gates,
            &mut errors,
        );
        check::metadata(
            &self.spec.template.metadata,
            &at.child("metadata"),
            &mut errors,
        );
        verdict(self, errors)
    }

    fn validate_update(&self, _: &Self, request: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate_create(request)
    }
}
