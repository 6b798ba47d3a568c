//! What the server was asked, for tests to look at.

use apply_semantics::op::Request;

use crate::call::{Call, Method};

/// One request and its answer. Bodies are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `apply`, `delete` or `deletecollection`.
    pub verb: &'static str,
    /// The API group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The resource, such as `pods`.
    pub resource: String,
    /// The subresource, if there is one.
    pub subresource: Option<String>,
    /// The namespace, if there is one.
    pub namespace: Option<String>,
    /// The name in the URL, if there is one.
    pub name: Option<String>,
    /// The parameters.
    pub query: Vec<(String, String)>,
    /// The program that asks.
    pub user_agent: String,
    /// Who asks; `admin` if nobody says so.
    pub username: String,
    /// The code of the answer; 0 if it got lost on the way.
    pub code: u16,
}

impl RequestRecord {
    pub(crate) fn of(call: &Call, code: u16) -> Self {
        let applies =
            call.method == Method::Patch && call.media_type() == "application/apply-patch+yaml";
        Self {
            verb: if applies { "apply" } else { call.verb() },
            group: call.group.clone(),
            version: call.version.clone(),
            resource: call.resource.clone(),
            subresource: call.subresource.clone(),
            namespace: call.namespace.clone(),
            name: call.name.clone(),
            query: call.params.pairs().to_vec(),
            user_agent: call.user_agent.clone(),
            username: match &call.user {
                Some(user) => user.username().to_owned(),
                None => "admin".to_owned(),
            },
            code,
        }
    }

    /// Whether the request only reads.
    pub fn is_read(&self) -> bool {
        matches!(self.verb, "get" | "list" | "watch")
    }

    /// A parameter of the request.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str())
    }
}

/// Requests in the order in which they came, to count and to narrow down.
///
/// ```
/// use apply_server::Server;
/// use apply_semantics::op::{Operation, ResourceRef};
///
/// let server = Server::new();
/// let _ = server.execute(&Operation::get(ResourceRef::of_kind("v1", "Node").all().named("a")));
/// let nodes = server.requests().resource("nodes");
/// assert_eq!(nodes.verb("get").count(), 1);
/// assert_eq!(nodes.writes().count(), 0);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requests(pub(crate) Vec<RequestRecord>);

impl Requests {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The requests.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RequestRecord> {
        self.0.iter()
    }

    /// Those with that verb.
    #[must_use]
    pub fn verb(&self, verb: &str) -> Self {
        self.only(|request| request.verb == verb)
    }

    /// Those for that resource, such as `pods`.
    #[must_use]
    pub fn resource(&self, resource: &str) -> Self {
        self.only(|request| request.resource == resource)
    }

    /// Those for an object of that name.
    #[must_use]
    pub fn name(&self, name: &str) -> Self {
        self.only(|request| request.name.as_deref() == Some(name))
    }

    /// Those that do not only read.
    #[must_use]
    pub fn writes(&self) -> Self {
        self.only(|request| !request.is_read())
    }

    /// Those that were refused.
    #[must_use]
    pub fn refused(&self) -> Self {
        self.only(|request| !(200..300).contains(&request.code))
    }

    /// Those for which the function says yes.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&RequestRecord) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|request| keep(request))
                .cloned()
                .collect(),
        )
    }
}

impl IntoIterator for Requests {
    type Item = RequestRecord;
    type IntoIter = std::vec::IntoIter<RequestRecord>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The parameters of an encoded query.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    Request::parse_query(query)
}
