//! Where a search looks: in a person's home, among keys, or everywhere under a budget; and sub-questions, answered as the
//! one who asks.

use crate::owner::local;
use crate::pipeline::Pipeline;
use futures_util::future::BoxFuture;
use socle_fhir::{Ask, AskKind, Lead, Query, parse_query};
use socle_gate::{Part, PersonQuery, Session, Where};
use socle_kernel::{HomeId, Key, Kind, Problem, ResourceType, Subject, limits, resource_type};

impl Pipeline {
    /// Reads a search, answers its sub-questions and finds where to look.
    pub(crate) async fn prepare(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        is_lenient: bool,
    ) -> Result<Part, Problem> {
        self.prepare_near(session, resource_type, params, is_lenient, None).await
    }

    /// As [`Pipeline::prepare`], for a search that looks near these homes when it names no place itself.
    pub(crate) async fn prepare_near(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        is_lenient: bool,
        near: Option<&[HomeId]>,
    ) -> Result<Part, Problem> {
        session.check_known()?;
        let mut query = parse_query(resource_type, params, is_lenient)?;
        let mut log_homes = None;
        if !query.asks().is_empty() {
            let around = self.around(session, &query, near).await?;
            for (index, ask) in query.asks().to_vec().iter().enumerate() {
                let references = self.references_of(session, ask, around.as_deref()).await?;
                if resource_type == resource_type::AUDIT_EVENT && is_patient_chain(ask) {
                    log_homes = Some(references.clone());
                }
                query.answer(index, &references);
            }
        }
        let place = if resource_type == resource_type::AUDIT_EVENT && query.ids().is_none() {
            let named = log_homes.or_else(|| patients_named(params));
            self.place_of_log(session, &query, named).await?
        } else {
            self.place_of(session, &query, near).await?
        };
        Ok(Part { query, place, within: None, follow: None })
    }

    /// The homes in which sub-questions look when they name none: those of the search itself. `None`: it names none either.
    async fn around(
        &self,
        session: &Session,
        query: &Query,
        near: Option<&[HomeId]>,
    ) -> Result<Option<Vec<HomeId>>, Problem> {
        let mut homes = match self.named_place(session, query).await? {
            Some(Where::Homes(homes)) => homes,
            // Only what the caller may know of: a home must not be looked into because of something hidden in it.
            Some(Where::Keys(keys)) => session.seen(&keys).await?.into_iter().map(|key| key.home).collect(),
            _ => return Ok(near.map(<[HomeId]>::to_vec)),
        };
        homes.sort();
        homes.dedup();
        Ok(Some(homes))
    }

    /// Answers a sub-question as the one who asks: what is hidden from them leads nowhere.
    async fn references_of(
        &self,
        session: &Session,
        ask: &Ask,
        around: Option<&[HomeId]>,
    ) -> Result<Vec<String>, Problem> {
        let mut references = Vec::new();
        for search in &ask.searches {
            let part = self.prepare_boxed(session, search.resource_type, &search.params, around).await?;
            let left = limits::SEARCH_ANSWERS.saturating_sub(references.len());
            match ask.lead {
                Lead::Found => {
                    let found = session.find(&part, left + 1).await?;
                    references
                        .extend(found.into_iter().map(|(_, id)| format!("{}/{id}", search.resource_type)));
                }
                Lead::PointedTo { number, .. } => {
                    let part = Part { follow: Some(number), ..part };
                    references.extend(session.follow(&part, left + 1).await?);
                }
            }
            if references.len() > limits::SEARCH_ANSWERS {
                return Err(too_wide(&ask.name));
            }
        }
        references.sort_unstable();
        references.dedup();
        Ok(references)
    }

    /// Boxed, because a sub-question is a search itself.
    fn prepare_boxed<'a>(
        &'a self,
        session: &'a Session,
        resource_type: ResourceType,
        params: &'a [(String, String)],
        near: Option<&'a [HomeId]>,
    ) -> BoxFuture<'a, Result<Part, Problem>> {
        Box::pin(self.prepare_near(session, resource_type, params, false, near))
    }

    /// The homes whose log a search means: lines of the log are in no key table, whoever they name.
    async fn place_of_log(
        &self,
        session: &Session,
        query: &Query,
        named: Option<Vec<String>>,
    ) -> Result<Where, Problem> {
        match named {
            Some(references) => {
                let mut homes = Vec::new();
                for reference in references {
                    let id = reference.strip_prefix("Patient/").unwrap_or(&reference);
                    let key = session.resolve(resource_type::PATIENT, id).await?;
                    homes.extend(session.enter(key).await?);
                }
                Ok(Where::Homes(homes))
            }
            None => self.place_of(session, query, None).await,
        }
    }

    pub(crate) async fn place_of(
        &self,
        session: &Session,
        query: &Query,
        near: Option<&[HomeId]>,
    ) -> Result<Where, Problem> {
        let resource_type = query.resource_type;
        if query.finds_nothing() {
            return Ok(Where::Keys(Vec::new()));
        }
        if let Some(place) = self.named_place(session, query).await? {
            return Ok(place);
        }
        if resource_type == resource_type::SUBSCRIPTION {
            // They lie together, and each caller sees their own.
            return Ok(Where::Homes(vec![HomeId::programme(resource_type)]));
        }
        let is_directory = socle_gate::decide::is_directory(resource_type);
        if let Some(near) = near.filter(|_| !is_directory) {
            return Ok(Where::Homes(with_open(session, resource_type, near.to_vec())));
        }
        // A citizen is always in one record: a search that names nobody means that person.
        if let Subject::Citizen(citizen) = &session.principal().subject
            && !is_directory
        {
            return Ok(Where::Homes(with_open(session, resource_type, vec![citizen.person.home])));
        }
        Ok(Where::All)
    }

    /// Where the parameters themselves say to look; `None` when they do not.
    async fn named_place(&self, session: &Session, query: &Query) -> Result<Option<Where>, Problem> {
        let resource_type = query.resource_type;
        let references = query.home_references();
        if !references.is_empty() {
            let mut homes = Vec::new();
            for reference in references {
                let key = self.local_key(session, &reference).await?;
                homes.extend(session.enter(key).await?);
            }
            homes.sort();
            homes.dedup();
            return Ok(Some(Where::Homes(homes)));
        }
        if let Some(ids) = query.ids() {
            let mut keys = Vec::with_capacity(ids.len());
            for id in ids {
                keys.extend(session.resolve(resource_type, &id).await?);
            }
            keys.sort();
            keys.dedup();
            return Ok(Some(Where::Keys(keys)));
        }
        if let Some(alternatives) = query.key_values().into_iter().next() {
            let mut keys: Vec<Key> = Vec::new();
            for (param, value) in alternatives {
                keys.extend(session.find_keys(resource_type, param, &value, limits::SCAN_ROWS).await?);
            }
            keys.sort();
            keys.dedup();
            return Ok(Some(Where::Keys(keys)));
        }
        // Everybody else's names must neither be looked through for a citizen nor crowd out their own.
        let is_citizen = matches!(session.principal().subject, Subject::Citizen(_));
        if let Some(person) =
            query.person().filter(|_| resource_type == resource_type::PATIENT && !is_citizen)
        {
            let wanted = PersonQuery {
                birth_days: person.birth_days,
                family: person.family.unwrap_or_default(),
                given: person.given.unwrap_or_default(),
                exact: person.exact,
            };
            let keys = session.find_people(&wanted, limits::PEOPLE_FOUND + 1).await?;
            if keys.len() > limits::PEOPLE_FOUND {
                return Err(too_many_people());
            }
            return Ok(Some(Where::Keys(keys)));
        }
        Ok(None)
    }

    /// The key of a reference to this platform, relative or absolute.
    pub(crate) async fn local_key(&self, session: &Session, reference: &str) -> Result<Option<Key>, Problem> {
        let base = format!("{}/", self.fhir_base());
        let reference = reference.strip_prefix(&base).unwrap_or(reference);
        match local(reference) {
            Some((resource_type, id)) => session.resolve(resource_type, id).await,
            None => Ok(None),
        }
    }

    /// Keys and ids of the resources a search finds, without reading them for the caller: for references and conditions.
    pub(crate) async fn find_keys(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        limit: usize,
    ) -> Result<Vec<(Key, String)>, Problem> {
        let part = self.prepare(session, resource_type, params, false).await?;
        session.find(&part, limit).await
    }
}

/// What belongs to nobody is in the shared home of its type as well.
fn with_open(session: &Session, resource_type: ResourceType, mut homes: Vec<HomeId>) -> Vec<HomeId> {
    if session.gate().matrix().is_open(resource_type) {
        homes.push(HomeId::programme(resource_type));
    }
    homes
}

/// `AuditEvent?patient.identifier=…`.
fn is_patient_chain(ask: &Ask) -> bool {
    ask.kind == AskKind::Chain && matches!(ask.name.split(['.', ':']).next(), Some("patient"))
}

/// The people that `patient=…` names.
fn patients_named(params: &[(String, String)]) -> Option<Vec<String>> {
    let named = params.iter().find(|(name, _)| matches!(name.as_str(), "patient" | "patient:Patient"));
    named.map(|(_, value)| {
        let id = |reference: &str| reference.rsplit('/').next().unwrap_or(reference).to_owned();
        value.split(',').map(id).collect()
    })
}

fn too_wide(name: &str) -> Problem {
    Problem::new(
        Kind::TooCostly,
        format!("« {name} » mène à trop de ressources. Précisez la recherche, ou nommez une personne."),
        format!("`{name}` leads to too many resources. Narrow the search, or name a person."),
    )
    .at(name)
    .expecting(format!("at most {} (SEARCH_ANSWERS)", limits::SEARCH_ANSWERS))
}

fn too_many_people() -> Problem {
    Problem::new(
        Kind::TooCostly,
        "Trop de personnes correspondent. Précisez le nom, le prénom ou la date de naissance.",
        "Too many people match. Narrow the family name, the given name or the date of birth.",
    )
    .at("birthdate")
    .expecting(format!("at most {} people (PEOPLE_FOUND)", limits::PEOPLE_FOUND))
}
