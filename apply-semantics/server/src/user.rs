//! Who sends a request.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::{Map, Value, json};

/// Who sends a request, as `UserInfo` of `authentication.k8s.io/v1` says it.
///
/// A request over HTTP is sent by the user that stands in its extensions, if there is one:
///
/// ```
/// use apply_server::{Server, UserInfo};
/// use bytes::Bytes;
/// use http::Request;
/// use serde_json::{Value, json};
///
/// let server = Server::new();
/// let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).to_string();
/// let jane = UserInfo::new("jane").group("devs");
/// let request = Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews").extension(jane);
/// let (head, ()) = request.body(())?.into_parts();
/// let mut answer = server.respond(&head, Bytes::from(review));
/// let answer: Value = serde_json::from_slice(&answer.body_mut().take_now().expect("an answer"))?;
/// assert_eq!(answer["status"]["userInfo"], json!({"username": "jane", "groups": ["devs", "system:authenticated"]}));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    username: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

const AUTHENTICATED: &str = "system:authenticated";
const UNAUTHENTICATED: &str = "system:unauthenticated";
const ANONYMOUS: &str = "system:anonymous";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

impl UserInfo {
    /// A user of that name.
    pub fn new(username: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            uid: String::new(),
            groups: Vec::new(),
            extra: BTreeMap::new(),
        }
    }

    /// Who does not say who it is, to a server that wants to know.
    pub fn anonymous() -> Self {
        Self::new(ANONYMOUS)
    }

    /// Who may do everything: `admin` of the group `system:masters`. That is who sends requests that say nothing of it.
    pub fn admin() -> Self {
        Self::new("admin").uid("admin").group("system:masters")
    }

    /// A service account.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::new(format!("{SERVICE_ACCOUNT}{namespace}:{name}"))
            .group("system:serviceaccounts")
            .group(format!("system:serviceaccounts:{namespace}"))
    }

    /// The same with that uid.
    #[must_use]
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = uid.into();
        self
    }

    /// The same in one more group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.push(group.into());
        self
    }

    /// The same with something else that is known of it.
    #[must_use]
    pub fn extra(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.entry(key.into()).or_default().push(value.into());
        self
    }

    /// The name.
    pub fn username(&self) -> &str {
        &self.username
    }

    pub(crate) fn unique_id(&self) -> &str {
        &self.uid
    }

    /// The groups: those that were named, and the one of all who were authenticated, or were not.
    pub fn groups(&self) -> Vec<String> {
        let mut groups = self.groups.clone();
        let told = |group: &String| group == AUTHENTICATED || group == UNAUTHENTICATED;
        if !groups.iter().any(told) {
            let all = if self.username == ANONYMOUS {
                UNAUTHENTICATED
            } else {
                AUTHENTICATED
            };
            groups.push(all.to_owned());
        }
        groups
    }

    /// Namespace and name, if it is a service account.
    pub(crate) fn as_service_account(&self) -> Option<(&str, &str)> {
        self.username.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')
    }

    pub(crate) fn has_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    /// As reviews show it: what is empty is left out.
    pub(crate) fn to_json(&self) -> Value {
        let mut user = Map::new();
        user.insert("username".to_owned(), self.username.as_str().into());
        if !self.uid.is_empty() {
            user.insert("uid".to_owned(), self.uid.as_str().into());
        }
        user.insert("groups".to_owned(), self.groups().into());
        if !self.extra.is_empty() {
            user.insert("extra".to_owned(), json!(self.extra));
        }
        user.into()
    }
}

impl fmt::Display for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.username)
    }
}

/// Who is known by which token.
#[derive(Clone, Default)]
pub(crate) struct Users(Arc<Vec<(String, UserInfo)>>);

impl Users {
    /// Makes somebody known; who was known by that token before is not any more.
    pub(crate) fn add(&mut self, token: String, user: UserInfo) {
        let users = Arc::make_mut(&mut self.0);
        users.retain(|(known, _)| *known != token);
        users.push((token, user));
    }

    /// Whose a token is.
    pub(crate) fn of(&self, token: &str) -> Option<&UserInfo> {
        let same = |known: &&(String, UserInfo)| is_same(known.0.as_bytes(), token.as_bytes());
        let user = self.0.iter().find(same);
        user.map(|(_, user)| user)
    }
}

/// Compares secrets in a time that does not depend on where they differ.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_a_group_of_all() {
        assert_eq!(UserInfo::anonymous().groups(), [UNAUTHENTICATED]);
        assert_eq!(UserInfo::new("jane").groups(), [AUTHENTICATED]);
        let told = UserInfo::new("jane").group(UNAUTHENTICATED);
        assert_eq!(told.groups(), [UNAUTHENTICATED]);
    }

    #[test]
    fn service_accounts_are_known_by_their_names() {
        let account = UserInfo::service_account("a", "b");
        assert_eq!(account.as_service_account(), Some(("a", "b")));
        assert_eq!(UserInfo::admin().as_service_account(), None);
    }
}
