"""How Alembic reaches the database: always through the application, always online.

On SQLite a batch migration copies tables, so foreign keys are off while it runs and
are checked at its end; triggers that a copy dropped are made again by the migration.
"""

from alembic import context
from flask import current_app
from sqlalchemy import text

migrate = current_app.extensions["migrate"]

with migrate.db.engine.connect() as connection:
    embedded = connection.dialect.name == "sqlite"
    if embedded:
        # Past SQLAlchemy, which would begin a transaction, and in one the pragma does nothing.
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys = OFF")
        connection = connection.execution_options(writes=True)
    context.configure(
        connection=connection,
        target_metadata=migrate.db.metadata,
        **migrate.configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
        if embedded and (broken := connection.execute(text("PRAGMA foreign_key_check")).all()):
            raise RuntimeError(f"rows that point nowhere: {broken[:5]}")
    if embedded:
        connection.commit()
        driver.execute("PRAGMA foreign_keys = ON")
