"""A fresh home with one sender, for sealed shares: python -m support.sealed_home; prints the shell token."""

from chartpost.kernel.config import config
from chartpost.kernel.start import prepare


def main() -> None:
    """Make it in CHARTPOST_HOME."""
    list(prepare(config()))
    from chartpost.identity import queries, services
    from chartpost.shares import services as shares

    account = services.add_account("sender@example.org", "Sam Sender", "correct horse battery staple", staff=True)
    services.give_role(account, "clerk", services.system_actor())
    print(shares.make_token(queries.actor_of(account)))


if __name__ == "__main__":
    main()
