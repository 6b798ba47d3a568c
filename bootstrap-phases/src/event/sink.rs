//! Where events go.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use super::Event;

/// Takes the events of a run as they happen. A function `fn(&Event)` is one.
pub trait EventSink: Send + Sync {
    /// Takes one event. Runs between the steps of the run: slow work belongs elsewhere.
    fn emit(&self, event: &Event);
}

impl<F: Fn(&Event) + Send + Sync> EventSink for F {
    fn emit(&self, event: &Event) {
        self(event);
    }
}

/// Takes events and does nothing with them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl EventSink for Silent {
    fn emit(&self, _: &Event) {}
}

/// Keeps all events in memory.
#[derive(Debug, Default)]
pub struct EventLog {
    events: Mutex<Vec<Event>>,
}

impl EventLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Event> {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl EventSink for EventLog {
    fn emit(&self, event: &Event) {
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event.clone());
    }
}

/// Writes each event as a line of JSON.
#[derive(Debug)]
pub struct JsonLines<W> {
    state: Mutex<(W, Option<io::Error>)>,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to this writer, and flushes after every event.
    pub fn new(writer: W) -> Self {
        Self {
            state: Mutex::new((writer, None)),
        }
    }

    /// The writer, once the run is over.
    ///
    /// # Errors
    /// The first error that writing met; nothing was written after it.
    pub fn finish(self) -> io::Result<W> {
        let (writer, error) = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        match error {
            Some(error) => Err(error),
            None => Ok(writer),
        }
    }
}

impl<W: Write + Send> EventSink for JsonLines<W> {
    fn emit(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (writer, error) = &mut *state;
        if error.is_none() {
            *error = write_line(writer, event).err();
        }
    }
}

fn write_line(writer: &mut impl Write, event: &Event) -> io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    writer.write_all(&line)?;
    writer.flush()
}
