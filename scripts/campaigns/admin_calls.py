"""Make up calls of the admin API from its own description, with the checks of schemathesis; exit status 1 on any fault.

Two of its findings are none here. A value may fit the schema and be refused all the same, with 400 or 422 and the
place: no schema says what a phone number is. And 502 and 503 are answers that the description promises, where Twilio or
the store is away.

The gateway must be one that may be changed at will: opt-outs are added, tokens made and revoked.
"""

import argparse
import os
import sys
from typing import Any, Final

import hypothesis
import schemathesis
from schemathesis.core.failures import Failure, FailureGroup, ServerError
from schemathesis.core.result import Err
from schemathesis.openapi.checks import RejectedPositiveData

ADMIN_TOKEN_VARIABLE: Final = "GATEWAY_ADMIN_TOKEN"  # noqa: S105 - the name of a variable

AWAY: Final = frozenset({502, 503})
STREAMS: Final = frozenset({"/api/v1/activity/live", "/api/v1/capture"})  # their answers have no end to wait for
REFUSALS: Final = frozenset({400, 422})


def wrong_answers(url: str, token: str, *, examples: int, seed: int) -> list[str]:
    """What was answered otherwise than described, a line each; so many made-up calls of each operation."""
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    headers = {"Authorization": f"Bearer {token}"}
    wrong: list[str] = []
    for result in schema.get_all_operations():
        if isinstance(result, Err):
            return [f"the description cannot be used: {result.err()}"]
        operation = result.ok()
        if operation.path in STREAMS:
            continue

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate],
        )
        @hypothesis.given(case=operation.as_strategy())
        def call(case: "schemathesis.Case[Any]") -> None:
            try:
                case.call_and_validate(base_url=url, headers=headers)
            except FailureGroup as group:
                found = [one for one in group.exceptions if not _is_as_described(one)]
                wrong.extend(f"{case.method} {case.path}: {type(one).__name__}: {one}" for one in found)

        call()
    return wrong


def _is_as_described(found: Failure) -> bool:
    if isinstance(found, ServerError):
        return found.status_code in AWAY
    return isinstance(found, RejectedPositiveData) and found.status_code in REFUSALS


def main() -> int:
    """Ask a running gateway."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("url", help="of the admin listener, as http://127.0.0.1:8081")
    options.add_argument("--examples", type=int, default=200, help="for each operation")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    wrong = wrong_answers(given.url, os.environ[ADMIN_TOKEN_VARIABLE], examples=given.examples, seed=given.seed)
    for line in wrong:
        print(f"VIOLATED: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
