//! Who sends a request.

use std::sync::Arc;

use apply_semantics::op::{Reason, Refusal, Request};
use http::{HeaderMap, header, request::Parts};

use super::text_of;
use crate::{core::BadToken, server::Server, user::UserInfo};

const EXTRA: &str = "impersonate-extra-";

impl Server {
    /// Who sends a request: the user in its extensions, or the one who is known by its token; or who that user wants to be. None if
    /// it says nothing that is known.
    ///
    /// # Errors
    /// It shows a token that is not good any more, or does not say who somebody wants to be.
    pub(super) fn asker(&self, head: &Parts) -> Result<Option<Arc<UserInfo>>, Refusal> {
        if let Some(wanted) = impersonated(&head.headers)? {
            return Ok(Some(Arc::new(wanted)));
        }
        if let Some(user) = head.extensions.get::<UserInfo>() {
            return Ok(Some(Arc::new(user.clone())));
        }
        let Some(token) = bearer(&head.headers) else {
            return Ok(None);
        };
        match self.lock().core.asker_by(token) {
            Ok(user) => Ok(Some(Arc::new(user))),
            Err(BadToken::Unknown) => Ok(None),
            Err(BadToken::Spent(_)) => Err(Refusal::new(Reason::Unauthorized, "Unauthorized")),
        }
    }
}

/// The token that a request shows.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who somebody wants to be. Everybody may be anybody.
fn impersonated(headers: &HeaderMap) -> Result<Option<UserInfo>, Refusal> {
    let extra = || {
        headers.iter().filter_map(|(name, value)| {
            let key = name.as_str().strip_prefix(EXTRA)?;
            // Keys with other characters than names of headers have come in percent signs.
            let pairs = Request::parse_query(&format!("{key}="));
            let (key, _) = pairs.into_iter().next()?;
            Some((key, String::from_utf8_lossy(value.as_bytes()).into_owned()))
        })
    };
    let groups = || headers.get_all("impersonate-group").iter();
    let uid = text_of(headers, header::HeaderName::from_static("impersonate-uid"));
    let Some(name) = text_of(headers, header::HeaderName::from_static("impersonate-user")) else {
        if groups().next().is_some() || uid.is_some() || extra().next().is_some() {
            let message = "requested groups, uid or extra without impersonating a user";
            return Err(Refusal::internal(format!(
                "Internal error occurred: {message}"
            )));
        }
        return Ok(None);
    };
    let mut user = UserInfo::new(name);
    for group in groups() {
        user = user.group(String::from_utf8_lossy(group.as_bytes()));
    }
    if !user.has_groups()
        && let Some((namespace, account)) = user.as_service_account()
    {
        user = UserInfo::service_account(namespace, account);
    }
    user = user.uid(uid.unwrap_or_default());
    Ok(Some(
        extra().fold(user, |user, (key, value)| user.extra(key, value)),
    ))
}
