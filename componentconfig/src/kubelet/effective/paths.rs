//! Paths that are relative to the folder of the configuration file. Follows `pkg/kubelet/apis/config/helpers.go`.

use crate::{check::file, kubelet::v1beta1::KubeletConfiguration};

/// Makes every path that is relative begin in `folder`.
pub(super) fn make_absolute(kubelet: &mut KubeletConfiguration, folder: &str) {
    let resolv_conf = kubelet.resolv_conf.as_mut();
    for path in [
        &mut kubelet.static_pod_path,
        &mut kubelet.authentication.x509.client_ca_file,
        &mut kubelet.tls_cert_file,
        &mut kubelet.tls_private_key_file,
        &mut kubelet.volume_plugin_dir,
        &mut kubelet.pod_logs_dir,
    ]
    .into_iter()
    .chain(resolv_conf)
    {
        if !path.is_empty() && !path.starts_with('/') {
            *path = file::join(folder, path);
        }
    }
}
