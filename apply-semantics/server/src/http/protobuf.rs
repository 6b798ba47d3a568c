//! Bodies in protobuf, which kubectl sends for built-in kinds: read as the JSON that the same client would have sent.
//!
//! A body is the four bytes `k8s\0` and then a `runtime.Unknown`: what the object is, and its bytes. Messages are those of the
//! `generated.proto` files of Kubernetes; fields at their zero value are left out where Go's JSON leaves them out.

mod decode;
mod messages;
mod wire;

use std::fmt;

use serde_json::Value;

use wire::{Data, Fields};

/// The media type.
pub(super) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

const MAGIC: &[u8] = b"k8s\0";

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not begin as such bodies do.
    NoMagic,
    /// A kind that has no messages, such as that of a custom resource.
    UnknownKind {
        /// The version that the body names.
        api_version: String,
        /// The kind that it names.
        kind: String,
    },
    /// The bytes are no such message.
    Malformed(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMagic => f.write_str("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
            Self::UnknownKind { api_version, kind } => {
                write!(f, "no kind {kind:?} is registered for version {api_version:?}")
            }
            Self::Malformed(why) => write!(f, "proto: {why}"),
        }
    }
}

/// The object of a body.
///
/// # Errors
/// It is none.
pub(super) fn read(body: &[u8]) -> Result<Value, Fault> {
    let unknown = body.strip_prefix(MAGIC).ok_or(Fault::NoMagic)?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Fields::of(unknown) {
        match field? {
            (1, Data::Bytes(bytes)) => {
                for field in Fields::of(bytes) {
                    match field? {
                        (1, Data::Bytes(bytes)) => {
                            wire::text(bytes)?.clone_into(&mut api_version);
                        }
                        (2, Data::Bytes(bytes)) => wire::text(bytes)?.clone_into(&mut kind),
                        _ => {}
                    }
                }
            }
            (2, Data::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let Some(message) = messages::of_kind(&api_version, &kind) else {
        return Err(Fault::UnknownKind { api_version, kind });
    };
    let mut fields = decode::message(message, raw)?;
    fields.insert("apiVersion".to_owned(), api_version.into());
    fields.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(fields))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A field that holds bytes.
    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(content.len()).unwrap()];
        out.extend_from_slice(content);
        out
    }

    fn body(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let names = [bytes(1, api_version.as_bytes()), bytes(2, kind.as_bytes())].concat();
        let unknown = [
            bytes(1, &names),
            bytes(2, raw),
            bytes(3, b""),
            bytes(4, b""),
        ]
        .concat();
        [MAGIC, &unknown].concat()
    }

    #[test]
    fn zero_values_are_left_out_as_in_json() {
        let metadata = [
            bytes(1, b"a"),
            bytes(2, b""),
            vec![7 << 3, 0],
            bytes(8, b""),
        ]
        .concat();
        let entry = [bytes(1, b"color"), bytes(2, b"red")].concat();
        let raw = [bytes(1, &metadata), bytes(2, &entry), vec![4 << 3, 0]].concat();
        assert_eq!(
            read(&body("v1", "ConfigMap", &raw)),
            Ok(json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
                "data": {"color": "red"}, "immutable": false,
            }))
        );
    }

    #[test]
    fn what_is_embedded_stands_in_the_object_around_it() {
        // readinessProbe: {httpGet: {port: 80}, timeoutSeconds: 3}; a port that is a number.
        let port = vec![1 << 3, 0, 2 << 3, 80];
        let get = [bytes(1, b""), bytes(2, &port)].concat();
        let probe = [bytes(1, &bytes(2, &get)), vec![3 << 3, 3]].concat();
        let container = [bytes(1, b"main"), bytes(11, &probe)].concat();
        let raw = bytes(2, &bytes(2, &container));
        assert_eq!(
            read(&body("v1", "Pod", &raw)).map(|pod| pod["spec"]["containers"][0].clone()),
            Ok(
                json!({"name": "main", "readinessProbe": {"httpGet": {"port": 80}, "timeoutSeconds": 3}})
            )
        );
    }

    #[test]
    fn numbers_may_be_negative_and_times_have_a_form() {
        let mut raw = vec![5 << 3];
        raw.extend_from_slice(&[0xff; 9]);
        raw.push(1);
        // spec: {completions: null, backoffLimit? ...}: activeDeadlineSeconds is field 3, an int64.
        let spec = [vec![3 << 3], raw[1..].to_vec()].concat();
        let time = [vec![1 << 3], vec![0x80, 0xe2, 0xcf, 0xaa, 0x06]].concat();
        let whole = [bytes(1, &bytes(8, &time)), bytes(2, &spec)].concat();
        let job = read(&body("batch/v1", "Job", &whole)).unwrap();
        assert_eq!(job["spec"]["activeDeadlineSeconds"], -1);
        assert_eq!(job["metadata"]["creationTimestamp"], "2023-11-14T22:13:20Z");
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(read(b"{}"), Err(Fault::NoMagic));
        let custom = read(&body("example.com/v1", "Widget", b""));
        assert!(matches!(custom, Err(Fault::UnknownKind { .. })));
        for raw in [&[0xff][..], &[10, 200], &[7], &[8, 1]] {
            assert!(
                matches!(read(&body("v1", "Pod", raw)), Err(Fault::Malformed(_))),
                "{raw:?}"
            );
        }
    }

    #[test]
    fn whatever_is_changed_in_a_body_it_is_read_or_refused() {
        let port = vec![1 << 3, 0, 2 << 3, 80];
        let probe = bytes(1, &bytes(2, &bytes(2, &port)));
        let container = [bytes(1, b"main"), bytes(3, b"run"), bytes(11, &probe)].concat();
        let metadata = [bytes(1, b"a"), bytes(8, &[8, 1])].concat();
        let raw = [bytes(1, &metadata), bytes(2, &bytes(2, &container))].concat();
        let body = body("v1", "Pod", &raw);
        assert!(read(&body).is_ok());
        for at in 0..body.len() {
            let _ = read(&body[..at]);
            for value in 0..=u8::MAX {
                let mut changed = body.clone();
                changed[at] = value;
                let _ = read(&changed);
            }
        }
        // Schemas in schemas, deeper than anybody means it.
        let mut schema = Vec::new();
        for _ in 0..1000 {
            let mut around = vec![0xe2, 0x01];
            let mut length = schema.len();
            while length > 0x7f {
                around.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                length >>= 7;
            }
            around.push(u8::try_from(length).unwrap());
            around.extend_from_slice(&schema);
            schema = around;
        }
        let schemas = messages::named("apiextensions.v1.JSONSchemaProps").unwrap();
        assert_eq!(
            decode::message(schemas, &schema),
            Err(Fault::Malformed("messages are nested too deep"))
        );
    }
}
