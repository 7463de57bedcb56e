"""`gateway demo`: what may be said to it, read before anything is started."""

from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.failures import BadInput

if TYPE_CHECKING:
    from gateway.sandbox import Seeds


def run_demo(*, once: bool, show_page: bool, seed: int | None, seed_file: Path | None) -> int:
    """Play the demo; gives the exit status. Raises BadInput where the seed file cannot be used."""
    from gateway.demo import run  # all of the gateway and of the sandbox, which no other command needs

    seeds = None if seed_file is None else _read(seed_file)
    return run(once=once, show_page=show_page, seed=seed, seeds=seeds)


def _read(path: Path) -> "Seeds":
    from gateway.sandbox import DEFAULT_SEEDS
    from gateway.sandbox.fields import InvalidInput
    from gateway.sandbox.seed_files import read_seeds

    try:
        return read_seeds(path.name, path.read_bytes(), DEFAULT_SEEDS, keep_accounts=True)
    except OSError as error:
        raise BadInput(f"--seed-file: {path} cannot be read: {error.strerror}") from error
    except InvalidInput as error:
        raise BadInput(f"--seed-file: {path}: {error}") from error
