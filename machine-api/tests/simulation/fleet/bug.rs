//! Mistakes that are made on purpose in what the planners say. Without them, that nothing goes wrong would say nothing.

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    RolloutGrows,
    RolloutShrinks,
    SetDeletes,
    SetCreates,
    HealthCheck,
    HealthCheckSleeps,
    Remediation,
    ControlPlane,
    ControlPlaneGrows,
    MemberStays,
    HookStays,
}

impl Bug {
    /// All of them, each with what it does.
    pub(crate) const ALL: [(Self, &'static str); 11] = [
        (
            Self::RolloutGrows,
            "a rollout grows the current MachineSet by one too many",
        ),
        (
            Self::RolloutShrinks,
            "a rollout shrinks an old MachineSet by one too many",
        ),
        (
            Self::SetDeletes,
            "a MachineSet that is too large deletes one machine too many",
        ),
        (
            Self::SetCreates,
            "a MachineSet that is too small makes one machine too many",
        ),
        (
            Self::HealthCheck,
            "a health check finds healthy machines unhealthy",
        ),
        (Self::HealthCheckSleeps, "a health check sees nothing"),
        (
            Self::Remediation,
            "a MachineSet replaces machines that are healthy",
        ),
        (
            Self::ControlPlane,
            "a control plane lets members go, whatever the harm",
        ),
        (
            Self::ControlPlaneGrows,
            "a control plane makes one machine too many",
        ),
        (
            Self::MemberStays,
            "a machine of a control plane goes, and its etcd member stays",
        ),
        (
            Self::HookStays,
            "a machine of a control plane is never let go",
        ),
    ];
}
