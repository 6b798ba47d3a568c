//! Templates whose type is known.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{core::v1beta2::ContractVersionedObjectReference, meta::ObjectMeta};

/// What a provider's machines are to be: the type by which a class of machines is typed.
pub trait InfrastructureSpec: Serialize + DeserializeOwned {
    /// Group and version of the kind.
    const API_VERSION: &'static str;
    /// The kind of the machines, such as `DemoMachine`; that of their templates ends with `Template`.
    const KIND: &'static str;
}

/// A named class of machines: a template of the infrastructure provider. It is never changed; another one takes its place.
///
/// ```
/// use machine_api::{meta::ObjectMeta, seed::{InfrastructureSpec, Template}};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Demo { size: u32 }
///
/// impl InfrastructureSpec for Demo {
///     const API_VERSION: &'static str = "infrastructure.example.com/v1";
///     const KIND: &'static str = "DemoMachine";
/// }
///
/// let small = Template::new(ObjectMeta::named("default", "small"), Demo { size: 1 });
/// assert_eq!(small.to_object()["kind"], "DemoMachineTemplate");
/// assert_eq!(small.reference().api_group, "infrastructure.example.com");
/// let read: Template<Demo> = Template::from_object(&small.to_object())?;
/// assert_eq!(read.spec().size, 1);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<T> {
    metadata: ObjectMeta,
    spec: T,
}

impl<T: InfrastructureSpec> Template<T> {
    /// A template of that name.
    pub const fn new(metadata: ObjectMeta, spec: T) -> Self {
        Self { metadata, spec }
    }

    /// Reads a template.
    ///
    /// # Errors
    /// It is of another kind, or its spec is not of the type.
    pub fn from_object(object: &Value) -> Result<Self, String> {
        for (field, wanted) in [
            ("apiVersion", T::API_VERSION.to_owned()),
            ("kind", format!("{}Template", T::KIND)),
        ] {
            let found = object.get(field).and_then(Value::as_str);
            if found != Some(wanted.as_str()) {
                let found = found.unwrap_or_default();
                return Err(format!("{field} is {found:?}, expected {wanted:?}"));
            }
        }
        let part = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_default();
        let read = |error: serde_json::Error| error.to_string();
        Ok(Self {
            metadata: serde_json::from_value(part("/metadata")).map_err(read)?,
            spec: serde_json::from_value(part("/spec/template/spec")).map_err(read)?,
        })
    }

    /// Its name, labels and the like.
    pub const fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    /// What its machines are to be.
    pub const fn spec(&self) -> &T {
        &self.spec
    }

    /// The template as an object of its kind.
    pub fn to_object(&self) -> Value {
        json!({
            "apiVersion": T::API_VERSION,
            "kind": format!("{}Template", T::KIND),
            "metadata": self.metadata,
            "spec": {"template": {"spec": self.spec}},
        })
    }

    /// How MachineSets and MachineDeployments refer to it.
    pub fn reference(&self) -> ContractVersionedObjectReference {
        let (group, _) = T::API_VERSION.split_once('/').unwrap_or_default();
        ContractVersionedObjectReference {
            kind: format!("{}Template", T::KIND),
            name: self.metadata.name.clone(),
            api_group: group.to_owned(),
        }
    }
}
