//! How many keys a run will make, so that they can be made ahead of it.

use std::{num::NonZeroUsize, sync::Arc};

use super::kubeconfigs::KUBECONFIGS;
use crate::kubeadm::InitContext;
use crate::kubeadm::pki::existing::Pair;
use crate::kubeadm::pki::{self, CERTIFICATES, KeyPool};
use crate::{Files, PhaseError};

impl InitContext {
    /// The same context whose source of keys begins now to make, on so many threads, the keys that a run on these files
    /// will need, while the run goes on: making RSA keys is nearly all the time that a run takes.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use bootstrap_phases::{MemFiles, PhaseError, kubeadm::InitContext};
    ///
    /// fn ready(context: InitContext, files: &MemFiles) -> Result<InitContext, PhaseError> {
    ///     let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    ///     context.with_keys_ahead(files, threads)
    /// }
    /// ```
    ///
    /// # Errors
    /// A file cannot be looked at, or the configuration names an unknown algorithm.
    pub fn with_keys_ahead(
        mut self,
        files: &dyn Files,
        threads: NonZeroUsize,
    ) -> Result<Self, PhaseError> {
        let count = keys_to_make(&self, files)?;
        self.make_ahead(count, threads)?;
        Ok(self)
    }

    /// The same for a control plane that joins: it is given its authorities, and its kubelet gets credentials otherwise.
    pub(in crate::kubeadm) fn with_joining_keys_ahead(
        mut self,
        files: &dyn Files,
        threads: NonZeroUsize,
    ) -> Result<Self, PhaseError> {
        let external_etcd = self.external_etcd();
        let leaves = CERTIFICATES
            .iter()
            .filter(|one| one.authority.is_some() && !(external_etcd && one.is_etcds()));
        let leaves = leaves.map(|one| format!("{}.key", self.pki_path(one.base_name)));
        let kubeconfigs = ["admin.conf", "controller-manager.conf", "scheduler.conf"];
        let kubeconfigs = kubeconfigs.map(|name| self.kubeconfig_path(name));
        let mut count = 0;
        for path in leaves.chain(kubeconfigs) {
            count += usize::from(files.stat(&path)?.is_none());
        }
        self.make_ahead(count, threads)?;
        Ok(self)
    }

    fn make_ahead(&mut self, count: usize, threads: NonZeroUsize) -> Result<(), PhaseError> {
        let algorithm = pki::algorithm(&self.cluster)?;
        let source = self.keys.clone();
        self.keys = Arc::new(KeyPool::start(source, algorithm, count, threads.get()));
        Ok(())
    }
}

/// How many keys `certs` and `kubeconfig` will make, as far as files that are there tell.
///
/// # Errors
/// A file cannot be looked at.
pub fn keys_to_make(context: &InitContext, files: &dyn Files) -> Result<usize, PhaseError> {
    let mut count = 0;
    let mut external = Vec::new();
    for certificate in &CERTIFICATES {
        if certificate.is_etcds() && context.external_etcd() {
            continue;
        }
        let base = context.pki_path(certificate.base_name);
        let is_there = |end| -> Result<bool, PhaseError> {
            Ok(files.stat(&format!("{base}.{end}"))?.is_some())
        };
        let (has_certificate, has_key) = (is_there("crt")?, is_there("key")?);
        // Whether it is an authority only matters, and is only looked at, where there is no key.
        if has_certificate && !has_key && Pair::look(files, &base)?.is_external_authority() {
            external.push(certificate.name);
        }
        let provided = certificate
            .authority
            .is_some_and(|name| external.contains(&name));
        count += usize::from(!has_certificate && !has_key && !provided);
    }
    let mut paths = vec![context.pki_path("sa.key")];
    if !external.contains(&"ca") {
        paths.extend(
            KUBECONFIGS
                .iter()
                .map(|kubeconfig| context.kubeconfig_path(kubeconfig.file)),
        );
    }
    for path in paths {
        count += usize::from(files.stat(&path)?.is_none());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Compat;
    use crate::kubeadm::phases::testing::World;
    use crate::kubeadm::phases::{certs, kubeconfig};

    #[test]
    fn as_many_as_are_made() {
        let world = World::new(Compat::Fixed);
        let count = || keys_to_make(&world.context, &world.files).unwrap();
        assert_eq!(count(), 16);
        world.run(&certs(), "ca").unwrap();
        assert_eq!(count(), 15);
        world.run(&kubeconfig(), "admin").unwrap();
        assert_eq!(count(), 14);
        world.run_all(&certs());
        assert_eq!(count(), 4);
        world.run_all(&kubeconfig());
        assert_eq!(count(), 0);
        world.remove("front-proxy-ca.key");
        world.remove("front-proxy-client.key");
        world.remove("front-proxy-client.crt");
        assert_eq!(count(), 0, "it has to be provided");
    }

    #[test]
    fn none_of_etcds_when_it_runs_elsewhere() {
        let mut world = World::new(Compat::Fixed);
        world.context.cluster.etcd.local = None;
        world.context.cluster.etcd.external =
            Some(componentconfig::kubeadm::v1beta4::ExternalEtcd::default());
        assert_eq!(keys_to_make(&world.context, &world.files).unwrap(), 11);
    }
}
