//! The configuration of the plugins `ValidatingAdmissionWebhook` and `MutatingAdmissionWebhook`.

pub mod v1;

use super::admission_policy::static_manifests_dir;
use crate::{
    config::Config,
    field::{Errors, Path},
};

/// Follows `staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/config/kubeconfig.go`.
impl Config for v1::WebhookAdmissionConfiguration {
    fn validate(&self) -> Errors {
        let mut errors = Errors::new();
        let file = self.kube_config_file.as_str();
        if !file.is_empty() && !file.starts_with('/') {
            let path = Path::new("kubeConfigFile");
            errors.invalid(&path, file, "must be an absolute file path");
        }
        static_manifests_dir(&self.static_manifests_dir, &mut errors);
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute() {
        let mut config = v1::WebhookAdmissionConfiguration::default();
        assert!(config.validate().is_empty());
        config.kube_config_file = "kubeconfig".to_owned();
        config.static_manifests_dir = "./webhooks".to_owned();
        assert_eq!(
            config.validate().to_string(),
            "[kubeConfigFile: Invalid value: \"kubeconfig\": must be an absolute file path, \
             staticManifestsDir: Invalid value: \"./webhooks\": must be an absolute file path]",
        );
    }
}
