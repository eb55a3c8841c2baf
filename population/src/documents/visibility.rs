//! Who a document is kept from, when a rule of care says so (TRE_A07).

use crate::resource::concept;
use crate::systems::VISIBILITY;
use serde_json::Value;

/// From whom a document is kept. Professionals read it all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HiddenFrom {
    /// The patient, until the visit in which a professional explains the result.
    Patient,
    /// The parents, when a minor asked for care without them (art. L. 1111-5 of the public health code).
    Representatives,
}

impl HiddenFrom {
    /// The security label that says it.
    pub(crate) fn label(self) -> Value {
        let (code, display) = match self {
            HiddenFrom::Patient => ("INVISIBLE_PATIENT", "Non visible par le patient"),
            HiddenFrom::Representatives => {
                ("INVISIBLE_REPRESENTANTS_LEGAUX", "Non visible par les représentants légaux du patient")
            }
        };
        concept(VISIBILITY, code, display)
    }
}
