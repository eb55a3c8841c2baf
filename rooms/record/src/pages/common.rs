//! What several pages share: refusals at a record's door, links of the banner, addresses.

use crate::reading::Patient;
use socle_gate::{Deed, Outcome, Reason, Session};
use socle_kernel::{HomeId, Lang, Problem};
use socle_pipeline::PageAnswer;

/// When the caller has no business in this record: the refusal is noted, and the browser goes to the page where access
/// is asked for.
pub async fn shut_out(session: &Session, home: HomeId, id: &str) -> Result<Option<PageAnswer>, Problem> {
    let (standing, _) = session.standing(home).await?;
    let Some(reason) = standing.refused else { return Ok(None) };
    let basis = match reason {
        Reason::Blocked => "blocked",
        Reason::Purpose => "purpose",
        _ => "no-relation",
    };
    session.note(home, Deed::Read, Outcome::Refused, basis);
    Ok(Some(PageAnswer::redirect(format!("/pro/patients/{id}/acces"))))
}

/// The links beside the patient's name: label and address.
pub fn patient_links(lang: Lang, patient: &Patient) -> Vec<(String, String)> {
    let base = format!("/pro/patients/{}", patient.id);
    vec![
        (lang.pick("Dossier", "Record").to_owned(), base.clone()),
        (lang.pick("Documents", "Documents").to_owned(), format!("{base}/documents")),
        (
            lang.pick("Publier un document", "Publish a document").to_owned(),
            format!("{base}/documents/publier"),
        ),
        (lang.pick("Fermer le dossier", "Close the record").to_owned(), "/pro/patients".to_owned()),
    ]
}

/// Owned pairs as the shell wants them.
pub fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(one, two)| (one.as_str(), two.as_str())).collect()
}

/// What just happened, from the code a form left in the address. Never the name of a document.
pub fn done(lang: Lang, code: &str) -> Option<&'static str> {
    Some(match code {
        "publie" => lang.pick_static(
            "Le document est publié. La personne le voit dès maintenant dans son espace, selon la visibilité choisie.",
            "The document is published. The person sees it in their space now, within the visibility you chose.",
        ),
        "remplace" => lang.pick_static(
            "La nouvelle version est publiée. L’ancienne reste consultable, marquée comme remplacée.",
            "The new version is published. The old one can still be read, marked as replaced.",
        ),
        "retire" => lang.pick_static(
            "Le document est retiré. Personne d’autre que vous ne le voit plus ; la trace de ses lectures est gardée.",
            "The document is withdrawn. Nobody but you sees it any more; the trace of its readings is kept.",
        ),
        "masque" => lang.pick_static(
            "Le document est masqué aux professionnels de santé. Son auteur le voit toujours.",
            "The document is hidden from health professionals. Its author still sees it.",
        ),
        "montre" => lang.pick_static(
            "Le document est de nouveau visible par les professionnels qui vous soignent.",
            "The document is visible again to the professionals who care for you.",
        ),
        _ => return None,
    })
}
