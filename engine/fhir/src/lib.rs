//! FHIR R4 as values: JSON, definitions, validation, search, patch. No IO.
