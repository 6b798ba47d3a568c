//! `control-plane`: the static Pods of this node, one after the other.
//!
//! Follows `StaticPodControlPlane` in `cmd/kubeadm/app/phases/upgrade/staticpods.go`.

use componentconfig::yaml;
use semver::Version;
use serde_json::{Value, json};

use super::backup::{ETCD_BACKUP, MANIFEST_BACKUP, folder_of_now};
use super::context::UpgradeContext;
use super::static_pod::{hash, mirror, wait};
use super::versions::{image, parse, tag};
use crate::kubeadm::credentials::renewed;
use crate::kubeadm::images::etcd_version;
use crate::kubeadm::join::ETCD_PORT;
use crate::kubeadm::manifests::Component;
use crate::kubeadm::{InitContext, phases};
use crate::{
    Change, Command, Compat, Content, Cx, Draft, Effect, FileError, FileErrorKind, Note, Phase,
    PhaseError, Plan, RetryPolicy,
};

/// How long a component may take to come up where nobody says otherwise.
const UPGRADE_MANIFESTS: std::time::Duration = std::time::Duration::from_secs(300);
const COMPONENTS: [Component; 4] = [
    Component::Etcd,
    Component::ApiServer,
    Component::ControllerManager,
    Component::Scheduler,
];

/// Plans the whole control plane of this node at once. In the run each component is waited for before the next one's files change.
///
/// A component whose manifest stays as it is keeps its certificates too. Former manifests and etcd's data are copied first; what
/// failed half-way is taken back by [`rollback_workflow`](super::rollback_workflow).
pub(super) struct ControlPlane;

impl Phase<UpgradeContext> for ControlPlane {
    fn plan(&self, cx: &Cx<'_, UpgradeContext>) -> Result<Plan, PhaseError> {
        let found = cx.config.found(cx)?;
        if !found.control_plane {
            let text = "no control plane runs on this node";
            return Ok(phases::noted(Note::info("upgrade.worker", text)));
        }
        let init = Cx::new(found.init()?, cx.files, cx.clock, cx.cancel);
        let mut plan = Planned::new(cx, init);
        for component in COMPONENTS {
            plan.component(component)?;
        }
        plan.administrators()?;
        Ok(plan.draft.finish())
    }

    fn retry(&self, cx: &Cx<'_, UpgradeContext>) -> RetryPolicy {
        let limit = cx.config.settings.timeouts.upgrade_manifests;
        let limit = limit.and_then(|limit| u64::try_from(limit.as_nanos()).ok());
        let limit = limit.map_or(UPGRADE_MANIFESTS, std::time::Duration::from_nanos);
        // Each component has that time.
        RetryPolicy::new().deadline(limit.saturating_mul(4))
    }
}

/// The plan in the making.
struct Planned<'a> {
    context: &'a UpgradeContext,
    init: Cx<'a, InitContext>,
    draft: Draft<'a>,
    node: String,
    backup: String,
    etcd_backup: String,
    changed: bool,
}

impl<'a> Planned<'a> {
    fn new(cx: &Cx<'a, UpgradeContext>, init: Cx<'a, InitContext>) -> Self {
        let folder = |prefix: &str| {
            let name = folder_of_now(prefix, cx.clock.now());
            cx.config.kubernetes(&format!("tmp/{name}"))
        };
        Self {
            context: cx.config,
            init,
            draft: cx.draft(),
            node: init.config.init.node_registration.name.clone(),
            backup: folder(MANIFEST_BACKUP),
            etcd_backup: folder(ETCD_BACKUP),
            changed: false,
        }
    }

    fn component(&mut self, component: Component) -> Result<(), PhaseError> {
        let path = format!("{}/{component}.yaml", self.init.config.manifests_dir());
        if component == Component::Etcd
            && (self.init.config.external_etcd() || !self.context.settings.etcd_upgrade)
        {
            return Ok(());
        }
        let Some(old) = self.init.files.read_if_exists(&path)? else {
            return Err(FileError::new("read", &path, FileErrorKind::NotFound).into());
        };
        let text = String::from_utf8_lossy(&old).into_owned();
        let there = yaml::read(&text).map_err(|report| {
            PhaseError::invalid("upgrade.broken-manifest", format!("{path}: {report}"))
        })?;
        if component == Component::Etcd && self.etcd_stays(&there)? {
            return Ok(());
        }
        let wanted = self.wanted(component, &there)?;
        let mirror = self.mirror(component)?;
        if there == wanted {
            self.unchanged(component, &wanted, mirror.as_ref());
            return Ok(());
        }
        self.changed = true;
        if component == Component::Etcd {
            self.copy_data();
        }
        self.renew(component)?;
        self.draft.dir(&self.backup, 0o700)?.file(
            &format!("{}/{component}.yaml", self.backup),
            0o600,
            Content::text(text),
        )?;
        self.draft
            .file(&path, 0o600, Content::text(yaml::write(&wanted)))?;
        let before = mirror.as_ref().and_then(hash);
        self.draft
            .effect(wait(&self.node, component.name(), before));
        if let (Component::Etcd, Some(_)) = (component, &self.context.etcd) {
            let title = "wait for the members of etcd".to_owned();
            self.draft.effect(
                Effect::new(ETCD_PORT, "etcd", title, json!({"available": true})).repeatable(),
            );
        }
        Ok(())
    }

    /// The Pod as it is to be. A member that joined others still says so: kubeadm forgets it, and a member that lost its data would
    /// then begin a cluster of its own.
    fn wanted(&mut self, component: Component, there: &Value) -> Result<Value, PhaseError> {
        if component != Component::Etcd || self.context.compat == Compat::Upstream {
            return phases::wanted_pod(&self.init, component, &mut self.draft);
        }
        let mut context = self.init.config.clone();
        context.etcd_members = other_members(there, &self.node);
        let cx = Cx::new(&context, self.init.files, self.init.clock, self.init.cancel);
        phases::wanted_pod(&cx, component, &mut self.draft)
    }

    /// The mirror Pod, if the API tells. One that does not answer is what the waits are for.
    fn mirror(&self, component: Component) -> Result<Option<Value>, PhaseError> {
        mirror(&self.context.api, &self.node, component.name())
    }

    /// A run that was interrupted while it waited left the new manifest; so the wait goes on.
    fn unchanged(&mut self, component: Component, wanted: &Value, mirror: Option<&Value>) {
        let name = component.name();
        let version = |pod: &Value| image(pod, name).map(|image| tag(image).to_owned());
        let behind = mirror.filter(|mirror| version(mirror) != version(wanted));
        if let (Some(mirror), Compat::Fixed) = (behind, self.context.compat) {
            self.draft.effect(wait(&self.node, name, hash(mirror)));
            return;
        }
        let text = format!("the manifest of {component} stays as it is");
        self.draft.note(Note::info("upgrade.unchanged", text));
    }

    /// etcd is replaced by a newer version only.
    fn etcd_stays(&mut self, there: &Value) -> Result<bool, PhaseError> {
        let kubernetes = &self.init.config.cluster.kubernetes_version;
        let own_tag = self.init.config.cluster.etcd.local.as_ref();
        let own_tag = own_tag.map_or("", |local| local.image_tag.as_str());
        let wanted = if own_tag.is_empty() {
            let known = etcd_version(kubernetes);
            known
                .map_err(|error| PhaseError::invalid("upgrade.bad-version", error.to_string()))?
                .version
        } else {
            own_tag
        };
        let current = image(there, "etcd").map(tag).unwrap_or_default();
        let (Some(wanted), Some(current)) = (parse(wanted), parse(current)) else {
            return Ok(false);
        };
        if wanted > current {
            return Ok(false);
        }
        let text = if release(&wanted) == release(&current) {
            format!("etcd {current} is the one that belongs to {kubernetes}")
        } else {
            format!("etcd {current} is newer than {wanted} and stays")
        };
        self.draft.note(Note::info("upgrade.etcd-stays", text));
        Ok(true)
    }

    /// The data of etcd, as they are before its new version touches them. What was copied before is not copied over.
    fn copy_data(&mut self) {
        let local = self.init.config.cluster.etcd.local.as_ref();
        let (Some(_), Some(local)) = (&self.context.machine, local) else {
            let text = "nobody copies the data of etcd before it is upgraded";
            self.draft
                .note(Note::warning("upgrade.no-data-backup", text));
            return;
        };
        let target = format!("{}/etcd", self.etcd_backup);
        let (make, copy) = (
            Command::new("mkdir", ["-p", "-m", "0700", self.etcd_backup.as_str()]),
            Command::new("cp", ["-r", "-n", local.data_dir.as_str(), target.as_str()]),
        );
        for command in [make, copy] {
            self.draft.push(Change::Effect(
                command.into_effect(self.etcd_backup.as_str()),
            ));
        }
    }

    fn renew(&mut self, component: Component) -> Result<(), PhaseError> {
        if !self.context.settings.certificate_renewal {
            return Ok(());
        }
        let names: &[&str] = match component {
            Component::Etcd => &["etcd-server", "etcd-peer", "etcd-healthcheck-client"],
            Component::ApiServer if self.init.config.external_etcd() => &[
                "apiserver",
                "apiserver-kubelet-client",
                "front-proxy-client",
            ],
            Component::ApiServer => &[
                "apiserver",
                "apiserver-kubelet-client",
                "front-proxy-client",
                "apiserver-etcd-client",
            ],
            Component::ControllerManager => &["controller-manager.conf"],
            Component::Scheduler => &["scheduler.conf"],
        };
        names.iter().try_for_each(|name| self.renew_one(name))
    }

    fn renew_one(&mut self, name: &str) -> Result<(), PhaseError> {
        let Plan { changes, notes } = renewed(&self.init, name)?;
        for change in changes {
            self.draft.push(change);
        }
        for note in notes {
            self.draft.note(note);
        }
        Ok(())
    }

    /// The administrators' credentials, once there is something new.
    fn administrators(&mut self) -> Result<(), PhaseError> {
        let asked = self.context.settings.certificate_renewal;
        if !asked || !(self.changed || self.context.compat == Compat::Upstream) {
            return Ok(());
        }
        self.renew_one("admin.conf")?;
        let path = self.init.config.kubeconfig_path("super-admin.conf");
        if self.init.files.stat(&path)?.is_some() {
            self.renew_one("super-admin.conf")?;
        }
        Ok(())
    }
}

/// The members that a manifest of etcd names beside its own, as names and peer URLs.
fn other_members(pod: &Value, own: &str) -> Vec<(String, String)> {
    let command = pod.pointer("/spec/containers/0/command");
    let words = command.and_then(Value::as_array).into_iter().flatten();
    let mut words = words.filter_map(Value::as_str);
    let members = words.find_map(|word| word.strip_prefix("--initial-cluster="));
    let members = members.unwrap_or_default().split(',');
    let members = members.filter_map(|member| member.split_once('='));
    members
        .filter(|(name, _)| *name != own)
        .map(|(name, url)| (name.to_owned(), url.to_owned()))
        .collect()
}

fn release(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}
