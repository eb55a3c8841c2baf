//! Where a search looks: in a person's home, among keys, or everywhere under a budget; and chained parameters.

use crate::owner::local;
use crate::pipeline::Pipeline;
use futures_util::future::BoxFuture;
use socle_fhir::{Query, parse_query};
use socle_gate::{PersonQuery, Search, Session, Where};
use socle_kernel::{HomeId, Key, Problem, ResourceType, Subject, limits, resource_type};

/// Resources one global key may find.
const KEYS_FOUND: usize = 1_000;
/// How deep chained parameters may go.
const CHAIN_DEPTH: usize = 3;

/// A search ready for the gate.
pub(crate) struct Prepared {
    pub query: Query,
    pub chains: Vec<Vec<String>>,
    pub place: Where,
}

impl Pipeline {
    /// Parses a search, resolves its chains and finds where to look.
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
        for chain in query.chains() {
            let target = chain.target.unwrap_or(resource_type::PATIENT);
            let rest = [chain.rest.clone()];
            let found = if depth >= CHAIN_DEPTH {
                Vec::new()
            } else {
                self.find_keys_at(session, target, &rest, KEYS_FOUND, depth + 1).await?
            };
            if target == resource_type::PATIENT {
                homes.get_or_insert_default().extend(found.iter().map(|(key, _)| key.home));
            }
            let references: Vec<String> = found.into_iter().map(|(_, id)| format!("{target}/{id}")).collect();
            // Each resolved chain waits no longer, so the next one is the first again.
            query.resolve_chain(0, references.clone());
            chains.push(references);
        }
        if resource_type == resource_type::AUDIT_EVENT && homes.is_none() {
            homes = self.homes_of_log(session, params).await?;
        }
        let place = self.place_of(session, resource_type, &query, homes).await?;
        Ok(Prepared { query, chains, place })
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

    /// Boxed, because a chained parameter is a search itself.
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
