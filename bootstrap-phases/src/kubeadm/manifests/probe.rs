//! How the kubelet asks whether a component lives.

use componentconfig::scalar::Duration;
use serde_json::{Map, Value, json};

/// The probes of a component, all on one address.
pub(super) struct Probes {
    /// Empty: the address of the Pod.
    pub(super) host: String,
    pub(super) port: i32,
    pub(super) scheme: &'static str,
    pub(super) liveness: &'static str,
    pub(super) readiness: Option<&'static str>,
    pub(super) startup: &'static str,
    /// How long the startup probe may fail.
    pub(super) timeout: Duration,
}

const PORT_NAME: &str = "probe-port";
const PERIOD_SECONDS: i32 = 10;

/// Timing of one probe.
struct Timing {
    delay: i32,
    period: i32,
    failures: i32,
}

impl Probes {
    /// The port that the probes name.
    pub(super) fn ports(&self) -> Value {
        json!([{"containerPort": self.port, "name": PORT_NAME, "protocol": "TCP"}])
    }

    /// The fields of the container.
    pub(super) fn into_fields(self) -> impl Iterator<Item = (&'static str, Value)> {
        let liveness = Timing {
            delay: PERIOD_SECONDS,
            period: PERIOD_SECONDS,
            failures: 8,
        };
        // Whoever waits for the component to be ready is not held up.
        let readiness = Timing {
            delay: 0,
            period: 1,
            failures: 3,
        };
        let startup = Timing {
            delay: PERIOD_SECONDS,
            period: PERIOD_SECONDS,
            failures: self.startup_failures(),
        };
        [
            Some(("livenessProbe", self.probe(self.liveness, &liveness))),
            self.readiness
                .map(|path| ("readinessProbe", self.probe(path, &readiness))),
            Some(("startupProbe", self.probe(self.startup, &startup))),
        ]
        .into_iter()
        .flatten()
    }

    /// As many failures as periods fit into the timeout, the last one rounded up.
    fn startup_failures(&self) -> i32 {
        const NANOSECONDS: i64 = PERIOD_SECONDS as i64 * 1_000_000_000;
        let nanoseconds = self.timeout.as_nanos();
        let periods = nanoseconds.div_euclid(NANOSECONDS)
            + i64::from(nanoseconds.rem_euclid(NANOSECONDS) > 0);
        i32::try_from(periods).unwrap_or(i32::MAX)
    }

    fn probe(&self, path: &str, timing: &Timing) -> Value {
        let mut get = json!({"path": path, "port": PORT_NAME, "scheme": self.scheme});
        if let (false, Some(get)) = (self.host.is_empty(), get.as_object_mut()) {
            get.insert("host".to_owned(), self.host.clone().into());
        }
        let mut probe = Map::new();
        probe.insert("httpGet".to_owned(), get);
        let numbers = [
            ("initialDelaySeconds", timing.delay),
            ("timeoutSeconds", 15),
            ("periodSeconds", timing.period),
            ("failureThreshold", timing.failures),
        ];
        for (field, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
            probe.insert(field.to_owned(), number.into());
        }
        probe.into()
    }
}

/// An address as a probe takes it: one that stands for all addresses is none.
pub(super) fn probe_host(address: &str) -> String {
    if matches!(address, "0.0.0.0" | "::") {
        String::new()
    } else {
        address.to_owned()
    }
}
