"""Alembic's entry: runs the migrations in the transaction of `migration.migrate`."""

from alembic import context

from chargerights.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    compare_server_default=True,
    transactional_ddl=False,
)
context.run_migrations()
