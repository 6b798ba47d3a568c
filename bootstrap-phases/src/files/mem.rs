//! Files in memory, with modes, owners and links: the double for tests.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use super::{FileError, FileErrorKind, FileKind, Files, Owner, Stat, child, parent, path};

/// A tree of files in memory. Behaves as [`StdFiles`](super::StdFiles) does, without a disk and without rights.
#[derive(Debug)]
pub struct MemFiles {
    nodes: RwLock<Nodes>,
}

/// The tree by path; the folder of every path is in it.
type Nodes = BTreeMap<String, Node>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    body: Body,
    mode: u32,
    owner: Owner,
}

#[derive(Clone, PartialEq, Eq)]
enum Body {
    File(Vec<u8>),
    Directory,
    Link(String),
}

impl MemFiles {
    /// An empty tree: a root folder of mode 0755 that belongs to root.
    pub fn new() -> Self {
        let root = Node {
            body: Body::Directory,
            mode: 0o755,
            owner: Owner::default(),
        };
        Self {
            nodes: RwLock::new(BTreeMap::from([("/".to_owned(), root)])),
        }
    }

    /// Makes a link. The folder must be there.
    ///
    /// # Errors
    /// Something is there already, or the folder is not.
    pub fn link(&self, path: &str, target: &str) -> Result<(), FileError> {
        self.insert("link", path, Body::Link(target.to_owned()), 0o777)
    }

    /// Every path with what is there, sorted, the root left out.
    pub fn paths(&self) -> Vec<(String, Stat)> {
        self.with(|nodes| {
            nodes
                .iter()
                .filter(|(path, _)| path.as_str() != "/")
                .map(|(path, node)| (path.clone(), node.stat()))
                .collect()
        })
    }

    fn with<T>(&self, look: impl FnOnce(&Nodes) -> T) -> T {
        look(&self.nodes.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn with_mut<T>(&self, change: impl FnOnce(&mut Nodes) -> T) -> T {
        change(&mut self.nodes.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn insert(
        &self,
        operation: &'static str,
        path: &str,
        body: Body,
        mode: u32,
    ) -> Result<(), FileError> {
        let fail = |kind| Err(FileError::new(operation, path, kind));
        let place = self.place(path, false)?;
        self.with_mut(|nodes| {
            if let Err(kind) = demand_folder_above(nodes, &place) {
                return fail(kind);
            }
            if nodes.contains_key(&place) {
                return fail(FileErrorKind::AlreadyExists);
            }
            nodes.insert(
                place,
                Node {
                    body,
                    mode,
                    owner: Owner::default(),
                },
            );
            Ok(())
        })
    }

    fn update(
        &self,
        operation: &'static str,
        path: &str,
        change: impl FnOnce(&mut Node),
    ) -> Result<(), FileError> {
        let place = self.place(path, true)?;
        self.with_mut(|nodes| {
            let kind = missing_kind(nodes, &place);
            match nodes.get_mut(&place) {
                Some(node) => {
                    change(node);
                    Ok(())
                }
                None => Err(FileError::new(operation, path, kind)),
            }
        })
    }

    fn place(&self, path: &str, last: bool) -> Result<String, FileError> {
        path::resolve(path, last, &|path| self.link_target(path))
    }
}

impl Default for MemFiles {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for MemFiles {
    /// A copy of the tree as it is now; the two are independent.
    fn clone(&self) -> Self {
        Self {
            nodes: RwLock::new(self.with(Nodes::clone)),
        }
    }
}

impl PartialEq for MemFiles {
    /// Whether both trees hold the same paths, contents, modes and owners.
    fn eq(&self, other: &Self) -> bool {
        let ours = self.with(Nodes::clone);
        other.with(|theirs| &ours == theirs)
    }
}

impl Files for MemFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let place = self.place(path, true)?;
        self.with(|nodes| match nodes.get(&place).map(|node| &node.body) {
            Some(Body::File(content)) => Ok(content.clone()),
            Some(_) => Err(FileError::new("read", path, FileErrorKind::IsADirectory)),
            None => Err(FileError::new("read", path, missing_kind(nodes, &place))),
        })
    }

    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        let place = self.place(path, false)?;
        Ok(self.with(|nodes| nodes.get(&place).map(Node::stat)))
    }

    fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
        Ok(
            self.with(|nodes| match nodes.get(path).map(|node| &node.body) {
                Some(Body::Link(target)) => Some(target.clone()),
                _ => None,
            }),
        )
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let place = self.place(path, true)?;
        self.with(|nodes| match nodes.get(&place).map(|node| &node.body) {
            Some(Body::Directory) => Ok(names_in(nodes, &place)),
            Some(_) => Err(FileError::new("list", path, FileErrorKind::NotADirectory)),
            None => Err(FileError::new("list", path, missing_kind(nodes, &place))),
        })
    }

    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.insert("create", path, Body::Directory, mode)
    }

    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        self.insert("create", path, Body::File(content.to_vec()), mode)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let (source, target) = (self.place(from, false)?, self.place(to, false)?);
        self.with_mut(|nodes| rename(nodes, &source, &target))
            .map_err(|kind| FileError::new("rename", from, kind))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.update("set mode", path, |node| node.mode = mode)
    }

    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
        self.update("set owner", path, |node| node.owner = owner)
    }

    fn remove(&self, path: &str) -> Result<(), FileError> {
        let place = self.place(path, false)?;
        let fail = |kind| Err(FileError::new("remove", path, kind));
        if place == "/" {
            return fail(FileErrorKind::InvalidPath);
        }
        self.with_mut(|nodes| {
            if !names_in(nodes, &place).is_empty() {
                return fail(FileErrorKind::NotEmpty);
            }
            match nodes.remove(&place) {
                Some(_) => Ok(()),
                None => fail(missing_kind(nodes, &place)),
            }
        })
    }

    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        let place = self.place(path, true)?;
        self.with(|nodes| match nodes.get(&place) {
            Some(_) => Ok(()),
            None => Err(FileError::new("sync", path, missing_kind(nodes, &place))),
        })
    }
}

impl Node {
    fn stat(&self) -> Stat {
        let (kind, size) = match &self.body {
            Body::File(content) => (FileKind::File, content.len() as u64),
            Body::Directory => (FileKind::Directory, 0),
            Body::Link(_) => (FileKind::Link, 0),
        };
        Stat {
            kind,
            mode: self.mode,
            owner: self.owner,
            size,
        }
    }
}

impl std::fmt::Debug for Body {
    /// Contents may be secret: only their size shows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(content) => write!(f, "File({} bytes)", content.len()),
            Self::Directory => f.write_str("Directory"),
            Self::Link(target) => write!(f, "Link({target})"),
        }
    }
}

/// What the operating system says of a path that is not there: a file among its folders, or just nothing.
fn missing_kind(nodes: &Nodes, place: &str) -> FileErrorKind {
    let mut above = parent(place);
    while above != "/" {
        match nodes.get(&above).map(|node| &node.body) {
            Some(Body::Directory) => break,
            Some(_) => return FileErrorKind::NotADirectory,
            None => above = parent(&above),
        }
    }
    FileErrorKind::NotFound
}

fn names_in(nodes: &Nodes, folder: &str) -> Vec<String> {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    nodes
        .range(prefix.clone()..)
        .map_while(|(path, _)| path.strip_prefix(&prefix))
        .filter(|name| !name.is_empty() && !name.contains('/'))
        .map(str::to_owned)
        .collect()
}

fn demand_folder_above(nodes: &Nodes, place: &str) -> Result<(), FileErrorKind> {
    match nodes.get(&parent(place)).map(|node| &node.body) {
        Some(Body::Directory) => Ok(()),
        Some(_) => Err(FileErrorKind::NotADirectory),
        None => Err(missing_kind(nodes, place)),
    }
}

fn rename(nodes: &mut Nodes, from: &str, to: &str) -> Result<(), FileErrorKind> {
    if from == "/" || to == "/" {
        return Err(FileErrorKind::InvalidPath);
    }
    demand_folder_above(nodes, from)?;
    demand_folder_above(nodes, to)?;
    let source = nodes.get(from).ok_or(FileErrorKind::NotFound)?;
    let is_dir = source.body == Body::Directory;
    let below = format!("{from}/");
    if to.starts_with(&below) {
        return Err(FileErrorKind::InvalidPath);
    }
    match nodes.get(to).map(|node| node.body == Body::Directory) {
        _ if from == to => return Ok(()),
        _ if from.starts_with(&child(to, "")) => return Err(FileErrorKind::NotEmpty),
        Some(true) if !is_dir => return Err(FileErrorKind::IsADirectory),
        Some(false) if is_dir => return Err(FileErrorKind::NotADirectory),
        Some(true) if !names_in(nodes, to).is_empty() => return Err(FileErrorKind::NotEmpty),
        _ => {}
    }
    let moved: Vec<String> = nodes
        .keys()
        .filter(|path| *path == from || path.starts_with(&below))
        .cloned()
        .collect();
    for old in moved {
        if let Some(node) = nodes.remove(&old) {
            nodes.insert(
                format!("{to}{}", old.strip_prefix(from).unwrap_or_default()),
                node,
            );
        }
    }
    Ok(())
}
