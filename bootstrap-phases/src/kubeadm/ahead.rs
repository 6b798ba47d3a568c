//! Keys made ahead of the phases that need them.

use std::{num::NonZeroUsize, sync::Arc};

use super::{
    InitContext,
    phases::KUBECONFIGS,
    pki::{self, CERTIFICATES, KeyPool, PkiError},
};
use crate::{FileError, Files};

impl InitContext {
    /// How many keys a whole run would make on these files: one for each certificate, kubeconfig and service-account key that is
    /// not there.
    ///
    /// # Errors
    /// The files cannot be looked at.
    pub fn missing_keys(&self, files: &dyn Files) -> Result<usize, FileError> {
        let certificates = CERTIFICATES
            .iter()
            .filter(|certificate| !(self.external_etcd() && certificate.is_etcds()))
            .map(|certificate| self.pki_path(&format!("{}.crt", certificate.base_name)));
        let kubeconfigs = KUBECONFIGS
            .iter()
            .map(|kubeconfig| self.kubeconfig_path(kubeconfig.file));
        let mut missing = 0;
        for path in certificates
            .chain(kubeconfigs)
            .chain([self.pki_path("sa.key")])
        {
            missing += usize::from(files.stat(&path)?.is_none());
        }
        Ok(missing)
    }

    /// The same context whose source of keys begins now to make `count` keys on `threads` threads, while the run goes on.
    ///
    /// Making RSA keys is nearly all that the certificates of a control plane cost; see [`KeyPool`].
    ///
    /// # Errors
    /// The configuration names an unknown algorithm.
    pub fn with_keys_ahead(
        mut self,
        count: usize,
        threads: NonZeroUsize,
    ) -> Result<Self, PkiError> {
        let algorithm = pki::algorithm(&self.cluster)?;
        self.keys = Arc::new(KeyPool::start(self.keys, algorithm, count, threads.get()));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use componentconfig::{
        kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration},
        kubelet::v1beta1::KubeletConfiguration,
    };

    use super::*;
    use crate::MemFiles;

    #[test]
    fn only_what_is_missing_is_counted() {
        let cluster = ClusterConfiguration {
            certificates_dir: "/pki".to_owned(),
            ..ClusterConfiguration::default()
        };
        let context = InitContext::new(
            InitConfiguration::default(),
            cluster,
            KubeletConfiguration::default(),
        );
        let files = MemFiles::new();
        assert_eq!(context.missing_keys(&files), Ok(16));
        files.create_dir_all("/pki", 0o755).unwrap();
        files.create_file("/pki/ca.crt", b"", 0o644).unwrap();
        files.create_file("/pki/sa.key", b"", 0o600).unwrap();
        assert_eq!(context.missing_keys(&files), Ok(14));
    }
}
