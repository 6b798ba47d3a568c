use apply_semantics::op::{Reason, Refusal};

/// The form that a client wants an answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    /// The object as it is.
    Plain,
    /// A table for people.
    Table,
    /// The metadata only.
    Metadata,
}

/// The language that an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Json,
    /// Only with feature `yaml`.
    Yaml,
}

impl Accept {
    /// Reads an `Accept` header: the first form and language that can be had.
    ///
    /// # Errors
    /// None can.
    pub(crate) fn parse(header: &str) -> Result<(Self, Language), Refusal> {
        if header.trim().is_empty() {
            return Ok((Self::Plain, Language::Json));
        }
        let mut forms = header.split(',').filter_map(form);
        forms
            .next()
            .ok_or_else(|| not_acceptable(if cfg!(feature = "yaml") { BOTH } else { JSON }))
    }
}

const JSON: &str = "application/json";
const BOTH: &str = "application/json, application/yaml";

/// Nothing that a client accepts can be had.
pub(super) fn not_acceptable(accepted: &str) -> Refusal {
    let message = format!("only the following media types are accepted: {accepted}");
    Refusal::new(Reason::NotAcceptable, message)
}

fn form(media: &str) -> Option<(Accept, Language)> {
    let mut parts = media.split(';').map(str::trim);
    let language = match parts.next()? {
        JSON | "application/*" | "*/*" => Language::Json,
        "application/yaml" if cfg!(feature = "yaml") => Language::Yaml,
        _ => return None,
    };
    let (mut kind, mut group) = ("", "");
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name {
            "as" => kind = value,
            "g" => group = value,
            _ => {}
        }
    }
    let form = match (kind, group) {
        ("Table", "meta.k8s.io") => Accept::Table,
        ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io") => Accept::Metadata,
        ("", _) => Accept::Plain,
        _ => return None,
    };
    Some((form, language))
}

/// The version of the aggregated discovery that a client wants, if it wants one.
pub(crate) fn aggregated(header: &str) -> Option<&'static str> {
    header.split(',').find_map(|media| {
        let has = |wanted: &str| media.split(';').any(|part| part.trim() == wanted);
        if !has("application/json")
            || !has("as=APIGroupDiscoveryList")
            || !has("g=apidiscovery.k8s.io")
        {
            return None;
        }
        ["v2", "v2beta1"]
            .into_iter()
            .find(|version| has(&format!("v={version}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_can_be_had() {
        let parse = |text| Accept::parse(text).ok().map(|(form, _)| form);
        assert_eq!(parse(""), Some(Accept::Plain));
        assert_eq!(
            parse("application/vnd.kubernetes.protobuf,application/json"),
            Some(Accept::Plain)
        );
        assert_eq!(
            parse("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
            Some(Accept::Table)
        );
        assert_eq!(parse("application/vnd.kubernetes.protobuf"), None);
        assert_eq!(parse("text/html, */*"), Some(Accept::Plain));
    }

    #[test]
    fn the_first_language_that_can_be_had() {
        let parse = |text| Accept::parse(text).ok().map(|(_, language)| language);
        assert_eq!(
            parse("application/json, application/yaml"),
            Some(Language::Json)
        );
        let yaml = cfg!(feature = "yaml").then_some(Language::Yaml);
        assert_eq!(parse("application/yaml"), yaml);
        let first = yaml.unwrap_or(Language::Json);
        assert_eq!(parse("text/html,application/yaml;q=1,*/*"), Some(first));
    }

    #[test]
    fn discovery_comes_in_the_version_asked_for() {
        let header = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(aggregated(header), Some("v2beta1"));
        assert_eq!(aggregated("application/json"), None);
    }
}
