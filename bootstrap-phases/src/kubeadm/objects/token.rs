//! Bootstrap tokens as Secrets, there and back.
//!
//! Follows `cmd/kubeadm/app/apis/bootstraptoken/v1/utils.go`.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use componentconfig::core::Time;
use componentconfig::kubeadm::token::{BootstrapToken, Token};
use serde_json::{Map, Value, json};

use super::SYSTEM;
use crate::PhaseError;

/// The type of a Secret that is a bootstrap token.
pub const SECRET_TYPE: &str = "bootstrap.kubernetes.io/token";
const NAME_PREFIX: &str = "bootstrap-token-";
const USAGE_PREFIX: &str = "usage-bootstrap-";

/// The name of a token's Secret.
pub fn secret_name(id: &str) -> String {
    format!("{NAME_PREFIX}{id}")
}

/// The Secret of a token that begins to live now. `None` if it has no text yet.
pub fn secret(token: &BootstrapToken, now: SystemTime) -> Option<Value> {
    let text = token.token.as_ref()?;
    let mut data = Map::new();
    let mut put = |name: &str, value: &str| {
        data.insert(name.to_owned(), STANDARD.encode(value).into());
    };
    put("token-id", text.id());
    put("token-secret", text.secret());
    if !token.description.is_empty() {
        put("description", &token.description);
    }
    if let Some(expires) = expires(token, now) {
        put("expiration", &expires.to_string());
    }
    for usage in &token.usages {
        put(&format!("{USAGE_PREFIX}{usage}"), "true");
    }
    if !token.groups.is_empty() {
        put("auth-extra-groups", &token.groups.join(","));
    }
    Some(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret_name(text.id()), "namespace": SYSTEM},
        "type": SECRET_TYPE,
        "data": data,
    }))
}

/// When a token ends: at its end, or when its time to live is over.
fn expires(token: &BootstrapToken, now: SystemTime) -> Option<Time> {
    if token.expires.is_some() {
        return token.expires;
    }
    let ttl = token.ttl.filter(|ttl| ttl.as_nanos() > 0)?;
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).ok()?;
    Time::from_unix(seconds.checked_add(ttl.as_nanos() / 1_000_000_000)?)
}

/// The token that a Secret is.
///
/// # Errors
/// A part is missing, the name does not go with the token, or its end is no time. Values are not quoted.
pub fn of_secret(secret: &Value) -> Result<BootstrapToken, PhaseError> {
    let name = secret
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let data = |key: &str| -> String {
        let text = secret
            .get("data")
            .and_then(|data| data.get(key))
            .and_then(Value::as_str);
        let bytes = STANDARD
            .decode(text.unwrap_or_default())
            .unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    };
    let wrong =
        |why: &str| PhaseError::invalid("token.bad-secret", format!("Secret {name}: {why}"));
    let (id, secret_part) = (data("token-id"), data("token-secret"));
    if id.is_empty() {
        return Err(wrong("there is no token-id"));
    }
    if name != secret_name(&id) {
        return Err(wrong("its name is not that of its token-id"));
    }
    if secret_part.is_empty() {
        return Err(wrong("there is no token-secret"));
    }
    let token = Token::new(id, secret_part).map_err(|_| wrong("it holds no token"))?;
    let expiration = data("expiration");
    let expires = if expiration.is_empty() {
        None
    } else {
        Some(
            expiration
                .parse()
                .map_err(|_| wrong("its expiration is no time"))?,
        )
    };
    let fields = secret.get("data").and_then(Value::as_object);
    let usages = fields.into_iter().flat_map(Map::keys);
    let usages = usages.filter_map(|key| key.strip_prefix(USAGE_PREFIX));
    let mut usages: Vec<String> = usages
        .filter(|usage| data(&format!("{USAGE_PREFIX}{usage}")) == "true")
        .map(str::to_owned)
        .collect();
    usages.sort();
    let groups = data("auth-extra-groups");
    let groups = groups.split(',').filter(|group| !group.is_empty());
    Ok(BootstrapToken {
        token: Some(token),
        description: data("description"),
        ttl: None,
        expires,
        usages,
        groups: groups.map(str::to_owned).collect(),
    })
}

/// The token that only owns uploaded certificates, so that they go when it ends.
pub fn owner_of_certificates(token: Token) -> BootstrapToken {
    BootstrapToken {
        token: Some(token),
        description: "Proxy for managing TTL for the kubeadm-certs secret".to_owned(),
        ttl: Some(componentconfig::scalar::Duration::from_hours(2)),
        ..BootstrapToken::default()
    }
}
