//! What a subscription may ask for, and what it is told when it asks for something else.

use super::house::{House, subscription, with_channel};
use serde_json::{Value, json};
use socle_kernel::{Kind, Problem, limits};

fn told(problem: &Problem) -> String {
    problem.to_string()
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place_and_what_is_offered() {
    let house = House::new().await;
    let labo = house.program("labo");
    let change = |path: &str, value: Value| {
        let mut resource = subscription("document-new", &[], "id-only");
        *resource.pointer_mut(path).unwrap() = value;
        resource
    };
    let cases = [
        (
            change("/criteria", json!("https://elsewhere.example/topic")),
            "Subscription.criteria",
            "document-replaced",
        ),
        (
            subscription("document-new", &["Observation?code=x"], "id-only"),
            "criteria.extension[0]",
            "DocumentReference?",
        ),
        (
            subscription("document-new", &["DocumentReference?description=x"], "id-only"),
            "criteria.extension[0]",
            "patient | subject",
        ),
        (
            subscription("document-new", &["DocumentReference?patient.name=x"], "id-only"),
            "criteria.extension[0]",
            "patient",
        ),
        (subscription("resource-changed", &[], "id-only"), "Subscription.criteria", "Observation?patient"),
        (
            subscription("resource-changed", &["Observation?nonsense=x"], "id-only"),
            "criteria.extension[0]",
            "nonsense",
        ),
        (change("/channel/type", json!("sms")), "Subscription.channel.type", "rest-hook | websocket | email"),
        (
            change("/channel/payload", json!("application/fhir+xml")),
            "Subscription.channel.payload",
            "application/fhir+json",
        ),
        (
            change("/channel/_payload/extension/0/valueCode", json!("all")),
            "channel.payload.extension",
            "full-resource",
        ),
        (change("/channel/header/0", json!("Host: elsewhere")), "Subscription.channel.header", "host"),
        (
            with_channel(
                subscription("document-new", &[], "empty"),
                "backport-heartbeat-period",
                "valueUnsignedInt",
                1,
            ),
            "backport-heartbeat-period",
            "10 to",
        ),
        (
            with_channel(
                subscription("document-new", &[], "empty"),
                "backport-timeout",
                "valueUnsignedInt",
                3600,
            ),
            "backport-timeout",
            "1 to 30",
        ),
        (
            with_channel(
                subscription("document-new", &[], "empty"),
                "backport-max-count",
                "valuePositiveInt",
                5000,
            ),
            "backport-max-count",
            "1 to 100",
        ),
    ];
    for (resource, place, offered) in cases {
        let problem = house.create(&labo, resource).await.unwrap_err();
        let text = told(&problem);
        assert_eq!(problem.kind, Kind::Unprocessable, "{text}");
        assert!(text.contains(place) && text.contains(offered), "{place}, {offered}: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
    let mut past = subscription("document-new", &[], "empty");
    past["end"] = json!("2026-11-21T09:59:59Z");
    assert!(told(&house.create(&labo, past).await.unwrap_err()).contains("Subscription.end"));
}

#[tokio::test]
async fn a_mail_says_nothing_and_may_not_be_asked_to() {
    let house = House::new().await;
    let labo = house.program("labo");
    let mail = |content: &str, endpoint: &str| {
        let mut resource = subscription("document-new", &[], content);
        resource["channel"]["type"] = "email".into();
        resource["channel"]["payload"] = "text/plain".into();
        resource["channel"]["endpoint"] = endpoint.into();
        resource
    };
    assert!(house.create(&labo, mail("id-only", "mailto:a@exemple.test")).await.is_err());
    assert!(house.create(&labo, mail("empty", "mailto:a@exemple.test,b@exemple.test")).await.is_err());
    assert!(house.create(&labo, mail("empty", "mailto:a@exemple.test")).await.is_ok());
}

#[tokio::test]
async fn the_status_is_the_platforms_to_say() {
    let house = House::new().await;
    let labo = house.program("labo");
    let mut resource = subscription("document-new", &[], "empty");
    resource["status"] = "active".into();
    assert_eq!(house.create(&labo, resource.clone()).await.unwrap()["status"], "requested");
    resource["status"] = "off".into();
    assert!(house.create(&labo, resource).await.is_err());
}

#[tokio::test]
async fn scopes_that_read_nothing_of_a_topic_do_not_subscribe_to_it() {
    let house = House::new().await;
    let mut anne = house.doctor("anne").await;
    anne.scopes = vec!["user/Subscription.cruds".into(), "user/Observation.rs".into()];
    let problem = house.create(&anne, subscription("document-new", &[], "empty")).await.unwrap_err();
    assert_eq!(problem.kind, Kind::Refused);
    assert!(told(&problem).contains("DocumentReference"), "{problem}");
    assert!(house.create(&anne, subscription("result-new", &[], "empty")).await.is_ok());
    anne.scopes = vec!["user/*.rs".into()];
    assert_eq!(
        house.create(&anne, subscription("result-new", &[], "empty")).await.unwrap_err().kind,
        Kind::Refused
    );
}

#[tokio::test]
async fn one_caller_has_so_many_and_nobody_changes_anothers() {
    let house = House::new().await;
    let (anne, paul) = (house.doctor("anne").await, house.doctor("paul").await);
    let made = house.create(&anne, subscription("document-new", &[], "empty")).await.unwrap();
    for who in [&paul, &house.program("labo"), &house.citizen()] {
        assert!(house.update(who, made.clone()).await.is_err());
        assert!(house.delete(who, "Subscription", made["id"].as_str().unwrap()).await.is_err());
    }
    for _ in 1..limits::SUBSCRIPTIONS_OF_ONE {
        house.create(&anne, subscription("document-new", &[], "empty")).await.unwrap();
    }
    let problem = house.create(&anne, subscription("document-new", &[], "empty")).await.unwrap_err();
    assert_eq!(problem.kind, Kind::TooMany);
    assert!(house.create(&paul, subscription("document-new", &[], "empty")).await.is_ok());
}
