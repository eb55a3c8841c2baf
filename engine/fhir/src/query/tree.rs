//! What a search asks, as a tree: leaves, joined by and, or, not.

/// A place in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// The leaf at this place of `Query::leaves`.
    Leaf(usize),
    /// All of them.
    All(Vec<Node>),
    /// One of them.
    Any(Vec<Node>),
    /// The opposite.
    Not(Box<Node>),
}

impl Node {
    /// Whether it holds, when `held` has a bit for each leaf.
    pub(super) fn holds(&self, held: u64) -> bool {
        match self {
            Node::Leaf(index) => held & (1 << index) != 0,
            Node::All(nodes) => nodes.iter().all(|node| node.holds(held)),
            Node::Any(nodes) => nodes.iter().any(|node| node.holds(held)),
            Node::Not(node) => !node.holds(held),
        }
    }

    /// The leaves that must hold for the whole to hold.
    pub(super) fn needed(&self, out: &mut Vec<usize>) {
        match self {
            Node::Leaf(index) => out.push(*index),
            Node::All(nodes) => nodes.iter().for_each(|node| node.needed(out)),
            Node::Any(_) | Node::Not(_) => {}
        }
    }
}
