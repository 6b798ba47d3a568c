//! A client: it has one request under way at a time, remembers what it saw, and checks every answer.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use apply_server::{ResponseBody, Server};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower_service::Service as _;

use crate::{
    spec::{Reply, Spec, Write, is_selected, key},
    watching::{From, Watching},
};

const NAMES: [&str; 3] = ["a", "b", "c"];
const TIERS: [Option<&str>; 3] = [None, Some("gold"), Some("iron")];

/// What a client does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Create(usize, Content, bool),
    Apply(usize, Content, bool),
    /// A PUT of what was seen last with another content; with its version, or whatever the version is.
    Put(usize, Content, bool),
    Merge(usize, Content),
    /// Takes the finalizers away.
    Release(usize),
    /// A deletion, of what was seen last or of whatever is there.
    Delete(usize, bool),
    Get(usize),
    /// A list by label, in pages of so many.
    List(Option<&'static str>, usize),
    /// The next page of the last list.
    Continue,
    /// A watch: of what label, with bookmarks, from how many revisions ago, or with everything first.
    Watch(Option<&'static str>, bool, Beginning),
    /// Reads from one of the watches.
    Read(usize, usize),
    Wait(i64),
    Compact,
    DropWatches,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Beginning {
    Ago(u64),
    Everything,
    InitialEvents,
}

/// What a write says.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    data: BTreeMap<String, String>,
    tier: Option<&'static str>,
    dry_run: bool,
}

impl Action {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let name = || 0..NAMES.len();
        let tier = || prop::sample::select(&TIERS[..]);
        prop_oneof![
            2 => (name(), content(), any::<bool>()).prop_map(|(n, c, f)| Self::Create(n, c, f)),
            6 => (name(), content(), any::<bool>()).prop_map(|(n, c, f)| Self::Apply(n, c, f)),
            4 => (name(), content(), any::<bool>()).prop_map(|(n, c, v)| Self::Put(n, c, v)),
            3 => (name(), content()).prop_map(|(n, c)| Self::Merge(n, c)),
            1 => name().prop_map(Self::Release),
            2 => (name(), any::<bool>()).prop_map(|(n, v)| Self::Delete(n, v)),
            3 => name().prop_map(Self::Get),
            2 => (tier(), 0_usize..3).prop_map(|(t, limit)| Self::List(t, limit)),
            2 => Just(Self::Continue),
            3 => (tier(), any::<bool>(), beginning()).prop_map(|(t, b, from)| Self::Watch(t, b, from)),
            6 => (0_usize..3, 1_usize..6).prop_map(|(w, lines)| Self::Read(w, lines)),
            2 => (1_i64..3).prop_map(Self::Wait),
            1 => Just(Self::Compact),
            1 => Just(Self::DropWatches),
        ]
    }
}

fn beginning() -> impl Strategy<Value = Beginning> {
    prop_oneof![
        3 => (0_u64..40).prop_map(Beginning::Ago),
        1 => Just(Beginning::Everything),
        1 => Just(Beginning::InitialEvents),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let data = prop::collection::btree_map("[xyz]", "[01]", 0..3);
    let tier = prop::sample::select(&TIERS[..]);
    (data, tier, prop::bool::weighted(0.1)).prop_map(|(data, tier, dry_run)| Content {
        data,
        tier,
        dry_run,
    })
}

impl Content {
    fn object(&self) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}});
        if let Some(tier) = self.tier {
            object["metadata"]["labels"] = json!({"tier": tier});
        }
        if !self.data.is_empty() {
            object["data"] = json!(self.data);
        }
        object
    }
}

/// A request on its way: what it asks, and what is to be checked.
struct UnderWay {
    asked: Asked,
    answer: Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>,
    /// How many pieces of the body may be read.
    released: Arc<AtomicUsize>,
}

enum Asked {
    Write(&'static str, Write, bool),
    Get(&'static str),
    List(Pages),
    Watch(From, Option<&'static str>, bool),
}

/// A list in pages: where it stands.
#[derive(Debug, Clone)]
struct Pages {
    tier: Option<&'static str>,
    limit: usize,
    /// The token, and what the next page shows: from after that key, at that revision.
    token: Option<(String, String, u64)>,
}

pub(crate) struct Client {
    server: Server,
    manager: String,
    under_way: Option<UnderWay>,
    seen: BTreeMap<&'static str, Value>,
    pages: Option<Pages>,
    watches: VecDeque<Watching>,
}

impl Client {
    pub(crate) fn new(server: &Server, number: usize) -> Self {
        Self {
            server: server.clone(),
            manager: format!("client-{number}"),
            under_way: None,
            seen: BTreeMap::new(),
            pages: None,
            watches: VecDeque::new(),
        }
    }

    pub(crate) fn lose_watches(&mut self) {
        self.watches.iter_mut().for_each(Watching::end);
    }

    /// Goes on with what is under way, or begins something.
    pub(crate) fn go_on(&mut self, action: &Action, spec: &mut Spec) -> Result<(), String> {
        if let Some(under_way) = self.under_way.take() {
            under_way.released.fetch_add(1, Ordering::Relaxed);
            return self.resume(under_way, spec);
        }
        if let Action::Read(watch, lines) = action {
            return match self.watches.get_mut(*watch) {
                Some(watch) => watch.read(*lines, spec),
                None => Ok(()),
            };
        }
        let Some((asked, request)) = self.request(action, spec) else {
            return Ok(());
        };
        let (head, pieces) = request.into_parts();
        let released = Arc::new(AtomicUsize::new(0));
        let body = Pieces {
            waiting: pieces.into(),
            released: Arc::clone(&released),
            read: 0,
        };
        let under_way = UnderWay {
            asked,
            answer: self.server.call(Request::from_parts(head, body)),
            released,
        };
        self.resume(under_way, spec)
    }

    fn resume(&mut self, mut under_way: UnderWay, spec: &mut Spec) -> Result<(), String> {
        if let Some(response) = poll(&mut under_way) {
            return self.check(under_way.asked, response, spec);
        }
        self.under_way = Some(under_way);
        Ok(())
    }

    /// Finishes what is under way, and reads all watches to where they stand.
    pub(crate) fn finish(&mut self, spec: &mut Spec) -> Result<(), String> {
        while self.under_way.is_some() {
            self.go_on(&Action::Continue, spec)?;
        }
        for watch in &mut self.watches {
            watch.read(usize::MAX, spec)?;
        }
        Ok(())
    }

    fn request(&mut self, action: &Action, spec: &Spec) -> Option<(Asked, Request<Vec<Bytes>>)> {
        let (name, write, dry_run) = match action {
            Action::Create(name, content, finalizer) => {
                let mut object = content.object();
                object["metadata"]["name"] = NAMES[*name].into();
                if *finalizer {
                    object["metadata"]["finalizers"] = json!(["example.com/wait"]);
                }
                (*name, Write::Create(object), content.dry_run)
            }
            Action::Apply(name, content, force) => (
                *name,
                Write::Apply(content.object(), *force),
                content.dry_run,
            ),
            Action::Put(name, content, versioned) => {
                let mut object = content.object();
                let mut metadata = self.seen.get(NAMES[*name])?["metadata"].clone();
                metadata["labels"] = object["metadata"]["labels"].clone();
                let fields = metadata.as_object_mut()?;
                fields.retain(|_, value| !value.is_null());
                if !versioned {
                    fields.remove("resourceVersion");
                }
                object["metadata"] = metadata;
                (*name, Write::Put(object), content.dry_run)
            }
            Action::Merge(name, content) => {
                let patch =
                    json!({"metadata": {"labels": {"tier": content.tier}}, "data": content.data});
                (*name, Write::Merge(patch), content.dry_run)
            }
            Action::Release(name) => {
                let patch = json!({"metadata": {"finalizers": null}});
                (*name, Write::Merge(patch), false)
            }
            Action::Delete(name, seen) => {
                let version = self.seen.get(NAMES[*name]).filter(|_| *seen);
                let version = version
                    .and_then(|object| object.pointer("/metadata/resourceVersion")?.as_str());
                (*name, Write::Delete(version.map(str::to_owned)), false)
            }
            other => return self.reading(other, spec),
        };
        let name = NAMES[name];
        Some((
            Asked::Write(name, write.clone(), dry_run),
            self.writing(name, &write, dry_run),
        ))
    }

    fn writing(&self, name: &str, write: &Write, dry_run: bool) -> Request<Vec<Bytes>> {
        let (method, media, body) = match write {
            Write::Create(object) => ("POST", "application/json", object.clone()),
            Write::Apply(config, _) => ("PATCH", "application/apply-patch+yaml", config.clone()),
            Write::Put(object) => ("PUT", "application/json", object.clone()),
            Write::Merge(patch) => ("PATCH", "application/merge-patch+json", patch.clone()),
            Write::Delete(version) => {
                let preconditions = json!({"preconditions": {"resourceVersion": version}});
                ("DELETE", "application/json", preconditions)
            }
        };
        let mut path = match write {
            Write::Create(_) => "/api/v1/namespaces/default/configmaps?".to_owned(),
            _ => format!("/api/v1/namespaces/default/configmaps/{name}?"),
        };
        if !matches!(write, Write::Delete(_)) {
            path.push_str(&format!("fieldManager={}", self.manager));
        }
        if matches!(write, Write::Apply(_, true)) {
            path.push_str("&force=true");
        }
        if dry_run {
            path.push_str("&dryRun=All");
        }
        let body = Bytes::from(body.to_string());
        let pieces = vec![body.slice(..body.len() / 2), body.slice(body.len() / 2..)];
        let request = Request::builder().method(method).uri(path);
        request
            .header("content-type", media)
            .body(pieces)
            .expect("a request")
    }

    fn reading(&mut self, action: &Action, spec: &Spec) -> Option<(Asked, Request<Vec<Bytes>>)> {
        let collection = "/api/v1/namespaces/default/configmaps";
        let label = |tier: Option<&str>| {
            tier.map(|tier| format!("&labelSelector=tier%3D{tier}"))
                .unwrap_or_default()
        };
        let (asked, path) = match action {
            Action::Get(name) => {
                let name = NAMES[*name];
                (Asked::Get(name), format!("{collection}/{name}"))
            }
            Action::List(tier, limit) => {
                let pages = Pages {
                    tier: *tier,
                    limit: *limit,
                    token: None,
                };
                let path = format!("{collection}?limit={limit}{}", label(*tier));
                (Asked::List(pages), path)
            }
            Action::Continue => {
                let pages = self.pages.take()?;
                let (token, ..) = pages.token.as_ref()?;
                let (limit, label) = (pages.limit, label(pages.tier));
                let path = format!("{collection}?limit={limit}&continue={token}{label}");
                (Asked::List(pages), path)
            }
            Action::Watch(tier, bookmarks, beginning) => {
                let (from, parameters) = match beginning {
                    Beginning::Ago(revisions) => {
                        // Zero is everything, and one was before everything.
                        let revision = spec.revision.saturating_sub(*revisions).max(1);
                        (
                            From::Revision(revision),
                            format!("&resourceVersion={revision}"),
                        )
                    }
                    Beginning::Everything => (From::Everything, String::new()),
                    Beginning::InitialEvents => (
                        From::InitialEvents,
                        "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan".to_owned(),
                    ),
                };
                let bookmarks = *bookmarks || from == From::InitialEvents;
                let path = format!(
                    "{collection}?watch=1&allowWatchBookmarks={bookmarks}{parameters}{}",
                    label(*tier)
                );
                (Asked::Watch(from, *tier, bookmarks), path)
            }
            _ => return None,
        };
        let request = Request::get(path).body(Vec::new());
        Some((asked, request.expect("a request")))
    }

    fn check(
        &mut self,
        asked: Asked,
        response: Response<ResponseBody>,
        spec: &mut Spec,
    ) -> Result<(), String> {
        let (head, mut body) = response.into_parts();
        let code = head.status.as_u16();
        if let Asked::Watch(from, tier, bookmarks) = asked {
            if code != 200 {
                return Err(format!("the watch is refused with {code}"));
            }
            let watch = Watching::new(body, from, tier, bookmarks, spec);
            self.watches.push_front(watch);
            self.watches.truncate(3);
            return Ok(());
        }
        let text = body.take_now().unwrap_or_default();
        let found: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        match asked {
            Asked::Write(name, write, dry_run) => {
                let uid = found.pointer("/metadata/uid").and_then(Value::as_str);
                let reply = spec.write(
                    name,
                    &self.manager,
                    &write,
                    dry_run,
                    uid.unwrap_or_default(),
                );
                if let (Reply::Object(..), false) = (&reply, dry_run) {
                    self.seen.insert(name, found.clone());
                }
                check_reply(code, &found, &reply)
                    .map_err(|wrong| format!("{write:?} of {name}: {wrong}"))
            }
            Asked::Get(name) => {
                let reply = match spec.objects.get(&key(name)) {
                    Some(object) => Reply::Object(200, object.clone()),
                    None => Reply::Refused(404, apply_semantics::op::Reason::NotFound, None),
                };
                if code == 200 {
                    self.seen.insert(name, found.clone());
                }
                check_reply(code, &found, &reply)
            }
            Asked::List(pages) => self.check_list(&pages, code, &found, spec),
            Asked::Watch(..) => Ok(()),
        }
    }

    fn check_list(
        &mut self,
        pages: &Pages,
        code: u16,
        found: &Value,
        spec: &Spec,
    ) -> Result<(), String> {
        let (after, revision) = match &pages.token {
            Some((_, after, revision)) => (after.clone(), *revision),
            None => (String::new(), spec.revision),
        };
        if revision < spec.compacted {
            return if code == 410 {
                Ok(())
            } else {
                Err(format!("a token from {revision} is good for {code}"))
            };
        }
        let objects = spec.at(revision);
        let rest: Vec<(&String, &Value)> = objects
            .iter()
            .filter(|(key, object)| **key > after && is_selected(object, pages.tier))
            .collect();
        let shown = if pages.limit == 0 {
            rest.len()
        } else {
            rest.len().min(pages.limit)
        };
        let items: Vec<Value> = rest[..shown]
            .iter()
            .map(|(_, object)| {
                let mut item = Value::clone(object);
                let fields = item.as_object_mut().expect("an object");
                fields.remove("apiVersion");
                fields.remove("kind");
                item
            })
            .collect();
        let left = rest.len() - shown;
        let metadata = &found["metadata"];
        let token = metadata["continue"].as_str();
        let remaining = (left > 0 && pages.tier.is_none()).then_some(left);
        if code != 200
            || found["items"] != json!(items)
            || metadata["resourceVersion"] != *revision.to_string()
            || token.is_some() != (left > 0)
            || metadata.get("remainingItemCount") != remaining.map(|left| json!(left)).as_ref()
        {
            return Err(format!(
                "the list at {revision} after {after:?} is {code} {found}, expected {items:?} and {left} more"
            ));
        }
        self.pages = token.map(|token| Pages {
            token: Some((token.to_owned(), rest[shown - 1].0.clone(), revision)),
            ..pages.clone()
        });
        Ok(())
    }
}

pub(crate) fn check_reply(code: u16, found: &Value, reply: &Reply) -> Result<(), String> {
    let good = match reply {
        Reply::Object(wanted, object) => code == *wanted && found == object,
        Reply::Deleted => code == 200 && found["kind"] == "Status" && found["status"] == "Success",
        Reply::Refused(wanted, reason, status) => {
            code == *wanted
                && found["reason"] == reason.as_str()
                && status.as_ref().is_none_or(|status| {
                    found["message"] == status["message"]
                        && found["details"]["causes"] == status["details"]["causes"]
                })
        }
    };
    if good {
        Ok(())
    } else {
        Err(format!(
            "the answer is {code} {found}\nwhere it should be {reply:?}"
        ))
    }
}

fn poll(under_way: &mut UnderWay) -> Option<Response<ResponseBody>> {
    let mut cx = Context::from_waker(Waker::noop());
    match under_way.answer.as_mut().poll(&mut cx) {
        Poll::Ready(Ok(response)) => Some(response),
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => None,
    }
}

/// A body that comes piece by piece, when it is let.
struct Pieces {
    waiting: VecDeque<Bytes>,
    released: Arc<AtomicUsize>,
    read: usize,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.waiting.is_empty() {
            return Poll::Ready(None);
        }
        if self.read >= self.released.load(Ordering::Relaxed) {
            return Poll::Pending;
        }
        self.read += 1;
        Poll::Ready(self.waiting.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}
