//! Get, list, and the beginning of a watch.

use std::sync::Arc;

use apply_semantics::{
    labels,
    op::{Cause, Effect, Reason, Refusal},
};

use super::{Answered, Core, not_found};
use crate::{
    answer::{Answer, Content, Item, List},
    call::{
        Call,
        listing::{self, Since},
    },
    convert,
    page::{self, Token},
    registry::Resource,
    selector::FieldSelector,
    store::Object,
    watch::WatchRequest,
};

/// Which objects of a resource a call selects.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) labels: labels::Selector,
    pub(crate) fields: FieldSelector,
    /// What keys begin with: the namespace, with a slash.
    pub(crate) prefix: String,
}

impl Selection {
    pub(crate) fn of(call: &Call, resource: &Resource) -> Result<Self, Refusal> {
        let bad = |error: String| Refusal::bad_request(error);
        let labels = call.params.text("labelSelector").unwrap_or_default();
        let fields = call.params.text("fieldSelector").unwrap_or_default();
        let mut fields = FieldSelector::parse(fields, &selectable(resource)).map_err(bad)?;
        if resource.is_builtin("events.k8s.io", "events") {
            fields.rename(convert::events::core_field);
        } else if resource.is_builtin("", "events") {
            fields.rename(|field| match field {
                "source" => "source.component".to_owned(),
                field => field.to_owned(),
            });
        }
        if let Some(name) = &call.name {
            fields.add_name(name);
        }
        Ok(Self {
            labels: labels
                .parse()
                .map_err(|error: labels::SelectorError| bad(error.to_string()))?,
            fields,
            prefix: call
                .namespace
                .as_ref()
                .map(|namespace| format!("{namespace}/"))
                .unwrap_or_default(),
        })
    }

    /// Whether the object with that key is selected.
    pub(crate) fn matches(&self, key: &str, object: &Object) -> bool {
        self.labels.matches_by(|label| object.label(label)) && self.fields.matches(key, object)
    }

    fn is_selective(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }
}

/// The fields by which objects of a resource can be selected.
fn selectable(resource: &Resource) -> Vec<&str> {
    let mut fields = vec!["metadata.name", "metadata.namespace"];
    if let Some(custom) = &resource.custom {
        fields.extend(custom.selectable_fields());
        return fields;
    }
    let more: &[&str] = match (&*resource.group, &*resource.plural) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ("events.k8s.io", "events") => &[
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "regarding.apiVersion",
            "regarding.resourceVersion",
            "regarding.fieldPath",
            "reason",
            "reportingController",
            "type",
        ],
        ("", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "replicationcontrollers") | ("apps", "replicasets") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("certificates.k8s.io", "certificatesigningrequests") => &["spec.signerName"],
        _ => &[],
    };
    fields.extend(more);
    fields
}

impl Core {
    pub(super) fn get(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let place = Self::place(call, resource);
        if let Some(revision) = self.stale_revision() {
            let past = self.store.at(revision, &resource.table);
            if let Some(past) = past {
                return match past.get(&place.key) {
                    Some(object) => Ok(Answer::stored(resource, object, Effect::Read)),
                    None => Err(not_found(call, resource)),
                };
            }
        }
        match self.store.get(&place) {
            Some(live) => Ok(Answer::stored(resource, live, Effect::Read)),
            None => Err(not_found(call, resource)),
        }
    }

    pub(super) fn list(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let selection = Selection::of(call, resource)?;
        let token = call.params.text("continue").map(Token::parse).transpose();
        let token = token.map_err(Refusal::bad_request)?;
        let limit = call.params.number("limit").filter(|limit| *limit > 0);
        let past = match listing::of_list(call)? {
            Since::Now => None,
            Since::NotOlderThan(revision) => {
                self.check_reached(revision)?;
                None
            }
            Since::Exact(revision) => {
                self.check_reached(revision)?;
                Some(revision)
            }
        };
        let past = past.or_else(|| self.stale_revision().filter(|_| token.is_none()));
        let list = match past {
            Some(revision) => {
                let start = Token {
                    revision,
                    after: String::new(),
                };
                self.page(resource, &selection, Some(&start), limit)
                    .map_err(|refusal| match refusal.reason {
                        Reason::Expired => too_old(),
                        _ => refusal,
                    })?
            }
            None => self.page(resource, &selection, token.as_ref(), limit)?,
        };
        Ok(Answer::list(list))
    }

    /// The revision that reads are to show, if it is not the newest; the oldest that is remembered at least.
    fn stale_revision(&self) -> Option<u64> {
        let past = self.store.revision().saturating_sub(self.stale);
        let past = past.max(self.store.history().compacted());
        (self.stale > 0).then_some(past)
    }

    /// Makes sure that a revision is not one that is still to come.
    fn check_reached(&self, revision: u64) -> Result<(), Refusal> {
        let current = self.store.revision();
        if revision <= current {
            return Ok(());
        }
        let message = format!("Too large resource version: {revision}, current: {current}");
        let cause = Cause::new("ResourceVersionTooLarge", "Too large resource version", "");
        Err(Refusal::new(Reason::Timeout, message)
            .with_causes(vec![cause])
            .retry_after(1))
    }

    /// A page of a collection: from a token on, as it was when the first page was read.
    fn page(
        &self,
        resource: &Arc<Resource>,
        selection: &Selection,
        token: Option<&Token>,
        limit: Option<u64>,
    ) -> Result<List, Refusal> {
        let revision = token.map_or(self.store.revision(), |token| token.revision);
        let narrowest = selection.labels.narrowest();
        let found = match token {
            Some(token) if token.revision != self.store.revision() => {
                let past = self
                    .store
                    .at(token.revision, &resource.table)
                    .ok_or_else(expired)?;
                let from: Arc<str> = token.after.as_str().into();
                // The keys of a namespace stand together; a page goes on behind the last one.
                let from = if *token.after > *selection.prefix {
                    from
                } else {
                    selection.prefix.as_str().into()
                };
                let keys = past.range(from..);
                let keys = keys.skip_while(|(key, _)| ***key == *token.after);
                let keys = keys.take_while(|(key, _)| key.starts_with(&*selection.prefix));
                page::take(keys, selection, limit)
            }
            None if narrowest.is_some() => {
                let (label, values) = narrowest.unwrap_or_default();
                let labelled = self.store.labelled(&resource.table, label, values);
                let within = labelled
                    .into_iter()
                    .filter(|(key, _)| key.starts_with(&*selection.prefix));
                page::take(within, selection, limit)
            }
            _ => {
                let after = token.map(|token| token.after.as_str()).unwrap_or_default();
                let keys = self.store.range(&resource.table, &selection.prefix, after);
                let keys = keys.skip_while(|(key, _)| !after.is_empty() && &***key == after);
                page::take(keys, selection, limit)
            }
        };
        Ok(List {
            items: found
                .items
                .iter()
                .map(|item| Item::of(item, resource))
                .collect(),
            resource: Arc::clone(resource),
            revision,
            continue_token: found
                .next
                .map(|after| Token { revision, after }.to_string()),
            remaining: found.remaining.filter(|_| !selection.is_selective()),
        })
    }

    pub(super) fn watch(call: &Call, resource: &Arc<Resource>) -> Answered {
        let selection = Selection::of(call, resource)?;
        let request = WatchRequest::of(call, resource, selection)?;
        Ok(Answer {
            code: 200,
            content: Content::Watch(Box::new(request)),
            effect: Effect::Read,
        })
    }
}

/// The revision of a list is forgotten.
fn too_old() -> Refusal {
    Refusal::new(
        Reason::Expired,
        "The resourceVersion for the provided list is too old.",
    )
}

/// The revision of a continue token is forgotten.
fn expired() -> Refusal {
    Refusal::new(
        Reason::Expired,
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    )
}
