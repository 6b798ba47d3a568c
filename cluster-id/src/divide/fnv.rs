//! The hashes of Fowler, Noll and Vo, which both upstream programs break ties with.

const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// FNV-1: multiplies, then mixes the byte in.
pub(super) fn fnv1<'a>(parts: impl IntoIterator<Item = &'a str>) -> u32 {
    let bytes = parts.into_iter().flat_map(str::bytes);
    bytes.fold(BASIS, |hash, byte| {
        hash.wrapping_mul(PRIME) ^ u32::from(byte)
    })
}

/// FNV-1a: mixes the byte in, then multiplies.
pub(super) fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(BASIS, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::{fnv1, fnv1a};

    #[test]
    fn both_hashes_have_their_published_values() {
        assert_eq!((fnv1([""]), fnv1a("")), (0x811c_9dc5, 0x811c_9dc5));
        assert_eq!((fnv1(["a"]), fnv1a("a")), (0x050c_5d7e, 0xe40c_292c));
        assert_eq!(
            (fnv1(["foo", "bar"]), fnv1a("foobar")),
            (0x31f0_b262, 0xbf9c_f968)
        );
    }
}
