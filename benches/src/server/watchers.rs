//! Many watches over connections, read by one thread that looks at nothing but the ends of lines.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use tokio::{net::TcpStream, runtime::Builder, task::JoinSet};

use super::Ask;

/// Watches that are being read.
#[derive(Debug)]
pub struct Watchers {
    reading: JoinHandle<io::Result<usize>>,
    open: Arc<AtomicUsize>,
}

impl Watchers {
    /// Opens so many watches with the same request, each on a connection of its own, and reads from each until it has seen so many
    /// events.
    pub fn start(address: SocketAddr, ask: &Ask, count: usize, events: usize) -> Self {
        let open = Arc::new(AtomicUsize::new(0));
        let opened = Arc::clone(&open);
        let request = ask.http_1();
        let reading = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_io().build()?;
            runtime.block_on(async move {
                let mut watches = JoinSet::new();
                for _ in 0..count {
                    let stream = TcpStream::connect(address).await?;
                    send(&stream, request.as_bytes()).await?;
                    watches.spawn(read(stream, events, Arc::clone(&opened)));
                }
                let mut reads = 0;
                while let Some(read) = watches.join_next().await {
                    reads += read.map_err(io::Error::other)??;
                }
                Ok(reads)
            })
        });
        Self { reading, open }
    }

    /// How many have been answered.
    pub fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Waits until all have seen all events; in how many reads they came.
    ///
    /// # Errors
    /// A connection broke.
    pub fn finish(self) -> io::Result<usize> {
        let ended = self.reading.join();
        ended.map_err(|_| io::Error::other("the thread that reads has panicked"))?
    }
}

async fn send(stream: &TcpStream, mut text: &[u8]) -> io::Result<()> {
    while !text.is_empty() {
        stream.writable().await?;
        match stream.try_write(text) {
            Ok(sent) => text = text.get(sent..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads until so many events have come, and answers in how many pieces they did.
async fn read(stream: TcpStream, events: usize, open: Arc<AtomicUsize>) -> io::Result<usize> {
    // Lines of HTTP end in CR LF, and those of events, which hold no CR, in LF alone. One that is cut between the two adds up.
    let (mut ends, mut returns) = (0, 0);
    let mut reads = 0;
    let mut buffer = vec![0; 1 << 16];
    while ends < events + returns {
        stream.readable().await?;
        let read = match stream.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        if reads == 0 {
            open.fetch_add(1, Ordering::SeqCst);
        }
        reads += 1;
        let text = buffer.get(..read).unwrap_or_default();
        ends += text.split(|byte| *byte == b'\n').count() - 1;
        returns += text.split(|byte| *byte == b'\r').count() - 1;
    }
    Ok(reads)
}
