"""Who follows a project, a quarter or a call by mail, and the letters with its news."""
