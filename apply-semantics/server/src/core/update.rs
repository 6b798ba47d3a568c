//! Replace.

use std::sync::Arc;

use apply_semantics::op::Refusal;
use serde_json::Value;

use super::{Answered, Core, decode, fields::Writer, not_found, write::Write};
use crate::{
    call::{Call, WriteSettings},
    convert, meta,
    registry::Resource,
    rules,
};

impl Core {
    pub(super) fn update(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        self.replace(call, resource, "")
    }

    /// Replaces an object, or the part of it that a subresource is.
    pub(super) fn replace(
        &mut self,
        call: &Call,
        resource: &Arc<Resource>,
        subresource: &str,
    ) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let mut object = self.decode(call, resource, settings.validation)?;
        decode::place_in_namespace(&mut object, call, resource)?;
        decode::check_name(&object, call)?;
        rules::complete(resource, &mut object)?;
        let writer = Writer {
            manager: &settings.manager,
            subresource,
            force: false,
        };
        let sent = || decode::read_again(call, resource);
        let write = Write::new(resource, &settings)
            .through(subresource)
            .of(&sent);
        let place = Self::place(call, resource);
        let live = self.store.value(&place);
        let Some(live) = live else {
            if !resource.put_creates || !subresource.is_empty() {
                return Err(not_found(call, resource));
            }
            meta::remove(&mut object, "resourceVersion");
            let object = self.own_updated(None, object, writer, resource)?;
            return self.store_new(object, &write);
        };
        check_uid(&object, &live, call, resource)?;
        let live = {
            let stored = live;
            convert::shared(&stored, resource)
        };
        let copy = self.store.copy(&place, &live);
        let object = self.own_updated(Some(copy), object, writer, resource)?;
        let answered = self.store_changed(&live, object, &write);
        self.store.let_go(&place, live);
        answered
    }
}

/// A uid in the object is a precondition.
fn check_uid(
    object: &Value,
    live: &Value,
    call: &Call,
    resource: &Resource,
) -> Result<(), Refusal> {
    let (wanted, found) = (meta::uid(object), meta::uid(live));
    if wanted.is_empty() || wanted == found {
        return Ok(());
    }
    let name = meta::name(live);
    let namespace = call
        .namespace
        .as_ref()
        .map(|namespace| format!("{namespace}/"))
        .unwrap_or_default();
    let group = if resource.custom.is_some() {
        format!("{}/", resource.group)
    } else {
        String::new()
    };
    let key = format!("/registry/{group}{}/{namespace}{name}", resource.plural);
    Err(Refusal::stale(
        &resource.reference().all().named(name),
        format!(
            "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
        ),
    ))
}
