"""How many lines a transaction takes."""

from gateway.operations.imports.pace import ALONE, FIRST, LEAST, MOST, MOST_SERVED, SERVED, Pace


def test_a_batch_grows_while_there_is_time_and_never_beyond_what_it_may():
    pace, sizes = Pace(), []
    for _ in range(10):
        pace.took(pace.size(), 1, is_served=False)
        sizes.append(pace.size())
    assert [2 * FIRST, 4 * FIRST] == sizes[:2]
    assert MOST == sizes[-1]
    assert 250 == Pace(250).size()


def test_a_batch_takes_about_as_long_as_others_may_wait():
    pace = Pace()
    pace.took(FIRST, ALONE * 2, is_served=False)
    assert FIRST // 2 == pace.size()
    pace.took(FIRST // 2, SERVED, is_served=True)
    assert FIRST // 2 == pace.size()
    pace.took(FIRST // 2, 1_000 * ALONE, is_served=True)
    assert LEAST == pace.size()


def test_few_lines_at_most_stay_few_however_slow_they_are():
    pace = Pace(3)
    pace.took(3, 1_000 * ALONE, is_served=True)
    assert 3 == pace.size()


def test_as_long_as_a_batch_took_is_left_to_a_gateway_that_serves():
    pace = Pace()
    pace.took(FIRST, 20_000, is_served=True)
    assert (True, 0.02) == (pace.is_served, pace.pause)
    pace.took(FIRST, 20_000, is_served=False)
    assert (False, 0.0) == (pace.is_served, pace.pause)


def test_beside_a_gateway_a_batch_stays_small_however_quick_it_is():
    pace = Pace()
    for _ in range(5):
        pace.took(pace.size(), 1, is_served=True)
    assert MOST_SERVED == pace.size()
