//! Looking up declared fields by name.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use super::FieldNode;

/// The declared fields of a struct. They are looked up for every field of every object, and a schema is its owner's word, so
/// the hash is one that is quick rather than one that withstands chosen names.
pub(crate) type Fields = HashMap<Arc<str>, FieldNode, BuildHasherDefault<NameHasher>>;

/// Multiplies and rotates, eight bytes at a time.
#[derive(Debug, Default)]
pub(crate) struct NameHasher(u64);

impl NameHasher {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(Self::FACTOR);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (place, byte) in last.iter_mut().zip(rest) {
            *place = *byte;
        }
        self.add(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    /// The end of a string, which its length has said already.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, hash::BuildHasher};

    use super::*;

    #[test]
    fn names_of_kubernetes_hardly_collide() {
        let hasher = BuildHasherDefault::<NameHasher>::default();
        let types = crate::types::builtin();
        let names: HashSet<&str> = types
            .all()
            .flat_map(|(_, node)| node.fields())
            .map(crate::types::Field::name)
            .collect();
        let hashes: HashSet<u64> = names.iter().map(|name| hasher.hash_one(name)).collect();
        assert_eq!(hashes.len(), names.len());
        let low: HashSet<u64> = hashes.iter().map(|hash| hash & 0xffff).collect();
        assert!(
            low.len() * 100 > names.len() * 97,
            "{} of {}",
            low.len(),
            names.len()
        );
    }
}
