//! The packages that are part of the program (origin, version and licence in `data/packages/README.md`).

use super::pack::Pack;

/// The bytes of every embedded pack; the base definitions first.
const PACKS: [&[u8]; 18] = [
    include_bytes!("../../../../data/packages/hl7.fhir.r4.core.pack"),
    include_bytes!("../../../../data/packages/hl7.fhir.fr.core.pack"),
    include_bytes!("../../../../data/packages/hl7.fhir.uv.ips.pack"),
    include_bytes!("../../../../data/packages/ihe.iti.mhd.pack"),
    include_bytes!("../../../../data/packages/ihe.iti.balp.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.pdsm.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.pdsm4dmp.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.annuaire.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.eprescription.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.gap.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.cds.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.sas.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.eds.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.mss.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.nde.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.tde.pack"),
    include_bytes!("../../../../data/packages/ans.fhir.fr.telesurveillance.pack"),
    include_bytes!("../../../../data/packages/fr.ans.nos.pack"),
];

/// Opens every embedded pack: only the indexes are read.
pub(super) fn packs() -> Vec<Pack> {
    PACKS.into_iter().map(|bytes| Pack::embedded(bytes).expect("an embedded pack is intact")).collect()
}
