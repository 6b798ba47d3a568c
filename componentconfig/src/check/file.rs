//! Paths of files, as Go's `filepath.Join` puts them together.

/// A path in an absolute folder, without `.` and `..`.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining() {
        assert_eq!(join("/etc/kubelet/", "a/../b/./c"), "/etc/kubelet/b/c");
        assert_eq!(join("/etc", "../../x"), "/x");
    }
}
