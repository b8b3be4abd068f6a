"""Errors say what was seen, what was expected and what to do."""

from chartpost.kernel.errors import ChartpostError


def test_an_error_has_three_parts_and_one_message() -> None:
    error = ChartpostError(seen="a cat", expected="a dog", todo="bring a dog")
    assert (error.seen, error.expected, error.todo) == ("a cat", "a dog", "bring a dog")
    assert str(error) == "Seen: a cat. Expected: a dog. What to do: bring a dog."
