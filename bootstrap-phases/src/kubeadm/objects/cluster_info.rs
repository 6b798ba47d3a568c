//! `cluster-info`: what anybody may know of a cluster, signed with the bootstrap tokens.
//!
//! Follows `cmd/kubeadm/app/phases/bootstraptoken/clusterinfo` and `cluster-bootstrap/token/jws`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use componentconfig::kubeadm::token::Token;
use componentconfig::yaml;
use serde_json::{Value, json};

use super::rbac::{Subject, may_get};
use super::{PUBLIC, config_map};

/// The ConfigMap.
pub const NAME: &str = "cluster-info";
/// Its key.
pub const KEY: &str = "kubeconfig";
const SIGNATURE_PREFIX: &str = "jws-kubeconfig-";

/// The kubeconfig that anybody may have: the server and its authority, nothing of a user.
pub fn kubeconfig(server: &str, authority_pem: &[u8]) -> String {
    let cluster = json!({
        "certificate-authority-data": STANDARD.encode(authority_pem),
        "server": server,
    });
    yaml::write(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "", "cluster": cluster}],
        "contexts": null,
        "current-context": "",
        "users": null,
    }))
}

/// The ConfigMap with this kubeconfig.
pub fn config_map_of(kubeconfig: &str) -> Value {
    config_map(PUBLIC, NAME, &json!({KEY: kubeconfig}))
}

/// The right of anybody to read it.
pub fn rights() -> [Value; 2] {
    may_get(
        PUBLIC,
        "kubeadm:bootstrap-signer-clusterinfo",
        "configmaps",
        NAME,
        &[Subject::User("system:anonymous")],
    )
}

/// The key of the signature by the token of this ID.
pub fn signature_key(id: &str) -> String {
    format!("{SIGNATURE_PREFIX}{id}")
}

/// The signature of a text: a JWS without its payload, header and signature with two dots between.
pub fn sign(text: &str, token: &Token) -> String {
    sign_as(text, token.id(), token.secret())
}

/// The same with a token in parts, which need not be of its form.
pub fn sign_as(text: &str, id: &str, secret: &str) -> String {
    let header = URL_SAFE_NO_PAD.encode(header(id));
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(text));
    let mac = hmac_sha256::HMAC::mac(signed, secret);
    format!("{header}..{}", URL_SAFE_NO_PAD.encode(mac))
}

/// Whether a signature is that of a text by this token. Takes as long for a wrong one as for a right one.
pub fn is_signed(text: &str, signature: &str, id: &str, secret: &str) -> bool {
    let own = sign_as(text, id, secret);
    let (own, other) = (own.as_bytes(), signature.as_bytes());
    own.len() == other.len()
        && own
            .iter()
            .zip(other)
            .fold(0, |differs, (a, b)| differs | (a ^ b))
            == 0
}

fn header(id: &str) -> String {
    format!("{{\"alg\":\"HS256\",\"kid\":{}}}", Value::from(id))
}
