use std::{fmt, io, net::SocketAddr, sync::Arc};

use serde_json::{Value, json};

use super::connection::Door;
use crate::server::Server;

/// How a server listens: encrypted or not, and for whom.
///
/// ```
/// use apply_server::ListenOptions;
///
/// let options = ListenOptions::new().bearer_token("let-me-in");
/// assert!(!format!("{options:?}").contains("let-me-in"));
/// ```
#[derive(Clone, Default)]
pub struct ListenOptions {
    token: Option<Arc<str>>,
    service_accounts: bool,
    #[cfg(feature = "tls")]
    tls: bool,
    #[cfg(feature = "tls")]
    client_certificates: bool,
    #[cfg(feature = "tls")]
    given: Option<Arc<super::tls::Given>>,
}

impl ListenOptions {
    /// Not encrypted, and for everybody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only for who shows that token, or one of [`Builder::user_token`](crate::Builder::user_token); others are answered
    /// 401. `/healthz`, `/livez`, `/readyz` and `/version` are for everybody.
    #[must_use]
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into().into());
        self
    }

    /// For service accounts too, by the tokens that the server gives them. Nobody signs these: who knows the uid of a service account
    /// can write one.
    #[must_use]
    pub fn service_account_tokens(mut self) -> Self {
        self.service_accounts = true;
        self
    }

    /// Encrypted (feature `tls`), with a certificate of an authority that is made for this port alone, and that the kubeconfig names.
    /// Clients choose between HTTP/2 and HTTP/1.1.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Encrypted (feature `tls`), and only for who has a certificate of the same authority, as the kubeconfig has one: for
    /// `kubernetes-admin` of the group `kubeadm:cluster-admins`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn client_certificates(mut self) -> Self {
        self.tls = true;
        self.client_certificates = true;
        self
    }

    /// Encrypted (feature `tls`) with this certificate and key, and only for who has a certificate of this authority: those of a
    /// cluster, all in PEM. The kubeconfig names the authority, and no client certificate: clients have their own. The name
    /// of a client's certificate is its user, the organisations are the groups.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn certificates(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
        authority: impl Into<Vec<u8>>,
    ) -> Self {
        self.tls = true;
        self.given = Some(Arc::new(super::tls::Given {
            certificate: certificate.into(),
            key: key.into(),
            authority: authority.into(),
        }));
        self
    }

    #[cfg_attr(
        not(feature = "tls"),
        expect(clippy::unnecessary_wraps, reason = "making certificates can fail")
    )]
    /// What lets clients in at an address, and the kubeconfig that goes with it.
    pub(super) fn door(&self, server: &Server, address: SocketAddr) -> io::Result<(Door, String)> {
        #[cfg_attr(
            not(feature = "tls"),
            expect(unused_mut, reason = "certificates go there")
        )]
        let mut user = match &self.token {
            Some(token) => json!({"token": &**token}),
            None => json!({}),
        };
        #[cfg_attr(
            not(feature = "tls"),
            expect(unused_mut, reason = "certificates go there")
        )]
        let mut cluster = json!({"server": format!("http://{address}")});
        #[cfg(feature = "tls")]
        let acceptor = if self.tls {
            let identity = match &self.given {
                Some(given) => super::tls::Identity::given(given)?,
                None => super::tls::Identity::new(address.ip(), self.client_certificates)?,
            };
            cluster = json!({
                "server": format!("https://{address}"),
                "certificate-authority-data": identity.authority,
            });
            if let (Some(client), Some(user)) = (identity.client, user.as_object_mut()) {
                user.insert(
                    "client-certificate-data".to_owned(),
                    client.certificate.into(),
                );
                user.insert("client-key-data".to_owned(), client.key.into());
            }
            Some(identity.acceptor)
        } else {
            None
        };
        let door = Door {
            server: server.clone(),
            token: self.token.clone(),
            service_accounts: self.service_accounts,
            turns: Arc::default(),
            #[cfg(feature = "tls")]
            acceptor,
        };
        Ok((door, kubeconfig(&cluster, &user)))
    }
}

impl fmt::Debug for ListenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ListenOptions");
        shown
            .field("token", &self.token.as_ref().map(|_| "..."))
            .field("service_accounts", &self.service_accounts);
        #[cfg(feature = "tls")]
        shown
            .field("tls", &self.tls)
            .field("client_certificates", &self.client_certificates)
            .field("given", &self.given.as_ref().map(|_| "..."));
        shown.finish()
    }
}

fn kubeconfig(cluster: &Value, user: &Value) -> String {
    let name = "apply-server";
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    });
    format!("{config:#}\n")
}
