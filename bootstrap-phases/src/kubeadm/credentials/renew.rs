//! `certs renew`: new certificates like those that are there, with new keys.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use componentconfig::yaml;

use super::{Renewable, all, current};
use crate::kubeadm::InitContext;
use crate::kubeadm::kubeconfig::{Data, Kubeconfig};
use crate::kubeadm::pki::existing::Pair;
use crate::kubeadm::pki::{self, Authority, Certificate, FileProblem, PrivateKey, Problem};
use crate::{Compat, Content, Cx, Draft, Node, Note, Owner, Phase, PhaseError, Plan, Workflow};

/// What certificates are renewed from.
#[derive(Clone)]
pub struct Renewal {
    /// The cluster; of its configuration, only where files lie, and period and algorithm of certificates count.
    pub context: InitContext,
    /// Certificates that began before are renewed: the time at which the renewal was begun. A run that goes on after a crash
    /// has to be given the time of the first one, so that nothing is renewed twice.
    pub since: SystemTime,
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// The workflow `renew`: a phase for every certificate and kubeconfig, named as on kubeadm's command line. A selection of one phase
/// is `certs renew NAME`, all of them are `certs renew all`. They are independent of each other
/// ([`Runner::jobs`](crate::Runner::jobs)), and undone where copies are kept ([`Runner::keep`](crate::Runner::keep)).
///
/// Subject, names and usages are those of the certificate that is there, not those of the configuration. Where the authority's
/// key is elsewhere nothing is renewed, and a warning says so. What is not there is left out, with a warning.
pub fn renew_workflow(external_etcd: bool) -> Workflow<Renewal> {
    let phases = all(external_etcd).into_iter().map(|one| {
        // Each looks at its own files and at authorities, which none of them changes.
        Node::new(one.name(), format!("Renew the {}", one.description()))
            .outputs([format!("renewed/{}", one.name())])
            .undoable()
            .run(Renew(one))
    });
    Workflow::new("renew").phases(phases)
}

/// Plans to renew the certificate or kubeconfig of this name, unless it was made this very moment.
pub(crate) fn renewed(cx: &Cx<'_, InitContext>, name: &str) -> Result<Plan, PhaseError> {
    let Some(one) = all(false).into_iter().find(|one| one.name() == name) else {
        return Ok(Plan::up_to_date());
    };
    let renewal = Renewal {
        context: cx.config.clone(),
        since: cx.clock.now(),
    };
    Renew(one).plan(&Cx::new(&renewal, cx.files, cx.clock, cx.cancel))
}

struct Renew(Renewable);

impl Phase<Renewal> for Renew {
    fn plan(&self, cx: &Cx<'_, Renewal>) -> Result<Plan, PhaseError> {
        let context = &cx.config.context;
        let what = self.0.description();
        let Some(authority) = self.0.authority() else {
            return Ok(Plan::up_to_date());
        };
        let signer = Pair::look(cx.files, &context.pki_path(authority.base_name))?;
        if signer.is_external_authority() {
            let text =
                format!("the authority's key is elsewhere: the {what} cannot be renewed here");
            return Ok(noted(Note::warning("renew.external-ca", text)));
        }
        let Some(old) = self.old(cx)? else {
            let text = format!("the {what} is missing and not renewed");
            return Ok(noted(Note::warning("renew.missing", text)));
        };
        if old.validity().not_before() + pki::BACKDATE >= cx.config.since {
            return Ok(noted(Note::info(
                "renew.done",
                format!("the {what} is renewed"),
            )));
        }
        let (certificate, key) = signer.signing()?;
        let signer = Authority::new(certificate.clone(), key.clone())?;
        let key = context.keys.generate(pki::algorithm(&context.cluster)?)?;
        let validity = pki::leaf_validity(&context.cluster, cx.clock.now());
        let made = signer.issue(&old.spec(validity), key.public_key(), context.keys.as_ref())?;
        let mut plan = self.written(cx, &signer, &made, &key)?;
        plan.notes.push(Note::info(
            "renew.renewed",
            format!("the {what} is renewed"),
        ));
        Ok(plan)
    }
}

impl Renew {
    /// The certificate that is there.
    fn old(&self, cx: &Cx<'_, Renewal>) -> Result<Option<Certificate>, PhaseError> {
        let path = self.0.path(&cx.config.context);
        match self.0 {
            Renewable::Certificate(_) => {
                let path = format!("{path}.crt");
                match cx.files.read_if_exists(&path)? {
                    Some(text) => Ok(Some(Certificate::from_pem(&text)?)),
                    None => Ok(None),
                }
            }
            Renewable::Kubeconfig { .. } => match cx.files.read_if_exists(&path)? {
                Some(text) => client_certificate(&path, &text).map(Some),
                None => Ok(None),
            },
        }
    }

    fn written(
        &self,
        cx: &Cx<'_, Renewal>,
        signer: &Authority,
        made: &Certificate,
        key: &PrivateKey,
    ) -> Result<Plan, PhaseError> {
        let path = self.0.path(&cx.config.context);
        let mut draft = cx.draft();
        match self.0 {
            Renewable::Certificate(_) => {
                let pem = Content::secret(key.to_pem()?.as_bytes());
                replace(cx, &mut draft, &format!("{path}.key"), 0o600, pem)?;
                let pem = Content::text(made.to_pem());
                replace(cx, &mut draft, &format!("{path}.crt"), 0o644, pem)?;
            }
            Renewable::Kubeconfig { .. } => {
                let text = cx.files.read(&path)?;
                let text = with_credentials(&path, &text, signer, made, key)?;
                replace(cx, &mut draft, &path, 0o600, Content::secret(text))?;
            }
        }
        Ok(draft.finish())
    }
}

/// Wants other content in a file that may belong to the user of a component: then it keeps owner and mode, but others never read a
/// secret, whatever they could before.
fn replace(
    cx: &Cx<'_, Renewal>,
    draft: &mut Draft<'_>,
    path: &str,
    mode: u32,
    content: Content,
) -> Result<(), PhaseError> {
    let Some(there) = cx.files.stat(path)? else {
        draft.file(path, mode, content)?;
        return Ok(());
    };
    let ours = there.owner == Owner { uid: 0, gid: 0 };
    let secret = matches!(content, Content::Secret(_));
    let mode = match cx.config.context.compat {
        Compat::Fixed if ours => mode,
        Compat::Fixed if secret => there.mode & 0o770,
        Compat::Fixed | Compat::Upstream => there.mode,
    };
    if ours {
        draft.file(path, mode, content)?;
    } else {
        draft.owned_file(path, mode, there.owner, content)?;
    }
    Ok(())
}

fn noted(note: Note) -> Plan {
    Plan {
        notes: vec![note],
        ..Plan::up_to_date()
    }
}

/// The client certificate in a kubeconfig.
pub(super) fn client_certificate(path: &str, text: &[u8]) -> Result<Certificate, PhaseError> {
    let broken = |why: String| FileProblem::new(path, Problem::BrokenKubeconfig { why });
    let kubeconfig = Kubeconfig::parse(text).map_err(|error| broken(error.to_string()))?;
    let Data::Inline(pem) = &kubeconfig.client_certificate else {
        return Err(broken("no client certificate stands in it".to_owned()).into());
    };
    let certificate = Certificate::from_pem(pem.expose());
    Ok(certificate.map_err(|error| broken(format!("client-certificate-data: {error}")))?)
}

/// A kubeconfig with other credentials, and the authority that signed them.
fn with_credentials(
    path: &str,
    text: &[u8],
    signer: &Authority,
    certificate: &Certificate,
    key: &PrivateKey,
) -> Result<String, PhaseError> {
    let broken = |why: &str| {
        FileProblem::new(
            path,
            Problem::BrokenKubeconfig {
                why: why.to_owned(),
            },
        )
    };
    let text = std::str::from_utf8(text).map_err(|_| broken("it is not UTF-8 text"))?;
    let mut kubeconfig = yaml::read(text).map_err(|_| broken("it is not YAML"))?;
    let user = current(&mut kubeconfig, "users", "user");
    let user = user.ok_or_else(|| broken("its current context has no user"))?;
    let encoded = |text: &[u8]| STANDARD.encode(text).into();
    user.insert(
        "client-certificate-data".to_owned(),
        encoded(certificate.to_pem().as_bytes()),
    );
    user.insert(
        "client-key-data".to_owned(),
        encoded(key.to_pem()?.as_bytes()),
    );
    let cluster = current(&mut kubeconfig, "clusters", "cluster");
    let cluster = cluster.ok_or_else(|| broken("its current context has no cluster"))?;
    let authority = encoded(signer.certificate().to_pem().as_bytes());
    cluster.insert("certificate-authority-data".to_owned(), authority);
    Ok(yaml::write(&kubeconfig))
}
