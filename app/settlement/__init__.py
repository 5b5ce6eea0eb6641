"""The close of a campaign: outcome, collection run, grace window, match confirmed or released."""
