//! Finds the home of every draft of a plan, and gives keys.

use crate::links::planned;
use crate::pipeline::Pipeline;
use crate::plan::{Plan, Verb};
use socle_fhir::Owner;
use socle_gate::Session;
use socle_kernel::{HomeId, Key, Kind, Problem, ResourceType, Subject, resource_type};
use std::collections::BTreeMap;

/// How deep a chain of owners inside one plan may go (role → practitioner is 1).
const OWNER_DEPTH: usize = 8;

impl Pipeline {
    /// Gives every new draft its home and key; drafts of known resources keep theirs. Returns the ids reserved for people,
    /// professionals and organisations that are referenced before they exist.
    pub(crate) async fn place(
        &self,
        session: &Session,
        plan: &mut Plan,
    ) -> Result<Vec<(String, Key)>, Problem> {
        let mut reserved = Reserved::new();
        for index in 0..plan.drafts.len() {
            if plan.drafts[index].verb != Verb::Keep {
                self.place_one(session, plan, index, &mut reserved).await?;
            }
        }
        Ok(reserved.into_iter().map(|((_, id), key)| (id, key)).collect())
    }

    /// Places one draft after those it depends on.
    async fn place_one(
        &self,
        session: &Session,
        plan: &mut Plan,
        index: usize,
        reserved: &mut Reserved,
    ) -> Result<(), Problem> {
        let mut waiting = vec![index];
        while let Some(&current) = waiting.last() {
            if waiting.len() > OWNER_DEPTH {
                return Err(circular());
            }
            if plan.drafts[current].key.is_some() {
                self.keep_home(session, plan, current).await?;
                waiting.pop();
                continue;
            }
            if let Some(alias) = plan.drafts[current].alias.clone() {
                let known = session.resolve(plan.drafts[current].resource_type, &alias).await?;
                let name = (plan.drafts[current].resource_type, alias);
                if let Some(key) = known.or_else(|| reserved.get(&name).copied()) {
                    reserved.remove(&name);
                    plan.drafts[current].key = Some(key);
                    continue;
                }
            }
            match self.home_of(session, plan, current, reserved).await? {
                Home::Known(home) => {
                    let resource_type = plan.drafts[current].resource_type;
                    plan.drafts[current].key = Some(session.new_key(home, resource_type));
                }
                Home::After(other) => waiting.push(other),
            }
        }
        Ok(())
    }

    async fn home_of(
        &self,
        session: &Session,
        plan: &Plan,
        index: usize,
        reserved: &mut Reserved,
    ) -> Result<Home, Problem> {
        let draft = &plan.drafts[index];
        if let Some(home) = draft.home {
            return Ok(Home::Known(home));
        }
        if let Some(owner) = draft.owner {
            return Ok(plan.drafts[owner].key.map_or(Home::After(owner), |key| Home::Known(key.home)));
        }
        match socle_fhir::owner(draft.resource()) {
            Owner::Itself => Ok(Home::Known(session.new_home())),
            Owner::Programme => Ok(Home::Known(HomeId::programme(draft.resource_type))),
            Owner::ByIdentifier { resource_type, system, value } => {
                let params = vec![("identifier".to_owned(), format!("{system}|{value}"))];
                let found = self.find_keys(session, resource_type, &params, 2).await?;
                match found.as_slice() {
                    [(key, _)] => Ok(Home::Known(key.home)),
                    _ if may_write_loose(session) => Ok(Home::Known(HomeId::programme(draft.resource_type))),
                    _ => Err(unknown_owner(resource_type, "identifier")),
                }
            }
            Owner::Of(reference) => {
                if let Some(other) =
                    planned(&reference).filter(|other| *other != index && *other < plan.drafts.len())
                {
                    return Ok(plan.drafts[other]
                        .key
                        .map_or(Home::After(other), |key| Home::Known(key.home)));
                }
                self.home_of_reference(session, draft.resource_type, &reference, reserved).await
            }
        }
    }

    async fn home_of_reference(
        &self,
        session: &Session,
        of_type: ResourceType,
        reference: &str,
        reserved: &mut Reserved,
    ) -> Result<Home, Problem> {
        let Some((resource_type, id)) = local(reference) else {
            // A person known elsewhere only: nobody here can be harmed by it, and nobody but programs may write it.
            return if may_write_loose(session) {
                Ok(Home::Known(HomeId::programme(of_type)))
            } else {
                Err(unknown_owner(resource_type::PATIENT, reference))
            };
        };
        if let Some(key) = session.resolve(resource_type, id).await? {
            return Ok(Home::Known(key.home));
        }
        if let Some(key) = reserved.get(&(resource_type, id.to_owned())) {
            return Ok(Home::Known(key.home));
        }
        if !may_write_loose(session) {
            return Err(unknown_owner(resource_type, reference));
        }
        let has_own_home = [resource_type::PATIENT, resource_type::PRACTITIONER, resource_type::ORGANIZATION]
            .contains(&resource_type);
        if !has_own_home {
            return Ok(Home::Known(HomeId::programme(of_type)));
        }
        let key = session.new_key(session.new_home(), resource_type);
        reserved.insert((resource_type, id.to_owned()), key);
        Ok(Home::Known(key.home))
    }

    /// A resource never changes its home: its id says where it lives.
    async fn keep_home(&self, session: &Session, plan: &Plan, index: usize) -> Result<(), Problem> {
        let draft = &plan.drafts[index];
        let (Some(key), Some(before), Some(after), Verb::Update) =
            (draft.key, &draft.before, &draft.resource, draft.verb)
        else {
            return Ok(());
        };
        let (old, new) = (socle_fhir::owner(before), socle_fhir::owner(after));
        if old == new {
            return Ok(());
        }
        let new_home = match &new {
            Owner::Of(reference) => match planned(reference).and_then(|other| plan.drafts.get(other)) {
                Some(other) => other.key.map(|key| key.home),
                None => match local(reference) {
                    Some((resource_type, id)) => {
                        session.resolve(resource_type, id).await?.map(|key| key.home)
                    }
                    None => None,
                },
            },
            Owner::Programme => Some(HomeId::programme(draft.resource_type)),
            Owner::Itself | Owner::ByIdentifier { .. } => Some(key.home),
        };
        if new_home == Some(key.home) {
            return Ok(());
        }
        Err(Problem::new(
            Kind::Unprocessable,
            "Une ressource ne change pas de personne. Retirez celle-ci et créez-en une dans l'autre dossier.",
            "A resource does not move to another person. Withdraw this one and create one in the other record.",
        )
        .at(format!("{}.subject", draft.resource_type)))
    }
}

enum Home {
    Known(HomeId),
    After(usize),
}

/// Keys given to ids that are referenced before their resource exists.
type Reserved = BTreeMap<(ResourceType, String), Key>;

/// `Type/id` of a reference to this platform.
pub(crate) fn local(reference: &str) -> Option<(ResourceType, &str)> {
    let reference = reference.split("/_history/").next().unwrap_or(reference);
    let (name, id) = reference.split_once('/')?;
    let resource_type = name.parse().ok()?;
    crate::interaction::is_id(id).then_some((resource_type, id))
}

/// Programs may write resources whose person is not here (yet): imports, conformance suites.
fn may_write_loose(session: &Session) -> bool {
    matches!(session.principal().subject, Subject::System(_))
}

fn unknown_owner(resource_type: ResourceType, reference: &str) -> Problem {
    Problem::new(
        Kind::Unprocessable,
        format!("La ressource doit désigner une personne connue ({resource_type})."),
        format!("The resource must name a known {resource_type}."),
    )
    .coded("not-found")
    .expecting(format!("{resource_type}/<id>"))
    .receiving(reference)
}

fn circular() -> Problem {
    Problem::new(
        Kind::Unprocessable,
        "Les ressources de ce Bundle dépendent les unes des autres en rond.",
        "The resources of this Bundle depend on each other in a circle.",
    )
}
