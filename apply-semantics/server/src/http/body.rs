use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use serde_json::Value;

use super::{accept::Accept, render};
use crate::{
    core::Core,
    server::Server,
    watch::{Notice, Watch},
};

/// The body of an answer: all of it at once, or the lines of a watch as things happen.
pub struct ResponseBody(Inner);

enum Inner {
    Whole(Option<Bytes>),
    Watch(Box<Lines>),
}

/// A watch on its way to a client.
struct Lines {
    server: Server,
    watch: Watch,
    accept: Accept,
    /// When it ends.
    deadline: Option<i64>,
    /// How often watches had been dropped when it began.
    dropped: u64,
    first: bool,
}

impl ResponseBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Whole(Some(bytes.into())))
    }

    pub(super) fn watch(
        server: &Server,
        watch: Watch,
        accept: Accept,
        timeout: Option<u64>,
    ) -> Self {
        let state = server.lock();
        let clock = Arc::clone(&state.core.clock);
        let dropped = state.dropped_watches;
        drop(state);
        let deadline = timeout.map(|seconds| clock.unix_seconds().saturating_add_unsigned(seconds));
        if let Some(deadline) = deadline {
            let server = server.clone();
            clock.call_at(deadline, Box::new(move || server.wake()));
        }
        Self(Inner::Watch(Box::new(Lines {
            server: server.clone(),
            watch,
            accept,
            deadline,
            dropped,
            first: true,
        })))
    }

    /// What is there now, without waiting; none at the end, or if nothing happened since the last time.
    pub fn take_now(&mut self) -> Option<Bytes> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        match Pin::new(self).poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => frame.into_data().ok(),
            Poll::Ready(Some(Err(never))) => match never {},
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}

impl Lines {
    fn poll_line(&mut self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let server = self.server.clone();
        let mut state = server.lock();
        if state.dropped_watches != self.dropped {
            return Poll::Ready(None);
        }
        if let Some(notice) = self.watch.next(&state.core) {
            return Poll::Ready(Some(self.line(&notice, &state.core)));
        }
        if self
            .deadline
            .is_some_and(|deadline| state.core.clock.unix_seconds() >= deadline)
            && !self.watch.is_ended()
        {
            self.watch.end();
            // The last word of a watch that ends by the clock.
            return Poll::Ready(
                self.watch
                    .bookmark()
                    .map(|bookmark| self.line(&bookmark, &state.core)),
            );
        }
        if self.watch.is_ended() {
            return Poll::Ready(None);
        }
        if !state
            .waiting
            .iter()
            .any(|waker| waker.will_wake(cx.waker()))
        {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    fn line(&mut self, notice: &Notice, core: &Core) -> Bytes {
        let object = match notice.kind {
            "ERROR" => Value::clone(&notice.object),
            _ => render::one(
                self.watch.resource(),
                &notice.object,
                self.accept,
                self.first,
                &core.now().to_string(),
            ),
        };
        self.first = false;
        let mut line = Vec::from(&b"{\"type\":\""[..]);
        line.extend_from_slice(notice.kind.as_bytes());
        line.extend_from_slice(b"\",\"object\":");
        line.extend_from_slice(object.to_string().as_bytes());
        line.extend_from_slice(b"}\n");
        line.into()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Inner::Whole(bytes) => Poll::Ready(
                bytes
                    .take()
                    .filter(|bytes| !bytes.is_empty())
                    .map(|bytes| Ok(Frame::data(bytes))),
            ),
            Inner::Watch(lines) => lines
                .poll_line(cx)
                .map(|line| line.map(|line| Ok(Frame::data(line)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Inner::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Inner::Watch(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Inner::Whole(_) => "ResponseBody(whole)",
            Inner::Watch(_) => "ResponseBody(watch)",
        })
    }
}
