//! What one cluster exports.

use std::collections::BTreeMap;

use componentconfig::core::Time;
use serde::{Deserialize, Serialize};

use super::{ApiVersion, Condition, ConditionStatus, ImportType, ServiceSpec};
use crate::{
    meta::ObjectMeta,
    rule::{Explain, Rule},
};

/// The object that says that the Service of the same name is for the whole ClusterSet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceExport {
    /// The version of the API that the object is written in.
    pub api_version: ApiVersion,
    /// Always `ServiceExport`.
    pub kind: ServiceExportKind,
    /// Name and namespace are those of the Service.
    #[serde(default)]
    pub metadata: ObjectMeta,
    /// What goes with the service.
    #[serde(default)]
    pub spec: ServiceExportSpec,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ServiceExportStatus>,
}

/// The kind of a [`ServiceExport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServiceExportKind {
    /// `ServiceExport`.
    #[default]
    ServiceExport,
}

/// The `spec` of a [`ServiceExport`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceExportSpec {
    /// Labels of the import. Those of the Service and of the export stay at home.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub exported_labels: BTreeMap<String, String>,
    /// Annotations of the import.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub exported_annotations: BTreeMap<String, String>,
}

/// The `status` of a [`ServiceExport`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceExportStatus {
    /// The conditions, one of a type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

/// What a cluster contributes to a service: a [`ServiceExport`] and the Service that it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Export {
    /// When the ServiceExport was created. The oldest export decides conflicts.
    pub created_at: Time,
    /// `spec.exportedLabels` of the ServiceExport.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exported_labels: BTreeMap<String, String>,
    /// `spec.exportedAnnotations` of the ServiceExport.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exported_annotations: BTreeMap<String, String>,
    /// `spec` of the Service; `None` if there is no such Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceSpec>,
}

impl Export {
    /// What `export` contributes with the Service of its name; `None` if the export was not created yet.
    pub fn new(export: &ServiceExport, service: Option<ServiceSpec>) -> Option<Self> {
        Some(Self {
            created_at: export.metadata.creation_timestamp?,
            exported_labels: export.spec.exported_labels.clone(),
            exported_annotations: export.spec.exported_annotations.clone(),
            service,
        })
    }

    /// Whether it takes part in the service.
    pub fn validity(&self) -> Validity {
        match self.service.as_ref().map(ServiceSpec::import_type) {
            None => Validity::NoService,
            Some(None) => Validity::InvalidServiceType,
            Some(Some(_)) => Validity::Valid,
        }
    }

    /// The Service and what it is imported as, if the export is valid.
    pub(super) fn valid_service(&self) -> Option<(&ServiceSpec, ImportType)> {
        let service = self.service.as_ref()?;
        Some((service, service.import_type()?))
    }
}

/// Whether an export takes part in the service that it names. Serialises as the reason of the condition `Valid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Validity {
    /// It does.
    Valid,
    /// There is no Service of that name.
    NoService,
    /// The Service is of type ExternalName.
    InvalidServiceType,
}

impl Validity {
    /// The reason of the condition `Valid`.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Valid => "Valid",
            Self::NoService => "NoService",
            Self::InvalidServiceType => "InvalidServiceType",
        }
    }

    /// The condition `Valid` of the export.
    pub fn condition(self) -> Condition {
        let status = if self == Self::Valid {
            ConditionStatus::True
        } else {
            ConditionStatus::False
        };
        Condition::new("Valid", status, self.reason(), self.evidence())
    }
}

impl Explain for Validity {
    fn rule(&self) -> Rule {
        match self {
            Self::Valid => Rule::ExportByName,
            Self::NoService => Rule::ExportNeedsService,
            Self::InvalidServiceType => Rule::ExternalNameStays,
        }
    }

    fn evidence(&self) -> String {
        match self {
            Self::Valid => "the Service is exported",
            Self::NoService => "there is no Service of this name",
            Self::InvalidServiceType => "the Service is of type ExternalName",
        }
        .to_owned()
    }

    fn remedy(&self) -> String {
        match self {
            Self::Valid => "nothing is left to do",
            Self::NoService => "create the Service, or delete the ServiceExport",
            Self::InvalidServiceType => {
                "change the type of the Service, or delete the ServiceExport"
            }
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_export_is_its_object_and_the_service() {
        let object: ServiceExport = serde_json::from_value(json!({
            "apiVersion": "multicluster.x-k8s.io/v1alpha1",
            "kind": "ServiceExport",
            "metadata": {"name": "web", "namespace": "test", "creationTimestamp": "2026-01-01T00:00:00Z",
                "labels": {"stays": "here"}},
            "spec": {"exportedLabels": {"goes": "everywhere"}},
        }))
        .unwrap();
        let export = Export::new(&object, Some(ServiceSpec::default())).unwrap();
        assert_eq!(export.validity(), Validity::Valid);
        assert_eq!(
            serde_json::to_value(&export).unwrap(),
            json!({
                "createdAt": "2026-01-01T00:00:00Z",
                "exportedLabels": {"goes": "everywhere"},
                "service": {"type": "ClusterIP", "sessionAffinity": "None"},
            })
        );
        assert_eq!(
            Export::new(&object, None).unwrap().validity(),
            Validity::NoService
        );
        let mut planned = object;
        planned.metadata.creation_timestamp = None;
        assert_eq!(Export::new(&planned, None), None);
    }
}
