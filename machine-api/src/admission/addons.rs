//! ClusterResourceSet and ClusterResourceSetBinding.

use componentconfig::field::Errors;

use super::{
    Admit, Refusal, Request, Warnings,
    check::{self, path},
    verdict,
};
use crate::addons::v1beta2::{
    ClusterResourceSet, ClusterResourceSetBinding, ClusterResourceSetStrategy,
};

impl ClusterResourceSet {
    fn validate(&self, old: Option<&Self>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let at = path(&["spec", "clusterSelector"]);
        let selector = check::selector(&self.spec.cluster_selector, &at, &mut errors);
        let shown = check::shown(&self.spec.cluster_selector);
        if selector.is_some_and(|selector| selector.is_empty()) {
            errors.invalid(&at, shown.clone(), "selector must not be empty");
        }
        if let Some(old) = old {
            if !old.spec.strategy.is_unset() && old.spec.strategy != self.spec.strategy {
                let strategy = self.spec.strategy.as_str();
                errors.invalid(&path(&["spec", "strategy"]), strategy, "field is immutable");
            }
            if old.spec.cluster_selector != self.spec.cluster_selector {
                errors.invalid(&at, shown, "field is immutable");
            }
        }
        verdict(self, errors)
    }
}

impl Admit for ClusterResourceSet {
    fn set_defaults(&mut self, _: Option<&Self>, _: &Request<'_>) -> Result<(), Refusal> {
        if self.spec.strategy.is_unset() {
            self.spec.strategy = ClusterResourceSetStrategy::ApplyOnce;
        }
        Ok(())
    }

    fn validate_create(&self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(None)
    }

    fn validate_update(&self, old: &Self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        self.validate(Some(old))
    }
}

impl Admit for ClusterResourceSetBinding {
    fn validate_create(&self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        Ok(Warnings::new())
    }

    fn validate_update(&self, old: &Self, _: &Request<'_>) -> Result<Warnings, Refusal> {
        let mut errors = Errors::default();
        let (new, old) = (&self.spec.cluster_name, &old.spec.cluster_name);
        if !old.is_empty() && old != new {
            errors.invalid(
                &path(&["spec", "clusterName"]),
                new.as_str(),
                "field is immutable",
            );
        }
        verdict(self, errors)
    }
}
