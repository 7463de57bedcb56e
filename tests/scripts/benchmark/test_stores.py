"""Stores with as many opt-outs as are asked for: each its own, the large ones filled once."""

import pytest

from scripts.benchmark import stores
from scripts.benchmark.deadline import Deadline
from tests.staging import rows_of, run_on

COUNT = "SELECT count(*) FROM opt_outs"
ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.long))  # a server of its own takes its time


@pytest.mark.parametrize("engine", ENGINES)
def test_stores_have_so_many_opt_outs_and_know_nothing_of_one_another(engine, tmp_path):
    with stores.stores(engine, tmp_path / "run", Deadline(60), tmp_path / "kept") as made:
        first, second = made.fresh(7), made.fresh(7)
        run_on(first, "DELETE FROM opt_outs")
        assert [(0,)] == rows_of(first, COUNT)
        assert [(7,)] == rows_of(second, COUNT)
        made.dispose(first)
        assert [(3,)] == rows_of(made.fresh(3), COUNT)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_large_store_is_kept_for_the_next_run(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "KEEP_FROM", 20)
    with stores.stores(engine, tmp_path / "one", Deadline(600), tmp_path / "kept") as made:
        assert [(20,)] == rows_of(made.fresh(20), COUNT)
    with stores.stores(engine, tmp_path / "two", Deadline(0), tmp_path / "kept") as made:
        assert [(20,)] == rows_of(made.fresh(20), COUNT)  # there was no time to fill one
        with pytest.raises(stores.TooLate):
            made.fresh(21)


def test_a_store_that_is_disposed_of_leaves_no_file(tmp_path):
    with stores.stores("sqlite", tmp_path / "run", Deadline(60), tmp_path / "kept") as made:
        url = made.fresh(2)
        path = tmp_path / "run" / url.rpartition("/")[2]
        assert path.exists()
        made.dispose(url)
        assert [] == list(path.parent.glob(f"{path.name}*"))


def test_another_schema_has_stores_of_its_own(monkeypatch, tmp_path):
    before = stores.schema()
    (tmp_path / "one.py").write_text("later")
    monkeypatch.setattr(stores, "MIGRATIONS", tmp_path)
    assert before != stores.schema()
