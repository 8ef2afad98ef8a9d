"""Alembic's environment: always online, on the connection that `bot.migrations.migrate` hands over."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
declared = context.config.attributes["declared"]
context.configure(
    connection=connection,
    target_metadata=declared,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    # Rasa keeps its events beside ours on PostgreSQL; they are not ours to touch.
    include_name=lambda name, kind, _parents: kind != "table" or name in declared.tables,
)
with context.begin_transaction():
    context.run_migrations()
