//! The pages by which a person decides who sees what, and learns who saw what.

mod access;
mod access_line;
mod block;
mod common;
#[cfg(test)]
mod samples;
mod sharing;
mod visibility;

use socle_pipeline::{Page, Who};

/// Every page of this room.
pub fn pages() -> Vec<Page> {
    let citizen = Who::Citizen;
    vec![
        Page::post("/mon-espace/documents/{id}/visibilite", citizen, |call, session| {
            Box::pin(visibility::answer(call, session))
        }),
        Page::get("/mon-espace/acces", citizen, |call, session| Box::pin(access::show(call, session))),
        Page::get("/mon-espace/acces/{id}", citizen, |call, session| {
            Box::pin(access_line::show(call, session))
        }),
        Page::get("/mon-espace/partage", citizen, |call, session| Box::pin(sharing::show(call, session))),
        Page::get("/mon-espace/partage/bloquer", citizen, |call, session| {
            Box::pin(block::ask(call, session))
        }),
        Page::post("/mon-espace/partage/bloquer", citizen, |call, session| {
            Box::pin(block::answer(call, session))
        }),
        Page::post("/mon-espace/partage/debloquer", citizen, |call, session| {
            Box::pin(block::unblock(call, session))
        }),
    ]
}
