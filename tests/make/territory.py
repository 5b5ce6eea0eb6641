"""The city's map."""

from app.core.db import transaction
from app.territory import gateway, queries, service
from app.territory.models import Zone
from tests.make.kept import step


def milan() -> None:
    """The nine boroughs and 88 zones of Milan."""
    with transaction():
        service.load(gateway.zone_lines())


@step
def zone(number: int = 79) -> Zone:
    """The zone of that number (79 is Dergano); loads the city where it is not there yet."""
    found = queries.zone_by_number(number)
    if found is None:
        milan()
        found = queries.zone_by_number(number)
    assert found is not None
    return found
