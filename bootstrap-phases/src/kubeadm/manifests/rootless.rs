//! Components that run as users of their own (`cmd/kubeadm/app/util/staticpod/utils_linux.go`), behind kubeadm's feature
//! gate `RootlessControlPlane`.

use componentconfig::kubeadm::v1beta4::ClusterConfiguration;
use serde_json::{Value, json};

use super::{Component, kubeconfig};
use crate::{Owner, clean_path, kubeadm::users::ControlPlaneUsers};

/// Who may read a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The path.
    pub path: String,
    /// Its user and group.
    pub owner: Owner,
    /// Its permission bits; `None` leaves them, and is for a folder whose content changes hands with it.
    pub mode: Option<u32>,
}

/// Makes the component run as its user, without the rights that containers have by default.
pub fn run_as_non_root(component: Component, pod: &mut Value, users: &ControlPlaneUsers) {
    let owner = owner(component, users);
    let container = match component {
        // The binary carries the right to bind low ports and could not be started without it.
        Component::ApiServer => {
            json!({"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}})
        }
        _ => json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}),
    };
    set(pod, "/spec/containers/0", "securityContext", container);
    let context = "/spec/securityContext";
    set(pod, context, "runAsUser", owner.uid.into());
    set(pod, context, "runAsGroup", owner.gid.into());
    if matches!(
        component,
        Component::ApiServer | Component::ControllerManager
    ) {
        set(
            pod,
            context,
            "supplementalGroups",
            json!([users.key_readers]),
        );
    }
}

/// What a component reads, and whose it must be for that.
pub fn wanted_access(
    component: Component,
    cluster: &ClusterConfiguration,
    external_ca: bool,
    users: &ControlPlaneUsers,
) -> Vec<Access> {
    let owner = owner(component, users);
    let own = |path: String| Access {
        path,
        owner,
        mode: Some(0o600),
    };
    let pki = |file: &str| clean_path(&format!("{}/{file}", cluster.certificates_dir));
    let service_account_key = Access {
        path: pki("sa.key"),
        owner: Owner {
            uid: 0,
            gid: users.key_readers,
        },
        mode: Some(0o640),
    };
    match component {
        Component::ApiServer => {
            let mut access = vec![own(pki("sa.pub")), service_account_key];
            access.extend(
                [
                    "apiserver.key",
                    "apiserver-kubelet-client.key",
                    "front-proxy-client.key",
                ]
                .into_iter()
                .chain(
                    cluster
                        .etcd
                        .external
                        .is_none()
                        .then_some("apiserver-etcd-client.key"),
                )
                .map(|file| own(pki(file))),
            );
            access
        }
        Component::ControllerManager => {
            let mut access = vec![
                own(kubeconfig("controller-manager.conf")),
                service_account_key,
            ];
            access.extend((!external_ca).then(|| own(pki("ca.key"))));
            access
        }
        Component::Scheduler => vec![own(kubeconfig("scheduler.conf"))],
        Component::Etcd => {
            let data_dir = cluster.etcd.local.as_ref().map(|local| Access {
                path: local.data_dir.clone(),
                owner,
                mode: None,
            });
            let keys = ["etcd/server.key", "etcd/peer.key"].map(|file| own(pki(file)));
            data_dir.into_iter().chain(keys).collect()
        }
    }
}

fn owner(component: Component, users: &ControlPlaneUsers) -> Owner {
    match component {
        Component::Etcd => users.etcd,
        Component::ApiServer => users.apiserver,
        Component::ControllerManager => users.controller_manager,
        Component::Scheduler => users.scheduler,
    }
}

fn set(pod: &mut Value, place: &str, field: &str, value: Value) {
    if let Some(object) = pod.pointer_mut(place).and_then(Value::as_object_mut) {
        object.insert(field.to_owned(), value);
    }
}
