import asyncio


async def next_event(stream) -> str:
    """The next event of a stream, as it stands on the wire."""
    async with asyncio.timeout(10):
        return (await stream.content.readuntil(b"\n\n")).decode()


async def test_a_part_is_sent_at_once_and_whenever_it_differs(notes, http):
    async with http.get(f"{notes.url}/live") as stream:
        first = await next_event(stream)
        notes.add("one\u2028and\rtwo")
        second = await next_event(stream)
        notes.changes.tell()  # nothing differs
        third = await next_event(stream)

    assert "text/event-stream" == stream.content_type
    assert 'event: part\ndata: <ol id="list" data-keyed>\ndata: </ol>\n\n' == first
    assert 'data: <li id="note-1">one\u2028and\ndata: two<details' in second
    assert ": still here\n\n" == third


async def test_many_changes_at_once_are_sent_together_and_nobody_is_remembered_who_left(notes, http, eventually):
    async with http.get(f"{notes.url}/live") as stream:
        await next_event(stream)
        for number in range(100):
            notes.add(str(number))
        event = await next_event(stream)
    assert all(f">{number}<details" in event for number in range(100))

    notes.add("to nobody")
    await asyncio.sleep(0.1)
    notes.add("to nobody, again")
    await eventually(lambda: not notes.changes._onlookers)
