//! Version v1beta2 of the group `bootstrap.cluster.x-k8s.io`.

mod cluster_configuration;
mod host;
mod init_and_join;
mod kubeadm_config;
mod kubeadm_config_template;

pub use cluster_configuration::{
    APIServer, Arg, ClusterConfiguration, ControllerManager, DNS, EncryptionAlgorithmType, Etcd,
    ExternalEtcd, HostPathMount, LocalEtcd, Scheduler,
};
pub use host::{
    ContainerLinuxConfig, DiskSetup, Encoding, File, FileContentFormat, FileSource, Filesystem,
    IgnitionSpec, NTP, Partition, PartitionSpec, PasswdSource, SecretFileSource,
    SecretPasswdSource, User,
};
pub use init_and_join::{
    APIEndpoint, BootstrapToken, BootstrapTokenDiscovery, Discovery, FileDiscovery,
    FileDiscoveryKubeConfig, InitConfiguration, JoinConfiguration, JoinControlPlane,
    KubeConfigAuthExec, KubeConfigAuthExecEnv, KubeConfigAuthProvider, KubeConfigCluster,
    KubeConfigUser, NodeRegistrationOptions, Patches, Timeouts,
};
pub use kubeadm_config::{
    Format, KubeadmConfig, KubeadmConfigInitializationStatus, KubeadmConfigSpec,
    KubeadmConfigStatus, KubeadmConfigV1Beta1DeprecatedStatus,
};
pub use kubeadm_config_template::{
    KubeadmConfigTemplate, KubeadmConfigTemplateResource, KubeadmConfigTemplateSpec,
};
