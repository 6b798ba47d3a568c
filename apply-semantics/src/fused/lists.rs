//! The elements of a list in the live object and in the configuration: which are the same, and in which order they end up.

use std::{collections::HashMap, ops::Range};

use super::{Fused, GiveUp, plan::NONE};

/// Up to this many elements are compared with each other.
const FEW: usize = 16;

/// The elements of both lists by the texts of their path elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'t> {
    pub(super) all: &'t str,
    pub(super) live: &'t [Range<usize>],
    pub(super) config: &'t [Range<usize>],
}

impl Texts<'_> {
    fn text(&self, spans: &[Range<usize>], at: usize) -> Option<&str> {
        self.all.get(spans.get(at)?.clone())
    }

    /// Appends, for each element of the configuration, which one of the live object it is; gives up if one is doubled.
    pub(super) fn pair(&self, pairs: &mut Vec<usize>) -> Fused<()> {
        let index = Index::new(*self)?;
        let start = pairs.len();
        let mut guess = 0;
        let mut new: Vec<&str> = Vec::new();
        let mut found = 0;
        for at in 0..self.config.len() {
            let text = self.text(self.config, at).ok_or(GiveUp)?;
            let live = if self.text(self.live, guess) == Some(text) {
                guess
            } else {
                index.find(text)
            };
            if live == NONE {
                new.push(text);
            } else {
                guess = live + 1;
                found += 1;
            }
            pairs.push(live);
        }
        let pairs = pairs.get(start..).unwrap_or_default();
        if !are_unique(&new) || !is_one_to_one(pairs, found, self.live.len()) {
            return Err(GiveUp);
        }
        Ok(())
    }
}

/// Finds elements of the live object.
struct Index<'t> {
    all: Texts<'t>,
    map: Option<HashMap<&'t str, usize>>,
}

impl<'t> Index<'t> {
    fn new(all: Texts<'t>) -> Fused<Self> {
        let text = |span: &Range<usize>| all.all.get(span.clone()).ok_or(GiveUp);
        if all.live.len() <= FEW {
            let mut rest = all.live;
            while let Some((first, others)) = rest.split_first() {
                let first = text(first)?;
                if others.iter().any(|other| text(other) == Ok(first)) {
                    return Err(GiveUp);
                }
                rest = others;
            }
            return Ok(Self { all, map: None });
        }
        let mut map = HashMap::with_capacity(all.live.len());
        for (at, span) in all.live.iter().enumerate() {
            if map.insert(text(span)?, at).is_some() {
                return Err(GiveUp);
            }
        }
        Ok(Self {
            all,
            map: Some(map),
        })
    }

    fn find(&self, wanted: &str) -> usize {
        let found = match &self.map {
            Some(map) => map.get(wanted).copied(),
            None => (0..self.all.live.len())
                .find(|at| self.all.text(self.all.live, *at) == Some(wanted)),
        };
        found.unwrap_or(NONE)
    }
}

fn are_unique(texts: &[&str]) -> bool {
    if texts.len() <= 1 {
        return true;
    }
    let mut sorted = texts.to_vec();
    sorted.sort_unstable();
    sorted.is_sorted_by(|a, b| a < b)
}

fn is_one_to_one(pairs: &[usize], found: usize, live: usize) -> bool {
    let increasing = pairs
        .iter()
        .filter(|at| **at != NONE)
        .is_sorted_by(|a, b| a < b);
    if increasing {
        return true;
    }
    let mut seen = vec![false; live];
    for at in pairs {
        if let Some(seen) = seen.get_mut(*at) {
            *seen = true;
        }
    }
    seen.into_iter().filter(|seen| *seen).count() == found
}

/// The order of the merged list: for each element where it is in the live object and in the configuration. This is the order of
/// the original, which goes through both lists and lets the configuration decide on the elements that both have.
///
/// `over` has for each element of the configuration which one of the live object it is, and `under` the other way round.
pub(super) fn merged(under: &[usize], over: &[usize]) -> Vec<(usize, usize)> {
    let mut order = Vec::with_capacity(under.len().max(over.len()));
    let mut shared = (0..over.len())
        .filter(|at| over.get(*at) != Some(&NONE))
        .peekable();
    let mut done = vec![false; over.len()];
    let (mut left, mut right) = (0, 0);
    loop {
        let below = under.get(left).copied();
        match below {
            None if right >= over.len() => return order,
            Some(same) if same == right => {
                order.push((left, right));
                if let Some(done) = done.get_mut(right) {
                    *done = true;
                }
                shared.next();
                left += 1;
                right += 1;
                continue;
            }
            Some(NONE) => {
                order.push((left, NONE));
                left += 1;
                continue;
            }
            // It is shared, but its turn comes later.
            Some(other)
                if right < over.len() && shared.peek().is_some_and(|next| *next != other) =>
            {
                left += 1;
                continue;
            }
            Some(other) if done.get(other) == Some(&true) => left += 1,
            _ => {}
        }
        if let Some(at) = over.get(right) {
            order.push((*at, right));
            if let Some(done) = done.get_mut(right) {
                *done = true;
            }
            if shared.peek() == Some(&right) {
                shared.next();
            }
            right += 1;
        }
    }
}
