"""The resources of Stripe's API, one module each; `routes` holds the table."""
