"""Who did what, when, to which thing: the record that nobody may change."""
