//! What can be asked of one type: its addresses, its search parameters, its operations; from the same tables as the API itself.

use socle_kernel::{Lang, ResourceType};
use socle_pipeline::operations::Registry;
use socle_ui::form::{Form, select};
use socle_ui::{Markup, Render, html, parts};

/// A form to choose a type, and everything about the chosen one.
pub(super) fn show(lang: Lang, address: &str, chosen: &str, operations: &Registry) -> Markup {
    let types: Vec<(String, String)> = ResourceType::all()
        .map(|resource_type| (resource_type.name().to_owned(), resource_type.name().to_owned()))
        .collect();
    let chosen: Option<ResourceType> = chosen.parse().ok();
    let current = chosen.map_or("Patient", |resource_type| resource_type.name());
    parts::section(
        lang.pick("Ce que l'on peut demander", "What can be asked"),
        html! {
            (Form::get(lang, address, lang.pick("Afficher", "Show"))
                .id_prefix("catalogue")
                .inline()
                .field(select("type", lang.pick("Type de ressource", "Resource type"), types).value(current))
                .render())
            @if let Some(resource_type) = chosen {
                (addresses(lang, resource_type, operations))
                (parameters(lang, resource_type))
            }
            p {
                (lang.pick("Pour un générateur de code : ", "For a code generator: "))
                a href="/openapi.json" { (lang.pick("description OpenAPI 3.1", "OpenAPI 3.1 description")) }
                (lang.pick(" et ", " and "))
                a href="/fhir/metadata" { "CapabilityStatement" } "."
            }
        },
    )
}

fn addresses(lang: Lang, resource_type: ResourceType, operations: &Registry) -> Markup {
    let name = resource_type.name();
    let mut table = parts::Table::new(format!("{} {name}", lang.pick("Adresses de", "Addresses of")))
        .column(lang.pick("Adresse", "Address"))
        .column(lang.pick("Méthodes", "Methods"))
        .column(lang.pick("Pour", "For"));
    let fixed = [
        (format!("{name}?…"), "GET", lang.pick("chercher", "search")),
        (
            format!("{name}/_search"),
            "POST",
            lang.pick("chercher, paramètres dans le corps", "search, parameters in the body"),
        ),
        (name.to_owned(), "POST", lang.pick("créer", "create")),
        (
            format!("{name}/<id>"),
            "GET, PUT, PATCH, DELETE",
            lang.pick("lire, remplacer, modifier, supprimer", "read, replace, change, delete"),
        ),
        (format!("{name}/<id>/_history"), "GET", lang.pick("ses versions", "its versions")),
        (
            format!("{name}/_history"),
            "GET",
            lang.pick("ce qui a changé dans ce type", "what changed in this type"),
        ),
    ];
    for (address, methods, words) in &fixed {
        table = table.row(vec![html! { code { (address) } }, html! { (methods) }, html! { (words) }]);
    }
    for definition in operations.definitions() {
        for address in
            definition.addresses().iter().filter(|address| address.starts_with(&format!("{name}/")))
        {
            let methods = if definition.affects_state { "POST" } else { "GET, POST" };
            table = table.row(vec![
                html! { code { (address) } },
                html! { (methods) },
                html! { (lang.pick(definition.fr, definition.en)) },
            ]);
        }
    }
    table.render()
}

fn parameters(lang: Lang, resource_type: ResourceType) -> Markup {
    let mut table = parts::Table::new(format!(
        "{} {}",
        lang.pick("Paramètres de recherche de", "Search parameters of"),
        resource_type.name()
    ))
    .column(lang.pick("Nom", "Name"))
    .column(lang.pick("Sorte", "Kind"))
    .column(lang.pick("Regarde", "Looks at"));
    for parameter in socle_fhir::parameters(resource_type) {
        table = table.row(vec![
            html! { code { (parameter.code) } },
            html! { (parameter.kind.code()) },
            html! { code { (parameter.expression()) } },
        ]);
    }
    table.render()
}
