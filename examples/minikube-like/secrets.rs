//! What other nodes join with. It is made once and kept, so that a run that goes on uploads what the first one did.

use std::{fs, path::Path};

use bootstrap_phases::kubeadm::{objects::bundle::CertificateKey, pki::SystemKeys, tokens};
use componentconfig::kubeadm::token::Token;
use examples::{failure::Failure, files::replace};
use serde_json::{Value, json};

use crate::cluster::own_path;

const FILE: &str = "join.json";

/// A token, and the key of the certificates that are uploaded.
#[derive(Clone)]
pub(crate) struct JoinSecrets {
    pub(crate) token: Token,
    pub(crate) certificate_key: CertificateKey,
}

impl JoinSecrets {
    /// Those that a root keeps.
    pub(crate) fn kept(root: &Path) -> Option<Self> {
        let text = fs::read(own_path(root, FILE)).ok()?;
        let kept: Value = serde_json::from_slice(&text).ok()?;
        Some(Self {
            token: kept.get("token")?.as_str()?.parse().ok()?,
            certificate_key: CertificateKey::parse(kept.get("certificateKey")?.as_str()?).ok()?,
        })
    }

    pub(crate) fn kept_or_new(root: &Path) -> Result<Self, Failure> {
        if let Some(kept) = Self::kept(root) {
            return Ok(kept);
        }
        Ok(Self {
            token: tokens::random(&SystemKeys).map_err(Failure::run)?,
            certificate_key: CertificateKey::generate(&SystemKeys).map_err(Failure::run)?,
        })
    }

    pub(crate) fn keep(&self, root: &Path) -> Result<(), Failure> {
        let (token, key) = (self.token.expose(), self.certificate_key.expose());
        let text = json!({"token": token, "certificateKey": key}).to_string();
        replace(&own_path(root, FILE), text.as_bytes())
    }
}
