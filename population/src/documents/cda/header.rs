//! The header: who, whom, when, where.

use super::super::sheet::{Author, Place, Sheet, Traits};
use super::{Header, Xml};

const STRUCTURES: &str = "1.2.250.1.71.4.2.2";
const PROFESSIONALS: &str = "1.2.250.1.71.4.2.1";
const PROFESSIONS: &str = "1.2.250.1.213.1.1.4.5";
const SETTINGS: &str = "1.2.250.1.213.1.1.4.9";
const SECTORS: &str = "1.2.250.1.71.4.2.4";
const ENCOUNTERS: &str = "2.16.840.1.113883.5.4";

/// Everything before the body.
pub(super) fn write(xml: &mut Xml, header: &Header, sheet: &Sheet) {
    xml.empty("realmCode", &[("code", "FR")]);
    xml.empty("typeId", &[("root", "2.16.840.1.113883.1.3"), ("extension", "POCD_HD000040")]);
    // HL7 France, then the CI-SIS, then the model of this kind of document.
    for root in ["2.16.840.1.113883.2.8.2.1", "1.2.250.1.213.1.1.1.1"] {
        xml.empty("templateId", &[("root", root)]);
    }
    for root in &header.templates {
        xml.empty("templateId", &[("root", root)]);
    }
    xml.empty("id", &[("root", &header.id)]);
    let (code, system, label) = &header.code;
    xml.empty("code", &[("code", code), ("codeSystem", system), ("displayName", label)]);
    xml.element("title", &sheet.title);
    xml.empty("effectiveTime", &[("value", &header.made_at)]);
    xml.empty(
        "confidentialityCode",
        &[("code", "N"), ("codeSystem", "2.16.840.1.113883.5.25"), ("displayName", "Normal")],
    );
    xml.empty("languageCode", &[("code", "fr-FR")]);
    xml.empty("setId", &[("root", &header.set_id)]);
    xml.empty("versionNumber", &[("value", "1")]);
    patient(xml, &sheet.patient);
    author(xml, header, sheet);
    custodian(xml, &sheet.place);
    authenticator(xml, header, sheet);
    act(xml, header, sheet);
    context(xml, header, &sheet.place);
}

fn address(xml: &mut Xml, street: &str, postal_code: &str, city: &str) {
    xml.raw("<addr>");
    xml.element("streetAddressLine", street);
    xml.element("postalCode", postal_code);
    xml.element("city", city);
    xml.element("country", "FRANCE");
    xml.raw("</addr>");
}

fn patient(xml: &mut Xml, traits: &Traits) {
    xml.raw("<recordTarget><patientRole>");
    xml.empty("id", &[("extension", &traits.ins), ("root", &traits.ins_oid)]);
    address(xml, &traits.street, &traits.postal_code, &traits.city);
    xml.empty("telecom", &[("nullFlavor", "NASK")]);
    xml.raw("<patient classCode=\"PSN\"><name>");
    xml.element("family qualifier=\"BR\"", &traits.family.to_uppercase());
    xml.element("given", &traits.given.join(" ").to_uppercase());
    if let Some(first) = traits.given.first() {
        xml.element("given qualifier=\"BR\"", &first.to_uppercase());
    }
    if let Some(used) = &traits.used_family {
        xml.element("family qualifier=\"CL\"", &used.to_uppercase());
    }
    xml.raw("</name>");
    let (code, label) = if traits.is_female { ("F", "Féminin") } else { ("M", "Masculin") };
    xml.empty(
        "administrativeGenderCode",
        &[("code", code), ("displayName", label), ("codeSystem", "2.16.840.1.113883.5.1")],
    );
    xml.empty("birthTime", &[("value", &traits.birth_compact)]);
    xml.raw("<birthplace><place><addr>");
    xml.element("county", &traits.birth_place.0);
    xml.element("city", &traits.birth_place.1);
    xml.raw("</addr></place></birthplace></patient></patientRole></recordTarget>");
}

/// Identity of the professional, common to author, authenticator and performer.
fn professional(xml: &mut Xml, author: &Author, place: &Place, person: &str) {
    xml.empty("id", &[("root", PROFESSIONALS), ("extension", &author.id_nat_ps)]);
    xml.empty(
        "code",
        &[
            ("code", &author.profession_code),
            ("codeSystem", PROFESSIONS),
            ("displayName", &author.profession),
        ],
    );
    address(xml, &place.street, &place.postal_code, &place.city);
    xml.empty("telecom", &[("value", &format!("tel:{}", place.phone.replace(' ', ""))), ("use", "WP")]);
    xml.raw(&format!("<{person}><name>"));
    xml.element("prefix", &author.civility);
    xml.element("given", &author.given);
    xml.element("family", &author.family.to_uppercase());
    if !author.title.is_empty() {
        xml.element("suffix", &author.title);
    }
    xml.raw(&format!("</name></{person}><representedOrganization>"));
    xml.empty("id", &[("root", STRUCTURES), ("extension", &format!("1{}", place.finess))]);
    xml.element("name", &place.name);
    address(xml, &place.street, &place.postal_code, &place.city);
    xml.empty(
        "standardIndustryClassCode",
        &[
            ("code", &place.setting.0),
            ("displayName", &place.setting.1),
            ("codeSystem", SETTINGS),
            ("codeSystemName", "practiceSettingCode"),
        ],
    );
    xml.raw("</representedOrganization>");
}

fn author(xml: &mut Xml, header: &Header, sheet: &Sheet) {
    xml.raw("<author>");
    xml.empty("time", &[("value", &header.made_at)]);
    xml.raw("<assignedAuthor>");
    professional(xml, &sheet.author, &sheet.place, "assignedPerson");
    xml.raw("</assignedAuthor></author>");
}

fn custodian(xml: &mut Xml, place: &Place) {
    xml.raw("<custodian><assignedCustodian><representedCustodianOrganization>");
    xml.empty("id", &[("root", STRUCTURES), ("extension", &format!("1{}", place.finess))]);
    xml.element("name", &place.name);
    xml.empty("telecom", &[("value", &format!("tel:{}", place.phone.replace(' ', ""))), ("use", "WP")]);
    address(xml, &place.street, &place.postal_code, &place.city);
    xml.raw("</representedCustodianOrganization></assignedCustodian></custodian>");
}

fn authenticator(xml: &mut Xml, header: &Header, sheet: &Sheet) {
    xml.raw("<legalAuthenticator>");
    xml.empty("time", &[("value", &header.made_at)]);
    xml.empty("signatureCode", &[("code", "S")]);
    xml.raw("<assignedEntity>");
    professional(xml, &sheet.author, &sheet.place, "assignedPerson");
    xml.raw("</assignedEntity></legalAuthenticator>");
}

fn act(xml: &mut Xml, header: &Header, sheet: &Sheet) {
    xml.raw("<documentationOf><serviceEvent>");
    xml.raw("<effectiveTime>");
    xml.empty("low", &[("value", &header.act_at)]);
    xml.raw("</effectiveTime><performer typeCode=\"PRF\"><assignedEntity>");
    professional(xml, &sheet.author, &sheet.place, "assignedPerson");
    xml.raw("</assignedEntity></performer></serviceEvent></documentationOf>");
}

fn context(xml: &mut Xml, header: &Header, place: &Place) {
    xml.raw("<componentOf><encompassingEncounter>");
    xml.empty("code", &[("code", "AMB"), ("displayName", "Ambulatoire"), ("codeSystem", ENCOUNTERS)]);
    xml.raw("<effectiveTime>");
    xml.empty("low", &[("value", &header.act_at)]);
    xml.raw("</effectiveTime><location><healthCareFacility>");
    xml.empty(
        "code",
        &[("code", &place.sector.0), ("displayName", &place.sector.1), ("codeSystem", SECTORS)],
    );
    xml.raw("<location>");
    xml.element("name", &place.name);
    address(xml, &place.street, &place.postal_code, &place.city);
    xml.raw("</location></healthCareFacility></location></encompassingEncounter></componentOf>");
}
