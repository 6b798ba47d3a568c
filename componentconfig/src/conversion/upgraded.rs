//! A document of an older version as one of the newest, with the places of the file that it was read from.

use serde_json::{Map, Value};

use crate::{
    Diagnostic, Document, GroupVersionKind, Policy, Registry, Report, Span,
    conversion::Target,
    field::{Element, Path},
    layers::value_at,
    tree::{Content, Entry, Node},
};

impl Registry {
    /// The document at the newest version of its kind: what it says and nothing else, every value with the place in the file
    /// that it came from. So a file of an older version can be read, layered and explained like any other. A document of the
    /// newest version stays as it is, as does one whose group is converted as a [set](super::SetConversion).
    ///
    /// ```
    /// # #[cfg(feature = "yaml")] {
    /// use componentconfig::{Config, Policy, Registry, Upgrade, kind, yaml};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Clone, Debug, Default, Deserialize, Serialize)]
    /// #[serde(default)]
    /// struct Old { port: Option<i32> }
    ///
    /// #[derive(Clone, Debug, Default, Deserialize, Serialize)]
    /// #[serde(rename_all = "camelCase", default)]
    /// struct New { bind_port: Option<i32>, name: String }
    ///
    /// kind!(Old: "agent.example.org", "v1alpha1", "AgentConfiguration");
    /// kind!(New: "agent.example.org", "v1", "AgentConfiguration");
    /// impl Config for Old {}
    /// impl Config for New {}
    /// impl Upgrade for Old {
    ///     type Newer = New;
    ///     fn up(self) -> New { New { bind_port: self.port, ..New::default() } }
    ///     fn down(newer: New) -> Self { Old { port: newer.bind_port } }
    /// }
    ///
    /// let registry = Registry::new().with_older::<Old>();
    /// let text = "apiVersion: agent.example.org/v1alpha1\nkind: AgentConfiguration\nport: 9000\n";
    /// let (document, _) = registry.upgraded(&yaml::parse("agent.yaml", text)?, Policy::Strict)?;
    /// assert_eq!(document.gvk().unwrap().version(), "v1");
    /// let path = "bindPort".parse().unwrap();
    /// assert_eq!(document.root().find(&path).unwrap().content(), &componentconfig::tree::Content::Number(9000.into()));
    /// assert_eq!(document.locate(&path).unwrap().line, 3);
    /// assert!(document.root().get("name").is_none());
    /// # }
    /// # Ok::<(), componentconfig::Report>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the document in its own version, other than its rules; it comes with the warnings.
    pub fn upgraded(
        &self,
        document: &Document,
        policy: Policy,
    ) -> Result<(Document, Vec<Diagnostic>), Report> {
        let known = document
            .gvk()
            .and_then(|kind| Some((kind, self.entries.get(kind)?)));
        let Some((kind, entry)) = known.filter(|(_, entry)| entry.up.is_some()) else {
            return Ok((document.clone(), Vec::new()));
        };
        let mut report = Report::from((entry.check)(self, document, policy, false));
        report.extend(crate::release::deprecation(document, kind));
        report.sort();
        let ((), warnings) = report.unless_errors(())?;

        let newest = |document: Value| self.walk_one(document, &Target::Newest);
        let said = document.to_value();
        let nothing = newest(head(kind))?;
        let converted = newest(said.clone())?;
        let sources: Result<Vec<Source>, Report> = leaves(document.root())
            .into_iter()
            .map(|(path, key, value)| {
                let without = newest(without(said.clone(), &path))?;
                Ok(Source {
                    key,
                    value,
                    without,
                })
            })
            .collect();
        let origins = Origins {
            document,
            sources: sources?,
        };
        let root = origins.node(&Path::root(), &converted, Some(&nothing));
        Ok((document.with_root(root), warnings))
    }
}

/// A document of a kind that says nothing.
fn head(kind: &GroupVersionKind) -> Value {
    let mut fields = Map::new();
    fields.insert("apiVersion".to_owned(), kind.api_version().into());
    fields.insert("kind".to_owned(), kind.kind().into());
    fields.into()
}

/// Every field that is no map, with the places of its key and its value.
fn leaves(root: &Node) -> Vec<(Path, Span, Span)> {
    fn walk(path: &Path, node: &Node, found: &mut Vec<(Path, Span, Span)>) {
        for entry in node.entries() {
            let path = path.child(entry.key.clone());
            match entry.value.content() {
                Content::Map(entries) if !entries.is_empty() => walk(&path, &entry.value, found),
                _ => found.push((path, entry.key_span, entry.value.span().unwrap_or_default())),
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::root(), root, &mut found);
    found.retain(|(path, ..)| !is_type(path));
    found
}

fn is_type(path: &Path) -> bool {
    matches!(path.elements(), [Element::Field(name)] if matches!(&**name, "apiVersion" | "kind"))
}

/// The document without one field.
fn without(mut document: Value, path: &Path) -> Value {
    if let Some((Element::Field(name), above)) = path.elements().split_last() {
        let map = above
            .iter()
            .try_fold(&mut document, |value, element| match element {
                Element::Field(name) | Element::Key(name) => value.get_mut(&**name),
                Element::Index(index) => value.get_mut(*index),
            });
        if let Some(Value::Object(fields)) = map {
            fields.remove(&**name);
        }
    }
    document
}

/// A field of the old document, and what becomes of that without it.
#[derive(Debug)]
struct Source {
    key: Span,
    value: Span,
    without: Value,
}

#[derive(Debug)]
struct Origins<'a> {
    document: &'a Document,
    sources: Vec<Source>,
}

impl Origins<'_> {
    /// The value as a node, without what `nothing` has too.
    fn node(&self, path: &Path, value: &Value, nothing: Option<&Value>) -> Node {
        let content = match value {
            Value::Object(fields) => {
                let field = |(name, field): (&String, &Value)| {
                    let path = path.child(name.clone());
                    let before = nothing.and_then(|nothing| nothing.get(name));
                    let said = is_type(&path) || before != Some(field);
                    said.then(|| Entry {
                        key: name.clone(),
                        key_span: self.places(&path, field).0,
                        value: self.node(&path, field, before),
                    })
                };
                Content::Map(fields.iter().filter_map(field).collect())
            }
            Value::Array(items) => {
                let item = |(index, item)| self.node(&path.index(index), item, None);
                Content::List(items.iter().enumerate().map(item).collect())
            }
            scalar => {
                return Node::new(
                    self.places(path, value).1,
                    Node::from(scalar).into_content(),
                );
            }
        };
        Node::new(self.places(path, value).1, content)
    }

    /// Where the key and the value come from: the field of the same name, if it says the same, or else the field without
    /// which this one would not be what it is.
    fn places(&self, path: &Path, value: &Value) -> (Span, Span) {
        let root = self.document.root();
        let same = root
            .find(path)
            .filter(|node| is_type(path) || node.to_value() == *value);
        if let Some(node) = same {
            let value = node.span().unwrap_or_default();
            return (root.locate(path).unwrap_or(value), value);
        }
        let source = self
            .sources
            .iter()
            .find(|source| value_at(&source.without, path) != Some(value));
        source.map_or_else(Default::default, |source| (source.key, source.value))
    }
}

#[cfg(all(test, feature = "yaml", feature = "kubelet"))]
mod tests {
    use super::*;
    use crate::{Class, kubelet::v1::CredentialProviderConfig, yaml};

    const OLD: &str = "\
apiVersion: kubelet.config.k8s.io/v1alpha1
kind: CredentialProviderConfig
providers:
- name: a
  matchImages: [x.example.org]
- name: b
  defaultCacheDuration: 1x
";

    #[test]
    fn places_are_those_of_the_old_file() {
        let registry = Registry::kubernetes();
        let text = OLD.replace("1x", "90s");
        let document = yaml::parse("f", &text).unwrap();
        let (upgraded, warnings) = registry.upgraded(&document, Policy::Strict).unwrap();
        assert!(warnings.is_empty());
        assert_eq!(upgraded.gvk().unwrap().version(), "v1");
        let line = |path: &str| upgraded.locate(&path.parse().unwrap()).unwrap().line;
        let places = [
            "apiVersion",
            "providers",
            "providers[0].matchImages[0]",
            "providers[1].name",
        ];
        assert_eq!(places.map(line), [1, 3, 5, 6]);
        let report = registry
            .load::<CredentialProviderConfig>(&upgraded, Policy::Strict)
            .unwrap_err();
        let lines: Vec<_> = report
            .diagnostics()
            .iter()
            .filter_map(|said| said.span)
            .collect();
        assert!(
            !lines.is_empty() && lines.iter().all(|span| span.line >= 3),
            "{report}"
        );
    }

    #[test]
    fn what_the_old_version_refuses_is_refused_there() {
        let document = yaml::parse("f", &format!("{OLD}unheard: 1\n")).unwrap();
        let refused = Registry::kubernetes().upgraded(&document, Policy::Strict);
        let report = refused.unwrap_err();
        assert!(
            report.has(Class::Strict) && report.has(Class::Decode),
            "{report}"
        );
        assert!(report.to_string().contains("f:7:"), "{report}");
    }
}
