//! The configuration that certificates are looked at and renewed with: that of the cluster, as far as it answers.
//!
//! Follows `getInternalCfg` in `cmd/kubeadm/app/cmd/certs.go`.

use componentconfig::Report;
use componentconfig::kubeadm::v1beta4::{ClusterConfiguration, InitConfiguration};
use componentconfig::kubeadm::{Facts, Init, complete_init};

use crate::kubeadm::InitContext;
use crate::kubeadm::api::Api;
use crate::kubeadm::kept::Kept;
use crate::{Compat, ErrorClass, Note, PhaseError};

/// What certificates are renewed with where no configuration file is given: the configuration that the cluster keeps, or else the
/// default one, with a remark why.
///
/// kubeadm takes the defaults whatever goes wrong, so that a renewal may make keys of another kind than the cluster has; it does so, too,
/// where the kubelets' configuration is missing, which nothing here needs. With [`Compat::Upstream`] so does this; by default only a
/// cluster that does not answer, or has no such configuration, is passed over.
///
/// # Errors
/// The API refuses, or what the cluster keeps cannot be read.
pub fn cluster_context(
    api: Option<&Api>,
    facts: &Facts,
    compat: Compat,
) -> Result<(InitContext, Vec<Note>), PhaseError> {
    let read = match (api, compat) {
        (None, _) => Err(PhaseError::transient("api.none", "no API is configured")),
        (Some(api), Compat::Fixed) => Kept::read_cluster(api),
        (Some(api), Compat::Upstream) => Kept::read(api),
    };
    let read = read.and_then(|kept| kept.with_node(NODE, facts));
    match read {
        Ok(init) => Ok((InitContext::loaded(init).compat(compat), Vec::new())),
        Err(error) if compat == Compat::Upstream || is_absent(&error) => {
            let text =
                format!("the default configuration is used, as the cluster tells none: {error}");
            let note = Note::warning("certs.default-configuration", text);
            let init = defaults(facts)
                .map_err(|report| PhaseError::fatal("certs.no-defaults", report.to_string()))?;
            Ok((InitContext::loaded(init).compat(compat), vec![note]))
        }
        Err(error) => Err(error),
    }
}

/// A node of which nothing counts.
const NODE: &str = "
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: 1.2.3.4}
nodeRegistration: {name: node}
bootstrapTokens: []
";

fn is_absent(error: &PhaseError) -> bool {
    matches!(error.class, ErrorClass::Transient | ErrorClass::NotYet)
        || error.code == "cluster.no-configuration"
}

fn defaults(facts: &Facts) -> Result<Init, Report> {
    let mut init = InitConfiguration::default();
    "1.2.3.4".clone_into(&mut init.local_api_endpoint.advertise_address);
    "node".clone_into(&mut init.node_registration.name);
    Ok(complete_init(init, ClusterConfiguration::default(), facts)?.config)
}
