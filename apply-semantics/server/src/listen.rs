//! The server on a port (feature `listen`), for kubectl and everything else that speaks HTTP.

use std::{fs, io, net::SocketAddr, path::Path};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::server::Server;

/// A server that listens. It stops when this is dropped.
///
/// ```no_run
/// use apply_server::Server;
///
/// # async fn example() -> std::io::Result<()> {
/// let server = Server::new();
/// let listener = server.listen("127.0.0.1:0").await?;
/// listener.write_kubeconfig("kubeconfig")?;
/// // kubectl --kubeconfig kubeconfig get namespaces
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Listener {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on an address, without encryption: for loopback only. Port 0 takes a free one. It needs a Tokio runtime.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn listen(&self, address: impl AsRef<str>) -> io::Result<Listener> {
        let listener = TcpListener::bind(address.as_ref()).await?;
        let address = listener.local_addr()?;
        let server = self.clone();
        let accepting = tokio::spawn(async move { accept(listener, server).await });
        Ok(Listener { address, accepting })
    }
}

impl Listener {
    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig for the server. It is JSON, which is YAML too.
    pub fn kubeconfig(&self) -> String {
        let name = "apply-server";
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": name, "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        });
        format!("{config:#}\n")
    }

    /// Writes a kubeconfig for the server.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_kubeconfig(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.kubeconfig())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Takes connections for as long as it is polled. They end with it.
async fn accept(listener: TcpListener, server: Server) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, server.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, server: Server) {
    // A client that goes away is no error of the server.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(server))
        .await;
}
