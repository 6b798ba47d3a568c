//! A client that does as little as can be: HTTP/1.1 on one connection that is kept open.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use bytes::Bytes;

use super::{Ask, Client};

/// A connection.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(1 << 16, stream),
        })
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The connection broke.
    pub fn send(&mut self, ask: &Ask) -> io::Result<()> {
        let mut text = format!(
            "{} {} HTTP/1.1\r\nhost: server\r\nuser-agent: figures/1\r\naccept: application/json\r\n",
            ask.method, ask.path
        );
        if !ask.content_type.is_empty() {
            text.push_str("content-type: ");
            text.push_str(ask.content_type);
            text.push_str("\r\ncontent-length: ");
            text.push_str(&ask.body.len().to_string());
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.push_str(&ask.body);
        self.stream.get_mut().write_all(text.as_bytes())
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

    /// Reads what there is of a body in chunks, and tells how many lines ended in it.
    ///
    /// # Errors
    /// The connection broke.
    pub fn lines(&mut self) -> io::Result<usize> {
        let mut size = String::new();
        self.stream.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk)?;
        let data = chunk.get(..size).unwrap_or_default();
        Ok(data.split(|byte| *byte == b'\n').count() - 1)
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
