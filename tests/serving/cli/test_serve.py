from socket import socket

import pytest

from scoring.errors import SettingsError
from serving.cli.serve import example, listening
from serving.live import Live
from tests.cards import Shelf, champion, small_card


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "crm.example.com"])
def test_an_address_that_lets_other_machines_in_is_refused(host):
    with pytest.raises(SettingsError, match="reverse proxy"):
        listening(host, 0)


def test_a_port_in_use_is_said_with_the_way_out():
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match="name another with --port"):
            listening("127.0.0.1", taken.getsockname()[1])


def test_localhost_takes_a_free_port():
    with listening("localhost", 0) as listener:
        assert listener.getsockname()[1] > 0


def test_the_example_names_properties_that_the_model_reads():
    live = Live(Shelf(champion(small_card(target="won"))), "won")
    live.refresh()

    assert example(live.now.models["won"]) == {"source": "Referral", "visits": 10.0}
