//! Watches: what to send next to whom.

use std::{collections::VecDeque, sync::Arc};

use apply_semantics::op::{Reason, Refusal};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    answer::Item,
    call::{Call, listing},
    convert,
    core::{Core, Selection},
    registry::Resource,
    store::{Event, Object},
};

/// What a client asked to be told.
#[derive(Clone)]
pub(crate) struct WatchRequest {
    pub(crate) resource: Arc<Resource>,
    selection: Selection,
    /// From after which revision on; `None` for all objects first.
    from: Option<u64>,
    /// Send all objects first, and a bookmark after them.
    initial_events: bool,
    bookmarks: bool,
    /// End after that many seconds.
    timeout: Option<u64>,
    /// Break off after that many events.
    pub(crate) events: Option<u64>,
}

/// One thing that a client is told.
#[derive(Debug, Clone)]
pub(crate) enum Notice {
    /// An event as it is sent to all who want objects as they are.
    Line(Bytes),
    /// An event, to be written in the form that the client wants, and not before it is sent: until then it is no more than a pointer.
    Event {
        /// `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
        kind: &'static str,
        object: Item,
    },
}

/// The line of an event with an object in JSON.
pub(crate) fn line(kind: &str, object: &[u8]) -> Bytes {
    let parts = [
        b"{\"type\":\"",
        kind.as_bytes(),
        b"\",\"object\":",
        object,
        b"}\n",
    ];
    parts.concat().into()
}

impl WatchRequest {
    pub(crate) fn of(
        call: &Call,
        resource: &Arc<Resource>,
        selection: Selection,
    ) -> Result<Self, Refusal> {
        listing::check_watch(call)?;
        let from = match call.params.text("resourceVersion") {
            None | Some("0") => None,
            Some(text) => Some(text.parse().map_err(|_| {
                Refusal::bad_request(format!(
                    "invalid resource version {text:?}: expected a number"
                ))
            })?),
        };
        let initial_events =
            call.params.has("sendInitialEvents") && call.params.flag("sendInitialEvents");
        Ok(Self {
            resource: Arc::clone(resource),
            selection,
            from: if initial_events { None } else { from },
            initial_events,
            bookmarks: call.params.flag("allowWatchBookmarks"),
            timeout: call
                .params
                .number("timeoutSeconds")
                .filter(|seconds| *seconds > 0),
            events: None,
        })
    }
}

/// A bookmark is sent after that many events that were of no interest.
const QUIET: u64 = 100;

/// A watch under way: where it stands.
pub(crate) struct Watch {
    request: WatchRequest,
    /// Objects are sent as they are.
    plain: bool,
    /// Events up to this revision are done.
    seen: u64,
    waiting: VecDeque<Notice>,
    ended: bool,
}

impl Watch {
    /// Begins a watch. What is there already waits to be sent.
    pub(crate) fn begin(request: WatchRequest, core: &Core, plain: bool) -> Self {
        let mut watch = Self {
            seen: request.from.unwrap_or_else(|| core.store.revision()),
            request,
            plain,
            waiting: VecDeque::new(),
            ended: false,
        };
        if watch.request.from.is_none() {
            watch.send_all(core);
        } else if core.store.history().after(watch.seen).is_none() {
            watch.expire(core);
        }
        watch
    }

    pub(crate) fn resource(&self) -> &Arc<Resource> {
        &self.request.resource
    }

    /// After how many seconds and after how many events it ends.
    pub(crate) fn limits(&self) -> (Option<u64>, Option<u64>) {
        (self.request.timeout, self.request.events)
    }

    /// Whether nothing will come any more.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended && self.waiting.is_empty()
    }

    /// Ends the watch; what waits is still sent.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// What to send next, if anything happened.
    pub(crate) fn next(&mut self, core: &Core) -> Option<Notice> {
        if self.waiting.is_empty() && !self.ended {
            self.catch_up(core);
        }
        self.waiting.pop_front()
    }

    /// What was made ready before.
    #[cfg(feature = "listen")]
    pub(crate) fn next_waiting(&mut self) -> Option<Notice> {
        self.waiting.pop_front()
    }

    fn send_all(&mut self, core: &Core) {
        let objects = core.store.range(
            &self.request.resource.table,
            &self.request.selection.prefix,
            "",
        );
        let request = &self.request;
        for (_, object) in objects.filter(|(key, object)| request.selection.matches(key, object)) {
            self.waiting.push_back(Notice::Event {
                kind: "ADDED",
                object: Item::of(object, &request.resource),
            });
        }
        if self.request.initial_events && self.request.bookmarks {
            let mut bookmark = self.bookmark_object();
            crate::meta::set(
                &mut bookmark,
                "annotations",
                json!({"k8s.io/initial-events-end": "true"}),
            );
            self.waiting.push_back(Notice::Event {
                kind: "BOOKMARK",
                object: Item::Made(Arc::new(bookmark)),
            });
        }
    }

    fn catch_up(&mut self, core: &Core) {
        let table = &self.request.resource.table;
        let Some(events) = core.store.history().of_table(table, self.seen) else {
            self.expire(core);
            return;
        };
        let before = self.seen;
        for event in events {
            if let Some(notice) = self.notice(event) {
                self.waiting.push_back(notice);
            }
        }
        self.seen = self.seen.max(core.store.revision());
        if self.request.bookmarks && self.waiting.is_empty() && self.seen - before >= QUIET {
            let bookmark = Arc::new(self.bookmark_object());
            self.waiting.push_back(Notice::Event {
                kind: "BOOKMARK",
                object: Item::Made(bookmark),
            });
        }
    }

    /// What an event means for who selects only some objects.
    fn notice(&self, event: &Event) -> Option<Notice> {
        let request = &self.request;
        if event.place.table != request.resource.table
            || !event.place.key.starts_with(&*request.selection.prefix)
        {
            return None;
        }
        let selected = |object: &Option<Arc<Object>>| {
            object
                .as_ref()
                .is_some_and(|object| request.selection.matches(&event.place.key, object))
        };
        let (kind, object) = match (selected(&event.old), selected(&event.new)) {
            (false, true) => ("ADDED", event.new.as_ref()?),
            (true, true) => ("MODIFIED", event.new.as_ref()?),
            (true, false) => match &event.last {
                Some(last) => ("DELETED", last),
                None => return self.out_of_sight(event),
            },
            (false, false) => return None,
        };
        Some(match Item::of(object, &request.resource) {
            Item::Stored(object) if self.plain => {
                let line = event.lines.get(kind, || line(kind, object.text()));
                Notice::Line(line)
            }
            object => Notice::Event { kind, object },
        })
    }

    /// An object that is not selected any more was deleted, as far as the client can see: what it was, at the revision of its change.
    fn out_of_sight(&self, event: &Event) -> Option<Notice> {
        let mut object = Value::clone(&*event.old.as_ref()?.value());
        crate::meta::set(&mut object, "resourceVersion", event.revision.to_string());
        let object = convert::shared(&Arc::new(object), &self.request.resource);
        Some(Notice::Event {
            kind: "DELETED",
            object: Item::Made(object),
        })
    }

    /// The history that is needed is gone.
    fn expire(&mut self, core: &Core) {
        let message = format!(
            "too old resource version: {} ({})",
            self.seen,
            core.store.history().compacted()
        );
        let status = Refusal::new(Reason::Expired, message).to_status();
        self.waiting.push_back(Notice::Event {
            kind: "ERROR",
            object: Item::Made(Arc::new(status)),
        });
        self.ended = true;
    }

    /// A bookmark at where the watch stands.
    pub(crate) fn bookmark(&self) -> Option<Notice> {
        self.request.bookmarks.then(|| Notice::Event {
            kind: "BOOKMARK",
            object: Item::Made(Arc::new(self.bookmark_object())),
        })
    }

    fn bookmark_object(&self) -> Value {
        let resource = &self.request.resource;
        let mut object = Map::new();
        object.insert("kind".to_owned(), resource.kind.as_str().into());
        object.insert("apiVersion".to_owned(), resource.api_version().into());
        object.insert(
            "metadata".to_owned(),
            json!({"resourceVersion": self.seen.to_string()}),
        );
        Value::Object(object)
    }
}
