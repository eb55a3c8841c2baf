//! Writes every sample page, with the files it needs, to a folder that a browser can open:
//! `cargo run -p socle-ui --example gallery -- <folder> [document.xml …]`. CDA documents named after the folder are
//! rendered as pages too.

use socle_ui::{Lang, Shell, Space, assets, cda, page, samples};
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("name the folder to write to")?;
    std::fs::create_dir_all(folder.join("assets"))?;
    for asset in assets::all() {
        std::fs::write(folder.join(asset.path.trim_start_matches('/')), &asset.bytes)?;
    }
    for lang in [Lang::Fr, Lang::En] {
        for (name, html) in samples::pages(lang) {
            write(&folder, name, lang, &html)?;
        }
    }
    for document in arguments {
        let cda = cda::render(&std::fs::read(&document)?, Lang::Fr)?;
        let shell =
            Shell { title: &cda.title, space: Space::Citizen, is_demo: true, path: "/", ..Shell::default() };
        let name = document.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        write(&folder, &name, Lang::Fr, &page(&shell, cda.markup))?;
    }
    Ok(())
}

/// Absolute addresses of assets become relative, so that the page works without a server.
fn write(folder: &Path, name: &str, lang: Lang, html: &str) -> std::io::Result<()> {
    std::fs::write(
        folder.join(format!("{name}-{}.html", lang.tag())),
        html.replace("\"/assets/", "\"assets/"),
    )
}
