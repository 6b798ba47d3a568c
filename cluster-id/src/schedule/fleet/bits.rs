//! Sets of small numbers.

/// A set of numbers, 64 to a word.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn set(&mut self, index: usize, member: bool) {
        let word = index / 64;
        if word >= self.0.len() {
            if !member {
                return;
            }
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            let bit = 1 << (index % 64);
            *word = if member { *word | bit } else { *word & !bit };
        }
    }

    pub(super) fn contains(&self, index: usize) -> bool {
        let word = self.0.get(index / 64).copied().unwrap_or(0);
        word >> (index % 64) & 1 == 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn copy_from(&mut self, other: &Self) {
        self.0.clear();
        self.0.extend_from_slice(&other.0);
    }

    pub(super) fn unite(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        self.0.truncate(other.0.len());
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    /// Takes away what is in `other`, unless it is in `spared`.
    pub(super) fn take_away(&mut self, other: &Self, spared: Option<&Self>) {
        for (index, (word, other)) in self.0.iter_mut().zip(&other.0).enumerate() {
            let spared = spared.and_then(|spared| spared.0.get(index));
            *word &= !other | spared.copied().unwrap_or(0);
        }
    }

    /// The members, from the least up.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(index * 64 + usize::try_from(bit).unwrap_or(0))
            })
        })
    }

    /// Does something with each member, from the least up: where a loop over [`iter`](Self::iter) would make a call for each.
    #[inline]
    pub(super) fn for_each(&self, mut act: impl FnMut(usize)) {
        for (index, word) in self.0.iter().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                act(index * 64 + usize::try_from(rest.trailing_zeros()).unwrap_or(0));
                rest &= rest - 1;
            }
        }
    }

    /// Keeps the members that pass.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        for (index, word) in self.0.iter_mut().enumerate() {
            let mut rest = *word;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                if !keep(index * 64 + usize::try_from(bit).unwrap_or(0)) {
                    *word &= !(1 << bit);
                }
            }
        }
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(members: I) -> Self {
        let mut bits = Self::default();
        for member in members {
            bits.set(member, true);
        }
        bits
    }
}
