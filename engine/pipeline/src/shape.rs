//! Small checks that several ways in share.

use crate::page::{Method, Page, PageCall, Who};
use socle_kernel::{Kind, Problem, Subject};

/// May this caller call this page at all, and does its form carry our token?
pub(crate) fn admit(page: &Page, call: &PageCall) -> Result<(), Problem> {
    let subject = &call.identified.principal.subject;
    let is_admitted = match page.who {
        Who::Anyone => true,
        Who::Citizen => matches!(subject, Subject::Citizen(_)),
        Who::Professional => matches!(subject, Subject::Professional(_)),
        Who::SignedIn => !matches!(subject, Subject::Anonymous),
    };
    if !is_admitted {
        let is_anonymous = matches!(subject, Subject::Anonymous);
        return Err(if is_anonymous {
            Problem::new(
                Kind::Unauthenticated,
                "Connectez-vous pour voir cette page.",
                "Sign in to see this page.",
            )
        } else {
            Problem::new(
                Kind::Refused,
                "Cette page n'est pas ouverte à votre profil.",
                "This page is not open to your profile.",
            )
        });
    }
    if page.method == Method::Post && page.is_guarded {
        let sent = call.form.text("csrf");
        if call.identified.csrf.is_empty() || !same(sent.as_bytes(), call.identified.csrf.as_bytes()) {
            return Err(Problem::new(
                Kind::Refused,
                "Ce formulaire a expiré. Revenez à la page précédente, actualisez-la, puis recommencez.",
                "This form has expired. Go back, refresh the page and try again.",
            )
            .coded("expired"));
        }
    }
    Ok(())
}

/// Comparison whose time does not depend on where texts differ.
fn same(one: &[u8], two: &[u8]) -> bool {
    one.len() == two.len() && one.iter().zip(two).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
