//! Any two JSON values as object and patch: nothing may panic, and what was made must apply.

#![no_main]

use apply_semantics::{
    patch::{
        Outcome, Patch, PatchType, merge,
        strategic::{self, OnConflict, Schema},
    },
    types::builtin,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<Value>();
    let (Some(Ok(object)), Some(Ok(patch))) = (values.next(), values.next()) else { return };
    let current = values.next().and_then(Result::ok).unwrap_or_default();
    let pod = builtin().kind("v1", "Pod");
    for kind in [PatchType::Strategic, PatchType::Merge, PatchType::Json] {
        let _ = Patch::new(kind, patch.clone()).apply(object.clone(), pod);
    }
    for schema in [Schema::from(pod), Schema::Untyped] {
        let _ = strategic::create_two_way(&object, &patch, schema, &[]);
        let _ = strategic::create_three_way(&object, &patch, &current, schema, OnConflict::Refuse, &[]);
        let _ = strategic::first_conflict(&object, &patch, schema);
    }
    if object.is_object()
        && let Ok(Outcome::Patch(made)) = merge::create_three_way(&current, &patch, &object, &[])
    {
        merge::apply(object, made).expect("a made patch applies");
    }
});
