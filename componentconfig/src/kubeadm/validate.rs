//! What is wrong with defaulted documents, with upstream's field paths and kinds of error.
//!
//! Follows `cmd/kubeadm/app/apis/kubeadm/validation/validation.go`.

mod cluster;
mod common;
mod etcd;
mod join;
mod networking;
mod tokens;

use super::{
    findings::{Findings, Scope},
    kinds,
    v1beta4::{
        ClusterConfiguration, InitConfiguration, JoinConfiguration, ResetConfiguration,
        UpgradeConfiguration,
    },
};
use crate::field::{Errors, Path};

pub use tokens::ignored_preflight_errors;
pub(crate) use {
    cluster::{cluster, validity},
    join::{discovery_file, join},
};

impl InitConfiguration {
    /// Everything that is wrong with it. It has to be complete: defaults and what depends on the host filled in.
    pub fn validate(&self) -> Errors {
        errors_of(kinds::INIT, |scope| init(self, scope))
    }
}

impl ClusterConfiguration {
    /// Everything that is wrong with it. It has to be complete: defaults filled in.
    pub fn validate(&self) -> Errors {
        errors_of(kinds::CLUSTER, |scope| cluster(self, scope))
    }
}

impl JoinConfiguration {
    /// Everything that is wrong with it. It has to be complete: defaults and what depends on the host filled in.
    ///
    /// Whether the file of a discovery exists is not looked at.
    pub fn validate(&self) -> Errors {
        errors_of(kinds::JOIN, |scope| join(self, scope))
    }
}

impl ResetConfiguration {
    /// Everything that is wrong with it. It has to be complete: defaults and what depends on the host filled in.
    pub fn validate(&self) -> Errors {
        errors_of(kinds::RESET, |scope| reset(self, scope))
    }
}

impl UpgradeConfiguration {
    /// Everything that is wrong with it. It has to be complete: defaults filled in.
    pub fn validate(&self) -> Errors {
        errors_of(kinds::UPGRADE, |scope| upgrade(self, scope))
    }
}

fn errors_of(kind: &'static str, validate: impl FnOnce(&mut Scope<'_>)) -> Errors {
    let mut findings = Findings::default();
    validate(&mut findings.of(kind));
    findings.into_errors()
}

pub(crate) fn init(init: &InitConfiguration, scope: &mut Scope<'_>) {
    common::node_registration(
        &init.node_registration,
        &Path::new("nodeRegistration"),
        scope,
    );
    tokens::bootstrap_tokens(&init.bootstrap_tokens, &Path::new("bootstrapTokens"), scope);
    common::api_endpoint(
        &init.local_api_endpoint,
        &Path::new("localAPIEndpoint"),
        scope,
    );
    common::certificate_key(&init.certificate_key, &Path::new("certificateKey"), scope);
}

/// The flags of umount2(2) that `unmountFlags` may name.
const UNMOUNT_FLAGS: [&str; 4] = ["MNT_FORCE", "MNT_DETACH", "MNT_EXPIRE", "UMOUNT_NOFOLLOW"];

pub(crate) fn reset(reset: &ResetConfiguration, scope: &mut Scope<'_>) {
    common::cri_socket(&reset.cri_socket, &Path::new("criSocket"), scope);
    common::absolute_path(
        &reset.certificates_dir,
        &Path::new("certificatesDir"),
        scope,
    );
    let path = Path::new("unmountFlags");
    for (index, flag) in reset.unmount_flags.iter().enumerate() {
        if !UNMOUNT_FLAGS.contains(&flag.as_str()) {
            let detail = format!("unknown unmount flag {flag}");
            scope.invalid_at(&path, path.index(index), format!("index {index}"), detail);
        }
    }
}

pub(crate) fn upgrade(upgrade: &UpgradeConfiguration, scope: &mut Scope<'_>) {
    let (apply, node) = (&upgrade.apply, &upgrade.node);
    for (path, patches, policy) in [
        (Path::new("apply"), &apply.patches, &apply.image_pull_policy),
        (Path::new("node"), &node.patches, &node.image_pull_policy),
    ] {
        if let Some(patches) = patches {
            common::absolute_path(
                &patches.directory,
                &path.child("patches").child("directory"),
                scope,
            );
        }
        common::image_pull_policy(policy, &path.child("imagePullPolicy"), scope);
    }
}
