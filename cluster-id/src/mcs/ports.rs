//! The ports of a service that several clusters export.

use std::collections::BTreeSet;

use super::{Protocol, ServicePort};

/// All ports of the exports, which come oldest first. A port is left out when an older one has its name, or its protocol
/// and number.
pub(super) fn unite<'a>(exports: impl IntoIterator<Item = &'a [ServicePort]>) -> Vec<ServicePort> {
    let mut united: Vec<ServicePort> = Vec::new();
    for port in exports.into_iter().flatten() {
        let taken = united
            .iter()
            .any(|older| older.name == port.name || older.socket() == port.socket());
        if !taken {
            united.push(port.clone());
        }
    }
    united
}

/// Whether two lists hold the same ports, in whatever order.
pub(super) fn same(a: &[ServicePort], b: &[ServicePort]) -> bool {
    // Most exports are copies of each other.
    a == b || set(a) == set(b)
}

fn set(ports: &[ServicePort]) -> BTreeSet<(&str, Protocol, u16, &str)> {
    let parts = |port: &'_ ServicePort| (port.protocol, port.port);
    ports
        .iter()
        .map(|port| {
            let (protocol, number) = parts(port);
            (port.name.as_str(), protocol, number, port.app_protocol())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ports() -> impl Strategy<Value = Vec<ServicePort>> {
        let port = ("[ab]?", 1_u16..4, prop::option::of("[xy]?"), any::<bool>());
        let port = port.prop_map(|(name, port, app_protocol, udp)| ServicePort {
            name,
            protocol: if udp { Protocol::Udp } else { Protocol::Tcp },
            app_protocol,
            port,
        });
        prop::collection::vec(port, 0..4)
    }

    proptest! {
        #[test]
        fn names_and_sockets_are_unique(exports in prop::collection::vec(ports(), 0..4)) {
            let united = unite(exports.iter().map(Vec::as_slice));
            let names: BTreeSet<_> = united.iter().map(|port| &port.name).collect();
            let sockets: BTreeSet<_> = united.iter().map(ServicePort::socket).collect();
            prop_assert_eq!((names.len(), sockets.len()), (united.len(), united.len()));
        }

        #[test]
        fn a_port_is_missing_only_where_an_older_one_is_in_its_place(exports in prop::collection::vec(ports(), 0..4)) {
            let united = unite(exports.iter().map(Vec::as_slice));
            for port in exports.iter().flatten() {
                let clash = |other: &ServicePort| other.name == port.name || other.socket() == port.socket();
                prop_assert!(united.iter().any(clash));
            }
        }

        #[test]
        fn order_makes_no_difference(mut ports in ports()) {
            let before = ports.clone();
            ports.reverse();
            prop_assert!(same(&before, &ports));
        }
    }

    #[test]
    fn no_hint_and_an_empty_one_are_the_same() {
        let port = |app_protocol: Option<&str>| ServicePort {
            name: String::new(),
            protocol: Protocol::Tcp,
            app_protocol: app_protocol.map(str::to_owned),
            port: 80,
        };
        assert!(same(&[port(None)], &[port(Some(""))]));
        assert!(!same(&[port(None)], &[port(Some("http"))]));
    }
}
