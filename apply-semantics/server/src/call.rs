//! A request for an object or a collection, whether it came by HTTP or as an operation.

pub(crate) mod listing;
mod options;
mod params;

use std::sync::Arc;

use serde_json::Value;

pub(crate) use options::{DeleteSettings, WriteSettings, go_quoted};
pub(crate) use params::Params;

use crate::user::UserInfo;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A body: what a client sent, or a value that never was text.
#[derive(Clone)]
pub(crate) enum Body {
    None,
    Text(bytes::Bytes),
    Value(Value),
}

/// A request to the API of objects.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    pub(crate) params: Params,
    pub(crate) content_type: Option<String>,
    pub(crate) user_agent: String,
    /// Who sends it, if that is known.
    pub(crate) user: Option<Arc<UserInfo>>,
    pub(crate) body: Body,
}

impl Call {
    /// The verb that authorisers and logs know the request by.
    pub(crate) fn verb(&self) -> &'static str {
        match (self.method, &self.name) {
            (Method::Get, _) if self.is_watch() => "watch",
            (Method::Get, Some(_)) => "get",
            (Method::Get, None) => "list",
            (Method::Post, _) => "create",
            (Method::Put, _) => "update",
            (Method::Patch, _) => "patch",
            (Method::Delete, Some(_)) => "delete",
            (Method::Delete, None) => "deletecollection",
        }
    }

    pub(crate) fn is_watch(&self) -> bool {
        self.method == Method::Get && self.params.flag("watch")
    }

    /// The media type of the body, without parameters.
    pub(crate) fn media_type(&self) -> &str {
        let media = self.content_type.as_deref().unwrap_or_default();
        media.split(';').next().unwrap_or_default().trim()
    }

    /// The path of a resource: group, version and what follows; `None` if the path is none of a resource.
    pub(crate) fn split_path(parts: &[&str]) -> Option<Target> {
        let (group, version, rest) = match parts {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            ["namespaces", _, "status" | "finalize", ..] => (None, rest),
            ["namespaces", namespace, inside @ ..] if !inside.is_empty() => {
                (Some((*namespace).to_owned()), inside)
            }
            _ => (None, rest),
        };
        let (resource, rest) = rest.split_first()?;
        let (name, subresource) = match rest {
            [] => (None, None),
            [name] => (Some((*name).to_owned()), None),
            [name, sub @ ..] => (Some((*name).to_owned()), Some(sub.join("/"))),
        };
        Some(Target {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: (*resource).to_owned(),
            namespace,
            name,
            subresource,
        })
    }
}

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}
