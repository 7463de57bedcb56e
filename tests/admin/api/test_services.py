import pytest

from gateway.sandbox import Fault, Sandbox
from tests.admin.conftest import Admin, AdminOfGateway
from tests.staging import ACCOUNT, ALSO_IN_POOL, IN_POOL, OTHER_ACCOUNT, SERVICE

sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE = f"/api/v1/services/{SERVICE}"
POOL = sorted([IN_POOL, ALSO_IN_POOL])
SYNCED = {
    "service_sid": SERVICE,
    "name": "Pool",
    "friendly_name": "Pool",
    "enabled": False,
    "version": None,
    "senders": POOL,
    "drops_incoming": False,
    "use_inbound_webhook_on_number": True,
}


@sqlite_alone
async def test_a_sync_reads_twilios_services_and_says_what_changed(admin: AdminOfGateway, sandbox: Sandbox) -> None:
    assert {"account_sid": ACCOUNT, "services": [], "next": None} == (await admin.get("/api/v1/services")).json
    synced = await admin.post("/api/v1/services/sync")
    added = {"service_sid": SERVICE, "name": "Pool", "senders_added": POOL, "senders_removed": []}
    expected = {"account_sid": ACCOUNT, "services": 1, "changes": [added | {"drops_incoming": False}]}
    assert (200, expected) == (synced.status, synced.json)
    assert [SYNCED] == (await admin.get("/api/v1/services")).json["services"]
    assert [] == (await admin.post("/api/v1/services/sync")).json["changes"]

    sandbox.world.services[SERVICE].senders.remove(ALSO_IN_POOL)
    (change,) = (await admin.post("/api/v1/services/sync", {"account_sid": ACCOUNT})).json["changes"]
    assert ([], [ALSO_IN_POOL]) == (change["senders_added"], change["senders_removed"])


@sqlite_alone
async def test_a_service_is_told_with_its_settings_and_its_senders_with_their_kinds(admin: AdminOfGateway) -> None:
    await admin.post("/api/v1/services/sync")
    assert SYNCED | {"settings": None} == (await admin.get(ONE)).json
    kinds = [{"sender": key, "kind": "long_code"} for key in POOL]
    assert {"service_sid": SERVICE, "senders": kinds, "next": None} == (await admin.get(f"{ONE}/senders")).json
    await admin.put(f"{ONE}/opt-out-settings", {"name": "Bookings", "senders": ["whatsapp:+12025550105"]})
    told = (await admin.get(ONE)).json
    assert ("Bookings", "Pool", 1) == (told["name"], told["friendly_name"], told["version"])
    assert "Bookings" == told["settings"]["name"]
    assert "whatsapp" == (await admin.get(f"{ONE}/senders")).json["senders"][-1]["kind"]


@pytest.mark.parametrize("rest", ["", "/senders", "/opt-out-settings", "/versions"])
async def test_a_service_of_which_nothing_is_known_is_not_found(desk: Admin, rest: str) -> None:
    answer = await desk.get(f"{ONE}{rest}")
    assert (404, "urn:optout-gateway:unknown-service") == (answer.status, answer.json["type"])


@pytest.mark.parametrize("action", ["enable", "disable"])
async def test_nothing_is_switched_for_a_service_of_which_nothing_is_known(desk: Admin, action: str) -> None:
    answer = await desk.post(f"{ONE}/{action}", {"reason": "a slip of the pen"})
    assert (404, "urn:optout-gateway:unknown-service") == (answer.status, answer.json["type"])
    assert [] == desk.rows("SELECT * FROM service_versions")


@sqlite_alone
async def test_a_sync_that_twilio_does_not_answer_changes_nothing_and_says_so(
    admin: AdminOfGateway, sandbox: Sandbox
) -> None:
    await admin.post("/api/v1/services/sync")
    sandbox.inject(Fault("status", status=503, path_prefix="/v1/Services"))
    answer = await admin.post("/api/v1/services/sync")
    assert (502, "urn:optout-gateway:twilio-away") == (answer.status, answer.json["type"])
    assert POOL == (await admin.get(ONE)).json["senders"]


async def test_where_the_settings_have_two_accounts_a_call_names_one(desk_of_two: Admin) -> None:
    unnamed = await desk_of_two.get("/api/v1/services")
    assert (400, "account_sid") == (unnamed.status, unnamed.json["errors"][0]["place"])
    named = await desk_of_two.get(f"/api/v1/services?account_sid={ACCOUNT}")
    assert (200, ACCOUNT) == (named.status, named.json["account_sid"])
    unknown = await desk_of_two.get("/api/v1/services?account_sid=AC00000000000000000000000000000000")
    assert (404, "urn:optout-gateway:unknown-account") == (unknown.status, unknown.json["type"])
    both = await desk_of_two.post(f"/api/v1/services/sync?account_sid={ACCOUNT}", {"account_sid": OTHER_ACCOUNT})
    assert (400, "account_sid") == (both.status, both.json["errors"][0]["place"])
