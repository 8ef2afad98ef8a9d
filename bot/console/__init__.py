"""The staff console: sign-in, people waiting for an agent, unanswered questions, dossiers. Server-rendered."""
