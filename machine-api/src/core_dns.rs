//! Which versions of CoreDNS lead to which. Follows the table of `coredns/corefile-migration`.

/// The versions in the order in which one is migrated to another.
const VERSIONS: [(u64, u64, u64); 54] = [
    (1, 1, 3),
    (1, 1, 4),
    (1, 2, 0),
    (1, 2, 1),
    (1, 2, 2),
    (1, 2, 3),
    (1, 2, 4),
    (1, 2, 5),
    (1, 2, 6),
    (1, 3, 0),
    (1, 3, 1),
    (1, 4, 0),
    (1, 5, 0),
    (1, 5, 1),
    (1, 5, 2),
    (1, 6, 0),
    (1, 6, 1),
    (1, 6, 2),
    (1, 6, 3),
    (1, 6, 4),
    (1, 6, 5),
    (1, 6, 6),
    (1, 6, 7),
    (1, 6, 9),
    (1, 7, 0),
    (1, 7, 1),
    (1, 8, 0),
    (1, 8, 3),
    (1, 8, 4),
    (1, 8, 5),
    (1, 8, 6),
    (1, 8, 7),
    (1, 9, 0),
    (1, 9, 1),
    (1, 9, 2),
    (1, 9, 3),
    (1, 9, 4),
    (1, 10, 0),
    (1, 10, 1),
    (1, 11, 0),
    (1, 11, 1),
    (1, 11, 3),
    (1, 11, 4),
    (1, 12, 0),
    (1, 12, 1),
    (1, 12, 2),
    (1, 12, 3),
    (1, 12, 4),
    (1, 13, 0),
    (1, 13, 1),
    (1, 13, 2),
    (1, 14, 0),
    (1, 14, 1),
    (1, 14, 2),
];

/// Whether the configuration of one version can be migrated to that of another.
///
/// # Errors
/// The first version is not known, or the second does not come after it.
pub(crate) fn migration(from: (u64, u64, u64), to: (u64, u64, u64)) -> Result<(), String> {
    let text = |(major, minor, patch): (u64, u64, u64)| format!("{major}.{minor}.{patch}");
    let Some(at) = VERSIONS.iter().position(|version| *version == from) else {
        return Err(format!("start version '{}' not supported", text(from)));
    };
    if VERSIONS.iter().skip(at).any(|version| *version == to) {
        return Ok(());
    }
    Err(format!(
        "cannot migrate up to '{}' from '{}'",
        text(to),
        text(from)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_versions_and_only_upwards() {
        assert_eq!(migration((1, 11, 1), (1, 12, 4)), Ok(()));
        assert_eq!(migration((1, 11, 1), (1, 11, 1)), Ok(()));
        assert!(migration((1, 11, 3), (1, 9, 3)).is_err());
        assert!(migration((1, 11, 2), (1, 12, 0)).is_err());
        assert!(VERSIONS.is_sorted());
    }
}
