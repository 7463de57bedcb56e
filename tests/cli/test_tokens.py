"""`gateway tokens …`."""

import pytest

from tests.staging import ACCOUNT

pytestmark = pytest.mark.usefixtures("store")


def test_a_token_from_making_to_revoking(run):
    made = run("tokens", "make", "ann", "--role", "read", "--account", ACCOUNT, "--days", "30", "--json")
    assert (0, "ann", "read", [ACCOUNT]) == (made.status, *(made.json[name] for name in ("name", "role", "accounts")))
    secret = made.json["token"]
    assert secret.startswith("gwt_")
    plain = run("tokens", "make", "bob", "--role", "admin")
    assert (0, 1) == (plain.status, len(plain.out.splitlines()))
    listed = run("tokens", "list")
    assert 3 == len(listed.out.splitlines())
    assert secret not in listed.out + run("tokens", "list", "--json").out
    assert (0, "ann: revoked\n") == ((gone := run("tokens", "revoke", "ann")).status, gone.out)
    assert "revoked" in run("tokens", "list").out
    assert {"name": "bob", "revoked": True} == run("tokens", "revoke", "bob", "--json").json


def test_what_cannot_be(run):
    assert 0 == run("tokens", "make", "ann", "--role", "read").status
    for status, *arguments in (
        (1, "make", "ann", "--role", "read"),
        (1, "revoke", "nobody"),
        (2, "make", "a b", "--role", "read"),
        (2, "make", "bob", "--role", "king"),
        (2, "make", "bob"),
        (2, "make", "bob", "--role", "read", "--account", "AC1"),
        (2, "make", "bob", "--role", "read", "--days", "0"),
    ):
        result = run("tokens", *arguments)
        assert (status, 1) == (result.status, len(result.err.splitlines())), arguments
