//! Principals to decisions; consents, masks, matrix, break-glass; the audit log. The only door to the store.
