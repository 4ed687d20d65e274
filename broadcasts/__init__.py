"""Everything said to many: drafted, approved, sent, corrected."""
