//! Finds the home of every draft of a plan, gives keys and ids, and makes references inside the plan literal.

use crate::pipeline::Pipeline;
use crate::plan::{Plan, Verb};
use serde_json::Value;
use socle_fhir::{Owner, rewrite_references};
use socle_gate::Session;
use socle_kernel::{HomeId, Key, Kind, Problem, ResourceType, Subject, resource_type};
use std::borrow::Cow;
use std::collections::HashMap;

/// How deep a chain of owners inside one plan may go (role → practitioner is 1).
const OWNER_DEPTH: usize = 8;

/// The references that lead to drafts of a plan.
pub(crate) struct Links {
    by_reference: HashMap<String, usize>,
}

impl Links {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut by_reference = HashMap::new();
        for (index, draft) in plan.drafts.iter().enumerate() {
            if let Some(full_url) = &draft.full_url {
                by_reference.insert(full_url.clone(), index);
            }
            if let Some(alias) = &draft.alias {
                by_reference.insert(format!("{}/{alias}", draft.resource_type), index);
            }
        }
        Links { by_reference }
    }

    fn find(&self, reference: &str) -> Option<usize> {
        self.by_reference.get(reference).copied()
    }
}

impl Pipeline {
    /// Replaces conditional references (`Practitioner?identifier=…`) and absolute ones to this platform by literal ones.
    pub(crate) async fn settle_references(&self, session: &Session, plan: &mut Plan) -> Result<(), Problem> {
        let base = format!("{}/", self.fhir_base());
        let mut wanted: HashMap<String, Option<String>> = HashMap::new();
        for resource in plan.drafts.iter_mut().filter_map(|draft| draft.resource.as_mut()) {
            rewrite_references(resource, &mut |reference| {
                if let Some(rest) = reference.strip_prefix(&base) {
                    return Some(rest.to_owned());
                }
                let is_conditional =
                    reference.split_once('?').is_some_and(|(name, _)| name.parse::<ResourceType>().is_ok());
                if is_conditional {
                    wanted.entry(reference.to_owned()).or_default();
                }
                None
            });
        }
        if wanted.is_empty() {
            return Ok(());
        }
        for (reference, found) in &mut wanted {
            *found = Some(self.settle(session, reference).await?);
        }
        for resource in plan.drafts.iter_mut().filter_map(|draft| draft.resource.as_mut()) {
            rewrite_references(resource, &mut |reference| wanted.get(reference).cloned().flatten());
        }
        Ok(())
    }

    async fn settle(&self, session: &Session, reference: &str) -> Result<String, Problem> {
        let (name, query) = reference.split_once('?').unwrap_or((reference, ""));
        let resource_type: ResourceType = name.parse().map_err(|_| Problem::not_found())?;
        let params = crate::interaction::parse_query_text(query)?;
        let found = self.find_keys(session, resource_type, &params, 2).await?;
        match found.as_slice() {
            [(_, id)] => Ok(format!("{resource_type}/{id}")),
            several => Err(Problem::new(
                Kind::VersionConflict,
                "Une référence conditionnelle doit désigner exactement une ressource.",
                "A conditional reference must mean exactly one resource.",
            )
            .coded(if several.is_empty() { "not-found" } else { "multiple-matches" })
            .expecting("1")
            .receiving(format!("{} ({reference})", several.len()))),
        }
    }

    /// Gives every new draft its home and key; drafts of known resources keep theirs. Returns the ids reserved for people,
    /// professionals and organisations that are referenced before they exist.
    pub(crate) async fn place(
        &self,
        session: &Session,
        plan: &mut Plan,
        links: &Links,
    ) -> Result<Vec<(String, Key)>, Problem> {
        let mut reserved: Vec<(String, Key)> = Vec::new();
        for index in 0..plan.drafts.len() {
            self.place_one(session, plan, links, index, &mut reserved).await?;
        }
        Ok(reserved)
    }

    /// Places one draft after those it depends on.
    async fn place_one(
        &self,
        session: &Session,
        plan: &mut Plan,
        links: &Links,
        index: usize,
        reserved: &mut Vec<(String, Key)>,
    ) -> Result<(), Problem> {
        let mut waiting = vec![index];
        while let Some(&current) = waiting.last() {
            if waiting.len() > OWNER_DEPTH {
                return Err(circular());
            }
            if plan.drafts[current].key.is_some() {
                self.keep_home(session, plan, links, current).await?;
                waiting.pop();
                continue;
            }
            if let Some(alias) = plan.drafts[current].alias.clone() {
                let known = session.resolve(plan.drafts[current].resource_type, &alias).await?;
                let known =
                    known.or_else(|| reserved_key(reserved, plan.drafts[current].resource_type, &alias));
                if let Some(key) = known {
                    reserved
                        .retain(|(id, other)| !(id == &alias && other.resource_type == key.resource_type));
                    plan.drafts[current].key = Some(key);
                    continue;
                }
            }
            match self.home_of(session, plan, links, current, reserved).await? {
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
        links: &Links,
        index: usize,
        reserved: &mut Vec<(String, Key)>,
    ) -> Result<Home, Problem> {
        let draft = &plan.drafts[index];
        if let Some(home) = draft.home {
            return Ok(Home::Known(home));
        }
        if let Some(owner) = draft.owner {
            return Ok(plan.drafts[owner].key.map_or(Home::After(owner), |key| Home::Known(key.home)));
        }
        match socle_fhir::owner(&typed(draft.resource(), plan, links)) {
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
                    planned(&reference).or_else(|| links.find(&reference)).filter(|other| *other != index)
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
        reserved: &mut Vec<(String, Key)>,
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
        if let Some(key) = reserved_key(reserved, resource_type, id) {
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
        reserved.push((id.to_owned(), key));
        Ok(Home::Known(key.home))
    }

    /// A resource never changes its home: its id says where it lives.
    async fn keep_home(
        &self,
        session: &Session,
        plan: &Plan,
        links: &Links,
        index: usize,
    ) -> Result<(), Problem> {
        let draft = &plan.drafts[index];
        let (Some(key), Some(before), Some(after), Verb::Update) =
            (draft.key, &draft.before, &draft.resource, draft.verb)
        else {
            return Ok(());
        };
        let (old, new) = (socle_fhir::owner(before), socle_fhir::owner(&typed(after, plan, links)));
        if old == new {
            return Ok(());
        }
        let new_home = match &new {
            Owner::Of(reference) => match planned(reference).or_else(|| links.find(reference)) {
                Some(other) => plan.drafts[other].key.map(|key| key.home),
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

    /// Makes references between drafts literal, now that every draft has its id.
    pub(crate) fn link(&self, session: &Session, plan: &mut Plan, links: &Links) {
        let ids: Vec<String> = plan
            .drafts
            .iter()
            .map(|draft| {
                let id = match (
                    &draft.alias,
                    draft.key,
                    draft.before.as_ref().and_then(|before| before["id"].as_str()),
                ) {
                    (Some(alias), ..) => alias.clone(),
                    (None, _, Some(id)) => id.to_owned(),
                    (None, Some(key), None) => session.gate().cipher().seal(key),
                    (None, None, None) => String::new(),
                };
                format!("{}/{id}", draft.resource_type)
            })
            .collect();
        for resource in plan.drafts.iter_mut().filter_map(|draft| draft.resource.as_mut()) {
            rewrite_references(resource, &mut |reference| {
                links.find(reference).map(|index| ids[index].clone())
            });
        }
    }
}

/// Marks a reference to a draft of the same plan, with its position.
const PLANNED: &str = "plan-5b0d1f0c-";

/// The resource with its `urn:` references to other drafts written as `Type/…`: whose home a resource lives in depends on
/// the types it refers to, which a `urn:` does not say.
fn typed<'a>(resource: &'a Value, plan: &Plan, links: &Links) -> Cow<'a, Value> {
    let mut typed = resource.clone();
    let mut is_changed = false;
    rewrite_references(&mut typed, &mut |reference| {
        let index = links.find(reference)?;
        is_changed = true;
        Some(format!("{}/{PLANNED}{index}", plan.drafts[index].resource_type))
    });
    if is_changed { Cow::Owned(typed) } else { Cow::Borrowed(resource) }
}

/// The position of a draft behind a reference made by [`typed`].
fn planned(reference: &str) -> Option<usize> {
    reference.split_once('/')?.1.strip_prefix(PLANNED)?.parse().ok()
}

enum Home {
    Known(HomeId),
    After(usize),
}

fn reserved_key(reserved: &[(String, Key)], resource_type: ResourceType, id: &str) -> Option<Key> {
    reserved
        .iter()
        .find(|(known, key)| known == id && key.resource_type == resource_type)
        .map(|(_, key)| *key)
}

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
