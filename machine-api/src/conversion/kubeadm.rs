//! KubeadmConfig and KubeadmConfigTemplate.

mod components;
mod join;

use std::collections::BTreeMap;

use super::{
    Spoke,
    core::{conditions, deprecated, undeprecated, v1beta2_conditions},
    field::{Context, Convert, optional, pair, same},
    restore,
};
use crate::{
    Compat,
    bootstrap::{v1beta1 as old, v1beta2 as new},
};

same!(
    new::Encoding,
    new::EncryptionAlgorithmType,
    new::FileContentFormat,
    new::Format,
    new::PartitionSpec,
);

pair!(old::SecretFileSource, new::SecretFileSource { name, key });
pair!(old::FileSource, new::FileSource { secret });
pair!(
    old::File,
    new::File {
        path,
        owner,
        permissions,
        encoding,
        append,
        content,
        content_from,
        content_format
    }
);
pair!(
    old::SecretPasswdSource,
    new::SecretPasswdSource { name, key }
);
pair!(old::PasswdSource, new::PasswdSource { secret });
pair!(old::User, new::User {
        name, gecos, groups, home_dir, shell, passwd, passwd_from, primary_group, sudo, ssh_authorized_keys
    }
    up(from, to, _context) {
        to.inactive = from.inactive;
        to.lock_password = from.lock_password;
    }
    down(from, to, _context) {
        to.inactive = from.inactive;
        to.lock_password = from.lock_password;
    }
);
pair!(old::NTP, new::NTP { servers }
    up(from, to, _context) { to.enabled = from.enabled; }
    down(from, to, _context) { to.enabled = from.enabled; }
);
pair!(old::Partition, new::Partition { device, layout, table_type, disk_layout }
    up(from, to, _context) { to.overwrite = from.overwrite; }
    down(from, to, _context) { to.overwrite = from.overwrite; }
);
pair!(old::Filesystem, new::Filesystem { device, filesystem, label, partition, replace_fs, extra_opts }
    up(from, to, _context) { to.overwrite = from.overwrite; }
    down(from, to, _context) { to.overwrite = from.overwrite; }
);
pair!(
    old::DiskSetup,
    new::DiskSetup {
        partitions,
        filesystems
    }
);
pair!(
    old::ContainerLinuxConfig,
    new::ContainerLinuxConfig {
        additional_config,
        strict
    }
);
pair!(
    old::IgnitionSpec,
    new::IgnitionSpec {
        container_linux_config
    }
);

optional! {
    old::FileSource, new::FileSource;
    old::PasswdSource, new::PasswdSource;
    old::NTP, new::NTP;
    old::DiskSetup, new::DiskSetup;
    old::ContainerLinuxConfig, new::ContainerLinuxConfig;
    old::IgnitionSpec, new::IgnitionSpec;
}

/// Flags of a component: a map, whose flags come sorted, against a list, of which the last value of a flag is kept.
impl Convert<Vec<new::Arg>> for BTreeMap<String, String> {
    fn convert(self, _: &mut Context<'_>) -> Vec<new::Arg> {
        let flags = self.into_iter();
        flags
            .map(|(name, value)| new::Arg {
                name,
                value: Some(value),
            })
            .collect()
    }
}

impl Convert<BTreeMap<String, String>> for Vec<new::Arg> {
    fn convert(self, _: &mut Context<'_>) -> BTreeMap<String, String> {
        let flags = self.into_iter();
        flags
            .map(|flag| (flag.name, flag.value.unwrap_or_default()))
            .collect()
    }
}

pair!(old::KubeadmConfigSpec, new::KubeadmConfigSpec {
        cluster_configuration, init_configuration, join_configuration, files, disk_setup, mounts, boot_commands,
        pre_kubeadm_commands, post_kubeadm_commands, users, ntp, format, ignition
    }
    up(from, to, _context) {
        to.verbosity = from.verbosity;
    }
    down(from, to, _context) {
        to.verbosity = from.verbosity;
    }
);

/// The newer spec, with what the annotation held.
pub(super) fn spec_up(
    spec: old::KubeadmConfigSpec,
    restored: Option<&new::KubeadmConfigSpec>,
    context: &mut Context<'_>,
) -> new::KubeadmConfigSpec {
    let cluster = spec.cluster_configuration.as_ref();
    let health_check = cluster.and_then(|cluster| cluster.api_server.timeout_for_control_plane);
    let health_check: Option<i32> = health_check.convert(context);
    let join = spec.join_configuration.as_ref();
    let bootstrap: Option<i32> = join
        .and_then(|join| join.discovery.timeout)
        .convert(context);
    let compat = context.compat;
    let mut spec: new::KubeadmConfigSpec = spec.convert(context);
    restore_intents(&mut spec, restored, compat);
    for (now, was) in [
        (
            &mut spec.init_configuration.timeouts,
            restored.map(|was| &was.init_configuration.timeouts),
        ),
        (
            &mut spec.join_configuration.timeouts,
            restored.map(|was| &was.join_configuration.timeouts),
        ),
    ] {
        if let Some(was) = was.filter(|was| **was != new::Timeouts::default()) {
            now.clone_from(was);
        }
    }
    // What v1beta1 says itself wins.
    if health_check.is_some() {
        spec.init_configuration
            .timeouts
            .control_plane_component_health_check_seconds = health_check;
    }
    if health_check.is_some() || bootstrap.is_some() {
        let timeouts = &mut spec.join_configuration.timeouts;
        timeouts.control_plane_component_health_check_seconds = health_check;
        if bootstrap.is_some() {
            timeouts.tls_bootstrap_seconds = bootstrap;
        }
    }
    spec
}

fn restore_intents(
    spec: &mut new::KubeadmConfigSpec,
    restored: Option<&new::KubeadmConfigSpec>,
    compat: Compat,
) {
    join::restore_discovery(
        &mut spec.join_configuration.discovery,
        restored.map(|was| &was.join_configuration.discovery),
    );
    components::restore_volumes(
        &mut spec.cluster_configuration,
        restored.map(|was| &was.cluster_configuration),
        compat,
    );
    restore_files(&mut spec.files, restored.map(|was| &*was.files), compat);
    restore::intent(
        &mut spec.ignition.container_linux_config.strict,
        restored.map(|was| &was.ignition.container_linux_config.strict),
    );
}

/// Restores which files are explicitly not appended.
fn restore_files(files: &mut [new::File], restored: Option<&[new::File]>, compat: Compat) {
    if compat == Compat::Upstream {
        let appended: Vec<_> = files
            .iter()
            .map(|file| (file.path.clone(), file.append))
            .collect();
        for file in &mut *files {
            let first = appended.iter().find(|(path, _)| *path == file.path);
            file.append = first.and_then(|(_, append)| *append);
        }
    }
    for (index, file) in files.iter_mut().enumerate() {
        let was = restored.and_then(|restored| match compat {
            Compat::Fixed => counterpart(restored, index, |was| was.path == file.path),
            Compat::Upstream => restored.iter().find(|was| was.path == file.path),
        });
        restore::intent(&mut file.append, was.map(|was| &was.append));
    }
}

/// The item at the same place if it is the same one, else the first that is.
fn counterpart<T>(items: &[T], index: usize, same: impl Fn(&T) -> bool) -> Option<&T> {
    let here = items.get(index).filter(|item| same(item));
    here.or_else(|| items.iter().find(|item| same(item)))
}

/// The older spec.
pub(super) fn spec_down(
    spec: new::KubeadmConfigSpec,
    context: &mut Context<'_>,
) -> old::KubeadmConfigSpec {
    let health_check = spec
        .init_configuration
        .timeouts
        .control_plane_component_health_check_seconds;
    let bootstrap = spec.join_configuration.timeouts.tls_bootstrap_seconds;
    let mut spec: old::KubeadmConfigSpec = spec.convert(context);
    if health_check.is_some() {
        let cluster = spec.cluster_configuration.get_or_insert_default();
        cluster.api_server.timeout_for_control_plane = health_check.convert(context);
    }
    if bootstrap.is_some() {
        let join = spec.join_configuration.get_or_insert_default();
        join.discovery.timeout = bootstrap.convert(context);
    }
    let empty = old::InitConfiguration::default();
    spec.init_configuration = spec.init_configuration.filter(|init| *init != empty);
    let empty = old::JoinConfiguration::default();
    spec.join_configuration = spec.join_configuration.filter(|join| *join != empty);
    spec
}

pair!(old::KubeadmConfigStatus, new::KubeadmConfigStatus { data_secret_name, observed_generation }
    up(from, to, _context) {
        to.conditions = conditions(&mut from.v1beta2);
        to.initialization.data_secret_created = Some(from.ready);
        to.deprecated = Some(deprecated(new::KubeadmConfigV1Beta1DeprecatedStatus {
            conditions: std::mem::take(&mut from.conditions),
            failure_reason: std::mem::take(&mut from.failure_reason),
            failure_message: std::mem::take(&mut from.failure_message),
        }));
    }
    down(from, to, _context) {
        let status = undeprecated(&mut from.deprecated);
        to.conditions = status.conditions;
        to.failure_reason = status.failure_reason;
        to.failure_message = status.failure_message;
        to.ready = from.initialization.data_secret_created.unwrap_or_default();
        to.v1beta2 = v1beta2_conditions(&mut from.conditions);
    }
);

impl Spoke for old::KubeadmConfig {
    type Hub = new::KubeadmConfig;

    fn up(mut self, context: &mut Context<'_>) -> new::KubeadmConfig {
        let restored = restore::take::<new::KubeadmConfig, _>(&mut self, context);
        let mut hub = new::KubeadmConfig {
            metadata: self.metadata,
            spec: spec_up(self.spec, restored.as_ref().map(|was| &was.spec), context),
            status: self.status.convert(context),
        };
        restore::intent(
            &mut hub.status.initialization.data_secret_created,
            restored
                .as_ref()
                .map(|was| &was.status.initialization.data_secret_created),
        );
        hub
    }

    fn down(hub: new::KubeadmConfig, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: spec_down(hub.spec, context),
            status: hub.status.convert(context),
        };
        restore::keep(&mut spoke, data);
        spoke
    }
}

impl Spoke for old::KubeadmConfigTemplate {
    type Hub = new::KubeadmConfigTemplate;

    fn up(mut self, context: &mut Context<'_>) -> new::KubeadmConfigTemplate {
        let restored = restore::take::<new::KubeadmConfigTemplate, _>(&mut self, context);
        let template = self.spec.template;
        let restored = restored.as_ref().map(|was| &was.spec.template.spec);
        new::KubeadmConfigTemplate {
            metadata: self.metadata,
            spec: new::KubeadmConfigTemplateSpec {
                template: new::KubeadmConfigTemplateResource {
                    metadata: template.metadata.convert(context),
                    spec: spec_up(template.spec, restored, context),
                },
            },
        }
    }

    fn down(hub: new::KubeadmConfigTemplate, context: &mut Context<'_>) -> Self {
        let data = restore::data(&hub, context);
        let template = hub.spec.template;
        let mut spoke = Self {
            metadata: hub.metadata,
            spec: old::KubeadmConfigTemplateSpec {
                template: old::KubeadmConfigTemplateResource {
                    metadata: template.metadata.convert(context),
                    spec: spec_down(template.spec, context),
                },
            },
        };
        restore::keep(&mut spoke, data);
        spoke
    }
}
