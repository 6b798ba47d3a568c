//! Create.

use std::sync::Arc;

use super::{Answered, Core, decode, fields::Writer, write::Write};
use crate::{
    call::{Call, WriteSettings},
    registry::Resource,
    rules,
};

impl Core {
    pub(super) fn create(&mut self, call: &Call, resource: &Arc<Resource>) -> Answered {
        let settings = WriteSettings::of(call, false)?;
        let mut object = self.decode(call, resource, settings.validation)?;
        decode::place_in_namespace(&mut object, call, resource)?;
        rules::complete(resource, &mut object)?;
        let writer = Writer {
            manager: &settings.manager,
            subresource: "",
            force: false,
        };
        let object = self.own_updated(None, object, writer, resource)?;
        let sent = || decode::read_again(call, resource);
        let write = Write::new(resource, &settings).of(&sent);
        self.store_new(object, &write)
    }
}
