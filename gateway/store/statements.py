"""Every SQL statement of the traffic's path, in words both engines understand; values are always parameters."""

from typing import Final

from gateway.store.many_lines import NUMBER, TEXT, TRUTH, Insert

# One look-up for many recipients: their opt-outs, standing and lifted, how new the account's settings are, and whether
# it has erased persons. All in one row: between two rows SQLite's driver waits for its turn in Python.
FIND_OPT_OUTS: Final = """
SELECT json_group_array(json_array(
           k.key, a.settings_version, a.erasures,
           o.scope_kind, o.scope_id, o.standing, o.effective_at, o.source, o.hold,
           o.shadow_standing, o.shadow_effective_at, o.shadow_source))
  FROM json_each(:keys) AS k
  LEFT JOIN accounts AS a ON a.account_sid = json_extract(k.value, '$[0]')
  LEFT JOIN opt_outs AS o ON o.account_sid = json_extract(k.value, '$[0]')
                         AND o.channel = json_extract(k.value, '$[1]')
                         AND o.recipient_key = json_extract(k.value, '$[2]')
"""

# The same where there are arrays (PostgreSQL).
FIND_OPT_OUTS_OF_ARRAYS: Final = """
SELECT k.position - 1, a.settings_version, a.erasures,
       o.scope_kind, o.scope_id, o.standing, o.effective_at, o.source, o.hold,
       o.shadow_standing, o.shadow_effective_at, o.shadow_source
  FROM unnest(CAST(:accounts AS text[]), CAST(:channels AS text[]), CAST(:recipients AS text[]))
       WITH ORDINALITY AS k (account_sid, channel, recipient_key, position)
  LEFT JOIN accounts AS a ON a.account_sid = k.account_sid
  LEFT JOIN opt_outs AS o ON o.account_sid = k.account_sid
                         AND o.channel = k.channel
                         AND o.recipient_key = k.recipient_key
"""

OPT_OUTS_OF: Final = """
SELECT scope_kind, scope_id, standing, effective_at, source, hold, shadow_standing, shadow_effective_at, shadow_source
  FROM opt_outs
 WHERE account_sid = :account_sid AND channel = :channel AND recipient_key IN (:recipient_key, :erased_key)
 ORDER BY recipient_key = :recipient_key
"""

PUT_OPT_OUTS: Final = Insert(
    "opt_outs",
    {
        "account_sid": TEXT, "channel": TEXT, "recipient_key": TEXT, "scope_kind": TEXT, "scope_id": TEXT,
        "opt_out_id": TEXT, "recipient": TEXT, "standing": TRUTH, "hold": TRUTH, "source": TEXT, "actor": TEXT,
        "role": TEXT, "settings_version": NUMBER, "event_id": TEXT, "effective_at": NUMBER, "received_at": NUMBER,
    },
    """
ON CONFLICT (account_sid, channel, recipient_key, scope_kind, scope_id) DO UPDATE
   SET recipient = excluded.recipient, standing = excluded.standing, hold = excluded.hold,
       source = excluded.source, actor = excluded.actor, role = excluded.role,
       settings_version = excluded.settings_version, event_id = excluded.event_id,
       effective_at = excluded.effective_at, received_at = excluded.received_at
""",
)  # fmt: skip
PUT_OPT_OUT: Final = PUT_OPT_OUTS.one()

# What was learned in shadow mode stands beside the line; one that was made for it alone is lifted as of 1970.
PUT_SHADOW: Final = """
INSERT INTO opt_outs (account_sid, channel, recipient_key, scope_kind, scope_id, opt_out_id, recipient, standing,
                      hold, source, actor, role, settings_version, event_id, effective_at, received_at,
                      shadow_standing, shadow_effective_at, shadow_source, shadow_event_id)
VALUES (:account_sid, :channel, :recipient_key, :scope_kind, :scope_id, :opt_out_id, :recipient, false,
        false, :source, :actor, :role, :settings_version, :event_id, 0, :received_at,
        :standing, :effective_at, :source, :event_id)
ON CONFLICT (account_sid, channel, recipient_key, scope_kind, scope_id) DO UPDATE
   SET shadow_standing = excluded.shadow_standing, shadow_effective_at = excluded.shadow_effective_at,
       shadow_source = excluded.shadow_source, shadow_event_id = excluded.shadow_event_id
"""

ADD_EVENTS: Final = Insert(
    "consent_events",
    {
        "account_sid": TEXT, "channel": TEXT, "recipient_key": TEXT, "scopes": TEXT, "event_id": TEXT,
        "recipient": TEXT, "event_type": TEXT, "change": TEXT, "source": TEXT, "actor": TEXT, "role": TEXT,
        "settings_version": NUMBER, "effective_at": NUMBER, "received_at": NUMBER, "sender": TEXT, "service_sid": TEXT,
        "keyword": TEXT, "keyword_set": TEXT, "message_sid": TEXT, "reason": TEXT, "hold": TRUTH,
        "service_version": NUMBER, "enforced": TRUTH,
    },
)  # fmt: skip
# Tells as well whether the account has erased persons.
ADD_EVENT: Final = "\n".join(
    (ADD_EVENTS.one(), "RETURNING (SELECT a.erasures FROM accounts AS a WHERE a.account_sid = :account_sid)")
)

COUNT_EVENTS: Final = """
SELECT source, COALESCE(keyword_set, ''), count(*)
  FROM consent_events
 WHERE account_sid = :account_sid AND event_id >= :from_id AND enforced
 GROUP BY source, COALESCE(keyword_set, '')
"""

SEEN_MESSAGE: Final = """
SELECT fingerprint, opt_out_type, change, answer
  FROM inbound_messages
 WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

REMEMBER_MESSAGES: Final = Insert(
    "inbound_messages",
    {
        "account_sid": TEXT, "message_sid": TEXT, "fingerprint": TEXT, "opt_out_type": TEXT, "change": TEXT,
        "event_id": TEXT, "answer": TEXT, "received_at": NUMBER,
    },
)  # fmt: skip

KEEP_ANSWER: Final = """
UPDATE inbound_messages SET answer = :answer
 WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

# Some at a time, so that nobody who writes has to wait for all of them.
FORGET_ANSWERS: Final = """
UPDATE inbound_messages SET answer = NULL
 WHERE (account_sid, message_sid) IN (SELECT account_sid, message_sid FROM inbound_messages
                                       WHERE answer IS NOT NULL AND received_at < :before
                                       LIMIT :limit)
RETURNING message_sid
"""

SETTINGS_VERSION: Final = "SELECT settings_version FROM accounts WHERE account_sid = :account_sid"

RAISE_SETTINGS_VERSION: Final = """
INSERT INTO accounts (account_sid, settings_version) VALUES (:account_sid, 1)
ON CONFLICT (account_sid) DO UPDATE SET settings_version = accounts.settings_version + 1
RETURNING settings_version
"""

POOL_SENDERS: Final = "SELECT service_sid, sender_key FROM pool_senders WHERE account_sid = :account_sid"
PLACEMENTS: Final = "SELECT name FROM placements WHERE account_sid = :account_sid"

PUT_POOL_SENDER: Final = """
INSERT INTO pool_senders (account_sid, service_sid, sender_key, learned_from, learned_at)
VALUES (:account_sid, :service_sid, :sender_key, :learned_from, :learned_at)
ON CONFLICT (account_sid, service_sid, sender_key, learned_from) DO NOTHING
RETURNING sender_key
"""

FORGET_POOL_SENDERS: Final = """
DELETE FROM pool_senders WHERE account_sid = :account_sid AND learned_at <= :before
"""

FORGET_PLACEMENTS: Final = "DELETE FROM placements WHERE account_sid = :account_sid"

PUT_PLACEMENT: Final = """
INSERT INTO placements (account_sid, name, placed_at) VALUES (:account_sid, :name, :placed_at)
ON CONFLICT (account_sid, name) DO NOTHING
RETURNING name
"""

FORMER_SENDERS: Final = "SELECT sender_key, service_sid, left_at FROM former_senders WHERE account_sid = :account_sid"

PUT_FORMER_SENDER: Final = """
INSERT INTO former_senders (account_sid, sender_key, service_sid, left_at)
VALUES (:account_sid, :sender_key, :service_sid, :left_at)
ON CONFLICT (account_sid, sender_key, service_sid) DO UPDATE SET left_at = excluded.left_at
"""

TWILIO_SERVICES: Final = """
SELECT service_sid, friendly_name, drops_incoming, use_inbound_webhook_on_number, read_at
  FROM twilio_services WHERE account_sid = :account_sid ORDER BY service_sid
"""

PUT_TWILIO_SERVICE: Final = """
INSERT INTO twilio_services (account_sid, service_sid, friendly_name, drops_incoming, use_inbound_webhook_on_number,
                             read_at)
VALUES (:account_sid, :service_sid, :friendly_name, :drops_incoming, :use_inbound_webhook_on_number, :read_at)
"""

FORGET_TWILIO_SERVICES: Final = "DELETE FROM twilio_services WHERE account_sid = :account_sid"

# The newest version of each service's settings.
SERVICES: Final = """
SELECT v.service_sid, v.version, v.enabled, v.settings
  FROM service_versions AS v
 WHERE v.account_sid = :account_sid
   AND v.version = (SELECT max(w.version) FROM service_versions AS w
                     WHERE w.account_sid = v.account_sid AND w.service_sid = v.service_sid)
 ORDER BY v.service_sid
"""

# Where the apps of senders and services are whose webhooks at Twilio lead to the gateway; a sender's name is its key.
APPS_OF_WEBHOOKS: Final = """
SELECT kind, sid, name, app FROM adopted_webhooks WHERE account_sid = :account_sid AND state <> 'reverted'
"""

SERVICE_VERSIONS: Final = """
SELECT service_sid, version, enabled, settings, change, actor, role, reason, settings_version, saved_at
  FROM service_versions
 WHERE account_sid = :account_sid AND service_sid = :service_sid
   AND (CAST(:before AS bigint) IS NULL OR version < :before)
 ORDER BY version DESC
 LIMIT :limit
"""

SERVICE_VERSION: Final = """
SELECT service_sid, version, enabled, settings, change, actor, role, reason, settings_version, saved_at
  FROM service_versions
 WHERE account_sid = :account_sid AND service_sid = :service_sid AND version = :version
"""

ADD_SERVICE_VERSION: Final = """
INSERT INTO service_versions (account_sid, service_sid, version, enabled, settings, change, actor, role, reason,
                              settings_version, saved_at)
VALUES (:account_sid, :service_sid, :version, :enabled, :settings, :change, :actor, :role, :reason,
        :settings_version, :saved_at)
"""

ADD_REVIEW_ITEM: Final = """
INSERT INTO review_items (review_id, account_sid, message_sid, channel, recipient_key, recipient, sender, service_sid,
                          body, language, rule, words, state, received_at)
VALUES (:review_id, :account_sid, :message_sid, :channel, :recipient_key, :recipient, :sender, :service_sid,
        :body, :language, :rule, :words, 'open', :received_at)
"""

REVIEW_ITEM_COLUMNS: Final = """
SELECT review_id, account_sid, message_sid, channel, recipient_key, recipient, sender, service_sid, body, language,
       rule, words, state, received_at, decided_at, actor, reason, event_id
  FROM review_items
"""

REVIEW_ITEM: Final = REVIEW_ITEM_COLUMNS + " WHERE review_id = :review_id"

REVIEW_ITEMS: Final = (
    REVIEW_ITEM_COLUMNS
    + """
 WHERE review_id > :after
   AND (CAST(:account_sid AS text) IS NULL OR account_sid = :account_sid)
   AND (CAST(:state AS text) IS NULL OR state = :state)
 ORDER BY review_id
 LIMIT :limit
"""
)

# Decided once: the body has served its purpose and goes.
DECIDE_REVIEW_ITEM: Final = """
UPDATE review_items SET state = :state, decided_at = :now, actor = :actor, reason = :reason, event_id = :event_id,
       body = NULL
 WHERE review_id = :review_id AND state = 'open'
RETURNING review_id
"""

FORGET_REVIEW_BODIES: Final = """
UPDATE review_items SET body = NULL
 WHERE review_id IN (SELECT review_id FROM review_items WHERE body IS NOT NULL AND received_at < :before LIMIT :limit)
RETURNING review_id
"""

HELD_MESSAGE_COLUMNS: Final = """
SELECT account_sid, message_sid, recipient, recipient_key, sender, service_sid, body, num_media, error_code, created_at,
       failed_at, updated_at
  FROM held_messages
"""

HELD_MESSAGE: Final = HELD_MESSAGE_COLUMNS + " WHERE account_sid = :account_sid AND message_sid = :message_sid"

# Newest first, as Twilio lists messages; up to ``before`` and from ``since`` on.
HELD_MESSAGES: Final = (
    HELD_MESSAGE_COLUMNS
    + """
 WHERE account_sid = :account_sid AND created_at >= :since AND created_at < :before
   AND (CAST(:recipient_key AS text) IS NULL OR recipient_key = :recipient_key)
   AND (CAST(:sender AS text) IS NULL OR sender = :sender)
 ORDER BY created_at DESC, message_sid DESC
 LIMIT :limit
"""
)

ADD_HELD_MESSAGE: Final = """
INSERT INTO held_messages (account_sid, message_sid, recipient, recipient_key, sender, service_sid, body, num_media,
                           error_code, created_at, failed_at, updated_at)
VALUES (:account_sid, :message_sid, :recipient, :recipient_key, :sender, :service_sid, :body, :num_media,
        :error_code, :created_at, :failed_at, :updated_at)
"""

REDACT_HELD_MESSAGE: Final = """
UPDATE held_messages SET body = '', updated_at = :now
 WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

DELETE_HELD_MESSAGE: Final = """
DELETE FROM held_messages WHERE account_sid = :account_sid AND message_sid = :message_sid
"""

FORGET_HELD_MESSAGES: Final = """
UPDATE held_messages SET recipient = NULL, recipient_key = NULL, body = NULL
 WHERE (account_sid, message_sid) IN (SELECT account_sid, message_sid FROM held_messages
                                       WHERE created_at < :before AND (recipient IS NOT NULL OR body IS NOT NULL)
                                       LIMIT :limit)
RETURNING message_sid
"""

TAKE_LEASE: Final = """
INSERT INTO leases (name, holder, held_until) VALUES (:name, :holder, :held_until)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
 WHERE leases.holder = excluded.holder OR leases.held_until <= :now
RETURNING name
"""

GET_VALUE: Final = "SELECT value FROM gateway_values WHERE name = :name"
PUT_VALUE_ONCE: Final = """
INSERT INTO gateway_values (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING
"""
PUT_VALUE: Final = """
INSERT INTO gateway_values (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
