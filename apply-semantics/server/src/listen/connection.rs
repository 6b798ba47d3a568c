//! Connections: who is let in, and how they end.

use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::turns::{Turn, Turns};
use crate::{
    http::{Batch, ResponseBody, bearer, unauthorized},
    server::Server,
    user::{UserInfo, is_same},
};

/// What a client has to pass.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) server: Server,
    pub(super) token: Option<Arc<str>>,
    pub(super) service_accounts: bool,
    pub(super) turns: Arc<Turns>,
    #[cfg(feature = "tls")]
    pub(super) acceptor: Option<tokio_rustls::TlsAcceptor>,
}

/// Whether the port closes.
type Down = watch::Receiver<bool>;

async fn wait_for(mut down: Down) {
    // Nobody left to say so is as good.
    let _ = down.wait_for(|down| *down).await;
}

/// Takes connections until the port closes, and hands back those that are open then.
pub(super) async fn accept(listener: TcpListener, door: Door, down: Down) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    while let Some(stream) = next(&listener, &down).await {
        connections.spawn(receive(stream, door.clone(), down.clone()));
        while connections.try_join_next().is_some() {}
    }
    connections
}

/// The next connection; none if the port closes.
async fn next(listener: &TcpListener, down: &Down) -> Option<TcpStream> {
    let mut closing = pin!(wait_for(down.clone()));
    loop {
        let mut accepting = pin!(listener.accept());
        let accepted = poll_fn(|cx| {
            if closing.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            accepting.as_mut().poll(cx).map(Some)
        })
        .await?;
        match accepted {
            Ok((stream, _)) => {
                // Events of watches are small and are not to wait for others.
                let _ = stream.set_nodelay(true);
                return Some(stream);
            }
            // That client went away, or there are too many of them for now.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn receive(stream: TcpStream, door: Door, down: Down) {
    #[cfg(feature = "tls")]
    if let Some(acceptor) = door.acceptor.clone() {
        // Who does not make up its mind is sent away.
        let greeting = tokio::time::timeout(Duration::from_secs(10), acceptor.accept(stream));
        if let Ok(Ok(stream)) = greeting.await {
            let shown = stream.get_ref().1.peer_certificates();
            let certified = shown.and_then(|shown| super::subject::user_of(shown.first()?));
            serve(stream, door, certified, down).await;
        }
        return;
    }
    serve(stream, door, None, down).await;
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    door: Door,
    certified: Option<UserInfo>,
    down: Down,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    let desk = Desk {
        door,
        certified,
        down: down.clone(),
    };
    let connection = builder.serve_connection(TokioIo::new(stream), desk);
    let mut connection = pin!(connection);
    let mut closing = pin!(wait_for(down));
    let mut told = false;
    // A client that goes away is no error of the server.
    let _ = poll_fn(|cx| {
        if !told && closing.as_mut().poll(cx).is_ready() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx)
    })
    .await;
}

/// Where requests of a connection are answered.
struct Desk {
    door: Door,
    /// Who has shown a certificate.
    certified: Option<UserInfo>,
    down: Down,
}

type Answer = Response<Until>;

impl hyper::service::Service<Request<Incoming>> for Desk {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let down = self.down.clone();
        let turns = Arc::clone(&self.door.turns);
        let end =
            move |answer: Response<ResponseBody>| answer.map(|body| Until::new(body, down, &turns));
        if !self.door.lets_in(request.uri().path(), request.headers()) {
            return Box::pin(std::future::ready(Ok(end(unauthorized()))));
        }
        if let Some(user) = &self.certified {
            request.extensions_mut().insert(user.clone());
        }
        let answer = tower_service::Service::call(&mut self.door.server.clone(), request);
        Box::pin(async move { answer.await.map(end) })
    }
}

impl Door {
    fn lets_in(&self, path: &str, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let first = path.trim_start_matches('/').split('/').next();
        if matches!(first, Some("healthz" | "livez" | "readyz" | "version")) {
            return true;
        }
        let Some(shown) = bearer(headers) else {
            return false;
        };
        if is_same(shown.as_bytes(), token.as_bytes()) {
            return true;
        }
        let core = &self.server.lock().core;
        core.users.of(shown).is_some() || (self.service_accounts && core.asker_by(shown).is_ok())
    }
}

/// A body that ends when the port closes, if it would wait for more.
pub(super) struct Until {
    body: ResponseBody,
    closing: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Watches go on when it is their turn.
    turn: Option<(Arc<Turn>, Waker)>,
}

impl Until {
    fn new(body: ResponseBody, down: Down, turns: &Arc<Turns>) -> Self {
        let turn = body.is_watch().then(|| Turn::of(turns));
        Self {
            body,
            closing: Box::pin(wait_for(down)),
            turn: turn.map(|turn| (Arc::clone(&turn), turn.into())),
        }
    }

    fn poll_batch(&mut self, cx: &Context<'_>) -> Poll<Option<Batch>> {
        match &self.turn {
            Some((turn, waker)) => {
                turn.belongs_to(cx.waker());
                self.body.poll_batch(&Context::from_waker(waker))
            }
            None => self.body.poll_batch(cx),
        }
    }
}

impl Body for Until {
    type Data = Batch;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Batch>, Infallible>>> {
        match self.poll_batch(cx) {
            Poll::Pending if self.closing.as_mut().poll(cx).is_ready() => Poll::Ready(None),
            polled => polled.map(|batch| batch.map(|batch| Ok(Frame::data(batch)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
