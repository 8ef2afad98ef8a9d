"""The console's page about the Zalo channel."""
