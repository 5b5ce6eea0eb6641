"""Where things happen: the city's boroughs and zones."""
