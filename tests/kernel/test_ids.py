"""Opaque identifiers: their form, their order, that none comes twice."""

import os
import threading

from chartpost.kernel import clock, ids


def test_identifiers_have_one_form_and_sort_by_time() -> None:
    made = [ids.new_id(moment) for moment in (0, 1, 1023, 1024, clock.now_ms(), 2**48 - 1)]
    assert all(len(one) == 26 and set(one) <= set(ids._ALPHABET) for one in made)
    assert made == sorted(made)
    assert made[0][:10] == "0" * 10
    assert made[-1][:10] == "7zzzzzzzzz"
    assert ids.new_id()[:8] == ids.new_id(clock.now_ms())[:8]


def test_no_identifier_comes_twice_among_threads() -> None:
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append([ids.new_id(7) for _ in range(3000)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [one for some in found for one in some]
    assert len(set(every)) == len(every) == 24_000
    letters = [sum(letter in one[10:] for one in every) for letter in ids._ALPHABET]
    assert min(letters) > 0.9 * max(letters), "each letter is as likely as another"


def test_a_child_process_draws_its_own() -> None:
    ids.new_id()
    assert ids._pool
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, ids.new_id(7).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(read, 26).decode()
    assert theirs not in {ids.new_id(7) for _ in range(500)}
