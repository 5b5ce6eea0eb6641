"""The shell: layout, navigation, home, gates, error table, development pages."""
