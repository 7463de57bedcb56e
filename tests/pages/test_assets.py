import pytest

from gateway.pages import Assets


async def test_a_file_is_kept_for_ever_under_a_name_that_changes_with_it(notes, http):
    async with http.get(notes.url + notes.pages.assets.url("notes.css")) as response:
        assert ("ol { margin: 0 }", "text/css") == (await response.text(), response.content_type)
        assert "immutable" in response.headers["Cache-Control"]
        etag = response.headers["ETag"]
    async with http.get(response.url, headers={"If-None-Match": etag}) as again:
        assert (304, b"") == (again.status, await again.read())


async def test_another_version_of_a_file_is_not_there(notes, http):
    for name in ("notes.css", "notes.0123456789abcdef.css", "..%2Fpage.html"):
        async with http.get(f"{notes.url}/static/{name}") as response:
            assert 404 == response.status


def test_two_files_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"\w+\.\w+: a file of that name is there already"):
        Assets(("gateway.pages", "gateway.pages"), "/static")
