//! The host of the recordings, as data.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bootstrap_phases::MemHost;
use bootstrap_phases::kubeadm::{
    HostFacts,
    pki::{Algorithm, FixedKeys, KeyPool, KeySource, PkiError, PrivateKey, SystemKeys},
};
use componentconfig::kubeadm::{Facts, HostAddress};
use serde_json::Value;

/// When the cases were recorded: certificates that take over the beginning of an older one say so.
pub(super) const NOW: u64 = 1_795_235_010;

pub(super) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

const NAME: &str = "rec-host";
const ADDRESS: [u8; 4] = [192, 0, 2, 10];

/// A host at one step.
pub(super) struct Host {
    pub(super) facts: Facts,
    environment: Vec<(String, String)>,
}

impl Host {
    pub(super) fn of_step(step: &Value) -> Self {
        let address = if step["host"] == "addressed" {
            HostAddress::found(IpAddr::from(ADDRESS))
        } else {
            HostAddress::NoAddress
        };
        let facts = Facts {
            hostname: Some(NAME.to_owned()),
            address,
            cri_sockets: Some(Vec::new()),
            tokens: ["abcdef.0123456789abcdef".parse()]
                .into_iter()
                .flatten()
                .collect(),
            ..Facts::default()
        };
        let given = step["env"].as_object().into_iter().flatten();
        let environment = given
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .chain([("PATH".to_owned(), "/bin".to_owned())])
            .collect();
        Self { facts, environment }
    }

    pub(super) fn facts_of_phases(&self) -> HostFacts {
        HostFacts {
            hostname: NAME.to_owned(),
            environment: self.environment.clone(),
            ..HostFacts::default()
        }
    }
}

/// The host of the recordings beyond its files: nothing is installed.
pub(super) fn bare() -> MemHost {
    MemHost::new()
}

/// Keys of a case: ECDSA keys follow from its name, RSA keys are made once for all cases.
pub(super) fn keys(case: &str) -> Arc<dyn KeySource> {
    Arc::new(Keys {
        own: Mutex::new(FixedKeys::seeded(case)),
        handed_out: Mutex::default(),
    })
}

struct Keys {
    own: Mutex<FixedKeys>,
    handed_out: Mutex<HashMap<Algorithm, usize>>,
}

/// As many as a control plane has: within a case no key comes twice too soon.
const RSA_KEYS: usize = 17;

static RSA: LazyLock<Mutex<HashMap<Algorithm, Vec<PrivateKey>>>> = LazyLock::new(Mutex::default);

impl KeySource for Keys {
    fn generate(&self, algorithm: Algorithm) -> Result<PrivateKey, PkiError> {
        if matches!(algorithm, Algorithm::EcdsaP256 | Algorithm::EcdsaP384) {
            return lock(&self.own).generate(algorithm);
        }
        let mut all = lock(&RSA);
        let keys = all.entry(algorithm).or_insert_with(|| {
            let pool = KeyPool::start(Arc::new(SystemKeys), algorithm, RSA_KEYS, 2);
            (0..RSA_KEYS)
                .filter_map(|_| pool.generate(algorithm).ok())
                .collect()
        });
        let mut handed_out = lock(&self.handed_out);
        let number = handed_out.entry(algorithm).or_default();
        *number += 1;
        let key = keys.get((*number - 1) % keys.len().max(1));
        key.cloned().ok_or(PkiError::NoKeyLeft { algorithm })
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
        lock(&self.own).fill(bytes)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
