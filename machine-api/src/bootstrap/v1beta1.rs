//! Version v1beta1 of the group `bootstrap.cluster.x-k8s.io`.

mod cluster_configuration;
mod host;
mod init_and_join;
mod kubeadm_config;
mod kubeadm_config_template;

pub use crate::bootstrap::v1beta2::{
    Encoding, EncryptionAlgorithmType, FileContentFormat, Format, PartitionSpec,
};
pub use crate::core::v1beta1::V1Beta2Conditions;
pub use cluster_configuration::{
    APIServer, ClusterConfiguration, ControlPlaneComponent, DNS, Etcd, ExternalEtcd, HostPathMount,
    LocalEtcd, Networking,
};
pub use host::{
    ContainerLinuxConfig, DiskSetup, File, FileSource, Filesystem, IgnitionSpec, NTP, Partition,
    PasswdSource, SecretFileSource, SecretPasswdSource, User,
};
pub use init_and_join::{
    APIEndpoint, BootstrapToken, BootstrapTokenDiscovery, Discovery, FileDiscovery,
    FileDiscoveryKubeConfig, InitConfiguration, JoinConfiguration, JoinControlPlane,
    KubeConfigAuthExec, KubeConfigAuthExecEnv, KubeConfigAuthProvider, KubeConfigCluster,
    KubeConfigUser, NodeRegistrationOptions, Patches,
};
pub use kubeadm_config::{KubeadmConfig, KubeadmConfigSpec, KubeadmConfigStatus};
pub use kubeadm_config_template::{
    KubeadmConfigTemplate, KubeadmConfigTemplateResource, KubeadmConfigTemplateSpec,
};
