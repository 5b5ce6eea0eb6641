"""Who somebody is: accounts, sessions, roles, one-time codes, and the brakes on guessing."""
