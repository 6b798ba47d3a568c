//! A client that does as little as can be: HTTP/1.1 on one connection that is kept open, in the clear or encrypted.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use bytes::Bytes;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use super::{Ask, Client};

/// What a connection reads from and writes to.
trait Stream: Read + Write + Send {}

impl<S: Read + Write + Send> Stream for S {}

/// A connection.
pub struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    /// Connects to an encrypted port, whose certificate is of that authority, in PEM.
    ///
    /// # Errors
    /// Nobody listens there, or it is another one.
    pub fn connect_encrypted(address: SocketAddr, authority: &[u8]) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(authority).map_err(io::Error::other)?;
        roots.add(authority).map_err(io::Error::other)?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::from(address.ip());
        let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        Ok(Self::over(StreamOwned::new(connection, stream)))
    }

    fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: BufReader::with_capacity(1 << 16, Box::new(stream)),
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The connection broke.
    pub fn send(&mut self, ask: &Ask) -> io::Result<()> {
        self.stream.get_mut().write_all(ask.http_1().as_bytes())
    }

    /// Reads the head of an answer: its code, and the length of its body; none if it comes in chunks.
    ///
    /// # Errors
    /// The connection broke, or this is no answer.
    pub fn head(&mut self) -> io::Result<(u16, Option<usize>)> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let code = code.ok_or_else(|| io::Error::other(format!("no answer: {line}")))?;
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                return Ok((code, length));
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok();
            }
        }
    }

    /// Reads a chunk of a body that comes in chunks.
    ///
    /// # Errors
    /// The connection broke.
    pub fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut size = String::new();
        self.stream.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok(chunk)
    }
}

impl Client for Wire {
    #[expect(
        clippy::expect_used,
        reason = "without a connection nothing can be measured"
    )]
    fn ask(&mut self, ask: &Ask) -> (u16, Bytes) {
        self.send(ask).expect("a connection");
        let (code, length) = self.head().expect("an answer");
        let mut body = vec![0; length.expect("an answer of known length")];
        self.stream.read_exact(&mut body).expect("the whole answer");
        (code, body.into())
    }
}
