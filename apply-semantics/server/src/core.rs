//! The server without its edges: one call in, one answer out, everything in order.

mod apply;
mod cluster;
mod collect;
mod create;
mod decode;
mod definitions;
mod delete;
mod fields;
mod lifecycle;
mod patch;
mod read;
mod reviews;
mod scale;
mod seed;
mod strict;
mod subresource;
mod tokens;
mod typed_errors;
mod update;
mod write;

use std::{collections::BTreeSet, sync::Arc};

use apply_semantics::{
    managed_fields::Time,
    op::{Reason, Refusal},
    request::Engine,
};
use serde_json::Value;

use crate::{
    answer::Answer,
    call::{Call, Method},
    clock::Clock,
    convert::Conversion,
    ids::Ids,
    registry::{Registry, Resource},
    store::{Place, Store},
    user::{UserInfo, Users},
};

pub(crate) use decode::go_character;
pub(crate) use fields::engine_of;
pub(crate) use read::Selection;
pub(crate) use strict::Known;
pub(crate) use tokens::BadToken;
pub(crate) use write::invalid;

/// Everything that a server is.
pub(crate) struct Core {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Ids,
    /// Who is known by a token.
    pub(crate) users: Users,
    /// Who sends the call that is being answered, if it says so.
    pub(crate) asker: Option<Arc<UserInfo>>,
    /// What the call that is being answered is warned of so far.
    pub(crate) warned: Vec<String>,
    /// Objects whose next update is a write even if it changes nothing.
    pub(crate) unsettled: BTreeSet<Place>,
    /// How objects of custom kinds get into other versions.
    pub(crate) conversion: Conversion,
    /// By how many revisions the answers of reads are behind, for the call that is being answered.
    pub(crate) stale: u64,
    /// Whether each namespace has a service account `default`, which comes back when it goes.
    pub(crate) keeps_accounts: bool,
    /// Whether garbage and namespaces are collected, as controllers of a cluster do it.
    pub(crate) controllers: bool,
}

/// What comes of a call.
pub(crate) type Answered = Result<Answer, Refusal>;

impl Core {
    /// Answers a call. What it is warned of is in [`Core::warned`] afterwards, also if it is refused.
    pub(crate) fn call(&mut self, call: &Call) -> Answered {
        self.warned.clear();
        self.asker.clone_from(&call.user);
        let resource = self.resource(call)?;
        self.warned.extend(deprecation(&resource));
        match &call.subresource {
            None => self.call_object(call, &resource),
            Some(name) => self.call_subresource(call, &resource, name),
        }
    }

    fn call_object(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let named = call.name.is_some();
        let fits = match call.method {
            Method::Get | Method::Delete => true,
            Method::Post => !named,
            Method::Put | Method::Patch => named,
        };
        if !fits
            || !resource.allows(call.verb())
            || (call.namespace.is_none() && resource.namespaced && needs_namespace(call))
        {
            return Err(method_not_allowed());
        }
        match (call.method, named) {
            (Method::Get, _) if call.is_watch() => Self::watch(call, resource),
            (Method::Get, true) => self.get(call, resource),
            (Method::Get, false) => self.list(call, resource),
            (Method::Post, _) if resource.is_review() => self.review(call, resource),
            (Method::Post, _) => self.create(call, resource),
            (Method::Put, _) => self.update(call, resource),
            (Method::Patch, _) => self.patch(call, resource),
            (Method::Delete, true) => self.delete(call, resource),
            (Method::Delete, false) => self.delete_collection(call, resource),
        }
    }

    /// The resource of a call.
    pub(crate) fn resource(&self, call: &Call) -> Result<Arc<Resource>, Refusal> {
        let found = self
            .registry
            .get(&call.group, &call.version, &call.resource);
        match found {
            Some(resource) if resource.namespaced || call.namespace.is_none() => {
                Ok(Arc::clone(resource))
            }
            _ => Err(unknown_resource()),
        }
    }

    /// Who sends the call that is being answered.
    pub(crate) fn user(&self) -> UserInfo {
        let asker = self.asker.as_deref();
        asker.cloned().unwrap_or_else(UserInfo::admin)
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_unix_seconds(self.clock.unix_seconds())
    }

    /// The place of the object of a call.
    fn place(call: &Call, resource: &Resource) -> Place {
        let name = call.name.as_deref().unwrap_or_default();
        Place::new(&resource.table, call.namespace.as_deref(), name)
    }

    /// The object of a call, as it is stored.
    fn live(&self, call: &Call, resource: &Resource) -> Result<Arc<Value>, Refusal> {
        let live = self.store.value(&Self::place(call, resource));
        live.ok_or_else(|| not_found(call, resource))
    }
}

/// An object in a namespace must be named with it.
fn needs_namespace(call: &Call) -> bool {
    call.name.is_some() || call.method == Method::Post
}

/// There is no such object.
fn not_found(call: &Call, resource: &Resource) -> Refusal {
    let target = resource
        .reference()
        .all()
        .named(call.name.clone().unwrap_or_default());
    Refusal::not_found(&target)
}

/// There is no such resource.
pub(crate) fn unknown_resource() -> Refusal {
    Refusal::new(
        Reason::NotFound,
        "the server could not find the requested resource",
    )
}

fn method_not_allowed() -> Refusal {
    Refusal::method_not_allowed("the server does not allow this method on the requested resource")
}

/// A failure without a reason, as the server answers errors that it has no name for.
fn failure(message: impl Into<String>) -> Refusal {
    Refusal::new(Reason::Unknown, message)
}

/// What the server warns of when a resource is used that is going to be removed.
fn deprecation(resource: &Resource) -> Vec<String> {
    let text = match (&*resource.group, &*resource.version, &*resource.plural) {
        ("", "v1", "endpoints") => {
            "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".to_owned()
        }
        ("", "v1", "componentstatuses") => "v1 ComponentStatus is deprecated in v1.19+".to_owned(),
        _ => match resource
            .custom
            .as_ref()
            .and_then(|custom| custom.deprecation())
        {
            Some(text) => text,
            None => return Vec::new(),
        },
    };
    vec![text]
}
