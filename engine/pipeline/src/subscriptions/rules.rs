//! What must hold before a `Subscription` is written, and the wish that is written with it.

use super::attend::Carrier;
use super::{Terms, WISHES, Wish};
use crate::jobs::Owner;
use crate::pipeline::Pipeline;
use crate::plan::{Draft, Plan, Verb};
use crate::room::Rules;
use async_trait::async_trait;
use socle_gate::{Act, Kept, Session, scopes};
use socle_kernel::{HomeId, Issue, Key, Kind, Problem, Purpose, ResourceType, Words, limits, resource_type};
use std::sync::Arc;

/// The rules of `Subscription`.
pub(crate) struct SubscriptionRules(pub(crate) Arc<dyn Carrier>);

#[async_trait]
impl Rules for SubscriptionRules {
    async fn check(
        &self,
        plan: &mut Plan,
        index: usize,
        session: &Session,
        pipeline: &Pipeline,
    ) -> Result<(), Problem> {
        let draft = &mut plan.drafts[index];
        let key = place(draft, session).await?;
        let drawers = pipeline.gate().drawers("subscriptions");
        let before: Option<Kept<Wish>> = drawers.keep(WISHES, HomeId::PLATFORM, &key.to_block()).await?;
        if draft.verb == Verb::Delete {
            if let Some(before) = before {
                let gone = Wish { is_gone: true, version: draft.expected + 1, ..before.value };
                let write = drawers.change(WISHES, HomeId::PLATFORM, &key.to_block(), Some(&gone));
                plan.drawers.push(write);
            }
            return Ok(());
        }
        check_owner(session)?;
        let terms = Terms::read(draft.resource(), session.now())
            .map_err(|issues| Problem::with_issues(Kind::Unprocessable, issues))?;
        check_types(session, &terms)?;
        self.0.check(&terms.channel, pipeline)?;
        let is_off = settle_status(draft)?;
        let owner = Owner::of(session);
        if before.as_ref().is_none_or(|before| before.value.is_gone) {
            check_count(pipeline, &owner).await?;
        }
        let kept = before.filter(|before| !before.value.is_gone && before.value.terms.topic == terms.topic);
        let since = match kept {
            Some(kept) => kept.value.since,
            None => pipeline.gate().feed_end().await,
        };
        let id = draft.alias.clone().unwrap_or_else(|| pipeline.gate().cipher().seal(key));
        let id =
            draft.before.as_ref().and_then(|before| before["id"].as_str().map(str::to_owned)).unwrap_or(id);
        let wish = Wish { owner, id, version: draft.expected + 1, terms, since, is_off, is_gone: false };
        plan.drawers.push(drawers.change(WISHES, HomeId::PLATFORM, &key.to_block(), Some(&wish)));
        Ok(())
    }
}

/// The key of a draft, given now: the wish is written under it in the same transaction.
async fn place(draft: &mut Draft, session: &Session) -> Result<Key, Problem> {
    if draft.key.is_none()
        && let Some(alias) = &draft.alias
    {
        draft.key = session.resolve(draft.resource_type, alias).await?;
    }
    let home = HomeId::programme(resource_type::SUBSCRIPTION);
    Ok(*draft.key.get_or_insert_with(|| session.new_key(home, resource_type::SUBSCRIPTION)))
}

/// An emergency ends; what is told by itself must not go on in its name.
fn check_owner(session: &Session) -> Result<(), Problem> {
    if matches!(session.purpose(), Purpose::BreakGlass(_) | Purpose::Regulation(_)) {
        return Err(Problem::new(
            Kind::Refused,
            "Un accès en urgence ou en régulation ne permet pas de s'abonner.",
            "An emergency or regulation access does not allow subscribing.",
        ));
    }
    Ok(())
}

/// Refused at once when the token does not even cover the types: nothing would ever be told.
fn check_types(session: &Session, terms: &Terms) -> Result<(), Problem> {
    let filtered = terms.filters.iter().map(|(of_type, _)| *of_type);
    let topic = terms.topic();
    let named =
        topic.iter().flat_map(|topic| topic.types()).filter_map(|name| name.parse::<ResourceType>().ok());
    let wanted: Vec<ResourceType> =
        if terms.filters.is_empty() { named.collect() } else { filtered.collect() };
    if wanted.iter().any(|of_type| scopes::allow(session.principal(), Act::Read, *of_type)) {
        return Ok(());
    }
    let names: Vec<&str> = wanted.iter().map(|of_type| of_type.name()).collect();
    Err(Problem::new(
        Kind::Refused,
        "Les droits (scopes) de ce jeton ne couvrent pas la lecture de ce que ce sujet notifie.",
        "The scopes of this token do not cover reading what this topic tells of.",
    )
    .expecting(format!("read of {}", names.join(" | "))))
}

/// The platform says when a subscription is active; its owner may ask for it, or switch it off. True when off.
fn settle_status(draft: &mut Draft) -> Result<bool, Problem> {
    let Some(resource) = &mut draft.resource else { return Ok(false) };
    let is_off = resource["status"] == "off";
    if !is_off {
        resource["status"] = "requested".into();
    }
    if let Some(members) = resource.as_object_mut() {
        members.shift_remove("error");
    }
    if draft.verb == Verb::Create && is_off {
        return Err(Problem::with_issues(
            Kind::Unprocessable,
            vec![
                Issue::error(
                    "value",
                    "Subscription.status",
                    Words::new(
                        "Un abonnement se demande : son état est d'abord requested.",
                        "A subscription is asked for: its status is requested at first.",
                    ),
                )
                .expected("requested")
                .received("off"),
            ],
        ));
    }
    Ok(is_off)
}

async fn check_count(pipeline: &Pipeline, owner: &Owner) -> Result<(), Problem> {
    let wishes = super::wishes(pipeline).await?;
    let live = wishes.iter().filter(|(_, wish)| !wish.is_gone);
    let own = live.clone().filter(|(_, wish)| wish.owner.is_same(owner)).count();
    if own >= limits::SUBSCRIPTIONS_OF_ONE || live.count() >= limits::SUBSCRIPTIONS {
        return Err(Problem::new(
            Kind::TooMany,
            "Trop d'abonnements. Supprimez ceux qui ne servent plus.",
            "Too many subscriptions. Delete those that are of no use any more.",
        )
        .expecting(format!(
            "at most {} for one caller (SUBSCRIPTIONS_OF_ONE), {} in all (SUBSCRIPTIONS)",
            limits::SUBSCRIPTIONS_OF_ONE,
            limits::SUBSCRIPTIONS
        )));
    }
    Ok(())
}
