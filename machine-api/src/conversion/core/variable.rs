//! Variables of a ClusterClass.

use super::{
    super::{
        field::{optional, pair},
        restore::intent,
    },
    new, old,
};

pair!(
    old::VariableSchemaMetadata,
    new::VariableSchemaMetadata {
        labels,
        annotations
    }
);
optional!(old::VariableSchemaMetadata, new::VariableSchemaMetadata;);
pair!(
    old::ValidationRule,
    new::ValidationRule {
        rule,
        message,
        message_expression,
        reason,
        field_path
    }
);
pair!(
    old::JSONSchemaProps,
    new::JSONSchemaProps {
        description,
        example,
        r#type,
        properties,
        additional_properties,
        max_properties,
        min_properties,
        required,
        items,
        max_items,
        min_items,
        unique_items,
        format,
        max_length,
        min_length,
        pattern,
        maximum,
        exclusive_maximum,
        minimum,
        exclusive_minimum,
        x_preserve_unknown_fields,
        r#enum,
        default,
        x_validations,
        x_metadata,
        x_int_or_string,
        all_of,
        one_of,
        any_of,
        not
    }
);
pair!(
    old::VariableSchema,
    new::VariableSchema { open_api_v3_schema }
);
pair!(
    old::ClusterClassVariableMetadata,
    new::ClusterClassVariableMetadata {
        labels,
        annotations
    }
);
pair!(old::ClusterClassVariable, new::ClusterClassVariable {
    name, required, schema; metadata => deprecated_v1_beta1_metadata
});
pair!(old::ClusterClassStatusVariableDefinition, new::ClusterClassStatusVariableDefinition {
    from, required, schema; metadata => deprecated_v1_beta1_metadata
});
pair!(
    old::ClusterClassStatusVariable,
    new::ClusterClassStatusVariable {
        name,
        definitions_conflict,
        definitions
    }
);

/// Restores what was said to be false, in schemas and about conflicts.
pub(super) fn restore(hub: &mut new::ClusterClass, restored: &new::ClusterClass) {
    for variable in &mut hub.spec.variables {
        let was = restored
            .spec
            .variables
            .iter()
            .find(|was| was.name == variable.name);
        restore_schema(
            &mut variable.schema.open_api_v3_schema,
            was.map(|was| &was.schema.open_api_v3_schema),
        );
    }
    for variable in &mut hub.status.variables {
        let was = restored
            .status
            .variables
            .iter()
            .find(|was| was.name == variable.name);
        intent(
            &mut variable.definitions_conflict,
            was.map(|was| &was.definitions_conflict),
        );
        for definition in &mut variable.definitions {
            let was = was.and_then(|was| {
                was.definitions
                    .iter()
                    .rfind(|was| was.from == definition.from)
            });
            restore_schema(
                &mut definition.schema.open_api_v3_schema,
                was.map(|was| &was.schema.open_api_v3_schema),
            );
        }
    }
}

fn restore_schema(schema: &mut new::JSONSchemaProps, was: Option<&new::JSONSchemaProps>) {
    intent(&mut schema.unique_items, was.map(|was| &was.unique_items));
    intent(
        &mut schema.exclusive_maximum,
        was.map(|was| &was.exclusive_maximum),
    );
    intent(
        &mut schema.exclusive_minimum,
        was.map(|was| &was.exclusive_minimum),
    );
    intent(
        &mut schema.x_preserve_unknown_fields,
        was.map(|was| &was.x_preserve_unknown_fields),
    );
    intent(
        &mut schema.x_int_or_string,
        was.map(|was| &was.x_int_or_string),
    );
    for (name, property) in &mut schema.properties {
        restore_schema(property, was.and_then(|was| was.properties.get(name)));
    }
    restore_boxed(
        &mut schema.additional_properties,
        was.map(|was| &was.additional_properties),
    );
    restore_boxed(&mut schema.items, was.map(|was| &was.items));
    restore_boxed(&mut schema.not, was.map(|was| &was.not));
    restore_each(&mut schema.all_of, was.map(|was| &*was.all_of));
    restore_each(&mut schema.one_of, was.map(|was| &*was.one_of));
    restore_each(&mut schema.any_of, was.map(|was| &*was.any_of));
}

#[allow(clippy::ref_option, reason = "what the fields are")]
fn restore_boxed(
    schema: &mut Option<Box<new::JSONSchemaProps>>,
    was: Option<&Option<Box<new::JSONSchemaProps>>>,
) {
    if let Some(schema) = schema {
        restore_schema(schema, was.and_then(Option::as_deref));
    }
}

fn restore_each(schemas: &mut [new::JSONSchemaProps], was: Option<&[new::JSONSchemaProps]>) {
    for (index, schema) in schemas.iter_mut().enumerate() {
        restore_schema(schema, was.and_then(|was| was.get(index)));
    }
}
