//! The care offer of the region: places, professionals, and who cares for a commune.

mod foundations;
mod network;
mod staff;
mod tables;

pub(crate) use foundations::bundles;
pub(crate) use network::Network;

/// The professions that people's teams and histories name, by their id in `professions.psv`.
pub(crate) mod profession {
    pub(crate) const GP: &str = "gp";
    pub(crate) const PHARMACIST: &str = "pharmacist";
    pub(crate) const NURSE: &str = "nurse";
    pub(crate) const DENTIST: &str = "dentist";
    pub(crate) const MIDWIFE: &str = "midwife";
    pub(crate) const PHYSIOTHERAPIST: &str = "physiotherapist";
    pub(crate) const CARDIOLOGIST: &str = "cardiologist";
    pub(crate) const PAEDIATRICIAN: &str = "paediatrician";
    pub(crate) const GYNAECOLOGIST: &str = "gynaecologist";
    pub(crate) const GERIATRICIAN: &str = "geriatrician";
    pub(crate) const RADIOLOGIST: &str = "radiologist";
    pub(crate) const BIOLOGIST: &str = "biologist";
    pub(crate) const SURGEON: &str = "surgeon";
    pub(crate) const SPEECH_THERAPIST: &str = "speech-therapist";
    pub(crate) const SOCIAL_WORKER: &str = "social-worker";
    pub(crate) const SECRETARY: &str = "secretary";
    pub(crate) const REGULATOR: &str = "regulator";
}
