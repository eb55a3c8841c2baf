//! From an account to who acts: the work situation of a professional, the record of a citizen, and the choices between
//! several.

use crate::accounts::{self, Account, Role};
use serde_json::Value;
use socle_kernel::principal::{Citizen, Professional, System};
use socle_kernel::{Capacity, Key, Principal, Problem, Profession, Purpose, Subject, WorkSituation};
use socle_pipeline::{PersonShown, Pipeline};
use std::sync::Arc;

/// One way in which an account may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What a form sends: the number of a work situation, the public id of a person.
    pub id: String,
    /// Who then acts.
    pub principal: Principal,
    /// What people read.
    pub label: String,
    /// One line under it.
    pub detail: String,
}

fn of_pages(subject: Subject) -> Principal {
    Principal { subject, scopes: Vec::new(), client: crate::clients::OURS.into() }
}

/// A professional in a work situation.
pub(crate) fn professional(account: &Account, situation: usize) -> Option<Principal> {
    let practice = account.practice.as_ref()?;
    let here = practice.situations.get(situation)?;
    Some(of_pages(Subject::Professional(Professional {
        account: account.login.clone(),
        practitioner: practice.key,
        rpps: practice.number.clone(),
        profession: Profession(practice.profession.clone()),
        specialty: practice.specialty.clone(),
        situation: WorkSituation {
            role: Some(here.role),
            organization: here.organization,
            name: here.name.clone(),
            sector: here.sector.clone(),
        },
        name: account.name.clone(),
        may_regulate: here.may_regulate,
    })))
}

fn citizen(account: &Account, person: Key, capacity: Capacity) -> Principal {
    of_pages(Subject::Citizen(Citizen {
        account: account.login.clone(),
        own: account.own.as_ref().map(|own| own.key),
        person,
        capacity,
        name: account.name.clone(),
    }))
}

/// A program, with these scopes and no others.
pub(crate) fn system(account: &Account, scopes: Vec<String>) -> Principal {
    let subject = Subject::System(System {
        client_id: account.login.clone(),
        name: account.name.clone(),
        is_operator: false,
    });
    Principal { subject, scopes, client: account.login.clone() }
}

/// Who runs the platform: signed in, with a scope that opens no record.
fn administrator(account: &Account) -> Principal {
    system(account, vec!["openid".into()])
}

/// Acting for another person, when their record says so now.
async fn representing(
    pipeline: &Pipeline,
    account: &Account,
    person: Key,
) -> Result<Option<Choice>, Problem> {
    for capacity in [Capacity::LegalRepresentative, Capacity::Carer] {
        let principal = citizen(account, person, capacity);
        let session = pipeline.gate().session(Arc::new(principal.clone()), Purpose::Own, "sign-in");
        let (standing, _) = session.standing(person.home).await?;
        if standing.refused.is_some() {
            continue;
        }
        let name = async {
            let found = session.read(person).await?;
            let patient: Value = match &found {
                Some(found) => serde_json::from_slice(&found.body).map_err(Problem::internal)?,
                None => Value::Null,
            };
            Ok(PersonShown::of(&patient).name)
        };
        let name = name.await;
        let label = session.close(name).await.into_inner()?;
        let id = pipeline.gate().cipher().seal(person);
        let detail = match capacity {
            Capacity::Carer => "carer",
            _ => "legal",
        };
        return Ok(Some(Choice { id, principal, label, detail: detail.into() }));
    }
    Ok(None)
}

/// Every way in which an account may act now; the first is the usual one. Programs act in no page.
pub(crate) async fn choices(pipeline: &Pipeline, account: &Account) -> Result<Vec<Choice>, Problem> {
    let mut choices = Vec::new();
    match account.role {
        Role::System => {}
        Role::Administrator => choices.push(Choice {
            id: "0".into(),
            principal: administrator(account),
            label: account.name.clone(),
            detail: String::new(),
        }),
        Role::Professional => choices.extend(situations(account)),
        Role::Citizen => {
            if let Some(own) = &account.own {
                choices.push(Choice {
                    id: own.id.clone(),
                    principal: citizen(account, own.key, Capacity::Own),
                    label: account.name.clone(),
                    detail: "own".into(),
                });
            }
            for person in accounts::represented(pipeline, &account.login).await? {
                choices.extend(representing(pipeline, account, person).await?);
            }
        }
    }
    Ok(choices)
}

/// The usual way in which an account acts, found without asking the store.
pub(crate) fn usual(account: &Account) -> Option<Principal> {
    match account.role {
        Role::Professional => professional(account, 0),
        Role::Citizen => account.own.as_ref().map(|own| citizen(account, own.key, Capacity::Own)),
        Role::Administrator => Some(administrator(account)),
        Role::System => None,
    }
}

fn situations(account: &Account) -> Vec<Choice> {
    let situations = account.practice.as_ref().map_or(&[][..], |practice| practice.situations.as_slice());
    let choice = |(index, situation): (usize, &accounts::Situation)| {
        Some(Choice {
            id: index.to_string(),
            principal: professional(account, index)?,
            label: situation.name.clone(),
            detail: situation.place.clone(),
        })
    };
    situations.iter().enumerate().filter_map(choice).collect()
}

/// What a principal acts for when nothing else was declared.
pub(crate) fn purpose_of(principal: &Principal) -> Purpose {
    match &principal.subject {
        Subject::Citizen(_) => Purpose::Own,
        Subject::System(system) if system.client_id == principal.client && principal.scopes == ["openid"] => {
            Purpose::Administration
        }
        _ => Purpose::Care,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::samples;

    #[test]
    fn a_professional_acts_in_the_situation_they_chose() {
        let account = samples::professional();
        let principal = professional(&account, 1).expect("two situations");
        let professional_ = principal.professional().expect("a professional");
        assert_eq!(professional_.situation.name, "Centre hospitalier du Bocage");
        assert!(!professional_.may_regulate);
        assert!(professional(&account, 2).is_none());
        assert_eq!(situations(&account).len(), 2);
    }

    #[test]
    fn an_administrator_has_no_scope_that_opens_a_record() {
        let principal = administrator(&samples::administrator());
        assert_eq!(principal.scopes, ["openid"]);
        assert!(matches!(&principal.subject, Subject::System(system) if !system.is_operator));
        assert_ne!(
            principal.client,
            crate::clients::OURS,
            "our own client without scopes would open everything"
        );
        assert_eq!(purpose_of(&principal), Purpose::Administration);
    }
}
