//! Many watches over a port, by HTTP/1.1 and by HTTP/2: what happens while a watch is not read comes in one piece, and to nobody is
//! anything missing, doubled or in another order, whether it reads at once or late.

#![cfg(feature = "listen")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::{future::poll_fn, pin::Pin, time::Duration};

use apply_semantics::op::{ApplyOptions, Operation};
use apply_server::{FaultRule, Listener, Server};
use http::Request;
use http_body::Body as _;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;

fn write(server: &Server, name: &str, number: usize) {
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name},
        "data": {"number": number.to_string(), "pad": "x".repeat(number % 700)},
    });
    let apply = Operation::apply_object(config, ApplyOptions::new("m").force()).unwrap();
    server.execute(&apply).unwrap();
}

#[derive(Debug, Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

/// A watch over a connection of its own.
struct Watcher {
    body: Incoming,
    /// What has come of a line that has not come to its end.
    rest: Vec<u8>,
    /// In how many frames everything came.
    frames: usize,
}

impl Watcher {
    async fn open(listener: &Listener, protocol: Protocol, from: u64) -> Self {
        let stream = TcpStream::connect(listener.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let stream = TokioIo::new(stream);
        let uri = format!(
            "http://{}/api/v1/configmaps?watch=true&resourceVersion={from}",
            listener.address()
        );
        let request = Request::get(uri).body(String::new()).unwrap();
        let answer = match protocol {
            Protocol::Http1 => {
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(stream).await.unwrap();
                tokio::spawn(connection);
                sender.send_request(request).await.unwrap()
            }
            Protocol::Http2 => {
                let executor = TokioExecutor::new();
                let (mut sender, connection) =
                    hyper::client::conn::http2::handshake(executor, stream)
                        .await
                        .unwrap();
                tokio::spawn(connection);
                sender.send_request(request).await.unwrap()
            }
        };
        assert_eq!(answer.status(), 200);
        Self {
            body: answer.into_body(),
            rest: Vec::new(),
            frames: 0,
        }
    }

    /// The next events; none at the end.
    async fn some(&mut self) -> Option<Vec<Value>> {
        let frame = poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await?;
        self.frames += 1;
        self.rest.extend(frame.unwrap().into_data().unwrap());
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n');
        let lines: Vec<u8> = self.rest.drain(..whole.map_or(0, |at| at + 1)).collect();
        let lines = lines.split(|byte| *byte == b'\n');
        let events = lines.filter(|line| !line.is_empty());
        Some(
            events
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect(),
        )
    }

    /// The revisions of so many events, or of all until the end.
    async fn revisions(&mut self, count: usize) -> Vec<u64> {
        let mut revisions = Vec::new();
        while revisions.len() < count
            && let Some(events) = self.some().await
        {
            revisions.extend(events.iter().map(|event| {
                let version = &event["object"]["metadata"]["resourceVersion"];
                version.as_str().unwrap().parse::<u64>().unwrap()
            }));
        }
        revisions
    }
}

async fn everybody_is_told_of_everything(protocol: Protocol) {
    const WATCHERS: usize = 30;
    const WRITES: usize = 400;
    let server = Server::new();
    let listener = server.listen("127.0.0.1:0").await.unwrap();
    let from = server.revision();
    let mut watching = Vec::new();
    for number in 0..WATCHERS {
        let mut watcher = Watcher::open(&listener, protocol, from).await;
        watching.push(tokio::spawn(async move {
            let mut revisions = Vec::new();
            while revisions.len() < WRITES {
                if number % 3 == 0 {
                    // Some have something else to do.
                    tokio::time::sleep(Duration::from_millis(1 + number as u64)).await;
                }
                revisions.extend(watcher.revisions(1).await);
            }
            revisions
        }));
    }
    for number in 0..WRITES {
        write(&server, &format!("c{}", number % 7), number);
        if number % 5 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let wanted: Vec<u64> = (from + 1..=from + WRITES as u64).collect();
    for watcher in watching {
        assert_eq!(watcher.await.unwrap(), wanted, "{protocol:?}");
    }
}

#[tokio::test]
async fn everybody_is_told_of_everything_by_http_1() {
    everybody_is_told_of_everything(Protocol::Http1).await;
}

#[tokio::test]
async fn everybody_is_told_of_everything_by_http_2() {
    everybody_is_told_of_everything(Protocol::Http2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn everybody_is_told_of_everything_by_several_threads() {
    everybody_is_told_of_everything(Protocol::Http1).await;
    everybody_is_told_of_everything(Protocol::Http2).await;
}

#[tokio::test]
async fn what_happened_in_the_meantime_comes_in_one_piece() {
    let server = Server::new();
    let listener = server.listen("127.0.0.1:0").await.unwrap();
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let from = server.revision();
        let mut watcher = Watcher::open(&listener, protocol, from).await;
        // Nothing else runs here meanwhile.
        for number in 0..20 {
            write(&server, "c", number);
        }
        assert_eq!(watcher.revisions(20).await.len(), 20, "{protocol:?}");
        // The client reads no more than 8 KiB at a time.
        assert!(watcher.frames < 4, "{protocol:?}: {}", watcher.frames);
        // And what happens alone comes alone, at once.
        write(&server, "c", 20);
        assert_eq!(watcher.some().await.unwrap().len(), 1, "{protocol:?}");
    }
}

#[tokio::test]
async fn pieces_are_bounded() {
    let server = Server::new();
    let listener = server.listen("127.0.0.1:0").await.unwrap();
    let from = server.revision();
    let pad = "x".repeat(10_000);
    for number in 0..100 {
        let config = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": "big"},
            "data": {"number": number.to_string(), "pad": pad},
        });
        let apply = Operation::apply_object(config, ApplyOptions::new("m")).unwrap();
        server.execute(&apply).unwrap();
    }
    let mut watcher = Watcher::open(&listener, Protocol::Http1, from).await;
    assert_eq!(watcher.revisions(100).await.len(), 100);
    // A megabyte in pieces of about 64 KiB.
    assert!(watcher.frames >= 12, "{} frames", watcher.frames);
}

#[tokio::test]
async fn a_watch_breaks_off_after_its_events_also_in_the_midst_of_many() {
    let server = Server::new();
    let listener = server.listen("127.0.0.1:0").await.unwrap();
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let from = server.revision();
        server.inject(FaultRule::dropped_watch(3).resource("configmaps").times(1));
        let mut broken = Watcher::open(&listener, protocol, from).await;
        let mut whole = Watcher::open(&listener, protocol, from).await;
        for number in 0..10 {
            write(&server, "c", number);
        }
        assert_eq!(
            broken.revisions(usize::MAX).await,
            [from + 1, from + 2, from + 3]
        );
        assert_eq!(whole.revisions(10).await.len(), 10, "{protocol:?}");
        server.drop_watches();
        assert!(whole.revisions(1).await.is_empty(), "{protocol:?}");
    }
}
