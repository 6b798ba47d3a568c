//! The documents of a file.

use super::{Document, split::split};
use crate::{Class, Diagnostic, GroupVersionKind, Report};

/// The documents of a file, each of another kind, in the order of the file.
///
/// ```
/// use componentconfig::DocumentSet;
///
/// # #[cfg(feature = "yaml")] {
/// let text = "\
/// apiVersion: kubeadm.k8s.io/v1beta4
/// kind: ResetConfiguration
/// force: yes
/// ---
/// {\"apiVersion\": \"kubelet.config.k8s.io/v1beta1\", \"kind\": \"KubeletConfiguration\"}
/// ";
/// let set = DocumentSet::read("kubeadm.yaml", text)?;
/// assert_eq!(set.len(), 2);
/// let kubelet = set.by_kind("KubeletConfiguration").unwrap();
/// assert_eq!(kubelet.gvk().unwrap().group(), "kubelet.config.k8s.io");
/// assert_eq!(kubelet.first_line(), 5);
/// # }
/// # Ok::<(), componentconfig::Report>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentSet {
    documents: Vec<Document>,
}

impl DocumentSet {
    /// Reads a file as `kubeadm` does: cuts it into documents, reads each, finds out of which kind it is, and refuses
    /// a kind that comes twice, whatever its versions. `source` is the name that diagnostics carry.
    ///
    /// The cut is by lines that begin with `---`, before anything is read as YAML. A document without content is
    /// refused like any other without a kind; only a file of no bytes at all has no documents. A document that begins
    /// with `{` has to be JSON.
    ///
    /// # Errors
    /// Everything found in any of the documents, in the order of the file: classes [`Class::Decode`],
    /// [`Class::MissingKind`], [`Class::MissingVersion`], [`Class::MissingTypeMeta`] and [`Class::DuplicateKind`].
    pub fn read(source: &str, text: &str) -> Result<Self, Report> {
        let (parts, separators) = split(text);
        let mut report = Report::new();
        report.extend(separators.into_iter().map(|error| error.source(source)));
        let mut documents: Vec<Document> = Vec::with_capacity(parts.len());
        for part in parts {
            let document = match Document::load(source, &part.text, part.first_line) {
                Ok(document) => document,
                Err(errors) => {
                    report.extend(errors);
                    continue;
                }
            };
            match document.type_meta() {
                Ok(gvk) => report.extend(second(&documents, &document, &gvk)),
                Err(errors) => report.extend(errors),
            }
            documents.push(document);
        }
        report.sort();
        report.unless_errors(Self { documents }).map(|(set, _)| set)
    }

    /// One document.
    pub(crate) fn of(document: Document) -> Self {
        Self {
            documents: vec![document],
        }
    }

    /// The documents of some kinds.
    pub(crate) fn only(&self, wanted: impl Fn(&GroupVersionKind) -> bool) -> Self {
        let documents = self.documents.iter();
        let wanted = documents.filter(|document| document.gvk().is_some_and(&wanted));
        Self {
            documents: wanted.cloned().collect(),
        }
    }

    /// The documents, in the order of the file.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The documents, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Document> {
        self.documents.iter()
    }

    /// How many documents the file has.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The document of a kind, whatever its group and version.
    pub fn by_kind(&self, kind: &str) -> Option<&Document> {
        let of = |document: &&Document| document.gvk().is_some_and(|gvk| gvk.kind() == kind);
        self.documents.iter().find(of)
    }

    /// The document of a group, version and kind.
    pub fn by_gvk(&self, gvk: &GroupVersionKind) -> Option<&Document> {
        self.documents
            .iter()
            .find(|document| document.gvk() == Some(gvk))
    }

    /// An error of class [`Class::UnknownApi`] for each document whose kind `known` denies. Upstream reports these
    /// before it decodes any document.
    pub fn unknown(&self, known: impl Fn(&GroupVersionKind) -> bool) -> Vec<Diagnostic> {
        let unknown = |document: &&Document| document.gvk().is_some_and(|gvk| !known(gvk));
        self.documents
            .iter()
            .filter(unknown)
            .map(Document::unknown_api)
            .collect()
    }
}

impl<'a> IntoIterator for &'a DocumentSet {
    type Item = &'a Document;
    type IntoIter = std::slice::Iter<'a, Document>;

    fn into_iter(self) -> Self::IntoIter {
        self.documents.iter()
    }
}

impl IntoIterator for DocumentSet {
    type Item = Document;
    type IntoIter = std::vec::IntoIter<Document>;

    fn into_iter(self) -> Self::IntoIter {
        self.documents.into_iter()
    }
}

/// The error for a document of a kind that was there before.
fn second(before: &[Document], document: &Document, gvk: &GroupVersionKind) -> Option<Diagnostic> {
    let kind = gvk.kind();
    let first = before
        .iter()
        .find(|other| other.gvk().is_some_and(|gvk| gvk.kind() == kind))?;
    let message = format!("kind \"{kind}\" is specified twice in YAML file");
    let error = document.about_type(Class::DuplicateKind, message, "kind");
    Some(match first.type_span("kind") {
        Some(span) => error.related(span, "first here"),
        None => error,
    })
}

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        DocumentSet::read("f", text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_no_bytes_is_no_error_but_one_of_comments_is() {
        assert!(DocumentSet::read("f", "").unwrap().is_empty());
        let missing = "kind and apiVersion must be specified";
        for text in ["# c\n", "{}", "null\n", "{\"a\": 1}"] {
            assert_eq!(refused(text), format!("f:1:1: {missing}"), "{text}");
        }
        assert_eq!(
            refused("apiVersion: a/v1\nkind: K\n---\n# c\n"),
            format!("f:4:1: {missing}")
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            refused("apiVersion: a/v1\nb: 1\n"),
            "f:1:1: kind: kind must be specified"
        );
        assert_eq!(
            refused("b: 1\nkind: K\n"),
            "f:1:1: apiVersion: apiVersion must be specified"
        );
        assert_eq!(
            refused("apiVersion: ''\nkind: K\n"),
            "f:1:13: apiVersion: apiVersion must be specified"
        );
        assert_eq!(
            refused("just text\n"),
            "f:1:1: expected a map, found a string"
        );
        assert_eq!(refused("- a\n"), "f:1:1: expected a map, found a list");
        assert_eq!(
            refused("apiVersion: 1\nkind: yes\n"),
            "f:1:13: apiVersion: expected a string, found a number\nf:2:7: kind: expected a string, found a boolean"
        );
        assert_eq!(
            refused("apiVersion: a/b/c\nkind: K\n"),
            "f:1:13: apiVersion: unexpected GroupVersion string: a/b/c"
        );
    }

    #[test]
    fn kinds_are_found_without_regard_to_case() {
        let set = DocumentSet::read("f", "APIVERSION: a/v1\nKind: K\n").unwrap();
        assert_eq!(
            set.documents()[0].gvk(),
            Some(&GroupVersionKind::new("a", "v1", "K"))
        );
        let set = DocumentSet::read("f", "KIND: A\nkind: B\nKind: C\napiVersion: a/v1\n").unwrap();
        assert_eq!(set.documents()[0].gvk().unwrap().kind(), "B");
    }

    #[test]
    fn a_kind_comes_once_whatever_its_version() {
        let report = DocumentSet::read(
            "f",
            "apiVersion: a/v1\nkind: K\n---\napiVersion: a/v2\nkind: K\n",
        )
        .unwrap_err();
        assert_eq!(
            report.to_string(),
            "f:5:7: kind: kind \"K\" is specified twice in YAML file"
        );
        assert_eq!(report.diagnostics()[0].class, Class::DuplicateKind);
        assert_eq!(report.diagnostics()[0].related[0].span.line, 2);
    }

    #[test]
    fn everything_wrong_in_the_file_is_said() {
        let text = "apiVersion: a/v1\nkind: K\n---x\n{a: 1}\n---\nkind: L\n";
        let report = DocumentSet::read("f", text).unwrap_err();
        let lines: Vec<_> = report
            .diagnostics()
            .iter()
            .map(|d| d.span.unwrap().line)
            .collect();
        assert_eq!(lines, [3, 4, 6], "{report}");
    }

    #[test]
    fn unknown_kinds() {
        let text = "apiVersion: a/v1\nkind: K\n---\napiVersion: b/v1\nkind: L\n";
        let set = DocumentSet::read("f", text).unwrap();
        let unknown = set.unknown(|gvk| gvk.group() == "a");
        assert_eq!(unknown.len(), 1);
        assert_eq!(
            unknown[0].to_string(),
            "f:4:13: apiVersion: no kind \"L\" is known for version \"b/v1\""
        );
        assert_eq!(unknown[0].class, Class::UnknownApi);
    }
}
