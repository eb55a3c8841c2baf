//! The pages of the record: the citizen's space and the professionals' workspace.

mod common;
mod content;
mod data;
mod documents;
mod glance;
mod home;
mod patient_documents;
mod publish;
mod publish_form;
mod row;
#[cfg(test)]
mod samples;
mod view;
mod viewer;
mod withdraw;

use socle_pipeline::{Page, Who};

/// Every page of this room.
pub fn pages() -> Vec<Page> {
    let citizen = Who::Citizen;
    let professional = Who::Professional;
    vec![
        Page::get("/mon-espace", citizen, |call, session| Box::pin(home::show(call, session))),
        Page::get("/mon-espace/documents", citizen, |call, session| Box::pin(documents::show(call, session))),
        Page::get("/mon-espace/documents/{id}", citizen, |call, session| {
            Box::pin(viewer::citizen(call, session))
        }),
        Page::get("/mon-espace/documents/{id}/contenu", citizen, |call, session| {
            Box::pin(content::citizen(call, session))
        }),
        Page::get("/pro/patients/{id}", professional, |call, session| Box::pin(glance::show(call, session))),
        Page::get("/pro/patients/{id}/donnees/{nature}", professional, |call, session| {
            Box::pin(data::show(call, session))
        }),
        Page::get("/pro/patients/{id}/documents", professional, |call, session| {
            Box::pin(patient_documents::show(call, session))
        }),
        Page::get("/pro/patients/{id}/documents/publier", professional, |call, session| {
            Box::pin(publish::ask(call, session))
        }),
        Page::post("/pro/patients/{id}/documents/publier", professional, |call, session| {
            Box::pin(publish::answer(call, session))
        }),
        Page::get("/pro/patients/{id}/documents/{document}", professional, |call, session| {
            Box::pin(viewer::professional(call, session))
        }),
        Page::get("/pro/patients/{id}/documents/{document}/contenu", professional, |call, session| {
            Box::pin(content::professional(call, session))
        }),
        Page::get("/pro/patients/{id}/documents/{document}/retirer", professional, |call, session| {
            Box::pin(withdraw::ask(call, session))
        }),
        Page::post("/pro/patients/{id}/documents/{document}/retirer", professional, |call, session| {
            Box::pin(withdraw::answer(call, session))
        }),
    ]
}
