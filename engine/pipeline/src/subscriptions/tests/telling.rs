//! Who is told of what, in which order, under which numbers; and what happens when it goes wrong.

use super::house::{House, focus, numbers, parameter, subscription, with_channel};
use crate::subscriptions::ParcelKind;
use serde_json::{Value, json};
use socle_kernel::{Clock, Kind, limits};
use std::time::Duration;

async fn subscribe(house: &House, who: &socle_kernel::Principal, resource: Value) -> String {
    let id = house.create(who, resource).await.unwrap()["id"].as_str().unwrap().to_owned();
    house.work().await;
    id
}

/// The events that were carried, handshakes and signs of life left out.
fn events(house: &House) -> Vec<Value> {
    house.taken().into_iter().filter(|(kind, _)| *kind == ParcelKind::Events).map(|(_, body)| body).collect()
}

#[tokio::test]
async fn a_subscription_shakes_hands_then_tells_of_what_happens() {
    let house = House::new().await;
    let anne = house.doctor("anne").await;
    let made = house
        .create(&anne, subscription("document-new", &["DocumentReference?patient=Patient/p"], "id-only"))
        .await
        .unwrap();
    assert_eq!(made["status"], "requested");
    let id = made["id"].as_str().unwrap();
    house.work().await;
    assert_eq!(house.status(&anne, id).await, "active");
    let taken = house.taken();
    let (kind, handshake) = &taken[0];
    assert_eq!((taken.len(), *kind, &handshake["type"]), (1, ParcelKind::Handshake, &json!("history")));
    assert_eq!(parameter(handshake, "type").unwrap()["valueCode"], "handshake");
    assert_eq!(parameter(handshake, "status").unwrap()["valueCode"], "requested");
    assert_eq!(
        handshake["entry"][0]["request"]["url"],
        format!("https://sante.example/fhir/Subscription/{id}/$status")
    );
    let document = house.document("un", &[]).await;
    house.work().await;
    let told = events(&house);
    assert_eq!(told.len(), 1);
    assert_eq!(numbers(&told[0]), [1]);
    let url = format!("https://sante.example/fhir/DocumentReference/{document}");
    assert_eq!(focus(&told[0]), Some(url.as_str()));
    assert_eq!(parameter(&told[0], "events-since-subscription-start").unwrap()["valueString"], "1");
    assert_eq!(told[0]["entry"].as_array().unwrap().len(), 1, "no resource in an id-only notification");
    assert!(
        socle_fhir::check(&told[0]).iter().all(|issue| issue.severity < socle_kernel::Severity::Error),
        "{:?}",
        socle_fhir::check(&told[0])
    );
    // A change of it is no new document, and another type is another topic.
    house
        .patch(
            &house.program("labo"),
            "DocumentReference",
            &document,
            json!([{ "op": "replace", "path": "/description", "value": "deux" }]),
        )
        .await
        .unwrap();
    house.work().await;
    assert!(events(&house).is_empty());
}

#[tokio::test]
async fn a_payload_holds_what_was_asked_and_no_more() {
    let house = House::new().await;
    let anne = house.doctor("anne").await;
    for content in ["empty", "full-resource"] {
        subscribe(&house, &anne, subscription("document-new", &[], content)).await;
    }
    house.taken();
    let document = house.document("titre", &[]).await;
    house.work().await;
    let told = events(&house);
    let full = told.iter().find(|told| focus(told).is_some()).expect("the full one");
    let empty = told.iter().find(|told| focus(told).is_none()).expect("the empty one");
    assert_eq!(full["entry"][1]["resource"]["description"], "titre");
    assert_eq!(full["entry"][1]["request"]["method"], "POST");
    let text = empty.to_string();
    assert!(
        !text.contains(&document)
            && !text.contains("DocumentReference")
            && parameter(empty, "topic").is_none(),
        "{text}"
    );
    assert_eq!(numbers(empty), [1]);
}

#[tokio::test]
async fn what_one_may_not_see_is_not_told_and_not_counted() {
    let house = House::new().await;
    let (anne, paul, claire) = (house.doctor("anne").await, house.doctor("paul").await, house.citizen());
    let of_anne = subscribe(&house, &anne, subscription("document-new", &[], "id-only")).await;
    let of_paul = subscribe(&house, &paul, subscription("document-new", &[], "id-only")).await;
    let of_claire = subscribe(&house, &claire, subscription("document-new", &[], "id-only")).await;
    house.taken();
    house.document("masqué", &["MASQUE_PS"]).await;
    house.document("caché", &["INVISIBLE_PATIENT"]).await;
    house.document("pour tous", &[]).await;
    house.work().await;
    let told = house.taken();
    let of = |id: &str| -> Vec<u64> {
        let reference = format!("https://sante.example/fhir/Subscription/{id}");
        let own = told.iter().filter(|(_, body)| {
            parameter(body, "subscription").unwrap()["valueReference"]["reference"] == reference
        });
        own.flat_map(|(_, body)| numbers(body)).collect()
    };
    assert_eq!(of(&of_anne), [1, 2], "what is hidden from professionals leaves no gap");
    assert_eq!(of(&of_claire), [1, 2], "what is hidden from the person leaves no gap");
    assert_eq!(of(&of_paul), [] as [u64; 0], "without a relation nothing is told");
    let status = house.operate(&paul, Some(&of_paul), "status", &[]).await.unwrap();
    assert!(
        status.to_string().contains(r#""events-since-subscription-start","valueString":"0""#),
        "{status}"
    );
}

#[tokio::test]
async fn the_decision_is_made_when_it_is_told_not_when_it_happened() {
    let house = House::new().await;
    let anne = house.doctor("anne").await;
    subscribe(&house, &anne, subscription("document-new", &[], "full-resource")).await;
    house.taken();
    // Noted, but hidden before anybody was told.
    let document = house.document("secret", &[]).await;
    house.runner.until_rest("subscriptions.match").await;
    let mask = json!([{ "op": "add", "path": "/securityLabel", "value": [{ "coding": [{ "system": "urn:x", "code": "MASQUE_PS" }] }] }]);
    house.patch(&house.program("labo"), "DocumentReference", &document, mask.clone()).await.unwrap();
    house.work().await;
    assert!(events(&house).is_empty());
    // Counted and not delivered, then hidden: its number stays, nothing else of it leaves.
    *house.memory.is_refusing.lock() = true;
    let document = house.document("secret aussi", &[]).await;
    house.work().await;
    house.patch(&house.program("labo"), "DocumentReference", &document, mask).await.unwrap();
    *house.memory.is_refusing.lock() = false;
    house.wait(Duration::from_secs(10)).await;
    let told = events(&house);
    assert_eq!(numbers(&told[0]), [1]);
    assert_eq!((focus(&told[0]), told[0]["entry"].as_array().unwrap().len()), (None, 1));
}

#[tokio::test]
async fn a_relation_that_ends_and_a_block_end_what_is_told() {
    let house = House::new().await;
    let (anne, claire) = (house.doctor("anne").await, house.citizen());
    subscribe(&house, &anne, subscription("document-new", &[], "id-only")).await;
    house.taken();
    house.document("avant", &[]).await;
    house.work().await;
    assert_eq!(events(&house).len(), 1);
    let block = json!({ "resourceType": "Consent", "status": "active",
        "scope": { "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy" }] },
        "category": [{ "coding": [{ "system": "http://loinc.org", "code": "59284-0" }] }],
        "patient": { "reference": "Patient/p" },
        "policyRule": { "text": "Essai" },
        "provision": { "type": "deny", "actor": [{ "role": { "text": "bloqué" }, "reference": { "reference": "Practitioner/anne" } }] } });
    house.create(&claire, block).await.unwrap();
    house.document("après", &[]).await;
    house.wait(Duration::from_secs(1)).await;
    assert!(events(&house).is_empty(), "a blocked professional is told of nothing");
}

#[tokio::test]
async fn a_revoked_grant_switches_off() {
    let house = House::new().await;
    let anne = house.doctor("anne").await;
    let id = subscribe(&house, &anne, subscription("document-new", &[], "id-only")).await;
    house.taken();
    house.document("avant", &[]).await;
    house.runner.until_rest("subscriptions.match").await;
    house.door.0.lock().push("grant-logiciel".into());
    house.document("après", &[]).await;
    house.wait(Duration::from_secs(1)).await;
    assert!(house.taken().is_empty());
    assert_eq!(house.status(&anne, &id).await, "off");
    assert!(
        house.read(&anne, "Subscription", &id).await.unwrap()["error"].as_str().unwrap().contains("granted")
    );
}

#[tokio::test]
async fn failures_are_tried_again_after_growing_waits_then_given_up_until_asked_again() {
    let house = House::new().await;
    let labo = house.program("labo");
    let id = subscribe(&house, &labo, subscription("document-new", &[], "id-only")).await;
    house.taken();
    *house.memory.is_refusing.lock() = true;
    house.document("un", &[]).await;
    let mut waits = Vec::new();
    for _ in 1..limits::DELIVERY_ATTEMPTS {
        let until = house.work().await.expect("a moment");
        waits.push((until.micros() - house.clock.now().micros()) / 1_000_000);
        house.clock.set(until);
        // The job looks again at least this often; what is not due is left.
        while house.clock.now() < until {
            house.work().await;
        }
    }
    assert_eq!(waits[..4], [1, 2, 4, 8]);
    house.wait(limits::DELIVERY_RETRY_LONGEST * limits::DELIVERY_ATTEMPTS).await;
    assert_eq!(house.status(&labo, &id).await, "error");
    let stored = house.read(&labo, "Subscription", &id).await.unwrap();
    assert_eq!(stored["error"], "The address answered 503.");
    // Given up, nothing is lost: asked again, it goes on with the same numbers.
    house.document("deux", &[]).await;
    house.work().await;
    *house.memory.is_refusing.lock() = false;
    house.wait(Duration::from_secs(5)).await;
    assert!(house.taken().is_empty());
    let again = json!({ "status": "requested" });
    let mut resource = stored;
    resource["status"] = again["status"].clone();
    house.update(&labo, resource).await.unwrap();
    house.wait(Duration::from_secs(5)).await;
    assert_eq!(house.status(&labo, &id).await, "active");
    let told: Vec<u64> = events(&house).iter().flat_map(numbers).collect();
    assert_eq!(told, [1, 2]);
}

#[tokio::test]
async fn a_handshake_that_fails_ends_in_error() {
    let house = House::new().await;
    let labo = house.program("labo");
    *house.memory.is_refusing.lock() = true;
    let id = subscribe(&house, &labo, subscription("document-new", &[], "empty")).await;
    assert_eq!(house.status(&labo, &id).await, "error");
}

#[tokio::test]
async fn no_event_is_lost_or_numbered_anew_when_the_program_ends_at_any_moment() {
    let mut house = House::new().await;
    let labo = house.program("labo");
    subscribe(&house, &labo, subscription("document-new", &[], "id-only")).await;
    house.taken();
    let mut told = Vec::new();
    for round in 0..12 {
        house.document(&format!("document {round}"), &[]).await;
        // The program ends after so many turns, wherever that is: noted, counted, delivered.
        for turn in 0..round % 5 {
            let job = if turn == 0 { "subscriptions.match" } else { "subscriptions.attend" };
            house.runner.turn_of(job).await;
        }
        told.extend(events(&house).iter().flat_map(numbers));
        house = house.again().await;
    }
    house.wait(Duration::from_secs(5)).await;
    told.extend(events(&house).iter().flat_map(numbers));
    assert!(told.is_sorted(), "{told:?}");
    told.dedup();
    assert_eq!(told, (1..=12).collect::<Vec<u64>>(), "each event, once or again, and no other");
}

#[tokio::test]
async fn a_sign_of_life_is_sent_when_nothing_happens() {
    let house = House::new().await;
    let labo = house.program("labo");
    let resource = with_channel(
        subscription("document-new", &[], "empty"),
        "backport-heartbeat-period",
        "valueUnsignedInt",
        60,
    );
    subscribe(&house, &labo, resource).await;
    house.taken();
    house.wait(Duration::from_secs(59)).await;
    assert!(house.taken().is_empty());
    house.wait(Duration::from_secs(2)).await;
    let taken = house.taken();
    assert_eq!((taken.len(), taken[0].0), (1, ParcelKind::Heartbeat));
    assert_eq!(parameter(&taken[0].1, "type").unwrap()["valueCode"], "heartbeat");
    assert!(numbers(&taken[0].1).is_empty());
    house.wait(Duration::from_secs(61)).await;
    assert_eq!(house.taken().len(), 1);
}

#[tokio::test]
async fn events_go_out_together_up_to_the_number_asked_for() {
    let house = House::new().await;
    let labo = house.program("labo");
    let resource = with_channel(
        subscription("document-new", &[], "id-only"),
        "backport-max-count",
        "valuePositiveInt",
        2,
    );
    subscribe(&house, &labo, resource).await;
    house.taken();
    for number in 0..5 {
        house.document(&format!("{number}"), &[]).await;
    }
    house.wait(Duration::from_secs(5)).await;
    let told: Vec<Vec<u64>> = events(&house).iter().map(numbers).collect();
    assert_eq!(told, [vec![1, 2], vec![3, 4], vec![5]]);
}

#[tokio::test]
async fn a_subscription_ends_when_its_time_is_over_or_its_owner_says_so() {
    let house = House::new().await;
    let labo = house.program("labo");
    let mut resource = subscription("document-new", &[], "empty");
    resource["end"] = house.clock.now().plus(Duration::from_secs(100)).to_string().into();
    let ending = subscribe(&house, &labo, resource).await;
    let other = subscribe(&house, &labo, subscription("document-new", &[], "empty")).await;
    let gone = subscribe(&house, &labo, subscription("document-new", &[], "empty")).await;
    house.wait(Duration::from_secs(101)).await;
    assert_eq!(house.status(&labo, &ending).await, "off");
    let mut off = house.read(&labo, "Subscription", &other).await.unwrap();
    off["status"] = "off".into();
    house.update(&labo, off).await.unwrap();
    house.delete(&labo, "Subscription", &gone).await.unwrap();
    house.work().await;
    house.taken();
    house.document("personne", &[]).await;
    house.wait(Duration::from_secs(5)).await;
    assert!(house.taken().is_empty());
    assert_eq!(house.status(&labo, &other).await, "off");
    assert_eq!(
        crate::subscriptions::wishes(&house.pipeline).await.unwrap().len(),
        2,
        "the deleted one is forgotten"
    );
}

#[tokio::test]
async fn other_topics_tell_of_their_changes() {
    let house = House::new().await;
    let labo = house.program("labo");
    subscribe(&house, &labo, subscription("document-replaced", &[], "id-only")).await;
    subscribe(
        &house,
        &labo,
        subscription("resource-changed", &["Condition?patient=Patient/p&code=A01"], "full-resource"),
    )
    .await;
    house.taken();
    let document = house.document("un", &[]).await;
    house.wait(Duration::from_secs(1)).await;
    assert!(events(&house).is_empty());
    for (path, value) in [("/status", "superseded"), ("/description", "autre")] {
        let patch = json!([{ "op": "replace", "path": path, "value": value }]);
        house.patch(&labo, "DocumentReference", &document, patch).await.unwrap();
        house.wait(Duration::from_secs(1)).await;
    }
    assert_eq!(events(&house).len(), 1, "when it becomes so, not each time it is");
    let condition = |code: &str| json!({ "resourceType": "Condition", "subject": { "reference": "Patient/p" }, "code": { "coding": [{ "system": "urn:c", "code": code }] } });
    house.create(&labo, condition("B02")).await.unwrap();
    let made = house.create(&labo, condition("A01")).await.unwrap();
    house.delete(&labo, "Condition", made["id"].as_str().unwrap()).await.unwrap();
    house.wait(Duration::from_secs(1)).await;
    let told = events(&house);
    let told: Vec<u64> = told.iter().flat_map(numbers).collect();
    assert_eq!(told, [1, 2], "made and deleted; the other code is filtered out");
}

#[tokio::test]
async fn past_events_can_be_asked_for_again_by_their_owner_alone() {
    let house = House::new().await;
    let (anne, labo) = (house.doctor("anne").await, house.program("labo"));
    let id = subscribe(&house, &anne, subscription("document-new", &[], "full-resource")).await;
    for number in 0..3 {
        house.document(&format!("{number}"), &[]).await;
    }
    house.wait(Duration::from_secs(2)).await;
    let query = [("eventsSinceNumber", "2"), ("eventsUntilNumber", "3")];
    let found = house.operate(&anne, Some(&id), "events", &query).await.unwrap();
    assert_eq!(numbers(&found), [2, 3]);
    assert_eq!(found["entry"].as_array().unwrap().len(), 3);
    let found = house.operate(&anne, Some(&id), "events", &[("content", "empty")]).await.unwrap();
    assert_eq!((numbers(&found), focus(&found)), (vec![1, 2, 3], None));
    for who in [&labo, &house.doctor("paul").await] {
        assert_eq!(house.operate(who, Some(&id), "events", &[]).await.unwrap_err().kind, Kind::NotFound);
        assert_eq!(house.operate(who, Some(&id), "status", &[]).await.unwrap_err().kind, Kind::NotFound);
        assert_eq!(house.read(who, "Subscription", &id).await.unwrap_err().kind, Kind::NotFound);
    }
    let all = house.operate(&anne, None, "status", &[("status", "active")]).await.unwrap();
    assert_eq!((all["type"].as_str(), all["total"].as_u64()), (Some("searchset"), Some(1)));
    let text = all.to_string();
    assert!(
        text.contains("query-status") && text.contains("delivered") && !text.contains("secret"),
        "{text}"
    );
    assert_eq!(house.operate(&labo, None, "status", &[]).await.unwrap()["total"], 0);
}

#[tokio::test]
async fn a_held_connection_is_bound_with_a_token_and_told_of_the_same_events() {
    let house = House::new().await;
    let (anne, labo) = (house.doctor("anne").await, house.program("labo"));
    let mut resource = subscription("document-new", &[], "id-only");
    resource["channel"] = json!({ "type": "websocket", "payload": "application/fhir+json", "_payload": resource["channel"]["_payload"] });
    let id = subscribe(&house, &anne, resource).await;
    assert_eq!(house.status(&anne, &id).await, "active");
    assert_eq!(
        house.operate(&labo, None, "get-ws-binding-token", &[]).await.unwrap_err().kind,
        Kind::NotFound
    );
    let bound = house.operate(&anne, Some(&id), "get-ws-binding-token", &[]).await.unwrap();
    let value = |name: &str, member: &str| {
        let all = bound["parameter"].as_array().unwrap();
        all.iter().find(|parameter| parameter["name"] == name).unwrap()[member].as_str().unwrap().to_owned()
    };
    assert_eq!(value("websocket-url", "valueUrl"), "wss://sante.example/subscriptions/ws");
    let token = value("token", "valueString");
    assert!(house.pipeline.bound_by("another").await.is_err());
    let mut live = house.pipeline.bound_by(&token).await.unwrap().remove(0);
    assert!(live.handshake().await.unwrap().is_some());
    assert!(live.next().await.unwrap().is_none());
    house.document("masqué", &["MASQUE_PS"]).await;
    house.document("un", &[]).await;
    house.work().await;
    let sent = live.next().await.unwrap().expect("an event");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!((numbers(&body), sent.last), (vec![1], 1));
    assert!(live.next().await.unwrap().is_none(), "told once");
    house.door.0.lock().push("grant-logiciel".into());
    assert!(live.next().await.is_err(), "closed when the grant is revoked");
    house.clock.advance(limits::BINDING_TOKEN_TIME);
    assert_eq!(house.pipeline.bound_by(&token).await.err().unwrap().kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn an_address_that_does_not_answer_holds_up_nobody_else() {
    let house = House::new().await;
    let labo = house.program("labo");
    let mut silent = subscription("document-new", &[], "id-only");
    silent["channel"]["endpoint"] = "https://silent.test/".into();
    subscribe(&house, &labo, silent).await;
    subscribe(&house, &labo, subscription("document-new", &[], "id-only")).await;
    house.taken();
    *house.memory.silent.lock() = Some("https://silent.test/".into());
    for number in 0..3 {
        house.document(&format!("{number}"), &[]).await;
        house.wait(Duration::from_secs(1)).await;
    }
    let told: Vec<u64> = events(&house).iter().flat_map(numbers).collect();
    assert_eq!(told, [1, 2, 3], "the other one is told all the same");
}

#[tokio::test]
async fn finding_people_at_a_desk_is_no_ground_to_be_told_of_them() {
    let house = House::new().await;
    for who in ["anne", "paul"] {
        let doctor = house.doctor(who).await;
        subscribe(&house, &doctor, subscription("resource-changed", &["Patient?"], "id-only")).await;
        house.taken();
        let patch = json!([{ "op": "add", "path": "/gender", "value": if who == "anne" { "female" } else { "other" } }]);
        house.patch(&house.program("labo"), "Patient", "p", patch).await.unwrap();
        house.wait(Duration::from_secs(1)).await;
        // Anne is in the team, and goes on being told; Paul can find the person and is not.
        assert_eq!(events(&house).len(), 1, "{who}");
    }
}
