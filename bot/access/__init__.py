"""Staff accounts: who may sign in, how they prove it, and for how long."""
