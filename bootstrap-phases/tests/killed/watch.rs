//! Files that are looked at after every change, as somebody does who watches the folder.

use std::sync::atomic::{AtomicUsize, Ordering};

use bootstrap_phases::{FileError, Files, MemFiles, Owner, Stat};

/// What nobody but the owner may read.
const SECRETS: [&[u8]; 3] = [b"PRIVATE KEY", b"client-key-data", b"token: "];

pub(crate) struct Watched<'a> {
    files: &'a MemFiles,
    looks: AtomicUsize,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(files: &'a MemFiles) -> Self {
        let looks = AtomicUsize::new(0);
        Self { files, looks }
    }

    fn look(&self, path: &str) {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let Ok(Some(stat)) = self.files.stat(path) else {
            return;
        };
        if !stat.is_file() || stat.mode & 0o077 == 0 {
            return;
        }
        let content = self.files.read(path).unwrap();
        for secret in SECRETS {
            let found = content.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{path} can be read by others: mode {:o}", stat.mode);
        }
    }

    fn looked(
        &self,
        path: &str,
        act: impl FnOnce() -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let outcome = act();
        self.look(path);
        outcome
    }
}

impl Files for Watched<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.read(path)
    }

    fn link_stat(&self, path: &str) -> Result<Option<Stat>, FileError> {
        self.files.link_stat(path)
    }

    fn link_target(&self, path: &str) -> Result<Option<String>, FileError> {
        self.files.link_target(path)
    }

    fn list(&self, path: &str) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn create_dir(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.looked(path, || self.files.create_dir(path, mode))
    }

    fn create_file(&self, path: &str, content: &[u8], mode: u32) -> Result<(), FileError> {
        self.looked(path, || self.files.create_file(path, content, mode))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.looked(to, || self.files.rename(from, to))
    }

    fn set_mode(&self, path: &str, mode: u32) -> Result<(), FileError> {
        self.looked(path, || self.files.set_mode(path, mode))
    }

    fn set_owner(&self, path: &str, owner: Owner) -> Result<(), FileError> {
        self.looked(path, || self.files.set_owner(path, owner))
    }

    fn remove(&self, path: &str) -> Result<(), FileError> {
        self.files.remove(path)
    }

    fn sync_dir(&self, path: &str) -> Result<(), FileError> {
        self.files.sync_dir(path)
    }
}

#[test]
#[should_panic(expected = "can be read by others: mode 644")]
fn a_key_that_others_may_read_is_seen() {
    let files = MemFiles::new();
    let watched = Watched::new(&files);
    watched
        .create_file("/key", b"-----BEGIN PRIVATE KEY-----", 0o600)
        .unwrap();
    watched.set_mode("/key", 0o644).unwrap();
}
