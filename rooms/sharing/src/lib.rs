//! What the person decides: hide, block, open, and who saw the record.
