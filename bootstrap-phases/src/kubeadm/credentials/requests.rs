//! `certs generate-csr`: keys and requests, for an authority whose key is elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use componentconfig::yaml;
use serde_json::json;

use crate::kubeadm::InitContext;
use crate::kubeadm::phases::{ClusterKubeconfig, KUBECONFIGS};
use crate::kubeadm::pki::{self, CERTIFICATES, CertificateRequest, ClusterCertificate};
use crate::{Content, Cx, FileError, FileErrorKind, Node, Phase, PhaseError, Plan, Workflow};

/// The workflow `generate-csr`: a key and a request for every certificate that is signed, and for every kubeconfig one with the
/// key in it and a request beside it. A key or a request that is there already is an error.
pub fn requests_workflow() -> Workflow<InitContext> {
    let certificates = CERTIFICATES
        .iter()
        .filter(|certificate| certificate.authority.is_some());
    let certificates = certificates.map(|certificate| {
        Node::new(
            certificate.name,
            format!("Ask for the {}", certificate.description),
        )
        .run(Request(certificate))
    });
    let kubeconfigs = KUBECONFIGS.iter().map(|kubeconfig| {
        Node::new(
            kubeconfig.file,
            format!("Ask for the certificate of {}", kubeconfig.file),
        )
        .run(KubeconfigRequest(kubeconfig))
    });
    Workflow::new("generate-csr")
        .phases(certificates)
        .phases(kubeconfigs)
}

struct Request(&'static ClusterCertificate);

impl Phase<InitContext> for Request {
    fn plan(&self, cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
        let context = cx.config;
        if self.0.is_etcds() && context.external_etcd() {
            return Ok(Plan::up_to_date());
        }
        let base = context.pki_path(self.0.base_name);
        let (key_path, request_path) = (format!("{base}.key"), format!("{base}.csr"));
        absent(cx, &key_path)?;
        absent(cx, &request_path)?;
        let mut notes = Vec::new();
        let spec = self
            .0
            .spec(&context.init, &context.cluster, cx.clock.now(), &mut notes)?;
        let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
        let request = CertificateRequest::new(&spec, &key)?;
        let folder = base.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let mut draft = cx.draft();
        draft
            .dir(folder, 0o755)?
            .file(&key_path, 0o600, Content::secret(key.to_pem()?.as_bytes()))?
            .file(&request_path, 0o600, Content::text(request.to_pem()))?;
        Ok(Plan {
            notes,
            ..draft.finish()
        })
    }
}

struct KubeconfigRequest(&'static ClusterKubeconfig);

impl Phase<InitContext> for KubeconfigRequest {
    fn plan(&self, cx: &Cx<'_, InitContext>) -> Result<Plan, PhaseError> {
        let context = cx.config;
        let path = context.kubeconfig_path(self.0.file);
        let request_path = format!("{path}.csr");
        absent(cx, &path)?;
        absent(cx, &request_path)?;
        let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
        let request = CertificateRequest::new(&self.0.client(context, cx.clock.now()), &key)?;
        let (user, cluster) = (self.0.user(context), &context.cluster.cluster_name);
        let name = format!("{user}@{cluster}");
        // A kubelet whose certificate comes from elsewhere talks to the whole control plane, as one that joins does.
        let server = match self.0.file {
            "kubelet.conf" => context.control_plane_url()?,
            _ => self.0.server(context)?,
        };
        let text = yaml::write(&json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster, "cluster": {"server": server}}],
            "contexts": [{"name": name, "context": {"cluster": cluster, "user": user}}],
            "current-context": name,
            "users": [{
                "name": user,
                "user": {"client-key-data": STANDARD.encode(key.to_pem()?.as_bytes())},
            }],
        }));
        let mut draft = cx.draft();
        draft
            .dir(context.paths.kubeconfigs.trim_end_matches('/'), 0o755)?
            .file(&path, 0o600, Content::secret(text))?
            .file(&request_path, 0o600, Content::text(request.to_pem()))?;
        Ok(draft.finish())
    }
}

fn absent(cx: &Cx<'_, InitContext>, path: &str) -> Result<(), PhaseError> {
    if cx.files.stat(path)?.is_some() {
        return Err(FileError::new("make", path, FileErrorKind::AlreadyExists).into());
    }
    Ok(())
}
