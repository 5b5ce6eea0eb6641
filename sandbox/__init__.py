"""A stateful stand-in for the part of Stripe that Cofonda uses; test equipment, never imported by the application."""
