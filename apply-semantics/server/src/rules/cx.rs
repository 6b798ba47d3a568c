//! What the code of built-in kinds may know of the rest of the server.

use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

use serde_json::Value;

use crate::{
    core::Core,
    kinds::{Cx, User},
};

/// The range of addresses of Services: `10.96.0.0/16`.
const SERVICE_NETWORK: [u8; 2] = [10, 96];
/// The first and the last port of nodes for Services.
const NODE_PORTS: (u16, u16) = (30_000, 32_767);

/// The server during one request.
pub(super) struct Context<'a> {
    core: &'a Core,
    /// What this request has taken.
    taken: RefCell<BTreeSet<String>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(core: &'a Core) -> Self {
        Self {
            core,
            taken: RefCell::default(),
        }
    }

    /// The first candidate that neither a Service nor this request has.
    fn first_free<T: ToString>(
        &self,
        candidates: impl Iterator<Item = T>,
        used: &BTreeSet<String>,
    ) -> Option<T> {
        let mut taken = self.taken.borrow_mut();
        let mut free = candidates.filter(|candidate| {
            let text = candidate.to_string();
            !used.contains(&text) && !taken.contains(&text)
        });
        let found = free.next()?;
        taken.insert(found.to_string());
        Some(found)
    }

    fn of_services(&self, read: impl Fn(&Value) -> Vec<String>) -> BTreeSet<String> {
        let services = self.core.store.range("/services", "", "");
        services
            .flat_map(|(_, service)| read(&service.value()))
            .collect()
    }
}

impl Cx for Context<'_> {
    fn now(&self) -> String {
        self.core.now().to_string()
    }

    fn cluster_ip(&self) -> Option<String> {
        let used = self.of_services(|service| {
            let ips = service
                .pointer("/spec/clusterIPs")
                .and_then(Value::as_array);
            let ips = ips.into_iter().flatten().filter_map(Value::as_str);
            ips.map(str::to_owned).collect()
        });
        // The first address is that of the API server itself.
        let [a, b] = SERVICE_NETWORK;
        let addresses =
            (2..=65_534_u32).map(|host| format!("{a}.{b}.{}.{}", host >> 8, host & 255));
        self.first_free(addresses, &used)
    }

    fn node_port(&self) -> Option<u16> {
        let used = self.of_services(|service| {
            let ports = service.pointer("/spec/ports").and_then(Value::as_array);
            let ports = ports
                .into_iter()
                .flatten()
                .filter_map(|port| port.get("nodePort"));
            let health = service.pointer("/spec/healthCheckNodePort");
            ports.chain(health).map(Value::to_string).collect()
        });
        self.first_free(NODE_PORTS.0..=NODE_PORTS.1, &used)
    }

    fn user(&self) -> User {
        let user = self.core.user();
        User {
            name: user.username().to_owned(),
            uid: user.unique_id().to_owned(),
            groups: user.groups(),
        }
    }

    fn keeps_accounts(&self) -> bool {
        self.core.keeps_accounts
    }

    fn namespace(&self, name: &str) -> Option<Arc<Value>> {
        self.core.namespace(name)
    }

    fn objects(&self, api_version: &str, kind: &str, namespace: Option<&str>) -> Vec<Value> {
        let Some(resource) = self.core.registry.of_kind(api_version, kind) else {
            return Vec::new();
        };
        let prefix = namespace
            .map(|namespace| format!("{namespace}/"))
            .unwrap_or_default();
        let objects = self.core.store.range(&resource.table, &prefix, "");
        objects
            .map(|(_, object)| Value::clone(&*object.value()))
            .collect()
    }
}
