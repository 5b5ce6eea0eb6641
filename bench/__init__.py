"""`make bench`: what the pages and the search cost with many campaigns, against a hello-world on the same server."""
