//! Certificates for one port.

use std::{io, net::IpAddr, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
        server::WebPkiClientVerifier,
    },
};

/// Who the server is, and who may come in. The texts are PEM in base64, as a kubeconfig has them.
pub(super) struct Identity {
    pub(super) acceptor: TlsAcceptor,
    pub(super) authority: String,
    pub(super) client: Option<Client>,
}

/// The one who may come in.
pub(super) struct Client {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Identity {
    /// One that is made for this port.
    pub(super) fn new(address: IpAddr, client_certificates: bool) -> io::Result<Self> {
        let authority = authority().map_err(io::Error::other)?;
        let (certificate, key) = server(address, &authority).map_err(io::Error::other)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![certificate.der().clone()];
        let (clients, client) = if client_certificates {
            let client = client(&authority).map_err(io::Error::other)?;
            (vec![authority.as_ref().der().clone()], Some(client))
        } else {
            (Vec::new(), None)
        };
        Ok(Self {
            acceptor: acceptor(chain, key, clients)?,
            authority: BASE64_STANDARD.encode(authority.as_ref().pem()),
            client,
        })
    }

    /// One that somebody else made. The kubeconfig leaves it to the client to have a certificate.
    pub(super) fn given(given: &Given) -> io::Result<Self> {
        let chain = certificates(&given.certificate, "certificate")?;
        let key = PrivateKeyDer::from_pem_slice(&given.key)
            .map_err(|_| io::Error::other("the key is no private key in PEM"))?;
        let clients = certificates(&given.authority, "authority")?;
        Ok(Self {
            acceptor: acceptor(chain, key, clients)?,
            authority: BASE64_STANDARD.encode(&given.authority),
            client: None,
        })
    }
}

/// Certificates and a key that somebody else made, in PEM.
pub(super) struct Given {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) authority: Vec<u8>,
}

fn certificates(pem: &[u8], what: &str) -> io::Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(io::Error::other(format!(
            "the {what} is no certificate in PEM"
        ))),
    }
}

/// Clients have to have a certificate of one of those authorities; without any, everybody is let in.
fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clients: Vec<CertificateDer<'static>>,
) -> io::Result<TlsAcceptor> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let config = if clients.is_empty() {
        config.with_no_client_auth()
    } else {
        let mut roots = RootCertStore::empty();
        for client in clients {
            roots.add(client).map_err(io::Error::other)?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        config.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
    };
    let mut config = config
        .with_single_cert(chain, key)
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Result<Authority, rcgen::Error> {
    let mut params = CertificateParams::default();
    named(&mut params, "apply-server-ca");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server(
    address: IpAddr,
    authority: &Authority,
) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut names = vec![
        "localhost".to_owned(),
        "kubernetes".to_owned(),
        "kubernetes.default".to_owned(),
        "kubernetes.default.svc".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    let address = address.to_string();
    if !names.contains(&address) {
        names.push(address);
    }
    let mut params = CertificateParams::new(names)?;
    named(&mut params, "kube-apiserver");
    sign(params, ExtendedKeyUsagePurpose::ServerAuth, authority)
}

/// The one that kubeadm makes for an administrator.
fn client(authority: &Authority) -> Result<Client, rcgen::Error> {
    let mut params = CertificateParams::default();
    named(&mut params, "kubernetes-admin");
    let group = "kubeadm:cluster-admins";
    params
        .distinguished_name
        .push(DnType::OrganizationName, group);
    let (certificate, key) = sign(params, ExtendedKeyUsagePurpose::ClientAuth, authority)?;
    let text = |pem: String| BASE64_STANDARD.encode(pem);
    Ok(Client {
        certificate: text(certificate.pem()),
        key: text(key.serialize_pem()),
    })
}

fn sign(
    mut params: CertificateParams,
    usage: ExtendedKeyUsagePurpose,
    authority: &Authority,
) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    Ok((certificate, key))
}

fn named(params: &mut CertificateParams, name: &str) {
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
}
