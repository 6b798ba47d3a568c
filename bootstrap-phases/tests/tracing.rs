//! What a run tells to `tracing`.

#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bootstrap_phases::{
    Content, Cx, MemFiles, Node, PhaseError, Plan, Runner, TracingSink, Workflow,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, dispatcher};

/// Writes a line for everything it is told.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>, Arc<AtomicU64>);

impl Lines {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

/// Fields as `name=value`.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = Id::from_u64(self.1.fetch_add(1, Ordering::SeqCst) + 1);
        let (mut fields, parent) = (Fields::default(), span.parent().map(Id::into_u64));
        span.record(&mut fields);
        let (name, id_number) = (span.metadata().name(), id.into_u64());
        self.push(format!("+{id_number} in {parent:?} {name}{}", fields.0));
        id
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.push(format!("={}{}", span.into_u64(), fields.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let (mut fields, parent) = (Fields::default(), event.parent().map(Id::into_u64));
        event.record(&mut fields);
        let level = event.metadata().level();
        self.push(format!("{level} in {parent:?}{}", fields.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn try_close(&self, id: Id) -> bool {
        self.push(format!("-{}", id.into_u64()));
        true
    }
}

#[test]
fn phases_are_spans_in_the_span_of_their_run() {
    let write = |cx: &Cx<'_, ()>| {
        let mut plan = cx.draft();
        plan.file("/motd", 0o644, Content::text("hello"))?;
        Ok::<Plan, PhaseError>(plan.finish())
    };
    let fail = |_: &Cx<'_, ()>| Err::<Plan, _>(PhaseError::fatal("no", "it cannot be"));
    let flow = Workflow::new("greet")
        .phases([
            Node::new("motd", "").run(write),
            Node::new("fail", "").run(fail),
        ])
        .build()
        .unwrap();
    let (files, lines, sink) = (MemFiles::new(), Lines::default(), TracingSink::new());
    let dispatch = tracing::Dispatch::new(lines.clone());
    dispatcher::with_default(&dispatch, || {
        Runner::new(&flow, &files)
            .events(&sink)
            .run(&())
            .unwrap_err();
    });
    let lines = lines.0.lock().unwrap().join("\n");
    let parts = [
        "+1 in None run run=",
        " workflow=\"greet\" resumed=false",
        "+2 in Some(1) phase path=\"motd\" index=1 total=2",
        "INFO in Some(2) message=write /motd",
        "=2 changes=1\n=2 state=\"done\"\n-2",
        "+3 in Some(1) phase path=\"fail\"",
        "ERROR in Some(3) message=failed: ",
        "=3 state=\"failed\"\n-3",
        "ERROR in Some(1) message=failed",
        "=1 outcome=\"failed\"\n=1 changes=1\n-1",
    ];
    let mut rest = lines.as_str();
    for part in parts {
        let at = rest.find(part);
        rest = &rest[at.unwrap_or_else(|| unreachable!("{part} in\n{lines}"))..];
    }
}
