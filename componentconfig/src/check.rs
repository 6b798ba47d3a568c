//! Checks of single values that several components share, as apimachinery, `k8s.io/utils/net` and Go's standard library
//! make them.

pub(crate) mod cpuset;
pub(crate) mod dns;
pub(crate) mod file;
pub(crate) mod host;
pub(crate) mod image;
pub(crate) mod ip;
pub(crate) mod labels;
pub(crate) mod metrics;
pub(crate) mod pem;
pub(crate) mod url;
