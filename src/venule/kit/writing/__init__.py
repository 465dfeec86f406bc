"""One writer, always: a process that writes to a home for others when it is its turn.

Any number of processes run a `Writer` for the same home. One of them has the home open and serves
its desk through a relay; the others wait, and one takes over within seconds when it ends, however
it ends. `find_writer` tells the processes that ask where the one is that answers.
"""

from venule.kit.writing.finding import find_writer
from venule.kit.writing.turn import Follower, Turn, make_turn
from venule.kit.writing.writer import EndpointTaken, Writer, passes

__all__ = ["EndpointTaken", "Follower", "Turn", "Writer", "find_writer", "make_turn", "passes"]
