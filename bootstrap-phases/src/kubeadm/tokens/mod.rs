//! Bootstrap tokens: made at random; created, listed and deleted; and as the command that other nodes join with.
//!
//! Follows `cmd/kubeadm/app/cmd/token.go` and `cmd/kubeadm/app/cmd/util/join.go`.

mod commands;

pub use commands::{
    DeleteContext, TokenContext, create_workflow, delete_workflow, document, list, table, wanted,
};

use componentconfig::kubeadm::token::Token;

use super::InitContext;
use super::kubeconfig::{Data, Kubeconfig};
use super::pki::{Certificate, KeySource};
use crate::{Cx, PhaseError, Secret};

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const BLOCK: usize = 32;

/// A token whose characters are random, each as likely as any other.
///
/// # Errors
/// There is no randomness.
pub fn random(keys: &dyn KeySource) -> Result<Token, PhaseError> {
    let mut fill = |bytes: &mut [u8; BLOCK]| Ok(keys.fill(bytes)?);
    made_of(&mut fill)
}

/// The token that follows from a secret and what it is for: whoever knows both makes the same one again, so that work that was
/// interrupted does not leave one token for each attempt.
///
/// # Errors
/// None in practice: the characters never run out.
pub fn derived(secret: &Secret, purpose: &[u8]) -> Result<Token, PhaseError> {
    let mut number: u64 = 0;
    let mut fill = |bytes: &mut [u8; BLOCK]| {
        let text = [&number.to_be_bytes()[..], purpose].concat();
        *bytes = hmac_sha256::HMAC::mac(text, secret.expose());
        number += 1;
        Ok(())
    };
    made_of(&mut fill)
}

/// Fills a block with bytes.
type Fill<'a> = &'a mut dyn FnMut(&mut [u8; BLOCK]) -> Result<(), PhaseError>;

fn made_of(fill: Fill<'_>) -> Result<Token, PhaseError> {
    let id = characters(fill, 6)?;
    let secret = characters(fill, 16)?;
    Token::new(id, secret)
        .map_err(|_| PhaseError::fatal("token.not-made", "no token could be made"))
}

/// The ID that a word means: that of a token, or an ID itself. `None` if it is neither.
pub fn id_of(word: &str) -> Option<String> {
    if let Ok(token) = word.parse::<Token>() {
        return Some(token.id().to_owned());
    }
    let right = word.len() == 6 && word.bytes().all(|byte| ALPHABET.contains(&byte));
    right.then(|| word.to_owned())
}

fn characters(fill: Fill<'_>, count: usize) -> Result<String, PhaseError> {
    let mut text = String::new();
    let mut bytes = [0; BLOCK];
    while text.len() < count {
        fill(&mut bytes)?;
        // 252 is the greatest multiple of 36 that a byte holds: bytes above it would make some characters likelier.
        let fair = bytes.iter().filter(|byte| **byte < 252);
        let picked = fair.filter_map(|byte| ALPHABET.get(usize::from(byte % 36)));
        text.extend(
            picked
                .take(count - text.len())
                .map(|byte| char::from(*byte)),
        );
    }
    Ok(text)
}

/// The server and the authority of the cluster that the administrators' kubeconfig leads to.
///
/// # Errors
/// There is no such file, or it names no authority.
pub fn admin_cluster(cx: &Cx<'_, InitContext>) -> Result<(String, Vec<u8>), PhaseError> {
    let path = cx.config.admin_kubeconfig();
    let broken = |why: String| PhaseError::invalid("join.no-admin-conf", format!("{path}: {why}"));
    let kubeconfig =
        Kubeconfig::parse(&cx.files.read(&path)?).map_err(|error| broken(error.to_string()))?;
    let authority = match kubeconfig.authority {
        Data::Inline(pem) => pem.expose().to_vec(),
        Data::File(file) => cx.files.read(&file)?,
        Data::None => return Err(broken("it names no authority".to_owned())),
    };
    Ok((kubeconfig.server, authority))
}

/// The command that other nodes join a cluster with. Never shows its token.
#[derive(Clone)]
pub struct JoinCommand {
    /// Host and port of the control plane.
    pub endpoint: String,
    /// The token.
    pub token: Option<Token>,
    /// Pins of the authorities that the cluster may have, `sha256:...`.
    pub pins: Vec<String>,
}

impl JoinCommand {
    /// The command for the cluster that `admin.conf` leads to.
    ///
    /// # Errors
    /// There is no `admin.conf`, or it names no authority.
    pub fn of_admin(cx: &Cx<'_, InitContext>) -> Result<Self, PhaseError> {
        let (server, authority) = admin_cluster(cx)?;
        let broken = |why: String| PhaseError::invalid("join.no-admin-conf", why);
        let certificates =
            Certificate::bundle_from_pem(&authority).map_err(|error| broken(error.to_string()))?;
        let tokens = &cx.config.init.bootstrap_tokens;
        Ok(Self {
            endpoint: server.trim_start_matches("https://").to_owned(),
            token: tokens.iter().find_map(|token| token.token.clone()),
            pins: certificates
                .iter()
                .map(|one| one.public_key().pin())
                .collect(),
        })
    }

    /// The command with its token. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> String {
        let token = self.token.as_ref().map(Token::expose);
        self.with_token(token.as_deref().unwrap_or("<token>"))
    }

    /// The command with the public part of its token only.
    pub fn without_secrets(&self) -> String {
        let token = self
            .token
            .as_ref()
            .map(|token| format!("{}.<secret>", token.id()));
        self.with_token(token.as_deref().unwrap_or("<token>"))
    }

    fn with_token(&self, token: &str) -> String {
        let mut command = format!("kubeadm join {} --token {token}", self.endpoint);
        for pin in &self.pins {
            command.push_str(" --discovery-token-ca-cert-hash ");
            command.push_str(pin);
        }
        command
    }
}

impl std::fmt::Debug for JoinCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.without_secrets())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_derived_is_the_same_again_and_another_for_another_purpose() {
        let secret = Secret::new(*b"the certificate key");
        let token = derived(&secret, b"one").unwrap();
        assert_eq!(derived(&secret, b"one").unwrap(), token);
        assert_ne!(derived(&secret, b"two").unwrap(), token);
        let other = Secret::new(*b"another key");
        assert_ne!(derived(&other, b"one").unwrap(), token);
        assert_eq!(id_of(token.id()).as_deref(), Some(token.id()));
    }
}
