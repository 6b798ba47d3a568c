//! Certificates in PEM form, as far as a configuration has to contain some.

use crate::base64;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Whether there is a block that holds a certificate: its content is base64 of something that begins as one.
pub(crate) fn has_certificate(text: &str) -> bool {
    let blocks = text.split(BEGIN).skip(1);
    let mut contents = blocks.filter_map(|block| Some(block.split_once(END)?.0));
    contents.any(|content| {
        let lines: String = content.lines().map(str::trim).collect();
        base64::decode(&lines).is_some_and(|der| der.starts_with(&[0x30]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        assert!(has_certificate(
            "# c\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        ));
        for bad in [
            "",
            "x",
            "-----BEGIN CERTIFICATE-----\nMIIB",
            "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\naaaa\n-----END CERTIFICATE-----",
        ] {
            assert!(!has_certificate(bad), "{bad}");
        }
    }
}
