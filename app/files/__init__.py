"""What people upload: typed by content, pictures made anew, kept under random names."""
