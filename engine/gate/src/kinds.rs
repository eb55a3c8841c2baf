//! Which types play which part in a decision.

use socle_kernel::{ResourceType, resource_type};

/// Types by which a record is fed without reading it.
pub(crate) fn feeds(resource_type: ResourceType) -> bool {
    [resource_type::DOCUMENT_REFERENCE, resource_type::BINARY, resource_type::LIST].contains(&resource_type)
}

/// Types a citizen may write in a record of theirs.
pub(crate) fn citizen_writes(resource_type: ResourceType) -> bool {
    [resource_type::CONSENT, resource_type::DOCUMENT_REFERENCE, resource_type::BINARY, resource_type::LIST]
        .contains(&resource_type)
}

/// Types that live in their own home and are nobody's record.
pub fn is_directory(resource_type: ResourceType) -> bool {
    matches!(
        resource_type.name(),
        "Practitioner" | "PractitionerRole" | "Organization" | "Location" | "HealthcareService" | "Endpoint"
    )
}
