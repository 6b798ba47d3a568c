//! Builds the tree: anchors, merge keys, duplicate keys, limits.
//!
//! What is wrong without making the rest unreadable is noted, and building goes on.

use std::collections::HashMap;

use serde_json::Number;

use super::{Event, Events, Scalar, SyntaxError, index::Index};
use crate::{
    Class, Diagnostic, Span,
    document::Duplicate,
    field::{Element, Path},
    quote::{float32, quote},
    tree::{Content, Entry, Node},
};

/// How deep lists and maps may be nested; `serde_json` has the same limit.
pub(crate) const MAX_DEPTH: usize = 128;

/// What became of a text.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The tree; null where the text holds no document or makes no sense.
    pub(crate) root: Node,
    pub(crate) duplicates: Vec<Duplicate>,
    /// Errors, without the name of the file.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Reads the first document of a text. `first_line` is the line of the file on which the text begins.
pub(crate) fn load<'a>(events: impl Events<'a>, first_line: u32) -> Loaded {
    let mut loader = Loader::new(first_line);
    let root = match loader.run(events) {
        Ok(root) => root,
        Err(stop) => {
            let path = loader.path();
            let diagnostic = Diagnostic::error(Class::Decode, stop.message).span(stop.span);
            loader.errors.push(if path.is_root() {
                diagnostic
            } else {
                diagnostic.at(path)
            });
            None
        }
    };
    Loaded {
        root: root.unwrap_or(Node::new(Span::new(first_line, 1, 0), Content::Null)),
        duplicates: loader.duplicates,
        errors: loader.errors,
    }
}

#[derive(Debug)]
struct Loader {
    first_line: u32,
    /// The lists and maps around the place where we are.
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    duplicates: Vec<Duplicate>,
    errors: Vec<Diagnostic>,
    budget: Budget,
}

/// A list or map that is not complete yet.
#[derive(Debug)]
struct Frame {
    span: Span,
    anchor: usize,
    /// The work done before it began.
    begun: usize,
    /// How deep what it holds is nested.
    height: usize,
    filling: Filling,
}

#[derive(Debug)]
enum Filling {
    List(Vec<Node>),
    Map(MapBuilder),
}

#[derive(Debug, Default)]
struct MapBuilder {
    entries: Vec<Entry>,
    /// Where each key is, once there are many.
    index: Index,
    pending: Pending,
}

/// The key whose value comes next.
#[derive(Debug, Default)]
enum Pending {
    #[default]
    None,
    Key(String, Span),
    Merge(Span),
    /// A key that cannot be one; its value is dropped.
    Bad,
}

/// A complete node that may be used again.
#[derive(Debug)]
struct Anchored {
    node: Node,
    work: usize,
    height: usize,
}

/// A complete node on its way into its parent.
#[derive(Debug)]
struct Done {
    node: Node,
    height: usize,
    /// Whether it came by way of an alias.
    alias: bool,
    /// Whether nothing is written where it stands.
    empty: bool,
}

impl Loader {
    fn new(first_line: u32) -> Self {
        Self {
            first_line,
            frames: Vec::new(),
            anchors: HashMap::new(),
            duplicates: Vec::new(),
            errors: Vec::new(),
            budget: Budget { work: 1, reused: 0 },
        }
    }

    fn run<'a>(&mut self, mut events: impl Events<'a>) -> Result<Option<Node>, SyntaxError> {
        loop {
            let (event, span) = events.next().map_err(|error| self.stop(error))?;
            let span = self.in_file(span);
            let done = match event {
                Event::Done => return Ok(None),
                Event::ListStart { anchor } => {
                    self.open(Filling::List(Vec::new()), anchor, span)?;
                    continue;
                }
                Event::MapStart { anchor } => {
                    self.open(Filling::Map(MapBuilder::default()), anchor, span)?;
                    continue;
                }
                Event::End => match self.close() {
                    Some(done) => done,
                    None => continue,
                },
                Event::Scalar {
                    value,
                    anchor,
                    merge,
                    empty,
                } => {
                    if let Some(map) = self.expecting_key() {
                        if merge {
                            map.pending = Pending::Merge(span);
                            continue;
                        }
                        self.budget.work += 1;
                        let scalar = self.note(value, span).unwrap_or(Scalar::Null);
                        self.remember(anchor, 1, || scalar_content(scalar.clone()), span);
                        self.key(scalar, span);
                        continue;
                    }
                    self.scalar(value, anchor, empty, span)
                }
                Event::Alias { anchor } => self.alias(anchor, span)?,
                Event::UnknownAlias { name } => {
                    self.budget.work += 1;
                    self.fault(format!("unknown anchor {}", quote(&name)), span);
                    Done::scalar(Node::new(span, Content::Null))
                }
            };
            if let Some(root) = self.place(done) {
                // The document has to end here.
                events.next().map_err(|error| self.stop(error))?;
                return Ok(Some(root));
            }
        }
    }

    fn stop(&self, error: SyntaxError) -> SyntaxError {
        SyntaxError {
            span: self.in_file(error.span),
            ..error
        }
    }

    fn in_file(&self, span: Span) -> Span {
        Span {
            line: span.line + self.first_line - 1,
            ..span
        }
    }

    fn open(&mut self, filling: Filling, anchor: usize, span: Span) -> Result<(), SyntaxError> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.frames.push(Frame {
            span,
            anchor,
            begun: self.budget.work,
            height: 1,
            filling,
        });
        self.budget.work += 1;
        Ok(())
    }

    fn close(&mut self) -> Option<Done> {
        let frame = self.frames.pop()?;
        let content = match frame.filling {
            Filling::List(items) => Content::List(items),
            Filling::Map(map) => Content::Map(map.entries),
        };
        let node = Node::new(frame.span, content);
        if frame.anchor > 0 {
            let anchored = Anchored {
                node: node.clone(),
                work: self.budget.work - frame.begun,
                height: frame.height,
            };
            self.anchors.insert(frame.anchor, anchored);
        }
        Some(Done {
            node,
            height: frame.height,
            alias: false,
            empty: false,
        })
    }

    fn scalar(
        &mut self,
        value: Result<Scalar<'_>, String>,
        anchor: usize,
        empty: bool,
        span: Span,
    ) -> Done {
        self.budget.work += 1;
        let scalar = self.note(value, span).unwrap_or(Scalar::Null);
        if let Scalar::Float(number) = scalar
            && !number.is_finite()
        {
            self.fault(
                "infinity and NaN have no place in a configuration".to_owned(),
                span,
            );
        }
        let node = Node::new(span, scalar_content(scalar));
        if anchor > 0 {
            let content = node.content().clone();
            self.remember(anchor, 1, || content, span);
        }
        Done {
            empty,
            ..Done::scalar(node)
        }
    }

    fn remember(
        &mut self,
        anchor: usize,
        work: usize,
        content: impl FnOnce() -> Content,
        span: Span,
    ) {
        if anchor > 0 {
            let anchored = Anchored {
                node: Node::new(span, content()),
                work,
                height: 0,
            };
            self.anchors.insert(anchor, anchored);
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Done, SyntaxError> {
        let stop = |message: &str| SyntaxError {
            message: message.to_owned(),
            span,
        };
        let Some(anchored) = self.anchors.get(&anchor) else {
            return Err(stop("the value of an anchor contains itself"));
        };
        if !self.budget.reuse(anchored.work) {
            return Err(stop("document contains excessive aliasing"));
        }
        if self.frames.len() + anchored.height > MAX_DEPTH {
            return Err(too_deep(span));
        }
        Ok(Done {
            node: anchored.node.clone(),
            height: anchored.height,
            alias: true,
            empty: false,
        })
    }

    /// The innermost map, if what comes next is one of its keys.
    fn expecting_key(&mut self) -> Option<&mut MapBuilder> {
        match &mut self.frames.last_mut()?.filling {
            Filling::Map(map) if matches!(map.pending, Pending::None) => Some(map),
            _ => None,
        }
    }

    fn key(&mut self, scalar: Scalar<'_>, span: Span) {
        let text = match scalar {
            Scalar::Text(text) => Ok(text.into_owned()),
            Scalar::Bool(value) => Ok(value.to_string()),
            Scalar::Int(value) => Ok(value.to_string()),
            Scalar::Float(value) => Ok(float32(value)),
            Scalar::Null => Err("null cannot be a key"),
            Scalar::Uint(_) => Err("an integer above 9223372036854775807 cannot be a key"),
        };
        let pending = match text {
            Ok(text) => Pending::Key(text, span),
            Err(why) => {
                self.fault(why.to_owned(), span);
                Pending::Bad
            }
        };
        if let Some(map) = self.expecting_key() {
            map.pending = pending;
        }
    }

    /// Puts a complete node where it belongs. It is given back if it is the root.
    fn place(&mut self, done: Done) -> Option<Node> {
        let Some(frame) = self.frames.last_mut() else {
            return Some(done.node);
        };
        frame.height = frame.height.max(done.height + 1);
        let map = match &mut frame.filling {
            Filling::List(items) => {
                items.push(done.node);
                return None;
            }
            Filling::Map(map) => map,
        };
        match std::mem::take(&mut map.pending) {
            Pending::None => self.node_as_key(&done.node),
            Pending::Bad => {}
            Pending::Merge(at) => self.merge(done, at),
            Pending::Key(key, key_span) => {
                let value = if done.empty {
                    Node::new(key_span, Content::Null)
                } else {
                    done.node
                };
                self.set(
                    Entry {
                        key,
                        key_span,
                        value,
                    },
                    key_span,
                );
            }
        }
        None
    }

    /// A key that came as a node: an alias, or a list or a map, which no key can be.
    fn node_as_key(&mut self, node: &Node) {
        let span = node.span().unwrap_or_default();
        if let Some(scalar) = key_of(node.content()) {
            self.key(scalar, span);
            return;
        }
        self.fault("a list or a map cannot be a key".to_owned(), span);
        if let Some(map) = self.expecting_key() {
            map.pending = Pending::Bad;
        }
    }

    fn merge(&mut self, done: Done, at: Span) {
        let maps = match done.node.into_content() {
            Content::Map(entries) => vec![entries],
            Content::List(items) if !done.alias => {
                let maps: Option<Vec<_>> = items
                    .into_iter()
                    .map(|item| match item.into_content() {
                        Content::Map(entries) => Some(entries),
                        _ => None,
                    })
                    .collect();
                match maps {
                    Some(maps) => maps,
                    None => return self.no_merge(at),
                }
            }
            _ => return self.no_merge(at),
        };
        // Of several maps the first is to win, so it comes last.
        for entry in maps.into_iter().rev().flatten() {
            self.set(entry, at);
        }
    }

    fn no_merge(&mut self, at: Span) {
        let message = "map merge requires map or sequence of maps as the value";
        self.fault(message.to_owned(), at);
    }

    /// Sets a key of the innermost map. The later value counts; that it was there before is noted with both places.
    fn set(&mut self, entry: Entry, again: Span) {
        let Some(Filling::Map(map)) = self.frames.last_mut().map(|frame| &mut frame.filling) else {
            return;
        };
        let Some(old) = map
            .position(&entry.key)
            .and_then(|at| map.entries.get_mut(at))
        else {
            map.entries.push(entry);
            return;
        };
        let first = old.key_span;
        let key = entry.key.clone();
        *old = entry;
        let path = self.path().child(key);
        self.duplicates.push(Duplicate { path, first, again });
    }

    fn note<T>(&mut self, value: Result<T, String>, span: Span) -> Option<T> {
        value.map_err(|message| self.fault(message, span)).ok()
    }

    fn fault(&mut self, message: String, span: Span) {
        let diagnostic = Diagnostic::error(Class::Decode, message);
        let diagnostic = diagnostic.at(self.path()).span(span);
        self.errors.push(diagnostic);
    }

    /// Where we are.
    fn path(&self) -> Path {
        self.frames
            .iter()
            .filter_map(|frame| match &frame.filling {
                Filling::List(items) => Some(Element::Index(items.len())),
                Filling::Map(map) => match &map.pending {
                    Pending::Key(key, _) => Some(Element::Field(key.clone().into())),
                    _ => None,
                },
            })
            .collect()
    }
}

impl Done {
    const fn scalar(node: Node) -> Self {
        Self {
            node,
            height: 0,
            alias: false,
            empty: false,
        }
    }
}

/// From so many keys on an index is worth its keep.
const INDEXED: usize = 24;

impl MapBuilder {
    /// Where the key is. A key that is not there has to be pushed next.
    fn position(&mut self, key: &str) -> Option<usize> {
        if self.entries.len() < INDEXED {
            self.entries.iter().position(|entry| entry.key == key)
        } else {
            self.index.find_or_note(key, &self.entries)
        }
    }
}

fn scalar_content(scalar: Scalar<'_>) -> Content {
    match scalar {
        Scalar::Null => Content::Null,
        Scalar::Bool(value) => Content::Bool(value),
        Scalar::Int(value) => Content::Number(value.into()),
        Scalar::Uint(value) => Content::Number(value.into()),
        Scalar::Float(value) => Number::from_f64(value).map_or(Content::Null, Content::Number),
        Scalar::Text(text) => Content::String(text.into_owned()),
    }
}

fn key_of(content: &Content) -> Option<Scalar<'_>> {
    Some(match content {
        Content::Null => Scalar::Null,
        Content::Bool(value) => Scalar::Bool(*value),
        Content::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Scalar::Int(value),
            (_, Some(value)) => Scalar::Uint(value),
            _ => Scalar::Float(number.as_f64().unwrap_or(0.0)),
        },
        Content::String(text) => Scalar::Text(text.as_str().into()),
        Content::List(_) | Content::Map(_) => return None,
    })
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError {
        message: format!("exceeded max depth of {MAX_DEPTH}"),
        span,
    }
}

/// The work of reading a document, in nodes, and how much of it came from aliases. A small text may not make a large
/// document: the same allowance as upstream, 99 % up to 400,000 nodes, falling to 10 % at 4,000,000.
#[derive(Debug)]
struct Budget {
    work: usize,
    reused: usize,
}

impl Budget {
    /// Counts an alias of something that took `work`; whether that is still allowed.
    fn reuse(&mut self, work: usize) -> bool {
        self.work = self.work.saturating_add(work).saturating_add(1);
        self.reused = self.reused.saturating_add(work);
        self.reused <= 100 || self.work <= 1000 || self.share() <= self.allowed()
    }

    #[allow(clippy::cast_precision_loss, reason = "a share need not be exact")]
    fn share(&self) -> f64 {
        self.reused as f64 / self.work as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "a share need not be exact")]
    fn allowed(&self) -> f64 {
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        let part = (self.work as f64).clamp(LOW, HIGH) - LOW;
        0.99 - 0.89 * (part / (HIGH - LOW))
    }
}
