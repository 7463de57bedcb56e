"""Every SQL statement about sessions of the console, in words both engines understand."""

from typing import Final

BY_HASH: Final = """
SELECT session_sha256, token_sha256, account_sid, created_at, used_at, ends_at
  FROM admin_sessions
 WHERE session_sha256 = :session
"""

ADD: Final = """
INSERT INTO admin_sessions (session_sha256, token_sha256, account_sid, created_at, used_at, ends_at)
VALUES (:session, :token, :account, :now, :now, :ends_at)
"""

# Written by any process that it is shown to; the latest counts.
USE: Final = """
UPDATE admin_sessions SET used_at = :now
 WHERE session_sha256 = :session AND used_at < :now
"""

CHOOSE: Final = """
UPDATE admin_sessions SET account_sid = :account
 WHERE session_sha256 = :session
"""

END: Final = """
DELETE FROM admin_sessions
 WHERE session_sha256 = :session
"""

# Nobody can go on with these any more.
DROP_ENDED: Final = """
DELETE FROM admin_sessions
 WHERE ends_at <= :now OR used_at <= :idle_since
"""
