//! Names that are no links, remembered for a moment.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::files::child;

/// How long it is believed: longer than an operation takes, shorter than anybody changes a tree by hand.
const BELIEVED: Duration = Duration::from_millis(50);

/// Paths at which something is that is no link. Each operation would ask the kernel for every name of its path: nearly all that the
/// files of a run cost.
#[derive(Debug, Default)]
pub(super) struct Known {
    moment: Mutex<Option<Moment>>,
}

#[derive(Debug)]
struct Moment {
    since: Instant,
    paths: BTreeSet<String>,
}

impl Known {
    /// Whether this was found to be no link a moment ago.
    pub(super) fn is_no_link(&self, path: &str) -> bool {
        self.with(|moment| moment.paths.contains(path))
    }

    /// Remembers that this is no link.
    pub(super) fn add(&self, path: &str) {
        self.with(|moment| moment.paths.insert(path.to_owned()));
    }

    /// Forgets what is at a path and below it: it is gone, or something else has its name.
    pub(super) fn forget(&self, path: &str) {
        let below = child(path, "");
        self.with(|moment| {
            moment
                .paths
                .retain(|known| known != path && !known.starts_with(&below));
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Moment) -> T) -> T {
        let mut moment = self.moment.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let moment = moment.get_or_insert_with(|| Moment {
            since: now,
            paths: BTreeSet::new(),
        });
        if now.duration_since(moment.since) > BELIEVED {
            moment.since = now;
            moment.paths.clear();
        }
        act(moment)
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, thread};

    use super::*;
    use crate::{Files, StdFiles};

    #[test]
    fn what_we_replace_is_looked_at_again_at_once() {
        let root = tempfile::tempdir().unwrap();
        let files = StdFiles::new(root.path());
        files.create_dir("/a", 0o755).unwrap();
        files.create_dir("/a/b", 0o755).unwrap();
        symlink("/a", root.path().join("link")).unwrap();
        assert_eq!(files.resolve("/a/b/c").unwrap(), "/a/b/c");
        files.remove("/a/b").unwrap();
        files.rename("/link", "/a/b").unwrap();
        assert_eq!(files.resolve("/a/b/c").unwrap(), "/a/c");
        files.rename("/a", "/d").unwrap();
        assert_eq!(files.resolve("/d/b").unwrap(), "/a");
    }

    #[test]
    fn what_others_replace_is_looked_at_again_soon() {
        let root = tempfile::tempdir().unwrap();
        let files = StdFiles::new(root.path());
        files.create_dir("/a", 0o755).unwrap();
        assert_eq!(files.resolve("/a/b").unwrap(), "/a/b");
        std::fs::remove_dir(root.path().join("a")).unwrap();
        symlink("/c", root.path().join("a")).unwrap();
        thread::sleep(BELIEVED * 2);
        assert_eq!(files.resolve("/a/b").unwrap(), "/c/b");
    }

    #[test]
    fn only_what_is_below_a_name_is_forgotten_with_it() {
        let known = Known::default();
        for path in ["/a", "/a/b", "/ab"] {
            known.add(path);
        }
        known.forget("/a");
        assert!(known.is_no_link("/ab"));
        assert!(!known.is_no_link("/a"));
        assert!(!known.is_no_link("/a/b"));
    }
}
