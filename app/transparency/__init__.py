"""Public registers and exports: where every euro went."""
