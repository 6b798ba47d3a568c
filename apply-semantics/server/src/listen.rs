//! The server on a port (feature `listen`), for kubectl and everything else that speaks HTTP.

mod connection;
mod options;
#[cfg(feature = "tls")]
mod subject;
#[cfg(feature = "tls")]
mod tls;
mod turns;

use std::{
    fmt,
    fs::OpenOptions,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

pub use options::ListenOptions;

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
pub struct Listener {
    address: SocketAddr,
    /// It holds what a client needs to be let in.
    kubeconfig: String,
    accepting: JoinHandle<JoinSet<()>>,
    /// Lets watches go on.
    calling: JoinHandle<()>,
    down: watch::Sender<bool>,
}

impl Server {
    /// Listens on an address, without encryption and for everybody: for loopback only. Port 0 takes a free one. It speaks HTTP/1.1,
    /// and HTTP/2 with clients that begin with it. It needs a Tokio runtime.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn listen(&self, address: impl AsRef<str>) -> io::Result<Listener> {
        self.listen_with(address, &ListenOptions::new()).await
    }

    /// Listens on an address, as the options say.
    ///
    /// # Errors
    /// The address cannot be listened on, or certificates cannot be made.
    pub async fn listen_with(
        &self,
        address: impl AsRef<str>,
        options: &ListenOptions,
    ) -> io::Result<Listener> {
        let listener = TcpListener::bind(address.as_ref()).await?;
        let address = listener.local_addr()?;
        let (door, kubeconfig) = options.door(self, address)?;
        let (down, is_down) = watch::channel(false);
        let calling = tokio::spawn(Arc::clone(&door.turns).call());
        let accepting = tokio::spawn(connection::accept(listener, door, is_down));
        Ok(Listener {
            address,
            kubeconfig,
            accepting,
            calling,
            down,
        })
    }
}

impl Listener {
    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A kubeconfig for the server, with what it takes to be let in. It is JSON, which is YAML too.
    pub fn kubeconfig(&self) -> &str {
        &self.kubeconfig
    }

    /// Writes a kubeconfig for the server, which only the user may read.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_kubeconfig(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(self.kubeconfig.as_bytes())
    }

    /// Takes no more connections, ends watches, lets requests under way come to their end, and closes. What is not done after that
    /// long is cut off; tells whether everything was done.
    pub async fn shutdown(mut self, patience: Duration) -> bool {
        self.down.send_replace(true);
        let finished = async {
            let Ok(mut connections) = (&mut self.accepting).await else {
                return;
            };
            while connections.join_next().await.is_some() {}
        };
        tokio::time::timeout(patience, finished).await.is_ok()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
        self.calling.abort();
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
