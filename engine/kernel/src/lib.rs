//! Ids, clock, chance, principals, problems, limits: the tiny, stable base.
