#[cfg(feature = "listen")]
use std::task::ready;
use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

#[cfg(feature = "listen")]
use bytes::Buf as _;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

#[cfg(feature = "listen")]
use super::batch::Batch;
use super::{accept::Accept, render};
use crate::{
    core::Core,
    server::{Server, State},
    watch::{Notice, Watch, line},
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
    /// What rows of tables carry.
    include: String,
    /// When it ends.
    deadline: Option<i64>,
    /// After how many events it breaks off.
    left: Option<u64>,
    /// How often watches had been dropped when it began.
    dropped: u64,
    first: bool,
    /// Whose turn it is to be woken.
    number: u64,
}

impl ResponseBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Whole(Some(bytes.into())))
    }

    pub(super) fn watch(server: &Server, watch: Watch, accept: Accept, include: &str) -> Self {
        let (timeout, left) = watch.limits();
        let mut state = server.lock();
        let number = state.waiting.number();
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
            include: include.to_owned(),
            deadline,
            left,
            dropped,
            first: true,
            number,
        })))
    }

    /// What is there now, without waiting: the whole answer, or the next event of a watch; none at the end, or if nothing happened
    /// since the last time.
    pub fn take_now(&mut self) -> Option<Bytes> {
        match &mut self.0 {
            Inner::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()),
            Inner::Watch(lines) => {
                let cx = Context::from_waker(Waker::noop());
                match lines.poll_line(&cx) {
                    Poll::Ready(line) => line,
                    Poll::Pending => None,
                }
            }
        }
    }
}

#[cfg(any(feature = "listen", feature = "yaml"))]
impl ResponseBody {
    /// Whether it is a watch, which waits for things to happen.
    pub(crate) fn is_watch(&self) -> bool {
        matches!(self.0, Inner::Watch(_))
    }
}

#[cfg(feature = "listen")]
impl ResponseBody {
    /// Everything that there is to send, within bounds.
    pub(crate) fn poll_batch(&mut self, cx: &Context<'_>) -> Poll<Option<Batch>> {
        match &mut self.0 {
            Inner::Whole(bytes) => {
                let bytes = bytes.take().filter(|bytes| !bytes.is_empty());
                Poll::Ready(bytes.map(Batch::from))
            }
            Inner::Watch(lines) => lines.poll_batch(cx),
        }
    }
}

/// Lines that wait are sent together up to about that many bytes.
#[cfg(feature = "listen")]
const TOGETHER: usize = 64 * 1024;

impl Lines {
    /// The lines that wait, or the next one.
    #[cfg(feature = "listen")]
    fn poll_batch(&mut self, cx: &Context<'_>) -> Poll<Option<Batch>> {
        let server = self.server.clone();
        let mut state = server.lock();
        let Some(first) = ready!(self.poll_in(&mut state, cx)) else {
            return Poll::Ready(None);
        };
        let mut batch = Batch::from(first);
        while batch.remaining() < TOGETHER
            && self.left != Some(0)
            && let Some(notice) = self.watch.next_waiting()
        {
            batch.push(self.line(notice, &state.core));
        }
        Poll::Ready(Some(batch))
    }

    fn poll_line(&mut self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let server = self.server.clone();
        self.poll_in(&mut server.lock(), cx)
    }

    fn poll_in(&mut self, state: &mut State, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        if state.dropped_watches != self.dropped || self.left == Some(0) {
            return Poll::Ready(None);
        }
        if let Some(notice) = self.watch.next(&state.core) {
            return Poll::Ready(Some(self.line(notice, &state.core)));
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
                    .map(|bookmark| self.line(bookmark, &state.core)),
            );
        }
        if self.watch.is_ended() {
            return Poll::Ready(None);
        }
        let table = &self.watch.resource().table;
        state.waiting.wait(table, self.number, cx.waker());
        Poll::Pending
    }

    fn line(&mut self, notice: Notice, core: &Core) -> Bytes {
        self.left = self.left.map(|left| left.saturating_sub(1));
        let (kind, object) = match notice {
            Notice::Line(line) => return line,
            Notice::Event { kind, object } => (kind, object),
        };
        let text = if kind == "ERROR" || self.accept == Accept::Plain {
            object.text()
        } else {
            let resource = self.watch.resource();
            let now = core.now().to_string();
            render::shaped(
                resource,
                &object.value(),
                self.accept,
                &self.include,
                self.first,
                &now,
            )
            .to_string()
            .into()
        };
        self.first = false;
        line(kind, &text)
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let table = &self.watch.resource().table;
        self.server.lock().waiting.forget(table, self.number);
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
