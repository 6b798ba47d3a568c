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

impl Accept {
    /// Reads an `Accept` header: the first form that can be had.
    ///
    /// # Errors
    /// None can.
    pub(crate) fn parse(header: &str) -> Result<Self, Refusal> {
        if header.trim().is_empty() {
            return Ok(Self::Plain);
        }
        let forms = header.split(',').filter_map(form);
        forms.into_iter().next().ok_or_else(|| {
            Refusal::new(
                Reason::NotAcceptable,
                "only the following media types are accepted: application/json",
            )
        })
    }
}

fn form(media: &str) -> Option<Accept> {
    let mut parts = media.split(';').map(str::trim);
    if !matches!(parts.next()?, "application/json" | "application/*" | "*/*") {
        return None;
    }
    let (mut kind, mut group) = ("", "");
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name {
            "as" => kind = value,
            "g" => group = value,
            _ => {}
        }
    }
    match (kind, group) {
        ("Table", "meta.k8s.io") => Some(Accept::Table),
        ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io") => {
            Some(Accept::Metadata)
        }
        ("", _) => Some(Accept::Plain),
        _ => None,
    }
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
        let parse = |text| Accept::parse(text).ok();
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
    fn discovery_comes_in_the_version_asked_for() {
        let header = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert_eq!(aggregated(header), Some("v2beta1"));
        assert_eq!(aggregated("application/json"), None);
    }
}
