"""Files that citizens send: judged by content in a process of its own, cleaned, scanned, stored encrypted."""
