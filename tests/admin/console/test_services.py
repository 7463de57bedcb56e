"""The list of Messaging Services, however many there are."""

import re

from tests.admin.conftest import Admin
from tests.admin.console.conftest import Visitor

NAME = re.compile(r"Service \d+")


async def test_many_services_are_listed_page_by_page_by_their_names(operator: Visitor, desk: Admin) -> None:
    services = {f"MG{450 - number:032x}": {"name": f"Service {number:03}"} for number in range(450)}
    assert 200 == (await desk.post("/api/v1/services/import", {"services": services})).status
    seen: list[str] = []
    for number in (1, 2, 3):
        page = await operator.get(f"/services?page={number}")
        seen += NAME.findall(page.words)
        assert f"Page {number} of 3, 450 services" in page.words
        assert [number > 1, number < 3] == [f"page={number - 1}" in page.text, f"page={number + 1}" in page.text]
    assert [f"Service {number:03}" for number in range(450)] == seen
    for strange in ("0", "-1", "x", "²", "999999", "99999999999"):
        page = await operator.get(f"/services?page={strange}")
        assert (strange, 200) == (strange, page.status)
        assert 0 < len(NAME.findall(page.words)) <= 200


async def test_a_few_services_are_on_one_page(operator: Visitor, desk: Admin) -> None:
    await desk.put(f"/api/v1/services/MG{'0' * 32}/opt-out-settings", {"name": "Alone"})
    page = await operator.get("/services")
    assert (True, False) == ("Alone" in page.words, "Page 1" in page.words)
