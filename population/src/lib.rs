//! A synthetic region: people, professionals, places and histories. Same seed, same people.
