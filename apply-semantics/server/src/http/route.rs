use std::borrow::Cow;

use apply_semantics::op::Request;

use crate::call::{Call, Target};

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/version`.
    Version,
    /// `/healthz`, `/livez`, `/readyz` and what is below.
    Health,
    /// `/`: all paths.
    Paths,
    /// `/api` or `/apis`: groups.
    Groups {
        core: bool,
    },
    /// `/apis/GROUP`.
    Group(String),
    /// `/api/v1` or `/apis/GROUP/VERSION`: resources.
    Resources {
        group: String,
        version: String,
    },
    /// `/openapi/v2`.
    Swagger,
    /// `/openapi/v3`.
    OpenApi,
    /// `/openapi/v3/api/v1` and the like.
    OpenApiOf {
        group: String,
        version: String,
    },
    /// Objects.
    Resource(Target),
    Unknown,
}

impl Route {
    pub(crate) fn of(path: &str) -> Self {
        let parts: Vec<Cow<'_, str>> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decode)
            .collect();
        let texts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        let owned = |text: &str| text.to_owned();
        match texts.as_slice() {
            [] => Self::Paths,
            ["version"] => Self::Version,
            ["healthz" | "livez" | "readyz", ..] => Self::Health,
            ["api"] => Self::Groups { core: true },
            ["apis"] => Self::Groups { core: false },
            ["apis", group] => Self::Group(owned(group)),
            ["api", version] => Self::Resources {
                group: String::new(),
                version: owned(version),
            },
            ["apis", group, version] => Self::Resources {
                group: owned(group),
                version: owned(version),
            },
            ["openapi", "v2"] => Self::Swagger,
            ["openapi", "v3"] => Self::OpenApi,
            ["openapi", "v3", "api", version] => Self::OpenApiOf {
                group: String::new(),
                version: owned(version),
            },
            ["openapi", "v3", "apis", group, version] => Self::OpenApiOf {
                group: owned(group),
                version: owned(version),
            },
            _ => Call::split_path(&texts).map_or(Self::Unknown, Self::Resource),
        }
    }
}

/// A part of a path, without percent signs.
fn decode(part: &str) -> Cow<'_, str> {
    if !part.contains('%') {
        return part.into();
    }
    // In a path a plus sign is no blank, and an ampersand ends nothing.
    let query = format!("p={}", part.replace('+', "%2B").replace('&', "%26"));
    let pairs = Request::parse_query(&query);
    pairs
        .into_iter()
        .next()
        .map_or_else(String::new, |(_, value)| value)
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_objects_and_documents() {
        assert_eq!(Route::of("/apis/"), Route::Groups { core: false });
        assert_eq!(Route::of("/openapi/v4"), Route::Unknown);
        let Route::Resource(target) =
            Route::of("/apis/apps/v1/namespaces/a+&/deployments/b%3Ac+&d/scale")
        else {
            unreachable!()
        };
        assert_eq!(target.namespace.as_deref(), Some("a+&"));
        assert_eq!(target.name.as_deref(), Some("b:c+&d"));
        assert_eq!(target.subresource.as_deref(), Some("scale"));
    }
}
