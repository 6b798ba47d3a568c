//! Bootstrap tokens, and the names of pre-flight checks.

use std::collections::BTreeSet;

use crate::{
    field::{FieldError, Path},
    kubeadm::{
        constants::TOKEN_USAGES,
        findings::Scope,
        token::{BootstrapToken, Token},
    },
    secret::Secret,
};

pub(super) fn bootstrap_tokens(tokens: &[BootstrapToken], path: &Path, scope: &mut Scope<'_>) {
    for (index, token) in tokens.iter().enumerate() {
        // Upstream writes the index like a field.
        let path = path.child(index.to_string());
        if token.token.is_none() {
            let list = Path::new("bootstrapTokens").index(index);
            let error =
                FieldError::invalid(path.child("token"), "", "the bootstrap token is invalid");
            scope.invalid_at(&error.path, list.child("token"), "", error.detail);
        }
        usages(&token.usages, &path.child("usages"), scope);
        groups(token, &path.child("groups"), scope);
        if token.expires.is_some() && token.ttl.is_some() {
            let detail = "the BootstrapToken .TTL and .Expires fields are mutually exclusive";
            scope.invalid(&path, "", detail);
        }
    }
}

fn usages(usages: &[String], path: &Path, scope: &mut Scope<'_>) {
    let unknown: BTreeSet<&str> = usages
        .iter()
        .map(String::as_str)
        .filter(|usage| !TOKEN_USAGES.contains(usage))
        .collect();
    if !unknown.is_empty() {
        let unknown: Vec<&str> = unknown.into_iter().collect();
        let detail = format!(
            "invalid bootstrap token usage string: {}, valid usage options: {}",
            unknown.join(","),
            TOKEN_USAGES.join(",")
        );
        scope.invalid(path, usages.to_vec(), detail);
    }
}

fn groups(token: &BootstrapToken, path: &Path, scope: &mut Scope<'_>) {
    let groups = &token.groups;
    let authenticates = token.usages.iter().any(|usage| usage == "authentication");
    if !groups.is_empty() && !authenticates {
        let detail = "token groups cannot be specified unless --usages includes \"authentication\"";
        scope.invalid(path, groups.clone(), detail);
    }
    for group in groups.iter().filter(|group| !is_group(group)) {
        let detail = format!(
            "bootstrap group {group:?} is invalid (must match \
             \\Asystem:bootstrappers:[a-z0-9:-]{{0,255}}[a-z0-9]\\z)"
        );
        scope.invalid(path, groups.clone(), detail);
    }
}

fn is_group(group: &str) -> bool {
    let Some(name) = group.strip_prefix("system:bootstrappers:") else {
        return false;
    };
    let inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b':' | b'-');
    (1..=256).contains(&name.len()) && name.bytes().all(inner) && !name.ends_with([':', '-'])
}

/// A token as text.
pub(super) fn token(token: &Secret, path: &Path, scope: &mut Scope<'_>) {
    if token.expose().parse::<Token>().is_err() {
        scope.invalid_secret(path, "the bootstrap token is invalid");
    }
}

/// The pre-flight checks whose errors are to be ignored, from the command line and the configuration: in lower case,
/// sorted. Follows `ValidateIgnorePreflightErrors`.
///
/// # Errors
/// `all` is given beside others.
pub fn ignored_preflight_errors<'a>(
    names: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<String>, FieldError> {
    let names: BTreeSet<String> = names.into_iter().map(|name| name.to_lowercase()).collect();
    let names: Vec<String> = names.into_iter().collect();
    if names.len() > 1 && names.iter().any(|name| name == "all") {
        let path = Path::new("ignore-preflight-errors");
        let detail = "don't specify individual checks if 'all' is used";
        return Err(FieldError::invalid(path, names.join(","), detail));
    }
    Ok(names)
}
