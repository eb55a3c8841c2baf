//! Where a search looks: in a person's home, among keys, or everywhere under a budget; and sub-questions.

use crate::owner::local;
use crate::pipeline::Pipeline;
use futures_util::future::BoxFuture;
use socle_fhir::{Ask, AskKind, Lead, Query, Sketch, parse_query};
use socle_gate::{PersonQuery, Search, Session, Where};
use socle_kernel::{HomeId, Key, Problem, ResourceType, Subject, limits, resource_type};

/// Resources one global key may find.
const KEYS_FOUND: usize = 1_000;

/// A search ready for the gate.
pub(crate) struct Prepared {
    pub query: Query,
    /// The references that answer its sub-questions.
    pub chains: Vec<Vec<String>>,
    pub place: Where,
}

impl Pipeline {
    /// Parses a search, answers its sub-questions and finds where to look.
    pub(crate) async fn prepare(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        is_lenient: bool,
        depth: usize,
    ) -> Result<Prepared, Problem> {
        let mut query = parse_query(resource_type, params, is_lenient)?;
        let mut chains = Vec::new();
        let mut homes: Option<Vec<HomeId>> = None;
        for (index, ask) in query.asks().to_vec().iter().enumerate() {
            let (references, keys) = self.references_of(session, ask, depth + 1).await?;
            let is_about_people = ask.searches.iter().all(|s| s.resource_type == resource_type::PATIENT);
            if ask.kind == AskKind::Chain && is_about_people {
                homes.get_or_insert_default().extend(keys.iter().map(|key| key.home));
            }
            query.answer(index, &references);
            chains.push(references);
        }
        if resource_type == resource_type::AUDIT_EVENT && homes.is_none() {
            homes = self.homes_of_log(session, params).await?;
        }
        let place = self.place_of(session, resource_type, &query, homes).await?;
        Ok(Prepared { query, chains, place })
    }

    /// Answers a sub-question as the one who asks: what is hidden from them leads nowhere.
    async fn references_of(
        &self,
        session: &Session,
        ask: &Ask,
        depth: usize,
    ) -> Result<(Vec<String>, Vec<Key>), Problem> {
        let (mut references, mut keys) = (Vec::new(), Vec::new());
        for search in &ask.searches {
            let found =
                self.find_keys_at(session, search.resource_type, &search.params, KEYS_FOUND, depth).await?;
            for (key, id) in found {
                match ask.lead {
                    Lead::Found => references.push(format!("{}/{id}", search.resource_type)),
                    Lead::PointedTo { number, .. } => {
                        let Some(found) = session.peek(key).await? else { continue };
                        let sketch = socle_fhir::index(&socle_fhir::parse(&found.body)?, &[]).sketch;
                        references.extend(Sketch(&sketch).references(number).map(|to| to.to_string()));
                    }
                }
                keys.push(key);
            }
        }
        references.sort_unstable();
        references.dedup();
        Ok((references, keys))
    }

    /// The homes whose log a search means: lines of the log are in no key table, whoever they name.
    async fn homes_of_log(
        &self,
        session: &Session,
        params: &[(String, String)],
    ) -> Result<Option<Vec<HomeId>>, Problem> {
        let named = params.iter().find(|(name, _)| matches!(name.as_str(), "patient" | "patient:Patient"));
        let Some((_, value)) = named else { return Ok(None) };
        let mut homes = Vec::new();
        for reference in value.split(',') {
            let reference = reference.strip_prefix(&format!("{}/", self.fhir_base())).unwrap_or(reference);
            let id = reference.strip_prefix("Patient/").unwrap_or(reference);
            homes.extend(session.resolve(resource_type::PATIENT, id).await?.map(|key| key.home));
        }
        Ok(Some(homes))
    }

    async fn place_of(
        &self,
        session: &Session,
        resource_type: ResourceType,
        query: &Query,
        chained_homes: Option<Vec<HomeId>>,
    ) -> Result<Where, Problem> {
        if query.finds_nothing() {
            return Ok(Where::Keys(Vec::new()));
        }
        if let Some(ids) = query.ids() {
            let mut keys = Vec::with_capacity(ids.len());
            for id in ids {
                keys.extend(session.resolve(resource_type, &id).await?);
            }
            return Ok(Where::Keys(keys));
        }
        let references = query.home_references();
        if !references.is_empty() {
            let mut homes = Vec::new();
            for reference in references {
                let reference =
                    reference.strip_prefix(&format!("{}/", self.fhir_base())).unwrap_or(&reference);
                if let Some((owner_type, id)) = local(reference)
                    && let Some(key) = session.resolve(owner_type, id).await?
                    && !homes.contains(&key.home)
                {
                    homes.push(key.home);
                }
            }
            return Ok(Where::Homes(homes));
        }
        if let Some(mut homes) = chained_homes {
            homes.sort();
            homes.dedup();
            return Ok(Where::Homes(homes));
        }
        if let Some(alternatives) = query.key_values().into_iter().next() {
            let mut keys: Vec<Key> = Vec::new();
            for (param, value) in alternatives {
                keys.extend(session.find_keys(resource_type, param, &value, KEYS_FOUND).await?);
            }
            keys.sort();
            keys.dedup();
            return Ok(Where::Keys(keys));
        }
        if let Some(person) = query.person().filter(|_| resource_type == resource_type::PATIENT) {
            let wanted = PersonQuery {
                birth_days: person.birth_days,
                family: person.family.unwrap_or_default(),
                given: person.given.unwrap_or_default(),
                exact: person.exact,
            };
            return Ok(Where::Keys(session.find_people(&wanted, limits::PEOPLE_FOUND).await?));
        }
        // A citizen is always in one record: a search that names nobody means that person.
        if let Subject::Citizen(citizen) = &session.principal().subject
            && !socle_gate::decide::is_directory(resource_type)
        {
            return Ok(Where::Homes(vec![citizen.person.home]));
        }
        if resource_type == resource_type::SUBSCRIPTION {
            // They lie together, and each caller sees their own.
            return Ok(Where::Homes(vec![HomeId::programme(resource_type)]));
        }
        Ok(Where::All)
    }

    /// Keys and ids of the resources a search finds, without reading them for the caller: for references and conditions.
    pub(crate) async fn find_keys(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        limit: usize,
    ) -> Result<Vec<(Key, String)>, Problem> {
        self.find_keys_at(session, resource_type, params, limit, 0).await
    }

    /// Boxed, because a sub-question is a search itself.
    fn find_keys_at<'a>(
        &'a self,
        session: &'a Session,
        resource_type: ResourceType,
        params: &'a [(String, String)],
        limit: usize,
        depth: usize,
    ) -> BoxFuture<'a, Result<Vec<(Key, String)>, Problem>> {
        Box::pin(self.find_keys_now(session, resource_type, params, limit, depth))
    }

    async fn find_keys_now(
        &self,
        session: &Session,
        resource_type: ResourceType,
        params: &[(String, String)],
        limit: usize,
        depth: usize,
    ) -> Result<Vec<(Key, String)>, Problem> {
        let prepared = self.prepare(session, resource_type, params, false, depth).await?;
        let search = Search {
            resource_type,
            params,
            lenient: false,
            chains: &prepared.chains,
            place: prepared.place,
            limit,
        };
        session.find(&search).await
    }
}
