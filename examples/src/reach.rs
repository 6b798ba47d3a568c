//! How a node that joins reaches the API: as whom, and whether it is let in.

use std::time::{SystemTime, UNIX_EPOCH};

use apply_semantics::op::{Executor, Operation, Outcome, Reason, Refusal, ResourceRef};
use apply_server::Server;
use bootstrap_phases::{
    PhaseError, Secret,
    kubeadm::{
        api::Api,
        join::{Connect, Credentials, Endpoint},
        objects::token,
    },
};

/// The API server of a cluster inside this process.
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "a server need not show itself"
)]
pub struct Reach(Server);

impl Reach {
    /// A way to that server.
    pub const fn new(server: Server) -> Self {
        Self(server)
    }
}

impl Connect for Reach {
    fn connect(&self, endpoint: &Endpoint) -> Result<Api, PhaseError> {
        let token = match &endpoint.credentials {
            Credentials::Token(token) => Some(token.clone()),
            _ => None,
        };
        Ok(Api::new(Client {
            server: self.0.clone(),
            token,
        }))
    }
}

/// The server lets everybody in; who comes with a token has to have one that lives.
struct Client {
    server: Server,
    token: Option<Secret>,
}

impl Executor for Client {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        match &self.token {
            Some(token) if !is_known(&self.server, token) => {
                Err(Refusal::new(Reason::Unauthorized, "Unauthorized"))
            }
            _ => self.server.execute(operation),
        }
    }
}

fn is_known(server: &Server, text: &Secret) -> bool {
    let text = String::from_utf8_lossy(text.expose());
    let id = text.split('.').next().unwrap_or_default();
    let target = ResourceRef::of_kind("v1", "Secret")
        .within("kube-system")
        .named(token::secret_name(id));
    let found = server.execute(&Operation::get(target)).ok();
    let known = found
        .and_then(Outcome::into_object)
        .and_then(|secret| token::of_secret(&secret).ok());
    known.is_some_and(|known| {
        let same = known.token.is_some_and(|token| token.expose() == text);
        let may = known.usages.iter().any(|usage| usage == "authentication");
        same && may && known.expires.is_none_or(|end| end.unix() > now())
    })
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}
