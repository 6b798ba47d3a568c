//! Subresources: what stands behind a second slash.

use std::sync::Arc;

use apply_semantics::op::{Effect, Reason, Refusal};
use serde_json::{Value, json};

use super::{
    Answered, Core, decode, fields::Writer, method_not_allowed, unknown_resource, write::Write,
};
use crate::{
    answer::Answer,
    call::{Call, DeleteSettings, Method, WriteSettings},
    convert, kinds, meta,
    registry::Resource,
    rules,
};

impl Core {
    pub(super) fn call_subresource(
        &mut self,
        call: &Call,
        resource: &Arc<Resource>,
        name: &str,
    ) -> Answered {
        let Some(subresource) = resource.subresource(name) else {
            return Err(unknown_resource());
        };
        if !subresource.verbs.iter().any(|verb| verb == call.verb()) {
            return Err(method_not_allowed());
        }
        match (name, call.method) {
            ("scale", _) => self.scale(call, resource),
            ("token", Method::Post) if resource.is_builtin("", "serviceaccounts") => {
                self.request_token(call, resource)
            }
            ("binding", Method::Post) => self.bind(call, resource),
            ("eviction", Method::Post) => self.evict(call, resource),
            ("finalize", Method::Put) => self.finalize(call, resource),
            ("status" | "approval" | "ephemeralcontainers" | "resize", Method::Get) => {
                self.get(call, resource)
            }
            ("status" | "approval" | "ephemeralcontainers" | "resize", Method::Put) => {
                self.replace(call, resource, name)
            }
            ("status" | "approval" | "ephemeralcontainers" | "resize", Method::Patch) => {
                self.patch_through(call, resource, name)
            }
            _ => Err(Refusal::new(
                Reason::MethodNotAllowed,
                format!(
                    "this server has no subresource {name:?} of {}: nothing runs behind it",
                    resource.plural
                ),
            )),
        }
    }

    /// Puts a Pod on a node.
    fn bind(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let binding = Self::decode_other(call, "v1", "Binding")?;
        let live = self.live(call, resource)?;
        let mut pod = Value::clone(&live);
        let bound = kinds::bind(&mut pod, &binding, &self.now().to_string());
        bound.map_err(|why| {
            Refusal::stale(&resource.reference().all().named(meta::name(&live)), why)
        })?;
        if !settings.dry_run {
            let place = Self::place(call, resource);
            let stored = self.store.put(&place, pod);
            self.after_write(&place, Some(&stored.value()))?;
        }
        Ok(created())
    }

    /// Deletes a Pod, if no disruption budget forbids it.
    fn evict(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let eviction = Self::decode_other(call, "policy/v1", "Eviction")?;
        let live = self.live(call, resource)?;
        self.check_budgets(&live)?;
        let options = eviction.get("deleteOptions").unwrap_or(&Value::Null);
        let mut options = DeleteSettings::of(call, options)?;
        options.dry_run |= settings.dry_run;
        let place = Self::place(call, resource);
        self.delete_object(&place, &live, resource, &options)?;
        Ok(created())
    }

    /// A disruption budget that allows no disruption refuses.
    fn check_budgets(&self, pod: &Value) -> Result<(), Refusal> {
        let phase = pod.pointer("/status/phase").and_then(Value::as_str);
        if matches!(phase, Some("Succeeded" | "Failed" | "Pending")) || meta::is_terminating(pod) {
            return Ok(());
        }
        let prefix = format!("{}/", meta::namespace(pod).unwrap_or_default());
        let budgets = self.store.range("policy/poddisruptionbudgets", &prefix, "");
        for (_, budget) in budgets {
            let budget = budget.value();
            let selector = budget.pointer("/spec/selector").unwrap_or(&Value::Null);
            let allowed = budget
                .pointer("/status/disruptionsAllowed")
                .and_then(Value::as_i64);
            if rules::selects(selector, pod) && allowed.unwrap_or_default() <= 0 {
                let message = "Cannot evict pod as it would violate the pod's disruption budget.";
                return Err(Refusal::new(Reason::TooManyRequests, message).retry_after(10));
            }
        }
        Ok(())
    }

    /// Replaces the finalizers of a namespace.
    fn finalize(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let mut object = self.decode(call, resource, settings.validation)?;
        decode::check_name(&object, call)?;
        rules::complete(resource, &mut object)?;
        let live = self.live(call, resource)?;
        let writer = Writer {
            manager: &settings.manager,
            subresource: "finalize",
            force: false,
        };
        let object = self.own_updated(Some(Value::clone(&live)), object, writer, resource)?;
        let write = Write::new(resource, &settings).through("finalize");
        self.store_changed(&live, object, &write)
    }

    /// The object of a call in the version of its resource.
    pub(super) fn live_in_version(
        &self,
        call: &Call,
        resource: &Resource,
    ) -> Result<Arc<Value>, Refusal> {
        let live = self.live(call, resource)?;
        Ok(convert::shared(&live, resource))
    }
}

fn created() -> Answer {
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Answer::other(201, status, Effect::Created)
}
