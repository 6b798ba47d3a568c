//! What kubeadm fills in, by name. Follows `cmd/kubeadm/app/constants/constants.go` and
//! `cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go`.

use crate::scalar::Duration;

/// The version of kubeadm whose behaviour this is.
pub const KUBEADM_VERSION: &str = "1.36.2";

/// `kubernetesVersion` of the defaults that `kubeadm config print` shows.
pub const PRINTED_KUBERNETES_VERSION: &str = "1.36.0";

/// The default of `kubernetesVersion`: the newest stable release.
pub const DEFAULT_KUBERNETES_VERSION: &str = "stable-1";

/// The default of `networking.serviceSubnet`.
pub const DEFAULT_SERVICE_SUBNET: &str = "10.96.0.0/12";

/// The default of `networking.dnsDomain`.
pub const DEFAULT_DNS_DOMAIN: &str = "cluster.local";

/// The DNS server of the cluster where the subnet of Services does not tell.
pub const DEFAULT_CLUSTER_DNS_IP: &str = "10.96.0.10";

/// The default of `localAPIEndpoint.bindPort`.
pub const DEFAULT_BIND_PORT: i32 = 6443;

/// The default of `certificatesDir`.
pub const DEFAULT_CERTIFICATES_DIR: &str = "/etc/kubernetes/pki";

/// The default of `caCertPath`.
pub const DEFAULT_CA_CERT_PATH: &str = "/etc/kubernetes/pki/ca.crt";

/// The default of `imageRepository`.
pub const DEFAULT_IMAGE_REPOSITORY: &str = "registry.k8s.io";

/// The registry of images that continuous integration built.
pub const CI_IMAGE_REPOSITORY: &str = "gcr.io/k8s-staging-ci-images";

/// The default of `clusterName`.
pub const DEFAULT_CLUSTER_NAME: &str = "kubernetes";

/// The default of `etcd.local.dataDir`.
pub const DEFAULT_ETCD_DATA_DIR: &str = "/var/lib/etcd";

/// Where the manifests of static Pods lie.
pub const MANIFESTS_DIR: &str = "/etc/kubernetes/manifests";

/// The default of `encryptionAlgorithm`.
pub const DEFAULT_ENCRYPTION_ALGORITHM: &str = "RSA-2048";

/// Every `encryptionAlgorithm`, sorted.
pub const ENCRYPTION_ALGORITHMS: [&str; 5] = [
    "ECDSA-P256",
    "ECDSA-P384",
    "RSA-2048",
    "RSA-3072",
    "RSA-4096",
];

/// The default of `certificateValidityPeriod`, and the longest one without a warning.
pub const CERTIFICATE_VALIDITY_PERIOD: Duration = Duration::from_hours(8760);

/// The default of `caCertificateValidityPeriod`, and the longest one without a warning.
pub const CA_CERTIFICATE_VALIDITY_PERIOD: Duration = Duration::from_hours(87_600);

/// The default of `imagePullPolicy`.
pub const DEFAULT_IMAGE_PULL_POLICY: &str = "IfNotPresent";

/// The container runtime that is assumed where none is found.
pub const DEFAULT_CRI_SOCKET: &str = "unix:///var/run/containerd/containerd.sock";

/// The key of the taint of control-plane nodes, and of their label.
pub const CONTROL_PLANE_LABEL: &str = "node-role.kubernetes.io/control-plane";

/// The default of `bootstrapTokens[].ttl`.
pub const DEFAULT_TOKEN_TTL: Duration = Duration::from_hours(24);

/// The default of `bootstrapTokens[].usages`, and all there are.
pub const TOKEN_USAGES: [&str; 2] = ["signing", "authentication"];

/// The default of `bootstrapTokens[].groups`.
pub const DEFAULT_TOKEN_GROUP: &str = "system:bootstrappers:kubeadm:default-node-token";

/// The feature gates of kubeadm itself, sorted.
pub const FEATURE_GATES: [&str; 3] = [
    "NodeLocalCRISocket",
    "PublicKeysECDSA",
    "RootlessControlPlane",
];

/// Where kube-proxy finds its kubeconfig in its Pod.
pub const KUBE_PROXY_KUBECONFIG: &str = "/var/lib/kube-proxy/kubeconfig.conf";

/// How many bytes `certificateKey` stands for.
pub const CERTIFICATE_KEY_BYTES: usize = 32;
