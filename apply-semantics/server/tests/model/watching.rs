//! A watch, and what it must show: the history from where it began, nothing left out, nothing twice, nothing in another order.

use apply_server::ResponseBody;
use serde_json::Value;

use crate::spec::{Spec, is_selected};

pub(crate) struct Watching {
    body: ResponseBody,
    tier: Option<&'static str>,
    bookmarks: bool,
    /// What is there at the beginning, still to be told.
    first: Vec<Value>,
    /// A bookmark comes after that.
    initial_events: bool,
    /// All up to this revision was told.
    seen: u64,
    ended: bool,
}

/// How a watch begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum From {
    /// At a revision.
    Revision(u64),
    /// With everything that is there.
    Everything,
    /// With everything that is there and a bookmark after it.
    InitialEvents,
}

impl Watching {
    pub(crate) fn new(
        body: ResponseBody,
        from: From,
        tier: Option<&'static str>,
        bookmarks: bool,
        spec: &Spec,
    ) -> Self {
        let mut first: Vec<Value> = Vec::new();
        let mut seen = spec.revision;
        match from {
            From::Revision(revision) => seen = revision,
            From::Everything | From::InitialEvents => {
                let selected = spec
                    .objects
                    .values()
                    .filter(|object| is_selected(object, tier));
                first = selected.cloned().collect();
                first.reverse();
            }
        }
        Self {
            body,
            tier,
            bookmarks,
            first,
            initial_events: from == From::InitialEvents,
            seen,
            ended: false,
        }
    }

    /// The server ends all watches.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Reads up to that many lines, and says what is wrong with them.
    pub(crate) fn read(&mut self, lines: usize, spec: &Spec) -> Result<(), String> {
        for _ in 0..lines {
            let Some(line) = self.body.take_now() else {
                return self.nothing_more(spec);
            };
            if self.ended {
                return Err(format!("{line:?} comes after the end"));
            }
            let event: Value = serde_json::from_slice(&line).map_err(|error| error.to_string())?;
            self.check(&event, spec)?;
        }
        Ok(())
    }

    fn nothing_more(&self, spec: &Spec) -> Result<(), String> {
        if self.ended {
            return Ok(());
        }
        if let Some(object) = self.first.last() {
            return Err(format!("{object} is not told at the beginning"));
        }
        if self.initial_events {
            return Err("the bookmark at the end of what is there is missing".to_owned());
        }
        match self.next(spec) {
            Some((_, event)) => Err(format!("{event:?} is not told")),
            None => Ok(()),
        }
    }

    /// The next event that the watch must show, and its revision.
    fn next(&self, spec: &Spec) -> Option<(u64, (&'static str, Value))> {
        let mut later = spec
            .changes
            .iter()
            .filter(|change| change.revision > self.seen);
        later.find_map(|change| Some((change.revision, change.event(self.tier)?)))
    }

    fn check(&mut self, event: &Value, spec: &Spec) -> Result<(), String> {
        let object = &event["object"];
        match event["type"].as_str() {
            Some("BOOKMARK") => self.bookmark(object, spec),
            Some("ERROR") => {
                // Something that was not told yet is forgotten.
                let mut lost = spec.changes.iter();
                let lost = lost
                    .any(|change| change.revision > self.seen && change.revision <= spec.compacted);
                if object["code"] != 410 || !(lost || self.seen < spec.compacted) {
                    return Err(format!("the watch at {} ends with {object}", self.seen));
                }
                self.ended = true;
                Ok(())
            }
            kind => {
                if let Some(wanted) = self.first.pop() {
                    return same(kind, object, ("ADDED", &wanted));
                }
                let Some((revision, (wanted_kind, wanted))) = self.next(spec) else {
                    return Err(format!("{event} did not happen, or was told before"));
                };
                self.seen = revision;
                same(kind, object, (wanted_kind, &wanted))
            }
        }
    }

    fn bookmark(&mut self, object: &Value, spec: &Spec) -> Result<(), String> {
        let version = object["metadata"]["resourceVersion"].as_str();
        let version: u64 = version
            .and_then(|text| text.parse().ok())
            .ok_or("no version")?;
        let at_end = object.pointer("/metadata/annotations/k8s.io~1initial-events-end");
        if at_end.is_some() != (self.initial_events && self.first.is_empty()) {
            return Err(format!("{object} comes at the wrong place"));
        }
        if !self.bookmarks && at_end.is_none() {
            return Err("a bookmark that nobody asked for".to_owned());
        }
        if !self.first.is_empty() || self.next(spec).is_some_and(|(next, _)| next <= version) {
            return Err(format!("the bookmark at {version} leaves something out"));
        }
        if version < self.seen || version > spec.revision {
            return Err(format!(
                "the bookmark at {version} is nowhere: {} is told",
                self.seen
            ));
        }
        self.initial_events = false;
        self.seen = version;
        Ok(())
    }
}

fn same(kind: Option<&str>, object: &Value, wanted: (&str, &Value)) -> Result<(), String> {
    if kind == Some(wanted.0) && object == wanted.1 {
        Ok(())
    } else {
        Err(format!(
            "{kind:?} {object}\ncomes where it should be\n{wanted:?}"
        ))
    }
}
