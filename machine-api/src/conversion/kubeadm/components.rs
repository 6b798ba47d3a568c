//! What all control plane machines have in common.

use super::{
    super::{
        field::{optional, pair},
        restore,
    },
    counterpart, new, old,
};
use crate::Compat;

pair!(
    old::HostPathMount,
    new::HostPathMount {
        name,
        host_path,
        mount_path,
        read_only,
        path_type
    }
);

/// Environment variables: a list that is not there is not an empty one.
macro_rules! component {
    ($old:ty, $new:ty { $($same:ident),* }) => {
        pair!($old, $new { extra_args, extra_volumes $(, $same)* }
            up(from, to, _context) {
                let variables = std::mem::take(&mut from.extra_envs);
                to.extra_envs = (!variables.is_empty()).then_some(variables);
            }
            down(from, to, _context) {
                to.extra_envs = from.extra_envs.take().unwrap_or_default();
            }
        );
    };
}

component!(old::APIServer, new::APIServer { cert_sans });
component!(old::ControlPlaneComponent, new::ControllerManager {});
component!(old::ControlPlaneComponent, new::Scheduler {});

pair!(
    old::DNS,
    new::DNS {
        image_repository,
        image_tag
    }
);
pair!(old::LocalEtcd, new::LocalEtcd {
        image_repository, image_tag, data_dir, extra_args, server_cert_sans, peer_cert_sans
    }
    up(from, to, _context) {
        let variables = std::mem::take(&mut from.extra_envs);
        to.extra_envs = (!variables.is_empty()).then_some(variables);
    }
    down(from, to, _context) {
        to.extra_envs = from.extra_envs.take().unwrap_or_default();
    }
);
pair!(
    old::ExternalEtcd,
    new::ExternalEtcd {
        endpoints,
        ca_file,
        cert_file,
        key_file
    }
);
pair!(old::Etcd, new::Etcd { local, external });
pair!(
    old::ClusterConfiguration,
    new::ClusterConfiguration {
        etcd,
        control_plane_endpoint,
        api_server,
        controller_manager,
        scheduler,
        dns,
        certificates_dir,
        image_repository,
        feature_gates,
        certificate_validity_period_days,
        ca_certificate_validity_period_days,
        encryption_algorithm
    }
);

optional! {
    old::LocalEtcd, new::LocalEtcd;
    old::ExternalEtcd, new::ExternalEtcd;
    old::ClusterConfiguration, new::ClusterConfiguration;
}

/// Restores which mounts are explicitly writable.
pub(super) fn restore_volumes(
    cluster: &mut new::ClusterConfiguration,
    restored: Option<&new::ClusterConfiguration>,
    compat: Compat,
) {
    for (volumes, was) in [
        (
            &mut cluster.api_server.extra_volumes,
            restored.map(|was| &*was.api_server.extra_volumes),
        ),
        (
            &mut cluster.controller_manager.extra_volumes,
            restored.map(|was| &*was.controller_manager.extra_volumes),
        ),
        (
            &mut cluster.scheduler.extra_volumes,
            restored.map(|was| &*was.scheduler.extra_volumes),
        ),
    ] {
        if compat == Compat::Upstream {
            take_first_of_path(volumes);
        }
        for (index, volume) in volumes.iter_mut().enumerate() {
            let was = was.and_then(|was| match compat {
                Compat::Fixed => counterpart(was, index, |was| was.host_path == volume.host_path),
                Compat::Upstream => was.iter().find(|was| was.host_path == volume.host_path),
            });
            restore::intent(&mut volume.read_only, was.map(|was| &was.read_only));
        }
    }
}

/// Gives mounts what the first one of their path says.
fn take_first_of_path(volumes: &mut [new::HostPathMount]) {
    let first: Vec<_> = volumes
        .iter()
        .map(|volume| {
            let first = volumes
                .iter()
                .find(|first| first.host_path == volume.host_path);
            first.and_then(|first| first.read_only)
        })
        .collect();
    for (volume, read_only) in volumes.iter_mut().zip(first) {
        volume.read_only = read_only;
    }
}
