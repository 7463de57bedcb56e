"""When lines of the log go out."""

import json
import subprocess
import sys

TWO_LOOPS = """
import asyncio, os, structlog
from gateway import logs

logs.set_up("json", "info")

async def say(event, seconds):
    structlog.get_logger().info(event)
    await asyncio.sleep(seconds)

asyncio.run(say("first", 0))
asyncio.run(say("second", 20 * logs.FLUSH_SECONDS))
os._exit(0)  # nothing is passed on at the end
"""


AT_THE_END = """
import asyncio, structlog
from gateway import logs

logs.set_up("json", "info")

async def say():
    structlog.get_logger().info("last")

asyncio.run(say())
"""


def said(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    return [json.loads(line)["event"] for line in done.stderr.splitlines()]


def test_a_line_that_was_due_when_the_process_ended_goes_out():
    assert ["last"] == said(AT_THE_END)


def test_lines_go_out_after_a_moment_also_when_the_loop_before_ended_with_some_due():
    assert ["first", "second"] == said(TWO_LOOPS)
