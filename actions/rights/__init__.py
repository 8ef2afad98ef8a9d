"""What people may ask about their data: see, correct, export, erase, withdraw consent."""
