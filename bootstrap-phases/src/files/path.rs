//! Slash paths below a root, and links resolved the way a process in a `chroot` would see them.

use super::{FileError, FileErrorKind};

/// As many links as one path may pass through, Linux's own limit.
const MAX_LINKS: usize = 40;

/// The names of a path, with `.` and empty names dropped and `..` stopping at the root.
pub(super) fn names(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names
}

/// The path in its one spelling: absolute, no `.`, `..` or doubled slash. Links are not looked at.
pub(super) fn clean(path: &str) -> String {
    join(&names(path))
}

/// The folder and the name of a path; `None` for the root itself.
pub(super) fn split(path: &str) -> Option<(String, String)> {
    let mut names = names(path);
    let name = names.pop()?.to_owned();
    Some((join(&names), name))
}

fn join(names: &[&str]) -> String {
    let mut path = String::new();
    for name in names {
        path.push('/');
        path.push_str(name);
    }
    if path.is_empty() {
        path.push('/');
    }
    path
}

/// Follows every link of a path, asking `link` for the target of a path whose own folders are links no more.
///
/// The part of the path that does not exist is taken as it stands. With `last` false the last name is not followed.
pub(super) fn resolve(
    path: &str,
    last: bool,
    link: &dyn Fn(&str) -> Result<Option<String>, FileError>,
) -> Result<String, FileError> {
    if path.is_empty() || path.contains('\0') {
        return Err(FileError::new("resolve", path, FileErrorKind::InvalidPath));
    }
    let mut rest: Vec<String> = split_reversed(path);
    let mut done: Vec<String> = Vec::new();
    let mut links = 0;
    while let Some(name) = rest.pop() {
        match name.as_str() {
            "" | "." => continue,
            ".." => {
                done.pop();
                continue;
            }
            _ => done.push(name),
        }
        if rest.iter().all(|name| name.is_empty() || name == ".") && !last {
            break;
        }
        let here = format!("/{}", done.join("/"));
        let Some(target) = link(&here)? else { continue };
        links += 1;
        if links > MAX_LINKS {
            return Err(FileError::new("resolve", path, FileErrorKind::LinkLoop));
        }
        done.pop();
        if target.starts_with('/') {
            done.clear();
        }
        rest.extend(split_reversed(&target));
    }
    Ok(format!("/{}", done.join("/")))
}

fn split_reversed(path: &str) -> Vec<String> {
    path.split('/').rev().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn with(links: &[(&str, &str)], path: &str, last: bool) -> Result<String, FileError> {
        let links: BTreeMap<_, _> = links.iter().copied().collect();
        resolve(path, last, &|path| {
            Ok(links.get(path).map(|&to| to.to_owned()))
        })
    }

    #[test]
    fn one_spelling() {
        assert_eq!(clean("etc//kubernetes/./pki/"), "/etc/kubernetes/pki");
        assert_eq!(clean("/a/../../b"), "/b");
        assert_eq!(clean("/"), "/");
        assert_eq!(split("/a/b"), Some(("/a".to_owned(), "b".to_owned())));
        assert_eq!(split("/"), None);
    }

    #[test]
    fn links_stay_inside_the_root() {
        let links = [
            ("/etc", "/data/etc"),
            ("/up", "../../../secret"),
            ("/data/etc/pki", "../pki"),
        ];
        assert_eq!(
            with(&links, "/etc/pki/ca.crt", true).unwrap(),
            "/data/pki/ca.crt"
        );
        assert_eq!(with(&links, "/up/x", true).unwrap(), "/secret/x");
        assert_eq!(with(&links, "/etc/pki", false).unwrap(), "/data/etc/pki");
        assert_eq!(with(&links, "/etc/pki/", false).unwrap(), "/data/etc/pki");
        assert_eq!(with(&links, "/../..", true).unwrap(), "/");
    }

    #[test]
    fn loops_and_empty_paths_are_errors() {
        let loops = [("/a", "/b"), ("/b", "a")];
        assert_eq!(
            with(&loops, "/a", true).unwrap_err().kind,
            FileErrorKind::LinkLoop
        );
        assert_eq!(
            with(&[], "", true).unwrap_err().kind,
            FileErrorKind::InvalidPath
        );
    }
}
