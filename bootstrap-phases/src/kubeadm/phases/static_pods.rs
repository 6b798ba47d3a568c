//! `etcd` and `control-plane`: the static Pods of this node.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/{etcd,controlplane}.go` and `PatchStaticPod`, `WriteStaticPodToDisk` in
//! `cmd/kubeadm/app/util/staticpod`.

use apply_semantics::types::builtin;
use componentconfig::yaml;
use serde_json::Value;

use super::{NOTHING, non_root::NonRoot, noted, settings};
use crate::{
    Change, Compat, Cx, Draft, FileError, Files, Node, Note, Owner, Phase, PhaseError, Plan,
    kubeadm::{
        InitContext,
        manifests::{self, CA_FOLDERS, Component, PodHost},
        patches::Patches,
        pki::{CERTIFICATES, existing::Pair},
        pod,
    },
};

const FLAGS: [&str; 6] = [
    "config",
    "cert-dir",
    "kubernetes-version",
    "image-repository",
    "patches",
    "dry-run",
];
const API_SERVER_FLAGS: [&str; 6] = [
    "apiserver-advertise-address",
    "control-plane-endpoint",
    "apiserver-bind-port",
    "apiserver-extra-args",
    "feature-gates",
    "service-cidr",
];
const CONTROLLER_MANAGER_FLAGS: [&str; 2] = ["controller-manager-extra-args", "pod-network-cidr"];
const SCHEDULER_FLAGS: [&str; 1] = ["scheduler-extra-args"];

/// The phase `etcd` with `etcd/local`: the static Pod of an etcd on this node, unless etcd runs elsewhere.
pub fn etcd() -> Node<InitContext> {
    let flags = [
        "cert-dir",
        "config",
        "image-repository",
        "patches",
        "dry-run",
    ];
    Node::new("etcd", "Generate static Pod manifest file for local etcd").children([Node::new(
        "local",
        "Generate the static Pod manifest file for a local, single-node local etcd instance",
    )
    .inherit_flags(flags)
    .outputs(["manifests/etcd"])
    .run(local_etcd)])
}

/// The phase `control-plane` with all below it: the static Pods of API server, controller manager and scheduler.
///
/// Manifests are written anew whatever is there: changes by hand belong into patches.
pub fn control_plane() -> Node<InitContext> {
    let short = "Generate all static Pod manifest files necessary to establish the control plane";
    Node::new("control-plane", short)
        .after(NOTHING)
        .run(folder)
        .children([
            Node::run_all("Generate all static Pod manifest files")
                .inherit_flags(FLAGS)
                .inherit_flags(API_SERVER_FLAGS)
                .inherit_flags(CONTROLLER_MANAGER_FLAGS)
                .inherit_flags(SCHEDULER_FLAGS),
            component("apiserver", Component::ApiServer, &API_SERVER_FLAGS),
            component(
                "controller-manager",
                Component::ControllerManager,
                &CONTROLLER_MANAGER_FLAGS,
            ),
            component("scheduler", Component::Scheduler, &SCHEDULER_FLAGS),
        ])
}

fn component(name: &str, component: Component, flags: &[&str]) -> Node<InitContext> {
    Node::new(
        name,
        format!("Generates the {component} static Pod manifest"),
    )
    .inherit_flags(FLAGS)
    .inherit_flags(flags.iter().copied())
    .outputs([format!("manifests/{component}")])
    .run(StaticPod(component))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a phase")]
fn folder(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let text = format!("using the manifests' folder {}", cx.config.manifests_dir());
    Ok(noted(Note::info("manifests.folder", text)))
}

/// A phase that writes the manifest of one component.
struct StaticPod(Component);

impl Phase<InitContext> for StaticPod {
    fn plan(&self, cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
        let mut draft = cx.draft();
        if self.0 == Component::ApiServer {
            for text in manifests::remarks(&cx.config.cluster) {
                draft.note(Note::warning("manifests.authorization-mode", text));
            }
        }
        let non_root = NonRoot::look(cx)?;
        manifest(cx, self.0, non_root.as_ref(), &mut draft)?;
        if let Some(non_root) = non_root {
            non_root.hand_over(cx, self.0, &mut draft)?;
        }
        Ok(draft.finish())
    }
}

fn local_etcd(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    if cx.config.external_etcd() {
        let text = "etcd runs elsewhere: its manifest is not made";
        return Ok(noted(Note::info("etcd.external", text)));
    }
    let mut draft = cx.draft();
    let non_root = NonRoot::look(cx)?;
    let local = cx.config.cluster.etcd.local.as_ref();
    let data_dir = local.map_or("", |local| local.data_dir.as_str());
    let owner = non_root.as_ref().map(|non_root| non_root.users.etcd);
    private_folder(cx.files, data_dir, owner, &mut draft)?;
    manifest(cx, Component::Etcd, non_root.as_ref(), &mut draft)?;
    if let Some(non_root) = non_root {
        non_root.hand_over(cx, Component::Etcd, &mut draft)?;
    }
    Ok(draft.finish())
}

/// Wants a folder that nobody else may enter; one that is there keeps its mode.
fn private_folder(
    files: &dyn Files,
    path: &str,
    owner: Option<Owner>,
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    const PRIVATE: u32 = 0o700;
    let missing = files.stat(path)?.is_none();
    match owner {
        Some(owner) if missing => {
            let path = crate::clean_path(path);
            if let Some((above, _)) = path.rsplit_once('/') {
                draft.dir(above, PRIVATE)?;
            }
            draft.push(Change::CreateDir {
                path,
                mode: PRIVATE,
                owner: Some(owner),
            });
        }
        _ => {
            draft.dir(path, PRIVATE)?;
        }
    }
    Ok(())
}

fn manifest(
    cx: &Cx<'_, InitContext>,
    component: Component,
    non_root: Option<&NonRoot>,
    draft: &mut Draft<'_>,
) -> Result<(), PhaseError> {
    let folder = cx.config.manifests_dir();
    let pod = pod_of(cx, component, non_root, draft)?;
    draft.dir(&folder, 0o700)?;
    let path = format!("{folder}/{component}.yaml");
    settings(cx, draft, &path, 0o600, yaml::write(&pod))
}

/// The static Pod of a component as its manifest is to have it.
pub(crate) fn wanted_pod(
    cx: &Cx<'_, InitContext>,
    component: Component,
    draft: &mut Draft<'_>,
) -> Result<Value, PhaseError> {
    pod_of(cx, component, NonRoot::look(cx)?.as_ref(), draft)
}

fn pod_of(
    cx: &Cx<'_, InitContext>,
    component: Component,
    non_root: Option<&NonRoot>,
    draft: &mut Draft<'_>,
) -> Result<Value, PhaseError> {
    let host = pod_host(cx)?;
    let mut pod = manifests::static_pod(component, &cx.config.pod_inputs(&host));
    if let Some(non_root) = non_root {
        manifests::run_as_non_root(component, &mut pod, &non_root.users);
    }
    patched(cx, component, pod, draft)
}

fn pod_host(cx: &Cx<'_, InitContext>) -> Result<PodHost, PhaseError> {
    let mut ca_folders = Vec::new();
    for folder in CA_FOLDERS {
        if cx.files.stat(folder)?.is_some() {
            ca_folders.push(folder.to_owned());
        }
    }
    let environment = &cx.config.host.environment;
    Ok(PodHost {
        ca_folders,
        proxy: manifests::proxy_variables(
            environment
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        ),
        external_ca: has_external_ca(cx)?,
    })
}

/// Whether the key of the cluster's authority is kept elsewhere.
pub(super) fn has_external_ca(cx: &Cx<'_, InitContext>) -> Result<bool, PhaseError> {
    let pair = Pair::look(cx.files, &cx.config.pki_path(CERTIFICATES[0].base_name))?;
    Ok(pair.is_external_authority())
}

/// The Pod with the user's patches, read and written as Kubernetes does it.
fn patched(
    cx: &Cx<'_, InitContext>,
    component: Component,
    pod: Value,
    draft: &mut Draft<'_>,
) -> Result<Value, PhaseError> {
    let Some(folder) = cx.config.patches_folder() else {
        return Ok(pod);
    };
    let patches = Patches::read(cx.files, folder)?;
    let types = builtin();
    let patched = patches.apply(component.name(), pod.clone(), types.kind("v1", "Pod"))?;
    let field = |name: &str| {
        patched
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (api_version, kind) = (field("apiVersion"), field("kind"));
    if (api_version, kind) != ("v1", "Pod") {
        let text = format!(
            "the patches in {folder} turn the Pod of {component} into {api_version:?} {kind:?}"
        );
        // kubeadm forgets all patches of the component then, without a word, if it knows that kind.
        return if cx.config.compat == Compat::Upstream && types.kind(api_version, kind).is_some() {
            draft.note(Note::warning("patches.not-a-pod", text));
            Ok(pod)
        } else {
            Err(PhaseError::invalid("patches.not-a-pod", text))
        };
    }
    pod::normalize(&patched).map_err(|error| {
        let text = format!("the patches in {folder} make the Pod of {component} invalid: {error}");
        PhaseError::invalid("patches.invalid-pod", text)
    })
}

/// A file that has to be there.
pub(crate) fn missing(path: &str) -> FileError {
    FileError::new("read", path, crate::FileErrorKind::NotFound)
}
