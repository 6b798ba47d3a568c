//! Defaults as data, and as accessors.
//!
//! As data: [`Registry::defaults`] is a document in which nothing was set, [`Registry::default_values`] a table from every field
//! that has a default to that default, for each release of Kubernetes that [`release`](crate::release) follows.
//!
//! As accessors: [`Config::effective`](crate::Config::effective) gives what any field of a configuration holds, whether set or
//! not, without a change to the configuration; [`defaults!`](crate::defaults!) makes a method for each field. The types of the
//! kubelet, kube-proxy and kubeadm v1beta4 have such methods.

mod shape;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    GroupVersionKind, Registry,
    field::{Element, Path},
    release::{Release, field_since},
    scalar::Duration,
};

use shape::Step;
pub(crate) use shape::{Place, places};

/// A field that may be unset, for a default of type `V`: `None`, or for a plain field its zero value, as upstream has it.
pub trait Unset<'a, V> {
    /// What it holds, if it is set.
    fn held(&'a self) -> Option<V>;

    /// Sets it, if it is unset.
    fn fill(&mut self, default: V);
}

impl<T: Copy> Unset<'_, T> for Option<T> {
    fn held(&self) -> Option<T> {
        *self
    }

    fn fill(&mut self, default: T) {
        self.get_or_insert(default);
    }
}

impl<'a> Unset<'a, &'a str> for Option<String> {
    fn held(&'a self) -> Option<&'a str> {
        self.as_deref()
    }

    fn fill(&mut self, default: &'a str) {
        self.get_or_insert_with(|| default.to_owned());
    }
}

impl<'a> Unset<'a, &'a str> for String {
    fn held(&'a self) -> Option<&'a str> {
        Some(self.as_str()).filter(|text| !text.is_empty())
    }

    fn fill(&mut self, default: &'a str) {
        if self.is_empty() {
            default.clone_into(self);
        }
    }
}

macro_rules! zero_is_unset {
    ($($number:ty),+) => {$(
        impl Unset<'_, $number> for $number {
            #[allow(clippy::float_cmp, reason = "what nobody set is exactly zero")]
            fn held(&self) -> Option<$number> {
                Some(*self).filter(|value| *value != <$number>::default())
            }

            fn fill(&mut self, default: $number) {
                *self = self.held().unwrap_or(default);
            }
        }
    )+};
}

zero_is_unset!(i32, i64, u32, u64, f32, f64, Duration);

/// Defaults as a table: for each field an accessor of its name that gives what it holds or else the default, and a method that
/// fills in all that are unset.
///
/// A field is an `Option` (unset: `None`) or plain (unset: zero or empty); see [`Unset`](crate::defaults::Unset).
///
/// ```
/// use componentconfig::scalar::Duration;
///
/// #[derive(Default)]
/// struct AgentConfiguration {
///     bind_port: Option<i32>,
///     interval: Duration,
///     zone: String,
/// }
///
/// componentconfig::defaults! {
///     AgentConfiguration: fill_defaults {
///         bind_port: i32 = 8080,
///         interval: Duration = Duration::from_secs(30),
///         zone: &str = "a",
///     }
/// }
///
/// let mut config = AgentConfiguration { bind_port: Some(0), ..AgentConfiguration::default() };
/// assert_eq!((config.bind_port(), config.interval(), config.zone()), (0, Duration::from_secs(30), "a"));
/// assert_eq!(config.zone, "");
/// config.fill_defaults();
/// assert_eq!(config.zone, "a");
/// ```
#[macro_export]
macro_rules! defaults {
    ($kind:ty: $fill:ident { $($field:ident: $type:ty = $default:expr),+ $(,)? }) => {
        impl $kind {
            $(
                #[doc = concat!("What `", stringify!($field), "` holds; unset, `", stringify!($default), "`.")]
                #[must_use]
                pub fn $field(&self) -> $type {
                    $crate::defaults::Unset::<$type>::held(&self.$field).unwrap_or($default)
                }
            )+

            fn $fill(&mut self) {
                $($crate::defaults::Unset::<$type>::fill(&mut self.$field, $default);)+
            }
        }
    };
}

/// A field that has a default.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FieldDefault {
    /// The field; `[*]` stands for every item of a list and every value of a map.
    pub path: Path,
    /// Its default. A list is one value.
    pub value: Value,
}

impl Registry {
    /// Every field of a kind that has a default in a release, in the order of their paths: those of the document, and those of
    /// what may be in it, such as the items of a list. `None` if the kind is not known, or is not served in that release.
    ///
    /// A default that depends on other fields is the one it has where those are unset; a field that comes into being with an
    /// optional part of the document is there as it is where that part is empty.
    ///
    /// ```
    /// # #[cfg(feature = "kubeadm")] {
    /// use componentconfig::{Kind, Registry, kubeadm::v1beta4::InitConfiguration, release::Release};
    ///
    /// let defaults = Registry::kubernetes().default_values(&InitConfiguration::GVK, Release::CURRENT).unwrap();
    /// let of = |path: &str| defaults.iter().find(|field| field.path.to_string() == path).map(|field| &field.value);
    /// assert_eq!(of("localAPIEndpoint.bindPort").unwrap(), 6443);
    /// assert_eq!(of("bootstrapTokens[*].ttl").unwrap(), "24h0m0s");
    /// assert_eq!(of("nodeRegistration.name"), None);
    /// # }
    /// ```
    pub fn default_values(
        &self,
        kind: &GroupVersionKind,
        release: Release,
    ) -> Option<Vec<FieldDefault>> {
        let entry = self.entries.get(kind)?;
        let mut found = Vec::new();
        let mut note = |path: Path, value: &Value| {
            let known = |field: &FieldDefault| field.path == path;
            if !found.iter().any(known) {
                found.push(FieldDefault {
                    path,
                    value: value.clone(),
                });
            }
        };
        let written = (entry.print)(&document(kind, &[])).ok()?;
        let complete = self.defaults_in(kind, release)?;
        differences(&Path::root(), &complete, Some(&written), &mut note);
        for place in (entry.places)() {
            let opened = document(kind, &place);
            let (Ok(written), Ok(complete)) = ((entry.print)(&opened), (entry.complete)(&opened))
            else {
                continue;
            };
            if let Some(complete) = at(&complete, &place) {
                let path = place.iter().map(Step::element).collect();
                differences(&path, complete, at(&written, &place), &mut note);
            }
        }
        found.retain(|field| match field.path.elements().first() {
            Some(Element::Field(name)) => {
                field_since(kind, name).is_none_or(|since| since <= release)
            }
            _ => true,
        });
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Some(found)
    }
}

/// A document of the kind that holds nothing but an empty map at `place`.
fn document(kind: &GroupVersionKind, place: &[Step]) -> Value {
    let empty = Value::Object(Map::new());
    let mut content = place.iter().rev().fold(empty, |content, step| match step {
        Step::Field(name) => Map::from_iter([((*name).to_owned(), content)]).into(),
        Step::Entry => Map::from_iter([("*".to_owned(), content)]).into(),
        Step::Item => vec![content].into(),
    });
    if let Value::Object(fields) = &mut content {
        fields.insert("apiVersion".to_owned(), kind.api_version().into());
        fields.insert("kind".to_owned(), kind.kind().into());
    }
    content
}

fn at<'a>(value: &'a Value, place: &[Step]) -> Option<&'a Value> {
    place.iter().try_fold(value, |value, step| match step {
        Step::Field(name) => value.get(name),
        Step::Entry => value.get("*"),
        Step::Item => value.get(0),
    })
}

/// Notes what is in `complete` and not, or not the same, in `written`.
fn differences(
    path: &Path,
    complete: &Value,
    written: Option<&Value>,
    note: &mut impl FnMut(Path, &Value),
) {
    if written == Some(complete) || complete.is_null() {
        return;
    }
    match complete {
        Value::Object(fields) => {
            for (name, field) in fields {
                let written = written.and_then(|written| written.get(name));
                differences(&path.child(name.clone()), field, written, note);
            }
        }
        _ => note(path.clone(), complete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_by_leaves() {
        let (complete, written) = (
            serde_json::json!({"a": {"b": 1, "c": "0s"}, "d": [1], "e": null, "f": {"g": true}}),
            serde_json::json!({"a": {"b": 0, "c": "0s"}, "d": []}),
        );
        let mut found = Vec::new();
        differences(
            &Path::root(),
            &complete,
            Some(&written),
            &mut |path, value| {
                found.push(format!("{path}={value}"));
            },
        );
        assert_eq!(found, ["a.b=1", "d=[1]", "f.g=true"]);
    }
}
