"""The garbage collector of a serving process."""

import subprocess
import sys

TOLD = """
import gc
from gateway import garbage
garbage.expect_little()
there, young = gc.get_freeze_count(), gc.get_threshold()[0]
cycle = []; cycle.append(cycle); del cycle
print(there > 1000, young == garbage.YOUNG, gc.isenabled(), gc.collect() > 0)
"""


def test_what_is_there_is_spared_and_what_comes_is_still_collected() -> None:
    ran = subprocess.run([sys.executable, "-c", TOLD], check=True, capture_output=True, text=True)
    assert "True True True True" == ran.stdout.strip()
