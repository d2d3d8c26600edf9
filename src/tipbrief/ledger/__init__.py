"""The ledger: editions that were delivered, and what was corrected between them."""
