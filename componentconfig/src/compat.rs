//! Bugs of upstream: repeated or not.

/// What becomes of the known bugs of upstream's Kubernetes 1.36.
///
/// | bug | [`Fixed`](Self::Fixed) | [`Upstream`](Self::Upstream) |
/// | --- | --- | --- |
/// | `kubeadm config migrate` forgets `timeouts.controlPlaneComponentHealthCheck` unless the file has a v1beta3 `ClusterConfiguration` | the value is kept | it becomes `0s` |
/// | there, the timeout of a v1beta3 `ClusterConfiguration` goes through a global variable into the `JoinConfiguration` | the timeouts of the `JoinConfiguration` are its own | they take it over |
/// | there, every document is called ignored that another command reads | nothing is ignored | warnings |
/// | there, an `UpgradeConfiguration` has no mutator | it is written | the file is refused |
/// | a bootstrap token gets a time to live beside its expiry, and groups beside usages that allow none | it gets neither | it gets both, and is refused |
/// | the arguments of the scheduler's plugin `NodeResourcesFit` have their rules under another name | they are validated | only warned of |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compat {
    /// What was meant.
    #[default]
    Fixed,
    /// What upstream does.
    Upstream,
}
