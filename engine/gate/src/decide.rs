//! The decision: a pure function of who asks, what for, what the home says and what the resource is. The same function
//! answers requests, "why can't I read this?" and "see as Dr B".

use crate::kinds::{citizen_writes, feeds};
use crate::labels;
use crate::matrix::Matrix;
use crate::policy::HomePolicy;
use crate::scopes;
use socle_kernel::{
    Capacity, HomeId, Instant, Principal, Purpose, ResourceType, Subject, Words, resource_type,
};

pub use crate::kinds::is_directory;

/// What someone wants to do with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// See it, or learn that it exists.
    Read,
    /// Make it.
    Create,
    /// Change it.
    Update,
    /// Delete it.
    Delete,
}

impl Act {
    /// The word in the log.
    pub fn code(self) -> &'static str {
        match self {
            Act::Read => "read",
            Act::Create => "create",
            Act::Update => "update",
            Act::Delete => "delete",
        }
    }
}

/// Why someone may be in a home at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The person themself.
    Own,
    /// Their legal representative.
    Representative,
    /// Their carer.
    Carer,
    /// A member of the care team.
    Team,
    /// The person let this professional in.
    Admitted,
    /// Emergency with a reason.
    BreakGlass,
    /// Medical regulation with a reason.
    Regulation,
    /// A program within its scopes.
    System,
    /// Nobody's record: directory and reference data.
    Directory,
    /// None: only identity and one's own writings.
    None,
}

impl Relation {
    /// The word in the log.
    pub fn code(self) -> &'static str {
        match self {
            Relation::Own => "own",
            Relation::Representative => "representative",
            Relation::Carer => "carer",
            Relation::Team => "team",
            Relation::Admitted => "consent",
            Relation::BreakGlass => "break-glass",
            Relation::Regulation => "regulation",
            Relation::System => "system",
            Relation::Directory => "directory",
            Relation::None => "none",
        }
    }
}

/// Why a decision is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Allowed by this relation.
    Related(Relation),
    /// Allowed: the caller wrote it.
    Author,
    /// Allowed: identity traits, for finding a person at a desk.
    Identity,
    /// Hidden: the person hid it from professionals.
    Masked,
    /// Hidden from the person until an announcement.
    NotAnnounced,
    /// Hidden from representatives.
    Secret,
    /// Hidden: withdrawn by its author.
    Withdrawn,
    /// Hidden: the matrix gives this profession no right to this type.
    Matrix,
    /// Refused: blocked by the person (told to the caller as [`Reason::NoRelation`]).
    Blocked,
    /// Refused: no care relation, consent or valid purpose.
    NoRelation,
    /// Refused: the purpose needs a reason, or a situation this caller does not have.
    Purpose,
    /// Refused: outside the scopes of the token.
    Scope,
    /// Refused: only its author may change it.
    NotAuthor,
    /// Refused: this kind of caller may not write this type.
    MayNotWrite,
    /// Refused: nobody signed in.
    Anonymous,
}

impl Reason {
    /// One sentence for the caller. A block reads as a missing relation: it must not be told.
    pub fn words(self) -> Words {
        match self {
            Reason::Blocked | Reason::NoRelation => Words::new(
                "Aucune relation de soin connue avec cette personne. Demandez-lui son accord, ou utilisez l'accès en urgence en indiquant un motif.",
                "No known care relation with this person. Ask for their agreement, or use emergency access and give a reason.",
            ),
            Reason::Purpose => Words::new(
                "Cet accès demande un motif et une situation d'exercice qui le permet.",
                "This access needs a reason and a work situation that allows it.",
            ),
            Reason::Scope => Words::new(
                "Les droits (scopes) de ce jeton ne couvrent pas cette opération.",
                "The scopes of this token do not cover this interaction.",
            ),
            Reason::NotAuthor => Words::new(
                "Seul l'auteur peut modifier ou retirer cette ressource.",
                "Only its author may change or withdraw this resource.",
            ),
            Reason::MayNotWrite => Words::new(
                "Votre rôle ne permet pas d'écrire ce type de ressource dans ce dossier.",
                "Your role does not allow writing this type of resource to this record.",
            ),
            Reason::Anonymous => Words::new("Identifiez-vous d'abord.", "Sign in first."),
            Reason::Related(_) | Reason::Author | Reason::Identity => {
                Words::new("Accès permis.", "Access allowed.")
            }
            Reason::Masked | Reason::NotAnnounced | Reason::Secret | Reason::Withdrawn | Reason::Matrix => {
                Words::new(
                    "Cette ressource ne vous est pas accessible.",
                    "This resource is not accessible to you.",
                )
            }
        }
    }
}

/// What the gate answers for one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Shown or done.
    Allow(Reason),
    /// Absent everywhere.
    Hide(Reason),
    /// Refused aloud.
    Refuse(Reason),
}

impl Decision {
    /// True when allowed.
    pub fn is_allowed(self) -> bool {
        matches!(self, Decision::Allow(_))
    }
}

/// What the gate found for a caller in a home, before looking at any resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Why the caller may be here.
    pub relation: Relation,
    /// Set when the caller was shut out, with why.
    pub refused: Option<Reason>,
}

/// What a decision needs to know of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its home.
    pub home: HomeId,
    /// Its type.
    pub resource_type: ResourceType,
    /// Its labels (see [`crate::labels`]).
    pub labels: u32,
    /// Codes of a document's type; empty for other resources.
    pub document_types: &'a [&'a str],
    /// True when the caller wrote it or is named as its author.
    pub is_author: bool,
    /// True for a content that no document names yet.
    pub is_loose_content: bool,
}

/// The caller's names, as a home's rules may write them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Literal references.
    pub references: Vec<String>,
    /// Identifier values.
    pub identifiers: Vec<String>,
}

/// Everything a decision rests on but the resource.
pub struct Asker<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// What for.
    pub purpose: &'a Purpose,
    /// Under what names.
    pub names: &'a Names,
    /// When.
    pub now: Instant,
    /// The matrix in force.
    pub matrix: &'a Matrix,
}

/// Where a caller stands in a home.
pub fn stand(asker: &Asker<'_>, home: HomeId, policy: &HomePolicy) -> Standing {
    let related = |relation| Standing { relation, refused: None };
    let refused = |reason| Standing { relation: Relation::None, refused: Some(reason) };
    if home.is_shared() {
        return match asker.principal.subject {
            Subject::Anonymous => refused(Reason::Anonymous),
            Subject::System(_) => related(Relation::System),
            _ => related(Relation::Directory),
        };
    }
    match &asker.principal.subject {
        Subject::Anonymous => refused(Reason::Anonymous),
        Subject::System(_) => related(Relation::System),
        Subject::Citizen(citizen) => {
            if citizen.person.home != home {
                return refused(Reason::NoRelation);
            }
            match citizen.capacity {
                Capacity::Own => related(Relation::Own),
                wanted => {
                    let identifiers = as_strs(&asker.names.identifiers);
                    match policy.capacity_of(&identifiers, asker.now) {
                        Some(found) if found == wanted => related(match found {
                            Capacity::LegalRepresentative => Relation::Representative,
                            _ => Relation::Carer,
                        }),
                        _ => refused(Reason::NoRelation),
                    }
                }
            }
        }
        Subject::Professional(professional) => {
            let identifiers = as_strs(&asker.names.identifiers);
            let references = &asker.names.references;
            // First of all: a blocked professional never enters, emergency or not (DMP rule).
            if policy.is_blocked(references, &identifiers, asker.now) {
                return refused(Reason::Blocked);
            }
            let is_secretariat = professional.profession.0 == SECRETARIAT;
            if policy.is_in_team(references, &identifiers, asker.now)
                || is_secretariat && policy.is_team_place(references, asker.now)
            {
                return related(Relation::Team);
            }
            if policy.is_admitted(references, &identifiers, asker.now) {
                return related(Relation::Admitted);
            }
            match asker.purpose {
                Purpose::BreakGlass(reason)
                    if has_reason(reason) && may_break_glass(&professional.profession.0) =>
                {
                    related(Relation::BreakGlass)
                }
                Purpose::Regulation(reason) if has_reason(reason) && professional.may_regulate => {
                    related(Relation::Regulation)
                }
                Purpose::BreakGlass(_) | Purpose::Regulation(_) => refused(Reason::Purpose),
                _ => refused(Reason::NoRelation),
            }
        }
    }
}

/// Role code of a medical secretary (JDV_J65): works for the members of the team at its place.
const SECRETARIAT: &str = "SECRETARIAT_MEDICAL";

fn has_reason(reason: &str) -> bool {
    reason.trim().chars().count() >= 3
}

/// Emergency access is for care: health professionals of TRE_G15, not secretaries or social workers.
fn may_break_glass(profession: &str) -> bool {
    matches!(profession, "10" | "21" | "40" | "50" | "60" | "69" | "70")
}

fn as_strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The decision on one resource.
pub fn decide(asker: &Asker<'_>, standing: Standing, act: Act, facts: &Facts<'_>) -> Decision {
    let seen = see(asker, standing, facts);
    let seen = match seen {
        Decision::Allow(_) if !scopes::allow(asker.principal, act, facts.resource_type) => {
            Decision::Refuse(Reason::Scope)
        }
        other => other,
    };
    match act {
        Act::Read => seen,
        Act::Create => write(asker, standing, act, facts),
        Act::Update | Act::Delete => match seen {
            Decision::Allow(_) => write(asker, standing, act, facts),
            other => other,
        },
    }
}

/// May the caller know of this resource?
pub(crate) fn see(asker: &Asker<'_>, standing: Standing, facts: &Facts<'_>) -> Decision {
    if facts.resource_type == resource_type::SUBSCRIPTION {
        return see_subscription(asker, facts);
    }
    if standing.relation == Relation::System {
        return Decision::Allow(Reason::Related(Relation::System));
    }
    if let Subject::Anonymous = asker.principal.subject {
        return Decision::Refuse(Reason::Anonymous);
    }
    if facts.home.is_shared() {
        return if facts.is_author {
            Decision::Allow(Reason::Author)
        } else if asker.matrix.is_open(facts.resource_type) && !facts.is_loose_content {
            Decision::Allow(Reason::Related(Relation::Directory))
        } else {
            Decision::Hide(Reason::NoRelation)
        };
    }
    if is_directory(facts.resource_type) {
        return Decision::Allow(Reason::Related(Relation::Directory));
    }
    match &asker.principal.subject {
        Subject::Citizen(_) => see_as_citizen(standing, facts),
        Subject::Professional(professional) => {
            if facts.resource_type == resource_type::PATIENT && standing.relation == Relation::None {
                return if asker.matrix.may_read_data(&professional.profession, facts.resource_type) {
                    Decision::Allow(Reason::Identity)
                } else {
                    Decision::Hide(Reason::Matrix)
                };
            }
            see_as_professional(asker, standing, facts, &professional.profession)
        }
        Subject::Anonymous | Subject::System(_) => Decision::Refuse(Reason::Anonymous),
    }
}

/// A subscription says where to reach its owner, and with what secret: it is theirs alone, whatever else a program may read.
fn see_subscription(asker: &Asker<'_>, facts: &Facts<'_>) -> Decision {
    match &asker.principal.subject {
        Subject::Anonymous => Decision::Refuse(Reason::Anonymous),
        Subject::System(system) if system.is_operator => Decision::Allow(Reason::Related(Relation::System)),
        _ if facts.is_author => Decision::Allow(Reason::Author),
        _ => Decision::Hide(Reason::NoRelation),
    }
}

fn see_as_citizen(standing: Standing, facts: &Facts<'_>) -> Decision {
    if let Some(reason) = standing.refused {
        return Decision::Refuse(reason);
    }
    if facts.labels & labels::WITHDRAWN != 0 && !facts.is_author {
        return Decision::Hide(Reason::Withdrawn);
    }
    if facts.labels & labels::INVISIBLE_TO_PATIENT != 0 {
        return Decision::Hide(Reason::NotAnnounced);
    }
    if standing.relation != Relation::Own && facts.labels & labels::INVISIBLE_TO_REPRESENTATIVES != 0 {
        return Decision::Hide(Reason::Secret);
    }
    Decision::Allow(Reason::Related(standing.relation))
}

fn see_as_professional(
    asker: &Asker<'_>,
    standing: Standing,
    facts: &Facts<'_>,
    profession: &socle_kernel::Profession,
) -> Decision {
    if standing.refused == Some(Reason::Blocked) {
        return Decision::Refuse(Reason::Blocked);
    }
    // The depositor keeps what they wrote: to mend, replace or withdraw it.
    if facts.is_author {
        return Decision::Allow(Reason::Author);
    }
    if let Some(reason) = standing.refused {
        return Decision::Refuse(reason);
    }
    if facts.labels & labels::WITHDRAWN != 0 {
        return Decision::Hide(Reason::Withdrawn);
    }
    if facts.labels & labels::MASKED_FROM_PROFESSIONALS != 0 {
        return Decision::Hide(Reason::Masked);
    }
    let may_read = if facts.resource_type == resource_type::DOCUMENT_REFERENCE {
        asker.matrix.may_read_document(profession, facts.document_types)
    } else {
        !facts.is_loose_content && asker.matrix.may_read_data(profession, facts.resource_type)
    };
    if may_read {
        Decision::Allow(Reason::Related(standing.relation))
    } else {
        Decision::Hide(Reason::Matrix)
    }
}

/// May the caller write this resource (which they may see, when it exists)?
fn write(asker: &Asker<'_>, standing: Standing, act: Act, facts: &Facts<'_>) -> Decision {
    let scoped = |reason| {
        if scopes::allow(asker.principal, act, facts.resource_type) {
            Decision::Allow(reason)
        } else {
            Decision::Refuse(Reason::Scope)
        }
    };
    match &asker.principal.subject {
        Subject::Anonymous => Decision::Refuse(Reason::Anonymous),
        // A trace is written once: nobody changes or removes one.
        Subject::System(_) if facts.resource_type == resource_type::AUDIT_EVENT && act != Act::Create => {
            Decision::Refuse(Reason::MayNotWrite)
        }
        Subject::System(_) => scoped(Reason::Related(Relation::System)),
        // Whoever may sign in may ask to be told of what they may see; the decision is made again at each notification.
        _ if facts.resource_type == resource_type::SUBSCRIPTION => {
            if facts.is_author {
                scoped(Reason::Author)
            } else {
                Decision::Refuse(Reason::NotAuthor)
            }
        }
        Subject::Citizen(_) => {
            if let Some(reason) = standing.refused {
                return Decision::Refuse(reason);
            }
            // What a person decides about their own record; a carer reads only.
            let is_theirs = matches!(standing.relation, Relation::Own | Relation::Representative)
                && citizen_writes(facts.resource_type);
            // A person mends the visibility of any document, and ends any agreement or block, whoever wrote it.
            let is_theirs_to_mend =
                [resource_type::DOCUMENT_REFERENCE, resource_type::CONSENT].contains(&facts.resource_type);
            let needs_authorship = act == Act::Delete || !is_theirs_to_mend;
            if !is_theirs {
                Decision::Refuse(Reason::MayNotWrite)
            } else if act != Act::Create && needs_authorship && !facts.is_author {
                Decision::Refuse(Reason::NotAuthor)
            } else {
                scoped(Reason::Related(standing.relation))
            }
        }
        Subject::Professional(professional) => {
            if standing.refused == Some(Reason::Blocked) {
                return Decision::Refuse(Reason::Blocked);
            }
            if is_directory(facts.resource_type)
                || !asker.matrix.may_write(&professional.profession, facts.resource_type)
                    && !is_agreement(standing, facts.resource_type)
            {
                return Decision::Refuse(Reason::MayNotWrite);
            }
            if act != Act::Create {
                return if facts.is_author {
                    scoped(Reason::Author)
                } else {
                    Decision::Refuse(Reason::NotAuthor)
                };
            }
            // Feeding needs no care relation (the person was informed and did not object); other writes do.
            if feeds(facts.resource_type) || facts.home.is_shared() {
                return scoped(Reason::Related(standing.relation));
            }
            match standing.refused {
                Some(reason) if !is_agreement(standing, facts.resource_type) => Decision::Refuse(reason),
                _ => scoped(Reason::Related(standing.relation)),
            }
        }
    }
}

/// Outside the team a professional may record the person's agreement, once per consultation; `sharing` checks its form.
fn is_agreement(standing: Standing, resource_type: ResourceType) -> bool {
    resource_type == resource_type::CONSENT && standing.refused != Some(Reason::Blocked)
}
