//! PEM, read leniently and written as Go's `encoding/pem` does: lines of 64, ending in a line feed.

use pem::{EncodeConfig, LineEnding, Pem, PemError};
use zeroize::Zeroizing;

use super::PkiError;

/// One block of a PEM text. The contents may be a private key and are wiped when dropped.
pub(super) struct Block {
    pub(super) tag: String,
    /// Whether there were headers between the first line and the data, as in keys encrypted the old way.
    pub(super) has_headers: bool,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// All blocks of a text, in order; what stands between them is passed over.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Block>, PkiError> {
    let parsed = pem::parse_many(text).map_err(|e| PkiError::Pem { why: reason(&e) })?;
    let block = |pem: Pem| Block {
        tag: pem.tag().to_owned(),
        has_headers: pem.headers().iter().next().is_some(),
        der: Zeroizing::new(pem.into_contents()),
    };
    Ok(parsed.into_iter().map(block).collect())
}

/// One block.
pub(super) fn encode(tag: &str, der: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(tag, der), config)
}

/// In our words, since the parser's own may quote a byte of a key.
fn reason(error: &PemError) -> &'static str {
    match error {
        PemError::InvalidData(_) => "a block is not valid base64",
        PemError::NotUtf8(_) => "a block is not text",
        PemError::MismatchedTags(..) => "a block ends with another label than it begins with",
        _ => "a block has no proper first or last line",
    }
}
