//! `socle routes`: the table of pages, from the rooms themselves.

use crate::cli::Store;
use crate::failure::Failure;
use crate::http::router;
use crate::{terminal, wiring};
use std::path::PathBuf;
use std::process::ExitCode;

/// Prints method, address, who may call it and the room that answers.
pub async fn run(_: Store, _: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let mut lines: Vec<String> = router::public_pages()
        .into_iter()
        .map(|page| ("public", page))
        .chain(
            wiring::rooms()
                .into_iter()
                .flat_map(|room| room.pages.into_iter().map(move |page| (room.name, page))),
        )
        .map(|(room, page)| {
            let guard = if page.is_guarded { "" } else { " machine" };
            format!("{:4} {:56} {:13}{room}{guard}", page.method.name(), page.path, page.who.name())
        })
        .collect();
    lines.sort_by_key(|line| line[5..].to_owned());
    terminal::print(&lines.join("\n"));
    Ok(ExitCode::SUCCESS)
}
