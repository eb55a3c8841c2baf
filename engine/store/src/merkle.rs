//! The Merkle tree of the audit log: RFC 6962 hashing (RFC 9162 §2.1), kept as its frontier.
//!
//! The frontier is the list of the roots of the full subtrees, largest first: one per set bit of the size. It is all
//! that appending and the root need.

use sha2::{Digest, Sha256};

/// A hash of the tree.
pub(crate) type Hash = [u8; 32];

/// Hash of a leaf.
pub(crate) fn leaf_hash(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new_with_prefix([0u8]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1u8]).chain_update(left).chain_update(right).finalize().into()
}

/// The frontier of a growing tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Leaves so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    pub(crate) fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one of the size is a full subtree that the new leaf completes to the next power of two.
        for _ in 0..self.size.trailing_ones() {
            let left = self.roots.pop().expect("one root per set bit of the size");
            hash = node_hash(&left, &hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// Root of the tree; the hash of nothing when it is empty.
    pub(crate) fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        match roots.next() {
            None => Sha256::digest([]).into(),
            Some(last) => roots.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The frontier as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// The frontier of this size from its bytes; `None` when the number of roots does not fit the size.
    pub(crate) fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (roots, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && roots.len() == size.count_ones() as usize;
        fits.then(|| Frontier { size, roots: roots.to_vec() })
    }
}

/// Ranges of leaves whose roots prove that leaf `number` is in a tree of `size`, lowest first (RFC 9162 §2.1.3.1).
pub(crate) fn proof_ranges(number: u64, size: u64) -> Vec<(u64, u64)> {
    let (mut from, mut to) = (0, size);
    let mut ranges = Vec::new();
    while to - from > 1 {
        let split = from + largest_power_below(to - from);
        if number < split {
            ranges.push((split, to));
            to = split;
        } else {
            ranges.push((from, split));
            from = split;
        }
    }
    ranges.reverse();
    ranges
}

fn largest_power_below(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// The root that a leaf and its path lead to (RFC 9162 §2.1.3.2); `None` when the path has another length than the
/// place demands.
pub(crate) fn root_of_path(number: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if number >= size {
        return None;
    }
    let ranges = proof_ranges(number, size);
    if ranges.len() != path.len() {
        return None;
    }
    let root = ranges.iter().zip(path).fold(leaf, |hash, ((from, _), beside)| {
        if *from <= number { node_hash(beside, &hash) } else { node_hash(&hash, beside) }
    });
    Some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    /// The leaves of the reference implementation's test vectors (Certificate Transparency, RFC 6962).
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    /// Roots of the trees over the first 1 to 8 of them.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn frontier(leaves: &[Hash]) -> Frontier {
        leaves.iter().fold(Frontier::default(), |mut frontier, leaf| {
            frontier.append(*leaf);
            frontier
        })
    }

    fn path(number: u64, leaves: &[Hash]) -> Vec<Hash> {
        proof_ranges(number, leaves.len() as u64)
            .into_iter()
            .map(|(from, to)| frontier(&leaves[from as usize..to as usize]).root())
            .collect()
    }

    #[test]
    fn roots_agree_with_the_reference_vectors() {
        let leaves: Vec<Hash> = LEAVES.iter().map(|leaf| leaf_hash(&[leaf])).collect();
        for (index, root) in ROOTS.iter().enumerate() {
            assert_eq!(HEXLOWER.encode(&frontier(&leaves[..=index]).root()), *root, "{} leaves", index + 1);
        }
        assert_eq!(
            HEXLOWER.encode(&Frontier::default().root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn paths_agree_with_the_reference_vectors() {
        let leaves: Vec<Hash> = LEAVES.iter().map(|leaf| leaf_hash(&[leaf])).collect();
        let hex = |path: Vec<Hash>| path.iter().map(|hash| HEXLOWER.encode(hash)).collect::<Vec<_>>();
        assert_eq!(path(0, &leaves[..1]), Vec::<Hash>::new());
        assert_eq!(
            hex(path(0, &leaves)),
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
        assert_eq!(
            hex(path(5, &leaves)),
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(
            hex(path(2, &leaves[..3])),
            ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]
        );
        assert_eq!(
            hex(path(1, &leaves[..5])),
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ]
        );
    }

    proptest! {
        #[test]
        fn a_path_leads_to_the_root_for_its_own_leaf_only(size in 1u64..70, at in any::<prop::sample::Index>()) {
            let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&[&n.to_be_bytes()])).collect();
            let (root, number) = (frontier(&leaves).root(), at.index(size as usize) as u64);
            let path = path(number, &leaves);
            prop_assert_eq!(root_of_path(number, size, leaves[number as usize], &path), Some(root));
            prop_assert_ne!(root_of_path(number, size, leaf_hash(&[b"other"]), &path), Some(root));
            prop_assert_eq!(root_of_path(size, size, leaves[number as usize], &path), None);
            let longer: Vec<Hash> = path.iter().copied().chain([root]).collect();
            prop_assert_eq!(root_of_path(number, size, leaves[number as usize], &longer), None);
        }

        #[test]
        fn a_frontier_survives_its_bytes(size in 0u64..200) {
            let leaves: Vec<Hash> = (0..size).map(|n| leaf_hash(&[&n.to_be_bytes()])).collect();
            let whole = frontier(&leaves);
            prop_assert_eq!(Frontier::from_bytes(size, &whole.to_bytes()), Some(whole.clone()));
            prop_assert_eq!(Frontier::from_bytes(size + 1, &whole.to_bytes()).is_some(),
                (size + 1).count_ones() == size.count_ones());
        }
    }
}
