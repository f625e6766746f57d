"""Where the client's connections lead: to the network, or in tests to a stand-in.

This is the one place where the two are exchanged, for calls, uploads and downloads alike;
``django_avaturn.testing`` does so. All else of the client is at work in both cases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from requests.adapters import BaseAdapter, HTTPAdapter

from .addresses import Target, resolve
from .pinning import Clock, pool_for

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool
    from urllib3.util import Retry


class Network(ABC):
    """What carries requests."""

    @abstractmethod
    def adapter(self, retry: Retry) -> BaseAdapter:
        """For calls and uploads: what a session of requests sends through."""

    @abstractmethod
    def pool(self, target: Target, clock: Clock) -> HTTPConnectionPool:
        """For a download: connections to an address that is listed, to be closed after use.

        May raise ``DownloadRefused`` and ``DownloadFailed``, and whatever the network raises.
        """


class Sockets(Network):
    """The network itself."""

    def adapter(self, retry: Retry) -> BaseAdapter:
        """Kept-alive connections, up to 64 to each host."""
        return HTTPAdapter(max_retries=retry, pool_maxsize=64)

    def pool(self, target: Target, clock: Clock) -> HTTPConnectionPool:
        """Looks the host up, once, and connects to nothing but what was found."""
        return pool_for(target, resolve(target, clock.left()), clock)


_networks: list[Network] = [Sockets()]


def current() -> Network:
    """What carries requests at this moment, in all threads of the process."""
    return _networks[-1]


@contextmanager
def carried_by(network: Network) -> Iterator[None]:
    """Have everything carried by ``network`` in here; may be nested."""
    _networks.append(network)
    try:
        yield
    finally:
        _networks.remove(network)
