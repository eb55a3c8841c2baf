//! The flat list of a snapshot as a tree of children and slices.

use serde_json::Value;
use std::collections::HashMap;

/// An element definition with what is below and beside it.
#[derive(Debug)]
pub(in crate::validate) struct Raw<'v> {
    pub element: &'v Value,
    /// Name (with `[x]`), place.
    pub children: Vec<(String, usize)>,
    /// Name of the slice, place.
    pub slices: Vec<(String, usize)>,
}

/// All element definitions of a snapshot; the first is the root.
#[derive(Debug)]
pub(in crate::validate) struct Tree<'v> {
    pub nodes: Vec<Raw<'v>>,
}

impl<'v> Tree<'v> {
    /// Reads a snapshot.
    pub fn of(structure: &'v Value) -> Option<Tree<'v>> {
        let elements = structure.pointer("/snapshot/element")?.as_array()?;
        let mut tree = Tree { nodes: Vec::with_capacity(elements.len()) };
        // The element of a path that was read last: children follow their parent.
        let mut latest: HashMap<&str, usize> = HashMap::new();
        for element in elements {
            let path = element.get("path")?.as_str()?;
            let place = tree.nodes.len();
            tree.nodes.push(Raw { element, children: Vec::new(), slices: Vec::new() });
            let Some((above, name)) = path.rsplit_once('.') else {
                latest.insert(path, place);
                continue;
            };
            let Some(parent) = latest.get(above).copied() else { continue };
            match element.get("sliceName").and_then(Value::as_str) {
                Some(slice) => tree.add_slice(parent, name, slice, place),
                None => tree.nodes[parent].children.push((name.to_owned(), place)),
            }
            latest.insert(path, place);
        }
        (!tree.nodes.is_empty()).then_some(tree)
    }

    fn add_slice(&mut self, parent: usize, name: &str, slice: &str, place: usize) {
        let Some(mut whole) = self.child(parent, name) else {
            // A slice of what is not described: it is described by itself.
            self.nodes[parent].children.push((name.to_owned(), place));
            return;
        };
        // `a/b` is the slice b of the slice a.
        if let Some((outer, _)) = slice.rsplit_once('/')
            && let Some((_, found)) = self.nodes[whole].slices.iter().find(|(known, _)| known == outer)
        {
            whole = *found;
        }
        self.nodes[whole].slices.push((slice.to_owned(), place));
    }

    /// The child of this name (with or without `[x]`).
    pub fn child(&self, at: usize, name: &str) -> Option<usize> {
        let plain = |name: &str| name.strip_suffix("[x]").unwrap_or(name).to_owned();
        let wanted = plain(name);
        self.nodes[at].children.iter().find(|(known, _)| plain(known) == wanted).map(|(_, place)| *place)
    }
}
