//! Subjects, as Go's `crypto/x509/pkix` writes them.

use der::asn1::{Any, ObjectIdentifier, SetOfVec};
use der::{Decode as _, Encode as _, Sequence, Tag, ValueOrd};
use x509_cert::name::Name;

use super::x509::{COMMON_NAME, ORGANIZATION};

#[derive(Sequence, ValueOrd, PartialEq, Eq)]
struct Attribute {
    kind: ObjectIdentifier,
    value: Any,
}

/// The organizations together in one set, then the common name.
pub(super) fn encode(common_name: &str, organizations: &[String]) -> der::Result<Vec<u8>> {
    let mut sets = Vec::new();
    if !organizations.is_empty() {
        let attributes = organizations.iter().map(|o| attribute(ORGANIZATION, o));
        let mut attributes = attributes.collect::<der::Result<Vec<_>>>()?;
        // A set cannot hold an element twice.
        attributes.sort_by(|a, b| a.value.value().cmp(b.value.value()));
        attributes.dedup();
        sets.push(SetOfVec::try_from(attributes)?);
    }
    sets.push(SetOfVec::try_from(vec![attribute(
        COMMON_NAME,
        common_name,
    )?])?);
    sets.to_der()
}

/// The values of one attribute, in the order of the name.
pub(super) fn values(name: &[u8], kind: ObjectIdentifier) -> der::Result<Vec<String>> {
    let sets = Vec::<SetOfVec<Attribute>>::from_der(name)?;
    let attributes = sets.iter().flat_map(SetOfVec::iter);
    Ok(attributes
        .filter(|a| a.kind == kind)
        .map(|a| text(&a.value))
        .collect())
}

/// For people, such as `CN=kubernetes,O=example`.
pub(super) fn display(name: &[u8]) -> String {
    Name::from_der(name).map_or_else(|_| "an unreadable name".to_owned(), |name| name.to_string())
}

fn attribute(kind: ObjectIdentifier, value: &str) -> der::Result<Attribute> {
    let tag = if value.bytes().all(is_printable) {
        Tag::PrintableString
    } else {
        Tag::Utf8String
    };
    Ok(Attribute {
        kind,
        value: Any::new(tag, value.as_bytes())?,
    })
}

/// The characters of ASN.1's PrintableString.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

fn text(value: &Any) -> String {
    match value.header().tag() {
        Tag::BmpString => {
            let units: Vec<u16> = value
                .value()
                .chunks_exact(2)
                .map(|pair| {
                    pair.iter()
                        .fold(0, |unit, &byte| unit << 8 | u16::from(byte))
                })
                .collect();
            String::from_utf16_lossy(&units)
        }
        Tag::TeletexString => value.value().iter().map(|&byte| char::from(byte)).collect(),
        _ => String::from_utf8_lossy(value.value()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_organizations_stay() {
        let organizations = ["dev", "ops", "a_b", "dev"].map(str::to_owned);
        let name = encode("ann", &organizations).unwrap();
        assert_eq!(values(&name, COMMON_NAME).unwrap(), ["ann"]);
        let mut read = values(&name, ORGANIZATION).unwrap();
        read.sort();
        assert_eq!(read, ["a_b", "dev", "ops"]);
        assert_eq!(
            display(&encode("ann", &["dev".into()]).unwrap()),
            "CN=ann,O=dev"
        );
    }

    #[test]
    fn printable_strings_where_the_characters_allow_it() {
        let tag = |text: &str| attribute(COMMON_NAME, text).unwrap().value.header().tag();
        assert_eq!(tag("system:node:cp-1"), Tag::PrintableString);
        for other in ["a_b", "a*b", "a&b", "ä"] {
            assert_eq!(tag(other), Tag::Utf8String, "{other}");
        }
    }
}
