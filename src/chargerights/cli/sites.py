"""`chargerights site …`, and sites that a command names."""

from __future__ import annotations

from collections.abc import Iterator

from cyclopts import App
from rich.markup import escape
from rich.table import Table

from ..files.network_file.write import site_members
from ..rights.errors import UnknownSite
from ..rights.network import Network
from ..rights.search_sites import Sizes, same_text
from ..storage import networks
from .common import Common, CustomerId, is_number, number_of, print_json, print_table

site = App(name="site")

COMMON = Common()


@site.command(name="list")
def list_sites(*, customer: CustomerId, common: Common = COMMON) -> None:
    """List the sites as a tree, each with the number of chargers at it and below it."""
    with common.open() as database:
        network = database.read_now(networks.load, customer).network
    if common.json:
        print_json([site_members(network.sites[site_id]) for site_id, _ in _tree(network)])
        return
    table = Table("Id", "Site", "Chargers", "Time zone", "External id")
    table.columns[2].justify = "right"
    sizes = Sizes(network)
    for site_id, depth in _tree(network):
        site = network.sites[site_id]
        texts = "  " * depth + site.name, str(sizes.of(site_id).chargers_in_all), site.timezone, site.external_id
        table.add_row(str(site_id), *(escape(text or "") for text in texts))
    print_table(table)


def site_named(network: Network, word: str) -> int:
    """The id of the site with this number or name.

    Raises UnknownSite, WrongQuestion.
    """
    if not is_number(word):
        sites = network.sites.values()
        named = [site.id for site in sites if same_text(word, site.name) or same_text(word, site.public_name)]
        return number_of("site", word, named)
    if int(word) not in network.sites:
        raise UnknownSite((int(word),))
    return int(word)


def _tree(network: Network) -> Iterator[tuple[int, int]]:
    """Ids and depths of the sites as a tree, in the order of their names."""

    def in_order(parent_id: int | None) -> list[int]:
        return sorted(
            network.subsites(parent_id), key=lambda site_id: (network.sites[site_id].name.casefold(), site_id)
        )

    waiting = [(site_id, 0) for site_id in reversed(in_order(None))]
    while waiting:
        site_id, depth = waiting.pop()
        yield site_id, depth
        waiting += [(below, depth + 1) for below in reversed(in_order(site_id))]
