//! What holds for every kind of files.

use super::*;

fn each(check: impl Fn(&dyn Files)) {
    let memory = MemFiles::new();
    check(&memory);
    let base = MemFiles::new();
    let overlay = Overlay::new(&base);
    check(&overlay);
    assert_eq!(base, MemFiles::new());
    #[cfg(unix)]
    {
        let folder = tempfile::tempdir().unwrap();
        check(&StdFiles::new(folder.path()));
        let folder = tempfile::tempdir().unwrap();
        check(&StdFiles::new(folder.path()).without_sync());
    }
}

#[test]
fn writes_are_exact_and_leave_nothing_behind() {
    each(|files| {
        files.create_dir_all("/etc/kubernetes/pki", 0o755).unwrap();
        files
            .write_atomic("/etc/kubernetes/pki/ca.key", b"one", 0o600)
            .unwrap();
        files
            .write_atomic("/etc/kubernetes/pki/ca.key", b"two", 0o640)
            .unwrap();
        assert_eq!(files.read("/etc/kubernetes/pki/ca.key").unwrap(), b"two");
        assert_eq!(files.list("/etc/kubernetes/pki").unwrap(), ["ca.key"]);
        let stat = files.stat("/etc/kubernetes/pki/ca.key").unwrap().unwrap();
        assert_eq!(
            (stat.kind, stat.mode, stat.size),
            (FileKind::File, 0o640, 3)
        );
        let folder = files.stat("etc//kubernetes/./pki/").unwrap().unwrap();
        assert_eq!((folder.kind, folder.mode), (FileKind::Directory, 0o755));
    });
}

#[test]
fn errors_name_operation_path_and_reason() {
    each(|files| {
        let error = files.read("/absent").unwrap_err();
        assert_eq!(error.to_string(), "read /absent: not found");
        assert_eq!(files.read_if_exists("/absent").unwrap(), None);
        files.create_file("/file", b"", 0o644).unwrap();
        let kind = |outcome: Result<(), FileError>| outcome.unwrap_err().kind;
        assert_eq!(
            kind(files.create_file("/file", b"", 0o644)),
            FileErrorKind::AlreadyExists
        );
        assert_eq!(
            kind(files.create_dir_all("/file/x", 0o755)),
            FileErrorKind::NotADirectory
        );
        assert_eq!(
            kind(files.create_dir("/a/b", 0o755)),
            FileErrorKind::NotFound
        );
        assert_eq!(kind(files.remove("/absent")), FileErrorKind::NotFound);
        assert_eq!(files.stat("/file/x").unwrap(), None);
        files.create_dir("/full", 0o700).unwrap();
        files.create_file("/full/x", b"", 0o644).unwrap();
        assert_eq!(kind(files.remove("/full")), FileErrorKind::NotEmpty);
        assert_eq!(
            kind(files.write_atomic("/full", b"", 0o644)),
            FileErrorKind::IsADirectory
        );
        assert_eq!(files.list("/").unwrap(), ["file", "full"]);
    });
}

#[test]
fn trees_go_with_all_below_or_only_what_is_in_them() {
    each(|files| {
        files.create_dir_all("/a/b/c", 0o755).unwrap();
        files.create_file("/a/b/c/x", b"", 0o644).unwrap();
        files.create_file("/a/y", b"", 0o644).unwrap();
        files.remove_tree("/a/b", false).unwrap();
        assert_eq!(files.list("/a").unwrap(), ["y"]);
        files.remove_tree("/a", true).unwrap();
        assert!(files.list("/a").unwrap().is_empty());
        files.remove_tree("/absent", false).unwrap();
    });
}

#[test]
fn renames_move_folders() {
    each(|files| {
        files.create_dir_all("/a/b", 0o750).unwrap();
        files.create_file("/a/b/x", b"x", 0o600).unwrap();
        files.rename("/a", "/z").unwrap();
        assert_eq!(files.read("/z/b/x").unwrap(), b"x");
        assert_eq!(files.stat("/a").unwrap(), None);
        assert_eq!(files.stat("/z/b").unwrap().unwrap().mode, 0o750);
    });
}

#[test]
fn an_overlay_shows_changes_and_keeps_the_base() {
    let base = MemFiles::new();
    base.create_dir_all("/etc/old", 0o755).unwrap();
    base.create_file("/etc/old/x", b"x", 0o644).unwrap();
    base.link("/etc/link", "old").unwrap();
    let before = base.clone();
    let overlay = Overlay::new(&base);
    assert!(overlay.is_unchanged());
    assert_eq!(overlay.read("/etc/link/x").unwrap(), b"x");
    overlay.set_mode("/etc/link/x", 0o600).unwrap();
    overlay.create_file("/etc/link/y", b"y", 0o644).unwrap();
    assert_eq!(overlay.list("/etc/old").unwrap(), ["x", "y"]);
    assert_eq!(overlay.stat("/etc/old/x").unwrap().unwrap().mode, 0o600);
    overlay.rename("/etc/link", "/etc/moved").unwrap();
    assert_eq!(overlay.read("/etc/moved/y").unwrap(), b"y");
    overlay.remove_tree("/etc/old", false).unwrap();
    assert_eq!(overlay.stat("/etc/old/x").unwrap(), None);
    overlay.create_dir("/etc/old", 0o700).unwrap();
    assert!(overlay.list("/etc/old").unwrap().is_empty());
    assert_eq!(overlay.list("/etc").unwrap(), ["moved", "old"]);
    assert_eq!(base, before);
}

#[cfg(unix)]
#[test]
fn links_on_a_disk_stay_inside_the_root() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x"), "outside").unwrap();
    let root = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
    std::os::unix::fs::symlink("/real", root.path().join("in")).unwrap();
    let files = StdFiles::new(root.path());
    assert_eq!(
        files.read("/out/x").unwrap_err().kind,
        FileErrorKind::NotFound
    );
    files.create_dir("/real", 0o755).unwrap();
    files.create_file("/real/f", b"old", 0o644).unwrap();
    files.write_atomic("/in/f", b"new", 0o644).unwrap();
    assert_eq!(files.read("/real/f").unwrap(), b"new");
    assert_eq!(
        files.link_stat("/in").unwrap().unwrap().kind,
        FileKind::Link
    );
    files.remove("/in").unwrap();
    assert_eq!(files.read("/real/f").unwrap(), b"new");
}

#[cfg(unix)]
#[test]
fn no_umask_applies() {
    let root = tempfile::tempdir().unwrap();
    let files = StdFiles::new(root.path());
    files.create_dir("/open", 0o777).unwrap();
    files.create_file("/open/f", b"", 0o666).unwrap();
    assert_eq!(files.stat("/open").unwrap().unwrap().mode, 0o777);
    assert_eq!(files.stat("/open/f").unwrap().unwrap().mode, 0o666);
}
