use std::{collections::VecDeque, io::IoSlice};

use bytes::{Buf, Bytes};

/// Texts that are sent one after the other. None is copied: each is shared with everybody else to whom it is sent.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    first: Bytes,
    rest: VecDeque<Bytes>,
    length: usize,
}

impl Batch {
    pub(crate) fn push(&mut self, text: Bytes) {
        if text.is_empty() {
            return;
        }
        self.length += text.len();
        if self.first.is_empty() {
            self.first = text;
        } else {
            self.rest.push_back(text);
        }
    }
}

impl From<Bytes> for Batch {
    fn from(text: Bytes) -> Self {
        let mut batch = Self::default();
        batch.push(text);
        batch
    }
}

impl Buf for Batch {
    fn remaining(&self) -> usize {
        self.length
    }

    fn chunk(&self) -> &[u8] {
        &self.first
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let texts = std::iter::once(&self.first).chain(&self.rest);
        let mut count = 0;
        for (slice, text) in slices.iter_mut().zip(texts.filter(|text| !text.is_empty())) {
            *slice = IoSlice::new(text);
            count += 1;
        }
        count
    }

    fn advance(&mut self, count: usize) {
        let mut count = count.min(self.length);
        self.length -= count;
        while count >= self.first.len() && count > 0 {
            count -= self.first.len();
            self.first = self.rest.pop_front().unwrap_or_default();
        }
        self.first.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However it is taken, in pieces of any size, what comes out is what was put in.
        #[test]
        fn all_comes_out_in_order(
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..12),
            pieces in prop::collection::vec(0_usize..9, 0..40),
            width in 0_usize..5,
        ) {
            let mut batch = Batch::default();
            for text in &texts {
                batch.push(text.clone().into());
            }
            let mut whole = texts.concat();
            for piece in pieces {
                let mut slices = vec![IoSlice::new(&[]); width];
                let count = batch.chunks_vectored(&mut slices);
                let shown: Vec<u8> = slices.iter().take(count).flat_map(|slice| slice.to_vec()).collect();
                prop_assert!(whole.starts_with(&shown));
                prop_assert!(whole.starts_with(batch.chunk()));
                prop_assert_eq!(batch.chunk().is_empty(), whole.is_empty());
                prop_assert_eq!(count == 0, whole.is_empty() || width == 0);
                let piece = piece.min(batch.remaining());
                batch.advance(piece);
                whole.drain(..piece);
                prop_assert_eq!(batch.remaining(), whole.len());
            }
        }
    }
}
