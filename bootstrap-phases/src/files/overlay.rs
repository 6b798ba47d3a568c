//! A tree that reads through to another and keeps changes in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{PoisonError, RwLock},
};

use super::{FileError, FileErrorKind, FileKind, Files, Owner, Stat, child, parent, path};

/// The files of a dry run: what was written shows, the tree below stays as it is.
///
/// A plan of many phases runs over one overlay, so that a later phase finds what an earlier one would have made.
pub struct Overlay<'a> {
    base: &'a dyn Files,
    layers: RwLock<Layers>,
}

/// What the overlay knows, by path with all links resolved.
type Layers = BTreeMap<String, Layer>;

#[derive(Clone)]
enum Layer {
    /// Removed, with everything below it.
    Gone,
    /// A folder made here: nothing of the base shows below it.
    Made(Meta),
    /// A file made here.
    File(Meta, Vec<u8>),
    /// A link moved here.
    Link(Meta, String),
    /// Something of the base with another mode or owner.
    Touched(Meta),
}

#[derive(Clone, Copy)]
struct Meta {
    mode: u32,
    owner: Owner,
}

impl<'a> Overlay<'a> {
    /// An overlay without changes.
    pub fn new(base: &'a dyn Files) -> Self {
        Self {
            base,
            layers: RwLock::new(Layers::new()),
        }
    }

    /// Whether nothing was changed here.
    pub fn is_unchanged(&self) -> bool {
        self.layers().is_empty()
    }

    fn layers(&self) -> std::sync::RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, place: &str) -> Option<Layer> {
        self.layers().get(place).cloned()
    }

    /// Records what is at a path; what was recorded below it stays.
    fn put(&self, place: &str, layer: Layer) {
        let mut layers = self.layers.write().unwrap_or_else(PoisonError::into_inner);
        layers.insert(place.to_owned(), layer);
    }

    /// Records that a path is gone, with all below it.
    fn put_gone(&self, place: &str) {
        let below = format!("{place}/");
        let mut layers = self.layers.write().unwrap_or_else(PoisonError::into_inner);
        layers.retain(|path, _| !path.starts_with(&below));
        layers.insert(place.to_owned(), Layer::Gone);
    }

    /// Whether a folder above this path was made or removed here, so that the base does not show.
    fn hides_base(&self, place: &str) -> bool {
        let layers = self.layers();
        let mut above = place.to_owned();
        while above != "/" {
            above = parent(&above);
            if !matches!(layers.get(&above), None | Some(Layer::Touched(_))) {
                return true;
            }
        }
        false
    }

    fn place(&self, path: &str, last: bool) -> Result<String, FileError> {
        path::resolve(path, last, &|path| self.link_target(path))
    }

    fn base_stat(&self, place: &str) -> Result<Option<Stat>, FileError> {
        if self.hides_base(place) {
            return Ok(None);
        }
        self.base.link_stat(place)
    }

    /// What is at a path whose folders are resolved.
    fn look(&self, place: &str) -> Result<Option<Stat>, FileError> {
        Ok(match self.at(place) {
            None => self.base_stat(place)?,
            Some(Layer::Gone) => None,
            Some(Layer::Made(meta)) => Some(meta.stat(FileKind::Directory, 0)),
            Some(Layer::Link(meta, _)) => Some(meta.stat(FileKind::Link, 0)),
            Some(Layer::File(meta, content)) => {
                Some(meta.stat(FileKind::File, content.len() as u64))
            }
            Some(Layer::Touched(meta)) => self
                .base_stat(place)?
                .map(|stat| meta.stat(stat.kind, stat.size)),
        })
    }

    fn demand(&self, operation: &'static str, path: &str, place: &str) -> Result<Stat, FileError> {
        if let Some(stat) = self.look(place)? {
            return Ok(stat);
        }
        let mut above = parent(place);
        let kind = loop {
            match self.look(&above)? {
                None => above = parent(&above),
                Some(stat) if stat.is_dir() => break FileErrorKind::NotFound,
                Some(_) => break FileErrorKind::NotADirectory,
            }
        };
        Err(FileError::new(operation, path, kind))
    }

    fn demand_folder_above(
        &self,
        operation: &'static str,
        path: &str,
        place: &str,
    ) -> Result<(), FileError> {
        if self.demand(operation, path, &parent(place))?.is_dir() {
            return Ok(());
        }
        Err(FileError::new(
            operation,
            path,
            FileErrorKind::NotADirectory,
        ))
    }

    fn demand_free(&self, path: &str) -> Result<String, FileError> {
        let place = self.place(path, false)?;
        self.demand_folder_above("create", path, &place)?;
        if self.look(&place)?.is_some() {
            return Err(FileError::new("create", path, FileErrorKind::AlreadyExists));
        }
        Ok(place)
    }

    fn touch(
        &self,
        operation: &'static str,
        path: &str,
        change: impl FnOnce(&mut Meta),
    ) -> Result<(), FileError> {
        let place = self.place(path, true)?;
        let mut meta = Meta::of(&self.demand(operation, path, &place)?);
        change(&mut meta);
        let layer = match self.at(&place) {
            Some(Layer::File(_, content)) => Layer::File(meta, content),
            Some(Layer::Made(_)) => Layer::Made(meta),
            _ => Layer::Touched(meta),
        };
        self.put(&place, layer);
        Ok(())
    }

    /// Makes at `to` what shows at `from`, with all below it.
    fn copy(&self, from: &str, to: &str) -> Result<(), FileError> {
        let stat = self.demand("rename", from, from)?;
        let meta = Meta::of(&stat);
        match stat.kind {
            FileKind::File => self.put(to, Layer::File(meta, self.read(from)?)),
            FileKind::Link => {
                let target = self.link_target(from)?.unwrap_or_default();
                self.put(to, Layer::Link(meta, target));
            }
            FileKind::Directory => {
                let names = self.list(from)?;
                self.put_gone(to);
                self.put(to, Layer::Made(meta));
                for name in names {
                    self.copy(&child(from, &name), &child(to, &name))?;
                }
            }
            FileKind::Other => {
                let kind = FileErrorKind::Other("cannot be moved in a dry run".to_owned());
                return Err(FileError::new("rename", from, kind));
            }
        }
        Ok(())
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let place = self.place(path, true)?;
        if let Some(Layer::File(_, content)) = self.at(&place) {
            return Ok(content);
        }
        if self.demand("read", path, &place)?.is_dir() {
            return Err(FileError::new("read", path, FileErrorKind::IsADirectory));
        }
        self.base.read(&place)
    }

    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        self.look(&self.place(path, false)?)
    }

    fn is_planned(&self, path: &str) -> Result<bool, FileError> {
        let place = self.place(path, true)?;
        match self.at(&place) {
            Some(Layer::File(..)) => Ok(true),
            _ if self.hides_base(&place) => Ok(false),
            _ => self.base.is_planned(&place),
        }
    }

    fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
        match self.at(path) {
            Some(Layer::Link(_, target)) => Ok(Some(target)),
            None | Some(Layer::Touched(_)) if !self.hides_base(path) => self.base.link_target(path),
            _ => Ok(None),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        let place = self.place(path, true)?;
        if !self.demand("list", path, &place)?.is_dir() {
            return Err(FileError::new("list", path, FileErrorKind::NotADirectory));
        }
        let made_here = matches!(self.at(&place), Some(Layer::Made(_)));
        let mut names = BTreeSet::new();
        if !made_here && !self.hides_base(&place) {
            names.extend(self.base.list(&place)?);
        }
        let prefix = child(&place, "");
        for (path, layer) in self.layers().range(prefix.clone()..) {
            let Some(name) = path.strip_prefix(&prefix) else {
                break;
            };
            if name.is_empty() || name.contains('/') {
                continue;
            }
            if matches!(layer, Layer::Gone) {
                names.remove(name);
            } else {
                names.insert(name.to_owned());
            }
        }
        Ok(names.into_iter().collect())
    }

    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
        let place = self.demand_free(path)?;
        self.put(&place, Layer::Made(Meta::new(mode)));
        Ok(())
    }

    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        let place = self.demand_free(path)?;
        self.put(&place, Layer::File(Meta::new(mode), content.to_vec()));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let fail = |kind| Err(FileError::new("rename", from, kind));
        let (source, target) = (self.place(from, false)?, self.place(to, false)?);
        if source == "/" || target == "/" {
            return fail(FileErrorKind::InvalidPath);
        }
        self.demand_folder_above("rename", from, &source)?;
        self.demand_folder_above("rename", to, &target)?;
        let stat = self.demand("rename", from, &source)?;
        match self.look(&target)? {
            _ if source == target => return Ok(()),
            _ if source.starts_with(&child(&target, "")) => return fail(FileErrorKind::NotEmpty),
            _ if target.starts_with(&format!("{source}/")) => {
                return fail(FileErrorKind::InvalidPath);
            }
            Some(there) if there.is_dir() && !stat.is_dir() => {
                return fail(FileErrorKind::IsADirectory);
            }
            Some(there) if !there.is_dir() && stat.is_dir() => {
                return fail(FileErrorKind::NotADirectory);
            }
            Some(there) if there.is_dir() && !self.list(&target)?.is_empty() => {
                return fail(FileErrorKind::NotEmpty);
            }
            _ => {}
        }
        self.copy(&source, &target)?;
        self.put_gone(&source);
        Ok(())
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.touch("set mode", path, |meta| meta.mode = mode)
    }

    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
        self.touch("set owner", path, |meta| meta.owner = owner)
    }

    fn remove(&self, path: &str) -> Result<(), FileError> {
        let place = self.place(path, false)?;
        if place == "/" {
            return Err(FileError::new("remove", path, FileErrorKind::InvalidPath));
        }
        if self.demand("remove", path, &place)?.is_dir() && !self.list(&place)?.is_empty() {
            return Err(FileError::new("remove", path, FileErrorKind::NotEmpty));
        }
        self.put_gone(&place);
        Ok(())
    }

    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        let place = self.place(path, true)?;
        self.demand("sync", path, &place).map(|_| ())
    }
}

impl Meta {
    /// Of something made in a dry run: whoever runs it would own it, which is not known here.
    fn new(mode: u32) -> Self {
        Self {
            mode,
            owner: Owner::default(),
        }
    }

    fn of(stat: &Stat) -> Self {
        Self {
            mode: stat.mode,
            owner: stat.owner,
        }
    }

    fn stat(self, kind: FileKind, size: u64) -> Stat {
        Stat {
            kind,
            mode: self.mode,
            owner: self.owner,
            size,
        }
    }
}

impl fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = self.layers();
        let paths: Vec<_> = layers.keys().collect();
        f.debug_struct("Overlay").field("changed", &paths).finish()
    }
}
