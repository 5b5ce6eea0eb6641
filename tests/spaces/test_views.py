"""The nine premises, area by area."""

from app.core.db import transaction
from app.spaces import gateway, queries, service
from tests.make import territory


def test_the_nine_premises_stand_in_their_three_areas(app, client, clock):
    territory.milan()
    with transaction():
        assert service.load(gateway.shipped(), now=clock.now()) == 9
        assert service.load(gateway.shipped(), now=clock.now()) == 0
    assert [len(lot.places) for lot in queries.lots()] == [3, 3, 3]
    page = client.get("/it/spaces").get_data(as_text=True)
    for words in ("viale Omero 15", "Portinerie sociali", "Municipio 4", "Impresa e comunità", "non pubblicato"):
        assert words in page
    assert "Enterprise and community" in client.get("/en/spaces").get_data(as_text=True)


def test_no_premises_is_a_page_too(app, client):
    assert client.get("/it/spaces").status_code == 200
