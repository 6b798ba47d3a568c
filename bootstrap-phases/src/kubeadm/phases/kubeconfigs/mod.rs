//! `kubeconfig`: the credentials of the administrators, the kubelet and the two components that talk to the API server.
//!
//! Follows `cmd/kubeadm/app/cmd/phases/init/kubeconfig.go` and `cmd/kubeadm/app/phases/kubeconfig`.

use std::time::SystemTime;

use super::{NOTHING, noted};
use crate::kubeadm::InitContext;
use crate::kubeadm::kubeconfig::{Credentials, Data, Kubeconfig, KubeconfigSpec};
use crate::kubeadm::net::NetError;
use crate::kubeadm::pki::existing::{Bundle, Pair};
use crate::kubeadm::pki::{
    self, Authority, CERTIFICATES, CertSpec, Certificate, FileProblem, PrivateKey, Problem, Usage,
    Validity,
};
use crate::{Compat, Content, Cx, FileErrorKind, Files, Node, Note, Phase, PhaseError, Plan};

/// One kubeconfig of a control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterKubeconfig {
    /// Name of its phase: `controller-manager`.
    pub name: &'static str,
    /// Name of its file: `controller-manager.conf`.
    pub file: &'static str,
    short: &'static str,
    user: User,
    organizations: &'static [&'static str],
    server: Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum User {
    Fixed(&'static str),
    /// `system:node:` and the node's name.
    Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    /// The endpoint of the whole control plane.
    ControlPlane,
    /// The API server on this node: the components beside it must not be newer than it.
    Local,
}

/// All of them, in the order of kubeadm's phases.
pub const KUBECONFIGS: [ClusterKubeconfig; 5] = [
    ClusterKubeconfig {
        name: "admin",
        file: "admin.conf",
        short: "Generate a kubeconfig file for the admin to use and for kubeadm itself",
        user: User::Fixed("kubernetes-admin"),
        organizations: &["kubeadm:cluster-admins"],
        server: Server::ControlPlane,
    },
    ClusterKubeconfig {
        name: "super-admin",
        file: "super-admin.conf",
        short: "Generate a kubeconfig file for the super-admin",
        user: User::Fixed("kubernetes-super-admin"),
        organizations: &["system:masters"],
        server: Server::ControlPlane,
    },
    ClusterKubeconfig {
        name: "kubelet",
        file: "kubelet.conf",
        short: "Generate a kubeconfig file for the kubelet to use *only* for cluster bootstrapping purposes",
        user: User::Node,
        organizations: &["system:nodes"],
        server: Server::Local,
    },
    ClusterKubeconfig {
        name: "controller-manager",
        file: "controller-manager.conf",
        short: "Generate a kubeconfig file for the controller manager to use",
        user: User::Fixed("system:kube-controller-manager"),
        organizations: &[],
        server: Server::Local,
    },
    ClusterKubeconfig {
        name: "scheduler",
        file: "scheduler.conf",
        short: "Generate a kubeconfig file for the scheduler to use",
        user: User::Fixed("system:kube-scheduler"),
        organizations: &[],
        server: Server::Local,
    },
];

const FLAGS: [&str; 8] = [
    "apiserver-advertise-address",
    "control-plane-endpoint",
    "apiserver-bind-port",
    "cert-dir",
    "config",
    "kubeconfig-dir",
    "kubernetes-version",
    "dry-run",
];

/// The phase `kubeconfig` with all below it: makes the kubeconfigs that are not there yet.
///
/// One that is there has to trust the authority of the cluster; another server only earns a warning. By default its client
/// certificate, if it stands in the file, has to be sound too; with [`Compat::Upstream`] nobody looks at it.
pub fn kubeconfig() -> Node<InitContext> {
    let short = "Generate all kubeconfig files necessary to establish the control plane and the admin kubeconfig file";
    Node::new("kubeconfig", short)
        .after(NOTHING)
        .run(folder)
        .children([Node::run_all("Generate all kubeconfig files")
            .inherit_flags(FLAGS)
            .inherit_flags(["node-name"])])
        .children(KUBECONFIGS.iter().map(file))
}

fn file(kubeconfig: &'static ClusterKubeconfig) -> Node<InitContext> {
    let node = Node::new(kubeconfig.name, kubeconfig.short)
        .inherit_flags(FLAGS)
        .inputs(["pki/ca"])
        .outputs([format!("kubeconfig/{}", kubeconfig.file)])
        .run(File(kubeconfig));
    if kubeconfig.user == User::Node {
        node.inherit_flags(["node-name"])
    } else {
        node
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a phase")]
fn folder(cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
    let text = format!(
        "using the kubeconfigs' folder {}",
        cx.config.paths.kubeconfigs
    );
    Ok(noted(Note::info("kubeconfig.folder", text)))
}

/// A phase that makes one kubeconfig.
struct File(&'static ClusterKubeconfig);

impl Phase<InitContext> for File {
    fn plan(&self, cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
        let (context, now) = (cx.config, cx.clock.now());
        let authority = Pair::look(cx.files, &context.pki_path(CERTIFICATES[0].base_name))?;
        let mut notes = Vec::new();
        if authority.is_external_authority() {
            let text = format!(
                "the authority is kept elsewhere: using the {} that was provided",
                self.0.file
            );
            return Ok(noted(Note::info("kubeconfig.external-ca", text)));
        }
        let (certificate, key) = (&authority.bundle()?.first, authority.key()?);
        if context.compat == Compat::Fixed {
            authority.decide_authority(context.compat, now, &mut notes)?;
        }
        authority.warn_of_period(certificate, now, &mut notes);
        let path = context.kubeconfig_path(self.0.file);
        let signer = Authority::new(certificate.clone(), key.clone())?;
        if self
            .0
            .find(context, cx.files, &[certificate], now, &mut notes)??
        {
            notes.push(Note::info(
                "kubeconfig.kept",
                format!("using the existing kubeconfig {path}"),
            ));
            return Ok(Plan {
                notes,
                ..Plan::up_to_date()
            });
        }
        let content = self.0.spec(context, &signer, now)?.render()?;
        notes.push(Note::info(
            "kubeconfig.made",
            format!("writing the kubeconfig {path}"),
        ));
        let mut draft = cx.draft();
        draft.dir(context.paths.kubeconfigs.trim_end_matches('/'), 0o755)?;
        draft.file(&path, 0o600, Content::Secret(content))?;
        let plan = draft.finish();
        Ok(Plan { notes, ..plan })
    }
}

impl ClusterKubeconfig {
    /// The kubeconfig with a new client certificate. It begins when the authority began, as kubeadm's does.
    fn spec(
        &self,
        context: &InitContext,
        signer: &Authority,
        now: SystemTime,
    ) -> Result<KubeconfigSpec, PhaseError> {
        let not_after = pki::leaf_validity(&context.cluster, now).not_after();
        let validity = Validity::between(signer.certificate().validity().not_before(), not_after);
        let user = self.user(context);
        let spec =
            CertSpec::leaf(&user, &[Usage::ClientAuth], validity).organizations(self.organizations);
        let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
        let certificate = signer.issue(&spec, key.public_key(), context.keys.as_ref())?;
        Ok(KubeconfigSpec {
            server: self.server(context)?,
            cluster: context.cluster.cluster_name.clone(),
            user,
            authority: signer.certificate().clone(),
            credentials: Credentials::Certificate { certificate, key },
        })
    }

    /// What a request for the client certificate says.
    pub(in crate::kubeadm) fn client(&self, context: &InitContext, now: SystemTime) -> CertSpec {
        let validity = pki::leaf_validity(&context.cluster, now);
        CertSpec::leaf(self.user(context), &[Usage::ClientAuth], validity)
            .organizations(self.organizations)
    }

    pub(in crate::kubeadm) fn user(&self, context: &InitContext) -> String {
        match self.user {
            User::Fixed(name) => name.to_owned(),
            User::Node => format!("system:node:{}", context.init.node_registration.name),
        }
    }

    pub(in crate::kubeadm) fn server(&self, context: &InitContext) -> Result<String, NetError> {
        match self.server {
            Server::ControlPlane => context.control_plane_url(),
            Server::Local => Ok(context.local_endpoint()?.url()),
        }
    }

    /// Whether the file is there, and then whether it will do. `trusted` are the authorities of which it has to know one.
    pub(super) fn find(
        &self,
        context: &InitContext,
        files: &dyn Files,
        trusted: &[&Certificate],
        now: SystemTime,
        notes: &mut Vec<Note>,
    ) -> Result<Result<bool, FileProblem>, PhaseError> {
        let path = context.kubeconfig_path(self.file);
        let text = match files.read(&path) {
            Ok(text) => zeroize::Zeroizing::new(text),
            Err(error) if error.kind == FileErrorKind::NotFound => return Ok(Ok(false)),
            Err(error) => return Err(error.into()),
        };
        let server = self.server(context)?;
        let check = Check {
            files,
            path: &path,
            server: &server,
            trusted,
            compat: context.compat,
            now,
        };
        let authority = context.pki_path("ca.crt");
        let result = check.run(&text, authority, notes);
        Ok(result
            .map(|()| true)
            .map_err(|problem| FileProblem::new(path, problem)))
    }
}

/// What an existing kubeconfig is held against.
struct Check<'a> {
    files: &'a dyn Files,
    path: &'a str,
    server: &'a str,
    trusted: &'a [&'a Certificate],
    compat: Compat,
    now: SystemTime,
}

impl Check<'_> {
    fn run(&self, text: &[u8], authority: String, notes: &mut Vec<Note>) -> Result<(), Problem> {
        let broken = |why: String| Problem::BrokenKubeconfig { why };
        let kubeconfig = Kubeconfig::parse(text).map_err(|e| broken(e.to_string()))?;
        let known = self.data(&kubeconfig.authority, notes);
        let known = Certificate::bundle_from_pem(&known)
            .map_err(|e| broken(format!("certificate-authority: {e}")))?;
        // kubeadm compares the first one only.
        if !known
            .first()
            .is_some_and(|first| self.trusted.contains(&first))
        {
            return Err(Problem::OtherTrust { authority });
        }
        if kubeconfig.server != self.server {
            let (path, found, server) = (self.path, &kubeconfig.server, self.server);
            let text =
                format!("the kubeconfig {path} has the server {found:?} instead of {server:?}");
            notes.push(Note::warning("kubeconfig.other-server", text));
        }
        if self.compat == Compat::Upstream {
            return Ok(());
        }
        self.client(&kubeconfig)
            .map_err(|why| Problem::UnsoundKubeconfig { why })
    }

    /// Looks at the client certificate that stands in the file; one in a file of its own is that file's owner's business.
    fn client(&self, kubeconfig: &Kubeconfig) -> Result<(), String> {
        let Data::Inline(certificate) = &kubeconfig.client_certificate else {
            return Ok(());
        };
        let field = |error: &dyn std::fmt::Display| format!("client-certificate-data: {error}");
        let bundle = Bundle::from_pem(certificate.expose()).map_err(|e| field(&e))?;
        let verify =
            |authority: &&Certificate| bundle.first.verify(&bundle.others, authority, self.now);
        if let Some(Err(why)) = self.trusted.iter().map(verify).reduce(Result::or) {
            return Err(field(&why));
        }
        let Data::Inline(key) = &kubeconfig.client_key else {
            return Ok(());
        };
        let key =
            PrivateKey::from_pem(key.expose()).map_err(|e| format!("client-key-data: {e}"))?;
        if key.public_key() == bundle.first.public_key() {
            return Ok(());
        }
        Err("client-key-data: does not belong to client-certificate-data".to_owned())
    }

    /// What stands in the kubeconfig or in the file it names. A file that cannot be read is a warning, and its trust missing.
    fn data(&self, data: &Data, notes: &mut Vec<Note>) -> Vec<u8> {
        let name = match data {
            Data::None => return Vec::new(),
            Data::Inline(bytes) => return bytes.expose().to_vec(),
            Data::File(name) => name,
        };
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let file = if name.starts_with('/') {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        self.files.read(&file).unwrap_or_else(|error| {
            let text = format!(
                "the kubeconfig {} names an authority that cannot be read: {error}",
                self.path
            );
            notes.push(Note::warning("kubeconfig.authority-unreadable", text));
            Vec::new()
        })
    }
}

#[cfg(test)]
mod tests;
