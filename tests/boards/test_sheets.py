"""The roster on paper: the right paper, every name, phones masked."""

from io import BytesIO

import pytest

from tests import make
from tests.counting import queries
from volunteer.core.actor import Role
