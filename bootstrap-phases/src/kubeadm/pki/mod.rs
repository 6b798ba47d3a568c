//! Keys and certificates: plain data in, PEM out; the rules for files that exist already.

mod certificate;
mod constraints;
mod error;
pub(in crate::kubeadm) mod existing;
mod issue;
mod key;
mod key_der;
mod name;
mod names;
mod pem;
mod pins;
mod pool;
mod problem;
mod request;
mod source;
mod spec;
mod table;
pub(in crate::kubeadm) mod time;
mod verify;
mod x509;

pub use certificate::Certificate;
pub use error::PkiError;
pub use issue::Authority;
pub use key::{Algorithm, Curve, KeyKind, PrivateKey, PublicKey};
pub use pins::{PinError, Pins};
pub use pool::KeyPool;
pub use problem::{FileProblem, Problem};
pub use request::CertificateRequest;
pub use source::{FixedKeys, KeySource, SystemKeys};
pub use spec::{AltNames, BACKDATE, CertSpec, Usage, Validity};
pub use table::{CERTIFICATES, ClusterCertificate, algorithm, leaf_validity};
pub use verify::Distrust;
