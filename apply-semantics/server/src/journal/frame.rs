//! Frames: a head of one line with the length and the checksums, then that many bytes.
//!
//! Each checksum goes on from the one before, so that no frame can be lost or put elsewhere unseen. A crash can only cut the file
//! short, or leave anything behind the point up to which it was synced, and only in the last frame. Everything else is damage.

use crate::server::SetupError;

/// What the file begins with.
pub(super) const MAGIC: &[u8] = b"apply-server journal 1\n";

/// `> LENGTH PAYLOAD HEAD`, all in eight hexadecimal digits: the length of the payload, its checksum, and that of these two.
const HEAD: usize = 29;

/// The frames of a file that are whole.
#[derive(Debug)]
pub(super) struct Frames<'a> {
    /// Where each payload begins in the file, and the payload.
    pub(super) payloads: Vec<(usize, &'a [u8])>,
    /// Where they end. What follows was never synced.
    pub(super) end: usize,
    /// The last checksum.
    pub(super) chain: u32,
}

impl<'a> Frames<'a> {
    /// # Errors
    /// The file is no journal, or is damaged.
    pub(super) fn read(text: &'a [u8]) -> Result<Self, SetupError> {
        let mut frames = Self {
            payloads: Vec::new(),
            end: 0,
            chain: 0,
        };
        let Some(mut rest) = text.strip_prefix(MAGIC) else {
            return if is_cut_magic(text) {
                Ok(frames)
            } else {
                Err(damaged(0, "it is no journal of a server"))
            };
        };
        let mut at = MAGIC.len();
        while !rest.is_empty() {
            match next(rest, frames.chain) {
                Next::Whole { payload, chain } => {
                    frames.payloads.push((at + HEAD, payload));
                    let length = HEAD + payload.len();
                    at += length;
                    rest = rest.get(length..).unwrap_or_default();
                    frames.end = at;
                    frames.chain = chain;
                }
                Next::Cut => break,
                Next::Damaged(reason) => return Err(damaged(at, reason)),
            }
        }
        Ok(frames)
    }
}

fn damaged(offset: usize, reason: &str) -> SetupError {
    SetupError::Damaged {
        offset: offset as u64,
        reason: reason.to_owned(),
    }
}

/// Appends a frame that builds on a checksum, and answers its own.
pub(super) fn write(text: &mut Vec<u8>, chain: u32, payload: &[u8]) -> u32 {
    let chain = checksum(chain, payload);
    let head = format!("> {:08x} {chain:08x}", payload.len());
    let check = checksum(0, head.as_bytes());
    text.extend_from_slice(format!("{head} {check:08x}\n").as_bytes());
    text.extend_from_slice(payload);
    chain
}

enum Next<'a> {
    Whole {
        payload: &'a [u8],
        chain: u32,
    },
    /// It was being written when the server ended.
    Cut,
    Damaged(&'static str),
}

/// What a text begins with.
fn next(text: &[u8], chain: u32) -> Next<'_> {
    let Some((length, wanted)) = text.get(..HEAD).and_then(head) else {
        return not_whole(text, text.ends_with(b"}\n"), "the head of a frame");
    };
    let Some(payload) = text.get(HEAD..HEAD + length) else {
        return not_whole(text, false, "the length of a frame");
    };
    if checksum(chain, payload) == wanted {
        return Next::Whole {
            payload,
            chain: wanted,
        };
    }
    let full = text.len() == HEAD + length && !text.ends_with(&[0]);
    not_whole(text, full, "the checksum of a frame")
}

/// A frame that is not whole was cut if it is the last one and does not look complete.
fn not_whole<'a>(text: &[u8], is_complete: bool, what: &'static str) -> Next<'a> {
    // No text of an object has a line end in it, so nothing else looks like a head.
    let heads = text.get(1..).unwrap_or_default().windows(HEAD);
    let mut later = heads.filter_map(head);
    if is_complete || later.next().is_some() {
        Next::Damaged(what)
    } else {
        Next::Cut
    }
}

/// The length and the checksum that a head tells; none if it is no head.
fn head(text: &[u8]) -> Option<(usize, u32)> {
    let text = str::from_utf8(text).ok()?.strip_suffix('\n')?;
    let (numbers, check) = text.rsplit_once(' ')?;
    let (length, sum) = numbers.strip_prefix("> ")?.split_once(' ')?;
    let number = |digits: &str| {
        let only = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let written = digits.len() == 8 && digits.bytes().all(only);
        written.then(|| u32::from_str_radix(digits, 16).ok())?
    };
    if number(check)? != checksum(0, numbers.as_bytes()) {
        return None;
    }
    Some((usize::try_from(number(length)?).ok()?, number(sum)?))
}

fn checksum(chain: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&chain.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// Whether a file was cut in its first line: nothing was ever acknowledged then.
fn is_cut_magic(text: &[u8]) -> bool {
    let same = text.iter().zip(MAGIC).take_while(|(a, b)| a == b).count();
    let rest = text.get(same..).unwrap_or_default();
    rest.iter().all(|byte| *byte == 0)
}

/// How deeply a text is nested, at most.
pub(super) fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Vec<u8> {
        let mut text = MAGIC.to_vec();
        let mut chain = 0;
        for payload in ["{\"a\":1}\n", "{\"b\":[2]}\n{\"c\":3}\n", "{\"d\":4}\n"] {
            chain = write(&mut text, chain, payload.as_bytes());
        }
        text
    }

    fn count(text: &[u8]) -> Result<usize, String> {
        let frames = Frames::read(text).map_err(|error| error.to_string())?;
        Ok(frames.payloads.len())
    }

    #[test]
    fn frames_come_back() {
        let text = journal();
        let frames = Frames::read(&text).unwrap();
        let payloads: Vec<_> = frames
            .payloads
            .iter()
            .map(|(_, payload)| *payload)
            .collect();
        assert_eq!(payloads[1], b"{\"b\":[2]}\n{\"c\":3}\n");
        assert_eq!((payloads.len(), frames.end), (3, text.len()));
    }

    #[test]
    fn frames_cannot_be_left_out_or_exchanged() {
        let text = journal();
        let starts: Vec<usize> = (0..text.len())
            .filter(|at| text[*at..].starts_with(b"> "))
            .collect();
        let without = [&text[..starts[1]], &text[starts[2]..]].concat();
        assert!(count(&without).is_err());
        let exchanged = [
            &text[..starts[1]],
            &text[starts[2]..],
            &text[starts[1]..starts[2]],
        ]
        .concat();
        assert!(count(&exchanged).is_err());
    }

    /// A journal of so many frames, and where each ends.
    fn long(frames: usize) -> (Vec<u8>, Vec<usize>) {
        let mut text = MAGIC.to_vec();
        let (mut chain, mut ends) = (0, Vec::new());
        for number in 0..frames {
            let lines =
                (0..=number % 3).map(|line| format!("{{\"frame\":{number},\"line\":{line}}}\n"));
            chain = write(&mut text, chain, lines.collect::<String>().as_bytes());
            ends.push(text.len());
        }
        (text, ends)
    }

    #[test]
    fn a_cut_at_any_byte_leaves_the_frames_before_it() {
        let (text, ends) = long(60);
        for cut in 0..=text.len() {
            let head = &text[..cut];
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(count(head), Ok(whole), "cut at {cut}");
            for zeros in [1, 100, text.len() - cut] {
                let zeros = [head, &vec![0; zeros]].concat();
                assert_eq!(count(&zeros), Ok(whole), "cut at {cut}, and zeros");
            }
            for seed in 1..4 {
                let length = 5 + (cut * 7 + seed * 31) % 200;
                let garbage: Vec<u8> = (0..length)
                    .map(|at| (at * 57 + cut * 31 + seed * 101).to_le_bytes()[0])
                    .collect();
                // What is as long as the frame that was being written could be that frame, damaged.
                if cut >= MAGIC.len() && !ends.contains(&(cut + length)) {
                    let garbage = [head, &garbage].concat();
                    let same = text.iter().zip(&garbage).take_while(|(a, b)| a == b);
                    let same = same.count();
                    let whole = ends.iter().filter(|end| **end <= same).count();
                    assert_eq!(count(&garbage), Ok(whole), "cut at {cut}, and garbage");
                }
            }
        }
    }

    #[test]
    fn any_flipped_bit_is_damage() {
        let (text, _) = long(24);
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut flipped = text.clone();
                flipped[at] ^= 1 << bit;
                assert!(count(&flipped).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn nesting_is_counted_outside_of_texts() {
        assert_eq!(depth(br#"{"a[{\"":[{"b":"]"}]}"#), 3);
        assert_eq!(depth(b"1"), 0);
    }
}
