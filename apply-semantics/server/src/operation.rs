//! Operations as calls.

use apply_semantics::op::{Method as Http, Operation};

use crate::call::{Body, Call, Method, Params};

/// Who asks when nobody says so.
const USER_AGENT: &str = "apply-server-executor";

/// The call that an operation is. It goes the way of its HTTP request, so that both are the same.
pub(crate) fn call_of(operation: &Operation) -> Call {
    let request = operation.to_request();
    let collection = operation.collection();
    let (name, subresource) = match operation {
        Operation::Create { .. } | Operation::List { .. } | Operation::DeleteCollection { .. } => {
            (None, None)
        }
        other => {
            let target = other.target().unwrap_or_default();
            (Some(target.name), target.subresource)
        }
    };
    Call {
        method: match request.method {
            Http::Get => Method::Get,
            Http::Post => Method::Post,
            Http::Put => Method::Put,
            Http::Patch => Method::Patch,
            Http::Delete => Method::Delete,
        },
        group: collection.resource.group,
        version: collection.resource.version,
        resource: collection.resource.resource,
        namespace: collection.namespace,
        name,
        subresource,
        params: Params::new(request.query),
        content_type: request.content_type.map(str::to_owned),
        user_agent: USER_AGENT.to_owned(),
        user: None,
        body: request.body.map_or(Body::None, Body::Value),
    }
}
