"""Every SQL statement about tokens of the admin listener, in words both engines understand."""

from typing import Final

COLUMNS: Final = """
SELECT name, role, accounts, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by
  FROM admin_tokens
"""

BY_HASH: Final = COLUMNS + " WHERE token_sha256 = :hash"

LISTED: Final = COLUMNS + " WHERE name > :after ORDER BY name LIMIT :limit"

ADD: Final = """
INSERT INTO admin_tokens (name, token_sha256, role, accounts, created_at, created_by, expires_at)
VALUES (:name, :hash, :role, :accounts, :now, :by, :expires_at)
ON CONFLICT (name) DO NOTHING
RETURNING name
"""

REVOKE: Final = """
UPDATE admin_tokens SET revoked_at = :now, revoked_by = :by
 WHERE name = :name AND revoked_at IS NULL
RETURNING name
"""

# Written by any process that it is shown to; the latest counts.
USE: Final = """
UPDATE admin_tokens SET last_used_at = :now
 WHERE name = :name AND (last_used_at IS NULL OR last_used_at < :now)
"""
