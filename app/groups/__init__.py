"""Groups of citizens and bodies: who belongs, and the way from an informal group to a verified legal entity."""
