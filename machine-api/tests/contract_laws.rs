//! What providers write is what is read, in every version of the contract.
#![allow(clippy::expect_used, reason = "a test")]

use machine_api::{
    contract::{
        self, BootstrapConfig, BootstrapConfigFacts, ContractVersion, ControlPlane,
        ControlPlaneFacts, InfraCluster, InfraClusterFacts, InfraMachine, InfraMachineFacts,
        Untyped, Written,
    },
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{APIEndpoint, FailureDomain, MachineAddress, MachineAddressType},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

fn version() -> impl Strategy<Value = ContractVersion> {
    select(ContractVersion::ALL.to_vec())
}

fn object(written: &Written) -> Value {
    json!({"spec": written.spec, "status": written.status})
}

fn text() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9.-]{0,8}"
}

prop_compose! {
    fn infra_cluster()(provisioned: bool, host in option::of(text()), names in vec(text(), 0..4), control_plane: bool) -> InfraClusterFacts {
        let mut names = names;
        names.sort();
        names.dedup();
        InfraClusterFacts {
            provisioned,
            control_plane_endpoint: host.map(|host| APIEndpoint { host, port: 6443 }),
            failure_domains: names
                .into_iter()
                .map(|name| FailureDomain { name, control_plane: Some(control_plane), ..FailureDomain::default() })
                .collect(),
        }
    }
}

prop_compose! {
    fn infra_machine()(provider_id in option::of(text()), provisioned: bool, addresses in vec(text(), 0..3), failure_domain in option::of(text())) -> InfraMachineFacts {
        InfraMachineFacts {
            provider_id,
            provisioned,
            addresses: addresses
                .into_iter()
                .map(|address| MachineAddress { r#type: MachineAddressType::InternalIp, address })
                .collect(),
            failure_domain,
        }
    }
}

prop_compose! {
    fn control_plane()(initialized: bool, minors in vec(20_u32..40, 0..3), numbers in prop::array::uniform4(option::of(0_i32..5))) -> ControlPlaneFacts {
        let versions: Vec<String> = minors.iter().map(|minor| format!("v1.{minor}.0")).collect();
        ControlPlaneFacts {
            initialized,
            status_version: versions.first().cloned().unwrap_or_default(),
            status_versions: versions,
            status_replicas: numbers[0],
            ready_replicas: numbers[1],
            available_replicas: numbers[2],
            up_to_date_replicas: numbers[3],
            ..ControlPlaneFacts::default()
        }
    }
}

proptest! {
    #[test]
    fn clusters(facts in infra_cluster(), version in version()) {
        let object = object(&facts.written(version));
        prop_assert_eq!(Untyped::new(&object, version).infra_cluster_facts(), facts);
    }

    #[test]
    fn machines(facts in infra_machine(), version in version()) {
        let object = object(&facts.written(version));
        prop_assert_eq!(Untyped::new(&object, version).infra_machine_facts(), facts);
    }

    #[test]
    fn bootstrap(created: bool, name in option::of(text()), version in version()) {
        let facts = BootstrapConfigFacts { data_secret_created: created, data_secret_name: name };
        let object = object(&facts.written(version));
        prop_assert_eq!(Untyped::new(&object, version).bootstrap_config_facts(), facts);
    }

    /// The typed reading, the untyped one and that by place agree.
    #[test]
    fn control_planes(facts in control_plane(), version in version(), wanted in 20_u32..40) {
        let mut object = object(&facts.written(version));
        let read = Untyped::new(&object, version);
        prop_assert_eq!(&read.control_plane_facts(), &facts);
        object["spec"]["version"] = json!(format!("v1.{wanted}.0"));
        let read = Untyped::new(&object, version);
        prop_assert_eq!(read.is_provisioning(), contract::is_provisioning(&object));
        prop_assert_eq!(read.is_upgrading(), contract::is_upgrading(&object));
        if version == ContractVersion::V1Beta2 {
            let typed: KubeadmControlPlane = serde_json::from_value(object.clone()).expect("a control plane");
            prop_assert_eq!(typed.control_plane_facts(), read.control_plane_facts());
        }
    }
}
