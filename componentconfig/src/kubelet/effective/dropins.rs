//! Drop-in files: RFC 7386 merge patches, applied before anything is typed.

use serde_json::Value;

use super::fold;
use crate::{
    Class, Diagnostic, Document, Strictness, decode::decode,
    kubelet::v1beta1::KubeletConfiguration, layers::merge_patch,
};

#[cfg(feature = "yaml")]
pub(super) fn read<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Document>, crate::Report> {
    let mut files: Vec<_> = files
        .into_iter()
        .filter(|(path, _)| path.strip_suffix(".conf").is_some())
        .collect();
    // Folders are walked one by one, so `a/x` comes before `a-b/x`.
    files.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
    let mut report = crate::Report::new();
    let mut documents = Vec::with_capacity(files.len());
    for (path, text) in files {
        match crate::yaml::parse(path, text) {
            Ok(document) => {
                report.extend(wrong(&document));
                documents.push(document);
            }
            Err(errors) => report.extend(errors),
        }
    }
    report
        .unless_errors(documents)
        .map(|(documents, _)| documents)
}

/// Why a file is no drop-in.
#[cfg(feature = "yaml")]
fn wrong(document: &Document) -> Vec<Diagnostic> {
    use crate::{Kind, tree::Content};

    if matches!(document.root().content(), Content::Null) {
        let message = "kubelet config file was empty";
        return vec![Diagnostic::error(Class::Decode, message).source(document.source())];
    }
    let twice = document.duplicates().iter().map(|duplicate| {
        let error = Diagnostic::error(Class::Strict, duplicate.message());
        duplicate.place(error).source(document.source())
    });
    let kind = match document.type_meta() {
        Ok(gvk) if gvk == KubeletConfiguration::GVK => Vec::new(),
        Ok(_) => vec![Diagnostic {
            class: Class::Decode,
            ..document.unknown_api()
        }],
        Err(report) => report.into_diagnostics(),
    };
    kind.into_iter().chain(twice).collect()
}

/// A warning for each field of a drop-in that nobody knows.
pub(super) fn unknown_fields(document: &Document) -> Vec<Diagnostic> {
    let decoded = decode::<KubeletConfiguration>(document, Strictness::Tolerate);
    let unknown = decoded
        .diagnostics
        .into_iter()
        .filter(|d| d.class == Class::StrictTolerated);
    unknown.collect()
}

/// The value with all drop-ins merged into it, and the names of its fields in the spelling of the type.
pub(super) fn merge(base: Value, dropins: &[Document]) -> Value {
    let mut merged = base;
    for dropin in dropins {
        merge_patch(&mut merged, dropin.to_value());
    }
    fold::names(&mut merged);
    merged
}
